"""Billing examples: `python -m tests.golden.billing` writes the bills anew from their logs.

A log `NAME.usage.csv` has one use a row, times in Polish local time; its bills are
`NAME.YYYY-MM.csv`, for each month that is named in `MONTHS`.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

from opensaldo.domain.bill import BILLING_ZONE, Bill, Month
from opensaldo.domain.client import Environment
from opensaldo.domain.usage import Usage, UsageKind
from opensaldo.engine.billing import bill
from opensaldo.engine.price_lists import read_price_lists
from opensaldo.wire.bills import bill_csv

FOLDER = Path(__file__).parent / "billing"
PRICES_OF = {"other_services": read_price_lists(FOLDER / "prices_of_all.toml").general}
PRICES = read_price_lists(FOLDER / "prices.toml").general
CONSENT_LIFE = timedelta(days=180)
LATE = datetime(2030, 1, 1, tzinfo=BILLING_ZONE)
MONTHS = {
    "consent_withdrawn": ("2026-02", "2026-03", "2026-04"),
    "cycles_of_every_kind": ("2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07"),
    "other_services": ("2026-01", "2026-02"),
    "single_sessions": ("2026-01", "2026-02"),
}


def usage_of(name: str) -> tuple[Usage, ...]:
    """The log of an example."""
    with (FOLDER / f"{name}.usage.csv").open(encoding="utf-8") as lines:
        return tuple(_use(row) for row in csv.DictReader(lines))


def bill_of(name: str, month: str) -> Bill:
    """The bill of an example's month, long after it."""
    return bill("acme-test", usage_of(name), Month.parse(month), PRICES_OF.get(name, PRICES), LATE)


def file_of(name: str, month: str) -> Path:
    """Where an example's bill is kept."""
    return FOLDER / f"{name}.{month}.csv"


def _use(row: dict[str, str]) -> Usage:
    at = datetime.fromisoformat(row["at"]).replace(tzinfo=BILLING_ZONE).astimezone(UTC)
    kind = UsageKind(row["kind"])
    return Usage(
        client_id="acme-test",
        environment=Environment.TEST,
        kind=kind,
        at=at,
        session_id=row["session"] or None,
        consent_id=row["consent"] or None,
        subject=row["subject"] or None,
        until=at + CONSENT_LIFE if kind is UsageKind.CONSENT_GRANTED else None,
    )


def main() -> None:
    """Write every bill."""
    for name, months in MONTHS.items():
        for month in months:
            file_of(name, month).write_text(bill_csv(bill_of(name, month)), "utf-8")


if __name__ == "__main__":
    main()
