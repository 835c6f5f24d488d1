"""The JSON dialect: the same paths as `ais-openapi.yml` says (wire contract, sections 1.2, 9.2)."""

from __future__ import annotations

import os
import time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from opensaldo.data import COUNTRIES
from tests.e2e.checked import HALF_A_YEAR, JSON, CheckedApi, rows_of, sign_in
from tests.e2e.fixtures import World
from tests.support.platform import Reply, command_of

ROOT = Path(__file__).parents[2]
CONTRACT = Path(os.environ.get("OPENSALDO_SHARED") or ROOT.parent / "shared") / "contract"
FILE = CONTRACT / "ais-openapi.yml"
IMPORT = "/v1/command/default-import.xml"

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason="ais-openapi.yml is not here (../shared or OPENSALDO_SHARED)"
)


@cache
def contract() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


def faults(body: Any, name: str) -> list[str]:
    """What the file's schema of this name has to say against a body."""
    components = contract()["components"]
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(body)]


def documented(name: str) -> set[str]:
    return set(contract()["components"]["schemas"][name]["properties"])


def in_json(api: CheckedApi, method: str, path: str, **more: Any) -> Reply:
    reply = api.call(method, path, accept=JSON, **more)
    assert reply.headers["content-type"] == JSON
    return reply


@pytest.fixture
def session(api: CheckedApi) -> dict[str, str]:
    reply = in_json(api, "POST", "/v1/mock-session.xml", form={"target": "KontoBankApi"})
    assert (reply.status, faults(reply.json, "MockSession")) == (200, [])
    made: dict[str, str] = reply.json
    assert set(made) == documented("MockSession")
    return made


def ended(api: CheckedApi, session: dict[str, str], **more: str) -> dict[str, Any]:
    """The result of an import made and polled in this dialect."""
    accepted = in_json(api, "POST", IMPORT, form={**session, **more})
    assert (accepted.status, faults(accepted.json, "CommandAccepted")) == (200, [])
    assert set(accepted.json) == {"id", "status"}
    assert accepted.json["status"] in {"QUEUED", "RUNNING"}
    api.poll(accepted.json["id"])
    polled = in_json(api, "GET", f"/v1/command/{accepted.json['id']}.xml")
    assert (polled.status, faults(polled.json, "CommandResult")) == (200, [])
    assert polled.headers["vary"] == "Accept"
    found: dict[str, Any] = polled.json
    return found


def test_a_whole_import_in_json_is_as_the_file_says(api: CheckedApi, session: dict[str, str]):
    result = ended(api, session, since=HALF_A_YEAR, ownerExternalId="loan-7781")
    assert (result["status"], result["target"]) == ("COMPLETED", "KontoBankApi")
    assert {owner["externalId"] for owner in result["owners"]} == {"loan-7781"}
    assert all(owner["nationalId"] for owner in result["owners"])
    (account,) = result["accounts"]
    assert set(account) - {"id"} <= documented("Account")
    assert len(account["transactions"]) == 72
    assert all(set(row) - {"id"} <= documented("Transaction") for row in account["transactions"])
    assert len({row["id"] for row in account["transactions"]} | {account["id"]}) == 73
    assert {type(row["amount"]) for row in account["transactions"]} <= {float, int}
    assert "null" not in str(result)


def test_both_dialects_tell_the_same(api: CheckedApi, session: dict[str, str]):
    result = ended(api, session, since=HALF_A_YEAR)
    xml = api.call("GET", f"/v1/command/{result['id']}.xml")
    account, told = xml.xml.find(".//account"), result["accounts"][0]
    assert account is not None
    assert told["number"] == account.findtext("iban")
    assert told["currency"] == account.findtext("currencyName")
    assert Decimal(str(told["balance"])) == Decimal(account.findtext("currencyBalance") or "")
    pairs = zip(told["transactions"], rows_of(xml), strict=True)
    for row, element in pairs:
        assert row["date"] == element.findtext("transactionOn")
        assert Decimal(str(row["amount"])) == Decimal(element.findtext("currencyAmount") or "")
        assert row.get("description") == element.findtext("title")
        assert row.get("counterpartyName") == element.findtext("party")
        assert row.get("counterpartyAccount") == element.findtext("partyIban")


