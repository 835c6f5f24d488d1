from decimal import Decimal
from urllib.parse import urljoin

import pytest

from kontobank.people.owners import QUIRK_LOGINS
from kontobank.quirks import XS2A_QUIRKS
from tests.unit.kontobank.xs2a import GLOBAL

QUERY = "bookingStatus=booked&dateFrom=2025-11-01"


@pytest.fixture
def read(bank):
    def answers(login):
        consent = bank.connect(login, GLOBAL)
        account = bank.accounts(consent)[0]
        path = f"accounts/{account['resourceId']}/transactions?{QUERY}"
        return account, bank.get(path, consent).json

    return answers


def test_every_quirk_has_its_login():
    assert set(XS2A_QUIRKS) <= set(QUIRK_LOGINS)


def test_links_can_be_missing(read):
    _, shown = read("quirk-no-links")
    assert set(shown["transactions"]["_links"]) == {"next"}


def test_amounts_can_be_numbers(read):
    _, shown = read("quirk-numbers")
    amounts = [row["transactionAmount"]["amount"] for row in shown["transactions"]["booked"]]
    assert {type(one) for one in amounts} == {float, str}
    assert all("." not in one for one in amounts if isinstance(one, str))


def test_what_is_absent_can_be_null(read):
    account, shown = read("quirk-nulls")
    assert account["details"] is None
    assert shown["balances"] is None
    assert shown["transactions"]["booked"][0]["mandateId"] is None
    assert shown["transactions"]["information"] == []


def test_numbers_can_be_masked(read):
    account, shown = read("quirk-masked")
    assert account["iban"].startswith("RO***")
    sides = [row.get("creditorAccount") for row in shown["transactions"]["booked"]]
    assert {} in sides


def test_ids_can_be_missing(read):
    _, shown = read("quirk-no-ids")
    names = {name for row in shown["transactions"]["booked"] for name in row}
    assert not names & {"transactionId", "entryReference"}


def test_titles_can_be_elsewhere(read):
    _, shown = read("quirk-details")
    names = {name for row in shown["transactions"]["booked"] for name in row}
    assert "remittanceInformationUnstructured" not in names
    assert names >= {"details", "additionalInformation", "remittanceInformationStructured"}


def test_amounts_can_lack_their_sign(read):
    account, shown = read("quirk-unsigned")
    for row in shown["transactions"]["booked"]:
        assert Decimal(row["transactionAmount"]["amount"]) >= 0
        assert account["iban"] in (row["creditorAccount"]["iban"], row["debtorAccount"]["iban"])


def test_rates_come_in_forms_of_their_own(read):
    _, shown = read("quirk-rates")
    assert {type(row["exchangeRate"]) for row in shown["transactions"]["booked"]} == {dict, list}


@pytest.mark.parametrize(
    ("login", "start"),
    [("quirk-query-links", "?"), ("quirk-absolute-links", "http://"), ("test2", "/berlin-group/")],
)
def test_the_next_page_is_written_in_three_ways(bank, read, login, start):
    consent = bank.connect(login, GLOBAL)
    path = f"/berlin-group/ro/v1/accounts/{bank.accounts(consent)[0]['resourceId']}/transactions"
    first = bank.get(f"{path}?{QUERY}", consent).json["transactions"]
    link = first["_links"]["next"]["href"]
    assert link.startswith(start)
    second = bank.get(urljoin(path, link).removeprefix("http://bank.test"), consent)
    assert second.json["transactions"]["booked"]
