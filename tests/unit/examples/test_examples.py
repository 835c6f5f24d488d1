"""The examples nobody compiles here keep what they promise, as far as reading can tell."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.shop import EXAMPLES

ANDROID = EXAMPLES / "android-webview"
NAME = "{http://schemas.android.com/apk/res/android}name"
SCRIPTS = sorted(one for one in EXAMPLES.rglob("*.js") if "node_modules" not in one.parts)
NODE = shutil.which("node")


def activity() -> str:
    """The activity without its comments."""
    text = (ANDROID / "SignInActivity.kt").read_text("utf-8")
    return re.sub(r"/\*.*?\*/|//[^\n]*$", "", text, flags=re.DOTALL | re.MULTILINE)


def promised() -> list[str]:
    return re.findall(r"^\| `(.+?)` \|", (ANDROID / "README.md").read_text("utf-8"), re.MULTILINE)


def test_the_table_of_settings_is_found():
    assert len(promised()) >= 12


@pytest.mark.parametrize("setting", promised())
def test_the_activity_sets_what_its_readme_promises(setting: str):
    assert setting in activity()


def test_the_activity_of_the_manifest_is_the_one_in_the_file():
    manifest = ElementTree.parse(ANDROID / "AndroidManifest.xml")
    (declared,) = (one.attrib[NAME] for one in manifest.iter("activity"))
    package, _, name = declared.rpartition(".")
    assert f"package {package}" in activity()
    assert f"class {name} :" in activity()


def test_every_bracket_of_the_activity_is_closed():
    code = re.sub(r'"[^"]*"', "", activity())
    for opens, closes in ("{}", "()", "[]"):
        assert code.count(opens) == code.count(closes)


@pytest.mark.skipif(NODE is None, reason="node is not installed.")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.name)
def test_scripts_parse(script: Path, tmp_path: Path):
    copy = tmp_path / f"{script.stem}.mjs"
    copy.write_bytes(script.read_bytes())
    checked = subprocess.run([NODE or "", "--check", copy], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    "readme", sorted(EXAMPLES.rglob("README.md")), ids=lambda one: one.parent.name
)
def test_files_a_readme_names_exist(readme: Path):
    text = readme.read_text("utf-8")
    named = re.findall(r"`([\w./-]+\.(?:py|js|html|kt))`", text)
    named += re.findall(r"\]\((?!http)([^)#]+)\)", text)
    root = EXAMPLES.parent
    assert named
    assert [
        one for one in named if not any((place / one).exists() for place in (readme.parent, root))
    ] == []
