"""Bills against a second computation of the contract's rules, which shares nothing with the first.

It writes down what is owed while it makes up a history, by the hour and in text, and knows neither
cycles nor sessions as things.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from opensaldo.domain.bill import Month, Prices
from opensaldo.domain.client import Environment
from opensaldo.domain.usage import Usage, UsageKind
from opensaldo.engine.billing import CONSENT_REACH, bill

HISTORIES = 25
LONG_AFTER = datetime(2031, 1, 1, tzinfo=UTC)
START = datetime(2027, 1, 1, tzinfo=UTC)
EDGES = [  # month ends, leap day, both changes of Polish clocks
    datetime.fromisoformat(text)
    for text in (
        "2027-02-28T22:59:59Z",
        "2027-03-28T00:59:59Z",
        "2027-03-28T01:00:00Z",
        "2027-10-31T00:30:00Z",
        "2027-10-31T01:30:00Z",
        "2027-12-31T22:59:59Z",
        "2027-12-31T23:00:00Z",
        "2028-02-29T22:59:59Z",
        "2028-02-29T23:00:00Z",
    )
]
PRICES = Prices(
    name="test",
    currency="PLN",
    single_session="1.50",
    consent_cycle="2.00",
    consent_session="0.40",
    labelling="0.20",
    income_confirmation="2.50",
    pdf_file="0.90",
    pdf_agreed_files=4,
    pdf_base_fee="3.00",
)
MONTHS = [Month(year, number) for year in (2027, 2028) for number in range(1, 13)]
Owed = Counter[tuple[str, str]]  # by month and service, in grosz


class History:
    """A made-up usage log, and what is owed for it."""

    def __init__(self, seed: int) -> None:
        """Make it up from the seed."""
        self.draw = random.Random(seed)
        self.rows: list[Usage] = []
        self.owed: Owed = Counter()
        self.count = 0
        for _ in range(self.draw.randrange(4)):
            self.single()
        for number in range(self.draw.randrange(3)):
            self.consent(f"c{number}")
        self.confirmations()
        self.files()
        self.draw.shuffle(self.rows)

    def moment(self) -> datetime:
        if self.draw.random() < 0.5:
            return self.draw.choice(EDGES)
        return START + timedelta(minutes=self.draw.randrange(400 * 24 * 60))

    def note(self, kind: UsageKind, at: datetime, **more: object) -> None:
        place = {"client_id": "acme-test", "environment": Environment.TEST}
        self.rows.append(Usage(**place, kind=kind, at=at, **more))  # type: ignore[arg-type]

    def owe(self, at: datetime, service: str, grosz: int) -> None:
        self.owed[at.astimezone(ZoneInfo("Europe/Warsaw")).strftime("%Y-%m"), service] += grosz

    def session(self, at: datetime, consent: str | None) -> list[bool]:
        """A session with some imports; how they ended."""
        self.count += 1
        name = f"s{self.count}"
        self.note(UsageKind.SESSION_OPENED, at, session_id=name, consent_id=consent)
        ends = [self.draw.random() < 0.6 for _ in range(self.draw.randrange(4))]
        for number, is_good in enumerate(ends):
            kind = UsageKind.IMPORT_SUCCEEDED if is_good else UsageKind.IMPORT_FAILED
            later = at + timedelta(seconds=self.draw.randrange(600))
            self.note(kind, later, session_id=name, subject=f"{name}-{number}")
        labelled = self.draw.randrange(3) if any(ends) else 0
        for _ in range(labelled):
            self.note(UsageKind.LABELLED, at, session_id=name, subject=name)
        if labelled:
            self.owe(at, "labelling", 20)
        return ends

    def single(self) -> None:
        at = self.moment()
        ends = self.session(at, None)
        if ends and all(ends):
            self.owe(at, "single session", 150)

    def consent(self, name: str) -> None:
        granted = self.moment()
        hours = self.draw.choice([180 * 24, 90 * 24, 31 * 24, 30 * 24, 47])
        until = granted + timedelta(hours=hours)
        self.note(UsageKind.CONSENT_GRANTED, granted, consent_id=name, until=until)
        if self.draw.random() < 0.5:
            hours = self.draw.randrange(1, hours + 1)
            over = granted + timedelta(hours=hours)
            self.note(UsageKind.CONSENT_ENDED, over, consent_id=name)
        for first_hour in range(0, hours, 30 * 24):
            self.cycle(name, granted, first_hour, min(30 * 24, hours - first_hour))

    def cycle(self, name: str, granted: datetime, first_hour: int, hours: int) -> None:
        billed_at = granted + timedelta(hours=first_hour + 30 * 24)
        at_hours = [
            first_hour + self.draw.choice([0, hours - 1, self.draw.randrange(hours)])
            for _ in range(self.draw.randrange(4))
        ]
        all_ends = [self.session(granted + timedelta(hours=hour), name) for hour in at_hours]
        failed = sum(not all(ends) for ends in all_ends)
        if not all_ends or failed < len(all_ends):
            self.owe(billed_at, "consent cycle", 200)
        good = sum(bool(ends) and all(ends) for ends in all_ends)
        self.owe(billed_at, "consent session", 40 * good)

    def confirmations(self) -> None:
        asked = sorted((self.moment(), self.draw.choice("xy")) for _ in range(4))
        first = {mark: at for at, mark in reversed(asked)}
        for at, mark in asked:
            self.note(UsageKind.INCOME_CONFIRMED, at, subject=mark)
        for at in first.values():
            self.owe(at, "income confirmation", 250)

    def files(self) -> None:
        for number in range(self.draw.randrange(12)):
            at = self.draw.choice(EDGES)
            self.note(UsageKind.PDF_UPLOADED, at, subject=str(number))
            self.owe(at, "PDF file", 90)
        for month in map(str, MONTHS):
            missing = 300 - self.owed[month, "PDF file"]
            self.owed[month, "PDF monthly minimum"] = max(0, missing)


def billed(history: History) -> Iterator[tuple[tuple[str, str], int]]:
    """What the platform bills, of the rows that it reads for each month."""
    for month in MONTHS:
        since = month.starts_at - CONSENT_REACH
        rows = tuple(
            row for row in history.rows if row.at >= since or row.kind is UsageKind.INCOME_CONFIRMED
        )
        for line in bill("acme-test", rows, month, PRICES, LONG_AFTER).lines:
            yield (str(month), line.service.value), int(line.amount * Decimal(100))


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_every_month_of_a_history_costs_what_the_contract_says(seed: int):
    history = History(seed)
    found: Owed = Counter()
    for key, grosz in billed(history):
        found[key] += grosz
    within = {key: grosz for key, grosz in history.owed.items() if key[0] <= "2028-12" and grosz}
    assert +found == within
