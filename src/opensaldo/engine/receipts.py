"""What a reading came to: its rows under ids of ours, and the receipt that says how sure it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from opensaldo.connectors.base import AccountReading
from opensaldo.domain.account import Account, BalanceKind, Card, Deposit, Holdings
from opensaldo.domain.command import Command
from opensaldo.domain.receipt import BalanceCheck, Outcome, Reason, Receipt, Skip
from opensaldo.domain.target import Target
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.balancing import (
    LATE_EDGE,
    Before,
    Stand,
    ahead_of,
    chained_since,
    newest_day,
    weighed,
)
from opensaldo.engine.identity import Fingerprint, account_id, with_ids
from opensaldo.engine.reading import Named, Reading
from opensaldo.engine.recognising import Recognised, recognised
from opensaldo.engine.remembered import Memory
from opensaldo.engine.shares import share_of

Place = TypeVar("Place", bound=Account | Card)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the consent remembers of its accounts, by our ids of them; opened, and as it is kept."""

    memories: Mapping[str, Memory]
    sealed: Mapping[str, bytes]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The command's share of what was read, its receipt, and what is to be remembered of it.

    `made_from` is what was remembered before, as it was kept.
    """

    share: Holdings
    receipt: Receipt
    memories: Mapping[str, Memory]
    made_from: Mapping[str, bytes]

    @property
    def is_settled(self) -> bool:
        """Whether every balance is proven or has its reason."""
        return all(check.is_settled for check in self.receipt.balances)


def begun(command: Command, target: Target | None) -> Receipt:
    """The receipt of a run that has nothing to show yet; what is kept when it fails."""
    return Receipt(
        outcome=Outcome.FAILED,
        reruns=max(0, command.runs - 1),
        target=command.target or None,
        standard=target.standard or None if target else None,
        version=target.version or None if target else None,
    )


def told(
    command: Command,
    receipt: Receipt,
    reading: Reading,
    fingerprint: Fingerprint,
    past: Past | None = None,
) -> Told:
    """The reading's share under our ids, and `receipt` with everything that is known of it.

    With a `past` rows are what they were before; without one nothing is remembered either.
    """
    found = {
        number: _account(command, reading, number, fingerprint, past)
        for number in reading.numbers_read
    }
    skipped: Counter[Skip] = Counter()
    for number, one in found.items():
        listed = reading.rows_of(number)
        skipped.update(listed.skipped)
        for row, row_id in zip(listed.rows, one.named.row_ids, strict=True):
            if not reading.shows(row):
                skipped[Skip.OUTSIDE_RANGE] += 1
            elif row_id is None:
                skipped[Skip.RETIRED_BEFORE] += 1
    share = share_of(
        command.name, reading.holdings({number: one.named for number, one in found.items()})
    )
    checks = tuple(one.check for one in found.values())
    told_of = [one.recognised for one in found.values() if one.recognised is not None]
    retired_ids = tuple(sorted(each for one in told_of for each in one.retired_ids))
    finished = replace(
        receipt,
        outcome=_outcome(reading, checks),
        accounts=len(share.accounts) + len(share.cards) + len(share.deposits),
        pages=reading.pages,
        rows=share.transaction_count,
        fetched=sum(reading.rows_of(number).fetched for number in found),
        new=sum(one.new for one in told_of) if past else share.transaction_count,
        changed=sum(one.changed for one in told_of),
        retired=len(retired_ids),
        retired_ids=retired_ids,
        skipped={why: count for why, count in skipped.items() if count},
        balances=checks,
    )
    memories = {
        one.named.account_id: one.recognised.memory
        for number, one in found.items()
        if one.recognised is not None and reading.is_whole(number)
    }
    made_from = past.sealed if past is not None else {}
    return Told(share=share, receipt=finished, memories=memories, made_from=made_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """What one account's rows came to."""

    named: Named
    check: BalanceCheck
    recognised: Recognised | None


