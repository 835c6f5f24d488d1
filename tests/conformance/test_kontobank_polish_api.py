"""Every reply body of KontoBank's PolishAPI face against the standard's own Swagger files.

The files are not in the repository: OPENSALDO_SHARED names the folder that holds them, else
../shared beside the checkout is tried; without them the tests are skipped.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs
import pytest

from kontobank.app import create_app
from kontobank.clock import Clock
from kontobank.people.countries import COUNTRIES
from tests.unit.kontobank.tpp import Tpp, call_asgi, scope_details

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("OPENSALDO_SHARED", ROOT.parent / "shared"))
FILES = {
    "v2_1_1.1": SHARED / "banks" / "specs" / "polishapi" / "PolishAPI-ver2_1_1.yaml",
    "v2_1_2.1": SHARED / "banks" / "specs" / "polishapi" / "ZBP-polish-api-2_1_2-swagger.json",
}
DEFINITIONS = {
    "authorize": "AuthorizeResponse",
    "token": "TokenResponse",
    "getAccounts": "AccountsResponse",
    "getAccount": "AccountResponse",
    "getTransactionsDone": "TransactionsDoneInfoResponse",
    "getTransactionsPending": "TransactionPendingInfoResponse",
    "getTransactionsRejected": "TransactionRejectedInfoResponse",
    "getTransactionsCancelled": "TransactionsCancelledInfoResponse",
    "getTransactionsScheduled": "TransactionsScheduledInfoResponse",
    "getHolds": "HoldInfoResponse",
    "getTransactionDetail": "TransactionDetailResponse",
}
LISTS = [name for name in DEFINITIONS if name.startswith("getTransactions") or name == "getHolds"]
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture(scope="module", params=sorted(FILES))
def version(request):
    if not FILES[request.param].exists():
        pytest.skip(f"the standard's file {FILES[request.param].name} is not on this machine")
    return request.param


@pytest.fixture(scope="module")
def validators(version):
    document = yaml.safe_load(FILES[version].read_text("utf-8"))
    definitions = document["definitions"]

    def validator(name):
        schema = {"$ref": f"#/definitions/{name}", "definitions": definitions}
        return jsonschema_rs.Draft4Validator(schema, validate_formats=True)

    return {name: validator(name) for name in {*DEFINITIONS.values(), "Error"}}, document


@pytest.fixture
def app(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "kontobank-conformance"
    return create_app(seed=1, data_dir=folder, clock=Clock(NOW))


def errors(validators, endpoint, answer):
    if answer.status == 204:
        return [] if answer.body == b"" else ["204 with a body"]
    name = DEFINITIONS[endpoint] if answer.status == 200 else "Error"
    found = validators[0][name].iter_errors(answer.json)
    return [f"{endpoint} {answer.status}: {error.instance_path} {error.message}" for error in found]


def read_everything(tpp, login):
    token = tpp.connect(login, consent_id=f"consent-{login}-{tpp.country}")
    access = token["access_token"]
    tpp.data("getAccounts", access)
    for item in token["scope_details"]["privilegeList"]:
        number = item["accountNumber"]
        tpp.data("getAccount", access, accountNumber=number)
        for endpoint in LISTS:
            reply = tpp.data(endpoint, access, accountNumber=number, perPage=40).json
            page = reply["pageInfo"].get("nextPage")
            if page:
                tpp.data(endpoint, access, accountNumber=number, perPage=40, pageId=page)
            for row in reply.get("transactions", [])[:2]:
                body = {"accountNumber": number, "itemId": row["itemId"]}
                tpp.data("getTransactionDetail", access, **body)
    return token


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_reply_conforms(app, version, validators, country):
    tpp = Tpp(app, country=country, version=version)
    for login in ("test1", "test2", "test3", "test4", "bench-2x150"):
        read_everything(tpp, login)
    bad = [
        text for endpoint, answer in tpp.answers for text in errors(validators, endpoint, answer)
    ]
    assert {answer.status for _, answer in tpp.answers} == {200}
    assert bad == []


def test_every_error_conforms(app, version, validators):
    tpp = Tpp(app, version=version)
    token = tpp.connect("test2")
    access = token["access_token"]
    number = token["scope_details"]["privilegeList"][0]["accountNumber"]
    tpp.token_by_refresh(token["refresh_token"])
    tpp.authorize(scope="pis")
    tpp.authorize(history_days=0)
    tpp.data("getAccount", access, accountNumber="PL00")
    tpp.data("getAccount", "unknown", accountNumber=number)
    tpp.data("getTransactionsDone", access, accountNumber=number, pageId="x")
    tpp.post("accounts", "getAccounts", {}, token=access, method="PATCH")
    tpp.post("accounts", "getAccounts", {}, token=access, headers={"Accept-Charset": "x"})
    tpp.post("accounts", "getAccounts", {}, token=access, headers={"X-REQUEST-ID": "x"})
    for _ in range(5):
        tpp.data("getAccounts", access, attended=False)
    for status in (500, 503):
        fault = json.dumps({"kind": "status", "status": status}).encode()
        call_asgi(app, "POST", "/switchboard/faults", {}, fault)
        tpp.data("getAccounts", access)
    tpp.post("accounts", "deleteConsent", {"consentId": "consent-1"})
    found = {answer.status for _, answer in tpp.answers}
    assert found >= {204, 400, 401, 403, 405, 406, 422, 429, 500, 503}
    assert [text for name, answer in tpp.answers for text in errors(validators, name, answer)] == []


def test_the_third_partys_own_requests_conform(version, validators):
    details = validators[1]["definitions"]
    schema = {"$ref": "#/definitions/ScopeDetailsInput", "definitions": details}
    validator = jsonschema_rs.Draft4Validator(schema, validate_formats=True)
    assert validator.is_valid(scope_details("ais", "consent-1"))


def test_the_face_answers_every_account_and_authorisation_path(app, version, validators):
    tpp = Tpp(app, version=version)
    paths = [path for path in validators[1]["paths"] if "/accounts/" in path or "/auth/" in path]
    for path in paths:
        _, _, area, _, endpoint = path.split("/")
        if endpoint == "authorizeExt":  # EAT is not offered
            continue
        assert tpp.post(area, endpoint, {}, token="x").status != 404
