"""Badges in place of logos: a bank's initials on a colour that follows from its name."""

from __future__ import annotations

import colorsys
import hashlib
from functools import cache

from markupsafe import escape

from opensaldo.web.widget.colours import WHITE, Colour, contrast

INITIALS_MAX = 4
CONTRAST_MIN = 4.5  # of the white initials with their ground: WCAG 2.2, 1.4.3
SATURATION = 0.5
LIGHTNESS_FIRST, LIGHTNESS_STEP = 0.45, 0.01
FONT_SIZES = {1: 19, 2: 16, 3: 14, 4: 11}
# Words that many banks have in their names, and legal forms: no initials of theirs.
COMMON_WORDS = frozenset(
    {"bank", "banka", "banco", "banca", "sa", "s", "a", "crl", "de", "do", "da", "la", "dla", "em"}
)
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<rect width="40" height="40" rx="10" fill="{colour}"/>'
    '<text x="20" y="20.5" fill="#fff" font-family="system-ui, sans-serif" font-weight="600" '
    'font-size="{size}" text-anchor="middle" dominant-baseline="central">{initials}</text></svg>'
)


@cache
def icon(official_name: str, institution: str) -> bytes:
    """The badge of a bank as SVG; all ways into one institution have the same colour."""
    said = initials(official_name)
    made = _ICON.format(
        colour=colour(institution), size=FONT_SIZES[len(said)], initials=escape(said)
    )
    return made.encode()


def initials(official_name: str) -> str:
    """One to four signs that stand for a name.

    >>> initials("PKO BP"), initials("Česká spořitelna"), initials("Banco BPI, SA"), initials("--")
    ('PKO', 'ČS', 'BPI', '?')
    """
    spaced = "".join(sign if sign.isalnum() else " " for sign in official_name)
    words = spaced.split()
    telling = [word for word in words if word.casefold() not in COMMON_WORDS] or words
    if not telling:
        return "?"
    if telling[0].isupper() and 1 < len(telling[0]) <= INITIALS_MAX:
        return telling[0]
    return "".join(word[0] for word in telling[:2]).upper()[:INITIALS_MAX]


def colour(seed: str) -> str:
    """A colour that this text always gives, dark enough for white letters.

    >>> colour("Pko"), colour("Pko") == colour("Pekao")
    ('#6b39ac', False)
    """
    hue = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:2], "big") / 0x10000
    lightness = LIGHTNESS_FIRST
    while contrast(made := _colour(hue, lightness), WHITE) < CONTRAST_MIN:
        lightness -= LIGHTNESS_STEP
    return str(made)


def _colour(hue: float, lightness: float) -> Colour:
    parts = colorsys.hls_to_rgb(hue, lightness, SATURATION)
    return Colour(*(round(part * 255) for part in parts))
