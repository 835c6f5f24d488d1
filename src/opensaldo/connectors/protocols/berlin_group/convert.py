"""From a Berlin Group bank's raw answers to the domain's nouns: pure, lenient by rule.

What is absent stays None, what moves no money is kept apart, and what cannot be understood is an
error that names its place. Source: NextGenPSD2 1.3.12, 14.x; what banks really send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from opensaldo.connectors.amounts import amount_in, currency_in, scaled
from opensaldo.connectors.base import AccountReading
from opensaldo.connectors.lenient import NO_CURRENCY
from opensaldo.connectors.protocols.berlin_group.balances import read_balances
from opensaldo.connectors.protocols.berlin_group.faults import fault_of, refusal_in
from opensaldo.connectors.protocols.berlin_group.records import Balances, ListedAccount, Rows
from opensaldo.connectors.protocols.berlin_group.rows import MIXED, number_of, read_rows
from opensaldo.connectors.protocols.berlin_group.wallets import told_apart
from opensaldo.connectors.things import Thing, decode, text_of
from opensaldo.domain.account import Account, Card, Deposit
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.errors import BankAnsweredNonsense

OWNERS_MAX = 100
ENVELOPE_DEPTH_MAX = 3

_ACCOUNTS = ("accounts", "accountList", "account", "accountDetails")
_CARD_ACCOUNTS = ("cardAccounts", "cardAccountList", "cardAccount", "cardAccountDetails")
_BALANCES = ("balances", "balanceList", "balance", "accountBalances")
_REPORTS = ("transactions", "transactionList", "transaction", "accountReport")
_CARD_REPORTS = ("cardTransactions", "cardTransactionList", "cardTransaction", "cardAccountReport")
_STATES = ("booked", "pending", "information")
_ROW_SIGNS = ("transactionAmount", "transactionId", "entryReference", "cardTransactionId")
_ACCOUNT_SIGNS = ("resourceId", "iban", "bban", "maskedPan", "accountNumber", "cashAccountType")
_BALANCE_SIGNS = ("balanceAmount", "balanceType")
_ENVELOPES = ("data", "response", "result", "body", "payload", "_raw_body", "content")
_NUMBERS = ("iban", "bban", "accountNumber", "msisdn", "other")
_CARD_NUMBERS = ("maskedPan", "pan", "cardNumber")
_OWNERS = ("ownerNames", "ownerName", "owners", "accountOwners", "psuName")
_CLOSED = ("deleted", "closed", "inactive")


def accounts(body: bytes) -> tuple[ListedAccount, ...]:
    """The accounts and card accounts of a list, or the one of a single answer.

    An account of several currencies is one account for each, where the answer tells which.

    Raises:
        OpenSaldoError: the answer is an error, or none of the standard.
    """
    found = _answer(body, (*_ACCOUNTS, *_CARD_ACCOUNTS), _ACCOUNT_SIGNS)
    read: list[ListedAccount] = []
    for names, is_card in ((_ACCOUNTS, False), (_CARD_ACCOUNTS, True)):
        for one in found.things(*names) or []:
            read.append(_listed(one, is_card))
    return told_apart(tuple(read))


def balances(
    body: bytes,
    *,
    is_card: bool = False,
    is_debit_positive: bool = False,
    currency: str | None = None,
) -> Balances:
    """The balances of one account; what the caller knows of it stands in for what is left out.

    Raises:
        OpenSaldoError: the answer is an error, or none of the standard.
    """
    found = _answer(body, _BALANCES, _BALANCE_SIGNS, within=(*_ACCOUNTS, *_CARD_ACCOUNTS))
    account = found.thing(*_ACCOUNTS, *_CARD_ACCOUNTS) or Thing({})
    inverted = found.truth("debitAccounting")
    said = currency_in(account, "currency")
    return read_balances(
        found.things(*_BALANCES) or [],
        account=number_of(account),
        currency=currency or said if said == NO_CURRENCY else said or currency,
        is_card=is_card or any(name in found for name in _CARD_ACCOUNTS),
        is_debit_positive=is_debit_positive if inverted is None else inverted,
    )


def transactions(
    body: bytes,
    *,
    account: str | None = None,
    signs_amounts: bool = False,
    part_currency: str | None = None,
) -> Rows:
    """One page of an account's transactions.

    `account` is the number of the account they were asked for, where the answer does not repeat
    it; `signs_amounts` when the bank is known to write signs (see `Rows`). With `part_currency`
    the account is a wallet and only the rows in that currency are wanted.

    Raises:
        OpenSaldoError: the answer is an error, a file instead of JSON, or none of the standard.
    """
    found = _answer(body, (*_REPORTS, *_CARD_REPORTS, *_STATES), _ROW_SIGNS, may_lack=True)
    if any(name in found for name in _CARD_REPORTS):
        return _page(found, _CARD_REPORTS, account, signs_amounts)
    return _page(found, _REPORTS, account, signs_amounts, part_currency=part_currency)


def card_transactions(
    body: bytes, *, account: str | None = None, is_debit_positive: bool = False
) -> Rows:
    """One page of a card account's transactions.

    `is_debit_positive` as the account's list said it (`debitAccounting`); the page may say so
    itself.

    Raises:
        OpenSaldoError: the answer is an error, or none of the standard.
    """
    names = (*_CARD_REPORTS, *_REPORTS, *_STATES)
    found = _answer(body, names, _ROW_SIGNS, may_lack=True)
    return _page(found, (*_CARD_REPORTS, *_REPORTS), account, True, is_debit_positive)


CONVERT: Mapping[str, Callable[[bytes], Any]] = {
    "accounts": accounts,
    "balances": balances,
    "transactions": transactions,
    "card_transactions": card_transactions,
}


def _answer(
    body: bytes,
    names: tuple[str, ...],
    signs: tuple[str, ...],
    *,
    within: tuple[str, ...] = (),
    may_lack: bool = False,
) -> Thing:
    """The object that has one of these members.

    A bare list or object of rows that carry `signs` counts as the first member, an envelope
    around the answer is taken off. `within`: the member may stand inside an account. With
    `may_lack` an answer that names its account but no list is one without rows.

    Raises:
        OpenSaldoError: it is an error body, or there is no such member.
    """
    raw = decode(body)
    for _ in range(ENVELOPE_DEPTH_MAX):
        if isinstance(raw, list) and _are_rows(raw, signs):
            return Thing({names[0]: raw})
        whole = Thing(raw) if isinstance(raw, Mapping) else Thing({})
        found = _with_members(whole, names, signs, within)
        if (refusal := refusal_in(raw, is_beside_data=found is not None)) is not None:
            raise fault_of(refusal)
        if found is not None:
            return found
        raw = whole.raw(*_ENVELOPES)
        if not isinstance(raw, list | Mapping):
            break
    if may_lack and any(name in whole for name in ("account", "cardAccount")):
        if whole.link("download"):
            raise BankAnsweredNonsense(names[0], "rows in JSON, not a file to download")
        return whole
    raise BankAnsweredNonsense(names[0], "a list")


def _with_members(
    whole: Thing, names: tuple[str, ...], signs: tuple[str, ...], within: tuple[str, ...]
) -> Thing | None:
    """The object with one of these members, None when there is none (see `_answer`)."""
    if any(name in whole for name in names):
        return whole
    for name in within:
        inner = whole.things(name) or []
        if len(inner) == 1 and any(one in inner[0] for one in names):
            return Thing({**inner[0].members, "account": dict(inner[0].members)})
    if any(sign in whole for sign in signs):
        return Thing({names[0]: [dict(whole.members)]})
    return None


def _are_rows(raw: list[Any], signs: tuple[str, ...]) -> bool:
    """Whether a bare list holds objects of the kind looked for, and holds any."""
    objects = [Thing(one) for one in raw if isinstance(one, Mapping)]
    return bool(objects) and all(any(sign in one for sign in signs) for one in objects)


def _page(
    found: Thing,
    names: tuple[str, ...],
    account: str | None,
    signs_amounts: bool,
    is_debit_positive: bool = False,
    part_currency: str | None = None,
) -> Rows:
    """The page; its rows may stand under the report, in the report's place, or at the top."""
    holder = _holder(found, names)
    own = found.thing("account", "cardAccount") or Thing({})
    said = found.raw("account")
    inverted = found.truth("debitAccounting")
    return read_rows(
        holder,
        account=number_of(own) or (text_of(said) if isinstance(said, str) else None) or account,
        currency=currency_in(own, "currency"),
        next_link=holder.link("next") or found.link("next"),
        signs_amounts=signs_amounts,
        is_debit_positive=is_debit_positive if inverted is None else inverted,
        part_currency=part_currency,
    )


