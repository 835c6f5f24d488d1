"""A payment's life: everything the bank ever shows of it, and from when to when."""

from dataclasses import dataclass
from datetime import date, datetime

from kontobank.world.nouns import DONE, Party, Transaction

HOLD, PENDING = "hold", "pending"
LIFE_DAYS_MAX = 14  # so a life ends in the month after the one it began in


@dataclass(frozen=True, slots=True)
class Appearance:
    """How the bank shows a payment, or a piece of it, from one instant until another.

    A pending piece becomes the booked piece of the same number; a split books more pieces than
    were pending, a merger fewer. `until_at` is None for what stays.
    """

    status: str
    piece: int
    bank_id: str
    minor: int
    title: str
    party: Party
    traded_on: date
    booked_on: date | None
    from_at: datetime
    until_at: datetime | None

    def is_shown(self, at: datetime) -> bool:
        """True while the bank shows it."""
        return self.from_at <= at and (self.until_at is None or at < self.until_at)


@dataclass(frozen=True, slots=True)
class Life:
    """One true payment; `twin_of` names the one it equals in day, amount, text and other side."""

    true_id: str
    fate: str
    happened_at: datetime
    currency: str
    kind: str
    mcc: str
    appearances: tuple[Appearance, ...]
    twin_of: str | None = None

    @property
    def settled_minor(self) -> int:
        """What the account gained in the end; 0 when it vanished or was reversed."""
        return sum(one.minor for one in self.appearances if one.status == DONE and not one.until_at)

    def booked(self, at: datetime) -> list[Appearance]:
        """The rows of it that are booked at the instant."""
        return [one for one in self.appearances if one.status == DONE and one.is_shown(at)]

    def unbooked(self, at: datetime) -> list[Appearance]:
        """The rows of it that are held or pending at the instant."""
        return [one for one in self.appearances if one.status != DONE and one.is_shown(at)]

    def row(self, one: Appearance, balance_minor: int | None) -> Transaction:
        """An appearance as the row of a list."""
        return Transaction(
            item_id=one.bank_id,
            minor=one.minor,
            currency=self.currency,
            title=one.title,
            kind=self.kind,
            party=one.party,
            traded_on=one.traded_on,
            booked_on=one.booked_on,
            balance_minor=balance_minor,
            status=one.status,
            mcc=self.mcc,
        )
