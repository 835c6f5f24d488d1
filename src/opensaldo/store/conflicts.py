"""What a write can collide with, and how two writers of one thing are put in order."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, Integer, Table, bindparam, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

HOLD_KEYS_NAMESPACE = 0x05A1


class IdTaken(LookupError):
    """The id is in use; draw another one."""


class DefaultImportTaken(LookupError):
    """The session has a default import already."""


_HOLD = select(func.pg_advisory_xact_lock(HOLD_KEYS_NAMESPACE, bindparam("number", type_=Integer)))


def hold(connection: Connection, *parts: str) -> None:
    """No other transaction holds the same thing until this transaction ends.

    On SQLite a write transaction is alone anyway. Two different things may share a number: that
    costs waiting, never correctness.

    Whoever needs several takes them in this order, or two transactions wait for each other: the
    client, the session, its consents from the newest to the oldest, the chain of consents; then
    come rows, sessions before documents and memories; the client's event log comes last.
    """
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256("\x00".join(parts).encode()).digest()
        connection.execute(_HOLD, {"number": int.from_bytes(digest[:4], "big", signed=True)})


def insert_new(table: Table) -> Insert:
    """A statement that adds a row, or nothing (row count 0) when a unique key of it is taken.

    The transaction can go on afterwards. SQLite understands PostgreSQL's text.
    """
    return insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
