"""Deletions: kept as proof, found by client."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select

from opensaldo.domain.client import Environment
from opensaldo.domain.deletion import Cause, Deletion
from opensaldo.store.tables import deletions

NUMBER_MAX = 2**63 - 1

_INSERT = insert(deletions)
_ALL = (
    select(deletions)
    .where(deletions.c.number < bindparam("before"))
    .order_by(deletions.c.number.desc())
    .limit(bindparam("count_max"))
)
_OF_CLIENT = _ALL.where(
    or_(
        deletions.c.client_id.is_(None),
        (deletions.c.client_id == bindparam("client_id"))
        & (deletions.c.environment == bindparam("environment")),
    )
)
_OF_SUBJECT = _OF_CLIENT.where(deletions.c.subject == bindparam("subject"))
_PRUNE = delete(deletions).where(deletions.c.at <= bindparam("long_ago"))


def note(connection: Connection, deletion: Deletion) -> None:
    """Keep the proof, in the transaction that deletes."""
    environment = deletion.environment.value if deletion.environment else None
    row = {
        "client_id": deletion.client_id,
        "environment": environment,
        "cause": deletion.cause.value,
        "at": deletion.at,
        "subject": deletion.subject,
        "counts": json.dumps(dict(deletion.counts)),
        "commands": json.dumps(deletion.commands),
    }
    connection.execute(_INSERT, row)


def deletions_of(
    connection: Connection,
    client_id: str,
    environment: Environment,
    subject: str | None,
    count_max: int,
    before: int | None = None,
) -> tuple[tuple[int, Deletion], ...]:
    """List a client's deletions and the days' keys destroyed, newest first; or of one subject.

    Each has its number; `before` leaves out this number and what came after it.
    """
    which = {
        "client_id": client_id,
        "environment": environment.value,
        "count_max": count_max,
        "before": NUMBER_MAX if before is None else before,
    }
    if subject is None:
        rows = connection.execute(_OF_CLIENT, which)
    else:
        rows = connection.execute(_OF_SUBJECT, which | {"subject": subject})
    return tuple((row.number, _deletion(row)) for row in rows)


def prune_deletions(connection: Connection, long_ago: datetime) -> None:
    """Delete proofs of this age."""
    connection.execute(_PRUNE, {"long_ago": long_ago})


def _deletion(row: Row[Any]) -> Deletion:
    return Deletion(
        cause=Cause(row.cause),
        at=row.at,
        client_id=row.client_id,
        environment=Environment(row.environment) if row.environment else None,
        subject=row.subject,
        counts=json.loads(row.counts),
        commands=tuple(json.loads(row.commands)),
    )
