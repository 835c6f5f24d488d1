"""What became of every consent, and what people accepted, as a chain.

Each entry's hash covers the hash before it. No entry holds personal data. Whoever changes, removes
or reorders entries breaks the chain, and whoever cuts off its end breaks it for everybody who has
noted an anchor.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

from opensaldo.domain.legal_text import Acceptance

ACCEPTED = "accepted"
BEFORE_THE_FIRST = "0" * 64
_ANCHOR = re.compile(r"(0|[1-9][0-9]{0,17})-([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a consent became and when, or what a person accepted in a session.

    `status` is the consent's, in its standard's words; of an acceptance it is `ACCEPTED`, and there
    is no consent yet. `session_id` is the session a consent was granted in or a text accepted in.
    """

    number: int
    consent_id: str | None
    client_id: str
    environment: str
    target: str
    status: str
    at: datetime
    session_id: str | None = None
    acceptance: Acceptance | None = None

    def hash_after(self, previous: str) -> str:
        """The entry's hash: SHA-256 over a JSON list of the hash before it and all it says.

        The list is longer where there is a session or an acceptance, so that entries older than
        these still have the hash they were written with.
        """
        said: list[object] = [
            previous,
            self.number,
            self.consent_id,
            self.client_id,
            self.environment,
            self.target,
            self.status,
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
        ]
        if self.session_id is not None or self.acceptance is not None:
            said += [self.session_id, *(astuple(self.acceptance) if self.acceptance else ())]
        text = json.dumps(said, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry with the hash that was written beside it."""

    entry: Entry
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """How far the chain reached when somebody noted it elsewhere."""

    number: int = 0
    hash: str = BEFORE_THE_FIRST

    def __str__(self) -> str:
        return f"{self.number}-{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """The anchor as it was printed.

        Raises:
            ValueError: it is none.
        """
        parts = _ANCHOR.fullmatch(text.strip())
        if parts is None:
            raise ValueError("an anchor is a number, a hyphen and 64 hex digits")
        return cls(number=int(parts[1]), hash=parts[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first entry the chain does not hold at, and why."""

    number: int
    reason: str


def first_break(links: Iterable[Link], anchor: Anchor | None = None) -> Break | None:
    """Where the chain, told from its beginning, does not hold; None when all of it does."""
    last = Anchor()
    for link in links:
        entry = link.entry
        if entry.number != last.number + 1:
            return Break(number=last.number + 1, reason="is missing")
        if entry.hash_after(last.hash) != link.hash:
            return Break(number=entry.number, reason="was changed, or what came before it")
        last = Anchor(number=entry.number, hash=link.hash)
        if anchor and anchor.number == last.number and anchor != last:
            return Break(number=last.number, reason="is not the one the anchor was taken of")
    if anchor and anchor.number > last.number:
        return Break(number=last.number + 1, reason="is missing: the chain ends before the anchor")
    return None
