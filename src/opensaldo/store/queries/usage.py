"""The usage log: only ever added to, and kept when everything else is deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select

from opensaldo.domain.client import Environment
from opensaldo.domain.usage import Usage, UsageKind
from opensaldo.store.tables import usage

_INSERT = insert(usage)
_OF_CLIENT = (
    select(usage)
    .where(
        usage.c.client_id == bindparam("client_id"),
        usage.c.environment == bindparam("environment"),
        or_(
            usage.c.at >= bindparam("since"),
            usage.c.kind == UsageKind.INCOME_CONFIRMED.value,
        ),
    )
    .order_by(usage.c.at, usage.c.number)
)


def note(connection: Connection, use: Usage) -> None:
    """Add one use, in the transaction in which it happens."""
    row = {
        "client_id": use.client_id,
        "environment": use.environment.value,
        "kind": use.kind.value,
        "at": use.at,
        "session_id": use.session_id,
        "consent_id": use.consent_id,
        "subject": use.subject,
        "until": use.until,
    }
    connection.execute(_INSERT, row)


def usage_since(
    connection: Connection, client_id: str, environment: Environment, since: datetime
) -> tuple[Usage, ...]:
    """List a client's uses from a moment on, and all of its income confirmations."""
    which = {"client_id": client_id, "environment": environment.value, "since": since}
    return tuple(_usage(row) for row in connection.execute(_OF_CLIENT, which))


def _usage(row: Any) -> Usage:
    return Usage(
        client_id=row.client_id,
        environment=Environment(row.environment),
        kind=UsageKind(row.kind),
        at=row.at,
        session_id=row.session_id,
        consent_id=row.consent_id,
        subject=row.subject,
        until=row.until,
    )
