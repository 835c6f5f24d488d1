"""Which of the two dialects a request asks for (wire contract, section 1.1)."""

from __future__ import annotations

import re

ACCEPT_LENGTH_MAX = 8192
JSON_TYPE = "application/json"
XML_TYPES = frozenset({"*/*", "application/*", "application/xml", "text/xml"})

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_RANGE = re.compile(
    rf"[ \t]*(?P<type>{_WORD}/{_WORD})"
    rf"(?P<parameters>(?:[ \t]*;[ \t]*{_WORD}=(?:{_QUOTED}|{_WORD}))*)[ \t]*(?:,|\Z)"
)
_EMPTY = re.compile(r"[ \t]*(?:,|\Z)")
_PARAMETER = re.compile(rf"({_WORD})=({_QUOTED}|{_WORD})")
_WEIGHT = re.compile(r"(?:0(?:\.([0-9]{0,3}))?|1(?:\.0{0,3})?)")


def wants_json(accept: str | None) -> bool:
    """Whether the reply is JSON; a missing or malformed header means XML.

    JSON needs `application/json` with q > 0 and none of `*/*`, `application/*`,
    `application/xml`, `text/xml` with the same or a higher q.

    >>> wants_json("application/json")
    True
    >>> wants_json("application/json, text/plain, */*")
    False
    """
    weights = _weights(accept or "")
    wanted = weights.get(JSON_TYPE, 0)
    return wanted > 0 and all(weights.get(name, -1) < wanted for name in XML_TYPES)


def _weights(accept: str) -> dict[str, int]:
    """The highest weight of each media type, in thousandths; empty when malformed."""
    weights: dict[str, int] = {}
    position = 0
    while position < len(accept) <= ACCEPT_LENGTH_MAX:
        if empty := _EMPTY.match(accept, position):
            position = empty.end()
            continue
        found = _RANGE.match(accept, position)
        weight = _weight(found["parameters"]) if found else None
        if found is None or weight is None:
            return {}
        name = found["type"].lower()
        weights[name] = max(weight, weights.get(name, 0))
        position = found.end()
    return weights


def _weight(parameters: str) -> int | None:
    """The q of a media type in thousandths, 1000 when it has none, None when malformed."""
    for name, value in _PARAMETER.findall(parameters):
        if name.lower() == "q":
            weight = _WEIGHT.fullmatch(value)
            if weight is None:
                return None
            return 1000 if value[0] == "1" else int((weight[1] or "").ljust(3, "0"))
    return 1000
