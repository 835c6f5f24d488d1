"""Billing examples an accountant can read: each bill is what its log and price list make."""

from __future__ import annotations

import pytest

from tests.golden.billing import FOLDER, MONTHS, bill_csv, bill_of, file_of

BILLS = [(name, month) for name, months in MONTHS.items() for month in months]


@pytest.mark.parametrize(("name", "month"), BILLS, ids=lambda each: str(each))
def test_a_bill_is_what_its_golden_file_says(name: str, month: str):
    made = bill_of(name, month)
    assert made.is_final
    assert bill_csv(made) == file_of(name, month).read_text("utf-8")


def test_every_file_beside_the_logs_is_tested():
    kept = {one.name for one in FOLDER.glob("*.20??-??.csv")}
    assert kept == {file_of(*each).name for each in BILLS}
    assert {one.name for one in FOLDER.glob("*.usage.csv")} == {f"{n}.usage.csv" for n in MONTHS}
