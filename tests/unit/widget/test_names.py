"""Script, typings, package and contract have the same names."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.embedding import CALLBACKS

ROOT = Path(__file__).parents[3]
WIDGET = ROOT / "widget"
SHARED = Path(os.environ.get("OPENSALDO_SHARED") or ROOT.parent / "shared")
CONTRACT = SHARED / "contract" / "wire.md"
SCRIPT = (WIDGET / "signin-widget.js").read_text("utf-8")
TYPINGS = (WIDGET / "signin-widget.d.ts").read_text("utf-8")
BY_THE_SCRIPT = {"isPopup", "widgetEmbeddedUrl", "screenshotZoomIn"}
NEEDS_CONTRACT = pytest.mark.skipif(not CONTRACT.exists(), reason="wire.md is not here (../shared)")


def kinds() -> dict[str, str]:
    table = re.search(r"const KINDS = \{(.*?)\};", SCRIPT, re.DOTALL)
    assert table
    return dict(re.findall(r"(\w+): (\w+),", table[1]))


def interface(name: str) -> dict[str, str]:
    body = re.search(rf"interface {name} \{{(.*?)\n\}}", TYPINGS, re.DOTALL)
    assert body
    found = re.findall(r"^  (\w+)(?:\?)?(\(|: [^;]*)", body[1], re.MULTILINE)
    return {name: kind.removeprefix(": ") for name, kind in found}


def chapter(number: str) -> str:
    found = re.search(rf"^### {number} .*?(?=^##)", CONTRACT.read_text("utf-8"), re.M | re.S)
    assert found
    return found[0]


def test_typings_have_the_scripts_options_and_kinds() -> None:
    options = interface("Options")
    assert list(options) == list(kinds())
    simple = {"WORDS": ("string", "AccessMode"), "FLAG": ("boolean",), "CALL": ("(",)}
    for name, kind in kinds().items():
        if kind in simple:
            assert options[name] in simple[kind], name


def test_callbacks_are_the_same_everywhere() -> None:
    assert [name for name, kind in kinds().items() if kind == "CALL"] == list(CALLBACKS)
    named = set(re.findall(r"'(on\w+)'", SCRIPT))
    assert named == set(CALLBACKS)


@NEEDS_CONTRACT
def test_options_are_the_contracts() -> None:
    rows = re.findall(r"^\| (`[^|]*) \|", chapter("14.2"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    ours = {name for name, kind in kinds().items() if kind != "CALL"}
    assert ours - {"accessMode"} == named - BY_THE_SCRIPT  # flat accessMode: section 2.4


@NEEDS_CONTRACT
def test_messages_come_in_the_contracts_order() -> None:
    (order,) = re.findall(r"testing in this order: ([\w, ]+)\.", chapter("14.3"))
    table = SCRIPT[SCRIPT.index("const MESSAGES") :]
    ours = re.findall(r"^    \['(\w+)', ", table, re.MULTILINE)
    assert ours == order.split(", ")
    assert set(re.findall(r"`(on\w+)\(", chapter("14.3"))) == set(CALLBACKS)


@NEEDS_CONTRACT
def test_styles_are_the_contracts() -> None:
    text = chapter("14.4")
    colours = re.findall(r"\b(?:alert|body|btn|input|menu|text)\w*Color\b", text)
    assert set(interface("Styles")) == {*colours, "borderRadius"}


def test_the_guide_names_every_option_callback_and_colour() -> None:
    guide = (ROOT / "docs/guides/signin-widget.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)[`(]", guide))
    assert {*interface("Options"), *interface("Styles")} - named - {"psd2", "styles"} == set()


def test_globals_are_set_and_typed() -> None:
    names = ["embedKontomatik", "embedKontomatikPopup", "embedKontox", "OpenSaldo"]
    assert all(f"page.{name} = " in SCRIPT for name in names)
    assert all(f"    {name}?: " in TYPINGS for name in names)


def test_the_package_lists_what_it_needs_and_names_no_place_to_publish() -> None:
    package = json.loads((WIDGET / "package.json").read_text("utf-8"))
    assert all((WIDGET / name).is_file() for name in package["files"])
    assert {"publishConfig", "dependencies", "scripts"}.isdisjoint(package)
    row = rf"^\| {re.escape(package['version'])} \| 1 \|"
    assert re.search(row, (WIDGET / "README.md").read_text("utf-8"), re.MULTILINE)
    assert "version: 1," in SCRIPT


@pytest.mark.skipif(shutil.which("tsc") is None, reason="TypeScript (tsc) is not installed")
def test_types_hold() -> None:
    settings = "--noEmit --strict --checkJs --allowJs --target es2022 --module nodenext"
    files = ["signin.js", "signin.d.ts", "signin-widget.js", "signin-widget.d.ts"]
    command = ["tsc", *settings.split(), "--lib", "es2022,dom,dom.iterable", *files]
    told = subprocess.run(command, cwd=WIDGET, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
