"""What an auto import asks of its sign-in: how far back, and single access only."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from opensaldo.domain.session import AutoImport
from opensaldo.domain.target import AccessMode
from opensaldo.engine.auto_import import settled
from opensaldo.engine.signin import SignInOptions
from opensaldo.errors import InvalidParameter, InvalidSince

TODAY = date(2026, 3, 31)


def options(**changes: object) -> SignInOptions:
    return SignInOptions(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("months", "since"),
    [
        (1, date(2026, 2, 28)),
        (2, date(2026, 1, 31)),
        (3, date(2025, 12, 31)),
        (6, date(2025, 9, 30)),
        (12, date(2025, 3, 31)),
        (25, date(2024, 2, 29)),
        (60, date(2021, 3, 31)),
    ],
)
def test_months_are_counted_by_the_calendar(months: int, since: date):
    found = settled(options(auto_import=AutoImport(months=months)), TODAY)
    assert found.auto_import == AutoImport(since=since)
    assert found.max_import_date == since


def test_the_sign_in_is_asked_for_as_much_as_is_imported_unless_the_client_says_it():
    day, earlier = TODAY - timedelta(days=10), TODAY - timedelta(days=20)
    wanted = AutoImport(since=day)
    assert settled(options(auto_import=wanted), TODAY).max_import_date == day
    said = options(auto_import=wanted, max_import_date=earlier)
    assert settled(said, TODAY).max_import_date == earlier
    without = options(auto_import=AutoImport())
    assert settled(without, TODAY) == without


def test_without_auto_import_nothing_changes():
    for mode in AccessMode:
        plain = options(access_mode=mode)
        assert settled(plain, TODAY) is plain


@pytest.mark.parametrize("mode", [AccessMode.MULTIPLE, AccessMode.MIXED])
def test_repeated_access_has_no_auto_import(mode: AccessMode):
    with pytest.raises(InvalidParameter) as refused:
        settled(options(access_mode=mode, auto_import=AutoImport()), TODAY)
    assert refused.value.wire_name == "InvalidParameter"


def test_the_future_cannot_be_imported():
    assert settled(options(auto_import=AutoImport(since=TODAY)), TODAY).max_import_date == TODAY
    with pytest.raises(InvalidSince):
        settled(options(auto_import=AutoImport(since=TODAY + timedelta(days=1))), TODAY)
