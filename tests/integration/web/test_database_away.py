"""A database that cannot take a write: nothing is accepted, the answer says so, and it passes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from opensaldo.store import db, engines
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.support.platform import state_of

IMPORT = "/v1/command/default-import.xml"


@contextmanager
def held(world: World) -> Iterator[None]:
    """Another program holds the file's only writer."""
    place = world.folder / "data" / "opensaldo.db"
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_a_write_that_cannot_be_done_is_503_and_nothing_was_accepted(world: World, api: CheckedApi):
    session = api.mock_session()
    form = {"sessionId": session[0], "sessionIdSignature": session[1]}
    assert engines.BUSY_TIMEOUT_MS <= 5_000
    assert db.WRITER_WAIT_S <= 5
    with held(world):
        refused = api.call("POST", IMPORT, form)
        assert (refused.status, refused.exception) == (503, "ServiceTemporarilyUnavailable")
        assert api.call("GET", "/v1/ais-catalog").status == 200
        assert api.call("GET", "/v1/health").status == 200
    assert state_of(api.finished(session)) == "successful"
