"""Trials: how the newest sign-ins at each target went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, bindparam, delete, insert, select

from opensaldo.domain.client import Environment
from opensaldo.domain.health import Trial
from opensaldo.store.conflicts import hold
from opensaldo.store.tables import trials

_OF_TARGET = (
    trials.c.environment == bindparam("of_environment"),
    trials.c.target == bindparam("of_target"),
)
_INSERT = insert(trials)
_FORGET = delete(trials).where(*_OF_TARGET, trials.c.redirection_id == bindparam("of_redirection"))
_TRIM = delete(trials).where(
    *_OF_TARGET,
    trials.c.number
    <= select(trials.c.number)
    .where(*_OF_TARGET)
    .order_by(trials.c.number.desc())
    .limit(1)
    .offset(bindparam("count_max"))
    .scalar_subquery(),
)
_OF = select(trials.c.at, trials.c.is_good).where(*_OF_TARGET).order_by(trials.c.number)
_FAILED_AT = select(trials.c.target).where(
    trials.c.environment == bindparam("environment"), ~trials.c.is_good
)
_WHERE_ONE_FAILED = (
    select(trials.c.target, trials.c.at, trials.c.is_good)
    .where(trials.c.environment == bindparam("environment"), trials.c.target.in_(_FAILED_AT))
    .order_by(trials.c.target, trials.c.number)
)
_PRUNE = delete(trials).where(trials.c.at < bindparam("before"))


def note(
    connection: Connection,
    environment: Environment,
    target: str,
    redirection_id: str,
    trial: Trial,
    count_max: int,
) -> None:
    """Add the trial in place of an earlier one of the same sign-in; keep the newest only.

    Nobody else changes the target's trials until the transaction ends.
    """
    hold(connection, "trials", environment.value, target)
    place = {"of_environment": environment.value, "of_target": target}
    connection.execute(_FORGET, place | {"of_redirection": redirection_id})
    row = {
        "environment": environment.value,
        "target": target,
        "redirection_id": redirection_id,
        "at": trial.at,
        "is_good": trial.is_good,
    }
    connection.execute(_INSERT, row)
    connection.execute(_TRIM, place | {"count_max": count_max})


def trials_of(connection: Connection, environment: Environment, target: str) -> tuple[Trial, ...]:
    """List a target's trials, oldest first."""
    which = {"of_environment": environment.value, "of_target": target}
    return tuple(Trial(at=row.at, is_good=row.is_good) for row in connection.execute(_OF, which))


def trials_where_one_failed(
    connection: Connection, environment: Environment
) -> Mapping[str, tuple[Trial, ...]]:
    """List the trials of each target where any failed, oldest first; the others are all good."""
    rows = connection.execute(_WHERE_ONE_FAILED, {"environment": environment.value}).all()
    return {
        target: tuple(Trial(at=row.at, is_good=row.is_good) for row in of_target)
        for target, of_target in groupby(rows, key=lambda row: str(row.target))
    }


def prune_trials(connection: Connection, before: datetime) -> None:
    """Delete trials from before then, which say nothing any more."""
    connection.execute(_PRUNE, {"before": before})
