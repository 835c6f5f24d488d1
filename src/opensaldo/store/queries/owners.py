"""Owners: what is kept under one owner's external id, and how all of it is erased."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite understands the same text

from opensaldo.domain.aggregate import Origin, OwnerRecord
from opensaldo.domain.client import Environment
from opensaldo.domain.command import FINAL_STATES
from opensaldo.domain.session import RedirectionState, SessionState
from opensaldo.store.queries.retention import Erased
from opensaldo.store.tables import commands, documents, owners, redirections, remembered, sessions
from opensaldo.store.tables import idempotency_keys as keys

_FIRST = upsert(owners)
_NOTE_IMPORT = _FIRST.on_conflict_do_update(
    index_elements=["client_id", "environment", "owner_external_id"],
    set_={
        "last_change": _FIRST.excluded.last_change,
        "origin": _FIRST.excluded.origin,
        "updated_at": case(
            (owners.c.origin != _FIRST.excluded.origin, _FIRST.excluded.updated_at),
            else_=owners.c.updated_at,
        ),
    },
)
_OWNER_OF = select(owners).where(
    owners.c.client_id == bindparam("client_id"),
    owners.c.environment == bindparam("environment"),
    owners.c.owner_external_id == bindparam("owner_external_id"),
)

_SESSIONS = select(sessions.c.id).where(
    sessions.c.client_id == bindparam("client_id"),
    sessions.c.environment == bindparam("environment"),
    or_(
        sessions.c.owner_external_id == bindparam("owner_external_id"),
        sessions.c.id.in_(
            select(documents.c.session_id).where(
                documents.c.client_id == bindparam("client_id"),
                documents.c.environment == bindparam("environment"),
                documents.c.owner_external_id == bindparam("owner_external_id"),
            )
        ),
    ),
)
_THESE: BindParameter[list[str]] = bindparam("sessions", expanding=True)
_FORGET_SESSIONS = (
    update(sessions)
    .where(sessions.c.id.in_(_THESE), sessions.c.owner_external_id.is_not(None))
    .values(
        state=SessionState.ENDED.value,
        ended_at=func.coalesce(
            sessions.c.ended_at, sessions.c.last_activity_at, sessions.c.created_at
        ),
        owner_external_id=None,
        key_id=None,
        wrapped_key=None,
        sealed_access=None,
    )
)
_FORGET_REDIRECTIONS = (
    update(redirections)
    .where(redirections.c.session_id.in_(_THESE))
    .values(
        redirect_uri=None,
        client_identity=None,
        sealed_sca=None,
        expires_at=case(
            (redirections.c.state == RedirectionState.PENDING.value, redirections.c.created_at),
            else_=redirections.c.expires_at,
        ),
    )
)
_FORGET_MEMORIES = delete(remembered).where(
    remembered.c.consent_id.in_(select(sessions.c.consent_id).where(sessions.c.id.in_(_THESE)))
)
_DELETE_DOCUMENTS = delete(documents).where(documents.c.session_id.in_(_THESE))
_DELETE_COMMANDS = delete(commands).where(
    commands.c.session_id.in_(_THESE),
    commands.c.state.in_(sorted(state.value for state in FINAL_STATES)),
)
_FORGET_ANSWERS = (
    update(keys)
    .where(
        keys.c.client_id == bindparam("of_client"),
        keys.c.environment == bindparam("of_environment"),
        keys.c.sealed_answer.is_not(None),
        keys.c.subject.in_(bindparam("subjects", expanding=True)),
    )
    .values(key_id=None, wrapped_key=None, sealed_answer=None, held_until=keys.c.created_at)
)
_COMMANDS = select(commands.c.id).where(commands.c.session_id.in_(_THESE)).order_by(commands.c.id)
_REDIRECTIONS = select(redirections.c.id).where(redirections.c.session_id.in_(_THESE))
_DELETE_OWNER = delete(owners).where(
    owners.c.client_id == bindparam("of_client"),
    owners.c.environment == bindparam("of_environment"),
    owners.c.owner_external_id == bindparam("of_owner"),
)


def note_import(
    connection: Connection,
    client_id: str,
    environment: Environment,
    owner_external_id: str,
    origin: Origin,
    at: datetime,
) -> None:
    """Note that data came under this owner's id; the record is made with the first.

    After `insert_document` in the same transaction: erasure locks in that order too.
    """
    row = {
        "client_id": client_id,
        "environment": environment.value,
        "owner_external_id": owner_external_id,
        "created_at": at,
        "updated_at": at,
        "last_change": at,
        "origin": origin.value,
    }
    connection.execute(_NOTE_IMPORT, row)


def owner_of(
    connection: Connection, client_id: str, environment: Environment, owner_external_id: str
) -> OwnerRecord | None:
    """Find an owner's record; its targets stay empty, they are in the documents."""
    which = {
        "client_id": client_id,
        "environment": environment.value,
        "owner_external_id": owner_external_id,
    }
    row = connection.execute(_OWNER_OF, which).one_or_none()
    if row is None:
        return None
    return OwnerRecord(
        external_id=row.owner_external_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        last_change=row.last_change,
        origin=Origin(row.origin),
    )


def sessions_of(
    connection: Connection, client_id: str, environment: Environment, owner_external_id: str
) -> list[str]:
    """List the ids of the sessions that are, or keep data, under this owner's id."""
    which = {
        "client_id": client_id,
        "environment": environment.value,
        "owner_external_id": owner_external_id,
    }
    return list(connection.execute(_SESSIONS, which).scalars())


def commands_of(
    connection: Connection, client_id: str, environment: Environment, owner_external_id: str
) -> tuple[str, ...]:
    """List the ids of the commands that ran under this owner's id."""
    these = sessions_of(connection, client_id, environment, owner_external_id)
    return tuple(connection.execute(_COMMANDS, {"sessions": these}).scalars())


def erase_owner(
    connection: Connection, client_id: str, environment: Environment, owner_external_id: str
) -> Erased:
    """Erase everything kept under the owner's id but consents; returns what was erased.

    Sealed answers to requests about them with an idempotency key are erased too, and nobody holds
    such a key any more. The consents of the owner's sessions forget what they remembered.

    The owner's sessions end (at their last activity) and lose key, access and owner; links nobody
    has come back from run out; finished commands are deleted, unfinished ones cannot keep anything
    any more.
    """
    these = {"sessions": sessions_of(connection, client_id, environment, owner_external_id)}
    owner = {
        "of_client": client_id,
        "of_environment": environment.value,
        "of_owner": owner_external_id,
    }
    subjects = [
        *these["sessions"],
        *connection.execute(_COMMANDS, these).scalars(),
        *connection.execute(_REDIRECTIONS, these).scalars(),
    ]
    of_client = {name: owner[name] for name in ("of_client", "of_environment")}
    answers = connection.execute(_FORGET_ANSWERS, {**of_client, "subjects": subjects})
    forgotten = connection.execute(_FORGET_SESSIONS, these)
    connection.execute(_FORGET_MEMORIES, these)  # an import's end locks in this order too
    return Erased(
        answers=answers.rowcount,
        sessions=forgotten.rowcount,
        documents=connection.execute(_DELETE_DOCUMENTS, these).rowcount,
        commands=connection.execute(_DELETE_COMMANDS, these).rowcount,
        redirections=connection.execute(_FORGET_REDIRECTIONS, these).rowcount,
        owners=connection.execute(_DELETE_OWNER, owner).rowcount,
    )
