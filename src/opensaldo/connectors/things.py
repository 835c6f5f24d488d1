"""What banks of any standard answer, read leniently by rule.

A `Thing` is a JSON object seen through its rules: names are compared without case, blanks, hyphens
and underscores; null and blank text are absent; one object where a list is expected is a list of
one; texts may come as numbers, lists or objects. What stands in a place and cannot be understood
is an error that names the place, never what stood there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self

from opensaldo.connectors import lenient
from opensaldo.errors import BankAnsweredNonsense

TEXT_DEPTH_MAX = 4
NAMES_KEPT_MAX = 4_096
NAME_CHARACTERS_MAX = 100

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BREAK = re.compile(r"<\s*br\s*/?\s*>", re.IGNORECASE)
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_NO_DAYS = ("0000-00-00", "0001-01-01", "9999-12-31")
_TEXT_MEMBERS = ("reference", "identification", "unstructured", "text", "content", "value", "name")


class Thing:
    """One JSON object; `path` names its place in the answer."""

    __slots__ = ("_members", "path")

    def __init__(self, raw: Mapping[str, Any], path: str = "") -> None:
        """Keep what is not null and not blank."""
        self.path = path
        self._members = {
            _plain(name): value
            for name, value in raw.items()
            if value is not None and not (isinstance(value, str) and not value.strip())
        }

    def __contains__(self, name: str) -> bool:
        """Whether the member is there, empty lists and objects included."""
        return _plain(name) in self._members

    def __bool__(self) -> bool:
        """Whether it has any member."""
        return bool(self._members)

    @property
    def members(self) -> Mapping[str, Any]:
        """All members by their plain names."""
        return self._members

    def at(self, name: str) -> str:
        """The place of a member."""
        return f"{self.path}.{name}" if self.path else name

    def raw(self, *names: str) -> Any:
        """The first of these members that is there, as it was written."""
        for name in names:
            value = self._members.get(_plain(name))
            if value is not None:
                return value
        return None

    def text(self, *names: str) -> str | None:
        """The first of these members that says something, on one line."""
        for name in names:
            said = text_of(self._members.get(_plain(name)))
            if said is not None:
                return said
        return None

    def opaque(self, *names: str) -> str | None:
        """The first of these members that is an id: any characters, only outer blanks taken."""
        for name in names:
            value = self._members.get(_plain(name))
            if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
                return str(value).strip()
        return None

    def thing(self, *names: str) -> Thing | None:
        """The first of these members that is an object with members."""
        for name in names:
            value = self._members.get(_plain(name))
            if isinstance(value, list) and len(value) == 1:
                value = value[0]
            if isinstance(value, Mapping) and (found := type(self)(value, self.at(name))):
                return found
        return None

    def things(self, *names: str) -> list[Thing] | None:
        """The objects of the first of these members that is there; None when none is.

        Raises:
            BankAnsweredNonsense: it holds something else than objects.
        """
        for name in names:
            value = self._members.get(_plain(name))
            if value is not None:
                return list(self._each(value, self.at(name)))
        return None

    def truth(self, *names: str) -> bool | None:
        """The first of these members as yes or no, also when written as text or number."""
        said = (self.text(*names) or "").lower()
        return {"true": True, "1": True, "false": False, "0": False}.get(said)

    def day(self, *names: str) -> date | None:
        """The day of the first of these members that is there, as the bank's clock had it.

        Raises:
            BankAnsweredNonsense: it is no day.
        """
        for name in names:
            written = self.opaque(name)
            if written is not None and not written.startswith(_NO_DAYS):
                return lenient.day_of(written, self.at(name))
        return None

    def moment(self, *names: str) -> datetime | None:
        """The moment of the first of these members that names one; without offset it is UTC."""
        written = self.opaque(*names)
        try:
            moment = datetime.fromisoformat(written or "")
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def link(self, name: str) -> str | None:
        """The address of a link, written as an object with `href` or as a text."""
        links = self.thing("_links", "links")
        value = links.raw(name) if links else None
        if isinstance(value, Mapping):
            value = Thing(value).raw("href", "url")
        return value.strip() or None if isinstance(value, str) else None

    @classmethod
    def _each(cls, value: object, path: str) -> Iterator[Self]:
        """The objects of a list, or the one that stands for a list; null and nothing are absent."""
        listed = value if isinstance(value, list) else [value or None]
        for place, one in enumerate(listed):
            if one is None:
                continue
            if not isinstance(one, Mapping):
                raise BankAnsweredNonsense(f"{path}[{place}]", "an object")
            yield cls(one, f"{path}[{place}]")


def decode(body: bytes) -> Any:
    """The JSON these bytes hold, its numbers exact.

    UTF-8 is the rule (RFC 8259); a byte order mark, Latin-1 and texts cut inside a character are
    read all the same.

    Raises:
        BankAnsweredNonsense: they are not JSON, or nothing at all.
    """
    content = body.removeprefix(_BYTE_ORDER_MARK).strip()
    if not content:
        raise BankAnsweredNonsense("body", "JSON, not an empty answer")
    try:
        content.decode()
    except UnicodeDecodeError:
        content = content.decode("latin-1").encode()
    return lenient.decode(content, Any)


def text_of(value: object, depth: int = 0) -> str | None:
    """What a text, number, list or object says, on one line; None when it says nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _BLANKS.sub(" ", _BREAK.sub(" ", value)).strip() or None
    if isinstance(value, int | Decimal):
        return str(value)
    if depth >= TEXT_DEPTH_MAX:
        return None
    if isinstance(value, list):
        said = (text_of(one, depth + 1) for one in value)
        return " ".join(one for one in said if one) or None
    if isinstance(value, Mapping):
        members = Thing(value).members
        named = (text_of(members.get(name), depth + 1) for name in _TEXT_MEMBERS)
        everything = (text_of(one, depth + 1) for one in members.values())
        return next((one for one in named if one), None) or text_of(list(everything), depth + 1)
    return None


def _plain(name: str) -> str:
    """The name without what banks spell differently."""
    return _folded(name) if len(name) <= NAME_CHARACTERS_MAX else name


@lru_cache(NAMES_KEPT_MAX)
def _folded(name: str) -> str:
    return name.translate({ord(one): None for one in "_- "}).lower()
