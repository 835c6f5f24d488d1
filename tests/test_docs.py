"""The documents are true: made ones are current, links lead somewhere, commands exist."""

import importlib.metadata
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import kontobank.cli
import opensaldo.cli
from opensaldo.config import PREFIX, VARIABLES
from tools import make_docs

ROOT = Path(__file__).resolve().parent.parent
README_LINES_MAX = 150
SCRIPT_LINES_MAX = 80
SCRIPTS = ("demo", "test", "tools/bootstrap.sh")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/opensaldo/data/*.md")]
)
DECISIONS = sorted(ROOT.glob("docs/adr/[0-9]*.md"))
HEADINGS = [
    "Status",
    "Context",
    "Decision",
    "Consequences",
    "What would change our mind",
    "Do not re-propose unless",
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_fences(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


# --- made from code and data ---------------------------------------------------------------------
def test_documents_made_from_code_and_data_are_current():
    assert make_docs.stale() == [], "run: python tools/make_docs.py"


def test_the_settings_in_the_readme_are_those_of_the_configuration():
    readme = (ROOT / "README.md").read_text("utf-8")
    listed = re.findall(rf"^\| `({PREFIX}\w+)`", readme, re.MULTILINE)
    assert listed == [PREFIX + variable.name for variable in VARIABLES]


@pytest.mark.parametrize(
    "path", [*DOCUMENTS, ROOT / "compose.yaml", ROOT / "Dockerfile"], ids=name_of
)
def test_every_setting_that_is_mentioned_exists(path):
    known = {PREFIX + variable.name for variable in VARIABLES}
    mentioned = set(re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", path.read_text("utf-8")))
    assert mentioned - known == set()


def test_decision_0018_lists_every_library_with_its_licence():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    declared = {re.split(r"[<>=;]", each)[0] for each in settings["project"]["dependencies"]}
    text = (ROOT / "docs/adr/0018-dependencies.md").read_text("utf-8")
    rows = re.findall(r"^\| ([a-z]\S*) \| \**(.+?)\** \|", text, re.MULTILINE)
    licences = {name: licence for name, licence in rows if name != "library"}
    assert licences.keys() == declared
    for name, licence in licences.items():
        stated = importlib.metadata.metadata(name.partition("[")[0]).get("License-Expression")
        assert stated in (None, licence), name


# --- form ----------------------------------------------------------------------------------------
def test_the_readme_is_short():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= README_LINES_MAX


def anchors(path: Path) -> set[str]:
    """The anchors that a document's headings make."""
    headings = re.findall(r"^#+ (.+)$", without_fences(path.read_text("utf-8")), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path):
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_fences(path.read_text("utf-8"))):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_files_that_are_named_exist(path):
    text = without_fences(path.read_text("utf-8"))
    roots = [ROOT, ROOT / "src", ROOT / "src/opensaldo", path.parent]
    named = re.findall(r"`([\w./]+/[\w.]+\.(?:py|toml|md|sh))`", text)
    assert [each for each in named if not any((root / each).exists() for root in roots)] == []


@pytest.mark.parametrize("path", DECISIONS, ids=name_of)
def test_a_decision_has_its_headings_and_fits_on_a_page(path):
    text = path.read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert text.startswith(f"# {path.name[:4]} ")
    assert len(text.splitlines()) <= 70


def test_the_index_lists_every_decision_once():
    index = (ROOT / "docs/adr/README.md").read_text("utf-8")
    assert re.findall(r"\]\((\d{4}-[^)]+)\) \| ", index) == [path.name for path in DECISIONS]


# --- commands ------------------------------------------------------------------------------------
def commands(path: Path) -> Iterator[list[str]]:
    """The words of every command in a document's `sh` snippets."""
    for snippet in re.findall(r"^```sh\n(.*?)^```", path.read_text("utf-8"), re.S | re.M):
        for line in re.sub(r"(\\|\|)\n", " ", snippet).splitlines():
            yield shlex.split(line, comments=True)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_snippets_name_only_what_exists(path):
    for words in commands(path):
        for word in words:
            if word.startswith(("./", "tools/")):
                assert (ROOT / word).exists(), words
        programs = [place for place, word in enumerate(words) if Path(word).name == "opensaldo"]
        if programs and words[0] != "git" and words[programs[-1] + 1 :]:
            assert_parses(opensaldo.cli.parser(), words[programs[-1] + 1 :])
        if words[:1] == ["kontobank"]:
            assert_parses(kontobank.cli._parser(), words[1:])


def assert_parses(parser, arguments):
    code = 0
    try:
        parser.parse_args(arguments)
    except SystemExit as end:  # how argparse ends after --version, and after a mistake
        code = end.code
    assert code == 0, arguments


@pytest.mark.parametrize("script", SCRIPTS)
def test_entry_scripts_are_short_and_parse(script):
    path = ROOT / script
    assert len(path.read_text("utf-8").splitlines()) < SCRIPT_LINES_MAX
    subprocess.run(["sh", "-n", str(path)], check=True)
    assert script.endswith(".sh") or os.access(path, os.X_OK)


def test_scripts_and_image_use_the_same_uv():
    version = re.search(r"^uv_version=(\S+)$", (ROOT / "tools/bootstrap.sh").read_text(), re.M)
    assert version is not None
    assert f"uv=={version[1]}" in (ROOT / "Dockerfile").read_text("utf-8")
