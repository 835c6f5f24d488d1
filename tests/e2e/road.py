"""A redirection's road, step by step: our page, the bank's, and the way back."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from opensaldo.connectors.http import BrowsedPage, Door
from tests.e2e.checked import SHOP, CheckedApi, agree, browse
from tests.e2e.fixtures import World
from tests.support.bank import walk as walk_at_bank

Made = dict[str, str]


def states(api: CheckedApi, made: Made) -> tuple[str, str]:
    """What the client is told, by redirection and by session."""
    by_id = api.status(redirectionId=made["redirectionId"])
    assert list(by_id["params"]) == [
        "sessionId",
        "sessionIdSignature",
        "multipleAccessId",
        "target",
        "officialName",
        "exception",
    ]
    both = api.status(redirectionId=made["redirectionId"], sessionId=made["sessionId"])
    assert both == by_id
    by_session = api.status(sessionId=made["sessionId"])
    assert by_session["sessionId"] == made["sessionId"]
    return by_id["status"], by_session["status"]


def exception(api: CheckedApi, made: Made) -> str | None:
    found: str | None = api.status(redirectionId=made["redirectionId"])["params"]["exception"]
    return found


def at_bank(made: Made) -> str:
    """The bank's address after the person agreed on our page."""
    page = agree(made)
    assert (page.status, bool(page.location)) == (303, True)
    return page.location or ""


def answer_of(
    bank_page: str,
    login: str = "test1",
    decision: str = "approve",
    accounts_max: int | None = None,
) -> dict[str, str]:
    """What the bank's page sends the person back with."""

    async def go() -> dict[str, str]:
        async with Door() as door:
            return await walk_at_bank(
                door, bank_page, login, decision=decision, accounts_max=accounts_max
            )

    return asyncio.run(go())


def back(world: World, answer: dict[str, str]) -> BrowsedPage:
    """Our page that the bank sends the person to."""
    return browse(f"{world.address}/redirection/return?{urlencode(answer)}")


def opened_again(made: Made) -> list[BrowsedPage]:
    """The link's own page, and what it answers to the person's agreement."""
    link = made["redirectionLink"]
    return [browse(link), agree(made)]


def leads_home(page: BrowsedPage, made: Made) -> bool:
    return page.location == f"{SHOP}?redirectionId={made['redirectionId']}"
