"""Wishes: the banks people looked for in vain, a row each with its count."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select, update

from opensaldo.domain.client import Environment
from opensaldo.domain.wish import Wish
from opensaldo.store.conflicts import hold, insert_new
from opensaldo.store.tables import wishes

_THIS = (
    (wishes.c.client_id == bindparam("of_client"))
    & (wishes.c.environment == bindparam("of_environment"))
    & (wishes.c.country == bindparam("of_country"))
    & (wishes.c.bank_key == bindparam("of_bank"))
)
_AGAIN = (
    update(wishes)
    .where(_THIS)
    .values(
        count=wishes.c.count + 1,
        last_at=bindparam("now"),
        address=case((wishes.c.address == "", bindparam("new_address")), else_=wishes.c.address),
    )
)
_NEW = insert_new(wishes)
_KNOWN = select(func.count()).where(wishes.c.client_id == bindparam("of_client"))
_ALL = select(wishes).order_by(wishes.c.count.desc(), wishes.c.last_at.desc(), wishes.c.bank_key)


def count_wish(
    connection: Connection, environment: Environment, wish: Wish, banks_max: int
) -> bool:
    """Count it once more, or for the first time; False when the client has enough banks."""
    hold(connection, "wishes", wish.client_id)
    which = {
        "of_client": wish.client_id,
        "of_environment": environment.value,
        "of_country": wish.country,
        "of_bank": wish.bank.casefold(),
    }
    again = {**which, "now": wish.last_at, "new_address": wish.address}
    if connection.execute(_AGAIN, again).rowcount:
        return True
    if connection.execute(_KNOWN, {"of_client": wish.client_id}).scalar_one() >= banks_max:
        return False
    connection.execute(
        _NEW,
        {
            "client_id": wish.client_id,
            "environment": environment.value,
            "country": wish.country,
            "bank_key": wish.bank.casefold(),
            "bank": wish.bank,
            "address": wish.address,
            "count": wish.count,
            "last_at": wish.last_at,
        },
    )
    return True


def all_wishes(connection: Connection) -> tuple[Wish, ...]:
    """List what was looked for, the most wanted first."""
    return tuple(_wish(row) for row in connection.execute(_ALL))


def _wish(row: Any) -> Wish:
    return Wish(
        client_id=row.client_id,
        country=row.country,
        bank=row.bank,
        address=row.address,
        count=row.count,
        last_at=row.last_at,
    )