def _holder(found: Thing, names: tuple[str, ...]) -> Thing:
    """The object with the lists of rows: the report, the first of a list, or the answer itself."""
    report, path = found.raw(*names), found.at(names[0])
    if report is None:
        return found
    if isinstance(report, Mapping):
        holder = Thing(report, path)
        return Thing({MIXED: report}) if any(sign in holder for sign in _ROW_SIGNS) else holder
    if not isinstance(report, list):
        raise BankAnsweredNonsense(path, "an object with booked")
    first = Thing(report[0], path) if len(report) == 1 and isinstance(report[0], Mapping) else None
    if first is not None and any(name in first for name in _STATES):
        return first
    return Thing({MIXED: report}, path)


def _listed(one: Thing, is_card: bool) -> ListedAccount:
    """One account as a reading and what leads on from it."""
    kind = (one.text("cashAccountType", "accountType") or "").upper()
    number = number_of(one, _NUMBERS)
    has_card_number = any(name in one for name in _CARD_NUMBERS)
    is_card = is_card or kind == "CARD" or (number is None and has_card_number)
    is_debit_positive = one.truth("debitAccounting") is True
    written = one.things(*_BALANCES)
    currency = currency_in(one, "currency", "currencyCode")
    stand = read_balances(
        written or [],
        account=number,
        currency=currency,
        is_card=is_card,
        is_debit_positive=is_debit_positive,
    )
    currency = currency or stand.currency
    if currency is None:
        raise BankAnsweredNonsense(one.at("currency"), "three letters (ISO 4217)")
    status = (one.text("status", "accountStatus") or "").lower()
    links = one.thing("_links")
    return ListedAccount(
        resource_id=one.opaque("resourceId", "accountId", "id") or number_of(one),
        reading=_reading(one, currency, stand, is_card, kind),
        has_balances=bool(written),
        has_links=links is not None,
        balances_link=one.link("balances") or one.link("balance"),
        transactions_link=one.link("transactions") or one.link("transaction"),
        is_closed=status in _CLOSED,
        is_debit_positive=is_debit_positive,
        balances=stand if written else None,
    )


