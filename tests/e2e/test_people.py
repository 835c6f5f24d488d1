"""The mock bank's people: all countries, all plain logins, and the fault logins' own words."""

from __future__ import annotations

import pytest

from opensaldo.domain.client import Product
from tests.e2e.checked import HALF_A_YEAR, CheckedApi, rows_of, sign_in
from tests.e2e.fixtures import World
from tests.support.platform import command_of, failure_of, state_of

CURRENCY_OF_COUNTRY = {
    "pl": "PLN",
    "cz": "CZK",
    "es": "EUR",
    "pt": "EUR",
    "ro": "RON",
    "lt": "EUR",
    "lv": "EUR",
    "ee": "EUR",
}
REPEATED = {"pl", "cz"}
PERSON_FAULTS = {
    "test-blocked": "AccessBlocked",
    "test-locked": "AccessTemporarilyBlocked",
    "test-action": "ManualActionRequired",
    "test-mismatch": "TargetCredentialsMismatch",
    "test-method": "UnsupportedLoginMethod",
    "test-language": "UnsupportedLanguage",
    "test-level": "InsufficientIdentificationLevel",
}
COMMAND_FAULTS = {
    "test-io": ("error", "IO"),
    "test-maintenance": ("error", "ServiceMaintenance"),
    "test-down": ("error", "ServiceTemporarilyUnavailable"),
    "test-expired": ("error", "SessionExpired"),
    "test-fatal": ("fatal", "InternalError"),
}


@pytest.mark.parametrize("country", CURRENCY_OF_COUNTRY)
def test_a_mock_session_is_at_the_online_service_and_a_repeated_one_at_the_interface(
    world: World, country: str
):
    api = world.client(Product.MULTIPLE_ACCESS)
    suffix = "" if country == "pl" else f"_{country}"
    online = "KontoBankApi_ro" if country == "ro" else f"KontoBank{suffix}"
    assert opened_at(api, country=country) == online
    repeated = f"KontoBankApi{suffix}" if country in REPEATED else "InvalidTarget"
    assert opened_at(api, country=country, multipleAccess="true") == repeated


def opened_at(api: CheckedApi, **form: str) -> str:
    """The target of an import in a mock session; where there is none, why."""
    reply = api.call("POST", "/v1/mock-session.xml", form)
    session = reply.xml.find("session")
    if session is None:
        return reply.exception or ""
    ended = api.finished((session.attrib["id"], session.attrib["signature"]))
    assert state_of(ended) == "successful"
    return command_of(ended).attrib["target"]


@pytest.mark.parametrize("country", CURRENCY_OF_COUNTRY)
def test_every_country_has_its_mock_bank(api: CheckedApi, country: str):
    ended = api.imported(country=country, since=HALF_A_YEAR)
    suffix = "" if country == "pl" else f"_{country}"
    assert command_of(ended).attrib["target"] == f"KontoBankApi{suffix}"
    assert command_of(ended).attrib["institution"] == f"KontoBank{suffix}"
    (account,) = ended.xml.findall(".//result/accounts/account")
    assert account.findtext("currencyName") == CURRENCY_OF_COUNTRY[country]
    assert (account.findtext("iban") or "").startswith(country.upper())
    kinds = [owner.findtext("kind") for owner in ended.xml.findall(".//result/owners/owner")]
    assert kinds == ["OWNER", "CO_OWNER"] if country == "pl" else ["OWNER"]
    assert len(rows_of(ended)) > 20


@pytest.mark.parametrize("country", CURRENCY_OF_COUNTRY)
def test_every_country_signs_in_through_its_pages(api: CheckedApi, country: str):
    suffix = "" if country == "pl" else f"_{country}"
    made = api.started(target=f"KontoBankApi{suffix}", country=country, locale=country)
    sign_in(made["redirectionLink"])
    found = api.status(redirectionId=made["redirectionId"])
    assert (found["status"], found["params"]["target"]) == ("SUCCESS", f"KontoBankApi{suffix}")


