"""KontoBank against the official NextGenPSD2 1.3.12 file, with Prism as the judge between.

Skipped with a reason where Prism (OPENSALDO_PRISM or the PATH) or the specification is missing.
"""

import asyncio
import base64
import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from opensaldo.connectors.certificates import make_seal
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.berlin_group.dialects import BERLIN_GROUP
from opensaldo.connectors.protocols.berlin_group.flow import BerlinGroup
from opensaldo.connectors.road import ConsentModel
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from opensaldo.domain.target import AccountType, Interface, Target
from tests.support import prism
from tests.support.bank import PSU, Road, running_bank, walk

pytestmark = pytest.mark.enable_socket

BACK = "https://tpp.example.org/back"
OFFERED = {"accounts": [], "balances": [], "transactions": []}
SINCE = (date.today() - timedelta(days=60)).isoformat()  # noqa: DTZ011
OWNERS = {"allPsd2": "allAccountsWithOwnerName"}


def place(country, **members):
    written = base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()
    return f"{country}.{written}"


@dataclass
class Judged:
    """A third party behind the judge."""

    url: str
    bank: object
    place: str = "ro"
    problems: list[str] = field(default_factory=list)
    seen: set[tuple[str, int]] = field(default_factory=set)

    def call(self, method, path, body=None, consent=None, attended=True, **headers):
        target = path if path.startswith("/") else f"/berlin-group/{self.place}/v1/{path}"
        sent = {"X-Request-ID": str(uuid.uuid4()), "Accept": "application/json", **headers}
        if attended:
            sent["PSU-IP-Address"] = "192.0.2.7"
        if consent:
            sent["Consent-ID"] = consent
        raw = None if body is None else json.dumps(body).encode()
        if raw is not None:
            sent["Content-Type"] = "application/json"
        status, found, answer = prism.send(method, self.url + target, sent, raw)
        self.problems += [
            f"{method} {path}: {one}" for one in prism.violations(status, found, answer)
        ]
        self.seen.add((f"{method} {path.split('?')[0].split('/')[-1]}", status))
        return json.loads(answer) if answer else {}

    def create(self, access=None, **headers):
        body = {
            "access": OFFERED if access is None else access,
            "recurringIndicator": True,
            "validUntil": "9999-12-31",
            "frequencyPerDay": 4,
            "combinedServiceIndicator": False,
        }
        sent = {"TPP-Redirect-URI": BACK, **headers}
        return self.call("POST", "consents", body, **sent)

    def sign_in(self, answer, login):
        async def run():
            async with Door() as door:
                return await walk(door, answer["_links"]["scaRedirect"]["href"], login)

        return asyncio.run(run())

    def connect(self, login, access=None):
        answer = self.create(access)
        self.sign_in(answer, login)
        return answer["consentId"]

    def link(self, answer, name, method="GET", body=None, **more):
        return self.call(method, answer["_links"][name]["href"], body, **more)


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    prism.prism_or_skip()
    file = prism.specification_or_skip("berlin-group", "ngpsd2-1.3.12.api.json")
    document = prism.any_address(prism.any_of(json.loads(file.read_text("utf-8"))))
    folder = tmp_path_factory.mktemp("prism")
    with (
        running_bank(folder / "bank") as bank,
        prism.judged_by(prism.below(document, "/berlin-group/{place}"), bank.url, folder) as url,
    ):
        yield url, bank


@pytest.fixture
def judged(judge):
    url, bank = judge
    bank.reset()
    found = Judged(url, bank)
    yield found
    assert found.problems == []


def test_the_judge_judges(judge):
    """An answer that is none is objected to, so silence means something."""
    url, bank = judge
    bank.reset()
    party = Judged(url, bank)
    consent = party.connect("test1")
    bank.plan("nonsense", path="getAccounts")
    party.call("GET", "accounts", consent=consent)
    assert "Response body must have required property" in party.problems.pop()
    party.problems.clear()
    party.call("GET", "accounts")
    assert "consent-id" in party.problems.pop()


