"""A consent's cycles of 30 days, and what each of them costs; pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from opensaldo.domain.usage import Usage, UsageKind

CYCLE = timedelta(days=30)


class End(Enum):
    """How the imports of a session went."""

    SUCCESSFUL = "all of its imports succeeded"
    FAILED = "one of its imports failed"
    ABANDONED = "it made no import"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedSession:
    """A session with the imports that ended in it."""

    id: str
    opened_at: datetime
    consent_id: str | None
    imports: tuple[Usage, ...]

    @property
    def end(self) -> End:
        """How it went; one failed import frees it, for whatever reason."""
        if not self.imports:
            return End.ABANDONED
        if any(one.kind is UsageKind.IMPORT_FAILED for one in self.imports):
            return End.FAILED
        return End.SUCCESSFUL

    @property
    def evidence(self) -> tuple[str, ...]:
        """Its id and those of its imports, which say how they ended."""
        ends = (f"{one.kind} {one.subject}" for one in self.imports)
        return (f"session {self.id}", *ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedConsent:
    """A consent; it can end before its time, never after it."""

    id: str
    granted_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One of a consent's cycles, its end not included."""

    consent: UsedConsent
    number: int
    sessions: tuple[UsedSession, ...]

    @property
    def starts_at(self) -> datetime:
        """Its first moment."""
        return self.consent.granted_at + CYCLE * (self.number - 1)

    @property
    def ends_at(self) -> datetime:
        """The moment after its last; a withdrawal does not move it."""
        return self.starts_at + CYCLE

    @property
    def is_waived(self) -> bool:
        """Whether nothing but failed sessions is in it."""
        return bool(self.sessions) and all(one.end is End.FAILED for one in self.sessions)

    @property
    def why(self) -> str:
        """Why its base fee is due, or is not."""
        ends = [one.end for one in self.sessions]
        good = ends.count(End.SUCCESSFUL)
        if self.is_waived:
            return f"waived: all {len(ends)} sessions failed"
        if good:
            return f"due: {good} of {len(ends)} sessions successful"
        if not ends:
            return "due: no session was opened"
        if End.FAILED in ends:
            return "due: some sessions were abandoned, none was successful"
        return "due: all sessions were abandoned by the client"


def cycles_of(consent: UsedConsent, sessions: tuple[UsedSession, ...]) -> Iterator[Cycle]:
    """The consent's cycles in order: the first, and every one that began before the consent ended.

    Each of its sessions is in one of them, also where a clock that was put back says otherwise.
    """
    last = max(1, math.ceil((consent.ended_at - consent.granted_at) / CYCLE))
    for number in range(1, last + 1):
        within = tuple(one for one in sessions if _number(consent, one, last) == number)
        yield Cycle(consent=consent, number=number, sessions=within)


def _number(consent: UsedConsent, session: UsedSession, last: int) -> int:
    """Which cycle the session fell into."""
    return min(max(1, (session.opened_at - consent.granted_at) // CYCLE + 1), last)


def used_sessions(rows: tuple[Usage, ...]) -> tuple[UsedSession, ...]:
    """The sessions of a usage log in the order they were opened, with their imports."""
    ended: dict[str, list[Usage]] = {}
    for row in rows:
        if row.kind in {UsageKind.IMPORT_SUCCEEDED, UsageKind.IMPORT_FAILED}:
            ended.setdefault(row.session_id or "", []).append(row)
    return tuple(
        UsedSession(
            id=row.session_id or "",
            opened_at=row.at,
            consent_id=row.consent_id,
            imports=tuple(ended.get(row.session_id or "", ())),
        )
        for row in rows
        if row.kind is UsageKind.SESSION_OPENED
    )


def used_consents(rows: tuple[Usage, ...]) -> tuple[UsedConsent, ...]:
    """The consents of a usage log in the order they were granted."""
    ended = {row.consent_id: row.at for row in rows if row.kind is UsageKind.CONSENT_ENDED}
    return tuple(
        UsedConsent(
            id=row.consent_id or "",
            granted_at=row.at,
            ended_at=min(ended.get(row.consent_id, row.until), row.until),
        )
        for row in rows
        if row.kind is UsageKind.CONSENT_GRANTED and row.until is not None
    )
