"""Legal texts: every version ever set or accepted, and which ones are a client's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as insert_or

from opensaldo.domain.legal_text import LegalText, TextKind
from opensaldo.store.conflicts import insert_new
from opensaldo.store.tables import client_texts, legal_texts

_KEEP = insert_new(legal_texts)
_SET = insert_or(client_texts).on_conflict_do_update(
    index_elements=["client_id", "kind", "language"],
    set_={"version": bindparam("new_version"), "since": bindparam("new_since")},
)
_OF_CLIENT = (
    select(client_texts, legal_texts.c.text)
    .join(legal_texts, legal_texts.c.version == client_texts.c.version)
    .where(client_texts.c.client_id == bindparam("client_id"))
    .order_by(client_texts.c.language, client_texts.c.kind.desc())
)
_IN_LANGUAGE = _OF_CLIENT.where(client_texts.c.language == bindparam("language"))
_REMOVE = delete(client_texts).where(
    client_texts.c.client_id == bindparam("of_client"),
    client_texts.c.kind == bindparam("of_kind"),
    client_texts.c.language == bindparam("of_language"),
)
_TEXT = select(legal_texts.c.text).where(legal_texts.c.version == bindparam("of_version"))
_ALL = select(legal_texts).order_by(legal_texts.c.version)


def keep_text(connection: Connection, text: LegalText) -> None:
    """Keep what the text says, for ever, under its version."""
    connection.execute(_KEEP, {"version": text.version, "text": text.text})


def set_text(connection: Connection, client_id: str, text: LegalText, since: datetime) -> None:
    """Make the text the client's own of its kind in its language."""
    keep_text(connection, text)
    row = {
        "client_id": client_id,
        "kind": text.kind.value,
        "language": text.language,
        "version": text.version,
        "since": since,
    }
    connection.execute(_SET, row | {"new_version": text.version, "new_since": since})


def remove_text(connection: Connection, client_id: str, kind: TextKind, language: str) -> bool:
    """Take the client's own text away, kept as it is for what was accepted; whether it had one."""
    which = {"of_client": client_id, "of_kind": kind.value, "of_language": language}
    return connection.execute(_REMOVE, which).rowcount == 1


def texts_of(connection: Connection, client_id: str) -> tuple[tuple[LegalText, datetime], ...]:
    """List the client's own texts by language, each with since when it stands."""
    found = connection.execute(_OF_CLIENT, {"client_id": client_id})
    return tuple((_legal_text(row), row.since) for row in found)


def texts_in(connection: Connection, client_id: str, language: str) -> tuple[LegalText, ...]:
    """List the client's own texts in a language: none, one or both."""
    which = {"client_id": client_id, "language": language}
    return tuple(map(_legal_text, connection.execute(_IN_LANGUAGE, which)))


def text_of(connection: Connection, version: str) -> str | None:
    """Find what a version says."""
    text: str | None = connection.execute(_TEXT, {"of_version": version}).scalar_one_or_none()
    return text


def versions(connection: Connection) -> dict[str, str]:
    """Every text that is kept, by the version it is kept under."""
    return {row.version: row.text for row in connection.execute(_ALL)}


def _legal_text(row: Row[Any]) -> LegalText:
    return LegalText(
        kind=TextKind(row.kind), language=row.language, text=row.text, client_id=row.client_id
    )
