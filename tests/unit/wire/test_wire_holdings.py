"""What was read, as XML and as the sealed document: nothing lost, nothing added, in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from opensaldo.domain.account import Account, Card, Deposit, Holdings
from opensaldo.domain.aggregate import Origin
from opensaldo.domain.command import CommandState
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.wire import json_v1, xml_v1
from opensaldo.wire.text import allowed, amount_text, clean_text, one_line
from tests.support import builders as a
from tests.support.xsd import checked, faults

T = TypeVar("T")
ENVELOPE = xml_v1.Envelope("https://docs.example.org", a.AT, a.CLIENT_ID, a.OWNER_EXTERNAL_ID)

# --- random nouns --------------------------------------------------------------------------------
HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("<>&\"'\r\n\t \x00\x1b\ud800\ufffe]")), max_size=12
)
WRITABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
AMOUNT = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15
) | st.sampled_from([Decimal("-0.00"), Decimal("1E+3"), Decimal("-0.004"), Decimal("5")])
AMOUNTS = AMOUNT | st.none()
DAYS = st.dates() | st.none()
CURRENCY = st.sampled_from(["PLN", "CZK", "EUR"])
IMPORTED = [status for status in TransactionStatus if status.moves_money]


def few(noun: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    """Up to two of them."""
    return st.lists(noun, max_size=2).map(tuple)


def random_holdings(text: st.SearchStrategy[str]) -> st.SearchStrategy[Holdings]:
    """Any holdings whose texts are of this kind."""
    words = text | st.none()
    owners = few(
        st.builds(
            Owner,
            name=text, address=words, polish_pesel=words, polish_nip=words, polish_regon=words,
            phone=words, email=words, citizenship=words, nationality=words,
            personal_document_type=words, personal_document_number=words, birth_date=DAYS,
            birth_place=words, kind=st.sampled_from(OwnerKind),
        )
    )  # fmt: skip
    rows = few(
        st.builds(
            Transaction,
            amount=AMOUNT, transaction_on=DAYS, booked_on=DAYS, balance=AMOUNTS, title=words,
            party=words, party_iban=words, variable_symbol=words, constant_symbol=words,
            kind=words, status=st.sampled_from(IMPORTED), labels=few(text),
            bank_id=words,
        )
    )  # fmt: skip
    accounts = st.builds(
        Account,
        iban=words, currency=CURRENCY, name=words, friendly_name=words, balance=AMOUNTS,
        available=AMOUNTS, active_since=DAYS, direct_debit=st.booleans() | st.none(),
        transactions=rows, owners=owners, partial=st.booleans(),
    )  # fmt: skip
    cards = st.builds(
        Card,
        currency=CURRENCY, name=words, card_id=words, iban=words, number=words, balance=AMOUNTS,
        available=AMOUNTS, limit=AMOUNTS, interest=AMOUNTS, due_date=DAYS, transactions=rows,
        owners=owners, partial=st.booleans(),
    )  # fmt: skip
    deposits = st.builds(
        Deposit,
        currency=CURRENCY, name=words, iban=words, balance=AMOUNTS, interest=AMOUNTS,
        opened_on=DAYS, matures_on=DAYS, owners=owners,
    )  # fmt: skip
    return st.builds(
        Holdings, owners=owners, accounts=few(accounts), cards=few(cards), deposits=few(deposits)
    )


# --- what a reader must find, written down independently of the renderer -------------------------
Found = list[tuple[str, object]]


def present(*pairs: tuple[str, object]) -> Found:
    """The pairs that have something to show."""
    shown: Found = []
    for name, value in pairs:
        if isinstance(value, str):
            value = value if name in ("name!", "kind!", "status") else clean_text(value)
        elif isinstance(value, Decimal):
            value = amount_text(value)
        elif isinstance(value, date):
            value = value.isoformat()
        if value is not None and value != []:
            shown.append((name.rstrip("!"), value))
    return shown


def owner_of(owner: Owner, *, short: bool) -> tuple[str, object]:
    name = ("name!", clean_text(owner.name) or "")
    address, kind = ("address", one_line(owner.address)), ("kind!", owner.kind.value)
    if short:
        return "owner", present(name, address, kind)
    return "owner", present(
        name, address, ("polishPesel", owner.polish_pesel), ("polishNip", owner.polish_nip),
        ("polishRegon", owner.polish_regon), ("phone", owner.phone), ("email", owner.email),
        ("citizenship", owner.citizenship), ("nationality", owner.nationality),
        ("personalDocumentType", owner.personal_document_type),
        ("personalDocumentNumber", owner.personal_document_number),
        ("birthDate", owner.birth_date), ("birthPlace", owner.birth_place), kind,
    )  # fmt: skip


def row_of(row: Transaction) -> tuple[str, object]:
    labels: list[object] = [("label", text) for label in row.labels if (text := clean_text(label))]
    return "moneyTransaction", present(
        ("transactionOn", row.transaction_on), ("bookedOn", row.booked_on),
        ("currencyAmount", row.amount), ("currencyBalance", row.balance), ("title", row.title),
        ("party", row.party), ("partyIban", row.party_iban),
        ("variableSymbol", row.variable_symbol), ("constantSymbol", row.constant_symbol),
        ("kind", row.kind), ("status", row.status.value), ("labels", labels),
    )  # fmt: skip


def tail_of(noun: Account | Card) -> tuple[tuple[str, object], tuple[str, object]]:
    rows = [row_of(row) for row in noun.transactions]
    return ("moneyTransactions", rows), holders_of(noun.owners)


def holders_of(owners: tuple[Owner, ...]) -> tuple[str, object]:
    return "owners", [owner_of(owner, short=True) for owner in owners]


def account_of(account: Account) -> tuple[str, object]:
    debit = (
        None if account.direct_debit is None else {"available": str(account.direct_debit).lower()}
    )
    return "account", present(
        ("name", account.name), ("friendlyName", account.friendly_name), ("iban", account.iban),
        ("currencyBalance", account.balance), ("currencyFundsAvailable", account.available),
        ("currencyName", account.currency), ("activeSinceAtLeast", account.active_since),
        ("directDebit", debit), *tail_of(account),
    )  # fmt: skip


def card_of(card: Card) -> tuple[str, object]:
    return "creditCard", present(
        ("name", card.name), ("cardId", card.card_id), ("iban", card.iban),
        ("number", card.number), ("currencyBalance", card.balance),
        ("currencyFundsAvailable", card.available), ("currencyName", card.currency),
        ("limit", card.limit), ("interest", card.interest), ("interests", card.interest),
        ("dueDate", card.due_date), *tail_of(card),
    )  # fmt: skip


def deposit_of(deposit: Deposit) -> tuple[str, object]:
    return "deposit", present(
        ("name", deposit.name), ("iban", deposit.iban), ("currencyBalance", deposit.balance),
        ("currencyName", deposit.currency), ("interest", deposit.interest),
        ("openedOn", deposit.opened_on), ("maturesOn", deposit.matures_on),
        holders_of(deposit.owners),
    )  # fmt: skip


def listed_of(holdings: Holdings, *, everything: bool) -> Found:
    listed: Found = [
        ("owners", [owner_of(owner, short=False) for owner in holdings.owners]),
        ("accounts", [account_of(account) for account in holdings.accounts]),
    ]
    if everything or holdings.cards:
        listed.append(("creditCards", [card_of(card) for card in holdings.cards]))
    if everything:
        listed.append(("deposits", [deposit_of(deposit) for deposit in holdings.deposits]))
    return listed


CONTAINERS = {"owners", "accounts", "creditCards", "deposits"}


def read(element: etree._Element) -> tuple[str, object]:
    """An element as the same pairs, from what the XML reader gives."""
    if len(element) or element.tag in CONTAINERS:
        return element.tag, [read(child) for child in element]
    if element.tag == "directDebit":
        return element.tag, dict(element.attrib)
    return element.tag, element.text or ""


def poll_of(holdings: Holdings) -> bytes:
    command = a.a_command(CommandState.SUCCESSFUL)
    inner = xml_v1.command(command, result=xml_v1.result(holdings))
    envelope = replace(ENVELOPE, owner_external_id=None)
    return xml_v1.reply(envelope, schema="default_import", status=200, inner=inner)


def data_of(holdings: Holdings) -> bytes:
    record = a.an_owner_record(targets=(a.a_source_target(holdings=holdings),))
    inner = xml_v1.owner_data(record)
    return xml_v1.reply(ENVELOPE, schema="get_data", status=200, inner=inner)


# --- the laws ------------------------------------------------------------------------------------
@settings(deadline=None, max_examples=40)
@given(random_holdings(HOSTILE))
def test_a_reader_of_the_poll_finds_what_was_read(holdings: Holdings):
    result = checked(poll_of(holdings)).find("command/result")
    assert result is not None
    assert [read(child) for child in result] == listed_of(holdings, everything=False)
    partial = [account.get("partialDueToTimeout") for account in result.iter("account")]
    assert partial == ["true" if account.partial else None for account in holdings.accounts]


@settings(deadline=None, max_examples=40)
@given(random_holdings(HOSTILE))
def test_a_reader_of_the_aggregated_data_finds_what_was_read(holdings: Holdings):
    target = checked(data_of(holdings)).find("owner/target")
    assert target is not None
    assert [read(child) for child in target] == listed_of(holdings, everything=True)
    partial = [card.get("partialDueToTimeout") for card in target.iter("creditCard")]
    assert partial == ["true" if card.partial else None for card in holdings.cards]


@settings(deadline=None, max_examples=40)
@given(random_holdings(WRITABLE))
def test_the_sealed_document_loses_nothing(holdings: Holdings):
    opened = json_v1.decode_holdings(json_v1.encode_holdings(holdings))
    assert opened == holdings
    assert repr(opened) == repr(holdings)


@settings(deadline=None, max_examples=40)
@given(random_holdings(HOSTILE))
def test_the_sealed_document_shows_the_same_replies(holdings: Holdings):
    opened = json_v1.decode_holdings(json_v1.encode_holdings(holdings))
    assert poll_of(opened) == poll_of(holdings)
    assert data_of(opened) == data_of(holdings)


# --- examples ------------------------------------------------------------------------------------
def test_the_sealed_document_keeps_every_digit():
    amounts = [Decimal(text) for text in ("-0.00", "1E+3", "1200.500", "0.1", "9" * 40 + ".01")]
    rows = tuple(a.a_transaction(amount=amount, bank_id="\x00raw ") for amount in amounts)
    holdings = a.a_holdings(
        accounts=(a.an_account(transactions=rows),), cards=(a.a_card(),), deposits=(a.a_deposit(),)
    )
    opened = json_v1.decode_holdings(json_v1.encode_holdings(holdings))
    assert opened == holdings
    assert repr(opened) == repr(holdings)


def test_lone_surrogates_cannot_be_sealed_and_are_dropped():
    holdings = a.a_holdings(owners=(a.an_owner(name="E\ud800wa", address="a\x00"),))
    opened = json_v1.decode_holdings(json_v1.encode_holdings(holdings))
    assert opened.owners[0].name == allowed("E\ud800wa") == "Ewa"
    assert opened.accounts == holdings.accounts


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"owners":[{}]}'])
def test_other_bytes_are_no_sealed_document(data: bytes):
    with pytest.raises(ValueError, match=r"."):
        json_v1.decode_holdings(data)


def test_an_import_that_read_nothing_still_has_its_lists():
    assert xml_v1.result(Holdings()) == b"      <owners></owners>\n      <accounts></accounts>\n"
    assert faults(poll_of(Holdings())) == []


def test_one_line_per_element_two_blanks_deeper_each_time():
    account = Account(iban=None, currency="PLN", transactions=(a.a_transaction(title=None),))
    text = xml_v1.result(Holdings(accounts=(account,))).decode()
    assert text == (
        "      <owners></owners>\n"
        "      <accounts>\n"
        "        <account>\n"
        "          <currencyName>PLN</currencyName>\n"
        "          <moneyTransactions>\n"
        "            <moneyTransaction>\n"
        "              <transactionOn>2026-02-27</transactionOn>\n"
        "              <bookedOn>2026-02-28</bookedOn>\n"
        "              <currencyAmount>-41.20</currencyAmount>\n"
        "              <currencyBalance>1200.50</currencyBalance>\n"
        "              <party>SKLEP PRÓBA</party>\n"
        "              <partyIban>PL90999000090000000000008152</partyIban>\n"
        "              <kind>PRZELEW WYCHODZĄCY</kind>\n"
        "              <status>DONE</status>\n"
        "              <labels>\n"
        "                <label>grocery</label>\n"
        "              </labels>\n"
        "            </moneyTransaction>\n"
        "          </moneyTransactions>\n"
        "        </account>\n"
        "      </accounts>\n"
    )


def test_the_banks_own_row_id_is_never_shown():
    rows = (a.a_transaction(bank_id="row-secret"),)
    holdings = a.a_holdings(accounts=(a.an_account(transactions=rows),))
    assert b"row-secret" not in poll_of(holdings)
    assert b"row-secret" not in json_v1.command_result(
        a.a_command(CommandState.SUCCESSFUL), holdings
    )


def test_the_owner_element_has_its_attributes_in_order():
    root = checked(data_of(a.a_holdings()))
    assert list(root[0].attrib.items()) == [
        ("externalId", "loan-7781"),
        ("createdAt", "2026-03-02T09:59:58.123456Z"),
        ("updatedAt", "2026-03-02T09:59:58.123456Z"),
        ("origin", "scraper"),
        ("lastChange", "2026-03-02T10:00:08.654321Z"),
    ]
    assert list(root[0][0].attrib) == ["name", "officialName", "institution"]


@pytest.mark.parametrize("origin", list(Origin))
def test_a_record_without_targets_is_valid_for_every_origin(origin: Origin):
    inner = xml_v1.owner_data(a.an_owner_record(origin=origin, targets=()))
    checked(xml_v1.reply(ENVELOPE, schema="get_data", status=200, inner=inner))
