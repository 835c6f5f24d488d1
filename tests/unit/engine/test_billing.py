"""Billing rules over random logs: month ends, leap days, clock changes, revocations, failures."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opensaldo.domain.bill import BILLING_ZONE, Bill, Line, Month, OnPremises, Prices, Service
from opensaldo.domain.client import Environment
from opensaldo.domain.usage import Usage, UsageKind
from opensaldo.engine.billing import bill
from opensaldo.engine.cycles import CYCLE

PRICES = Prices(
    name="test",
    currency="PLN",
    single_session="1.50",
    consent_cycle="2.00",
    consent_session="0.40",
    labelling="0.20",
    income_confirmation="2.50",
)
LIFE = timedelta(days=180)
LATE = datetime(2031, 1, 1, tzinfo=UTC)
START = datetime(2027, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
few = settings(max_examples=30, deadline=None)
ENDS = st.lists(st.booleans(), max_size=3)


def use(kind: UsageKind, at: datetime, **more: object) -> Usage:
    given: dict[str, object] = {"client_id": "acme-test", "environment": Environment.TEST}
    return Usage(**given, kind=kind, at=at, **more)  # type: ignore[arg-type]


def session(number: str, at: datetime, ends: list[bool], consent: str | None = None) -> list[Usage]:
    """A session opened then, with an import for each end."""
    opened = use(UsageKind.SESSION_OPENED, at, session_id=number, consent_id=consent)
    return [
        opened,
        *(
            use(
                UsageKind.IMPORT_SUCCEEDED if is_good else UsageKind.IMPORT_FAILED,
                at + timedelta(minutes=place),
                session_id=number,
                subject=f"{number}-{place}",
            )
            for place, is_good in enumerate(ends, 1)
        ),
    ]


def consent(at: datetime, withdrawn_after: timedelta | None = None) -> list[Usage]:
    rows = [use(UsageKind.CONSENT_GRANTED, at, consent_id="c", until=at + LIFE)]
    if withdrawn_after is not None:
        rows.append(use(UsageKind.CONSENT_ENDED, at + withdrawn_after, consent_id="c"))
    return rows


def billed(rows: list[Usage], month: Month, prices: Prices = PRICES) -> Bill:
    return bill("acme-test", tuple(rows), month, prices, LATE)


def every_line(rows: list[Usage], prices: Prices = PRICES) -> list[Line]:
    """The lines of all months that can have any: a year from the first use, and from the last."""
    used = {Month.of(row.at) for row in rows} or {Month(2028, 1), Month(2029, 1), Month(2030, 1)}
    months = {
        Month(one.year + (one.number + more - 1) // 12, (one.number + more - 1) % 12 + 1)
        for one in (min(used), max(used), *used)
        for more in range(-1, 9)
    }
    return [line for month in sorted(months) for line in billed(rows, month, prices).lines]


def count(lines: list[Line], service: Service) -> int:
    return sum(line.quantity for line in lines if line.service is service)


# --- the contract's own example -----------------------------------------------------------------
def test_a_consent_withdrawn_in_its_second_cycle_is_billed_as_the_contract_says():
    granted = datetime(2026, 1, 10, 12, tzinfo=BILLING_ZONE)
    withdrawn = datetime(2026, 2, 20, 9, tzinfo=BILLING_ZONE)
    rows = consent(granted, withdrawn - granted)
    days = [
        (month, line.on) for month in (2, 3, 4) for line in billed(rows, Month(2026, month)).lines
    ]
    assert days == [(2, date(2026, 2, 9)), (3, date(2026, 3, 11))]


# --- singles -------------------------------------------------------------------------------------
@few
@given(at=MOMENTS, ends=ENDS)
def test_a_single_session_is_in_one_month_and_charged_once_if_all_imports_succeeded(
    at: datetime, ends: list[bool]
):
    lines = every_line(session("s", at, ends))
    (line,) = lines
    assert line.quantity == int(bool(ends) and all(ends))
    there = at.astimezone(BILLING_ZONE)
    assert [line] == list(billed(session("s", at, ends), Month(there.year, there.month)).lines)
    assert line.on == there.date()


@few
@given(at=MOMENTS, ends=ENDS, place=st.integers(0, 3))
def test_a_failed_import_never_makes_a_bill_higher(at: datetime, ends: list[bool], place: int):
    with_failure = [*ends[:place], False, *ends[place:]]
    before = count(every_line(session("s", at, ends)), Service.SINGLE_SESSION)
    after = count(every_line(session("s", at, with_failure)), Service.SINGLE_SESSION)
    assert after == 0 <= before


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2028-02-29T22:59:59Z", "2028-02"),
        ("2028-02-29T23:00:00Z", "2028-03"),
        ("2027-02-28T23:00:00Z", "2027-03"),
        ("2027-07-31T21:59:59Z", "2027-07"),
        ("2027-07-31T22:00:00Z", "2027-08"),
        ("2027-12-31T23:00:00Z", "2028-01"),
    ],
)
def test_months_are_those_of_polish_clocks(moment: str, month: str):
    rows = session("s", datetime.fromisoformat(moment), [True])
    assert billed(rows, Month.parse(month)).total == Decimal("1.50")


# --- consents ------------------------------------------------------------------------------------
@few
@given(at=MOMENTS, hours=st.integers(1, 180 * 24 + 500))
def test_every_cycle_that_began_is_in_exactly_one_bill_and_whole(at: datetime, hours: int):
    lived = min(timedelta(hours=hours), LIFE)
    lines = every_line(consent(at, timedelta(hours=hours)))
    assert count(lines, Service.CONSENT_CYCLE) == math.ceil(lived / CYCLE)
    assert {line.amount for line in lines} == {Decimal("2.00")}


@few
@given(at=MOMENTS)
def test_a_consent_that_runs_out_has_six_cycles_whenever_its_end_is_noticed(at: datetime):
    for noticed in (None, LIFE, LIFE + timedelta(minutes=1), LIFE + timedelta(hours=2)):
        lines = every_line(consent(at, noticed))
        assert count(lines, Service.CONSENT_CYCLE) == 6


@few
@given(
    at=MOMENTS,
    sessions=st.lists(st.tuples(st.floats(0, 0.999), ENDS), max_size=4),
    withdrawn=st.booleans(),
)
def test_a_cycle_is_waived_only_when_all_of_its_sessions_failed(
    at: datetime, sessions: list[tuple[float, list[bool]]], withdrawn: bool
):
    rows = consent(at, CYCLE - timedelta(seconds=1) if withdrawn else CYCLE)
    for number, (share, ends) in enumerate(sessions):
        rows += session(f"s{number}", at + CYCLE * share, ends, "c")
    lines = every_line(rows)
    failed = [ends for _share, ends in sessions if not all(ends)]
    good = [ends for _share, ends in sessions if ends and all(ends)]
    is_waived = bool(sessions) and len(failed) == len(sessions)
    assert count(lines, Service.CONSENT_CYCLE) == int(not is_waived)
    assert count(lines, Service.CONSENT_SESSION) == len(good)
    assert count(lines, Service.SINGLE_SESSION) == 0
    assert len(lines) == 1 + len(sessions)


@few
@given(at=MOMENTS, hours=st.integers(0, 180 * 24 - 1))
def test_a_session_is_billed_with_the_cycle_it_fell_into(at: datetime, hours: int):
    rows = consent(at) + session("s", at + timedelta(hours=hours), [True], "c")
    number = timedelta(hours=hours) // CYCLE + 1
    month = Month.of(at + CYCLE * number)
    lines = [one for one in billed(rows, month).lines if one.service is Service.CONSENT_SESSION]
    assert [line.quantity for line in lines] == [1]


@few
@given(at=MOMENTS, hours=st.integers(-48, 200 * 24), lived=st.integers(-2, 180 * 24))
def test_a_session_is_billed_once_whatever_a_clock_that_was_put_back_says(
    at: datetime, hours: int, lived: int
):
    rows = consent(at, timedelta(hours=lived))
    rows += session("s", at + timedelta(hours=hours), [True], "c")
    lines = every_line(rows)
    assert count(lines, Service.CONSENT_SESSION) == 1
    assert count(lines, Service.CONSENT_CYCLE) == max(1, math.ceil(lived / (30 * 24)))


# --- the rest ------------------------------------------------------------------------------------
@few
@given(at=MOMENTS, again=st.lists(st.integers(0, 400), max_size=5))
def test_labelling_is_once_a_session_and_an_income_confirmation_once_for_its_data(
    at: datetime, again: list[int]
):
    days = [at, *(at + timedelta(days=each) for each in again)]
    rows = [use(UsageKind.LABELLED, each, session_id="s", subject="c") for each in days]
    rows += [use(UsageKind.INCOME_CONFIRMED, each, subject="mark") for each in days]
    lines = every_line(rows)
    assert count(lines, Service.LABELLING) == 1
    assert count(lines, Service.INCOME_CONFIRMATION) == 1


@few
@given(files=st.integers(0, 12), agreed=st.integers(0, 12))
def test_a_month_of_files_costs_at_least_the_base_fee_below_the_agreed_number(
    files: int, agreed: int
):
    prices = replace(PRICES, pdf_file="0.90", pdf_agreed_files=agreed, pdf_base_fee="5.00")
    at = datetime(2027, 5, 5, tzinfo=UTC)
    rows = [use(UsageKind.PDF_UPLOADED, at, subject=str(each)) for each in range(files)]
    total, per_file = billed(rows, Month(2027, 5), prices).total, Decimal("0.90") * files
    assert total == (max(per_file, Decimal("5.00")) if files < agreed else per_file)


def test_a_licence_is_yearly_and_its_set_up_once_even_from_a_leap_day():
    contract = OnPremises(
        since=date(2028, 2, 29), licence_yearly="1200.00", support_yearly="240.00", set_up="300.00"
    )
    prices = Prices(name="test", currency="PLN", on_premises=contract)
    lines = every_line([], prices)
    assert [(line.on, line.service) for line in lines] == [
        (date(2028, 2, 29), Service.PDF_LICENCE),
        (date(2028, 2, 29), Service.PDF_SUPPORT),
        (date(2028, 2, 29), Service.PDF_SET_UP),
        (date(2029, 2, 28), Service.PDF_LICENCE),
        (date(2029, 2, 28), Service.PDF_SUPPORT),
        (date(2030, 2, 28), Service.PDF_LICENCE),
        (date(2030, 2, 28), Service.PDF_SUPPORT),
    ]


def test_what_is_due_at_the_end_of_a_month_or_on_a_day_of_it_is_not_due_before():
    contract = OnPremises(since=date(2027, 5, 20), licence_yearly="1200.00")
    prices = replace(
        PRICES, pdf_file="0.90", pdf_agreed_files=9, pdf_base_fee="5.00", on_premises=contract
    )

    def services(day: datetime) -> list[Service]:
        made = bill("acme-test", (), Month(2027, 5), prices, day)
        return [line.service for line in made.lines]

    of_licence = [Service.PDF_LICENCE, Service.PDF_SUPPORT, Service.PDF_SET_UP]
    assert services(datetime(2027, 4, 1, tzinfo=UTC)) == []
    assert services(datetime(2027, 5, 19, 21, 59, tzinfo=UTC)) == []
    assert services(datetime(2027, 5, 19, 22, tzinfo=UTC)) == of_licence
    assert services(datetime(2027, 5, 31, 21, 59, tzinfo=UTC)) == of_licence
    assert services(datetime(2027, 5, 31, 22, tzinfo=UTC)) == [Service.PDF_MINIMUM, *of_licence]


@few
@given(sessions=st.lists(st.tuples(MOMENTS, ENDS), min_size=1, max_size=6), shuffled=st.randoms())
def test_the_order_of_the_log_and_later_uses_change_no_finished_bill(
    sessions: list[tuple[datetime, list[bool]]], shuffled: object
):
    rows = [row for number, one in enumerate(sessions) for row in session(str(number), *one)]
    month = Month.of(sessions[0][0])
    made = billed(rows, month)
    mixed = list(rows)
    shuffled.shuffle(mixed)  # type: ignore[attr-defined]
    later = session("later", LATE - timedelta(days=1), [True])
    assert sorted(map(str, billed(mixed + later, month).lines)) == sorted(map(str, made.lines))
    assert made.is_final
    early = sessions[0][0]
    assert not bill("acme-test", tuple(rows), month, PRICES, early).is_final


@few
@given(sessions=st.lists(st.tuples(MOMENTS, ENDS), max_size=6))
def test_another_price_list_changes_prices_and_nothing_else(
    sessions: list[tuple[datetime, list[bool]]],
):
    rows = [row for number, one in enumerate(sessions) for row in session(str(number), *one)]
    double = replace(PRICES, single_session="3.00")
    usual, doubled = every_line(rows), every_line(rows, double)
    assert [line.amount * 2 for line in usual] == [line.amount for line in doubled]
    assert [replace(line, price=Decimal(0)) for line in usual] == [
        replace(line, price=Decimal(0)) for line in doubled
    ]


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "2026-1", "0000-01", "0001-01", "1999-12", "2026-00", "x"]
)
def test_a_month_is_written_in_one_way(text: str):
    with pytest.raises(ValueError, match="YYYY-MM"):
        Month.parse(text)