@pytest.mark.parametrize("login", ["test1", "test2", "test3", "test4", "bench-2x150"])
def test_redirect_and_every_data_call(judged, login):
    answer = judged.create(OWNERS)
    judged.link(answer, "self")
    judged.link(answer, "scaStatus")
    judged.sign_in(answer, login)
    consent = answer["consentId"]
    for name in ("self", "status", "scaStatus"):
        judged.link(answer, name)
    judged.call("GET", f"consents/{consent}/authorisations")
    for account in judged.call("GET", "accounts?withBalance=true", consent=consent)["accounts"]:
        name = account["resourceId"]
        judged.call("GET", f"accounts/{name}", consent=consent)
        judged.call("GET", f"accounts/{name}/balances", consent=consent)
        read_rows(judged, consent, f"accounts/{name}", ("booked", "both", "all", "information"))
    for card in judged.call("GET", "card-accounts", consent=consent)["cardAccounts"]:
        name = card["resourceId"]
        judged.call("GET", f"card-accounts/{name}", consent=consent)
        judged.call("GET", f"card-accounts/{name}/balances", consent=consent)
        read_rows(judged, consent, f"card-accounts/{name}", ("booked", "pending", "both"))
    judged.call("DELETE", f"consents/{consent}")
    assert {status for _, status in judged.seen} == {200, 201, 204}


def read_rows(judged, consent, path, statuses):
    for status in statuses:
        query = f"bookingStatus={status}&dateFrom={SINCE}"
        shown = judged.call("GET", f"{path}/transactions?{query}", consent=consent)
        report = shown.get("transactions") or shown["cardTransactions"]
        if "next" in report["_links"]:
            judged.call("GET", report["_links"]["next"]["href"], consent=consent)
        for row in report.get("booked", [])[:1]:
            if "_links" in row:
                judged.link(row, "transactionDetails", consent=consent)


@pytest.mark.parametrize(
    "access",
    [
        {"allPsd2": "allAccounts"},
        {"availableAccounts": "allAccounts"},
        {"availableAccountsWithBalance": "allAccountsWithOwnerName"},
        {**OFFERED, "additionalInformation": {"ownerName": []}},
    ],
)
def test_every_form_of_access(judged, access):
    answer = judged.create(access)
    judged.sign_in(answer, "test3")
    judged.link(answer, "self")
    judged.call("GET", "accounts", consent=answer["consentId"])


def test_detailed_access(judged):
    account = judged.call("GET", "accounts", consent=judged.connect("test3"))["accounts"][0]
    named = [{"iban": account["iban"], "currency": account["currency"]}]
    answer = judged.create({"accounts": named, "transactions": named})
    judged.sign_in(answer, "test3")
    judged.link(answer, "self")


def test_an_explicit_start(judged):
    answer = judged.create(**{"TPP-Explicit-Authorisation-Preferred": "true"})
    started = judged.link(answer, "startAuthorisation", "POST", {}, **{"TPP-Redirect-URI": BACK})
    judged.sign_in(started, "test-confirm")
    shown = judged.link(started, "scaStatus")
    assert shown["scaStatus"] == "unconfirmed"


def test_decoupled(judged):
    judged.place = place("lt", approaches=["decoupled"])
    answer = judged.create(**{"PSU-ID": "test1"})
    ends_at = time.monotonic() + 10
    while judged.link(answer, "scaStatus")["scaStatus"] == "started":
        assert time.monotonic() < ends_at
        time.sleep(0.3)
    assert judged.link(answer, "status")["consentStatus"] == "valid"


