from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from kontobank.people.countries import COUNTRIES
from kontobank.world import world_of
from tests.unit.kontobank.test_mask import place
from tests.unit.kontobank.tpp import call_asgi
from tests.unit.kontobank.xs2a import BACK, GLOBAL, Xs2a, code

TODAY = date(2026, 11, 21)


def every_page(bank, consent, path, query):
    """All pages of a list, following the bank's own links."""
    answer = bank.get(f"{path}/transactions?{query}", consent)
    pages = []
    while True:
        assert answer.status == 200, answer.text
        report = answer.json.get("transactions") or answer.json["cardTransactions"]
        pages.append(report)
        if "next" not in report["_links"]:
            return pages
        answer = bank.get(report["_links"]["next"]["href"], consent)


@pytest.mark.parametrize("country", COUNTRIES)
def test_accounts_and_rows_are_those_of_the_world(app, country):
    bank = Xs2a(app, country)
    consent = bank.connect("test3", GLOBAL)
    world = world_of(1, country, "test3", TODAY)
    shown = bank.accounts(consent, attended=True)
    assert [one["iban"] for one in shown] == [
        one.number for one in world.accounts if one.type_code != "CARD"
    ]
    since = TODAY - timedelta(days=200)
    for account in shown:
        expected = world.account(account["iban"]).rows(since, TODAY)
        query = f"bookingStatus=booked&dateFrom={since}"
        pages = every_page(bank, consent, f"accounts/{account['resourceId']}", query)
        rows = [row for page in pages for row in page["booked"]]
        assert [row["transactionId"] for row in rows] == [row.item_id for row in expected[::-1]]
        signed = [Decimal(row["transactionAmount"]["amount"]) for row in rows]
        assert signed == [Decimal(row.minor) / 100 for row in expected[::-1]]


def test_the_other_side_is_named_by_the_direction(bank):
    consent = bank.connect("test2")
    name = bank.accounts(consent)[0]["resourceId"]
    rows = bank.rows(consent, name, "bookingStatus=booked&dateFrom=2026-11-01").json
    for row in rows["transactions"]["booked"]:
        own = "creditor" if Decimal(row["transactionAmount"]["amount"]) > 0 else "debtor"
        assert row[f"{own}Account"]["iban"] == rows["account"]["iban"]


def test_balances_are_the_worlds(bank):
    consent = bank.connect("test2")
    account = bank.accounts(consent)[0]
    found = bank.get(account["_links"]["balances"]["href"], consent).json["balances"]
    world = world_of(1, "ro", "test2", TODAY).accounts[0]
    shown = {one["balanceType"]: Decimal(one["balanceAmount"]["amount"]) for one in found}
    assert shown == {
        "closingBooked": Decimal(world.balance_minor) / 100,
        "interimAvailable": Decimal(world.available_minor) / 100,
    }


def test_balances_come_with_the_account_when_asked_for(bank):
    consent = bank.connect()
    assert "balances" not in bank.accounts(consent)[0]
    assert len(bank.get("accounts?withBalance=true", consent).json["accounts"][0]["balances"]) == 2


def test_statuses_choose_the_lists(bank):
    consent = bank.connect("test2")
    name = bank.accounts(consent)[0]["resourceId"]
    found = {
        status: set(
            bank.rows(consent, name, f"bookingStatus={status}&dateFrom=2026-10-01").json[
                "transactions"
            ]
        )
        - {"_links"}
        for status in ("booked", "pending", "both", "information", "all")
    }
    assert found == {
        "booked": {"booked"},
        "pending": {"pending"},
        "both": {"booked", "pending"},
        "information": {"information"},
        "all": {"booked", "pending", "information"},
    }


def test_rows_on_their_way_have_no_booking_date_and_come_once(bank):
    consent = bank.connect("test2")
    name = bank.accounts(consent)[0]["resourceId"]
    pages = every_page(bank, consent, f"accounts/{name}", "bookingStatus=both&dateFrom=2026-01-01")
    assert len(pages) > 1
    assert [len(page["pending"]) for page in pages] == [2] + [0] * (len(pages) - 1)
    assert all("bookingDate" not in row for row in pages[0]["pending"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("dateFrom=2026-11-01", "FORMAT_ERROR"),
        ("bookingStatus=some&dateFrom=2026-11-01", "FORMAT_ERROR"),
        ("bookingStatus=booked", "FORMAT_ERROR"),
        ("bookingStatus=booked&dateFrom=yesterday", "FORMAT_ERROR"),
        ("bookingStatus=booked&dateFrom=2026-11-02&dateTo=2026-11-01", "PARAMETER_NOT_CONSISTENT"),
        ("bookingStatus=booked&dateFrom=2026-11-02&deltaList=true", "PARAMETER_NOT_SUPPORTED"),
        ("bookingStatus=booked&dateFrom=2026-11-01&page=x", "FORMAT_ERROR"),
        ("bookingStatus=booked&dateFrom=1999-01-01", "PERIOD_INVALID"),
    ],
)
def test_a_list_asked_for_wrongly_is_refused(bank, query, expected):
    consent = bank.connect()
    name = bank.accounts(consent)[0]["resourceId"]
    assert code(bank.rows(consent, name, query)) == (400, expected)


