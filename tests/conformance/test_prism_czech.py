"""The Czech connector and KontoBank against the official COBS 8.0.0 file, with Prism between them.

Skipped with a reason where Prism (OPENSALDO_PRISM or the PATH) or the specification is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Access
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from tests.support import prism
from tests.support.bank import PSU, Bank, Road, running_bank
from tests.support.czech import on_czech_road

yaml = pytest.importorskip("yaml")

pytestmark = pytest.mark.enable_socket

FILE = "COBS_RuleBook_AISP_PISP_V08.0.0.0.yaml"
HOUR_S = 3_600


class JudgedDoor(Door):
    """The door to the judge: what it objects to is kept, and which answers it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.seen: set[tuple[str, int]] = set()

    async def call(self, request: Outgoing) -> Incoming:
        reply = await super().call(request)
        found = prism.violations(reply.status, dict(reply.headers), reply.body)
        self.problems += [f"{request.endpoint}: {one}" for one in found]
        self.seen.add((request.endpoint, reply.status))
        return reply


def judgeable(document: Any) -> Any:
    """The file as a judge can apply it.

    Its enumerations of numbers are for texts, so no value fits; a page of awaiting payments must
    have `transactions`, which it does not define; of the three ways to be let in the judge knows
    only OAuth 2, and the API key is optional by its own description.
    """
    if isinstance(document, list):
        return [judgeable(one) for one in document]
    if not isinstance(document, dict):
        return document
    whole = {key: judgeable(value) for key, value in document.items()}
    if whole.get("type") == "string" and isinstance(whole.get("enum"), list):
        whole["enum"] = [str(one) for one in whole["enum"]]
    if isinstance(whole.get("required"), list) and "properties" in whole:
        whole["required"] = [name for name in whole["required"] if name in whole["properties"]]
    if isinstance(whole.get("security"), list):
        whole["security"] = [
            {"OAuth2": one["OAuth2"]} for one in whole["security"] if "OAuth2" in one
        ]
    return whole


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Bank]]:
    prism.prism_or_skip()
    file = prism.specification_or_skip("czech", FILE)
    written = yaml.safe_load(file.read_text("utf-8"))
    document = judgeable(json.loads(json.dumps(written, default=str)))
    folder = tmp_path_factory.mktemp("prism")
    with running_bank(folder / "bank") as bank:
        upstream = f"{bank.url}/czech-standard/cz"
        with prism.judged_by(document, upstream, folder) as url:
            yield url, bank


def judged(judge: tuple[str, Bank], seal: Seal, work: Any) -> JudgedDoor:
    """The door after the work; nothing was objected to."""
    url, bank = judge
    bank.reset()
    door = JudgedDoor()
    on_czech_road(bank, seal, work, through=url, door=door)
    return door


async def read_everything(road: Road, access: Access, psu: Any) -> None:
    for number in access.account_numbers or await road.connector.account_numbers(access, psu):
        await road.connector.account(access, number, psu)
        for name in road.connector.capabilities.lists:
            await road.pages(access, name, psu, number)


def test_the_judge_judges(judge: tuple[str, Bank], seal: Seal) -> None:
    """An answer that is none is objected to, so silence means something."""

    async def work(road: Road) -> None:
        access = await road.sign_in()
        road.bank.plan("nonsense", path="balance")
        with pytest.raises(errors.BankUnavailable):
            await road.connector.account(access, access.account_numbers[0], PSU)

    problems = judged(judge, seal, work).problems
    assert problems
    assert all("must have required property 'balances'" in problem for problem in problems)


def test_everything_that_is_read_conforms(judge: tuple[str, Bank], seal: Seal) -> None:
    async def work(road: Road) -> None:
        for login in ("test1", "test2", "test3", "test4", "bench-2x150"):
            await read_everything(road, await road.sign_in(login, repeated=True), PSU)

    door = judged(judge, seal, work)
    assert door.problems == []
    reading = {"accounts", "balance", "transactions", "awaiting"}
    assert {(name, 200) for name in reading} <= door.seen


def test_what_is_read_without_the_person_conforms(judge: tuple[str, Bank], seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in("test2", repeated=True)
        road.bank.advance(HOUR_S)
        await read_everything(road, await road.connector.renew(access, None), None)

    door = judged(judge, seal, work)
    assert door.problems == []
    assert ("transactions", 400) in door.seen  # a first day too old, asked for once more


def test_every_refusal_of_the_standard_conforms(judge: tuple[str, Bank], seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        number = access.account_numbers[0]
        with pytest.raises(errors.BankUnavailable):
            await road.connector.pages(
                access, "unknown", "transactions", system_clock().date(), PSU
            ).__anext__()
        await road.connector.revoke(access)
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.account(access, number, PSU)
        again = await road.sign_in(repeated=True)
        road.bank.plan("withdrawn", path="balance")
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.connector.account(again, number, PSU)
        for status in (500, 503):
            third = await road.sign_in()
            road.bank.plan("status", status=status, path="balance")
            with pytest.raises(errors.BankUnavailable):
                await road.connector.account(third, number, PSU)

    door = judged(judge, seal, work)
    assert door.problems == []
    assert {status for _, status in door.seen} >= {401, 403, 404, 500, 503}