@pytest.mark.parametrize("login", ["test1", "test2", "test3", "test-photo", "test-confirm"])
def test_embedded(judged, login):
    judged.place = place("lv", approaches=["embedded"])
    answer = judged.create()
    right = {"psuData": {"password": "Test123"}}
    name = "startAuthorisationWithPsuAuthentication"
    step = judged.link(answer, name, "POST", right, **{"PSU-ID": login})
    if "selectAuthenticationMethod" in step["_links"]:
        chosen = {"authenticationMethodId": "chip"}
        step = judged.link(step, "selectAuthenticationMethod", "PUT", chosen)
    if "authoriseTransaction" in step["_links"]:
        typed = {"scaAuthenticationData": "Test123"}
        step = judged.link(step, "authoriseTransaction", "PUT", typed)
    if "confirmation" in step["_links"]:
        step = judged.link(step, "confirmation", "PUT", {"confirmationCode": "Test123"})
    assert judged.link(answer, "status")["consentStatus"] == "valid"


def test_oauth(judged):
    judged.place = place("ro", approaches=["oauth"], oauth="sca")
    answer = judged.create()
    assert "scaOAuth" in answer["_links"]
    judged.link(answer, "scaStatus")


def test_errors(judged):
    consent = judged.connect("test1")
    name = judged.call("GET", "accounts", consent=consent)["accounts"][0]["resourceId"]
    rows = f"accounts/{name}/transactions?bookingStatus=booked&dateFrom"
    judged.call("GET", f"{rows}=1999-01-01", consent=consent)
    judged.call("GET", f"accounts/{name}/transactions?bookingStatus=booked", consent=consent)
    judged.call("GET", "accounts/none", consent=consent)
    judged.call("GET", "accounts", consent="none")
    judged.call("GET", "consents/none")
    judged.call("GET", "accounts", consent=judged.create()["consentId"])
    judged.create({"allPsd2": "allAccounts", **OFFERED})
    for _ in range(5):
        judged.call("GET", "accounts", consent=consent, attended=False)
    judged.call("GET", "accounts/none", consent=judged.connect("quirk-problem"))
    judged.bank.plan("status", status=503)
    judged.call("GET", "accounts", consent=consent)
    answer = judged.create()
    judged.bank.withdraw(answer["consentId"])
    started = f"consents/{answer['consentId']}/authorisations"
    judged.call("POST", started, {}, **{"TPP-Redirect-URI": BACK})
    assert {status for _, status in judged.seen} >= {400, 401, 403, 404, 409, 429, 503}


# --- our own connector as the third party


def road(url, bank, where, work, **settings):
    """What the work gives on a connector whose bank is behind the judge."""
    clock = system_clock
    profile = Profile(
        bank="Judged_ro",
        country="ro",
        base_url=f"{url}/berlin-group/{where}",
        version="v1",
        history_days_initial=400,
        history_days_later=90,
        calls_at_once_max=4,
        **settings,
    )
    target = Target(
        name="Judged_ro",
        country="ro",
        institution="Judged_ro",
        official_name="Judged",
        official_url="https://example.org",
        interface=Interface.PSD2,
        protocol="berlin_group",
        account_types=(AccountType.INDIVIDUAL,),
        commands=("DefaultImportCommand",),
        credentials=("API_SETUP",),
    )

    async def run():
        async with Door() as door:
            seal = Seal(make_seal(clock()))
            connector = BerlinGroup(profile, BERLIN_GROUP, door=door, seal=seal, clock=clock)
            return await work(Road(bank, door, target, connector, clock))

    return asyncio.run(run())


@pytest.mark.parametrize("consent", list(ConsentModel)[1:])
@pytest.mark.parametrize("login", ["test1", "test3"])
def test_our_connector_reads_a_whole_bank(judge, login, consent):
    url, bank = judge
    bank.reset()

    async def work(road):
        access = await road.sign_in(login, repeated=True)
        rows = 0
        for psu in (PSU, None):
            for number in await road.connector.account_numbers(access, psu):
                await road.connector.account(access, number, psu)
                for name in road.connector.capabilities.lists:
                    pages = await road.pages(access, name, psu, number, date.fromisoformat(SINCE))
                    rows += sum(len(page.rows) for page in pages)
        await road.connector.revoke(access)
        return rows

    assert road(url, bank, "ro", work, consent=consent) > 20
    assert {row["status"] for row in bank.log()} <= {200, 201, 204, 303}