def test_a_page_of_one_list_is_none_of_another(bank):
    consent = bank.connect("bench-2x150", GLOBAL)
    first, second = (one["resourceId"] for one in bank.accounts(consent))
    query = "bookingStatus=booked&dateFrom=2026-09-01"
    link = bank.rows(consent, first, query).json["transactions"]["_links"]["next"]["href"]
    page = parse_qs(urlsplit(link).query)["page"][0]
    assert code(bank.rows(consent, second, f"{query}&page={page}")) == (400, "FORMAT_ERROR")


def test_some_banks_know_booked_rows_only(bank):
    consent = bank.connect("quirk-booked-only")
    name = bank.accounts(consent)[0]["resourceId"]
    for status in ("pending", "both"):
        answer = bank.rows(consent, name, f"bookingStatus={status}&dateFrom=2026-11-01")
        assert code(answer) == (400, "PARAMETER_NOT_SUPPORTED")
    assert bank.rows(consent, name, "bookingStatus=booked&dateFrom=2026-11-01").status == 200


def test_one_row_can_be_read_alone(bank):
    consent = bank.connect("test2")
    name = bank.accounts(consent)[0]["resourceId"]
    row = bank.rows(consent, name, "bookingStatus=booked&dateFrom=2026-11-01").json
    row = row["transactions"]["booked"][0]
    alone = bank.get(row["_links"]["transactionDetails"]["href"], consent).json
    assert alone["transactionsDetails"]["transactionDetails"] == {
        key: value for key, value in row.items() if key != "_links"
    }
    missing = bank.get(f"accounts/{name}/transactions/none", consent)
    assert code(missing) == (404, "RESOURCE_UNKNOWN")


def test_resource_ids_belong_to_one_consent(bank):
    first, second = (
        bank.connect("test1"),
        bank.connect("test1", recurringIndicator=False, frequencyPerDay=1),
    )
    one, other = (bank.accounts(name)[0] for name in (first, second))
    assert one["iban"] == other["iban"]
    assert one["resourceId"] != other["resourceId"]
    assert bank.accounts(first)[0]["resourceId"] == one["resourceId"]
    assert code(bank.get(f"accounts/{other['resourceId']}", first)) == (404, "RESOURCE_UNKNOWN")


# --- cards


def test_a_credit_card_and_a_debit_card_are_card_accounts(bank):
    consent = bank.connect("test3", {"allPsd2": "allAccountsWithOwnerName"})
    cards = bank.get("card-accounts", consent).json["cardAccounts"]
    assert [("creditLimit" in card) for card in cards] == [False, True]
    for card in cards:
        alone = bank.get(f"card-accounts/{card['resourceId']}", consent).json["cardAccount"]
        assert alone == card
        balances = bank.get(card["_links"]["balances"]["href"], consent).json["balances"]
        assert len(balances) == 2
        path = f"card-accounts/{card['resourceId']}"
        pages = every_page(bank, consent, path, "bookingStatus=booked&dateFrom=2026-06-01")
        rows = [row for page in pages for row in page["booked"]]
        assert rows
        assert all(row["maskedPAN"] == card["maskedPan"] for row in rows)


def test_people_without_cards_have_an_empty_list(bank):
    assert bank.get("card-accounts", bank.connect("test2")).json == {"cardAccounts": []}


def test_a_card_is_unknown_under_another_consent(bank):
    consent = bank.connect("test3")
    assert code(bank.get("card-accounts/none/balances", consent)) == (404, "RESOURCE_UNKNOWN")


# --- limits


def test_the_fifth_unattended_call_is_one_too_many(bank, clock):
    consent = bank.connect("bench-1x150", GLOBAL)
    name = bank.accounts(consent)[0]["resourceId"]
    query = "bookingStatus=booked&dateFrom=2026-09-01"
    for _ in range(4):
        page = bank.rows(consent, name, query, attended=False)
        assert page.status == 200
        link = page.json["transactions"]["_links"]["next"]["href"]
        assert bank.get(link, consent, attended=False).status == 200  # pages count once
    assert code(bank.rows(consent, name, query, attended=False)) == (429, "ACCESS_EXCEEDED")
    assert bank.rows(consent, name, query).status == 200  # the person is there
    assert bank.get(f"accounts/{name}/balances", consent, attended=False).status == 200
    clock.advance(86_400)
    assert bank.rows(consent, name, query, attended=False).status == 200


