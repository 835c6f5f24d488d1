"""Steps on our own pages and in the bank's app, against a real KontoBank of the Berlin Group."""

from __future__ import annotations

import json
import urllib.request
from datetime import timedelta
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Access, Ask, Done, Page, Wait
from opensaldo.connectors.road import Approach
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from tests.support.bank import Bank
from tests.support.xs2a_road import Way, along, mask

pytestmark = pytest.mark.enable_socket


@pytest.fixture(autouse=True)
def _fresh(bank: Bank) -> None:
    bank.reset()


def decide(bank: Bank, login: str, *, confirm: bool) -> None:
    """The person decides in the bank's app."""
    body = json.dumps({"login": login, "confirm": confirm}).encode()
    url = f"{bank.url}/switchboard/app"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(url, body), timeout=10).close()


TYPED = {"password": "Test123", "code": "Test123"}


async def typing(way: Way, login: str, *, methods: list[str]) -> Access:
    """The access after every question is answered."""
    request = way.request()
    step = await way.connector.begin(request)
    while isinstance(step, Ask):
        kept = set(step.memory.values())
        assert not kept & {login, *TYPED.values()}
        answer = {"login": login, **TYPED}
        for field in step.fields:
            methods += [value for value, _ in field.options]
            answer |= {field.name: field.options[-1][0]} if field.options else {}
        answer = {field.name: answer[field.name] for field in step.fields}
        step = await way.connector.resume(request, step, answer)
    assert isinstance(step, Done)
    return step.access


@pytest.mark.parametrize("login", ["test1", "test2", "test3"])
def test_values_typed_here_sign_in_where_that_is_switched_on(
    bank: Bank, seal: Seal, login: str
) -> None:
    methods: list[str] = []
    access = along(
        bank,
        seal,
        lambda way: typing(way, login, methods=methods),
        place=mask(approaches=["embedded"]),
        approaches=(Approach.EMBEDDED,),
    )
    assert access.account_numbers
    assert bool(methods) == (login == "test3")


@pytest.mark.parametrize(
    ("login", "error"),
    [("nobody", errors.InvalidCredentials), ("test-locked", errors.AccessTemporarilyBlocked)],
)
def test_who_is_refused_after_typing_gets_the_reason(
    bank: Bank, seal: Seal, login: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        along(
            bank,
            seal,
            lambda way: typing(way, login, methods=[]),
            place=mask(approaches=["embedded"]),
            approaches=(Approach.EMBEDDED,),
        )


@pytest.mark.parametrize("is_yes", [True, False])
def test_the_banks_app_decides(bank: Bank, seal: Seal, is_yes: bool) -> None:
    async def work(way: Way) -> Any:
        request = way.request()
        ask = await way.connector.begin(request)
        assert isinstance(ask, Ask)
        wait = await way.connector.resume(request, ask, {"login": "test1"})
        assert isinstance(wait, Wait)
        decide(bank, "test1", confirm=is_yes)
        return await way.connector.resume(request, wait, {})

    road = {"place": mask(approaches=["decoupled"]), "approaches": (Approach.DECOUPLED,)}
    if is_yes:
        assert isinstance(along(bank, seal, work, **road), Done)
    else:
        with pytest.raises(errors.SignInCancelled):
            along(bank, seal, work, **road)


def test_a_confirmation_code_of_the_return_address_goes_back_to_the_bank(
    bank: Bank, seal: Seal
) -> None:
    assert along(bank, seal, lambda way: way.sign_in("test-confirm")).account_numbers


@pytest.mark.parametrize("is_extra", [True, False])
def test_older_rows_take_a_second_sign_in_that_the_client_wished(
    bank: Bank, seal: Seal, is_extra: bool
) -> None:
    place = mask(history_extra_sca=True, history_days_initial=400, history_days_later=90)

    async def work(way: Way) -> list[Page]:
        access = await way.sign_in(force_sca=is_extra, repeated=True)
        assert bool(access.memory.get("extra_sca")) == is_extra
        return await way.pages(access, since=system_clock().date() - timedelta(days=400))

    pages = along(bank, seal, work, place=place, history_extra_sca=True)
    oldest = min(row.day for page in pages for row in page.rows if row.day)
    assert (oldest < system_clock().date() - timedelta(days=91)) == is_extra
