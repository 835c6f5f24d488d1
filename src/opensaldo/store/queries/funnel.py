"""The funnel: how far each redirection got, and counts of those that have ended."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from opensaldo.domain.client import Environment
from opensaldo.domain.funnel import PENDING, Passed, Reached
from opensaldo.domain.session import RedirectionState
from opensaldo.store.tables import funnel, redirections

NO_TARGET = ""

_FURTHER: Any = bindparam("new_reached")
_IS_PENDING = redirections.c.state == RedirectionState.PENDING.value
_REACH = (
    update(redirections)
    .where(
        redirections.c.id == bindparam("of_id"),
        _IS_PENDING,
        or_(
            redirections.c.reached < _FURTHER,
            redirections.c.chosen_target.is_distinct_from(
                func.coalesce(bindparam("new_target"), redirections.c.chosen_target)
            ),
        ),
    )
    .values(
        reached=case((redirections.c.reached < _FURTHER, _FURTHER), else_=redirections.c.reached),
        chosen_target=func.coalesce(bindparam("new_target"), redirections.c.chosen_target),
    )
)
_SELECTED = (
    redirections.c.client_id,
    redirections.c.environment,
    redirections.c.created_at,
    redirections.c.reached,
    func.coalesce(redirections.c.chosen_target, redirections.c.preselected_target, NO_TARGET).label(
        "target"
    ),
    redirections.c.channel,
)
_ONE = select(*_SELECTED).where(redirections.c.id == bindparam("of_id"))
_COUNT = insert_or(funnel).on_conflict_do_update(
    index_elements=[column.name for column in funnel.primary_key],
    set_={"sign_ins": funnel.c.sign_ins + 1},
)
_COUNTED = select(funnel).where(
    funnel.c.client_id == bindparam("of_client"),
    funnel.c.environment == bindparam("of_environment"),
    funnel.c.started_on >= bindparam("since"),
)
_UNDER_WAY = select(*_SELECTED).where(
    redirections.c.client_id == bindparam("of_client"),
    redirections.c.environment == bindparam("of_environment"),
    _IS_PENDING,
)
_OVERDUE = (
    select(redirections.c.id)
    .where(_IS_PENDING, redirections.c.expires_at <= bindparam("before"))
    .order_by(redirections.c.expires_at)
    .limit(bindparam("count_max"))
)


def reach(
    connection: Connection, redirection_id: str, reached: Reached, target: str | None = None
) -> None:
    """Note that a pending redirection got this far, at this bank; never that it went back."""
    which = {"of_id": redirection_id, "new_reached": reached.value, "new_target": target}
    connection.execute(_REACH, which)


def count_ended(connection: Connection, redirection_id: str, ending: str) -> None:
    """Count a redirection that ended in this transaction; make it the transaction's last write.

    Others wait for the row until the transaction ends, so nothing may be waited for after it.
    """
    row = connection.execute(_ONE, {"of_id": redirection_id}).one()
    counted = {
        "client_id": row.client_id,
        "environment": row.environment,
        "started_on": _day(row.created_at),
        "target": row.target,
        "channel": row.channel,
        "reached": row.reached,
        "ending": ending,
        "sign_ins": 1,
    }
    connection.execute(_COUNT, counted)


def passed_since(
    connection: Connection, client_id: str, environment: Environment, since: date
) -> tuple[Passed, ...]:
    """List the client's sign-ins begun since that day, those under way included."""
    which = {"of_client": client_id, "of_environment": environment.value}
    counted = connection.execute(_COUNTED, {**which, "since": since}).all()
    under_way = connection.execute(_UNDER_WAY, which).all()
    return tuple(_passed(row, row.started_on, row.ending, row.sign_ins) for row in counted) + tuple(
        _passed(row, _day(row.created_at), PENDING, 1)
        for row in under_way
        if _day(row.created_at) >= since
    )


def overdue(connection: Connection, before: datetime, count_max: int) -> tuple[str, ...]:
    """List pending redirections whose link ran out by then, the longest ago first."""
    which = {"before": before, "count_max": count_max}
    return tuple(connection.execute(_OVERDUE, which).scalars())


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _passed(row: Any, started_on: date, ending: str, count: int) -> Passed:
    return Passed(
        started_on=started_on,
        target=row.target or None,
        channel=row.channel,
        reached=Reached(row.reached),
        ending=ending,
        count=count,
    )
