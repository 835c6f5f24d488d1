"""The budget: whether an import of a consent may be set up now, and if not, when.

Two ledgers must allow it: the imports of the consent, four in any rolling 24 hours with the first
session's included (wire contract, section 6.4), and the unattended calls of each account and
endpoint (RTS 2018/389 art. 36(5)(b)). A bank's own refusal counts as well. Times are instants, so
daylight saving changes nothing, and what lies ahead of a clock that was put back still counts.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opensaldo.domain.consent import (
    IMPORTS_PER_DAY_MAX,
    UNATTENDED_CALLS_PER_DAY_MAX,
    Consent,
)
from opensaldo.domain.session import Session
from opensaldo.engine.ledger import DAY
from opensaldo.engine.platform import Platform
from opensaldo.errors import BankDailyLimit, MultipleAccessLimitExceeded
from opensaldo.store.conflicts import hold
from opensaldo.store.db import Connection
from opensaldo.store.queries import attempts, budget

PAUSE_AFTER_REFUSAL_MIN = timedelta(hours=1)


def reserve(
    connection: Connection,
    platform: Platform,
    consent_id: str,
    command_id: str,
    *,
    attended: bool,
    per_day_max: int,
) -> None:
    """The import is counted; call it in the transaction that accepts the command.

    Raises:
        MultipleAccessLimitExceeded: none is possible now; it says when.
    """
    now = platform.clock()
    hold(connection, "consent", consent_id)
    if attended:
        had = budget.imports_after(connection, consent_id, now - DAY)
        next_at = _freed(had, imports_per_day_max(per_day_max)) or now
    else:
        next_at = spent(connection, consent_id, now).next_at(now, per_day_max)
    if next_at > now:
        raise used_up(next_at, now)
    budget.reserve_import(connection, consent_id, command_id, now)


def calls_per_day_max(platform: Platform, of: Consent | Session) -> int:
    """How many unattended calls of each account and endpoint the bank serves in 24 hours."""
    target = platform.catalog.find(of.target or "", of.environment)
    if target is None:
        return UNATTENDED_CALLS_PER_DAY_MAX
    return platform.catalog.connector(target).capabilities.calls_per_day_max


def imports_per_day_max(per_day_max: int) -> int:
    """How many imports in 24 hours a bank that serves so many unattended calls leaves room for."""
    return min(IMPORTS_PER_DAY_MAX, per_day_max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a consent has used of 24 hours, moments oldest first.

    `calls` are the unattended ones, for each account and endpoint.
    """

    imports: tuple[datetime, ...]
    calls: tuple[tuple[datetime, ...], ...]
    refused_until: datetime | None

    def next_at(self, now: datetime, per_day_max: int) -> datetime:
        """When the next unattended import is possible: now, or later."""
        freed = [_freed(moments, per_day_max) for moments in self.calls]
        imports = _freed(self.imports, imports_per_day_max(per_day_max))
        moments = (now, imports, self.refused_until, *freed)
        return max(one for one in moments if one is not None)

    def imports_left(self, now: datetime, per_day_max: int) -> int:
        """How many imports are left by both ledgers; none while the bank refuses."""
        if self.refused_until is not None and self.refused_until > now:
            return 0
        most = max(map(len, self.calls), default=0)
        left = imports_per_day_max(per_day_max) - len(self.imports), per_day_max - most
        return max(0, min(left))


def spent(connection: Connection, consent_id: str, now: datetime) -> Spent:
    """What the consent has used of these 24 hours."""
    made: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in attempts.unattended_since(connection, consent_id, now - DAY):
        made[one.account_key, one.endpoint].append(one.finished_at or one.started_at)
    return Spent(
        imports=tuple(budget.imports_after(connection, consent_id, now - DAY)),
        calls=tuple(tuple(sorted(moments)) for moments in made.values()),
        refused_until=budget.refused_until(connection, consent_id),
    )


async def refused_by_bank(
    platform: Platform, consent_id: str, error: BankDailyLimit, *, per_day_max: int
) -> MultipleAccessLimitExceeded:
    """No unattended call is made until the bank can be expected to take one; says when."""
    now = platform.clock()

    def note(connection: Connection) -> datetime:
        said = error.retry_after_s
        if said is not None:
            until = now + timedelta(seconds=said)
        else:
            had = budget.imports_after(connection, consent_id, now - DAY)
            until = max(now + PAUSE_AFTER_REFUSAL_MIN, had[0] + DAY if had else now)
        budget.refuse_until(connection, consent_id, until)
        return max(until, spent(connection, consent_id, now).next_at(now, per_day_max))

    return used_up(await platform.store.change_with(note), now)


def used_up(next_at: datetime, now: datetime) -> MultipleAccessLimitExceeded:
    """The refusal, which says when the next import is possible."""
    wait_s = max(1, math.ceil((next_at - now).total_seconds()))
    moment = (now + timedelta(seconds=wait_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return MultipleAccessLimitExceeded(
        "The imports this access allows in 24 hours are used up; the next is possible at"
        f" {moment}.",
        retry_after_s=wait_s,
    )


def _freed(moments: Sequence[datetime], limit: int) -> datetime | None:
    """When fewer than `limit` of these, oldest first, lie within 24 hours; None when they do."""
    return moments[-limit] + DAY if len(moments) >= limit else None
