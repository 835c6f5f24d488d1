"""Colours as clients write them, and how well one can be read on another (WCAG 2.2)."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

TEXT_LENGTH_MAX = 64
_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.ASCII)
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([-+.0-9a-z%,/\s]*)\)", re.ASCII)
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))(%|deg)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Colour:
    """Red, green and blue from 0 to 255; `alpha_ratio` 1 is opaque."""

    red: int
    green: int
    blue: int
    alpha_ratio: float = 1.0

    def __str__(self) -> str:
        """As a style sheet writes it, without its transparency.

        >>> str(Colour(26, 43, 60))
        '#1a2b3c'
        """
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    def over(self, ground: Colour) -> Colour:
        """What is seen of it on an opaque ground; opaque."""
        return mixed(ground, Colour(self.red, self.green, self.blue), self.alpha_ratio)


WHITE, BLACK = Colour(255, 255, 255), Colour(0, 0, 0)


def parse_colour(text: str) -> Colour | None:
    """A plain colour: hexadecimal, rgb(), hsl(), a keyword of CSS; None for anything else.

    >>> parse_colour("rgb(255 204 0 / 50%)")
    Colour(red=255, green=204, blue=0, alpha_ratio=0.5)
    >>> parse_colour("url(#)"), parse_colour("red; x: y")
    (None, None)
    """
    word = text.strip().lower()
    if len(word) > TEXT_LENGTH_MAX:
        return None
    word = KEYWORDS.get(word, word)
    if word == "transparent":
        return Colour(0, 0, 0, 0.0)
    if _HEX.fullmatch(word):
        return _from_hex(word[1:])
    called = _FUNCTION.fullmatch(word)
    return _from_function(called[1], called[2]) if called else None


def mixed(one: Colour, other: Colour, share_ratio: float) -> Colour:
    """`one` with so much of `other` in it; opaque.

    >>> str(mixed(WHITE, BLACK, 0.5))
    '#808080'
    """
    pairs = ((one.red, other.red), (one.green, other.green), (one.blue, other.blue))
    return Colour(*(round(first + (second - first) * share_ratio) for first, second in pairs))


def contrast(one: Colour, other: Colour) -> float:
    """The ratio of two opaque colours' luminances, from 1 to 21 (WCAG 2.2, contrast ratio).

    >>> round(contrast(WHITE, BLACK), 2), round(contrast(WHITE, Colour(0x76, 0x76, 0x76)), 2)
    (21.0, 4.54)
    """
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def legible(
    colour: Colour, ground: Colour, ratio_min: float, towards: Colour | None = None
) -> Colour:
    """The colour, moved towards another as far as it takes to be told from the ground.

    Args:
        colour: where to begin.
        ground: what it stands on.
        ratio_min: the contrast wanted.
        towards: where to end at the latest; None for black or white, where there always is enough.
    """
    end = towards or max((WHITE, BLACK), key=lambda one: contrast(one, ground))
    steps = (mixed(colour, end, step / 20) for step in range(21))
    return next((one for one in steps if contrast(one, ground) >= ratio_min), end)


def ink_on(ground: Colour, preferred: Colour, ratio_min: float) -> Colour:
    """A colour for text on the ground: the preferred one if it can be read, else black or white."""
    if contrast(preferred, ground) >= ratio_min:
        return preferred
    return max((WHITE, BLACK), key=lambda one: contrast(one, ground))


def _luminance(colour: Colour) -> float:
    parts = (part / 255 for part in (colour.red, colour.green, colour.blue))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _from_hex(digits: str) -> Colour:
    if len(digits) < 6:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue, *alpha = bytes.fromhex(digits)
    return Colour(red, green, blue, alpha[0] / 255 if alpha else 1.0)


def _from_function(name: str, inside: str) -> Colour | None:
    parts = [part for part in re.split(r"[\s,/]+", inside.strip()) if part]
    read = [_NUMBER.fullmatch(part) for part in parts]
    if len(parts) not in (3, 4) or not all(read):
        return None
    values = [(float(one[1]), one[2] or "") for one in read if one]
    alpha = _ratio(values[3], 1) if len(values) == 4 else 1.0
    if name == "rgb":
        red, green, blue = (round(255 * _ratio(one, 255)) for one in values[:3])
        return Colour(red, green, blue, alpha)
    hue, saturation, lightness = (values[0][0] / 360 % 1, *(_ratio(v, 100) for v in values[1:3]))
    red, green, blue = (round(255 * p) for p in colorsys.hls_to_rgb(hue, lightness, saturation))
    return Colour(red, green, blue, alpha)


def _ratio(value: tuple[float, str], whole: int) -> float:
    """A number out of `whole`, or a percentage, as 0 to 1."""
    number, unit = value
    return min(max(number / (100 if unit == "%" else whole), 0.0), 1.0)


def _read_keywords() -> Mapping[str, str]:
    text = resources.files(__package__).joinpath("colour_names.txt").read_text("utf-8")
    return dict(line.split(" ", 1) for line in text.splitlines() if not line.startswith("#"))


KEYWORDS = _read_keywords()
