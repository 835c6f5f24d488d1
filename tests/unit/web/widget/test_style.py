"""Contrast is computed from the style sheets themselves (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from importlib import resources

import pytest

SHEETS = {
    "signin": ("opensaldo.web.widget", "static/signin.css"),
    "docs": ("opensaldo.web.docs", "static/docs.css"),
}
TEXT_PAIRS = [
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "raised"),
    ("ink", "tint"),
    ("soft", "ground"),
    ("soft", "surface"),
    ("soft", "raised"),
    ("accent", "ground"),
    ("accent", "surface"),
    ("accent", "tint"),
    ("on-accent", "accent"),
    ("good", "good-ground"),
    ("bad", "bad-ground"),
]
SIGNIN_PAIRS = [("on-accent", "accent-deep"), ("notice", "notice-ground")]
PARTS_PAIRS = [("edge", "surface"), ("focus", "surface"), ("focus", "ground")]
CASES = [
    (sheet, scheme, pair, ratio)
    for sheet in SHEETS
    for scheme in ("light", "dark")
    for pairs, ratio in ((TEXT_PAIRS, 4.5), (PARTS_PAIRS, 3.0))
    for pair in pairs
] + [("signin", scheme, pair, 4.5) for scheme in ("light", "dark") for pair in SIGNIN_PAIRS]


def _text(sheet: str) -> str:
    package, path = SHEETS[sheet]
    return resources.files(package).joinpath(path).read_text("utf-8")


def _colours(sheet: str, scheme: str) -> dict[str, str]:
    blocks = re.findall(r":root\s*\{(.*?)\}", _text(sheet), re.DOTALL)
    assert len(blocks) == 2
    return dict(re.findall(r"--([a-z-]+):\s*#([0-9a-f]{6})", blocks[scheme == "dark"]))


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right() -> None:
    assert _contrast("000000", "ffffff") == pytest.approx(21)
    assert _contrast("767676", "ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(("sheet", "scheme", "pair", "ratio"), CASES)
def test_every_pair_of_colours_has_enough_contrast(
    sheet: str, scheme: str, pair: tuple[str, str], ratio: float
) -> None:
    colours = _colours(sheet, scheme)
    assert _contrast(*(colours[name] for name in pair)) >= ratio


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_sheets_name_colours_only_in_their_tables_and_fetch_nothing(sheet: str) -> None:
    text = _text(sheet)
    rules = re.sub(r":root\s*\{.*?\}", "", text, flags=re.DOTALL)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", rules)
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("sheet", SHEETS)
def test_both_schemes_define_the_same_colours(sheet: str) -> None:
    assert set(_colours(sheet, "light")) == set(_colours(sheet, "dark"))
