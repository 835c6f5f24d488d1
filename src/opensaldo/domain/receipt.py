"""A receipt: what an import says about its own completeness, in closed sets of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Outcome(StrEnum):
    """How an import ended."""

    COMPLETE = "complete"
    EXPLAINED = "explained"
    PARTIAL = "partial"
    FAILED = "failed"


class Skip(StrEnum):
    """Why a row that the bank sent is not in the result."""

    OUTSIDE_RANGE = "outside_range"
    NO_MONEY_MOVED = "no_money_moved"
    SENT_TWICE = "sent_twice"
    BOOKED_BESIDES = "booked_besides"
    RETIRED_BEFORE = "retired_before"


class Reason(StrEnum):
    """Why an account's balance is not proven, or differs."""

    FIRST_IMPORT = "first_import"
    NO_BALANCE = "no_balance"
    NOT_READ = "not_read"
    LIST_CUT = "list_cut"
    HISTORY_CUT = "history_cut"
    RANGE_SHORT = "range_short"
    PENDING_INCLUDED = "pending_included"
    BALANCE_OLDER = "balance_older"
    VALUED_LATER = "valued_later"
    NOT_BOOKED = "not_booked"
    KIND_UNKNOWN = "kind_unknown"
    ROWS_WITHDRAWN = "rows_withdrawn"
    ROW_BALANCES_UNUSABLE = "row_balances_unusable"
    OTHER_KIND = "other_kind"


MEANINGS: Mapping[Outcome | Skip | Reason, str] = {
    Outcome.COMPLETE: "All was read, and every balance that can be proven is.",
    Outcome.EXPLAINED: "All was read; what is not proven has its reason.",
    Outcome.PARTIAL: "The time limit cut a list or an account; what came in is kept.",
    Outcome.FAILED: "Nothing was kept.",
    Skip.OUTSIDE_RANGE: "It is of a day that was not asked for.",
    Skip.NO_MONEY_MOVED: "It was rejected, cancelled or is only planned.",
    Skip.SENT_TWICE: "The bank sent the same row on two pages.",
    Skip.BOOKED_BESIDES: "It is on its way and stands beside its booked form.",
    Skip.RETIRED_BEFORE: "An earlier import retired it, or it has booked and is still listed.",
    Reason.FIRST_IMPORT: "Rows carry no balances, and there is no earlier import to compare with.",
    Reason.NO_BALANCE: "The bank told no balance.",
    Reason.NOT_READ: "The command asks for rows or for balances, not for both.",
    Reason.LIST_CUT: "The time limit cut the list.",
    Reason.HISTORY_CUT: "Rows where the range begins, or between this import and the one before, "
    "are not all listed; the later ones add up.",
    Reason.RANGE_SHORT: "Of only so few days might rows be read; some stand under an earlier day.",
    Reason.PENDING_INCLUDED: "Rows that are not booked yet are in the balance: they are the gap.",
    Reason.BALANCE_OLDER: "The balance is that of an earlier row.",
    Reason.VALUED_LATER: "Booked rows count in the balance from a later day only.",
    Reason.NOT_BOOKED: "The bank tells only what may be spent or is expected; holds and limits may "
    "be in it.",
    Reason.KIND_UNKNOWN: "The bank does not say what its balance is of.",
    Reason.ROWS_WITHDRAWN: "Booked rows that were there are no longer listed.",
    Reason.ROW_BALANCES_UNUSABLE: "The bank's balances of rows do not follow from each other.",
    Reason.OTHER_KIND: "The balance of a card or a deposit is not the sum of its rows.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceCheck:
    """One account's balance against its rows.

    `gap` is what the bank's balance has more than the rows account for, None where nothing can be
    compared; a gap other than zero, and None, have their `reason`. `newest_on` is the day of the
    newest row, `balance_on` the bank's own day of the balance where it tells one.

    `proven_since` is the day of the oldest booked row, where the rows' own balances lead from it to
    the account's; None where they do not. Whether the bank keeps older rows of the range to itself
    nobody can see.
    """

    account_id: str
    currency: str
    gap: Decimal | None = None
    reason: Reason | None = None
    proven_since: date | None = None
    newest_on: date | None = None
    balance_on: date | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the balance is proven or the receipt says why it is not."""
        return self.gap == 0 or self.reason is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an import did and how sure it is of it.

    `rows` are in the result, `fetched` came from the bank; between them stand `skipped`. A failed
    import has no rows, but `pages`, `fetched` and, where it came so far, `balances`. `new`,
    `changed` and `retired` compare with what the consent remembers; without a memory all are new.
    `retired_ids` are rows of earlier imports that do not exist any more. `calls_left` is how many
    more imports the consent allows in these 24 hours.
    """

    outcome: Outcome
    accounts: int = 0
    pages: int = 0
    rows: int = 0
    reruns: int = 0
    fetched: int = 0
    new: int = 0
    changed: int = 0
    retired: int = 0
    retired_ids: tuple[str, ...] = ()
    skipped: Mapping[Skip, int] = field(default_factory=dict)
    balances: tuple[BalanceCheck, ...] = ()
    rereads: int = 0
    calls_left: int | None = None
    target: str | None = None
    standard: str | None = None
    version: str | None = None

    def of_failure(self) -> Receipt:
        """The same of an import that kept nothing: what it fetched and weighed, no rows."""
        return replace(
            self,
            outcome=Outcome.FAILED,
            accounts=0,
            rows=0,
            new=0,
            changed=0,
            retired=0,
            retired_ids=(),
        )
