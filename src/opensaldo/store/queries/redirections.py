"""Redirections: links that lead one person through one sign-in."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from opensaldo.domain.client import Environment
from opensaldo.domain.funnel import Reached
from opensaldo.domain.look import PLAIN_LOOK, Look
from opensaldo.domain.session import AutoImport, Channel, Redirection, RedirectionState
from opensaldo.store.conflicts import IdTaken, insert_new
from opensaldo.store.keys import WrappedKey
from opensaldo.store.tables import redirections, sessions

_COLUMNS = tuple(column for column in redirections.c if column.name != "sealed_sca")
_THIS = redirections.c.id == bindparam("of_id")
_IS_PENDING = redirections.c.state == RedirectionState.PENDING.value

_INSERT = insert_new(redirections)
_BY_ID = select(*_COLUMNS).where(_THIS)
_OF_SESSION = (
    select(*_COLUMNS)
    .where(redirections.c.session_id == bindparam("session_id"))
    .order_by(redirections.c.created_at.desc())
    .limit(1)
)
_KEEP_SCA = update(redirections).where(_THIS, _IS_PENDING).values(sealed_sca=bindparam("sealed"))
_SEALED_SCA = select(redirections.c.sealed_sca).where(_THIS)
_STANDING: Select[Any] = (
    select(*_COLUMNS, redirections.c.sealed_sca, sessions.c.key_id, sessions.c.wrapped_key)
    .join(sessions, sessions.c.id == redirections.c.session_id)
    .where(_THIS)
)
_FINISH = (
    update(redirections)
    .where(_THIS, _IS_PENDING)
    .values(
        state=bindparam("new_state"),
        exception_name=bindparam("new_exception"),
        sealed_sca=None,
    )
)


def insert_redirection(connection: Connection, redirection: Redirection) -> None:
    """Add a redirection of an existing session.

    Raises:
        IdTaken: a redirection of this id exists.
    """
    row = {
        "id": redirection.id,
        "session_id": redirection.session_id,
        "client_id": redirection.client_id,
        "environment": redirection.environment.value,
        "state": redirection.state.value,
        "created_at": redirection.created_at,
        "expires_at": redirection.expires_at,
        "redirect_uri": redirection.redirect_uri,
        "country": redirection.country,
        "locale": redirection.locale,
        "preselected_target": redirection.preselected_target,
        "client_identity": redirection.client_identity,
        "force_sca": redirection.force_sca,
        "exception_name": redirection.exception_name,
        "channel": redirection.channel.value,
        "embedder": redirection.embedder,
        "look": None if redirection.look == PLAIN_LOOK else json.dumps(asdict(redirection.look)),
        "imports_itself": redirection.auto_import is not None,
        "import_since": redirection.auto_import.since if redirection.auto_import else None,
    }
    if connection.execute(_INSERT, row).rowcount == 0:
        raise IdTaken(redirection.id)


def redirection_by_id(connection: Connection, redirection_id: str) -> Redirection | None:
    """Find a redirection by the id in its link."""
    row = connection.execute(_BY_ID, {"of_id": redirection_id}).one_or_none()
    return None if row is None else _redirection(row)


def redirection_of_session(connection: Connection, session_id: str) -> Redirection | None:
    """Find the session's newest redirection; sessions made otherwise have none."""
    row = connection.execute(_OF_SESSION, {"session_id": session_id}).one_or_none()
    return None if row is None else _redirection(row)


def keep_sca(connection: Connection, redirection_id: str, sealed: bytes | None) -> None:
    """Keep where the sign-in stands, sealed; None forgets it. A finished one keeps nothing."""
    connection.execute(_KEEP_SCA, {"of_id": redirection_id, "sealed": sealed})


def sealed_sca(connection: Connection, redirection_id: str) -> bytes | None:
    """Find where the sign-in stands, sealed; None before the bank was reached."""
    sealed: bytes | None = connection.execute(
        _SEALED_SCA, {"of_id": redirection_id}
    ).scalar_one_or_none()
    return sealed


def standing(
    connection: Connection, redirection_id: str
) -> tuple[Redirection, bytes | None, WrappedKey | None] | None:
    """Find a redirection, where its sign-in stands (sealed), and the key that opens it, at once."""
    row = connection.execute(_STANDING, {"of_id": redirection_id}).one_or_none()
    if row is None:
        return None
    key = WrappedKey(row.key_id, row.wrapped_key) if row.key_id and row.wrapped_key else None
    return _redirection(row), row.sealed_sca, key


def finish(
    connection: Connection,
    redirection_id: str,
    state: RedirectionState,
    exception_name: str | None,
) -> bool:
    """End a pending redirection and forget its sealed state; whether it was pending."""
    changed = {
        "of_id": redirection_id,
        "new_state": state.value,
        "new_exception": exception_name,
    }
    return connection.execute(_FINISH, changed).rowcount == 1


def _redirection(row: Row[Any]) -> Redirection:
    created_at: datetime = row.created_at
    return Redirection(
        id=row.id,
        session_id=row.session_id,
        client_id=row.client_id,
        environment=Environment(row.environment),
        state=RedirectionState(row.state),
        created_at=created_at,
        expires_at=row.expires_at,
        redirect_uri=row.redirect_uri,
        country=row.country,
        locale=row.locale,
        preselected_target=row.preselected_target,
        client_identity=row.client_identity,
        force_sca=row.force_sca,
        exception_name=row.exception_name,
        channel=Channel(row.channel),
        embedder=row.embedder,
        look=PLAIN_LOOK if row.look is None else Look(**json.loads(row.look)),
        chosen_target=row.chosen_target,
        reached=Reached(row.reached),
        auto_import=AutoImport(since=row.import_since) if row.imports_itself else None,
    )
