"""The main job, whole, on both databases: sign-in, default import, poll to the end."""

from __future__ import annotations

import re
import time
from collections import Counter

import pytest

from tests.e2e.checked import HALF_A_YEAR, SHOP, CheckedApi, days_of, owner_of, rows_of, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.support.platform import command_of, failure_of, state_of

NUMBER = re.compile(r"[0-9]{7,9}")
HEX_64 = re.compile(r"[0-9a-f]{64}")


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def test_a_person_signs_in_through_the_pages_and_the_import_ends_successful(api: CheckedApi):
    made = api.started(ownerExternalId="loan-7781")
    assert api.status(redirectionId=made["redirectionId"])["status"] == "PENDING"
    assert sign_in(made["redirectionLink"]) == {"redirectionId": made["redirectionId"]}
    found = api.status(redirectionId=made["redirectionId"])
    pair = (found["params"]["sessionId"], found["params"]["sessionIdSignature"])
    assert pair == (made["sessionId"], made["sessionIdSignature"])
    accepted = api.submit(pair, since=HALF_A_YEAR)
    assert (accepted.status, owner_of(accepted)) == (202, "loan-7781")
    assert (state_of(accepted), command_of(accepted).attrib["name"]) == (
        "setup",
        "DefaultImportCommand",
    )
    ended = api.poll(command_of(accepted).attrib["id"])
    assert (state_of(ended), owner_of(ended)) == ("successful", None)
    assert command_of(ended).attrib["target"] == "KontoBankApi"
    assert command_of(ended).attrib["institution"] == "KontoBank"
    assert command_of(ended).findtext("progress/value") == "100"
    assert len(rows_of(ended)) == 72


def test_ids_signatures_and_keys_have_the_forms_of_the_contract(api: CheckedApi):
    made = api.started(ownerExternalId=None)
    assert re.fullmatch(r"[0-9a-f]{32}", made["redirectionId"])
    assert made["redirectUrl"] == made["redirectionLink"]
    session_id, signature = api.mock_session()
    assert NUMBER.fullmatch(session_id)
    assert HEX_64.fullmatch(signature)
    assert HEX_64.fullmatch(api.key or "")
    command = command_of(api.submit((session_id, signature)))
    assert NUMBER.fullmatch(command.attrib["id"])
    assert list(command.attrib) == ["id", "state", "name"]
    api.poll(command.attrib["id"])


def test_the_default_polish_person_has_one_account_two_owners_and_72_transactions(api: CheckedApi):
    ended = api.imported(since=HALF_A_YEAR)
    (account,) = ended.xml.findall(".//result/accounts/account")
    first, second = ended.xml.findall(".//result/owners/owner")
    assert (first.findtext("kind"), second.findtext("kind")) == ("OWNER", "CO_OWNER")
    assert first.findtext("address")
    assert second.find("address") is None
    assert account.findtext("currencyName") == "PLN"
    assert (account.findtext("activeSinceAtLeast") or "") < HALF_A_YEAR
    assert [owner.findtext("kind") for owner in account.findall("owners/owner")] == [
        "OWNER",
        "CO_OWNER",
    ]
    assert Counter(row.findtext("status") for row in rows_of(ended)) == {"DONE": 72}
    assert days_of(ended) == sorted(days_of(ended), reverse=True)
    assert days_of(ended)[-1] >= HALF_A_YEAR
    assert ended.xml.find(".//creditCards") is None


def test_two_imports_of_one_person_read_the_same(api: CheckedApi):
    first, second = (api.imported(since=HALF_A_YEAR) for _ in range(2))
    assert first.body.partition(b"<result>")[2] == second.body.partition(b"<result>")[2]


def test_progress_and_state_only_go_forward(world: World, api: CheckedApi):
    world.bank.plan("slow", path="getHolds", delay_ms=700)
    command_id = command_of(api.submit(api.mock_session())).attrib["id"]
    seen = [("setup", 0)]
    while seen[-1][0] in {"setup", "in_progress"}:
        time.sleep(0.02)
        reply = api.call("GET", f"/v1/command/{command_id}.xml")
        seen.append((state_of(reply), int(command_of(reply).findtext("progress/value") or "-1")))
    states, progress = [state for state, _ in seen], [value for _, value in seen]
    assert list(dict.fromkeys(states)) == ["setup", "in_progress", "successful"]
    assert progress == sorted(progress)
    assert (progress[0], progress[-1], len(set(progress)) > 2) == (0, 100, True)


