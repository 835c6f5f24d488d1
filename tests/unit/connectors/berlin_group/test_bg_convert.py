"""What Berlin Group banks really send becomes nouns or an error with a name and a place.

The numbers are those of the list of requirements for lenient parsing, one row each; every body
here is made up.
"""

import contextlib
import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.connectors.protocols.berlin_group.convert import (
    CONVERT,
    accounts,
    balances,
    transactions,
)
from opensaldo.domain.transaction import TransactionStatus
from opensaldo.errors import (
    AccessBlocked,
    BankAccessEnded,
    BankAnsweredNonsense,
    BankConsentWithdrawn,
    BankRateLimited,
    BankUnavailable,
    OpenSaldoError,
)

OWN = "RO49AAAA1B31007593840000"
OTHER = "RO09BCYP0000001234567890"


def written(value):
    return json.dumps(value).encode()


def row(amount="-12.50", **more):
    return {"transactionAmount": {"amount": amount, "currency": "RON"}, **more}


def booked(*rows, **more):
    return written({"account": {"iban": OWN}, "transactions": {"booked": list(rows)}, **more})


def only(body):
    (found,) = transactions(body).booked
    return found


def account(**more):
    return {"resourceId": "a-1", "iban": OWN, "currency": "RON", **more}


def balance(kind="closingBooked", amount="10.00", **more):
    inner = {"amount": amount, "currency": more.pop("currency", "RON")}
    return {"balanceType": kind, "balanceAmount": inner, **more}


# --- the list of requirements -------------------------------------------------------------------
@pytest.mark.parametrize("links", [{}, {"_links": {}}, {"_links": {"first": {"href": "/x"}}}])
def test_1_missing_links_mean_no_further_page(links):
    page = transactions(written({"transactions": {"booked": [row()], **links}}))
    assert page.next_link is None
    assert len(page.booked) == 1


@pytest.mark.parametrize("link", [{"href": "/v1/next?p=2"}, "/v1/next?p=2"])
def test_1_the_next_page_may_be_an_object_or_a_text(link):
    report = {"booked": [], "_links": {"next": link}}
    assert transactions(written({"transactions": report})).next_link == "/v1/next?p=2"


@pytest.mark.parametrize("kind", list(CONVERT))
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"tppMessages": [{"category": "ERROR", "code": "CONSENT_EXPIRED"}]}, BankConsentWithdrawn),
        ({"tppMessages": {"category": "ERROR", "code": "TOKEN_EXPIRED"}}, BankAccessEnded),
        ([{"category": "ERROR", "code": "ACCESS_EXCEEDED"}], BankRateLimited),
        ({"type": "about:blank", "title": "No", "code": "CONSENT_INVALID"}, BankConsentWithdrawn),
        ({"title": "No", "additionalErrors": [{"code": "SERVICE_BLOCKED"}]}, AccessBlocked),
        ({"title": "Something", "status": 429}, BankRateLimited),
        ({"error": "invalid_token", "error_description": "x"}, BankAccessEnded),
        ({"httpCode": "401", "httpMessage": "Unauthorized"}, BankAccessEnded),
        ({"tppMessages": [{"category": "ERROR", "code": "SOMETHING_ELSE"}]}, BankUnavailable),
        ({}, BankAnsweredNonsense),
        ([], BankAnsweredNonsense),
        ("text", BankAnsweredNonsense),
        (None, BankAnsweredNonsense),
    ],
)
def test_2_an_error_or_an_empty_answer_is_never_an_empty_list(kind, body, error):
    with pytest.raises(error):
        CONVERT[kind](written(body))


@pytest.mark.parametrize("kind", list(CONVERT))
@pytest.mark.parametrize("body", [b"", b"  ", b"<html>Sorry</html>", b'{"accounts": [', b"\xff"])
def test_2_what_is_no_json_is_an_error_that_says_so(kind, body):
    with pytest.raises(BankAnsweredNonsense, match=r"body: expected JSON"):
        CONVERT[kind](body)


def test_2_an_error_beside_an_empty_list_is_an_error():
    messages = [{"category": "ERROR", "code": "ACCESS_EXCEEDED"}]
    with pytest.raises(BankRateLimited):
        accounts(written({"accounts": [], "tppMessages": messages}))


def test_2_a_warning_beside_data_is_no_error():
    messages = [{"category": "WARNING", "code": "WARNING"}]
    assert accounts(written({"accounts": [account()], "tppMessages": messages}))
    assert accounts(written({"accounts": []})) == ()


