"""What a client was told and what truly happened, read for the checker; nothing of either program.

The final poll in both dialects (rows are in both in one order; ids stand in JSON only), the event
log, the mock bank's journal and its truth file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from xml.etree import ElementTree

Record = dict[str, Any]
Key = tuple[str, str, str, int]  # account, day booked, day of trade, minor units

SUCCESSFUL = "successful"
NOT_DATA = ("auth", "authorize", "register", "token", "revoke", "deleteConsent")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an import, as both dialects show it."""

    account: str
    id: str
    booked_on: str
    traded_on: str
    minor: int
    title: str

    @property
    def key(self) -> Key:
        """What it is recognised by in the truth file."""
        return (self.account, self.booked_on, self.traded_on, self.minor)


@dataclass(kw_only=True)
class Act:
    """One thing the client or the person did, what was answered, and the bank's calls meanwhile.

    `what` is import, reuse, sign-in, withdraw or revoke; `access` numbers the accesses of a seed.
    """

    what: str
    at: datetime
    access: int = 0
    status: int = 0
    exception: str | None = None
    attended: bool = False
    since: date | None = None
    xml: bytes = b""
    json: bytes = b""
    calls: list[Record] = field(default_factory=list)

    @cached_property
    def command(self) -> ElementTree.Element | None:
        """The command in the final poll."""
        return ElementTree.fromstring(self.xml).find("command") if self.xml else None

    @property
    def state(self) -> str:
        """How the command ended; empty when there was none."""
        return "" if self.command is None else self.command.attrib["state"]

    @property
    def failure(self) -> str | None:
        """The name of what the client was told went wrong."""
        found = None if self.command is None else self.command.find("exception")
        return self.exception if found is None else found.attrib["name"]

    @cached_property
    def told(self) -> Record:
        """The same final poll in JSON."""
        found: Record = json.loads(self.json) if self.json else {}
        return found

    @property
    def receipt(self) -> Record:
        """The receipt."""
        found: Record = self.told.get("receipt") or {}
        return found

    @cached_property
    def rows(self) -> list[Row]:
        """Every row of the result."""
        return [row for account in self._accounts for row in account[1]]

    @cached_property
    def balances(self) -> dict[str, int]:
        """The balance of each account, in minor units."""
        return {number: cents for number, _, cents in self._accounts}

    @cached_property
    def _accounts(self) -> list[tuple[str, list[Row], int]]:
        shown = [] if self.command is None else list(self.command.iter("account"))
        told = self.told.get("accounts", [])
        if self.state == SUCCESSFUL and len(shown) != len(told):
            raise ValueError("the dialects show different accounts")
        return [_account(one, other) for one, other in zip(shown, told, strict=False)]

    @property
    def is_cut(self) -> bool:
        """Whether the result says of an account that it is not whole."""
        found = [] if self.command is None else self.command.iter("account")
        return any(one.get("partialDueToTimeout") == "true" for one in found)


@dataclass(kw_only=True)
class Evidence:
    """Everything there is to know of one seed."""

    acts: list[Act]
    truth: list[Record]
    events: list[Record]

    @cached_property
    def imports(self) -> list[Act]:
        """The imports that ended as a success."""
        return [act for act in self.acts if act.state == SUCCESSFUL]

    @cached_property
    def calls(self) -> list[Record]:
        """Every call of the bank's journal that asks for data."""
        found = [call for act in self.acts for call in act.calls]
        return [call for call in found if call["endpoint"] not in NOT_DATA]

    @cached_property
    def accounts(self) -> set[str]:
        """The numbers of the accounts there are."""
        return {one["account"] for one in self.truth if one["record"] == "account"}

    def shown(self, at: datetime) -> Iterator[tuple[Record, Record]]:
        """Each payment with each appearance the bank shows at the instant."""
        for payment in self.truth:
            for one in payment.get("appearances", ()):
                until = one["until"]
                if instant(one["from"]) <= at and (until is None or at < instant(until)):
                    yield payment, one

    def booked_minor(self, account: str, at: datetime) -> int:
        """The balance at the instant: the last day's end, and what was booked since."""
        before = (at.date() - timedelta(days=1)).isoformat()
        midnight = datetime(at.year, at.month, at.day, tzinfo=at.tzinfo)
        (start,) = (
            one["booked_minor"]
            for one in self.truth
            if (one["record"], one["account"], one.get("day")) == ("balance", account, before)
        )
        moved = (
            one["minor"]
            for payment, one in self.shown(at)
            if payment["account"] == account and one["status"] == "done"
            if instant(one["from"]) >= midnight
        )
        return int(start) + sum(moved)


def _account(shown: ElementTree.Element, told: Record) -> tuple[str, list[Row], int]:
    number = shown.findtext("iban") or ""
    listed = list(shown.iter("moneyTransaction"))
    ids = told["transactions"]
    if told.get("number") != number or len(ids) != len(listed):
        raise ValueError("the dialects show different rows")
    rows = [_row(number, *pair) for pair in zip(listed, ids, strict=True)]
    return number, rows, _minor(shown.findtext("currencyBalance"))


def _row(number: str, shown: ElementTree.Element, told: Record) -> Row:
    minor = _minor(shown.findtext("currencyAmount"))
    if minor != _minor(str(told["amount"])):
        raise ValueError("the dialects show different amounts")
    is_booked = shown.findtext("status") == "DONE"
    return Row(
        account=number,
        id=told.get("id", ""),
        booked_on=(shown.findtext("bookedOn") or "") if is_booked else "",
        traded_on=shown.findtext("transactionOn") or "",
        minor=minor,
        title=shown.findtext("title") or "",
    )


def key_of(payment: Record, one: Record) -> Key:
    return (payment["account"], one["booked_on"] or "", one["traded_on"], one["minor"])


def _minor(text: str | None) -> int:
    return int(Decimal(text or "0") * 100)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def told_alike(acts: Sequence[Act]) -> list[Any]:
    """What the client was told, with names that are drawn anew each time numbered instead."""
    names: dict[str, int] = {}

    def name(one: str | None) -> int | None:
        return None if not one else names.setdefault(one, len(names))

    def bare(receipt: Record) -> Record:
        checks = [{**c, "accountId": name(c["accountId"])} for c in receipt.get("balances", ())]
        gone = sorted(str(name(one)) for one in receipt.get("retiredIds", ()))
        return {**receipt, "balances": checks, "retiredIds": gone}

    return [
        {
            "act": (act.what, str(act.at), act.access, act.status, act.failure, act.state),
            "receipt": bare(act.receipt),
            "rows": [(row.key, row.title, name(row.id)) for row in act.rows],
        }
        for act in acts
    ]
