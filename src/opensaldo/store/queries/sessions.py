"""Sessions: made, signed in, kept alive, ended; and the keys they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, func, or_, select, update

from opensaldo.domain.client import Environment
from opensaldo.domain.command import CommandState
from opensaldo.domain.session import Session, SessionState
from opensaldo.domain.target import AccessMode
from opensaldo.store.conflicts import IdTaken, insert_new
from opensaldo.store.keys import WrappedKey
from opensaldo.store.tables import commands, sessions

_NOT_OF_THE_NOUN = {"key_id", "wrapped_key", "sealed_access", "login_slot"}
_COLUMNS = tuple(column for column in sessions.c if column.name not in _NOT_OF_THE_NOUN)
_THIS = sessions.c.id == bindparam("of_id")
_IS_CREATED = sessions.c.state == SessionState.CREATED.value
_IS_SIGNED_IN = sessions.c.state == SessionState.SIGNED_IN.value
_IS_BUSY = exists().where(
    commands.c.session_id == sessions.c.id,
    commands.c.state.in_([CommandState.SETUP.value, CommandState.IN_PROGRESS.value]),
)

_INSERT = insert_new(sessions)
_SESSION_OF = select(*_COLUMNS).where(
    _THIS,
    sessions.c.client_id == bindparam("client_id"),
    sessions.c.environment == bindparam("environment"),
)
_KEY_OF = select(sessions.c.key_id, sessions.c.wrapped_key).where(_THIS)
_HELD: Select[Any] = select(
    sessions.c.id,
    sessions.c.environment,
    sessions.c.target,
    sessions.c.key_id,
    sessions.c.wrapped_key,
    sessions.c.sealed_access,
).where(
    _IS_SIGNED_IN,
    sessions.c.consent_id.is_(None),
    sessions.c.sealed_access.is_not(None),
    sessions.c.wrapped_key.is_not(None),
)
_HELD_ACCESS = _HELD.where(_THIS)
_HELD_ACCESSES = _HELD.where(sessions.c.id.in_(bindparam("ids", expanding=True)))
_NOT_ENDED = select(sessions.c.id).where(
    sessions.c.id.in_(bindparam("ids", expanding=True)),
    sessions.c.state != SessionState.ENDED.value,
)
_SEALED_ACCESS = select(sessions.c.sealed_access).where(_THIS)
_LOGIN_SLOT = select(sessions.c.login_slot).where(_THIS)
_SIGN_IN = (
    update(sessions)
    .where(_THIS, _IS_CREATED)
    .values(
        state=SessionState.SIGNED_IN.value,
        target=bindparam("new_target"),
        consent_id=bindparam("new_consent"),
        owner_external_id=func.coalesce(bindparam("new_owner"), sessions.c.owner_external_id),
        signed_in_at=bindparam("at"),
        last_activity_at=bindparam("at"),
        sealed_access=bindparam("sealed"),
        login_slot=bindparam("slot"),
    )
)
_REPLACE_ACCESS = (
    update(sessions)
    .where(_THIS, sessions.c.state != SessionState.ENDED.value)
    .values(sealed_access=bindparam("sealed"))
)
_TOUCH = (
    update(sessions)
    .where(_THIS, _IS_SIGNED_IN, sessions.c.last_activity_at < bindparam("at"))
    .values(last_activity_at=bindparam("at"))
)
_ADOPT_OWNER = (
    update(sessions)
    .where(_THIS, sessions.c.owner_id_generated)
    .values(owner_external_id=bindparam("new_owner"), owner_id_generated=False)
)
_ENDED: dict[str, Any] = {
    "state": SessionState.ENDED.value,
    "ended_at": bindparam("at"),
    "sealed_access": None,
}
_END = update(sessions).where(_THIS, sessions.c.state != SessionState.ENDED.value).values(**_ENDED)
_END_IDLE = (
    update(sessions)
    .where(_IS_SIGNED_IN, sessions.c.last_activity_at < bindparam("idle_since"), ~_IS_BUSY)
    .values(**_ENDED)
)
_IDLE_ACCESSES = _HELD.where(
    sessions.c.last_activity_at < bindparam("idle_since"),
    ~_IS_BUSY,
    sessions.c.target.in_(bindparam("targets", expanding=True)),
)
_COUNT_OPEN = select(func.count()).where(
    sessions.c.client_id == bindparam("client_id"),
    sessions.c.environment == bindparam("environment"),
    _IS_SIGNED_IN,
    or_(sessions.c.last_activity_at >= bindparam("idle_since"), _IS_BUSY),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAccess:
    """A single access that an open session holds, sealed, and the key that opens it."""

    session_id: str
    environment: Environment
    target: str
    key: WrappedKey
    sealed: bytes = field(repr=False)


def insert_session(connection: Connection, session: Session, key: WrappedKey) -> None:
    """Add a session with its wrapped data key.

    Raises:
        IdTaken: a session of this id exists; the transaction can go on.
    """
    row = {
        "id": session.id,
        "client_id": session.client_id,
        "environment": session.environment.value,
        "state": session.state.value,
        "access_mode": session.access_mode.value,
        "created_at": session.created_at,
        "owner_external_id": session.owner_external_id,
        "owner_id_generated": session.owner_id_generated,
        "target": session.target,
        "consent_id": session.consent_id,
        "attended": session.attended,
        "max_import_date": session.max_import_date,
        "signed_in_at": session.signed_in_at,
        "last_activity_at": session.last_activity_at,
        "ended_at": session.ended_at,
        "key_id": key.key_id,
        "wrapped_key": key.wrapped,
    }
    if connection.execute(_INSERT, row).rowcount == 0:
        raise IdTaken(session.id)


def session_of(
    connection: Connection, session_id: str, client_id: str, environment: Environment
) -> Session | None:
    """Find a session of this client in this environment."""
    which = {"of_id": session_id, "client_id": client_id, "environment": environment.value}
    row = connection.execute(_SESSION_OF, which).one_or_none()
    return None if row is None else _session(row)


def key_of(connection: Connection, session_id: str) -> WrappedKey | None:
    """Find the session's wrapped data key; None after retention or erasure took it."""
    row = connection.execute(_KEY_OF, {"of_id": session_id}).one_or_none()
    if row is None or row.key_id is None or row.wrapped_key is None:
        return None
    return WrappedKey(row.key_id, row.wrapped_key)