@pytest.mark.parametrize(
    ("amount", "read"),
    [
        ("35", "35.00"),
        ("-0.10", "-0.10"),
        ("1234,5", "1234.50"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1.234.567", "1234567.00"),
        ("+7.1", "7.10"),
        ("9.99-", "-9.99"),
        ("\u22125.00", "-5.00"),
        ("0E-8", "0.00"),
        ("1E+2", "100.00"),
        ("0.125", "0.125"),
    ],
)
def test_3_amounts_in_text_are_read_exactly(amount, read):
    found = only(booked(row(amount, creditDebitIndicator=None)))
    assert found.amount == Decimal(read)
    assert str(found.amount) == read


@pytest.mark.parametrize(
    ("number", "read"),
    [("150.02", "150.02"), ("-35", "-35.00"), ("1e2", "100.00"), ("0.30000000000000004", "0.30")],
)
def test_3_amounts_as_numbers_never_pass_through_a_float(number, read):
    body = booked(row("§")).replace(b'"\\u00a7"', number.encode())
    assert str(only(body).amount) == read


@pytest.mark.parametrize("amount", ["1,234", "x", "1.2.3", "NaN", "1" * 16, "", "--1", "1e99"])
def test_3_what_is_no_amount_is_refused_with_its_place(amount):
    with pytest.raises(BankAnsweredNonsense, match=r"transactions\.booked\[0\]\.transactionAmount"):
        transactions(booked(row(amount)))


def test_3_decimals_come_from_the_currency():
    body = written({"balances": [balance(amount="100.00", currency="JPY")]})
    assert str(balances(body).booked) == "100"


def test_4_null_is_absent_and_unknown_members_are_ignored():
    nothing = dict.fromkeys(
        ("entryReference", "creditorName", "creditorAccount", "valueDate", "currencyExchange")
    )
    links = {"nextPage": {"href": "/x"}, "firstPage": {"href": "/y"}, "viewAccount": {"href": "/z"}}
    page = transactions(
        written(
            {
                "account": {"iban": OWN, "bban": None},
                "transactions": {
                    "booked": [row(transactionId="t", **nothing)],
                    "pending": None,
                    "_links": links,
                },
                "balances": None,
                "_links": None,
            }
        )
    )
    assert page.next_link is None
    assert page.pending == ()
    assert page.booked[0].party is None


def test_4_booked_may_be_null():
    body = written({"transactions": {"booked": None, "pending": [row()]}})
    assert transactions(body).booked == ()
    assert len(transactions(body).pending) == 1


def test_4_information_is_kept_apart():
    report = {"booked": [row("-1.00")], "information": [row("-99.00"), {"transactionId": "o"}]}
    page = transactions(written({"transactions": report}))
    assert [one.amount for one in page.booked] == [Decimal("-1.00")]
    assert page.pending == ()
    assert [one.amount for one in page.information] == [Decimal("-99.00")]


def test_5_ids_are_opaque():
    ids = [" 2026-11-02 10.15.33  77", "ü" * 80, 4711]
    found = transactions(booked(*(row(transactionId=one) for one in ids))).booked
    assert [one.bank_id for one in found] == ["2026-11-02 10.15.33  77", "ü" * 80, "4711"]
    assert only(booked(row(entryReference="e-1"))).bank_id == "e-1"


def test_5_a_missing_id_is_computed_the_same_at_every_reading_and_told_apart():
    same = row(bookingDate="2026-01-02", remittanceInformationUnstructured="Rent")
    first = [one.bank_id for one in transactions(booked(same, same, row("-3.00"))).booked]
    assert first == [one.bank_id for one in transactions(booked(same, same, row("-3"))).booked]
    assert len(set(first)) == 3


def test_6_a_masked_number_stays_text_and_an_empty_object_is_absent():
    masked = "ES******************3100"
    found = only(booked(row(creditorAccount={"iban": masked}, debtorAccount={})))
    assert found.party_iban == masked
    assert accounts(written({"accounts": [account(iban=masked)]}))[0].reading.account.iban == masked


@pytest.mark.parametrize(
    "texts",
    [
        {"remittanceInformationUnstructured": "Rent 11"},
        {"remittanceInformationUnstructured": " ", "details": "Rent 11"},
        {"remittanceInformationUnstructuredArray": ["Rent", "11"]},
        {"remittanceInformationStructured": "Rent 11"},
        {"remittanceInformationStructured": {"reference": "Rent 11", "referenceType": "SCOR"}},
        {"remittanceInformationStructuredArray": [{"reference": "Rent"}, {"reference": "11"}]},
        {"additionalInformation": "Rent 11"},
        {"transactionDetails": "Rent 11"},
        {"entryDetails": [{"remittanceInformationUnstructured": "Rent 11"}]},
        {"remittanceInformationUnstructured": {"content": "Rent 11"}},
    ],
)
def test_7_the_title_is_found_where_banks_put_it(texts):
    assert only(booked(row(**texts))).title == "Rent 11"


def test_8_a_break_in_a_text_is_a_blank():
    text = "Naam: Ion<br>Ref: 1<BR/>\r\nx"
    assert only(booked(row(remittanceInformationUnstructured=text))).title == "Naam: Ion Ref: 1 x"


@pytest.mark.parametrize(
    "exchange",
    [
        {"sourceCurrency": "EUR", "exchangeRate": "4.97"},
        [{"sourceCurrency": {"CurrencyCode": "EUR"}, "exchangeRate": 4.97}],
        "4.97",
    ],
)
@pytest.mark.parametrize("name", ["currencyExchange", "exchangeRate"])
def test_9_an_exchange_of_any_form_does_not_disturb(name, exchange):
    assert only(booked(row(**{name: exchange}))).amount == Decimal("-12.50")


def test_9_a_currency_may_be_wrapped():
    amount = {"amount": "-1.00", "currency": {"CurrencyCode": "RON"}}
    assert transactions(booked({"transactionAmount": amount})).currency == "RON"


def test_10_extra_members_are_ignored():
    extra = {
        "executionDateTime": "2026-01-01T10:00:00",
        "paymentId": {"a": [1]},
        "theirReference": 1,
    }
    assert only(booked(row(bookingDate="2026-01-01", **extra))).booked_on == date(2026, 1, 1)


def test_11_pending_rows_need_no_dates():
    body = written({"transactions": {"pending": [row()]}})
    (found,) = transactions(body).pending
    assert (found.day, found.status) == (None, TransactionStatus.PENDING)


def test_12_the_code_counts_and_not_the_text():
    message = {"category": "ERROR", "code": "ACCESS_EXCEEDED", "text": "The token is invalid"}
    with pytest.raises(BankRateLimited):
        transactions(written({"tppMessages": [message]}))


# --- directions -----------------------------------------------------------------------------------
def test_unsigned_amounts_are_directed_by_our_own_account():
    paid = row("5.00", debtorAccount={"iban": OWN}, creditorAccount={"iban": OTHER})
    received = row("7.00", debtorAccount={"iban": OTHER}, creditorAccount={"iban": OWN})
    out, into = transactions(booked(paid, received)).booked
    assert (out.amount, out.party_iban) == (Decimal("-5.00"), OTHER)
    assert (into.amount, into.party_iban) == (Decimal("7.00"), OTHER)


def test_unsigned_amounts_are_directed_by_the_only_side_named():
    rows = booked(row("5.00", creditorName="Shop"), row("7.00", debtorName="Employer"))
    assert [one.amount for one in transactions(rows).booked] == [Decimal("-5.00"), Decimal("7.00")]


def test_signs_are_believed_once_a_bank_writes_any():
    rows = booked(row("5.00", creditorName="Aunt"), row("-7.00", creditorName="Shop"))
    page = transactions(rows)
    assert [one.amount for one in page.booked] == [Decimal("5.00"), Decimal("-7.00")]
    assert page.signs_amounts
    later = booked(row("5.00", creditorName="Aunt"))
    assert transactions(later, signs_amounts=True).booked[0].amount == Decimal("5.00")


@pytest.mark.parametrize(("word", "read"), [("DBIT", "-5.00"), ("CRDT", "5.00")])
def test_a_word_for_the_direction_is_believed(word, read):
    found = only(booked(row("5.00", creditDebitIndicator=word, creditorName="Shop")))
    assert found.amount == Decimal(read)


def test_the_other_side_is_never_our_own_account():
    mistaken = row("-1.00"), row("9.00", debtorAccount={"iban": OWN}, creditorName="Aunt")
    assert transactions(booked(*mistaken)).booked[1].party == "Aunt"


# --- forms of lists -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        {"accounts": [account()]},
        {"accounts": account()},
        {"account": account()},
        {"accountList": [account()]},
        {"Accounts": [account()]},
        {"data": {"accounts": [account()]}},
        [account()],
        account(),
    ],
)
def test_one_account_is_found_in_every_form_of_list(body):
    (found,) = accounts(written(body))
    assert (found.resource_id, found.reading.account.iban) == ("a-1", OWN)


