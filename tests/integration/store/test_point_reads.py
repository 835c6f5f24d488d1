"""Point reads: the same row as through Core, on both databases (law: one answer, however read)."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from opensaldo.errors import PlatformUnavailable
from opensaldo.store.point import PointRead
from opensaldo.store.queries import commands, polls, sessions


def asked(kept) -> dict[str, str]:
    return {
        "of_id": kept.command.id,
        "client_id": kept.command.client_id,
        "environment": kept.command.environment.value,
        "kind": "holdings",
    }


def found_of(store, which):
    return asyncio.run(store.point(polls.POLLED, which))


def test_a_point_read_finds_what_core_finds(store, make_import) -> None:
    kept = make_import()
    found = polls.polled(found_of(store, asked(kept)))
    with store.read() as connection:
        assert found.command == commands.command_by_id(connection, kept.command.id)
        assert found.key == sessions.key_of(connection, kept.session.id)
    assert found.sealed == kept.sealed
    assert found.command.finished_at is not None


def test_a_command_without_that_document_is_found_all_the_same(store, make_import) -> None:
    kept = make_import()
    row = found_of(store, asked(kept) | {"kind": "another"})
    assert polls.polled(row).sealed is None


def test_nothing_found_is_none(store, make_import) -> None:
    kept = make_import()
    assert found_of(store, asked(kept) | {"client_id": "other-test"}) is None


def test_a_driver_that_cannot_serve_is_said_in_our_words(store, make_import, monkeypatch) -> None:
    if not store.is_embedded:
        pytest.skip("the driver is reached directly on SQLite only")
    kept = make_import()

    def refuse(*_anything: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(PointRead, "on_driver", refuse)
    with pytest.raises(PlatformUnavailable):
        found_of(store, asked(kept))
