"""The budget of a consent: which imports it has had, kept however long their commands are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from opensaldo.store.tables import consent_imports, consents

_RESERVE = insert(consent_imports)
_BEGIN = (
    update(consent_imports)
    .where(consent_imports.c.command_id == bindparam("of_command"), ~consent_imports.c.has_begun)
    .values(counted_at=bindparam("at"), has_begun=True)
)
_SINCE = (
    select(consent_imports.c.counted_at)
    .where(
        consent_imports.c.consent_id == bindparam("consent_id"),
        consent_imports.c.counted_at > bindparam("since"),
    )
    .order_by(consent_imports.c.counted_at)
)
_PRUNE = delete(consent_imports).where(consent_imports.c.counted_at < bindparam("before"))
_REFUSED = update(consents).where(consents.c.id == bindparam("of_id"))
_REFUSE = _REFUSED.values(refused_until=bindparam("until"))
_REFUSED_UNTIL = select(consents.c.refused_until).where(consents.c.id == bindparam("of_id"))


def reserve_import(connection: Connection, consent_id: str, command_id: str, at: datetime) -> None:
    """Count an import of the consent from the moment it is accepted."""
    row = {"command_id": command_id, "consent_id": consent_id, "counted_at": at, "has_begun": False}
    connection.execute(_RESERVE, row)


def begin_import(connection: Connection, command_id: str, at: datetime) -> None:
    """Count the import from the moment it first began; one of no consent is not counted."""
    connection.execute(_BEGIN, {"of_command": command_id, "at": at})


def imports_after(connection: Connection, consent_id: str, since: datetime) -> tuple[datetime, ...]:
    """List when the consent's imports after this moment are counted, oldest first."""
    which = {"consent_id": consent_id, "since": since}
    return tuple(connection.execute(_SINCE, which).scalars())


def prune_imports(connection: Connection, before: datetime) -> int:
    """Delete imports counted before then, which count no more; returns how many."""
    return connection.execute(_PRUNE, {"before": before}).rowcount


def refuse_until(connection: Connection, consent_id: str, until: datetime) -> None:
    """Note that the bank takes no unattended call before this moment."""
    connection.execute(_REFUSE, {"of_id": consent_id, "until": until})


def refused_until(connection: Connection, consent_id: str) -> datetime | None:
    """Find until when the bank takes no unattended call; None when it has not said so."""
    until: datetime | None = connection.execute(
        _REFUSED_UNTIL, {"of_id": consent_id}
    ).scalar_one_or_none()
    return until