@pytest.mark.parametrize(
    "body",
    [
        {"transactions": {"booked": [row()]}},
        {"transactions": [row()]},
        {"transactions": [{"booked": [row()]}]},
        {"booked": [row()]},
        {"transaction": {"booked": row()}},
        {"transactions": {"bookedTransactions": [row()]}},
        {"Transactions": {"Booked": [row()]}},
        {"cardTransactions": {"booked": [row()]}},
        [row()],
    ],
)
@pytest.mark.parametrize("kind", ["transactions", "card_transactions"])
def test_one_booked_row_is_found_in_every_form_of_list(kind, body):
    assert [one.amount for one in CONVERT[kind](written(body)).booked] == [Decimal("-12.50")]


def test_rows_of_a_mixed_list_say_themselves_what_they_are():
    rows = [row(status="BOOK"), row(status="PDNG"), row(status="INFO")]
    page = transactions(written({"transactions": rows}))
    assert (len(page.booked), len(page.pending), len(page.information)) == (1, 1, 1)


@pytest.mark.parametrize(
    "body",
    [
        {"balances": [balance()]},
        {"balances": balance()},
        {"balance": [balance()]},
        {"account": {"iban": OWN, "balances": [balance()]}},
        {"accounts": [{"iban": OWN, "balances": [balance()]}]},
        {"balances": [{"closingBooked": {"amount": {"content": "10", "currency": "RON"}}}]},
        {"balances": {"closingBooked": {"amount": {"amount": "10", "currency": "RON"}}}},
        {"balances": [{"balanceType": "CLBD", "amount": 10.0, "currency": "RON"}]},
        [balance()],
        balance(),
    ],
)
def test_one_balance_is_found_in_every_form_of_list(body):
    assert balances(written(body)).booked == Decimal("10.00")


