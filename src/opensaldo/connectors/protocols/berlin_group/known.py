"""What an access remembers of its accounts, as texts; pure.

Only what differs from the standard's own addresses is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from opensaldo.connectors.protocols.berlin_group.links import followed
from opensaldo.connectors.protocols.berlin_group.records import ListedAccount
from opensaldo.errors import BankAnsweredNonsense

CARD_PREFIX = "card:"
_PART = re.compile(r"part:([A-Z]{3}):(.+)", re.DOTALL)
NOT_GRANTED = "-"
_DECODER = msgspec.json.Decoder(dict[str, Any])


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """One account: its number, and the links that are not as the standard has them.

    A link is empty for the standard's own address and `-` where the consent does not cover it.
    """

    account: str = ""
    balances: str = ""
    transactions: str = ""
    is_debit_positive: bool = False

    def link(self, name: str) -> str:
        """The remembered link."""
        return self.balances if name == "balances" else self.transactions

    def covers(self, name: str) -> bool:
        """Whether the consent covers the call."""
        return self.link(name) != NOT_GRANTED


NOTHING = Known()


def number_of(one: ListedAccount) -> str | None:
    """Our name of the account within its access; None when the bank gave it no id."""
    if one.resource_id is None:
        return None
    if one.part_currency is not None:
        return f"part:{one.part_currency}:{one.resource_id}"
    return f"{CARD_PREFIX if one.reading.card else ''}{one.resource_id}"


def part_currency_of(number: str) -> str | None:
    """The currency of a wallet's part; None for an account of its own."""
    found = _PART.fullmatch(number)
    return found[1] if found else None


def path_of(number: str, *rest: str) -> str:
    """The standard's path of an account or card account; a wallet's parts share one."""
    is_card, part = number.startswith(CARD_PREFIX), _PART.fullmatch(number)
    name = quote(part[2] if part else number.removeprefix(CARD_PREFIX), safe="")
    return "/".join(("card-accounts" if is_card else "accounts", name, *rest))


def once_each(listed: Iterable[ListedAccount]) -> tuple[ListedAccount, ...]:
    """The accounts, each under the first of its names: a joint one may be listed for each holder.

    Accounts are the same when number and currency are; a number that is masked proves nothing.
    """
    found: dict[tuple[str | None, ...], ListedAccount] = {}
    for one in listed:
        account = one.reading.account
        is_whole = one.reading.card is None and account.iban and account.iban.isalnum()
        number = account.iban if is_whole else one.resource_id
        found.setdefault((number, account.currency, one.part_currency), one)
    return tuple(found.values())


def known_of(one: ListedAccount, root: str) -> Known:
    """What must be remembered of a listed account."""
    number = number_of(one) or ""
    return Known(
        account=one.reading.account.iban or "",
        balances=_kept(one, one.balances_link, path_of(number, "balances"), root),
        transactions=_kept(one, one.transactions_link, path_of(number, "transactions"), root),
        is_debit_positive=one.is_debit_positive,
    )


def write_known(accounts: Iterable[ListedAccount], root: str) -> str:
    """The accounts as one text."""
    found = {number: known_of(one, root) for one in accounts if (number := number_of(one))}
    return msgspec.json.encode(found).decode()


def read_known(text: str, number: str) -> Known:
    """One account of such a text; nothing is known of an account it does not name."""
    if not text:
        return NOTHING
    return msgspec.convert(_DECODER.decode(text).get(number, {}), Known)


def _kept(one: ListedAccount, link: str | None, path: str, root: str) -> str:
    """The link, empty when it is the standard's own; not granted when only others are there."""
    if link is None:
        return NOT_GRANTED if one.has_links else ""
    try:
        address = followed(link, root=root)
    except BankAnsweredNonsense:
        return ""
    if urlsplit(address).path == urlsplit(f"{root}/{path}").path and "?" not in address:
        return ""
    return link
