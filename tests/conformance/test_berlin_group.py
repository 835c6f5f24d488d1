"""Berlin Group's connector and its relatives against a real KontoBank over loopback."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Done, Page, Redirect
from opensaldo.connectors.road import Approach, OAuth, SignatureKind
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from opensaldo.domain.transaction import TransactionStatus
from tests.support.bank import PSU, Bank
from tests.support.xs2a_road import SIGNED, Way, along, mask, through

pytestmark = pytest.mark.enable_socket


@pytest.fixture(autouse=True)
def _fresh(bank: Bank) -> None:
    bank.reset()


@pytest.mark.parametrize("kind", ["berlin_group", "redsys", "sibs"])
def test_every_relative_signs_in_and_reads_accounts_cards_and_rows(
    bank: Bank, seal: Seal, kind: str
) -> None:
    async def work(way: Way) -> Any:
        access = await way.sign_in("test3")
        readings = [await way.connector.account(access, one, PSU) for one in access.account_numbers]
        return readings, [await way.pages(access, one) for one in access.account_numbers]

    readings, lists = along(bank, seal, work, kind, place="es" if kind == "redsys" else "ro")
    assert any(reading.card for reading in readings)
    for reading in readings:
        assert reading.owners
        assert reading.account.balance is not None
        assert reading.card or reading.account.iban
    for reading, pages in zip(readings, lists, strict=True):
        assert {page.currency for page in pages} <= {reading.account.currency, None}
    assert sum(len(page.rows) for pages in lists for page in pages) > 50


def test_pages_follow_each_other_without_gap_or_repetition(bank: Bank, seal: Seal) -> None:
    async def work(way: Way) -> list[Page]:
        return await way.pages(await way.sign_in("bench-1x450"))

    pages = along(bank, seal, work)
    ids = [row.bank_id for page in pages for row in page.rows]
    assert len(pages) > 1
    assert len(ids) == len(set(ids)) == 450
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


def test_rows_on_their_way_are_pending_and_booked_alone_where_the_bank_has_no_other(
    bank: Bank, seal: Seal
) -> None:
    async def work(way: Way) -> Any:
        both = await way.pages(await way.sign_in("test2"))
        return both, await way.pages(await way.sign_in("quirk-booked-only"))

    both, booked = along(bank, seal, work)
    states = {row.status for page in both for row in page.rows}
    assert states == {TransactionStatus.DONE, TransactionStatus.PENDING}
    assert {row.status for page in booked for row in page.rows} == {TransactionStatus.DONE}


@pytest.mark.parametrize(
    "login", ["quirk-no-links", "quirk-numbers", "quirk-nulls", "quirk-masked", "quirk-no-ids",
              "quirk-details"],
)  # fmt: skip
def test_what_banks_really_send_reads_as_what_they_should(
    bank: Bank, seal: Seal, login: str
) -> None:
    async def work(way: Way) -> Any:
        access = await way.sign_in(login)
        reading = await way.connector.account(access, access.account_numbers[0], PSU)
        return reading, await way.pages(access)

    reading, pages = along(bank, seal, work)
    rows = [row for page in pages for row in page.rows]
    assert reading.account.balance is not None
    assert rows
    assert all(row.bank_id and row.title for row in rows)
    assert {row.amount < 0 for row in rows} == {True, False}


def test_calls_say_whether_the_person_is_there(bank: Bank, seal: Seal) -> None:
    async def work(way: Way) -> None:
        access = await way.sign_in(repeated=True)
        await way.pages(access)
        await way.pages(access, psu=None)
        await way.connector.account(access, access.account_numbers[0], None)

    along(bank, seal, work)
    rows = [row for row in bank.log() if row["endpoint"] in ("getTransactions", "getAccount")]
    assert [row["attended"] for row in rows][-2:] == [False, False]
    assert rows[0]["attended"] is True


def test_the_fifth_unattended_call_of_a_day_is_refused(bank: Bank, seal: Seal) -> None:
    async def work(way: Way) -> None:
        access = await way.sign_in(repeated=True)
        number = access.account_numbers[0]
        for _ in range(4):
            await way.connector.account(access, number, None)
        with pytest.raises(errors.BankRateLimited):
            await way.connector.account(access, number, None)
        await way.connector.account(access, number, PSU)

    along(bank, seal, work)


@pytest.mark.parametrize(
    ("login", "error"),
    [
        ("test-blocked", errors.AccessBlocked),
        ("test-locked", errors.AccessTemporarilyBlocked),
        ("test-action", errors.ManualActionRequired),
        ("test-mismatch", errors.TargetCredentialsMismatch),
        ("test-method", errors.UnsupportedLoginMethod),
        ("test-language", errors.UnsupportedLanguage),
        ("test-level", errors.InsufficientIdentificationLevel),
        ("test-corporate", errors.BankUnavailable),
    ],
)
@pytest.mark.parametrize("kind", ["berlin_group", "redsys"])
def test_a_person_the_bank_turns_away_gets_the_reason(
    bank: Bank, seal: Seal, login: str, error: type[Exception], kind: str
) -> None:
    with pytest.raises(error):
        along(bank, seal, lambda way: way.sign_in(login), kind)


def test_who_gives_up_has_cancelled(bank: Bank, seal: Seal) -> None:
    with pytest.raises(errors.SignInCancelled):
        along(bank, seal, lambda way: way.sign_in(decision="cancel"))


@pytest.mark.parametrize(
    ("login", "error"),
    [
        ("test-io", errors.BankUnreachable),
        ("test-maintenance", errors.BankMaintenance),
        ("test-down", errors.BankUnavailable),
        ("test-expired", errors.BankConsentWithdrawn),
    ],
)
def test_a_failing_data_call_is_the_error_of_its_kind(
    bank: Bank, seal: Seal, login: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        along(bank, seal, lambda way: way.sign_in(login))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "reset"}, errors.BankUnreachable),
        ({"kind": "truncate"}, errors.BankUnreachable),
        ({"kind": "html"}, errors.BankAnsweredNonsense),
        ({"kind": "nonsense"}, errors.BankAnsweredNonsense),
        ({"kind": "expired_token"}, errors.BankConsentWithdrawn),
        ({"kind": "withdrawn"}, errors.BankConsentWithdrawn),
        ({"kind": "loop_pages", "times": 9}, errors.BankAnsweredNonsense),
        ({"kind": "status", "status": 500}, errors.BankUnavailable),
        ({"kind": "status", "status": 429, "code": "ACCESS_EXCEEDED"}, errors.BankRateLimited),
    ],
)
def test_a_fault_in_a_list_is_the_error_of_its_kind(
    bank: Bank, seal: Seal, fault: dict[str, Any], error: type[Exception]
) -> None:
    async def work(way: Way) -> None:
        access = await way.sign_in()
        bank.plan(fault["kind"], path="getTransactions", **{
            name: value for name, value in fault.items() if name != "kind"
        })  # fmt: skip
        with pytest.raises(error):
            await way.pages(access)

    along(bank, seal, work)


def test_hostile_text_is_read_as_text(bank: Bank, seal: Seal) -> None:
    async def work(way: Way) -> list[Page]:
        access = await way.sign_in()
        bank.plan("hostile_text", path="getTransactions")
        return await way.pages(access)

    rows = [row for page in along(bank, seal, work) for row in page.rows]
    assert rows
    assert all(row.title is None or "\n" not in row.title for row in rows)


def test_a_deleted_consent_reads_nothing_and_may_be_deleted_again(bank: Bank, seal: Seal) -> None:
    async def work(way: Way) -> None:
        access = await way.sign_in(repeated=True)
        await way.connector.revoke(access)
        await way.connector.revoke(access)
        with pytest.raises(errors.BankConsentWithdrawn):
            await way.pages(access)

    along(bank, seal, work)


def test_a_shorter_life_is_what_the_consent_has(bank: Bank, seal: Seal) -> None:
    place = mask(consent_days=30)
    access = along(bank, seal, lambda way: way.sign_in(repeated=True), place=place)
    left = access.valid_until - system_clock()
    assert timedelta(days=29) < left < timedelta(days=32)


def test_history_is_clamped_when_the_window_is_over(bank: Bank, seal: Seal) -> None:
    """The bank closes its window before we think so: one refusal, then what it serves."""
    place = mask(history_window_minutes=0, history_days_later=30)

    async def work(way: Way) -> list[Page]:
        access = await way.sign_in()
        bank.advance(120)
        return await way.pages(access)

    pages = along(bank, seal, work, place=place, history_days_later=30)
    days = [row.day for page in pages for row in page.rows if row.day]
    assert days
    assert min(days) >= system_clock().date() - timedelta(days=31)


# --- OAuth ----------------------------------------------------------------------------------------
OAUTH = {"oauth": OAuth.SCA, "approaches": (Approach.OAUTH,)}


def test_oauth_as_the_authorisation_brings_a_token(bank: Bank, seal: Seal) -> None:
    place = mask(approaches=["oauth"], oauth="sca")

    async def work(way: Way) -> Any:
        access = await way.sign_in(repeated=True)
        assert access.access_token.reveal()
        fresh = await way.connector.renew(access, None)
        assert fresh.access_token.reveal() != access.access_token.reveal()
        return await way.pages(fresh)

    assert along(bank, seal, work, place=place, **OAUTH)


def test_redsys_wants_two_redirects(bank: Bank, seal: Seal) -> None:
    async def work(way: Way) -> list[str]:
        request = way.request()
        step, seen = await way.connector.begin(request), []
        while isinstance(step, Redirect):
            seen.append(urlsplit(step.url).path)
            assert "code_challenge" in parse_qs(urlsplit(step.url).query) or len(seen) == 2
            answer = await through(way.door, step.url, "test1")
            step = await way.connector.resume(request, step, answer)
        assert isinstance(step, Done)
        return seen

    first, second = along(bank, seal, work, "redsys")
    assert first.endswith("/authorize")
    assert second.endswith("/login")


def test_an_unsigned_call_is_refused_where_the_hub_wants_signatures(bank: Bank, seal: Seal) -> None:
    with pytest.raises(errors.BankUnavailable):
        along(
            bank,
            seal,
            lambda way: way.sign_in(),
            "redsys",
            signature=replace(SIGNED, kind=SignatureKind.NONE),
        )
