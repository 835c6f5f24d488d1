"""How far back an import may reach (wire contract, section 5.1)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.engine.history import READ_MIN, earliest_day, read_from
from tests.support.builders import a_session

TODAY = date(2026, 3, 2)
NINETY = date(2025, 12, 2)
HALF_A_YEAR = date(2025, 9, 3)
FIVE_YEARS = date(2021, 3, 2)


def day(
    since: date | None = None,
    *,
    max_import_date: date | None = None,
    attended: bool = True,
    is_mock: bool = False,
) -> date:
    session = a_session(max_import_date=max_import_date, attended=attended)
    return earliest_day(session, since, today=TODAY, is_mock=is_mock, later=timedelta(days=180))


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (None, NINETY),
        (TODAY, TODAY),
        (date(2026, 1, 1), date(2026, 1, 1)),
        (NINETY, NINETY),
        (NINETY - timedelta(days=1), NINETY),
        (date(1900, 1, 1), NINETY),
        (date.min, NINETY),
    ],
)
def test_after_a_fresh_sign_in_ninety_days_count(since: date | None, expected: date):
    assert day(since) == expected


@pytest.mark.parametrize(
    ("since", "max_import_date", "expected"),
    [
        (None, date(2026, 2, 1), date(2026, 2, 1)),
        (None, date(2025, 6, 1), date(2025, 6, 1)),
        (date(2026, 1, 1), date(2025, 6, 1), date(2026, 1, 1)),
        (date(2025, 7, 1), date(2025, 6, 1), date(2025, 7, 1)),
        (date(2025, 5, 1), date(2025, 6, 1), date(2025, 6, 1)),
        (None, date(2019, 1, 1), FIVE_YEARS),
        (date(2015, 1, 1), date(2019, 1, 1), FIVE_YEARS),
    ],
)
def test_the_widgets_max_import_date_is_default_and_limit_and_replaces_the_ninety_days(
    since: date | None, max_import_date: date, expected: date
):
    assert day(since, max_import_date=max_import_date) == expected


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (None, NINETY),
        (date(2025, 3, 1), date(2025, 3, 1)),
        (FIVE_YEARS, FIVE_YEARS),
        (date(2020, 1, 1), FIVE_YEARS),
    ],
)
def test_the_mock_bank_is_exempt_from_ninety_days_but_not_from_five_years(
    since: date | None, expected: date
):
    assert day(since, is_mock=True) == expected


@pytest.mark.parametrize("is_mock", [False, True])
@pytest.mark.parametrize(
    ("since", "max_import_date", "expected"),
    [
        (None, None, NINETY),
        (date(2025, 10, 1), None, date(2025, 10, 1)),
        (date(2025, 1, 1), None, HALF_A_YEAR),
        (None, date(2025, 1, 1), HALF_A_YEAR),
        (None, date(2026, 1, 15), date(2026, 1, 15)),
        (date(2025, 1, 1), date(2024, 1, 1), HALF_A_YEAR),
    ],
)
def test_a_reused_session_reaches_180_days_at_every_bank(
    since: date | None, max_import_date: date | None, expected: date, is_mock: bool
):
    found = day(since, max_import_date=max_import_date, attended=False, is_mock=is_mock)
    assert found == expected


dates = st.dates(min_value=date(2000, 1, 1), max_value=TODAY)


@given(st.none() | dates, st.none() | dates, st.booleans(), st.booleans())
def test_no_import_reaches_before_what_was_asked_nor_past_five_years(
    since: date | None, max_import_date: date | None, attended: bool, is_mock: bool
):
    found = day(since, max_import_date=max_import_date, attended=attended, is_mock=is_mock)
    assert FIVE_YEARS <= found <= TODAY
    assert since is None or found >= since
    assert max_import_date is None or found >= max_import_date


@pytest.mark.parametrize("back", [0, 1, 20, 44])
def test_of_a_short_range_more_is_read_but_never_past_a_limit(back: int):
    shown = TODAY - timedelta(days=back)
    assert read_from(shown, TODAY) == TODAY - READ_MIN
    told = TODAY - timedelta(days=44)
    assert day(read_from(shown, TODAY), max_import_date=told) == told


def test_a_longer_range_is_read_as_it_was_asked_for():
    assert read_from(NINETY, TODAY) == NINETY
