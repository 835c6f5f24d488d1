"""Bring the database to the shape of `tables`, one numbered script after another."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from opensaldo.store.db import Store

SCRIPTS = Path(__file__).parent / "migrations"
REVISIONS_TABLE = "opensaldo_revision"


class OtherVersion(OSError):
    """The database is of another version of the program; the message says what to do."""


def migrate(store: Store) -> list[str]:
    """Every pending revision is applied; returns their ids, oldest first.

    All of them are applied in one transaction or none; processes that start together wait for
    the first one and find nothing left to do.

    Raises:
        OtherVersion: a newer program made the database.
    """
    applied: list[str] = []
    with store.reshape() as connection:
        if not _lacking(connection):
            return []
        config = config_for(connection)
        config.attributes["applied"] = applied
        command.upgrade(config, "head")
        if store.is_embedded:
            _check_references(connection)
    return applied


def pending(store: Store) -> list[str]:
    """The ids of the revisions the database still lacks, oldest first.

    Raises:
        OtherVersion: a newer program made the database.
    """
    with store.read() as connection:
        return _lacking(connection)


def check_version(store: Store) -> None:
    """The database has the shape that this program reads; nothing was changed.

    Raises:
        OtherVersion: it has another one, or none yet.
    """
    if pending(store):
        raise OtherVersion(
            "The database is not of this version; `opensaldo migrate` makes it so, when no older"
            " server runs on it."
        )


def config_for(connection: Connection | None) -> Config:
    """Alembic's settings without a file; the scripts run on the connection given."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = REVISIONS_TABLE
    return config


def _lacking(connection: Connection) -> list[str]:
    context = MigrationContext.configure(connection, opts={"version_table": REVISIONS_TABLE})
    current = context.get_current_heads()
    scripts = ScriptDirectory.from_config(config_for(None))
    ours = [script.revision for script in scripts.walk_revisions()]
    if not set(ours).issuperset(current):
        raise OtherVersion(
            f"A newer OpenSaldo made this database (revision {', '.join(current)}); use that"
            " version, or a backup of before the upgrade."
        )
    have = {script.revision for script in scripts.iterate_revisions(current, "base")}
    return [revision for revision in reversed(ours) if revision not in have]


def _check_references(connection: Connection) -> None:
    """Refuse a migration that left rows pointing to nothing."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise RuntimeError(f"migration: rows of {broken[0]} point to nothing")
