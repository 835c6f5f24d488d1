"""Bring the database to the shape of tables.py, one numbered script after another."""

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


def migrate(store: Store) -> list[str]:
    """Every pending revision is applied; returns their ids, oldest first.

    All of them are applied in one transaction or none; processes that start together wait for
    the first one and find nothing left to do.
    """
    applied: list[str] = []
    with store.reshape() as connection:
        config = config_for(connection)
        config.attributes["applied"] = applied
        command.upgrade(config, "head")
        if store.is_embedded:
            _check_references(connection)
    return applied


def pending(store: Store) -> list[str]:
    """The ids of the revisions the database still lacks, oldest first."""
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": REVISIONS_TABLE})
        current = context.get_current_heads()
    scripts = ScriptDirectory.from_config(config_for(None))
    have = {script.revision for script in scripts.iterate_revisions(current, "base")}
    return [
        script.revision
        for script in reversed(list(scripts.walk_revisions()))
        if script.revision not in have
    ]


def config_for(connection: Connection | None) -> Config:
    """Alembic's settings without a file; the scripts run on the connection given."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = REVISIONS_TABLE
    return config


def _check_references(connection: Connection) -> None:
    """Refuse a migration that left rows pointing to nothing."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise RuntimeError(f"migration: rows of {broken[0]} point to nothing")
