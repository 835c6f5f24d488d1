"""Bank health: many failed sign-ins warn the next person, a long row of them blocks the target.

Counted for every client of an environment together, a sign-in once, by how it last went. What a
person did wrong, gave up or was too slow for is no trial at all: it says nothing of the bank.
Three successes in a row make a target well and what failed before them forgotten. A blocked target
is let be for some minutes after its newest failure; then it is tried again, by people who are
warned, and the first failure blocks it anew. So it needs no operator to come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from opensaldo.connectors.base import Redirect, WaitingStep
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import Clock
from opensaldo.domain.health import Health, Trial
from opensaldo.domain.session import Redirection
from opensaldo.domain.target import Target
from opensaldo.engine.platform import Platform
from opensaldo.errors import (
    BankAccessEnded,
    BankAnsweredNonsense,
    BankConsentWithdrawn,
    BankError,
    BankKeepsFailing,
    OpenSaldoError,
)
from opensaldo.observe import SIGN_INS, log
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import trials

TRIALS_MAX = 20
WINDOW = timedelta(hours=2)
WARNING_FAILURES = 5
BLOCKING_FAILURES = 10
CLEARING_SUCCESSES = 3
LET_BE = timedelta(minutes=5)


def health(counted: Sequence[Trial], now: datetime) -> Health:
    """What these trials of one target, oldest first, say of it now."""
    if blocked_until(counted, now) is not None:
        return Health.BLOCKED
    failures = sum(not one.is_good for one in _since_it_was_well(counted, now))
    return Health.WARNED if failures >= WARNING_FAILURES else Health.WELL


def blocked_until(counted: Sequence[Trial], now: datetime) -> datetime | None:
    """When the target may be tried again; None when it may be tried now."""
    since = _since_it_was_well(counted, now)
    if _longest_row(since) < BLOCKING_FAILURES:
        return None
    until = max(one.at for one in since if not one.is_good) + LET_BE
    return until if now < until else None


def _since_it_was_well(counted: Sequence[Trial], now: datetime) -> Sequence[Trial]:
    """The trials that count now: the newest, after the last row of successes that clears."""
    fresh = [one for one in counted if now - one.at <= WINDOW][-TRIALS_MAX:]
    for end in range(len(fresh), CLEARING_SUCCESSES - 1, -1):
        if all(one.is_good for one in fresh[end - CLEARING_SUCCESSES : end]):
            return fresh[end:]
    return fresh


def _longest_row(counted: Sequence[Trial]) -> int:
    """How many failures in a row there were at most."""
    longest = row = 0
    for one in counted:
        row = 0 if one.is_good else row + 1
        longest = max(longest, row)
    return longest


async def health_of(platform: Platform, environment: Environment) -> Mapping[str, Health]:
    """The health of every target of the environment, by its name."""
    known = await platform.store.fetch(trials.trials_where_one_failed, environment)
    now = platform.clock()
    return {
        one.name: health(known.get(one.name, ()), now)
        for one in platform.catalog.targets(environment)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A target at which any sign-in failed lately; `blocked_until` only while it is blocked."""

    environment: Environment
    target: str
    health: Health
    trials: int
    failures: int
    failed_at: datetime
    blocked_until: datetime | None


async def findings(store: Store, clock: Clock) -> tuple[Finding, ...]:
    """What an operator should know of: every target at which a sign-in failed within the window."""
    now = clock()
    found = []
    for environment in Environment:
        known = await store.fetch(trials.trials_where_one_failed, environment)
        for target, counted in known.items():
            fresh = [one for one in counted if now - one.at <= WINDOW]
            failed_at = [one.at for one in fresh if not one.is_good]
            if failed_at:
                finding = Finding(
                    environment=environment,
                    target=target,
                    health=health(counted, now),
                    trials=len(fresh),
                    failures=len(failed_at),
                    failed_at=max(failed_at),
                    blocked_until=blocked_until(counted, now),
                )
                found.append(finding)
    return tuple(found)


async def refuse_blocked(platform: Platform, target: Target) -> None:
    """Pass if the target may be tried.

    Raises:
        BankKeepsFailing: too many sign-ins in a row failed there; says when to come back.
    """
    counted = await platform.store.fetch(trials.trials_of, target.environment, target.name)
    now = platform.clock()
    until = blocked_until(counted, now)
    if until is not None:
        raise BankKeepsFailing(retry_after_s=ceil((until - now).total_seconds()))


async def note_finished(platform: Platform, redirection: Redirection, target: Target) -> None:
    """The person came through at this target."""
    await _note(platform, redirection, target, is_good=True)


async def note_failed(
    platform: Platform,
    redirection: Redirection,
    target: Target,
    error: OpenSaldoError,
    answered: tuple[WaitingStep, Mapping[str, str]] | None = None,
) -> None:
    """The failure is counted if it was the bank's; `answered` is what it followed on."""
    if is_banks_fault(error) and not (answered and _is_hearsay(error, *answered)):
        await _note(platform, redirection, target, is_good=False)


def is_banks_fault(error: OpenSaldoError) -> bool:
    """Whether the bank failed the person; an access that ended is not the bank's failure."""
    return isinstance(error, BankError) and not isinstance(
        error, BankAccessEnded | BankConsentWithdrawn
    )


def _is_hearsay(error: OpenSaldoError, step: WaitingStep, answer: Mapping[str, str]) -> bool:
    """Whether it is only the address the person came back with that speaks of a failure.

    Anybody can write such an address, and nobody shall close a bank to others by it.
    """
    is_return = isinstance(step, Redirect)
    return is_return and ("error" in answer or isinstance(error, BankAnsweredNonsense))


async def _note(
    platform: Platform, redirection: Redirection, target: Target, *, is_good: bool
) -> None:
    trial = Trial(at=platform.clock(), is_good=is_good)

    def note(connection: Connection) -> tuple[Health, Health]:
        place = (target.environment, target.name)
        before = trials.trials_of(connection, *place)
        trials.note(connection, *place, redirection.id, trial, TRIALS_MAX)
        after = trials.trials_of(connection, *place)
        return health(before, trial.at), health(after, trial.at)

    before, after = await platform.store.change_with(note)
    SIGN_INS.labels(target.name, "finished" if is_good else "failed").inc()
    if before is not after:
        log.warning("bank health", target=target.name, state=after.value)
