"""What a PolishAPI connector can leave out: the details of rows, each of which is a call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opensaldo.connectors.base import Page, Spare, Sparing
from opensaldo.connectors.protocols.polish_api.flow import PolishApi
from tests.unit.connectors.polish_api.test_polish_flow import PROFILE, BankDoor, pages_of, run
from tests.unit.connectors.polish_api.test_polish_two_steps import TAX_ROW

DETAILED = replace(PROFILE, details_max=5)


@pytest.mark.parametrize(
    ("spares", "calls"), [(frozenset({Spare.ROW_DETAILS}), 1), (frozenset({Spare.BALANCES}), 2)]
)
def test_details_of_rows_are_left_out_only_when_they_are_spared(
    spares: frozenset[Spare], calls: int
):
    async def work(connector: PolishApi) -> list[Page]:
        assert isinstance(connector, Sparing)
        return await pages_of(connector.sparing(spares))

    door = BankDoor({"transactions": [TAX_ROW]}, {})
    (page,) = run(door, work, DETAILED)
    assert (len(page.rows), len(door.sent)) == (1, calls)


def test_the_connector_itself_stays_as_it_was():
    async def work(connector: PolishApi) -> list[tuple[str, ...]]:
        spared = connector.sparing(frozenset({Spare.ROW_DETAILS}))
        return [one.capabilities.attended_endpoints for one in (spared, connector)]

    assert run(BankDoor(), work, DETAILED) == [(), ("getTransactionDetail",)]
