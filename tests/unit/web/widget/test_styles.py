"""A client's colours: what is kept, what follows from them, what cannot be read."""

import random
import re
from importlib import resources

import pytest

from opensaldo.web.widget.colours import contrast, parse_colour
from opensaldo.web.widget.styles import VARIABLES, doubts, parse_styles, sheet

SIGNIN_CSS = (
    resources.files("opensaldo.web.widget").joinpath("static", "signin.css").read_text("utf-8")
)
# Text and parts of the pages, on what they stand, with the contrast they need.
SHOWN = [("ink", "ground"), ("ink", "surface"), ("ink", "raised"), ("soft", "ground")]
SHOWN += [("soft", "raised"), ("accent", "surface"), ("primary-ink", "primary")]
SHOWN += [("primary-ink", "primary-hover"), ("button-ink", "button")]
SHOWN += [("button-ink", "button-hover"), ("field-ink", "field"), ("alert-ink", "alert")]
GROUNDS = ["bodyBgColor", "btnBgColor", "btnPrimaryBgColor", "inputBgColor", "alertErrorBgColor"]


def variables(**words: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): ([^;]+);", sheet(parse_styles(words))))


def ratio(found: dict[str, str], front: str, back: str) -> float:
    one, other = parse_colour(found[front]), parse_colour(found[back])
    assert one is not None
    assert other is not None
    return contrast(one, other)


def test_names_that_are_not_the_contracts_and_values_that_are_no_colours_are_dropped() -> None:
    styles = parse_styles(
        {
            "textColor": "#222",
            "bodyBgColor": "white; background: url(x)",
            "fontFamily": "serif",
            "borderRadius": "8; } body { display: none",
            "__proto__": "#fff",
        }
    )
    assert list(styles.colours) == ["textColor"]
    assert styles.radius_px is None
    assert not parse_styles({"bodyBgColor": "none", "color": "red"})


@pytest.mark.parametrize(
    ("text", "px"), [("8", 8), ("0", 0), ("2.5", 2.5), ("8px", 8), ("999", 40)]
)
def test_the_radius_is_a_number_of_pixels_within_bounds(text: str, px: float) -> None:
    assert parse_styles({"borderRadius": text}).radius_px == px
    assert sheet(parse_styles({"borderRadius": text})) == f":root {{\n  --radius: {px:g}px;\n}}\n"


@pytest.mark.parametrize("text", ["-1", "1e3", "8em", "", "NaN", "٣"])
def test_other_radii_are_dropped(text: str) -> None:
    assert parse_styles({"borderRadius": text}).radius_px is None


def test_each_colour_of_the_contract_has_its_variable_and_the_pages_use_it() -> None:
    words = {name: f"#0000{place:02x}" for place, name in enumerate(VARIABLES)}
    found = variables(**words)
    rules = re.sub(r":root\s*\{.*?\}", "", SIGNIN_CSS, flags=re.DOTALL)
    for name, variable in VARIABLES.items():
        assert found[variable] == words[name], name
        assert f"var(--{variable})" in rules, variable


def test_every_variable_is_one_of_the_pages() -> None:
    known = set(re.findall(r"--([a-z-]+):", SIGNIN_CSS))
    assert set(variables(bodyBgColor="#123456")) <= known


@pytest.mark.parametrize(
    ("words", "scheme"),
    [
        ({"bodyBgColor": "#101010"}, "dark"),
        ({"bodyBgColor": "#fafafa"}, "light"),
        ({"bodyBgColor": "transparent"}, "light"),
        ({"textColor": "#eeeeee"}, "dark"),
        ({"textColor": "#222222"}, "light"),
        ({"btnBgColor": "#000"}, "light"),
    ],
)
def test_the_clients_ground_decides_the_scheme(words: dict[str, str], scheme: str) -> None:
    assert f"color-scheme: {scheme};" in sheet(parse_styles(words))
    assert (
        variables(**words).items()
        >= {"good": {"light": "#17693f", "dark": "#86d9a9"}[scheme]}.items()
    )


@pytest.mark.parametrize("seed", range(60))
def test_whatever_ground_a_client_chooses_what_it_leaves_open_can_be_read(seed: int) -> None:
    chance = random.Random(seed)
    chosen = chance.sample(GROUNDS, chance.randint(1, len(GROUNDS)))
    words = {name: f"#{chance.randrange(1 << 24):06x}" for name in chosen}
    found = variables(**words)
    for front, back in SHOWN:
        assert ratio(found, front, back) >= 4.5, (front, back, words)
    assert ratio(found, "focus", "ground") >= 3
    assert ratio(found, "edge", "ground") >= 3


def test_a_pair_that_cannot_be_read_is_named_with_its_contrast() -> None:
    words = {"textColor": "#999999", "bodyBgColor": "#ffffff", "btnPrimaryBgColor": "#ffcc00"}
    assert doubts(parse_styles(words)) == (
        "styles: textColor on bodyBgColor has contrast 2.85, wanted 4.5",
    )
    words = {
        "btnPrimaryTextColor": "white",
        "btnPrimaryBgColor": "#ffcc00",
        "inputBorderColor": "#eee",
    }
    assert doubts(parse_styles(words)) == (
        "styles: btnPrimaryTextColor on btnPrimaryBgColor has contrast 1.51, wanted 4.5",
        "styles: inputBorderColor on bodyBgColor has contrast 1.06, wanted 3.0",
    )


def test_good_colours_and_none_raise_no_doubt() -> None:
    assert doubts(parse_styles({})) == ()
    assert doubts(parse_styles({"borderRadius": "8"})) == ()
    assert doubts(parse_styles({"textColor": "#111", "bodyBgColor": "#fff"})) == ()
    assert doubts(parse_styles({"btnPrimaryBgColor": "#ffcc00"})) == ()
