"""Migrations: up from nothing, once, whoever starts, and to exactly what `tables` says."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from contextlib import closing

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from opensaldo.domain.secret import Secret
from opensaldo.engine import audit
from opensaldo.store.columns import UtcDateTime
from opensaldo.store.db import Store
from opensaldo.store.migrate import REVISIONS_TABLE, SCRIPTS, config_for, migrate, pending
from opensaldo.store.tables import metadata

REVISIONS = sorted(file.name[:4] for file in SCRIPTS.glob("versions/[0-9]*.py"))
BEFORE_ACCEPTANCES = "0015"
MIGRATE = """
import sys
from opensaldo.domain.secret import Secret
from opensaldo.store.db import Store
from opensaldo.store.migrate import migrate
store = Store.open(Secret(sys.argv[1]))
print(",".join(migrate(store)))
store.close()
"""


def test_an_empty_database_becomes_whole_and_stays_so(database_url):
    with closing(Store.open(Secret(database_url))) as store:
        assert not store.is_serving()
        assert pending(store) == REVISIONS
        assert migrate(store) == REVISIONS
        assert pending(store) == []
        assert migrate(store) == []
        assert store.is_serving()


def test_processes_that_start_together_migrate_once(database_url):
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", MIGRATE, database_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    said = [process.communicate(timeout=60) for process in started]
    assert [error for _, error in said] == [b""] * 4
    assert sorted(out.strip() for out, _ in said) == [b"", b"", b"", ",".join(REVISIONS).encode()]


def test_the_migrated_shape_is_that_of_the_tables(database_url):
    def same_type(_context, _inspected, metadata_column, inspected_type, metadata_type):
        if isinstance(metadata_type, UtcDateTime):
            return inspected_type._type_affinity is not metadata_type.impl._type_affinity
        return None

    with closing(Store.open(Secret(database_url))) as store:
        migrate(store)
        with store.begin() as connection:
            context = MigrationContext.configure(
                connection,
                opts={"version_table": REVISIONS_TABLE, "compare_type": same_type},
            )
            assert compare_metadata(context, metadata) == []


def test_constraints_and_conditional_indexes_are_those_of_the_tables(database_url):
    with closing(Store.open(Secret(database_url))) as store:
        migrate(store)
        with store.begin() as connection:
            migrated = _shape(connection)
            for table in reversed(metadata.sorted_tables):
                table.drop(connection)
            metadata.create_all(connection)
            assert _shape(connection) == migrated


def test_rebuilding_a_table_does_not_delete_what_points_to_it(database_url):
    with closing(Store.open(Secret(database_url))) as store, store.reshape() as connection:
        if store.is_embedded:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 0
    with closing(Store.open(Secret(database_url))) as store, store.begin() as connection:
        if store.is_embedded:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_a_chain_from_before_acceptances_still_holds(database_url):
    at = "2026-03-02 12:00:00+00:00"
    said = ["0" * 64, 1, "one", "acme-test", "TEST", "KontoBankApi", "expired"]
    text = json.dumps([*said, "2026-03-02T12:00:00.000000+00:00"], separators=(",", ":"))
    row = [*said[1:], at, hashlib.sha256(text.encode()).hexdigest()]
    values = ", ".join(repr(value) for value in row)
    with closing(Store.open(Secret(database_url))) as store:
        with store.reshape() as connection:
            command.upgrade(config_for(connection), BEFORE_ACCEPTANCES)
            connection.exec_driver_sql(f"INSERT INTO consent_chain VALUES ({values})")
        migrate(store)
        newest, broken = asyncio.run(audit.verify(store))
        assert (newest.number, newest.hash, broken) == (1, row[-1], None)


def _shape(connection):
    if connection.dialect.name == "sqlite":
        asked = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        asked = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    indexes = {
        (name, " ".join(text.replace("commands.", "").replace("sessions.", "").split()))
        for name, text in connection.exec_driver_sql(asked)
        if REVISIONS_TABLE not in name
    }
    found = inspect(connection)
    keys = {
        (table, key["name"], tuple(key["constrained_columns"]), str(key["options"]))
        for table in metadata.tables
        for key in found.get_foreign_keys(table)
    }
    uniques = {
        (table, key["name"], tuple(key["column_names"]))
        for table in metadata.tables
        for key in found.get_unique_constraints(table)
    }
    primary = {
        (table, tuple(found.get_pk_constraint(table)["constrained_columns"]))
        for table in metadata.tables
    }
    return indexes, keys, uniques, primary
