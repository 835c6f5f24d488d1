"""The fallback against a real KontoBank: every way in, everything read, and nothing else asked."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import (
    Access,
    AccountReading,
    Ask,
    Done,
    Page,
    SignInRequest,
    Wait,
)
from opensaldo.data import COUNTRIES
from opensaldo.domain.owner import OwnerKind
from opensaldo.domain.transaction import Transaction, TransactionStatus
from tests.support.bank import PASSWORD, PSU, Bank
from tests.support.clock import SettableClock
from tests.support.online import ALLOWED, OnlineRoad, answers, on_online, target_of

pytestmark = pytest.mark.enable_socket

KINDS = (
    "STATIC_LOGIN",
    "DOCUMENT",
    "QUALIFIED_CERTIFICATE",
    "PASSPORT",
    "CARD_NUMBER",
    "CLIENT_CERTIFICATE",
    "PERSONAL_NUMBER",
    "TAX_NUMBER",
    "CORPORATE_TAX_NUMBER",
    "FOREIGN_CITIZEN_NUMBER",
    "COMPANY_LOGIN",
    "CHOICE",
)


@pytest.fixture(autouse=True)
def _fresh(bank: Bank) -> None:
    bank.reset()


def requests(bank: Bank) -> list[tuple[str, str, str]]:
    return [(row["method"], row["path"], row["kind"]) for row in bank.log()]


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_sign_in_reads_owners_account_and_transactions(bank: Bank, country: str) -> None:
    async def work(road: OnlineRoad) -> tuple[AccountReading, list[Page]]:
        access = await road.sign_in()
        (number,) = await road.connector.account_numbers(access, PSU)
        reading = await road.connector.account(access, number, PSU)
        return reading, await road.pages(access)

    reading, pages = on_online(bank, work, target=target_of(country=country))
    rows = [row for page in pages for row in page.rows]
    assert reading.account.iban is not None
    assert reading.account.iban.startswith(country.upper())
    assert reading.account.balance is not None
    assert reading.account.active_since == date(2019, 1, 1)
    assert reading.account.direct_debit is True
    kinds = [owner.kind for owner in reading.owners]
    assert kinds == ([OwnerKind.OWNER, OwnerKind.CO_OWNER] if country == "pl" else ["OWNER"])
    assert reading.owners[0].address
    assert (reading.owners[0].polish_pesel is not None) == (country == "pl")
    assert rows
    assert {page.currency for page in pages} == {reading.account.currency}
    assert all(row.status is TransactionStatus.DONE and row.title for row in rows)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


@pytest.mark.parametrize("kind", KINDS)
def test_every_credential_kind_signs_in(bank: Bank, kind: str) -> None:
    async def work(road: OnlineRoad) -> list[Any]:
        await road.sign_in("test2")
        return road.steps

    first, *_rest, done = on_online(bank, work, target=target_of((kind,)))
    assert isinstance(first, Ask)
    assert [one.name for one in first.fields][-2:] == ["login", "password"]
    assert kind in {one.credential for one in first.fields}
    assert isinstance(done, Done)


def test_of_several_kinds_the_person_chooses_one(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> list[Any]:
        await road.sign_in("test2", kind="PASSPORT")
        return road.steps

    choice, first, _done = on_online(bank, work, target=target_of(("DOCUMENT", "PASSPORT")))
    assert [value for value, _text in choice.fields[0].options] == ["DOCUMENT", "PASSPORT"]
    assert first.fields[0].credential == "PASSPORT"


@pytest.mark.parametrize(
    ("login", "forms"),
    [
        ("test1", [Ask, Ask, Done]),
        ("test2", [Ask, Done]),
        ("test-token", [Ask, Ask, Done]),
        ("test-otp", [Ask, Ask, Done]),
        ("test-app", [Ask, Wait, Wait, Done]),
        ("test-captcha", [Ask, Ask, Ask, Done]),
        ("test-picture", [Ask, Ask, Ask, Done]),
        ("test-notice", [Ask, Ask, Done]),
        ("test-all", [Ask, Ask, Ask, Wait, Wait, Ask, Done]),
    ],
)
def test_every_way_of_confirming_leads_in(bank: Bank, login: str, forms: list[type]) -> None:
    async def work(road: OnlineRoad) -> list[Any]:
        await road.sign_in(login)
        return road.steps

    steps = on_online(bank, work)
    assert [type(step) for step in steps] == forms
    assert set(requests(bank)) <= ALLOWED


@pytest.mark.parametrize(
    ("login", "error"),
    [
        ("nobody", errors.InvalidCredentials),
        ("test-blocked", errors.AccessBlocked),
        ("test-locked", errors.AccessTemporarilyBlocked),
        ("test-action", errors.ManualActionRequired),
        ("test-mismatch", errors.TargetCredentialsMismatch),
        ("test-method", errors.UnsupportedLoginMethod),
        ("test-language", errors.UnsupportedLanguage),
        ("test-level", errors.InsufficientIdentificationLevel),
        ("test-corporate", errors.BankUnavailable),
        ("test-app-refused", errors.SignInCancelled),
        ("test-terms", errors.ManualActionRequired),
    ],
)
def test_who_is_not_let_in_learns_why(bank: Bank, login: str, error: type[Exception]) -> None:
    async def work(road: OnlineRoad) -> int:
        with pytest.raises(error) as raised:
            await road.sign_in(login)
        assert login not in str(raised.value)
        assert PASSWORD not in str(raised.value)
        return len(road.connector.logins)

    assert on_online(bank, work) == 0
    assert set(requests(bank)) <= ALLOWED


def test_a_wrong_code_is_asked_again_and_three_lock(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> Any:
        request, ask = await until_code(road)
        for _ in range(2):
            with pytest.raises(errors.InvalidCredentials):
                await road.connector.resume(request, ask, {"code": "wrong"})
        with pytest.raises(errors.AccessTemporarilyBlocked):
            await road.connector.resume(request, ask, {"code": "wrong"})
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.resume(request, ask, {"code": PASSWORD})
        request, ask = await until_code(road)
        with pytest.raises(errors.InvalidCredentials):
            await road.connector.resume(request, ask, {"code": "wrong"})
        return await road.connector.resume(request, ask, {"code": PASSWORD})

    assert isinstance(on_online(bank, work), Done)


def test_a_misread_captcha_is_asked_again_with_another_picture(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> list[Any]:
        request = road.request()
        first = await road.connector.begin(request)
        assert isinstance(first, Ask)
        shown = await road.connector.resume(request, first, answers(first, "test-captcha"))
        again = await road.connector.resume(request, as_ask(shown), {"captcha": "00000"})
        ask = as_ask(again)
        code = await road.connector.resume(request, ask, answers(ask, "test-captcha"))
        return [shown, again, code]

    shown, again, code = on_online(bank, work)
    assert shown.picture != again.picture
    assert shown.picture_type == "image/png"
    assert [one.name for one in code.fields] == ["code"]


def test_a_picture_that_is_not_the_persons_ends_the_sign_in(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> None:
        with pytest.raises(errors.SignInCancelled):
            await road.sign_in("test-picture", picture="no")

    on_online(bank, work)


def test_an_approval_nobody_gives_ends_when_the_bank_says_so(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> None:
        request = road.request()
        first = as_ask(await road.connector.begin(request))
        step = await road.connector.resume(request, first, answers(first, "test-app-late"))
        assert isinstance(step, Wait)
        bank.plan("status", path="stepPage", status=502)
        with pytest.raises(errors.BankUnavailable):
            await road.connector.resume(request, step, {})
        step = await road.connector.resume(request, step, {})
        assert isinstance(step, Wait)
        bank.advance(121)
        with pytest.raises(errors.SignInTimeout):
            await road.connector.resume(request, step, {})

    on_online(bank, work)


def test_only_a_handle_leaves_the_process(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> tuple[Access, list[Any], str]:
        access = await road.sign_in()
        live = road.connector.logins.find(access.memory["login"])
        return access, road.steps, repr([live, live.browser, road.connector, live.form])

    access, steps, printed = on_online(bank, work)
    assert list(access.memory) == ["login"]
    assert access.access_token.reveal() == ""
    assert access.refresh_token is None
    assert re.fullmatch("[0-9a-f]{64}", access.memory["login"])
    for step in steps:
        assert PASSWORD not in repr(step)
    assert PASSWORD not in printed
    assert "KBSESSION" not in printed


def test_another_process_knows_nothing_of_the_login(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> tuple[Access, Ask]:
        access = await road.sign_in("test2")
        return access, (await until_code(road))[1]

    access, ask = on_online(bank, work)

    async def elsewhere(road: OnlineRoad) -> None:
        (number,) = access.account_numbers
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.account(access, number, PSU)
        with pytest.raises(errors.BankAccessEnded):
            await road.pages(access)
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.resume(road.request(), ask, {"code": PASSWORD})
        await road.connector.revoke(access)

    seen = len(bank.log())
    on_online(bank, elsewhere)
    assert len(bank.log()) == seen


def test_nobody_reads_without_the_person(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> None:
        access = await road.sign_in("test2")
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.renew(access, None)

    on_online(bank, work)


def test_sign_out_ends_the_login_here_and_at_the_bank(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> int:
        access = await road.sign_in("test2")
        await road.connector.revoke(access)
        await road.connector.revoke(access)
        with pytest.raises(errors.BankAccessEnded):
            await road.pages(access)
        return len(road.connector.logins)

    assert on_online(bank, work) == 0
    assert requests(bank)[-1] == ("GET", "/logout", "page")


def test_a_login_is_kept_alive_as_often_as_the_bank_wants(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> list[Page]:
        access = await road.sign_in("test-short")
        await asyncio.sleep(3.2)  # the bank forgets after two idle seconds
        return await road.pages(access)

    assert on_online(bank, work)
    assert requests(bank).count(("GET", "/keep-alive", "keepalive")) >= 2


def test_an_idle_login_is_signed_out(bank: Bank) -> None:
    clock = SettableClock()

    async def work(road: OnlineRoad) -> int:
        await road.sign_in("test-short")
        clock.advance(minutes=7)
        await asyncio.sleep(1.3)
        return len(road.connector.logins)

    assert on_online(bank, work, clock=clock) == 0
    assert requests(bank)[-1] == ("GET", "/logout", "page")


def test_a_login_without_an_answer_is_forgotten(bank: Bank) -> None:
    clock = SettableClock()

    async def work(road: OnlineRoad) -> None:
        request, ask = await until_code(road)
        clock.advance(minutes=6)
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.resume(request, ask, {"code": PASSWORD})

    on_online(bank, work, clock=clock)


def test_cards_and_deposits_are_told_apart(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> list[AccountReading]:
        access = await road.sign_in("test3")
        return [await road.connector.account(access, one, PSU) for one in access.account_numbers]

    readings = on_online(bank, work)
    assert len(readings) == 4
    (card,) = [one.card for one in readings if one.card]
    (deposit,) = [one.deposit for one in readings if one.deposit]
    assert card.limit
    assert card.number
    assert card.number.endswith(card.number[-4:])
    assert deposit.opened_on == date(2019, 1, 1)
    assert [owner.kind for one in readings for owner in one.owners] == ["OWNER", "CO_OWNER"] * 4
    seen = requests(bank)
    assert seen.count(("GET", "/owner", "data")) == 1
    assert seen.count(("GET", "/cards", "data")) == 1
    assert set(seen) <= ALLOWED


@pytest.mark.parametrize("country", ["pl", "es", "lt"])
def test_pages_and_file_hold_the_same_rows(bank: Bank, country: str) -> None:
    async def work(road: OnlineRoad) -> list[Page]:
        return await road.pages(await road.sign_in("test2"))

    by_pages = on_online(bank, work, target=target_of(country=country))
    by_file = on_online(bank, work, target=target_of(country=country), version="file")
    assert len(by_pages) > 1
    assert len(by_file) == 1
    assert facts(by_pages) == facts(by_file)
    assert {row.status for page in by_file for row in page.rows} == {"DONE", "PENDING"}
    assert set(requests(bank)) <= ALLOWED


def test_a_history_of_one_page_needs_no_file(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> list[Page]:
        return await road.pages(await road.sign_in("bench-1x20"))

    (page,) = on_online(bank, work, version="file")
    assert len(page.rows) == 20
    assert not [path for _method, path, _kind in requests(bank) if path.endswith(".csv")]


def test_pages_follow_each_other_without_gap_or_repetition(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> list[Page]:
        return await road.pages(await road.sign_in("bench-1x450"))

    pages = on_online(bank, work)
    ids = [row.bank_id for page in pages for row in page.rows]
    assert len(pages) == 9
    assert len(ids) == len(set(ids)) == 450


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        ({"kind": "reset"}, errors.BankUnreachable),
        ({"kind": "truncate"}, errors.BankUnreachable),
        ({"kind": "html"}, errors.BankAnsweredNonsense),
        ({"kind": "nonsense"}, errors.BankAnsweredNonsense),
        ({"kind": "status", "status": 503, "code": "MAINTENANCE"}, errors.BankMaintenance),
        ({"kind": "status", "status": 500}, errors.BankUnavailable),
        ({"kind": "status", "status": 429}, errors.BankRateLimited),
        ({"kind": "expired_token"}, errors.BankAccessEnded),
        ({"kind": "loop_pages"}, errors.BankAnsweredNonsense),
    ],
)
def test_faults_while_reading_have_names(
    bank: Bank, plan: dict[str, Any], error: type[Exception]
) -> None:
    async def work(road: OnlineRoad) -> None:
        access = await road.sign_in("test2")
        bank.plan(path="history", times=9, **plan)
        with pytest.raises(error):
            await road.pages(access)

    on_online(bank, work)


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        ({"kind": "reset"}, errors.BankUnreachable),
        ({"kind": "html"}, errors.BankAnsweredNonsense),
        (
            {"kind": "status", "status": 503, "code": "MAINTENANCE", "retry_after_s": 60},
            errors.BankMaintenance,
        ),
        ({"kind": "status", "status": 500}, errors.BankUnavailable),
    ],
)
@pytest.mark.parametrize("path", ["loginPage", "login", "overview"])
def test_faults_on_the_way_in_have_names(
    bank: Bank, path: str, plan: dict[str, Any], error: type[Exception]
) -> None:
    async def work(road: OnlineRoad) -> int:
        bank.plan(path=path, **plan)
        with pytest.raises(error):
            await road.sign_in("test2")
        return len(road.connector.logins)

    assert on_online(bank, work) == 0


@pytest.mark.parametrize(
    ("login", "error"),
    [
        ("test-io", errors.BankUnreachable),
        ("test-maintenance", errors.BankMaintenance),
        ("test-down", errors.BankUnavailable),
        ("test-expired", errors.BankAccessEnded),
        ("test-fatal", errors.Defect),
    ],
)
def test_fault_logins_fail_while_reading(bank: Bank, login: str, error: type[Exception]) -> None:
    async def work(road: OnlineRoad) -> None:
        access = await road.sign_in(login)
        with pytest.raises(error):
            await road.connector.account(access, access.account_numbers[0], PSU)

    on_online(bank, work)


def test_hostile_text_stays_text(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> list[Page]:
        access = await road.sign_in("test2")
        bank.plan("hostile_text", path="history", times=20)
        return await road.pages(access)

    titles = {row.title for page in on_online(bank, work) for row in page.rows}
    assert "]]><script>alert(1)</script>&amp;<!--" in titles
    assert "' OR 1=1; --" in titles


def test_a_masked_bank_signs_in_under_its_name(bank: Bank) -> None:
    mask = urlsafe_b64encode(json.dumps({"name": "Caixa Ejemplo"}).encode()).decode().rstrip("=")

    async def work(road: OnlineRoad) -> list[Page]:
        return await road.pages(await road.sign_in())

    url = f"{{kontobank}}/online/es.{mask}"
    assert on_online(bank, work, target=target_of(country="es"), base_url=url)


def as_ask(step: Any) -> Ask:
    assert isinstance(step, Ask)
    return step


async def until_code(road: OnlineRoad, login: str = "test1") -> tuple[SignInRequest, Ask]:
    """The sign-in at the step that asks for the code."""
    request = road.request()
    first = as_ask(await road.connector.begin(request))
    return request, as_ask(await road.connector.resume(request, first, answers(first, login)))


def facts(pages: list[Page]) -> list[Transaction]:
    return [replace(row, bank_id=None) for page in pages for row in page.rows]
