"""A client's colours on the sign-in pages (wire contract, section 14.4).

What is no plain colour under one of the contract's names is dropped. Whatever the client leaves
open is derived so that it can be read beside what it chose; its own choices stand, and `doubts`
names those that cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from opensaldo.web.widget.colours import (
    BLACK,
    WHITE,
    Colour,
    contrast,
    ink_on,
    legible,
    mixed,
    parse_colour,
)

BODY, TEXT = "bodyBgColor", "textColor"
# The contract's name of each colour, and the style sheet's.
VARIABLES: Mapping[str, str] = {
    "alertErrorBgColor": "alert",
    "alertErrorBorderColor": "alert-edge",
    "alertErrorTextColor": "alert-ink",
    BODY: "ground",
    "btnBgColor": "button",
    "btnBorderColor": "button-edge",
    "btnTextColor": "button-ink",
    "btnPrimaryBgColor": "primary",
    "btnPrimaryBorderColor": "primary-edge",
    "btnPrimaryTextColor": "primary-ink",
    "inputBgColor": "field",
    "inputBorderColor": "field-edge",
    "inputTextColor": "field-ink",
    "inputDisabledTextColor": "field-off",
    "inputBorderFocusColor": "field-focus",
    "menuHighlightBgColor": "highlight",
    TEXT: "ink",
}
RADIUS, RADIUS_PX_MAX = "borderRadius", 40
TEXT_RATIO_MIN, PART_RATIO_MIN = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
# What stands on what: the contract's names, and the contrast it needs.
PAIRS = (
    (TEXT, BODY, TEXT_RATIO_MIN),
    (TEXT, "menuHighlightBgColor", TEXT_RATIO_MIN),
    ("btnTextColor", "btnBgColor", TEXT_RATIO_MIN),
    ("btnPrimaryTextColor", "btnPrimaryBgColor", TEXT_RATIO_MIN),
    ("inputTextColor", "inputBgColor", TEXT_RATIO_MIN),
    ("alertErrorTextColor", "alertErrorBgColor", TEXT_RATIO_MIN),
    ("inputBorderColor", BODY, PART_RATIO_MIN),
    ("inputBorderFocusColor", BODY, PART_RATIO_MIN),
)
_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)(?:px)?", re.ASCII)

Palette = Mapping[str, Colour]


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """What is left of a client's wishes: colours by the contract's names, and a radius."""

    colours: Mapping[str, Colour]
    radius_px: float | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to apply."""
        return bool(self.colours) or self.radius_px is not None


def parse_styles(words: Mapping[str, str]) -> Styles:
    """The colours and the radius among a client's words; the rest is dropped."""
    parsed = {name: parse_colour(words[name]) for name in VARIABLES if name in words}
    radius = _NUMBER.fullmatch(words.get(RADIUS, "").strip())
    return Styles(
        colours={name: colour for name, colour in parsed.items() if colour is not None},
        radius_px=min(float(radius[1]), RADIUS_PX_MAX) if radius else None,
    )


def sheet(styles: Styles) -> str:
    """The style sheet that follows signin.css; with colours it holds in either scheme."""
    lines = []
    if styles.colours:
        scheme = _scheme(styles)
        lines = [f"color-scheme: {scheme};"]
        lines += [f"--{name}: {value};" for name, value in _palette(styles, scheme).items()]
    if styles.radius_px is not None:
        lines.append(f"--radius: {styles.radius_px:g}px;")
    return ":root {\n  " + "\n  ".join(lines) + "\n}\n"


def doubts(styles: Styles) -> tuple[str, ...]:
    """A sentence for each pair of colours of the client's that cannot be told apart."""
    if not styles.colours:
        return ()
    palette = _palette(styles, _scheme(styles))
    found = []
    for front, back, ratio_min in PAIRS:
        ratio = contrast(palette[VARIABLES[front]], palette[VARIABLES[back]])
        own = {front, back} - {TEXT, BODY} or {TEXT, BODY}
        if own & set(styles.colours) and ratio < ratio_min:
            found.append(f"styles: {front} on {back} has contrast {ratio:.2f}, wanted {ratio_min}")
    return tuple(found)