def _account(
    command: Command, reading: Reading, number: str, fingerprint: Fingerprint, past: Past | None
) -> _Account:
    details, listed = reading.details[number], reading.rows_of(number)
    rows = listed.rows
    place, stand = place_of(details), stand_of(details, past.today if past else None)
    environment = command.environment.value
    of_account = account_id(fingerprint, command.client_id, environment, place, number)
    if past is None or not reading.reads_lists:
        row_ids: tuple[str | None, ...] = tuple(with_ids(fingerprint, of_account, rows, {}))
        same = None
    else:
        same = recognised(
            fingerprint,
            of_account,
            rows,
            past.memories.get(of_account),
            balance=stand.balance,
            kind=stand.kind,
            ahead=ahead_of(stand, listed.booked),
            since=reading.since,
            shows=reading.shows,
            today=past.today,
            is_beside=Skip.BOOKED_BESIDES in listed.skipped,
        )
        row_ids = same.ids
        if not reading.is_whole(number):
            same = replace(same, retired_ids=(), before=None)
    before = same.before if same is not None else None
    return _Account(
        named=Named(account_id=of_account, row_ids=row_ids),
        check=_checked(reading, number, details, stand, of_account, before, command.created_at),
        recognised=same,
    )


def comparable(receipt: Receipt) -> Receipt:
    """What two runs over the same answers must agree in; what is remembered is left aside."""
    was_whole = receipt.outcome in (Outcome.COMPLETE, Outcome.EXPLAINED)
    return Receipt(
        outcome=Outcome.COMPLETE if was_whole else receipt.outcome,
        accounts=receipt.accounts,
        pages=receipt.pages,
        rows=receipt.rows,
        reruns=receipt.reruns,
    )


def without_ids(held: Holdings) -> Holdings:
    """The same without our ids, for comparing what the bank said."""

    def bare(place: Place) -> Place:
        rows = tuple(replace(row, id=None) for row in place.transactions)
        return replace(place, id=None, transactions=rows)

    return replace(
        held,
        accounts=tuple(map(bare, held.accounts)),
        cards=tuple(map(bare, held.cards)),
        deposits=tuple(replace(one, id=None) for one in held.deposits),
    )


def place_of(details: AccountReading) -> Account | Card | Deposit:
    """The noun that the account is shown as."""
    return details.card or details.deposit or details.account


def stand_of(details: AccountReading, today: date | None) -> Stand:
    """The balance that its rows must come to; what may be spent where the bank tells nothing else.

    A balance without a day is today's.

    The balance of a card or a deposit is not made of its rows alone.
    """
    place = place_of(details)
    if not isinstance(place, Account):
        return Stand(balance=place.balance, on=place.balance_on or today)
    if place.balance is None and place.available is not None:
        return Stand(balance=place.available, kind=BalanceKind.AVAILABLE, on=today)
    on = place.balance_on or today
    return Stand(balance=place.balance, kind=place.balance_kind, on=on)


def _outcome(reading: Reading, checks: Sequence[BalanceCheck]) -> Outcome:
    if not reading.is_complete:
        return Outcome.PARTIAL
    is_proven = all(
        check.reason is Reason.NOT_READ or (check.gap == 0 and check.reason is None)
        for check in checks
    )
    return Outcome.COMPLETE if is_proven else Outcome.EXPLAINED


def _checked(
    reading: Reading,
    number: str,
    details: AccountReading,
    stand: Stand,
    of_account: str,
    before: Before | None,
    now: datetime,
) -> BalanceCheck:
    """The account's balance against its rows."""
    place, sifted = place_of(details), reading.rows_of(number)
    pending = [row for row in sifted.rows if row.status is not TransactionStatus.DONE]
    gap, reason = _verdict(reading, number, details, stand, pending, before, now)
    return BalanceCheck(
        account_id=of_account,
        currency=place.currency,
        gap=gap,
        reason=reason,
        proven_since=chained_since(sifted.booked) if gap == 0 and reason is None else None,
        newest_on=newest_day(sifted.rows),
        balance_on=place.balance_on,
    )


def _verdict(
    reading: Reading,
    number: str,
    details: AccountReading,
    stand: Stand,
    pending: Sequence[Transaction],
    before: Before | None,
    now: datetime,
) -> tuple[Decimal | None, Reason | None]:
    if not reading.reads_lists:
        return None, Reason.NOT_READ
    if not reading.is_whole(number):
        return None, Reason.LIST_CUT
    place, booked = place_of(details), reading.rows_of(number).booked
    gap, reason = weighed(stand, booked, pending, before, reading.since)
    if gap == 0 or reason is not None:
        return gap, reason
    if not isinstance(place, Account):
        return gap, Reason.OTHER_KIND
    if number in reading.plan.known:
        return gap, Reason.NOT_READ
    return gap, Reason.RANGE_SHORT if now.date() - reading.since <= LATE_EDGE else None
