"""A person's rights: everything held is shown, all of it is erased, and the proof names nobody."""

from __future__ import annotations

import json
import shutil
import uuid
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from opensaldo.domain.client import Product
from opensaldo.domain.deletion import Cause
from opensaldo.domain.secret import Secret
from opensaldo.engine import audit, erasure, personal
from opensaldo.engine.clients import describe
from opensaldo.errors import UnknownOwnerExternalId
from opensaldo.store.db import Store
from opensaldo.store.keys import KeyDestroyed
from opensaldo.store.queries import documents
from opensaldo.store.vault import Vault
from opensaldo.wire import sealed
from tests.e2e.checked import CheckedApi, agree, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.integration.engine.kept import Kept, kept, purged
from tests.integration.engine.test_raw_files import Raw, left
from tests.support.facts import Questions
from tests.support.platform import command_of

__all__ = ["kept", "left"]

CLEAR_TAGS = ("name", "address", "iban", "polishPesel", "title", "party", "partyIban")


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def lender(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


@pytest.fixture
def person(lender: CheckedApi) -> str:
    """An owner with a consent, an import under it, and answers kept for idempotency keys."""
    owner = f"loan-of-a-very-recognisable-person-{uuid.uuid4()}"
    made = lender.started(ownerExternalId=owner, accessMode="MULTIPLE")
    sign_in(made["redirectionLink"], "test1")
    pair = (made["sessionId"], made["sessionIdSignature"])
    form = {"sessionId": pair[0], "sessionIdSignature": pair[1]}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    accepted = lender.call("POST", "/v1/command/default-import.xml", form, headers=key)
    lender.poll(command_of(accepted).attrib["id"])
    return owner


def asked(world: World, api: CheckedApi, work: Any, *more: Any) -> Any:
    async def run(platform: Any) -> Any:
        client = (await describe(platform.store, api.client_id)).client
        return await work(platform, client, *more)

    return world.house.run(run)


def exported(world: World, api: CheckedApi, owner: str) -> Any:
    told = asked(world, api, personal.export_owner, owner)
    return json.loads(sealed.encode(told), parse_float=Decimal)


# --- export --------------------------------------------------------------------------------------
def test_an_export_holds_all_that_is_held_and_no_secret(
    world: World, lender: CheckedApi, person: str
):
    told = exported(world, lender, person)
    read = lender.data(person).xml
    (holdings,) = [one["content"] for one in told["documents"] if one["kind"] == "holdings"]
    assert [one["iban"] for one in holdings["accounts"]] == [
        node.text for node in read.findall(".//account/iban")
    ]
    rows = [row for one in holdings["accounts"] for row in one["transactions"]]
    assert len(rows) == len(read.findall(".//moneyTransaction"))
    (session,), (consent,), (command,) = told["sessions"], told["consents"], told["commands"]
    assert session["owner_external_id"] == told["record"][0]["owner_external_id"] == person
    assert (consent["target"], consent["status"]) == ("KontoBankApi", "valid")
    assert consent["holds_access"]
    assert command["receipt"]["outcome"] == "complete"
    (memory,) = told["memories"]
    (account,) = holdings["accounts"]
    assert (memory["consent_id"], memory["account_id"]) == (consent["id"], account["id"])
    assert len(memory["content"]["prints"]) == len(rows)
    text = json.dumps(told, default=str)
    assert "sealed" not in text
    assert "key_id" not in text


def test_an_export_of_nobody_is_refused(world: World, lender: CheckedApi, person: str):
    with pytest.raises(UnknownOwnerExternalId):
        exported(world, lender, "somebody else")
    with pytest.raises(UnknownOwnerExternalId):
        exported(world, world.client(), person)


# --- erase ---------------------------------------------------------------------------------------
def test_an_erased_person_is_in_no_row_and_no_file(
    world: World, lender: CheckedApi, person: str, left: Raw
):
    read = lender.data(person).xml
    words = {node.text or "" for tag in CLEAR_TAGS for node in read.iterfind(f".//{tag}")}
    words = {word for word in words if len(word) > 3} - {"KontoBank"}
    assert len(words) > 10
    assert person.encode() in left()
    asked(world, lender, erasure.erase_person, person)
    content = left()
    assert [word for word in {*words, person} if word.encode() in content] == []
    with pytest.raises(UnknownOwnerExternalId):
        exported(world, lender, person)
    assert lender.data(person).status == 404


def test_erasing_a_person_ends_the_consents_and_the_chain_says_it(
    world: World, lender: CheckedApi, person: str
):
    (before,) = exported(world, lender, person)["consents"]
    deletion = asked(world, lender, erasure.erase_person, person)
    assert deletion.counts["consents"] == 1
    assert world.house.platform is not None
    store = world.house.platform.store
    with store.read() as connection:
        statuses = [
            link.entry.status
            for link in audit.consent_chain.links(connection)
            if link.entry.consent_id == before["id"]
        ]
    assert statuses == ["valid", "terminatedByTpp"]
    assert world.house.run(lambda platform: audit.verify(platform.store))[1] is None


def test_an_erased_persons_consents_cost_no_more_and_are_listed_without_a_name(
    world: World, lender: CheckedApi, person: str
):
    asked(world, lender, erasure.erase_person, person)
    rows = (
        "SELECT kind FROM usage WHERE client_id = '{}' AND consent_id IS NOT NULL ORDER BY number"
    )
    used = Questions(world.database_url).ask(rows.format(lender.client_id))
    assert used == [("session-opened",), ("consent-granted",), ("consent-ended",)]
    (listed,) = lender.call("GET", "/v1/consents").json["consents"]
    assert listed["state"] == "REVOKED"
    assert "ownerExternalId" not in listed


@pytest.mark.parametrize("by_client", [True, False], ids=["by the client", "by the operator"])
def test_whoever_only_began_to_sign_in_can_be_erased(
    world: World, lender: CheckedApi, by_client: bool
):
    owner = f"loan-{uuid.uuid4()}"
    made = lender.started(ownerExternalId=owner, clientIdentity="Jan Testowy")
    assert exported(world, lender, owner)["redirections"]
    if by_client:
        reply = lender.call("DELETE", "/v1/data.xml", query={"ownerExternalId": owner})
        assert reply.status == 200
    else:
        asked(world, lender, erasure.erase_person, owner)
    with pytest.raises(UnknownOwnerExternalId):
        exported(world, lender, owner)
    assert lender.status(redirectionId=made["redirectionId"])["status"] == "EXPIRED"
    assert agree(made, "KontoBankApi").status == 410
    again = lender.call("DELETE", "/v1/data.xml", query={"ownerExternalId": owner})
    assert (again.status, again.exception) == (404, "InvalidOwnerExternalId")


def test_the_proof_counts_everything_and_names_nobody(
    world: World, lender: CheckedApi, person: str
):
    (command,) = exported(world, lender, person)["commands"]
    deletion = asked(world, lender, erasure.erase_person, person)
    assert deletion.cause is Cause.OPERATOR
    assert deletion.commands == (command["id"],)
    assert {name for name, count in deletion.counts.items() if count} == {
        "documents",
        "commands",
        "sessions",
        "redirections",
        "owners",
        "answers",
        "consents",
    }
    (found,) = asked(world, lender, erasure.proofs, person)
    assert found == deletion
    assert person not in repr(found)


def test_what_a_client_erases_keeps_the_consent_and_is_proven_too(
    world: World, lender: CheckedApi, person: str
):
    lender.call("DELETE", "/v1/data.xml", query={"ownerExternalId": person})
    (found,) = asked(world, lender, erasure.proofs, person)
    assert (found.cause, found.counts["consents"]) == (Cause.CLIENT, 0)
    assert exported(world, lender, person)["consents"][0]["status"] == "valid"


def test_a_person_of_whom_only_a_sign_in_or_a_failed_import_is_kept_is_erased_too(
    world: World, lender: CheckedApi
):
    names = [f"loan-{uuid.uuid4()}" for _ in range(2)]
    session = lender.mock_session(ownerExternalId=names[0])
    failed = lender.imported("test-down", ownerExternalId=names[1])
    for name in names:
        erased = lender.call("DELETE", "/v1/data.xml", query={"ownerExternalId": name})
        assert erased.status == 200, erased.body
        again = lender.call("DELETE", "/v1/data.xml", query={"ownerExternalId": name})
        assert (again.status, again.exception) == (404, "InvalidOwnerExternalId")
    polled = lender.call("GET", f"/v1/command/{command_of(failed).attrib['id']}.xml")
    assert polled.exception == "InvalidCommandId"
    assert lender.submit(session).exception == "InvalidSessionId"
    kept = Questions(world.database_url).ask("SELECT owner_external_id FROM sessions")
    assert not {name for (name,) in kept} & {*names}


# --- retention -----------------------------------------------------------------------------------
def test_retention_proves_what_it_deletes_and_when_the_days_key_went(
    world: World, api: CheckedApi, kept: Kept
):
    world.clock.advance(hours=24)
    purged(world)
    key, data = asked(world, api, erasure.proofs)
    assert (data.cause, data.commands, data.at) == (
        Cause.RETENTION,
        (kept.command_id,),
        world.clock(),
    )
    assert data.counts["documents"] >= 2
    assert (key.cause, key.subject, key.client_id) == (Cause.KEY, "20260302", None)


def test_an_operators_backup_cannot_be_opened_once_the_days_key_is_gone(
    world: World, api: CheckedApi, kept: Kept, database: str, tmp_path
):
    """The database as it was is put back beside the key folder as it is: all rows, no way in."""
    if database != "sqlite":
        pytest.skip("a copy of SQLite's files is the backup here")
    for file in (world.folder / "data").glob("opensaldo.db*"):
        shutil.copy(file, tmp_path)
    shutil.copytree(world.folder / "keys", tmp_path / "keys then")
    world.clock.advance(hours=24)
    purged(world)
    shutil.copytree(world.folder / "keys", tmp_path / "keys now")

    def opened(keys: str) -> bytes:
        vault = Vault.open(tmp_path / keys, world.clock)
        with closing(Store.open(Secret(f"sqlite:///{tmp_path}/opensaldo.db"))) as store:
            with store.read() as connection:
                blob = documents.document_of(connection, kept.command_id, "holdings")
            assert blob is not None
            place = f"command:{kept.command_id}:holdings"
            return vault.open_sealed(vault.unwrap(kept.wrapped), blob, place)

    assert b'"accounts"' in opened("keys then")
    with pytest.raises(KeyDestroyed):
        opened("keys now")
