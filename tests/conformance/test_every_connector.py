"""One suite for every connector, against one KontoBank that speaks all standards.

The bank shows the same people and rows whatever it is asked in, so what the connectors read must
be the same too.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.registry import PROTOCOLS
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from opensaldo.domain.transaction import TransactionStatus
from opensaldo.engine.mock import PSU
from tests.support.bank import Bank
from tests.support.standards import ROADS, Way, on_way

pytestmark = pytest.mark.enable_socket
EVERY = pytest.mark.parametrize("protocol", sorted(ROADS))
PERSON_IS_AWAY_S = 16 * 60
WITH_CONSENT = pytest.mark.parametrize("protocol", sorted(ROADS.keys() - {"online"}))


@pytest.fixture(autouse=True)
def _fresh(bank: Bank) -> None:
    bank.reset()


def test_the_suite_knows_every_standard() -> None:
    assert set(ROADS) == set(PROTOCOLS)


@EVERY
def test_the_same_person_reads_the_same_in_every_standard(
    bank: Bank, seal: Seal, protocol: str
) -> None:
    assert on_way(bank, seal, protocol, _story) == on_way(bank, seal, "polish_api", _story)


async def _story(way: Way) -> dict[str, Any]:
    """What must not depend on the standard: IBANs, currencies, balances, owners, booked rows."""
    access = await way.sign_in()
    found: dict[str, Any] = {}
    for number, reading in (await way.accounts(access)).items():
        if reading.card is not None:
            continue
        rows = await way.rows(access, number)
        booked = [row for row in rows if row.status is TransactionStatus.DONE]
        found[reading.account.iban or number] = {
            "currency": reading.account.currency,
            "balance": reading.account.balance,
            "owner": sorted(owner.name for owner in reading.owners)[:1],
            "rows": len(booked),
            "sum": sum((row.amount for row in booked), Decimal(0)),
            "days": sorted({row.booked_on for row in booked if row.booked_on})[:1],
        }
    return found


@EVERY
def test_pages_come_to_an_end_and_nothing_is_lost(bank: Bank, seal: Seal, protocol: str) -> None:
    async def work(way: Way) -> tuple[int, int]:
        access = await way.sign_in("bench-2x700")
        accounts = await way.accounts(access)
        numbers = [number for number, one in accounts.items() if one.card is None]
        rows = await way.rows(access, numbers[0], days=89)
        return len(numbers), len([row for row in rows if row.status is TransactionStatus.DONE])

    accounts, rows = on_way(bank, seal, protocol, work)
    assert accounts == 2
    assert rows in range(680, 701)  # 700 in 90 days


@WITH_CONSENT
def test_what_is_declared_is_what_is_called(bank: Bank, seal: Seal, protocol: str) -> None:
    async def work(way: Way) -> tuple[set[str], set[str]]:
        access = await way.sign_in()
        before = len(bank.log())
        for number in await way.accounts(access):
            await way.rows(access, number)
        seen = {row["endpoint"] for row in bank.log()[before:]}
        return seen, set(way.connector.capabilities.lists)

    seen, declared = on_way(bank, seal, protocol, work)
    assert declared
    assert len(seen) >= len(declared)


@WITH_CONSENT
def test_the_bank_learns_whether_the_person_is_there(bank: Bank, seal: Seal, protocol: str) -> None:
    async def work(way: Way) -> list[bool]:
        access = await way.sign_in()
        before = len(bank.log())
        (number, *_rest) = await way.accounts(access, None)
        await way.rows(access, number, None, days=80)
        alone = {row["attended"] for row in bank.log()[before:]}
        before = len(bank.log())
        await way.rows(access, number, PSU)
        return [*alone, *{row["attended"] for row in bank.log()[before:]}]

    assert on_way(bank, seal, protocol, work) == [False, True]


@EVERY
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", errors.BankUnreachable),
        ("truncate", errors.BankUnreachable),
        ("status", errors.BankUnavailable),
        ("html", errors.BankUnavailable),
        ("nonsense", errors.BankUnavailable),
    ],
)
def test_every_fault_has_its_name(
    bank: Bank, seal: Seal, protocol: str, kind: str, error: type[errors.OpenSaldoError]
) -> None:
    async def work(way: Way) -> None:
        access = await way.sign_in()
        bank.plan(kind, times=1000)
        for number in access.account_numbers or await way.connector.account_numbers(access, PSU):
            await way.connector.account(access, number, PSU)
            await way.rows(access, number)

    with pytest.raises((error, errors.BankAnsweredNonsense)) as raised:
        on_way(bank, seal, protocol, work)
    assert (kind in {"reset", "truncate"}) == isinstance(raised.value, errors.BankUnreachable)


@WITH_CONSENT
def test_a_withdrawn_consent_ends_the_reading(bank: Bank, seal: Seal, protocol: str) -> None:
    async def work(way: Way) -> None:
        access = await way.sign_in()
        bank.plan("withdrawn", times=1000)
        for number in await way.accounts(access):
            await way.rows(access, number)
            await way.rows(access, number)

    with pytest.raises((errors.BankConsentWithdrawn, errors.BankAccessEnded)):
        on_way(bank, seal, protocol, work)


@WITH_CONSENT
def test_four_unattended_readings_a_day_and_no_fifth(bank: Bank, seal: Seal, protocol: str) -> None:
    async def work(way: Way) -> int:
        access = await way.sign_in(repeated=True)
        (number, *_rest) = await way.accounts(access)
        for turn in range(5):
            try:
                await way.rows(access, number, None, days=80)
            except errors.BankRateLimited:
                return turn
        return 5

    assert on_way(bank, seal, protocol, work) == 4


@WITH_CONSENT
@pytest.mark.parametrize("days", [89, 91, 400])
def test_old_rows_come_only_right_after_the_person_was_there(
    bank: Bank, seal: Seal, protocol: str, days: int
) -> None:
    """RTS 2018/389 art. 10a: without SCA no rows older than 90 days, and all newer ones.

    By the day they were booked: what was paid may be some days older.
    """

    async def work(way: Way) -> tuple[int, int, int]:
        access = await way.sign_in(repeated=True)
        (number, *_rest) = await way.accounts(access)
        right_after = await way.rows(access, number, days=days)
        bank.advance(PERSON_IS_AWAY_S)
        if access.refresh_token is not None:
            access = await way.connector.renew(access, PSU)
        later = await way.rows(access, number, days=days)
        oldest = min(row.booked_on for row in later if row.booked_on)
        today = (system_clock() + timedelta(seconds=PERSON_IS_AWAY_S)).date()
        return len(right_after), len(later), (today - oldest).days

    right_after, later, oldest_days = on_way(bank, seal, protocol, work)
    assert 0 < oldest_days <= 90
    if days <= 90:
        assert later == right_after
    if days == 400:
        assert later < right_after


@EVERY
def test_after_a_revocation_nothing_is_read(bank: Bank, seal: Seal, protocol: str) -> None:
    async def work(way: Way) -> None:
        access = await way.sign_in()
        await way.connector.revoke(access)
        await way.connector.revoke(access)
        for number in await way.accounts(access):
            await way.rows(access, number)

    with pytest.raises((errors.BankConsentWithdrawn, errors.BankAccessEnded, errors.PsuError)):
        on_way(bank, seal, protocol, work)


@EVERY
def test_a_wrong_password_is_said(bank: Bank, seal: Seal, protocol: str) -> None:
    with pytest.raises((errors.InvalidCredentials, errors.SignInCancelled)):
        on_way(bank, seal, protocol, lambda way: way.sign_in(password="wrong"))


@EVERY
@pytest.mark.parametrize(
    ("login", "error"),
    [
        ("test-blocked", errors.AccessBlocked),
        ("test-locked", errors.AccessTemporarilyBlocked),
        ("test-action", errors.ManualActionRequired),
    ],
)
def test_a_person_the_bank_refuses_learns_why(
    bank: Bank, seal: Seal, protocol: str, login: str, error: type[errors.OpenSaldoError]
) -> None:
    with pytest.raises(errors.PsuError) as raised:
        on_way(bank, seal, protocol, lambda way: way.sign_in(login))
    assert isinstance(raised.value, error | errors.SignInCancelled)
