"""Lenient in form, strict in meaning: what becomes of PolishAPI's messages."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo import errors
from opensaldo.connectors import lenient
from opensaldo.connectors.protocols.polish_api import convert, messages
from opensaldo.connectors.protocols.polish_api.granted import granted
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.errors import BankAnsweredNonsense

ROW = {
    "itemId": "1",
    "amount": "12.30",
    "currency": "PLN",
    "transactionCategory": "DEBIT",
    "tradeDate": "2026-03-01T23:30:00.000",
    "bookingDate": "2026-03-02",
}
INFO = {"accountNumber": "PL61999000091099999999999999", "currency": "PLN"}


def page_of(*rows: dict[str, Any], text: str | None = None, **more: Any) -> Any:
    body = text or json.dumps({"transactions": [{**ROW, **row} for row in rows], **more})
    return convert.done_page(lenient.decode(body.encode(), messages.ListReply))


def row_of(**changes: Any) -> Transaction:
    row: Transaction = page_of(changes).rows[0]
    return row


def account_of(**changes: Any) -> Any:
    body = json.dumps({**INFO, **changes}).encode()
    return convert.account(lenient.decode(body, messages.AccountInfo, within="account"))


def refusal_of(**changes: Any) -> str:
    with pytest.raises(BankAnsweredNonsense) as caught:
        page_of({}, changes)
    return caught.value.path


# --- amounts and directions
def test_the_category_gives_the_sign():
    assert row_of(transactionCategory="DEBIT").amount == Decimal("-12.30")
    assert row_of(transactionCategory="CREDIT").amount == Decimal("12.30")


@pytest.mark.parametrize("written", ['"35"', "35", '"35.00"', "35.0", '" 35.00 "'])
def test_amounts_come_as_text_or_number_with_or_without_decimals(written: str):
    text = f'{{"transactions":[{{"amount":{written},"transactionCategory":"CREDIT"}}]}}'
    assert page_of(text=text).rows[0].amount == 35


def test_a_number_with_many_digits_stays_exact():
    text = '{"transactions":[{"amount":90071992547409.93,"transactionCategory":"CREDIT"}]}'
    assert page_of(text=text).rows[0].amount == Decimal("90071992547409.93")


@pytest.mark.parametrize(
    "amount", ["1,50", "1e3", "NaN", "Infinity", "-1.00", "", None, "1_0", "9" * 16, True, [], {}]
)
def test_what_is_no_unsigned_amount_is_named_by_its_place(amount: object):
    assert refusal_of(amount=amount) == "transactions[1].amount"


def test_zero_has_no_sign():
    assert str(row_of(amount="0.00", transactionCategory="DEBIT").amount) == "0.00"


@given(st.decimals(0, 10**13, places=2), st.booleans(), st.booleans())
def test_every_amount_survives_exactly(amount: Decimal, is_text: bool, is_debit: bool):
    written = f'"{amount:f}"' if is_text else f"{amount:f}"
    category = "DEBIT" if is_debit else "CREDIT"
    text = f'{{"transactions":[{{"amount":{written},"transactionCategory":"{category}"}}]}}'
    assert page_of(text=text).rows[0].amount == (-amount if is_debit else amount)


@given(st.text(max_size=20))
def test_any_text_is_an_amount_or_an_error_with_a_path(text: str):
    try:
        amount = row_of(amount=text).amount
    except BankAnsweredNonsense as refused:
        path = refused.path
    else:
        assert amount.is_finite()
        return
    assert path == "transactions[0].amount"


@pytest.mark.parametrize("category", [None, "", "deb", "OTHER"])
def test_a_booked_row_without_direction_is_nonsense(category: str | None):
    assert refusal_of(transactionCategory=category) == "transactions[1].transactionCategory"


def test_holds_are_debits_and_pending():
    body = b'{"holds":[{"itemId":"h","amount":5,"tradeDate":"2026-03-01","recipient":{"nameAddress":{"value":["Shop"]}}}]}'  # noqa: E501
    page = convert.holds_page(lenient.decode(body, messages.ListReply))
    assert page.rows[0].amount == -5
    assert page.rows[0].status is TransactionStatus.PENDING
    assert page.rows[0].party == "Shop"
    assert page.is_last


def test_pending_rows_may_lack_every_date():
    body = b'{"transactions":[{"amount":"5.00","transactionCategory":"CREDIT"}]}'
    row = convert.pending_page(lenient.decode(body, messages.ListReply)).rows[0]
    assert row.day is None
    assert row.amount == 5
    assert row.status is TransactionStatus.PENDING


# --- dates
@pytest.mark.parametrize(
    "written",
    ["2026-03-01", "2026-03-01T23:59:59", "2026-03-01T23:59:59.123Z", "2026-03-01T00:00:00+02:00"],
)
def test_the_day_is_the_one_the_bank_wrote(written: str):
    assert row_of(tradeDate=written).transaction_on == date(2026, 3, 1)


@pytest.mark.parametrize("written", ["31.02.2026", "2026-02-30", "20260230", "2026-03-01x", "soon"])
def test_what_is_no_date_is_named_by_its_place(written: str):
    assert refusal_of(bookingDate=written) == "transactions[1].bookingDate"


@given(st.dates())
def test_every_date_survives(day: date):
    assert row_of(tradeDate=day.isoformat()).transaction_on == day


# --- parties and texts
def side(name: str, number: str) -> dict[str, Any]:
    return {"accountNumber": number, "nameAddress": {"value": [name, "Street 1", "Town"]}}


def test_the_party_is_the_other_side():
    both = {"sender": side("Payer", "PL1"), "recipient": side("Payee", "PL 2")}
    paid = row_of(transactionCategory="DEBIT", **both)
    got = row_of(transactionCategory="CREDIT", **both)
    assert (paid.party, paid.party_iban) == ("Payee", "PL2")
    assert (got.party, got.party_iban) == ("Payer", "PL1")


@pytest.mark.parametrize(
    "empty",
    [None, {}, {"nameAddress": None}, {"nameAddress": {"value": None}}, {"accountNumber": ""}],
)
def test_an_empty_party_is_absent(empty: dict[str, Any] | None):
    row = row_of(recipient=empty)
    assert row.party is None
    assert row.party_iban is None


def test_a_masked_number_is_kept_as_text():
    assert row_of(recipient=side("X", "ES******3100")).party_iban == "ES******3100"


@pytest.mark.parametrize(("written", "kept"), [(" a ", "a"), ("  ", None), (None, None), (7, "7")])
def test_titles_are_none_when_blank(written: object, kept: str | None):
    assert row_of(description=written).title == kept


@pytest.mark.parametrize("item_id", [None, "x" * 200, "2026-03-01 12:00 /ABC ", 77])
def test_ids_are_opaque(item_id: object):
    kept = row_of(itemId=item_id).bank_id
    assert kept == (None if item_id is None else str(item_id).strip())


def test_unknown_members_and_nulls_are_ignored():
    row = row_of(executionDateTime="x", auxData={"a": "b"}, mcc=None, postTransactionBalance=None)
    assert row.balance is None


# --- currencies and pages
def test_the_page_says_its_currency():
    assert page_of({}, {"currency": None}).currency == "PLN"
    assert page_of({"currency": None}).currency is None
    assert page_of().currency is None


@pytest.mark.parametrize("currency", ["EUR", "czk", "zł"])
def test_rows_of_another_currency_are_nonsense(currency: str):
    assert refusal_of(currency=currency) == "transactions[1].currency"


@pytest.mark.parametrize("info", [None, {}, {"nextPage": None}, {"nextPage": ""}, {"other": 1}])
def test_a_missing_link_means_no_further_page(info: dict[str, Any] | None):
    assert page_of({}, pageInfo=info).is_last


def test_a_next_page_may_be_a_number():
    assert not page_of({}, pageInfo={"nextPage": 2}).is_last


def test_absent_lists_are_empty_pages():
    assert page_of(text="{}").rows == ()


# --- accounts
def test_an_account_has_its_balances_and_names():
    read = account_of(
        bookingBalance="-5.10",
        availableBalance=0,
        accountTypeName="ROR",
        accountNameClient=" Mine ",
    ).account
    assert (read.balance, read.available) == (Decimal("-5.10"), 0)
    assert (read.name, read.friendly_name) == ("ROR", "Mine")
    assert read.iban == INFO["accountNumber"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"accountNumber": None}, "account.accountNumber"),
        ({"currency": None}, "account.currency"),
        ({"currency": "zloty"}, "account.currency"),
        ({"bookingBalance": "a lot"}, "account.bookingBalance"),
        ({"availableBalance": {}}, "account.availableBalance"),
        ({"nameAddress": {"value": [["A"]]}}, "account.nameAddress.value[0]"),
    ],
)
def test_what_an_account_must_have(changes: dict[str, Any], path: str):
    with pytest.raises(BankAnsweredNonsense) as caught:
        account_of(**changes)
    assert caught.value.path == path


def test_the_owner_is_the_first_line_and_the_address_the_rest():
    reading = account_of(nameAddress={"value": [" ", "Jan Próbny", "Cicha 1", None, "00-001 X"]})
    assert reading.owners == (Owner(name="Jan Próbny", address="Cicha 1, 00-001 X"),)
    firm = account_of(nameAddress={"value": ["Firma"]}, accountHolderType="corporation")
    assert firm.owners == (Owner(name="Firma", kind=OwnerKind.COMPANY),)
    assert account_of().owners == ()


def test_card_and_deposit_accounts_are_told_by_their_code():
    card = account_of(accountType={"code": "card"}, bookingBalance="-1")
    assert card.card is not None
    assert card.card.balance == -1
    assert card.deposit is None
    deposit = account_of(accountType={"code": "DEPOSIT"}).deposit
    assert deposit is not None
    assert deposit.currency == "PLN"
    assert account_of(accountType={"code": None}).card is None


def test_account_numbers_are_each_named_once():
    body = b'{"accounts":[{"accountNumber":"A"},{"accountNumber":null},{"accountNumber":"A"}]}'
    reply = lenient.decode(body, messages.AccountsReply)
    assert convert.account_numbers(reply) == ("A",)
    assert convert.account_numbers(lenient.decode(b"{}", messages.AccountsReply)) == ()


# --- grants
def token_of(**members: Any) -> convert.Granted:
    body = json.dumps({"access_token": "t", "expires_in": "300", **members}).encode()
    return granted(lenient.decode(body, messages.TokenReply))


def test_a_grant_may_say_nothing_but_its_token():
    plain = token_of(scope_details=None)
    assert plain.expires_in_s == 300
    assert plain.account_numbers == ()
    assert (plain.valid_until, plain.history_days, plain.refresh_token) == (None, None, None)


def test_a_grant_names_accounts_history_and_end():
    done = "ais:getTransactionsDone"
    granted = token_of(
        expires_in=60,
        scope_details={
            "privilegeList": [
                {"accountNumber": "A", done: {"maxAllowedHistoryLong": 90}},
                {"accountNumber": "B", done: {"maxAllowedHistoryLong": 365}},
                {done: {}},
            ],
            "scopeTimeLimit": "2026-08-01T12:00:00+02:00",
        },
    )
    assert granted.account_numbers == ("A", "B")
    assert granted.history_days == 90
    assert granted.valid_until == datetime(2026, 8, 1, 10, tzinfo=UTC)
    assert granted.expires_in_s == 60


def test_a_time_limit_without_offset_is_utc():
    limit = token_of(scope_details={"scopeTimeLimit": "2026-08-01T12:00:00.000"}).valid_until
    assert limit == datetime(2026, 8, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"access_token": None}, "access_token"),
        ({"expires_in": None}, "expires_in"),
        ({"expires_in": "5 min"}, "expires_in"),
        ({"expires_in": -5}, "expires_in"),
        ({"scope_details": {"scopeTimeLimit": "never"}}, "scope_details.scopeTimeLimit"),
    ],
)
def test_what_a_grant_must_say(members: dict[str, Any], path: str):
    with pytest.raises(BankAnsweredNonsense) as caught:
        token_of(**members)
    assert caught.value.path == path


# --- messages
@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"<html>", "body"),
        (b"", "body"),
        (b"[]", "body"),
        (b"\xff\xfe", "body"),
        (b"[" * 5000, "body"),
        (b'{"transactions":[5]}', "transactions[0]"),
        (b'{"transactions":[{},{"tradeDate":[]}]}', "transactions[1].tradeDate"),
    ],
)
def test_what_is_no_message_names_its_place(body: bytes, path: str):
    with pytest.raises(BankAnsweredNonsense) as caught:
        lenient.decode(body, messages.ListReply)
    assert caught.value.path == path


def test_half_a_surrogate_pair_does_not_spoil_the_page():
    text = r'{"transactions":[{"amount":1,"transactionCategory":"CREDIT","description":"a\ud83d"}]}'
    assert page_of(text=text).rows[0].title == "a\ufffd"
    whole = r'{"code":"\ud83d\ude00 \\ud83d \udc00"}'
    assert lenient.decode(whole.encode(), messages.Reply).code == "\U0001f600 \\ud83d \ufffd"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_no_json_value_breaks_the_reading(value: object):
    body = json.dumps({"transactions": [dict.fromkeys(ROW, value)]}).encode()
    try:
        convert.done_page(lenient.decode(body, messages.ListReply))
    except BankAnsweredNonsense as refused:
        path = refused.path
    else:
        return
    assert path.startswith("transactions[0]")


# --- raw answers, as the tool for whoever adds a bank reads them
LISTED = {"accountNumber": "PL61****9999", "accountTypeName": "Konto", "psuRelations": []}


def raw(kind: str, answer: object) -> Any:
    return convert.CONVERT[kind](json.dumps(answer).encode())


def test_a_list_of_accounts_has_no_currency():
    (found,) = raw("accounts", {"responseHeader": {}, "accounts": [LISTED]})
    assert found.resource_id == "PL61****9999"
    assert (found.reading.account.name, found.reading.account.currency) == ("Konto", "XXX")


def test_one_account_has_balances():
    answer = {"account": {**INFO, "bookingBalance": 12.5, "availableBalance": "10.00"}}
    (found,) = raw("accounts", answer)
    assert found.reading.account.currency == "PLN"
    balances = raw("balances", answer)
    assert (balances.booked, balances.available) == (Decimal("12.5"), Decimal("10.00"))
    assert balances.currency == "PLN"
    assert [kind for kind, _ in balances.items] == ["bookingBalance", "availableBalance"]


def test_rows_of_any_list_are_told_apart():
    unbooked = {key: value for key, value in ROW.items() if key != "bookingDate"}
    rows = [
        ROW,
        unbooked,
        {**unbooked, "rejectionReason": "NO_FUNDS"},
        {**unbooked, "transactionStatus": {"code": "scheduled"}},
        {**unbooked, "transactionStatus": {"code": "cancelled"}},
    ]
    found = raw("transactions", {"transactions": rows, "pageInfo": {"nextPage": "2"}})
    assert [len(found.booked), len(found.pending), len(found.information)] == [1, 1, 3]
    assert (found.currency, found.next_page) == ("PLN", "2")
    held = raw("transactions", {"holds": [{"itemId": "1", "amount": "5.00"}]})
    assert held.pending[0].amount == Decimal("-5.00")


@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        ("accounts", {"code": "X", "message": "no"}, errors.BankUnavailable),
        ("accounts", {}, BankAnsweredNonsense),
        ("accounts", [], BankAnsweredNonsense),
        ("balances", {"accounts": [INFO, INFO]}, BankAnsweredNonsense),
        ("transactions", {"code": "X", "message": "no"}, errors.BankUnavailable),
        ("card_transactions", {"transactions": []}, errors.InvalidArgument),
    ],
)
def test_what_is_no_answer_has_a_named_error(kind: str, answer: object, expected: type[Exception]):
    with pytest.raises(expected):
        raw(kind, answer)