def test_a_mask_says_how_many_calls_a_day(bank):
    masked = Xs2a(bank.app, place("ro", calls_per_day=1))
    consent = masked.connect()
    assert masked.get("accounts", consent, attended=False).status == 200
    assert masked.get("accounts", consent, attended=False).status == 429


def history(bank, consent, days):
    name = bank.accounts(consent)[0]["resourceId"]
    since = TODAY - timedelta(days=days)
    return bank.rows(consent, name, f"bookingStatus=booked&dateFrom={since}")


def test_long_after_sca_only_the_last_days_can_be_read(bank, clock):
    consent = bank.connect()
    assert history(bank, consent, 1_460).status == 200
    clock.advance(15 * 60 + 1)
    assert history(bank, consent, 90).status == 200
    assert code(history(bank, consent, 91)) == (400, "PERIOD_INVALID")


@pytest.mark.parametrize(
    ("days", "before", "after"), [(89, 200, 200), (91, 400, 200), (400, 400, 200), (800, 400, 400)]
)
def test_some_banks_want_a_second_sca_for_what_is_older(app, days, before, after):
    bank = Xs2a(app, place("lt", history_extra_sca=True, history_days_initial=730))
    consent = bank.connect()
    assert history(bank, consent, days).status == before
    again = bank.call(
        "POST", f"consents/{consent}/authorisations", {}, headers={"TPP-Redirect-URI": BACK}
    )
    bank.sign_in(again, "test1")
    assert bank.status(consent) == "valid"
    assert history(bank, consent, days).status == after


# --- faults


def test_faults_of_logins_meet_data_calls(bank):
    answer = bank.get("accounts", bank.connect("test-maintenance"))
    assert code(answer) == (503, "MAINTENANCE")
    assert answer.headers["retry-after"] == "120"
    assert code(bank.get("accounts", bank.connect("test-down"))) == (503, "SERVICE_UNAVAILABLE")
    assert code(bank.get("accounts", bank.connect("test-expired"))) == (401, "CONSENT_EXPIRED")


def test_a_consent_dies_after_the_first_import_of_one_login(bank):
    consent = bank.connect("test-withdrawn")
    name = bank.accounts(consent)[0]["resourceId"]
    assert bank.rows(consent, name, "bookingStatus=booked&dateFrom=2026-11-01").status == 200
    assert code(bank.get("accounts", consent)) == (401, "CONSENT_INVALID")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("status", (500, "INJECTED")), ("withdrawn", (401, "CONSENT_INVALID"))],
)
def test_planned_faults_meet_their_call(bank, clock, kind, expected):
    consent = bank.connect()
    plan = f'{{"kind": "{kind}", "path": "getAccounts"}}'.encode()
    call_asgi(bank.app, "POST", "/switchboard/faults", {}, plan)
    assert code(bank.get("accounts", consent)) == expected
    assert bank.status(consent) == "valid", "calls under way at the same instant are served"
    clock.advance(1)
    assert bank.status(consent) == ("revokedByPsu" if kind == "withdrawn" else "valid")


@pytest.mark.parametrize("kind", ["html", "nonsense", "hostile_text", "no_next_page", "loop_pages"])
def test_planned_distortions_are_still_answers(bank, kind):
    consent = bank.connect("bench-1x150", GLOBAL)
    name = bank.accounts(consent)[0]["resourceId"]
    call_asgi(bank.app, "POST", "/switchboard/faults", {}, f'{{"kind": "{kind}"}}'.encode())
    answer = bank.rows(consent, name, "bookingStatus=booked&dateFrom=2026-09-01")
    assert answer.status == 200
    if kind == "loop_pages":
        link = answer.json["transactions"]["_links"]["next"]["href"]
        assert bank.get(link, consent).json["transactions"]["booked"]
    if kind == "no_next_page":
        assert "next" not in answer.json["transactions"]["_links"]


def test_the_journal_knows_every_call(bank):
    consent = bank.connect()
    name = bank.accounts(consent)[0]["resourceId"]
    bank.rows(consent, name, "bookingStatus=booked&dateFrom=2026-11-01", attended=False)
    rows = call_asgi(bank.app, "GET", "/switchboard/log", {}).json["rows"]
    assert [row["endpoint"] for row in rows] == ["createConsent", "getAccounts", "getTransactions"]
    assert [row["attended"] for row in rows] == [True, True, False]
    assert rows[2]["consentId"] == consent
    ledger = call_asgi(bank.app, "GET", "/switchboard/ledger", {}).json["rows"]
    assert [(row["endpoint"], row["count"]) for row in ledger] == [("getTransactions", 1)]


def test_errors_can_come_by_rfc_7807(bank):
    consent = bank.connect("quirk-problem")
    answer = bank.get("accounts/none", consent)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status, answer.json["code"]) == (404, "RESOURCE_UNKNOWN")
