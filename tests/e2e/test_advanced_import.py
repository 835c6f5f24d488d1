"""The advanced imports, each by itself and one after another, on both databases."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.e2e.checked import HALF_A_YEAR, CheckedApi, days_of, owner_of, rows_of
from tests.e2e.fixtures import DATABASES, World
from tests.support.platform import Reply, command_of, failure_of, state_of
from tests.support.xsd import XSI_LOCATION

LISTS = ("getTransactionsDone", "getTransactionsPending", "getHolds")
SIGN_IN = {"authorize", "token"}
SINCE = "2026-01-15"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def result_of(reply: Reply) -> Any:
    """What the successful command's result holds."""
    assert state_of(reply) == "successful", reply.body
    found = command_of(reply).find("result")
    assert found is not None
    return found


def calls_at(world: World, after: int = 0) -> Counter[str]:
    """The calls for data the bank has seen, after so many of all; a list's pages count once."""
    rows = [row for row in world.bank.log()[after:] if row["page"] == "first"]
    return Counter(row["endpoint"] for row in rows if row["endpoint"] not in SIGN_IN)


def told(element: Any) -> list[str]:
    """All texts inside, without the blanks between elements."""
    return [text for text in element.itertext() if text.strip()]


def ibans_of(reply: Reply) -> list[str]:
    return [account.findtext("iban") or "" for account in result_of(reply).iter("account")]


# --- what each one gives, and which calls it makes -------------------------------------------
def test_owners_are_read_with_one_call_an_account_and_nothing_else(world: World, api: CheckedApi):
    session = api.mock_session("test1", ownerExternalId="loan-7781")
    accepted = api.ordered(session, "import-owners")
    assert (accepted.status, owner_of(accepted)) == (202, "loan-7781")
    head = command_of(accepted).attrib
    assert (head["name"], head["state"]) == ("ImportOwnersDetailsCommand", "setup")
    ended = api.poll(head["id"])
    assert ended.xml.attrib[XSI_LOCATION].endswith("/schema/v1/import_owners.xsd")
    (owners,) = result_of(ended)
    assert [owner.findtext("kind") for owner in owners] == ["OWNER", "CO_OWNER"]
    whole = api.imported("test1").xml.find("command/result/owners")
    assert whole is not None
    assert [told(owner) for owner in owners] == [told(one) for one in whole]
    before = len(world.bank.log())
    api.done(api.mock_session("test3"), "import-owners")
    assert calls_at(world, before) == {"getAccount": 4}


def test_owners_at_a_czech_bank_take_no_call_beyond_the_sign_in(world: World, api: CheckedApi):
    session = api.mock_session("test1", country="cz")
    before = len(world.bank.log())
    (owners,) = result_of(api.done(session, "import-owners"))
    assert ([owner.findtext("kind") for owner in owners], world.bank.log()[before:]) == (
        ["OWNER"],
        [],
    )
    api.done(session, "import-accounts")
    assert len(world.bank.log()[before:]) == 1


def test_accounts_come_without_transactions_cards_and_deposits(world: World, api: CheckedApi):
    session = api.mock_session("test3")
    ended = api.done(session, "import-accounts", fast="false")
    (accounts,) = result_of(ended)
    assert (accounts.tag, len(accounts), rows_of(ended)) == ("accounts", 2, [])
    assert all(account.findtext("currencyBalance") for account in accounts)
    assert all(account.find("owners/owner") is not None for account in accounts)
    assert calls_at(world) == {"getAccount": 4}


def test_transactions_of_one_account_are_those_of_the_default_import(world: World, api: CheckedApi):
    whole = api.imported("test3", since=HALF_A_YEAR)
    session = api.mock_session("test3")
    first, second = ibans_of(api.done(session, "import-accounts"))
    before = len(world.bank.log())
    form = {"iban": " ".join([second[:4], second[4:]]).lower(), "since": HALF_A_YEAR}
    ended = api.done(session, "import-account-transactions", **form)
    (rows,) = result_of(ended)
    assert rows.tag == "moneyTransactions"
    (account,) = [one for one in whole.xml.iter("account") if one.findtext("iban") == second]
    expected = account.find("moneyTransactions")
    assert [told(row) for row in rows] == [told(row) for row in expected or ()]
    assert len(rows) > 0
    assert calls_at(world, before) == dict.fromkeys(LISTS, 1)
    assert {row["account"] for row in world.bank.log()[before:]} == {second[-4:]}
    assert first != second


