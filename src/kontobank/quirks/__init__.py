"""How real banks misbehave: spoiled replies, and packs that can be switched on by name."""

from kontobank.quirks.packs import PACKS, Pack, Packs, Switched, UnknownPack
from kontobank.quirks.replies import HOSTILE, HTML_PAGE, XS2A_QUIRKS, hostile_text, nonsense
from kontobank.quirks.rows import CUTS, Sight, seen
from kontobank.quirks.xs2a import REPLIES, another_name, as_error

__all__ = [  # noqa: RUF022 - sorted as text
    "CUTS",
    "HOSTILE",
    "HTML_PAGE",
    "PACKS",
    "Pack",
    "Packs",
    "REPLIES",
    "Sight",
    "Switched",
    "UnknownPack",
    "XS2A_QUIRKS",
    "another_name",
    "as_error",
    "hostile_text",
    "nonsense",
    "seen",
]
