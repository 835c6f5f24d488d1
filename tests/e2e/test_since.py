"""How far back an import reaches (wire contract, 5.1): `since` and the limits that move it up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.e2e.checked import CheckedApi, days_of, sign_in
from tests.e2e.fixtures import World
from tests.support.clock import NOON

TODAY = NOON.date()
NINETY_DAYS = (TODAY - timedelta(days=90)).isoformat()


def redirected(api: CheckedApi, **options: str) -> tuple[str, str]:
    made = api.started(**options)
    sign_in(made["redirectionLink"])
    return made["sessionId"], made["sessionIdSignature"]


def test_left_out_it_is_ninety_days_ago(api: CheckedApi):
    days = days_of(api.finished(api.mock_session("test2")))
    assert days[-1] >= NINETY_DAYS
    assert days[-1] <= (TODAY - timedelta(days=80)).isoformat()


@pytest.mark.parametrize("since", ["2026-02-20", "2026-01-01", "2025-10-15", "2024-03-01"])
def test_no_older_row_appears_and_all_newer_ones_do(api: CheckedApi, since: str):
    days = days_of(api.finished(api.mock_session("test2"), since=since))
    whole = days_of(api.finished(api.mock_session("test2"), since="2023-03-01"))
    assert days == [day for day in whole if day >= since]


def test_today_is_a_date_like_any_other(api: CheckedApi):
    days = days_of(api.finished(api.mock_session("test2"), since=TODAY.isoformat()))
    assert set(days) <= {TODAY.isoformat()}


@pytest.mark.parametrize("since", ["1900-01-01", "0001-01-01", "2019-01-01"])
def test_older_than_every_limit_is_moved_up_to_five_years(api: CheckedApi, since: str):
    days = days_of(api.finished(api.mock_session("test1"), since=since))
    assert days[-1] >= "2021-03-01"
    assert days[-1] < "2022-04-01"


def test_the_mock_bank_is_exempt_from_the_ninety_days(api: CheckedApi):
    days = days_of(api.finished(redirected(api), since="2025-06-01"))
    assert "2025-06-01" <= days[-1] < "2025-07-01"


@pytest.mark.parametrize(
    ("since", "earliest"),
    [
        (None, "2026-01-15"),
        ("2025-01-01", "2026-01-15"),
        ("2026-02-10", "2026-02-10"),
    ],
)
def test_max_import_date_is_the_default_and_the_limit(
    api: CheckedApi, since: str | None, earliest: str
):
    session = redirected(api, maxImportDate="2026-01-15")
    days = days_of(api.finished(session, **({"since": since} if since else {})))
    assert earliest <= days[-1] <= "2026-02-15"


@pytest.mark.parametrize("form", ["flat", "psd2"])
def test_max_import_date_may_reach_further_back_than_ninety_days(api: CheckedApi, form: str):
    option = {"maxImportDate": "2025-08-01"}
    session = redirected(api, **(option if form == "flat" else {"psd2": option}))  # type: ignore[arg-type]
    days = days_of(api.finished(session))
    assert "2025-08-01" <= days[-1] < "2025-08-20"


@pytest.mark.parametrize(
    "since", ["2026-03-03", "9999-12-31", "2026-13-01", "2026-02-30", "20260101", "yesterday", "1"]
)
def test_the_future_and_what_is_no_date_are_refused_and_nothing_is_accepted(
    api: CheckedApi, since: str
):
    session = api.mock_session()
    refused = api.submit(session, since=since)
    assert (refused.status, refused.exception) == (400, "InvalidSince")
    assert api.submit(session).status == 202


def test_tomorrow_is_no_longer_the_future_tomorrow(world: World, api: CheckedApi):
    assert api.submit(api.mock_session(), since="2026-03-03").exception == "InvalidSince"
    world.later(hours=12)
    assert api.submit(api.mock_session(), since="2026-03-03").status == 202


def test_a_max_import_date_of_today_or_later_reads_nothing_older(api: CheckedApi):
    session = redirected(api, maxImportDate=TODAY.isoformat())
    assert set(days_of(api.finished(session, since="2025-01-01"))) <= {TODAY.isoformat()}


def test_a_max_import_date_older_than_five_years_is_moved_up(api: CheckedApi):
    session = redirected(api, maxImportDate="2001-01-01")
    days = days_of(api.finished(session))
    assert "2021-03-01" <= days[-1] < "2022-04-01"