@pytest.mark.parametrize(
    ("login", "name"),
    [("test-down", "ServiceTemporarilyUnavailable"), ("test-fatal", "InternalError")],
)
def test_a_failed_command_is_failed_with_its_exception(api: CheckedApi, login: str, name: str):
    pair = dict(zip(("sessionId", "sessionIdSignature"), api.mock_session(login), strict=True))
    result = ended(api, pair)
    assert (result["status"], result["exception"]["name"]) == ("FAILED", name)
    assert "accounts" not in result


def test_a_running_command_is_running(world: World, api: CheckedApi, session: dict[str, str]):
    world.bank.plan("slow", path="getHolds", delay_ms=500)
    accepted = in_json(api, "POST", IMPORT, form=session).json
    path = f"/v1/command/{accepted['id']}.xml"
    seen = set()
    while "COMPLETED" not in seen:
        body = in_json(api, "GET", path).json
        assert faults(body, "CommandResult") == []
        seen.add(body["status"])
        time.sleep(0.02)
    assert "RUNNING" in seen
    assert seen <= {"QUEUED", "RUNNING", "COMPLETED"}


def test_the_redirection_of_the_file_is_answered(api: CheckedApi):
    body = {"target": "KontoBankApi", "accessMode": "SINGLE", "redirectUrl": "https://a.example/"}
    assert faults(body, "RedirectionSignInRequest") == []
    made = api.call("POST", "/v1/signin/redirection", json_body=body)
    assert faults(made.json, "RedirectionSignInResponse") == []
    for expected in ("PENDING", "COMPLETED"):
        told = api.status(sessionId=made.json["sessionId"])
        assert faults(told, "RedirectionSignInStatus") == []
        assert told == {"sessionId": made.json["sessionId"], "status": expected}
        if expected == "PENDING":
            sign_in(made.json["redirectUrl"], until="https://a.example/")


def test_the_catalogue_of_the_file_is_answered(api: CheckedApi):
    reply = api.call("GET", "/v1/ais-catalog")
    assert faults(reply.json, "AisCatalog") == []
    listed = {target["id"]: target for target in reply.json["targets"]}
    assert listed["KontoBankApi"] == {
        "id": "KontoBankApi",
        "country": "PL",
        "name": "KontoBank",
        "accessModes": ["SINGLE", "MULTIPLE", "MIXED"],
    }
    one = api.call("GET", "/v1/ais-catalog", query={"country": "cz"}).json["targets"]
    assert {target["id"][-3:] for target in one} == {"_cz"}
    assert {"KontoBankApi_cz", "MBankApi_cz"} <= {target["id"] for target in one}


def test_the_xml_catalogue_lists_only_what_works(api: CheckedApi):
    reply = api.call("GET", "/v1/command-catalog.xml", query={"country": "pl", "favicons": "false"})
    found = {target.attrib["name"]: target for target in reply.xml.findall("targets/target")}
    assert found["PkoApi"].attrib["officialName"] == "PKO BP"
    target = found["KontoBankApi"]
    assert (target.attrib["country"], target.attrib["psd2"]) == ("pl", "true")
    names = [command.attrib["name"] for command in target.findall("commands/command")]
    assert names == [
        "DefaultImportCommand",
        "ImportOwnersDetailsCommand",
        "ImportAccountsCommand",
        "ImportAccountTransactionsCommand",
        "ImportCreditCardsCommand",
        "ImportCreditCardTransactionsCommand",
    ]
    kinds = [one.attrib["kind"] for one in target.findall(".//credentialMetadata")]
    assert (kinds, target.find("favicon")) == (["API_SETUP"], None)
    whole = api.call("GET", "/v1/command-catalog.xml").xml.findall("targets/target")
    assert {target.attrib["country"] for target in whole} == set(COUNTRIES)


def test_command_ids_are_strings_in_json(api: CheckedApi, session: dict[str, str]):
    accepted = in_json(api, "POST", IMPORT, form=session)
    assert isinstance(accepted.json["id"], str)
    assert isinstance(session["sessionId"], str)
    assert command_of(api.poll(accepted.json["id"])).attrib["id"] == accepted.json["id"]
