"""Colours as CSS writes them; anything that is none is none."""

import pytest

from opensaldo.web.widget.colours import (
    BLACK,
    KEYWORDS,
    WHITE,
    Colour,
    contrast,
    ink_on,
    legible,
    parse_colour,
)


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#fc0", "#ffcc00"),
        ("#FFCC00", "#ffcc00"),
        (" Navy ", "#000080"),
        ("rebeccapurple", "#663399"),
        ("rgb(26, 43, 60)", "#1a2b3c"),
        ("rgb(26 43 60)", "#1a2b3c"),
        ("rgba(26,43,60,1)", "#1a2b3c"),
        ("rgb(100%, 0%, 50%)", "#ff0080"),
        ("rgb(300, -5, 0)", "#ff0000"),
        ("hsl(120, 100%, 25%)", "#008000"),
        ("hsl(480deg 100% 25%)", "#008000"),
    ],
)
def test_plain_colours_are_understood(text: str, colour: str) -> None:
    parsed = parse_colour(text)
    assert parsed is not None
    assert str(parsed) == colour
    assert parsed.alpha_ratio == 1


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("#ff000080", "#ff7f7f"),
        ("#f008", "#ff7777"),
        ("rgb(0 0 0 / 50%)", "#808080"),
        ("hsla(0, 0%, 0%, .25)", "#bfbfbf"),
        ("transparent", "#ffffff"),
    ],
)
def test_what_can_be_seen_through_is_what_is_seen_on_its_ground(text: str, seen: str) -> None:
    parsed = parse_colour(text)
    assert parsed is not None
    assert str(parsed.over(WHITE)) == seen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "#ff",
        "#fffff",
        "#ggg",
        "fff",
        "red;",
        "red; background: url(x)",
        "url(https://example.com)",
        "var(--ink)",
        "expression(1)",
        "rgb(1,2)",
        "rgb(1,2,3,4,5)",
        "rgb(a,b,c)",
        "rgb(1e9,0,0)",
        "rgb(1,2,3) } body { display: none",
        "calc(1px)",
        "inherit",
        "currentcolor",
        "#١٢٣",
        "#fff/**/",
        "a" * 10_000,
        "rgb(" + "1" * 10_000 + ",2,3)",
    ],
)
def test_anything_else_is_no_colour(text: str) -> None:
    assert parse_colour(text) is None


def test_all_keywords_are_there() -> None:
    assert len(KEYWORDS) == 148
    assert all(parse_colour(name) for name in KEYWORDS)


@pytest.mark.parametrize("ground", [WHITE, BLACK, Colour(128, 128, 128), Colour(255, 204, 0)])
@pytest.mark.parametrize("colour", [WHITE, BLACK, Colour(120, 120, 120), Colour(255, 0, 0)])
def test_what_is_made_legible_is(colour: Colour, ground: Colour) -> None:
    assert contrast(legible(colour, ground, 4.5), ground) >= 4.5
    assert contrast(ink_on(ground, colour, 4.5), ground) >= 4.5


def test_what_can_be_read_already_stays() -> None:
    assert legible(BLACK, WHITE, 4.5) == ink_on(WHITE, BLACK, 4.5) == BLACK
