"""The PolishAPI connector and KontoBank, judged by the official 2.1.2 file on each call.

Skipped with a reason where Prism (OPENSALDO_PRISM or the PATH) or the specification is missing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.connectors.base import Access, Done, Redirect
from opensaldo.connectors.profile import profile_of
from opensaldo.connectors.protocols.polish_api.flow import PolishApi
from opensaldo.connectors.road import ConsentModel
from opensaldo.connectors.signing import BankKeys, Seal
from opensaldo.domain.clock import system_clock
from opensaldo.domain.target import Target
from tests.support import prism
from tests.support.bank import PSU, Bank, Road, running_bank, walk
from tests.support.judged import JudgedDoor

pytestmark = pytest.mark.enable_socket

PREFIX = "/polish-api/pl"
SINCE = timedelta(days=120)
LISTS = (
    "getTransactionsDone",
    "getTransactionsPending",
    "getTransactionsRejected",
    "getTransactionsCancelled",
    "getTransactionsScheduled",
    "getHolds",
)


@dataclass
class Judge:
    """KontoBank behind the judge."""

    url: str
    bank: Bank
    seal: Seal
    doors: list[JudgedDoor] = field(default_factory=list)

    def run(self, work: Callable[[Road], Awaitable[Any]], **changes: Any) -> Any:
        """What the work gives on the judged road with these members changed."""

        async def judged() -> Any:
            async with JudgedDoor() as door:
                self.doors.append(door)
                file = read_bank_files()["KontoBankApi"]
                road = replace(file.road, lists=LISTS, details_max=5, **changes)
                profile = profile_of(road, bank=file.name, country="pl", kontobank_url=self.url)
                jwks = f"{self.bank.url}/keys/jwks.json"
                profile = replace(profile, jwks_url=jwks)
                keys = BankKeys(door, bank="x", url=jwks, clock=system_clock)
                connector = PolishApi(
                    profile, door=door, seal=self.seal, keys=keys, clock=system_clock
                )
                return await work(Road(self.bank, door, TARGET, connector, system_clock))

        return asyncio.run(judged())

    def person(self, step: Redirect) -> str:
        """The address of the sign-in pages, past the judge, who does not know them."""
        return step.url.replace(self.url, self.bank.url)

    @property
    def problems(self) -> list[str]:
        """All that was objected to."""
        return [one for door in self.doors for one in door.problems]

    @property
    def seen(self) -> set[tuple[str, int]]:
        """All calls and their statuses."""
        return {one for door in self.doors for one in door.seen}


TARGET: Target = None  # type: ignore[assignment]  # the connector does not look at it


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Bank, Seal]]:
    prism.prism_or_skip()
    file = prism.specification_or_skip("polishapi", "ZBP-polish-api-2_1_2-swagger.json")
    document = prism.below(json.loads(file.read_text("utf-8")), PREFIX)
    folder = tmp_path_factory.mktemp("prism")
    seal = Seal.open(tmp_path_factory.mktemp("seal"), clock=system_clock)
    with (
        running_bank(folder / "bank") as bank,
        prism.judged_by(document, bank.url, folder) as url,
    ):
        yield url, bank, seal


@pytest.fixture
def judge(proxied: tuple[str, Bank, Seal]) -> Judge:
    url, bank, seal = proxied
    bank.reset()
    return Judge(url, bank, seal)


async def signed_in(judge: Judge, road: Road, login: str) -> Access:
    request = road.request(repeated=True)
    step = await road.connector.begin(request)
    while isinstance(step, Redirect):
        answer = await walk(road.door, judge.person(step), login)
        step = await road.connector.resume(request, step, answer)
    assert isinstance(step, Done)
    return step.access


async def read_everything(judge: Judge, road: Road, login: str) -> None:
    access = await signed_in(judge, road, login)
    since = system_clock().date() - SINCE
    for psu in (PSU, None):
        for number in access.account_numbers:
            await road.connector.account(access, number, psu)
            for name in LISTS:
                async for page in road.connector.pages(access, number, name, since, psu):
                    assert page.rows or page.is_last
        access = await road.connector.renew(access, psu)
    await road.connector.revoke(access)


@pytest.mark.parametrize("login", ["test1", "test2", "test3", "test4", "bench-2x150"])
@pytest.mark.parametrize("consent", [ConsentModel.BANK_OFFERED, ConsentModel.DETAILED])
def test_every_call_and_every_answer_conform(
    judge: Judge, login: str, consent: ConsentModel
) -> None:
    judge.run(lambda road: read_everything(judge, road, login), consent=consent)
    assert judge.problems == []
    endpoints = {"authorize", "token", "getAccount", "deleteConsent", *LISTS}
    if consent is ConsentModel.DETAILED:
        endpoints.add("getAccounts")
    if login == "test1":
        endpoints.add("getTransactionDetail")
    assert {name for name, status in judge.seen if 200 <= status < 300} >= endpoints


def test_refusals_conform(judge: Judge) -> None:
    async def work(road: Road) -> None:
        access = await signed_in(judge, road, "test1")
        number = access.account_numbers[0]
        for status in (400, 401, 403, 429, 500, 503):
            judge.bank.plan("status", path="getAccount", status=status)
            with pytest.raises(errors.BankError):
                await road.connector.account(access, number, PSU)
        await road.connector.revoke(access)
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.connector.account(access, number, PSU)

    judge.run(work)
    assert judge.problems == []
    statuses = {status for name, status in judge.seen if name == "getAccount"}
    assert statuses == {400, 401, 403, 429, 500, 503}


def test_the_judge_judges(judge: Judge) -> None:
    """An answer that is none is objected to, so silence means something."""

    async def work(road: Road) -> None:
        access = await signed_in(judge, road, "test1")
        judge.bank.plan("nonsense", path="getAccount")
        with pytest.raises(errors.BankError):
            await road.connector.account(access, access.account_numbers[0], PSU)

    judge.run(work)
    assert judge.problems