def test_since_narrows_the_transactions_of_one_account(api: CheckedApi):
    session = api.mock_session("test2")
    (iban,) = ibans_of(api.done(session, "import-accounts"))
    narrow = api.done(session, "import-account-transactions", iban=iban, since=SINCE, fast="true")
    wide = api.done(session, "import-account-transactions", iban=iban, since=HALF_A_YEAR)
    assert days_of(narrow) == [day for day in days_of(wide) if day >= SINCE]
    assert len(days_of(wide)) > len(days_of(narrow)) > 0


def test_cards_and_one_cards_transactions(world: World, api: CheckedApi):
    session = api.mock_session("test3")
    ended = api.done(session, "import-credit-cards")
    (cards,) = result_of(ended)
    (card,) = cards
    assert (card.tag, rows_of(ended)) == ("creditCard", [])
    assert calls_at(world) == {"getAccount": 4}
    name = card.findtext("cardId") or card.findtext("number") or card.findtext("iban")
    for parameter in ("cardNumber", "cardId"):
        before = len(world.bank.log())
        form = {parameter: name, "since": HALF_A_YEAR}
        ended = api.done(session, "import-credit-card-transactions", **form)
        (rows,) = result_of(ended)
        assert rows.tag == "moneyTransactions"
        made = {row["account"] for row in world.bank.log()[before:]}
        assert made == {(card.findtext("iban") or "")[-4:]}


# --- one after another ------------------------------------------------------------------------
def test_commands_submitted_together_run_one_after_another(world: World, api: CheckedApi):
    session = api.mock_session("test3")
    names = ["import-accounts", "import-owners", "import-credit-cards"]
    world.bank.plan("slow", path="getAccount", delay_ms=600)
    accepted = [command_of(api.ordered(session, name)).attrib["id"] for name in names]
    second = api.call("GET", f"/v1/command/{accepted[1]}.xml")
    assert state_of(second) == "setup"
    assert {state_of(api.poll(one)) for one in accepted} == {"successful"}
    assert calls_at(world) == {"getAccount": 12}


def test_a_command_that_fails_lets_the_next_one_run(api: CheckedApi):
    session = api.mock_session("test-down")
    accepted = [
        command_of(api.ordered(session, name)).attrib["id"]
        for name in ("import-accounts", "import-owners")
    ]
    failures = [failure_of(api.poll(one)) for one in accepted]
    assert failures == ["ServiceTemporarilyUnavailable"] * 2


# --- the owner's data ---------------------------------------------------------------------------
def test_what_was_imported_in_parts_joins_to_what_one_import_reads(api: CheckedApi):
    api.imported("test3", since=HALF_A_YEAR, ownerExternalId="whole")
    session = api.mock_session("test3", ownerExternalId="parts")
    api.done(session, "import-owners")
    assert [part.tag for part in api.data("parts").xml.find(".//target") or ()] == [
        "owners",
        "accounts",
        "creditCards",
        "deposits",
    ]
    assert api.data("parts").xml.find(".//account") is None
    for iban in ibans_of(api.done(session, "import-accounts")):
        for _twice in range(2):
            api.done(session, "import-account-transactions", iban=iban, since=HALF_A_YEAR)
    api.done(session, "import-accounts")
    (card,) = result_of(api.done(session, "import-credit-cards")).iter("creditCard")
    form = {"cardNumber": card.findtext("iban") or "", "since": HALF_A_YEAR}
    api.done(session, "import-credit-card-transactions", **form)
    shown = [api.data(owner).xml.find(".//target") for owner in ("whole", "parts")]
    for name in ("owners", "accounts", "creditCards"):
        one, other = (target.find(name) for target in shown if target is not None)
        assert one is not None
        assert other is not None
        assert told(one) == told(other)


def test_the_json_dialect_of_a_poll_shows_what_the_command_read(api: CheckedApi):
    session = api.mock_session("test1", ownerExternalId="loan-7781")
    owners = command_of(api.done(session, "import-owners")).attrib["id"]
    accounts = api.done(session, "import-accounts")
    (iban,) = ibans_of(accounts)
    rows = api.done(session, "import-account-transactions", iban=iban, since=SINCE)

    def in_json(reply_id: str) -> Any:
        return api.call("GET", f"/v1/command/{reply_id}.xml", accept="application/json").json

    shown = in_json(owners)
    assert ("accounts" in shown, len(shown["owners"])) == (False, 2)
    shown = in_json(command_of(accounts).attrib["id"])
    assert ("owners" in shown, shown["accounts"][0]["transactions"]) == (False, [])
    shown = in_json(command_of(rows).attrib["id"])
    assert shown["accounts"][0]["number"] == iban
    assert len(shown["accounts"][0]["transactions"]) == len(rows_of(rows))
    assert shown["receipt"]["rows"] == len(rows_of(rows))
