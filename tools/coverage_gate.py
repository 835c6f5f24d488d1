"""Judge a coverage report: the pure core is reached entirely, the whole well enough.

Usage: python tools/coverage_gate.py build/coverage.json. The thresholds are in pyproject.toml,
under [tool.opensaldo.coverage]; branches count like lines.
"""

import json
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def module_of(path: str) -> str:
    """The dotted name of a file under src (`src/opensaldo/wire/__init__.py`: opensaldo.wire)."""
    parts = Path(path).with_suffix("").parts
    inside = parts[parts.index("src") + 1 :] if "src" in parts else parts
    return ".".join(part for part in inside if part != "__init__")


def reached_percent(summaries: Iterable[Mapping[str, int]]) -> float:
    """How much of the lines and branches of these files was run; 100 when there is nothing."""
    listed = list(summaries)
    total = sum(each["num_statements"] + each.get("num_branches", 0) for each in listed)
    reached = sum(each["covered_lines"] + each.get("covered_branches", 0) for each in listed)
    return 100 * reached / total if total else 100.0


def judge(report: Mapping[str, Any], thresholds: Mapping[str, Any]) -> list[str]:
    """What falls short, one line each; empty when the report is good enough."""
    files = {module_of(path): entry for path, entry in report["files"].items()}
    reached = {name: reached_percent([entry["summary"]]) for name, entry in files.items()}
    short = []
    for package in thresholds["pure_core"]:
        core = [name for name in files if name == package or name.startswith(f"{package}.")]
        if not core:
            short.append(f"{package}: not in the report")
        for name in sorted(core):
            if reached[name] < thresholds["pure_core_min_percent"]:
                short.append(f"{name}: {reached[name]:.1f} %{_missing(files[name])}")
    overall = reached_percent(entry["summary"] for entry in files.values())
    if overall < thresholds["overall_min_percent"]:
        short.append(f"everything: {overall:.1f} %, wanted {thresholds['overall_min_percent']} %")
    return short


def _missing(entry: Mapping[str, Any]) -> str:
    lines = ", ".join(str(line) for line in entry.get("missing_lines", []))
    branches = ", ".join(f"{a}->{b}" for a, b in entry.get("missing_branches", []))
    return (f", lines {lines}" if lines else "") + (f", branches {branches}" if branches else "")


def main() -> int:
    """Print the verdict; 1 if something falls short."""
    path = Path(sys.argv[1])
    if not path.exists():
        print(f"{path}: the tests left no report")
        return 1
    report = json.loads(path.read_text("utf-8"))
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    short = judge(report, settings["tool"]["opensaldo"]["coverage"])
    overall = reached_percent(entry["summary"] for entry in report["files"].values())
    print("\n".join(short) if short else f"The pure core: all of it. Everything: {overall:.1f} %.")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
