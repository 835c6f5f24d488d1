"""The envelope of every answer: the list it carries, its pages, or the error it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opensaldo.connectors.protocols.czech_standard.faults import fault_of, refusal_in
from opensaldo.connectors.things import Thing, decode
from opensaldo.errors import BankAnsweredNonsense

_PAGE = re.compile(r"[0-9]{1,9}")
_PAGING = ("pageNumber", "pageCount", "totalCount")


def answer(body: bytes, *names: str) -> Thing:
    """The answer that holds a list under one of these names; a bare list counts as the first.

    An answer without the list is one without rows if it numbers its pages.

    Raises:
        OpenSaldoError: it is an error body, or there is no such list.
    """
    raw: Any = decode(body)
    if isinstance(raw, list):
        raw = {names[0]: raw}
    found = Thing(raw) if isinstance(raw, Mapping) else Thing({})
    if any(name in found for name in names):
        return found
    if (refusal := refusal_in(raw)) is not None:
        raise fault_of(refusal)
    if any(name in found for name in _PAGING):
        return found
    raise BankAnsweredNonsense(names[0], "a list")


def next_page(found: Thing, row_count: int) -> int | None:
    """The number of the page that follows, None after the last one.

    A bank that leaves out `nextPage` may still say by `pageCount` that there are more.
    """
    said = whole(found, "nextPage")
    if said is not None:
        return said
    number, count = whole(found, "pageNumber"), whole(found, "pageCount")
    if number is None or count is None or not row_count or number + 1 >= count:
        return None
    return number + 1


def whole(found: Thing, name: str) -> int | None:
    """The whole number of a member.

    Raises:
        BankAnsweredNonsense: it is something else.
    """
    written = found.raw(name)
    if written is None:
        return None
    if isinstance(written, bool) or not _PAGE.fullmatch(str(written)):
        raise BankAnsweredNonsense(found.at(name), "a page number")
    return int(str(written))
