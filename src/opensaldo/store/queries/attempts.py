"""The ledger: calls to banks that count, written before they are made.

Source: RTS 2018/389 art. 36(5)(b): without the person, four times in 24 hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, or_, select, update

from opensaldo.domain.consent import Attempt
from opensaldo.store.conflicts import IdTaken, hold, insert_new
from opensaldo.store.tables import attempts

RUN_TAKES_MAX = timedelta(minutes=15)

_INSERT = insert_new(attempts)
# A call is made between the start of its attempt and its end: without an end, at any moment that
# a run may take.
_MAY_BE_SINCE = or_(
    attempts.c.finished_at >= bindparam("since"),
    and_(attempts.c.finished_at.is_(None), attempts.c.started_at >= bindparam("begun_since")),
)
_COUNT = select(func.count()).where(
    attempts.c.grant_key == bindparam("grant_key"),
    attempts.c.account_key == bindparam("account_key"),
    attempts.c.endpoint == bindparam("endpoint"),
    _MAY_BE_SINCE,
)
_UNATTENDED_SINCE = select(attempts).where(
    attempts.c.grant_key == bindparam("grant_key"), ~attempts.c.attended, _MAY_BE_SINCE
)
_COUNT_UNATTENDED = _COUNT.where(~attempts.c.attended)
_FINISH = (
    update(attempts)
    .where(attempts.c.id == bindparam("of_id"), attempts.c.finished_at.is_(None))
    .values(finished_at=bindparam("at"))
)
_OF_COMMAND = (
    select(attempts)
    .where(attempts.c.command_id == bindparam("command_id"))
    .order_by(attempts.c.started_at, attempts.c.id)
)
_GIVE_BACK = delete(attempts).where(
    attempts.c.id == bindparam("of_id"), attempts.c.finished_at.is_(None)
)
_PRUNE = delete(attempts).where(attempts.c.started_at < bindparam("before"))


def begin_attempt(
    connection: Connection, attempt: Attempt, *, unattended_max: int, since: datetime
) -> bool:
    """Write the attempt down, unless it is an unattended one too many; whether it was written.

    Counted are unattended attempts of the same grant, account and endpoint whose call may have
    been made at or after `since`. Commit before calling the bank. One transaction may begin
    several attempts of one grant, in any order.

    Raises:
        IdTaken: an attempt of this id is in the ledger.
    """
    if not attempt.attended:
        hold(connection, "attempt", attempt.grant)
        if connection.execute(_COUNT_UNATTENDED, _which(attempt, since)).scalar_one() >= (
            unattended_max
        ):
            return False
    row = {
        "id": attempt.id,
        "grant_key": attempt.grant,
        "account_key": attempt.account_key,
        "endpoint": attempt.endpoint,
        "command_id": attempt.command_id,
        "attended": attempt.attended,
        "started_at": attempt.started_at,
        "finished_at": attempt.finished_at,
    }
    if connection.execute(_INSERT, row).rowcount == 0:
        raise IdTaken(attempt.id)
    return True


def finish_attempt(connection: Connection, attempt_id: str, at: datetime) -> None:
    """Note that the call was answered; a second answer changes nothing."""
    connection.execute(_FINISH, {"of_id": attempt_id, "at": at})


def give_back(connection: Connection, attempt_id: str) -> None:
    """Take an attempt out again whose call was never made."""
    connection.execute(_GIVE_BACK, {"of_id": attempt_id})


def attempts_of_command(connection: Connection, command_id: str) -> tuple[Attempt, ...]:
    """List a command's calls in the order they were begun."""
    rows = connection.execute(_OF_COMMAND, {"command_id": command_id})
    return tuple(_attempt(row) for row in rows)


def count_attempts(
    connection: Connection, grant: str, account_key: str, endpoint: str, since: datetime
) -> int:
    """Count the calls of one kind under one grant since then, attended ones included."""
    which = {
        "grant_key": grant,
        "account_key": account_key,
        "endpoint": endpoint,
        "since": since,
        "begun_since": since - RUN_TAKES_MAX,
    }
    return int(connection.execute(_COUNT, which).scalar_one())


def unattended_since(connection: Connection, grant: str, since: datetime) -> tuple[Attempt, ...]:
    """List the unattended calls under a grant that may have been made at or after `since`."""
    which = {"grant_key": grant, "since": since, "begun_since": since - RUN_TAKES_MAX}
    return tuple(map(_attempt, connection.execute(_UNATTENDED_SINCE, which)))


def prune_attempts(connection: Connection, before: datetime) -> int:
    """Delete attempts that started before then and count no more; returns how many."""
    return connection.execute(_PRUNE, {"before": before}).rowcount


def _which(attempt: Attempt, since: datetime) -> dict[str, Any]:
    return {
        "grant_key": attempt.grant,
        "account_key": attempt.account_key,
        "endpoint": attempt.endpoint,
        "since": since,
        "begun_since": since - RUN_TAKES_MAX,
    }


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        id=row.id,
        grant=row.grant_key,
        account_key=row.account_key,
        endpoint=row.endpoint,
        command_id=row.command_id,
        attended=row.attended,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