def test_test_and_test1_are_one_person(api: CheckedApi):
    bodies = [api.imported(login).body.partition(b"<result>")[2] for login in ("test", "test1")]
    assert bodies[0] == bodies[1]


def test_test2_is_another_person_without_a_code(api: CheckedApi):
    ended = api.imported("test2", country="es", since=HALF_A_YEAR)
    (account,) = ended.xml.findall(".//result/accounts/account")
    assert account.findtext("currencyName") == "EUR"
    assert [owner.findtext("kind") for owner in account.iter("owner")] == ["OWNER"]


def test_test3_has_two_accounts_a_card_a_deposit_and_a_co_owner(api: CheckedApi):
    ended = api.imported("test3", since=HALF_A_YEAR, ownerExternalId="loan-7781")
    kinds = {owner.findtext("kind") for owner in ended.xml.findall(".//result/owners/owner")}
    assert kinds == {"OWNER", "CO_OWNER"}
    assert len(ended.xml.findall(".//result/accounts/account")) == 2
    assert len(ended.xml.findall(".//result/creditCards/creditCard")) == 1
    kept = api.data("loan-7781").xml.find("owner/target")
    assert kept is not None
    held = {part.tag: len(part) for part in kept}
    assert held == {"owners": 2, "accounts": 2, "creditCards": 1, "deposits": 1}


def test_test4_is_a_company(api: CheckedApi):
    ended = api.imported("test4", since=HALF_A_YEAR)
    (owner,) = ended.xml.findall(".//result/owners/owner")
    assert owner.findtext("kind") == "COMPANY"
    assert owner.findtext("polishNip")


@pytest.mark.parametrize(("login", "name"), PERSON_FAULTS.items())
def test_a_person_the_bank_refuses_is_named_by_the_mock_session(
    api: CheckedApi, login: str, name: str
):
    reply = api.call("POST", "/v1/mock-session.xml", {"login": login})
    assert (reply.status, reply.exception) == (400, name)


@pytest.mark.parametrize(("login", "name"), PERSON_FAULTS.items())
def test_a_person_the_bank_refuses_ends_the_redirection(api: CheckedApi, login: str, name: str):
    made = api.started()
    assert sign_in(made["redirectionLink"], login) == {"redirectionId": made["redirectionId"]}
    found = api.status(redirectionId=made["redirectionId"])
    assert (found["status"], found["params"]["exception"]) == ("ERROR", name)
    assert found["params"]["sessionId"] is None
    assert found["params"]["sessionIdSignature"] is None
    by_session = api.status(sessionId=made["sessionId"])
    assert by_session == {"sessionId": made["sessionId"], "status": "FAILED"}
    refused = api.submit((made["sessionId"], made["sessionIdSignature"]))
    assert (refused.status, refused.exception) == (400, "NotSignedIn")


@pytest.mark.parametrize(("login", "end"), COMMAND_FAULTS.items())
def test_a_fault_login_fails_in_the_command(api: CheckedApi, login: str, end: tuple[str, str]):
    ended = api.finished(api.mock_session(login, ownerExternalId=f"of-{login}"))
    assert (state_of(ended), failure_of(ended)) == end
    assert command_of(ended).find("result") is None
    assert api.data(f"of-{login}").status == 404


def test_a_corporate_person_ends_without_a_reason(api: CheckedApi):
    made = api.started()
    sign_in(made["redirectionLink"], "test-corporate")
    found = api.status(redirectionId=made["redirectionId"])
    assert found["status"] == "ERROR"
    assert found["params"]["exception"] == "ServiceTemporarilyUnavailable"


@pytest.mark.parametrize("login", ["nobody", "test5", "test-", "TEST1", "x" * 100, "ąę"])
def test_any_other_login_has_invalid_credentials(api: CheckedApi, login: str):
    reply = api.call("POST", "/v1/mock-session.xml", {"login": login})
    assert (reply.status, reply.exception) == (400, "InvalidCredentials")


def test_a_consent_that_dies_after_the_first_import_serves_that_one(world: World):
    api = world.client()
    assert state_of(api.imported("test-withdrawn")) == "successful"