def test_an_answer_that_names_its_account_may_leave_out_an_empty_list():
    assert transactions(written({"account": {"iban": OWN}})).booked == ()


def test_a_list_that_is_only_a_file_to_download_is_refused():
    links = {"download": {"href": "/v1/file"}}
    with pytest.raises(BankAnsweredNonsense, match="not a file"):
        transactions(written({"account": {"iban": OWN}, "_links": links}))


@pytest.mark.parametrize("bad", ["text", 7, [["x"]]])
def test_a_list_of_something_else_is_refused(bad):
    with pytest.raises(BankAnsweredNonsense):
        transactions(written({"transactions": {"booked": bad}}))


def test_rows_in_several_currencies_are_refused():
    foreign = {"transactionAmount": {"amount": "1.00", "currency": "USD"}}
    with pytest.raises(BankAnsweredNonsense, match="currency of the rows before"):
        transactions(booked(row(), foreign))


@pytest.mark.parametrize(
    "written_day",
    ["2026-03-04", "2026-03-04T23:59:59Z", "2026-03-04T00:00:00.000+02", "20260304", "04.03.2026"],
)
def test_days_may_be_moments(written_day):
    found = only(booked(row(bookingDate=written_day, valueDate="2026-03-05")))
    assert (found.booked_on, found.transaction_on) == (date(2026, 3, 4), date(2026, 3, 5))


@pytest.mark.parametrize("written_day", ["", None, "9999-12-31", "0001-01-01T00:00:00Z"])
def test_a_day_that_stands_for_none_is_absent(written_day):
    assert only(booked(row(bookingDate=written_day))).booked_on is None


@pytest.mark.parametrize("written_day", ["2026-02-30", "soon", "26-1-1"])
def test_what_is_no_day_is_refused_with_its_place(written_day):
    with pytest.raises(BankAnsweredNonsense, match=r"booked\[0\]\.bookingDate"):
        transactions(booked(row(bookingDate=written_day)))


def test_the_balance_after_a_row_is_read_in_both_forms():
    assert only(booked(row(balanceAfterTransaction=balance(amount="3")))).balance == Decimal(3)
    bare = {"amount": "3.00", "currency": "RON"}
    assert only(booked(row(balanceAfterTransaction=bare))).balance == Decimal(3)


def test_texts_may_be_broken_or_in_another_alphabet():
    broken = booked(row(details="§")).replace(b"\\u00a7", b"x\\ud83d")
    assert only(broken).title == "x\ufffd"
    latin = (
        booked(row(details="§")).replace(b"\\u00a7", "Ł".encode()).replace("Ł".encode(), b"\xe9")
    )
    assert only(latin).title == "é"


NAMES = (
    "accounts account transactions booked pending balances balanceAmount transactionAmount amount "
    "currency resourceId iban _links next href tppMessages code bookingDate creditorAccount "
    "ownerNames balanceType remittanceInformationStructured entryDetails data"
)
MEMBERS = st.sampled_from(NAMES.split())
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just("RON")
THINGS = st.recursive(
    LEAVES | st.sampled_from(["1.00", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=4),
    max_leaves=25,
)


@given(body=THINGS, kind=st.sampled_from(sorted(CONVERT)))
def test_any_json_ends_in_nouns_or_a_named_error(body, kind):
    with contextlib.suppress(OpenSaldoError):
        CONVERT[kind](written(body))
