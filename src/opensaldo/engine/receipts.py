"""What a reading came to: its rows under ids of ours, and the receipt that says how sure it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from opensaldo.connectors.base import AccountReading
from opensaldo.domain.account import Account, Card, Deposit, Holdings
from opensaldo.domain.command import Command
from opensaldo.domain.receipt import BalanceCheck, Outcome, Reason, Receipt, Skip
from opensaldo.domain.target import Target
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.balancing import newest_day, weighed
from opensaldo.engine.identity import Fingerprint, account_id, with_ids
from opensaldo.engine.reading import Named, Reading
from opensaldo.engine.shares import share_of

Place = TypeVar("Place", bound=Account | Card)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The command's share of what was read, and its receipt."""

    share: Holdings
    receipt: Receipt

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


def told(command: Command, receipt: Receipt, reading: Reading, fingerprint: Fingerprint) -> Told:
    """The reading's share under our ids, and `receipt` with everything that is known of it."""
    named: dict[str, Named] = {}
    checks: list[BalanceCheck] = []
    skipped: Counter[Skip] = Counter()
    for number in reading.numbers_read:
        details, sifted = reading.details[number], reading.rows_of(number)
        of_account = account_id(
            fingerprint,
            command.client_id,
            command.environment.value,
            place_of(details),
            number,
        )
        ids = with_ids(fingerprint, of_account, sifted.rows, {})
        named[number] = Named(account_id=of_account, row_ids=tuple(ids))
        checks.append(_checked(reading, number, details, of_account))
        skipped.update(sifted.skipped)
    share = share_of(command.name, reading.holdings(named))
    finished = replace(
        receipt,
        accounts=len(share.accounts) + len(share.cards) + len(share.deposits),
        pages=reading.pages,
        rows=share.transaction_count,
        fetched=sum(reading.rows_of(number).fetched for number in reading.numbers_read),
        new=share.transaction_count,
        skipped=dict(skipped),
        balances=tuple(checks),
    )
    return Told(share=share, receipt=replace(finished, outcome=_outcome(reading, checks)))


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


def _outcome(reading: Reading, checks: list[BalanceCheck]) -> Outcome:
    if not reading.is_complete:
        return Outcome.PARTIAL
    is_proven = all(check.gap == 0 or check.reason is Reason.NOT_READ for check in checks)
    return Outcome.COMPLETE if is_proven else Outcome.EXPLAINED


def _checked(
    reading: Reading, number: str, details: AccountReading, of_account: str
) -> BalanceCheck:
    """The account's balance against its rows."""
    place, sifted = place_of(details), reading.rows_of(number)
    pending = [row for row in sifted.rows if row.status is not TransactionStatus.DONE]
    gap, reason = _verdict(reading, number, details, pending)
    return BalanceCheck(
        account_id=of_account,
        currency=place.currency,
        gap=gap,
        reason=reason,
        newest_on=newest_day(sifted.rows),
        balance_on=place.balance_on,
    )


def _verdict(
    reading: Reading, number: str, details: AccountReading, pending: Sequence[Transaction]
) -> tuple[Decimal | None, Reason | None]:
    if not reading.reads_lists:
        return None, Reason.NOT_READ
    if not reading.is_whole(number):
        return None, Reason.LIST_CUT
    place, booked = place_of(details), reading.rows_of(number).booked
    gap, reason = weighed(place.balance, booked, pending, None, reading.since)
    if gap == 0 or reason is not None:
        return gap, reason
    if not isinstance(place, Account):
        return gap, Reason.OTHER_KIND
    return gap, Reason.NOT_READ if number in reading.plan.known else None