def _scheme(styles: Styles) -> str:
    """The scheme whose text can be read on the client's ground, or whose ground under its text."""
    for name, variable in ((BODY, "ink"), (TEXT, "ground")):
        if name in styles.colours:
            chosen = styles.colours[name].over(WHITE)
            return max(SCHEMES, key=lambda one: contrast(SCHEMES[one][variable], chosen))
    return "light"


def _palette(styles: Styles, scheme: str) -> Palette:
    """Every variable of the style sheet: the client's, and what follows from them."""
    base = SCHEMES[scheme]
    given = styles.colours
    ground = given[BODY].over(WHITE) if BODY in given else base["ground"]
    chosen = {VARIABLES[name]: colour.over(ground) for name, colour in given.items()}
    page = {**base, **(_page(base, ground, chosen) if {BODY, TEXT} & set(given) else {})}
    accent = chosen.get("primary", base["accent"])
    page["accent"] = legible(accent, ground, TEXT_RATIO_MIN, page["ink"])
    page["accent-deep"] = mixed(page["accent"], page["ink"], 0.25)
    return {**page, **_parts(page, chosen), **chosen}


def _page(base: Palette, ground: Colour, chosen: Palette) -> Palette:
    """The page's own colours around the client's ground and text."""
    ink = chosen.get("ink", ink_on(ground, base["ink"], TEXT_RATIO_MIN))
    return {
        "ground": ground,
        "surface": ground,
        "raised": _beside(ground, ink, 0.04),
        "ink": ink,
        "soft": legible(mixed(ink, ground, 0.3), ground, TEXT_RATIO_MIN + 0.5, ink),
        "line": mixed(ground, ink, 0.14),
        "edge": legible(mixed(ink, ground, 0.5), ground, PART_RATIO_MIN, ink),
        "tint": _beside(ground, ink, 0.08),
        "focus": legible(base["focus"], ground, PART_RATIO_MIN, ink),
    }


def _beside(ground: Colour, ink: Colour, share_ratio: float) -> Colour:
    """A ground a shade nearer to the text, or further from it where nearer would be too near."""
    nearer = mixed(ground, ink, share_ratio)
    return nearer if contrast(nearer, ink) >= TEXT_RATIO_MIN + 0.5 else _away(ground, ink)


def _parts(page: Palette, chosen: Palette) -> Palette:
    """Buttons, fields, alerts and the choice under the pointer: what the client left open."""
    primary = chosen.get("primary", page["accent"])
    button, field = chosen.get("button", page["surface"]), chosen.get("field", page["surface"])
    alert = chosen.get("alert", page["bad-ground"])
    parts = {
        "primary": primary,
        "primary-ink": ink_on(primary, page["on-accent"], TEXT_RATIO_MIN),
        "primary-edge": primary,
        "button": button,
        "button-ink": ink_on(button, page["ink"], TEXT_RATIO_MIN),
        "button-edge": page["edge"],
        "field": field,
        "field-ink": ink_on(field, page["ink"], TEXT_RATIO_MIN),
        "field-edge": page["edge"],
        "field-off": page["soft"],
        "field-focus": page["focus"],
        "alert": alert,
        "alert-ink": legible(page["bad"], alert, TEXT_RATIO_MIN),
        "alert-edge": alert,
        "highlight": page["tint"],
    }
    for name in ("primary", "button"):
        ink = chosen.get(f"{name}-ink", parts[f"{name}-ink"])
        parts[f"{name}-hover"] = _beside(parts[name], ink, 0.12)
    return parts


def _away(ground: Colour, ink: Colour) -> Colour:
    """The ground a shade further from its text, so no harder to read."""
    pole = max((WHITE, BLACK), key=lambda one: contrast(one, ink))
    return mixed(ground, pole, 0.12)


def _read_schemes() -> Mapping[str, Palette]:
    """The two tables of colours at the head of signin.css."""
    text = resources.files(__package__).joinpath("static", "signin.css").read_text("utf-8")
    tables = re.findall(r":root\s*\{(.*?)\}", text, re.DOTALL)
    rows = [re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", table) for table in tables]
    return {
        scheme: {name: colour for name, text in table if (colour := parse_colour(text))}
        for scheme, table in zip(("light", "dark"), rows, strict=True)
    }


SCHEMES = _read_schemes()
