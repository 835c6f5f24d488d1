"""The OBIE connector and KontoBank, judged by the official 4.0.0 file on each resource call.

Skipped with a reason where Prism (OPENSALDO_PRISM or the PATH) or the specification is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Access, Done, Redirect
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.obie.flow import LIST, Obie
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from tests.support import prism
from tests.support.bank import PSU, Bank, Road, running_bank, walk
from tests.support.judged import JudgedDoor

yaml = pytest.importorskip("yaml")
pytestmark = pytest.mark.enable_socket

PREFIX = "/obie/lt/v4.0/aisp"
SINCE = timedelta(days=120)
CALLS = {
    "createConsent",
    "deleteConsent",
    "getAccounts",
    "getAccount",
    "getBalances",
    "getParties",
    "getTransactions",
}


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Bank, Seal]]:
    prism.prism_or_skip()
    file: Path = prism.specification_or_skip("uk-obie", "account-info-openapi.yaml")
    document = prism.below(prism.any_of(yaml.safe_load(file.read_text("utf-8"))), PREFIX)
    folder = tmp_path_factory.mktemp("prism")
    seal = Seal.open(tmp_path_factory.mktemp("seal"), clock=system_clock)
    with (
        running_bank(folder / "bank") as bank,
        prism.judged_by(document, bank.url, folder) as url,
    ):
        yield url, bank, seal


def judged(proxied: tuple[str, Bank, Seal], work: Callable[[Road], Awaitable[Any]]) -> JudgedDoor:
    """The door after the work; the authorisation server stands beside the judge."""
    url, bank, seal = proxied
    bank.reset()
    beside = f"{bank.url}/obie/lt"

    async def run() -> JudgedDoor:
        async with JudgedDoor(bank.url, url) as door:
            profile = Profile(
                bank="ExampleApi_lt",
                country="lt",
                base_url=f"{url}/obie/lt",
                authorize_url=f"{beside}/authorize",
                token_url=f"{beside}/token",
                version="v4.0",
                history_days_initial=1460,
                history_days_later=90,
                calls_at_once_max=4,
            )
            connector = Obie(profile, door=door, seal=seal, clock=system_clock)
            await work(Road(bank, door, None, connector, system_clock))  # type: ignore[arg-type]
            return door

    return asyncio.run(run())


async def signed_in(road: Road, login: str) -> Access:
    request = road.request(repeated=True)
    step = await road.connector.begin(request)
    assert isinstance(step, Redirect)
    done = await road.connector.resume(request, step, await walk(road.door, step.url, login))
    assert isinstance(done, Done)
    return done.access


@pytest.mark.parametrize("login", ["test1", "test2", "test3", "test4", "bench-2x80"])
def test_every_call_and_every_answer_conform(proxied: tuple[str, Bank, Seal], login: str) -> None:
    async def work(road: Road) -> None:
        access = await signed_in(road, login)
        since = system_clock().date() - SINCE
        for psu in (PSU, None):
            for number in await road.connector.account_numbers(access, psu):
                await road.connector.account(access, number, psu)
                async for page in road.connector.pages(access, number, LIST, since, psu):
                    assert page.rows or page.is_last
        await road.connector.revoke(access)

    door = judged(proxied, work)
    assert door.problems == []
    assert {name for name, status in door.seen if 200 <= status < 300} >= CALLS


def test_refusals_conform(proxied: tuple[str, Bank, Seal]) -> None:
    async def work(road: Road) -> None:
        access = await signed_in(road, "test1")
        (number,) = await road.connector.account_numbers(access, PSU)
        for status in (400, 401, 403, 429, 500):
            road.bank.plan("status", path="getAccount", status=status)
            with pytest.raises(errors.BankError):
                await road.connector.account(access, number, PSU)
        await road.connector.revoke(replace(access, memory={"consent": "never-given"}))

    door = judged(proxied, work)
    assert door.problems == []
    assert {status for name, status in door.seen if name == "getAccount"} == {
        400, 401, 403, 429, 500,
    }  # fmt: skip


def test_the_judge_judges(proxied: tuple[str, Bank, Seal]) -> None:
    """An answer that is none is objected to, so silence means something."""

    async def work(road: Road) -> None:
        access = await signed_in(road, "test1")
        road.bank.plan("nonsense", path="getAccounts")
        with pytest.raises(errors.BankError):
            await road.connector.account_numbers(access, PSU)

    assert judged(proxied, work).problems
