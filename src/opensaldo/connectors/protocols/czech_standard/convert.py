"""From a Czech bank's raw answers to the domain's nouns: pure, lenient by rule.

What is absent stays None, what cannot be understood is an error that names its place.
Source: COBS 8.0 and 2.0; RFC 6749, 5.1; what banks really send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from opensaldo.connectors.amounts import currency_in
from opensaldo.connectors.base import AccountReading
from opensaldo.connectors.lenient import NO_CURRENCY
from opensaldo.connectors.protocols.czech_standard.balances import read_balances
from opensaldo.connectors.protocols.czech_standard.faults import fault_of, refusal_in
from opensaldo.connectors.protocols.czech_standard.messages import answer, next_page, whole
from opensaldo.connectors.protocols.czech_standard.records import Balances, ListedAccount, Rows
from opensaldo.connectors.protocols.czech_standard.rows import read_rows
from opensaldo.connectors.things import Thing, decode, text_of
from opensaldo.domain.account import Account
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.errors import BankAnsweredNonsense, CommandNotAvailable

OWNERS_MAX = 100
TOKEN_LIFE_S = 300  # of a token whose life the bank does not tell; the usual hour is not assumed
TOKEN_LIFE_MAX_S = 366 * 86_400

_ACCOUNTS = ("accounts", "account")


class AccountsPage(NamedTuple):
    """One page of the list of accounts, its rows as the bank wrote them, and its own count."""

    rows: tuple[Mapping[str, Any], ...]
    next_page: int | None
    list_count: int | None


class Granted(NamedTuple):
    """What a token reply grants."""

    access_token: str
    expires_in_s: int
    refresh_token: str | None


def accounts_page(body: bytes) -> AccountsPage:
    """The rows of one page of the list of accounts.

    Raises:
        OpenSaldoError: the answer is an error, or none of the standard.
    """
    found = answer(body, *_ACCOUNTS)
    count = len(found.things(*_ACCOUNTS) or [])
    written = found.raw(*_ACCOUNTS)
    rows = written if isinstance(written, list) else [written]
    return AccountsPage(
        rows=tuple(row for row in rows if row is not None),
        next_page=next_page(found, count),
        list_count=whole(found, "totalCount"),
    )


def accounts(body: bytes) -> tuple[ListedAccount, ...]:
    """The accounts of one page of the list; their balances are an answer of their own.

    Raises:
        OpenSaldoError: the answer is an error, or none of the standard.
    """
    return tuple(
        listed(Thing(row, f"accounts[{place}]"))
        for place, row in enumerate(accounts_page(body).rows)
    )


def listed(row: Thing) -> ListedAccount:
    """One account of the list.

    Raises:
        BankAnsweredNonsense: it has no id, or a currency that is none.
    """
    resource_id = row.opaque("id", "accountId", "resourceId")
    if resource_id is None:
        raise BankAnsweredNonsense(row.at("id"), "the bank's id of the account")
    account = Account(
        iban=_number(row),
        currency=currency_in(row, "currency") or NO_CURRENCY,
        name=row.text("productI18N", "product"),
        friendly_name=row.text("nameI18N", "name"),
    )
    return ListedAccount(
        resource_id=resource_id, reading=AccountReading(account=account, owners=_owners(row))
    )


def balances(body: bytes) -> Balances:
    """The balances of one account.

    Raises:
        OpenSaldoError: the answer is an error, or none of the standard.
    """
    return read_balances(body)


def transactions(body: bytes) -> Rows:
    """One page of an account's transactions.

    Raises:
        OpenSaldoError: the answer is an error, or none of the standard.
    """
    return read_rows(body)


def card_transactions(body: bytes) -> Rows:
    """Nothing: the standard knows payment accounts only.

    Raises:
        CommandNotAvailable: always.
    """
    del body
    raise CommandNotAvailable("The Czech Open Banking Standard has no card transactions.")


def granted(body: bytes) -> Granted:
    """What the bank granted for a code or a refresh token.

    Raises:
        OpenSaldoError: the answer is an error, or holds no token.
    """
    raw = decode(body)
    reply = Thing(raw) if isinstance(raw, Mapping) else Thing({})
    token = reply.opaque("access_token")
    if token is None:
        if (refusal := refusal_in(raw)) is not None:
            raise fault_of(refusal)
        raise BankAnsweredNonsense("access_token", "a token")
    return Granted(token, _life_s(reply), reply.opaque("refresh_token"))


def registered(body: bytes) -> tuple[str, str]:
    """Our id and secret at the bank that registered us (RFC 7591, 3.2.1).

    Raises:
        OpenSaldoError: the answer is an error, or holds neither.
    """
    raw = decode(body)
    reply = Thing(raw) if isinstance(raw, Mapping) else Thing({})
    identity, secret = reply.opaque("client_id"), reply.opaque("client_secret")
    if identity is None or secret is None:
        if (refusal := refusal_in(raw)) is not None:
            raise fault_of(refusal)
        raise BankAnsweredNonsense("client_id", "an id and client_secret")
    return identity, secret


CONVERT: Mapping[str, Callable[[bytes], Any]] = {
    "accounts": accounts,
    "balances": balances,
    "transactions": transactions,
    "card_transactions": card_transactions,
}


def _life_s(reply: Thing) -> int:
    """The seconds a token lives."""
    written = reply.opaque("expires_in")
    if written is None:
        return TOKEN_LIFE_S
    digits = written.partition(".")[0]
    if not digits.isascii() or not digits.isdigit() or len(digits) > 12:
        raise BankAnsweredNonsense("expires_in", "whole seconds")
    return min(int(digits), TOKEN_LIFE_MAX_S)


def _number(row: Thing) -> str | None:
    """The account's IBAN, else its number in the country's own form; masked ones stay so."""
    identification = row.thing("identification") or row
    written = identification.text("iban", "other", "accountNumber")
    return "".join(written.split()) if written else None


def _owners(row: Thing) -> tuple[Owner, ...]:
    """The owners a bank names although the standard has no place for them; the first one leads."""
    written = row.raw("ownersNames", "ownerNames", "owners", "ownerName")
    names = [text_of(one) for one in (written if isinstance(written, list) else [written])]
    each_once = list(dict.fromkeys(name for name in names if name))
    if len(each_once) > OWNERS_MAX:
        raise BankAnsweredNonsense(row.at("ownersNames"), f"at most {OWNERS_MAX} owners")
    kinds = [OwnerKind.OWNER] + [OwnerKind.CO_OWNER] * len(each_once)
    return tuple(Owner(name=name, kind=kind) for name, kind in zip(each_once, kinds, strict=False))