def test_a_session_serves_one_default_import(api: CheckedApi):
    session = api.mock_session()
    first = command_of(api.submit(session)).attrib["id"]
    assert (api.submit(session).status, api.submit(session).exception) == (
        400,
        "DefaultImportAlreadyExecuted",
    )
    assert state_of(api.poll(first)) == "successful"
    assert api.submit(session).exception == "DefaultImportAlreadyExecuted"


def test_a_failed_import_was_the_sessions_one_import_too(api: CheckedApi):
    session = api.mock_session("test-down")
    assert failure_of(api.finished(session)) == "ServiceTemporarilyUnavailable"
    assert api.submit(session).exception == "DefaultImportAlreadyExecuted"


def test_an_owners_id_made_by_us_gives_way_to_the_one_in_the_command(api: CheckedApi):
    made = api.call("POST", "/v1/mock-session.xml")
    assert re.fullmatch(r"kontomatik-[0-9a-f-]{36}", owner_of(made) or "")
    session = made.xml.find("session")
    assert session is not None
    pair = (session.attrib["id"], session.attrib["signature"])
    accepted = api.submit(pair, ownerExternalId="adopted-1")
    assert owner_of(accepted) == "adopted-1"
    api.poll(command_of(accepted).attrib["id"])
    assert api.data("adopted-1").status == 200
    assert api.data(owner_of(made) or "").status == 404


def test_an_owners_id_the_client_gave_stays(api: CheckedApi):
    session = api.mock_session(ownerExternalId="loan-7781")
    accepted = api.submit(session, externalOwnerId="another-1")
    assert owner_of(accepted) == "loan-7781"
    api.poll(command_of(accepted).attrib["id"])
    assert (api.data("loan-7781").status, api.data("another-1").status) == (200, 404)


def test_results_stay_readable_after_the_session_ended(world: World, api: CheckedApi):
    session = api.mock_session()
    ended = api.finished(session)
    world.clock.advance(minutes=6)
    assert api.submit(session).exception == "InvalidSessionId"
    again = api.call("GET", f"/v1/command/{command_of(ended).attrib['id']}.xml")
    assert again.body.partition(b"<result>")[2] == ended.body.partition(b"<result>")[2]


def test_aggregated_data_is_what_was_imported(api: CheckedApi):
    ended = api.imported(since=HALF_A_YEAR, ownerExternalId="loan-7781")
    reply = api.data("loan-7781")
    owner = reply.xml.find("owner")
    assert owner is not None
    assert (owner_of(reply), owner.attrib["externalId"]) == ("loan-7781", "loan-7781")
    assert owner.attrib["origin"] == "scraper"
    for name in ("createdAt", "updatedAt", "lastChange"):
        assert re.fullmatch(r"2026-03-02T12:00:00\.\d{6}Z", owner.attrib[name])
    (target,) = owner.findall("target")
    assert target.attrib == {
        "name": "KontoBankApi",
        "officialName": "KontoBank",
        "institution": "KontoBank",
    }
    assert [part.tag for part in target] == ["owners", "accounts", "creditCards", "deposits"]
    assert len(rows_of(reply)) == len(rows_of(ended)) == 72


def test_sign_out_is_refused_where_the_target_offers_none_and_the_session_stays(api: CheckedApi):
    session = api.mock_session()
    form = {"sessionId": session[0], "sessionIdSignature": session[1]}
    refused = api.call("POST", "/v1/command/sign-out.xml", form)
    assert (refused.status, refused.exception) == (400, "CommandNotAvailable")
    message = refused.xml.findtext("exception/message") or ""
    assert "SignOutCommand" in message
    assert "KontoBankApi" in message
    assert state_of(api.finished(session)) == "successful"


def test_several_imports_at_once_all_end(api: CheckedApi):
    accepted = [api.submit(api.mock_session(), since=HALF_A_YEAR) for _ in range(8)]
    ended = [api.poll(command_of(one).attrib["id"]) for one in accepted]
    assert {state_of(one) for one in ended} == {"successful"}
    assert {len(rows_of(one)) for one in ended} == {72}


def test_the_return_address_gets_the_redirections_id(api: CheckedApi):
    made = api.started(redirectUri=SHOP + "?order=7")
    assert sign_in(made["redirectionLink"]) == {
        "order": "7",
        "redirectionId": made["redirectionId"],
    }
