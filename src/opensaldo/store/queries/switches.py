"""Switches between a target's interface and its fallback."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from opensaldo.domain.client import Environment
from opensaldo.domain.switch import EVERY_CLIENT, Switch, Way
from opensaldo.store.conflicts import hold, insert_new
from opensaldo.store.tables import switches

_KEY = ("environment", "target", "client_id")
_THIS = tuple(switches.c[name] == bindparam(f"of_{name}") for name in _KEY)
_INSERT = insert_new(switches)
_UPDATE = (
    update(switches)
    .where(*_THIS)
    .values({one.name: bindparam(f"new_{one.name}") for one in switches.c if one.name not in _KEY})
)
_ONE = select(switches).where(*_THIS)
_FOR_CLIENT = select(switches).where(
    switches.c.environment == bindparam("environment"),
    or_(switches.c.client_id == bindparam("client_id"), switches.c.client_id == EVERY_CLIENT),
)
_SWITCHED = (
    select(switches)
    .where(switches.c.switched_at.is_not(None))
    .order_by(switches.c.environment, switches.c.target)
)


def held_switch(
    connection: Connection, environment: Environment, target: str, client_id: str
) -> Switch:
    """Find the switch, as it is from the start when nothing is kept; nobody else changes it now."""
    hold(connection, "switch", environment.value, target, client_id)
    which = {"of_environment": environment.value, "of_target": target, "of_client_id": client_id}
    row = connection.execute(_ONE, which).one_or_none()
    if row is None:
        return Switch(environment=environment, target=target, client_id=client_id)
    return _switch(row)


def switches_for(
    connection: Connection, environment: Environment, client_id: str
) -> tuple[Switch, ...]:
    """List the switches that concern a client: its own and those of every client."""
    which = {"environment": environment.value, "client_id": client_id}
    return tuple(map(_switch, connection.execute(_FOR_CLIENT, which).all()))


def switched(connection: Connection) -> tuple[Switch, ...]:
    """List the targets that are switched by themselves."""
    return tuple(map(_switch, connection.execute(_SWITCHED).all()))


def keep_switch(connection: Connection, switch: Switch) -> None:
    """Keep the switch as it is now."""
    key = {
        "environment": switch.environment.value,
        "target": switch.target,
        "client_id": switch.client_id,
    }
    rest = {
        "way": switch.way.value,
        "failures": switch.failures,
        "first_failed_at": switch.first_failed_at,
        "last_failed_at": switch.last_failed_at,
        "switched_at": switch.switched_at,
    }
    changed: dict[str, Any] = {f"of_{name}": value for name, value in key.items()}
    changed |= {f"new_{name}": value for name, value in rest.items()}
    if connection.execute(_UPDATE, changed).rowcount == 0:
        connection.execute(_INSERT, key | rest)


def _switch(row: Row[Any]) -> Switch:
    return Switch(
        environment=Environment(row.environment),
        target=row.target,
        client_id=row.client_id,
        way=Way(row.way),
        failures=row.failures,
        first_failed_at=row.first_failed_at,
        last_failed_at=row.last_failed_at,
        switched_at=row.switched_at,
    )
