"""One import as it is kept, its traces in the database, and whether they are gone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from opensaldo.engine.retention import purge
from opensaldo.store.keys import WrappedKey
from opensaldo.store.queries import documents, sessions
from tests.e2e.checked import HALF_A_YEAR, CheckedApi
from tests.e2e.fixtures import World
from tests.support.platform import Reply, command_of

PREFIX_BYTES = 64


@dataclass(frozen=True)
class Kept:
    """One import and its traces in the database."""

    owner: str
    ended: Reply
    session: tuple[str, str]
    traces: dict[str, bytes]
    wrapped: WrappedKey

    @property
    def command_id(self) -> str:
        return command_of(self.ended).attrib["id"]


@pytest.fixture
def kept(world: World, api: CheckedApi) -> Kept:
    owner = f"loan-of-a-very-recognisable-person-{uuid.uuid4()}"
    session = api.mock_session(ownerExternalId=owner)
    ended = api.finished(session, since=HALF_A_YEAR)
    command_id = command_of(ended).attrib["id"]
    assert world.house.platform is not None
    with world.house.platform.store.read() as connection:
        wrapped = sessions.key_of(connection, session[0])
        access = sessions.sealed_access(connection, session[0])
        sealed = {
            kind: documents.document_of(connection, command_id, kind)
            for kind in ("holdings", "result_xml")
        }
    assert wrapped is not None
    blobs = {"access": access, **sealed}
    traces = {
        "owner": owner.encode(),
        "wrapped key": wrapped.wrapped,
        **{kind: blob[:PREFIX_BYTES] for kind, blob in blobs.items() if blob},
    }
    return Kept(owner, ended, session, traces, wrapped)


def found(traces: dict[str, bytes], content: bytes) -> list[str]:
    return sorted(
        name
        for name, trace in traces.items()
        if trace in content or trace.hex().encode() in content
    )


def purged(world: World) -> Any:
    return world.house.run(purge)


def is_gone(api: CheckedApi, kept: Kept) -> bool:
    """The client finds nothing any more, by the names of the contract."""
    for accept in (None, "application/json"):
        polled = api.call("GET", f"/v1/command/{kept.command_id}.xml", accept=accept)
        assert (polled.status, polled.exception) == (404, "InvalidCommandId")
    data = api.data(kept.owner)
    assert (data.status, data.exception) == (404, "InvalidOwnerExternalId")
    refused = api.submit(kept.session)
    return (refused.status, refused.exception) == (404, "InvalidSessionId")
