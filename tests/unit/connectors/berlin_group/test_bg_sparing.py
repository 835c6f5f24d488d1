"""What a Berlin Group connector can leave out, and what it tells by a name alone."""

from __future__ import annotations

import asyncio

import pytest

from opensaldo.connectors.base import NamesCards, Spare, Sparing
from tests.unit.connectors.berlin_group.scene import ACCESS, ACCOUNT, BALANCES, PSU, Scene

ANSWERS = {"account": {"account": ACCOUNT}, "balances": BALANCES}


def calls(scene: Scene, spares: frozenset[Spare]) -> list[str]:
    """The endpoints one account's details ask for."""
    assert isinstance(scene.connector, Sparing)
    spared = scene.connector.sparing(spares)
    asyncio.run(spared.account(ACCESS, "a-1", PSU))
    return [sent.endpoint for sent in scene.door.sent]


@pytest.mark.parametrize(
    ("spares", "endpoints"),
    [
        (frozenset({Spare.BALANCES}), ["account"]),
        (frozenset({Spare.ROW_DETAILS}), ["account", "balances"]),
    ],
)
def test_balances_have_no_call_of_their_own_where_they_are_spared(
    spares: frozenset[Spare], endpoints: list[str]
):
    assert calls(Scene(ANSWERS), spares) == endpoints


def test_the_connector_itself_stays_as_it_was():
    scene = Scene(ANSWERS)
    calls(scene, frozenset({Spare.BALANCES}))
    assert scene.account().account.balance is not None
    assert [sent.endpoint for sent in scene.door.sent] == ["account", "account", "balances"]


def test_a_cards_account_is_told_by_its_name():
    connector = Scene({}).connector
    assert isinstance(connector, NamesCards)
    assert (connector.is_card("card:1"), connector.is_card("a-1")) == (True, False)