def sign_in(
    connection: Connection,
    session_id: str,
    target: str,
    consent_id: str | None,
    owner_external_id: str | None,
    at: datetime,
    sealed_access: bytes | None,
    login_slot: int | None = None,
) -> bool:
    """Sign a created session in; whether it was still waiting for that.

    An owner's external id of None keeps the one the session has. `login_slot` is the slot of the
    process that holds the login, None for an access that any process can use.
    """
    changed = {
        "of_id": session_id,
        "new_target": target,
        "new_consent": consent_id,
        "new_owner": owner_external_id,
        "at": at,
        "sealed": sealed_access,
        "slot": login_slot,
    }
    return connection.execute(_SIGN_IN, changed).rowcount == 1


def sealed_access(connection: Connection, session_id: str) -> bytes | None:
    """Find the sealed access to the bank; None before sign-in and after the end."""
    sealed: bytes | None = connection.execute(
        _SEALED_ACCESS, {"of_id": session_id}
    ).scalar_one_or_none()
    return sealed


def login_slot(connection: Connection, session_id: str) -> int | None:
    """Find the slot of the process that holds the session's login; None when any will do."""
    slot: int | None = connection.execute(_LOGIN_SLOT, {"of_id": session_id}).scalar_one_or_none()
    return slot


def held_access(connection: Connection, session_id: str) -> HeldAccess | None:
    """Find the single access of a signed-in session; None when it holds none, or a consent's."""
    row = connection.execute(_HELD_ACCESS, {"of_id": session_id}).one_or_none()
    return None if row is None else _held(row)


def held_accesses(connection: Connection, ids: Sequence[str]) -> tuple[HeldAccess, ...]:
    """List the single accesses that the signed-in sessions among these hold."""
    return tuple(map(_held, connection.execute(_HELD_ACCESSES, {"ids": list(ids)})))


def not_ended(connection: Connection, ids: Sequence[str]) -> frozenset[str]:
    """Find which of these sessions are there and have not ended."""
    return frozenset(connection.execute(_NOT_ENDED, {"ids": list(ids)}).scalars())


def idle_accesses(
    connection: Connection, idle_since: datetime, targets: Sequence[str]
) -> tuple[HeldAccess, ...]:
    """List the single accesses to these targets that `end_idle` is about to drop."""
    which = {"idle_since": idle_since, "targets": list(targets)}
    return tuple(map(_held, connection.execute(_IDLE_ACCESSES, which)))


def replace_access(connection: Connection, session_id: str, sealed: bytes) -> None:
    """Keep a renewed access to the bank; an ended session keeps none."""
    connection.execute(_REPLACE_ACCESS, {"of_id": session_id, "sealed": sealed})


def touch(connection: Connection, session_id: str, at: datetime) -> None:
    """Note activity, so that the idle time counts from here; it never goes back."""
    connection.execute(_TOUCH, {"of_id": session_id, "at": at})


def adopt_owner(connection: Connection, session_id: str, owner_external_id: str) -> None:
    """Give the session the client's own id for the owner, if it only had a generated one."""
    connection.execute(_ADOPT_OWNER, {"of_id": session_id, "new_owner": owner_external_id})


def end(connection: Connection, session_id: str, at: datetime) -> bool:
    """End a session and drop its access to the bank; whether it was open.

    The data key stays as long as documents are sealed under it: retention takes it.
    """
    return connection.execute(_END, {"of_id": session_id, "at": at}).rowcount == 1


def end_idle(connection: Connection, idle_since: datetime, at: datetime) -> int:
    """End every signed-in session without activity since then and without unfinished commands."""
    return connection.execute(_END_IDLE, {"idle_since": idle_since, "at": at}).rowcount


def count_open(
    connection: Connection,
    client_id: str,
    environment: Environment,
    idle_since: datetime,
) -> int:
    """Count a client's open sessions: signed in, and active or busy."""
    which = {
        "client_id": client_id,
        "environment": environment.value,
        "idle_since": idle_since,
    }
    return int(connection.execute(_COUNT_OPEN, which).scalar_one())


def _held(row: Row[Any]) -> HeldAccess:
    return HeldAccess(
        session_id=row.id,
        environment=Environment(row.environment),
        target=row.target,
        key=WrappedKey(row.key_id, row.wrapped_key),
        sealed=row.sealed_access,
    )


def _session(row: Row[Any]) -> Session:
    return Session(
        id=row.id,
        client_id=row.client_id,
        environment=Environment(row.environment),
        state=SessionState(row.state),
        access_mode=AccessMode(row.access_mode),
        created_at=row.created_at,
        owner_external_id=row.owner_external_id,
        owner_id_generated=row.owner_id_generated,
        target=row.target,
        consent_id=row.consent_id,
        attended=row.attended,
        max_import_date=row.max_import_date,
        signed_in_at=row.signed_in_at,
        last_activity_at=row.last_activity_at,
        ended_at=row.ended_at,
    )
