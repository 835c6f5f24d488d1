"""KontoBank as a Berlin Group bank: over HTTP, and every reply against the standard's schemas.

The specification is not in the repository: OPENSALDO_SHARED names the folder that holds it, else
../shared beside the checkout is tried; without it the tests of schemas are skipped.
"""

import asyncio
import base64
import http.client
import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import jsonschema_rs
import pytest

from kontobank.app import create_app
from kontobank.clock import Clock
from kontobank.people.countries import COUNTRIES
from opensaldo.connectors.http import Door
from tests.support import prism
from tests.support.bank import running_bank, walk
from tests.unit.kontobank.xs2a import Xs2a

pytestmark = pytest.mark.enable_socket

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SINCE = (NOW - timedelta(days=60)).date().isoformat()
BACK = "https://tpp.example.org/back?x=1"
OWNERS = {"allPsd2": "allAccountsWithOwnerName"}
ACCESS = {"accounts": [], "balances": [], "transactions": []}

# --- against the schemas


@pytest.fixture(scope="module")
def schemas():
    file = prism.specification_or_skip("berlin-group", "ngpsd2-1.3.12.api.json")
    return json.loads(file.read_text("utf-8"))["components"]


@pytest.fixture
def app(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "kontobank-conformance"
    return create_app(seed=1, data_dir=folder, clock=Clock(NOW))


def objections(schemas, name, answer):
    """What the standard's schema of this name objects to."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": schemas}
    validator = jsonschema_rs.Draft4Validator(schema, validate_formats=True)
    found = validator.iter_errors(answer.json)
    return [f"{name} {error.instance_path}: {error.message}" for error in found]


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_reply_conforms(app, schemas, country):
    bank = Xs2a(app, country)
    bad = []
    for login in ("test1", "test2", "test3", "test4", "bench-2x150"):
        created = bank.create(OWNERS)
        bad += objections(schemas, "consentsResponse-201", created)
        bank.sign_in(created, login)
        consent = created.json["consentId"]
        whole = bank.get(f"consents/{consent}")
        bad += objections(schemas, "consentInformationResponse-200_json", whole)
        accounts = bank.get("accounts?withBalance=true", consent)
        bad += objections(schemas, "accountList", accounts)
        for account in accounts.json["accounts"]:
            path = f"accounts/{account['resourceId']}"
            balances = bank.get(f"{path}/balances", consent)
            bad += objections(schemas, "readAccountBalanceResponse-200", balances)
            query = f"bookingStatus=all&dateFrom={SINCE}"
            rows = bank.get(f"{path}/transactions?{query}", consent)
            bad += objections(schemas, "transactionsResponse-200_json", rows)
        cards = bank.get("card-accounts", consent)
        bad += objections(schemas, "cardAccountList", cards)
        for card in cards.json["cardAccounts"]:
            path = f"card-accounts/{card['resourceId']}"
            balances = bank.get(f"{path}/balances", consent)
            bad += objections(schemas, "readCardAccountBalanceResponse-200", balances)
            query = f"bookingStatus=both&dateFrom={SINCE}"
            rows = bank.get(f"{path}/transactions?{query}", consent)
            bad += objections(schemas, "cardAccountsTransactionsResponse200", rows)
    assert bad == []
    assert {answer.status for answer in bank.answers} <= {200, 201}


def test_every_error_conforms(app, schemas):
    bank = Xs2a(app)
    consent = bank.connect()
    for answer in (
        bank.get("accounts"),
        bank.get("accounts", "none"),
        bank.get("accounts/none", consent),
        bank.get("consents/none"),
        bank.call("PUT", "consents", {}),
        bank.get("accounts", consent, headers={"Accept": "text/csv"}),
        *(bank.get("accounts", consent, attended=False) for _ in range(5)),
    ):
        if answer.status != 200:
            assert objections(schemas, f"Error{answer.status}_NG_AIS", answer) == []
    answer = bank.get("accounts/none", bank.connect("quirk-problem"))
    assert objections(schemas, "Error404_AIS", answer) == []


# --- over HTTP


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    with running_bank(tmp_path_factory.mktemp("berlin-group")) as found:
        yield found


@pytest.fixture(autouse=True)
def clean(request):
    yield
    if "bank" in request.fixturenames:
        request.getfixturevalue("bank").reset()


def call(bank, method, path, body=None, place="ro", **headers):
    sent = {"X-Request-ID": str(uuid.uuid4()), "PSU-IP-Address": "192.0.2.7", **headers}
    raw = None if body is None else json.dumps(body).encode()
    if raw is not None:
        sent["Content-Type"] = "application/json"
    target = path if path.startswith("/") else f"/berlin-group/{place}/v1/{path}"
    status, _, answer = prism.send(method, bank.url + target, sent, raw)
    return status, json.loads(answer) if answer.startswith(b"{") else answer


def create(bank, place="ro", **headers):
    body = {
        "access": ACCESS,
        "recurringIndicator": True,
        "validUntil": "9999-12-31",
        "frequencyPerDay": 4,
        "combinedServiceIndicator": False,
    }
    return call(bank, "POST", "consents", body, place, **{"TPP-Redirect-URI": BACK, **headers})


def connected(bank, login):
    _, answer = create(bank)

    async def run():
        async with Door() as door:
            return await walk(door, answer["_links"]["scaRedirect"]["href"], login)

    assert asyncio.run(run()) == {"x": "1"}
    return answer["consentId"]


def test_a_person_signs_in_and_is_read(bank):
    consent = connected(bank, "test3")
    status, shown = call(bank, "GET", "accounts", **{"Consent-ID": consent})
    assert status == 200
    for account in shown["accounts"]:
        link = f"{account['_links']['transactions']['href']}?bookingStatus=booked&dateFrom={SINCE}"
        assert call(bank, "GET", link, **{"Consent-ID": consent})[0] == 200
    bank.withdraw(consent)
    status, refused = call(bank, "GET", "accounts", **{"Consent-ID": consent})
    assert (status, refused["tppMessages"][0]["code"]) == (401, "CONSENT_INVALID")


def test_a_push_is_confirmed_in_real_time(bank):
    written = base64.urlsafe_b64encode(b'{"approaches": ["decoupled"]}').rstrip(b"=").decode()
    status, answer = create(bank, f"lt.{written}", **{"PSU-ID": "test1"})
    assert status == 201
    began = time.monotonic()
    while call(bank, "GET", answer["_links"]["status"]["href"])[1]["consentStatus"] == "received":
        assert time.monotonic() - began < 10
        time.sleep(0.2)
    assert time.monotonic() - began > 0.7


def test_connections_are_cut_on_demand(bank):
    consent = connected(bank, "test1")
    for kind, expected in (
        ("reset", (ConnectionResetError, http.client.RemoteDisconnected)),
        ("truncate", http.client.IncompleteRead),
    ):
        bank.plan(kind, path="getAccounts")
        with pytest.raises(expected):
            call(bank, "GET", "accounts", **{"Consent-ID": consent})
    bank.plan("html", path="getAccounts")
    assert call(bank, "GET", "accounts", **{"Consent-ID": consent})[1].startswith(b"<!doctype")
    assert call(bank, "GET", "accounts", **{"Consent-ID": consent})[0] == 200


def test_a_login_whose_connection_is_cut(bank):
    consent = connected(bank, "test-io")
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        call(bank, "GET", "accounts", **{"Consent-ID": consent})