def _reading(
    one: Thing, currency: str, stand: Balances, is_card: bool, kind: str
) -> AccountReading:
    """The account, and the same facts as a card where it is one."""
    account = Account(
        iban=number_of(one, _NUMBERS),
        currency=currency,
        name=one.text("name", "product", "displayName"),
        friendly_name=one.text("displayName"),
        balance=stand.booked,
        balance_on=stand.booked_on,
        balance_kind=stand.booked_kind,
        available=stand.available,
    )
    card = Card(
        currency=currency,
        name=account.name,
        card_id=one.opaque("resourceId"),
        iban=account.iban,
        number=one.text(*_CARD_NUMBERS),
        balance=account.balance,
        balance_on=account.balance_on,
        available=account.available,
        limit=_limit(one, currency),
    )
    return AccountReading(
        account=account,
        owners=_owners(one),
        card=card if is_card else None,
        deposit=_deposit(account) if kind in _DEPOSITS else None,
    )


_DEPOSITS = ("DEPOSIT", "TERM", "TDEP")  # no ISO code of a cash account means a term deposit


def _deposit(account: Account) -> Deposit:
    return Deposit(
        currency=account.currency,
        name=account.name,
        iban=account.iban,
        balance=account.balance,
        balance_on=account.balance_on,
    )


def _limit(one: Thing, currency: str) -> Decimal | None:
    """The credit limit without its sign."""
    limit = amount_in(one, "creditLimit", "limit", "creditLine")
    return None if limit is None else scaled(abs(limit.value), limit.currency or currency)


def _owners(one: Thing) -> tuple[Owner, ...]:
    """The owners in the order of the first member that names any; a psuName is the last resort."""
    usage = OwnerKind.COMPANY if (one.text("usage") or "").upper() == "ORGA" else OwnerKind.OWNER
    for name in _OWNERS:
        written = one.raw(name)
        listed = written if isinstance(written, list) else [written]
        found = dict.fromkeys(
            Owner(name=said, kind=_owner_kind(each) or usage)
            for each in listed
            if (said := text_of(each))
        )
        if len(found) > OWNERS_MAX:
            raise BankAnsweredNonsense(one.at(name), f"at most {OWNERS_MAX} owners")
        if found:
            return tuple(found)
    return ()


def _owner_kind(written: object) -> OwnerKind | None:
    """The role the bank gives an owner, where it is one of ours."""
    role = Thing(written).text("role", "kind") if isinstance(written, Mapping) else None
    said = (role or "").upper().replace("-", "_").replace(" ", "_")
    return OwnerKind(said) if said in list(OwnerKind) else None
