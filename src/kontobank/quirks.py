"""How a real bank's answer is wrong: pure functions from a reply to a worse one."""

from collections.abc import Callable
from typing import Any

Reply = dict[str, Any]

NONSENSE: Reply = {"result": ["this", "is", {"not": "what the standard says"}], "amount": 12.5}
HTML_PAGE = b"<!doctype html><html lang=pl><title>503</title><h1>Przerwa techniczna</h1></html>"
HOSTILE = (
    "zwykly tekst",
    "\x00\x07\x1b[31mctl\x7f",
    "]]><script>alert(1)</script>&amp;<!--",
    "\U0001f4a9\u202etfel ot thgir\u2066",
    "\ud83d lone surrogate",
    "' OR 1=1; --",
    None,
    12345,
    "",
)
TEXT_KEYS = ("description", "transactionType", "accountNameClient", "accountTypeName")


def hostile_text(reply: Reply, keys: tuple[str, ...] = TEXT_KEYS) -> Reply:
    """The same reply with titles, names and kinds no program likes."""
    counter = iter(range(1_000_000))
    _spoil(reply, keys, counter.__next__)
    return reply


def _spoil(node: Any, keys: tuple[str, ...], step: Callable[[], int]) -> None:
    if isinstance(node, list):
        for item in node:
            _spoil(item, keys, step)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key in keys:
            node[key] = HOSTILE[step() % len(HOSTILE)]
        elif key == "nameAddress" and isinstance(value, dict):
            node[key] = {"value": [HOSTILE[step() % len(HOSTILE)], HOSTILE[2]]}
        else:
            _spoil(value, keys, step)


def nonsense(_reply: Reply) -> Reply:
    """Well-formed JSON of a shape the standard does not know."""
    return dict(NONSENSE)


def no_next_page(reply: Reply) -> Reply:
    """The same page without a way on."""
    reply.pop("pageInfo", None)
    return reply


def loop_pages(reply: Reply, page: str) -> Reply:
    """The same page whose next page is itself."""
    reply["pageInfo"] = {"nextPage": page}
    return reply
