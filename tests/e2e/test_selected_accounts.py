"""Accounts the person left out on the bank's page: the bank itself says nobody asked for them."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.e2e.checked import CheckedApi, agree
from tests.e2e.fixtures import World
from tests.e2e.road import Made, answer_of, back
from tests.support.platform import Reply, state_of

PERSON = "bench-5x10"  # five accounts
SELECTED = 2
BANKS = ["KontoBankApi", "KontoBankApi_ee", "KontoBankApi_cz"]  # PolishAPI, Berlin Group, Czech


def signed_in(world: World, api: CheckedApi, target: str, selected: int | None) -> Made:
    made = api.started(target=target)
    page = agree(made, target).location or ""
    assert back(world, answer_of(page, PERSON, accounts_max=selected)).status == 303
    return made


def calls(world: World, since: int) -> Counter[str]:
    """How often the bank was asked for each account, by its own count."""
    return Counter(row["account"] for row in world.bank.log()[since:] if row["account"])


def numbers(reply: Reply) -> set[str]:
    assert state_of(reply) == "successful"
    return {(one.text or "")[-4:] for one in reply.xml.iter("iban")}


@pytest.mark.parametrize("target", BANKS)
@pytest.mark.parametrize("command", ["default-import", "import-accounts"])
def test_an_import_asks_for_the_selected_accounts_and_no_other(
    world: World, api: CheckedApi, target: str, command: str
):
    before = len(world.bank.log())
    made = signed_in(world, api, target, SELECTED)
    selected = numbers(api.done((made["sessionId"], made["sessionIdSignature"]), command))
    assert len(selected) == SELECTED
    assert set(calls(world, before)) == selected


@pytest.mark.parametrize("target", BANKS)
def test_who_selects_all_is_asked_for_all(world: World, api: CheckedApi, target: str):
    """What the other test does not see would be seen: the bank counts every account."""
    before = len(world.bank.log())
    made = signed_in(world, api, target, None)
    read = numbers(api.done((made["sessionId"], made["sessionIdSignature"]), "default-import"))
    assert len(read) > SELECTED
    assert set(calls(world, before)) == read
