"""What goes wrong between the pages of an OBIE bank, read by the engine; no target has it yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

import pytest

from opensaldo import errors
from opensaldo.connectors.base import TornList
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from opensaldo.engine.ledger import Ledger
from opensaldo.engine.reading import Reading
from tests.support.bank import PSU, Bank
from tests.support.standards import Way, on_way

pytestmark = pytest.mark.enable_socket
MENDED = (
    "empty_page",
    "repeated_page",
    "row_inserted",
    "wrong_type",
    "stale_page",
    "missing_page",
    "row_removed",
    "no_next_page",
)
FAILS = {
    "reset": errors.BankUnreachable,
    "truncate": errors.BankUnreachable,
    "short_length": errors.BankUnreachable,
    "maintenance_page": errors.BankUnavailable,
    "limit": errors.BankRateLimited,
    "html": errors.BankAnsweredNonsense,
    "nonsense": errors.BankAnsweredNonsense,
    "expired_token": errors.BankAccessEnded,
    "withdrawn": errors.BankConsentWithdrawn,
}


class FreeLedger:
    """A ledger that lets every call pass."""

    async def book(self, calls: Iterable[tuple[str, str]]) -> None:
        del calls

    def made(self, call: tuple[str, str]) -> None:
        del call


def facts(bank: Bank, seal: Seal, name: str, **fault: Any) -> Counter[tuple[Any, ...]]:
    """The rows an import finds while the fault is planned for its second call of the list."""
    login = f"bench-1x240-{name}".replace("_", "-")
    bank.follow(fault=[{"login": login, "path": "getTransactions", **fault}] if fault else [])

    async def work(way: Way) -> Counter[tuple[Any, ...]]:
        reading = Reading(
            connector=way.connector,
            access=await way.sign_in(login),
            psu=PSU,
            since=system_clock().date() - timedelta(days=88),
            ledger=cast(Ledger, FreeLedger()),
            on_progress=lambda _: None,
        )
        await reading.read()
        listed = reading.holdings().accounts[0].transactions
        return Counter((row.day, row.amount, row.title, row.balance) for row in listed)

    found: Counter[tuple[Any, ...]] = on_way(bank, seal, "obie", work)
    return found


@pytest.mark.parametrize("kind", MENDED)
def test_a_list_is_whole_again_when_it_is_read_to_its_end(bank: Bank, seal: Seal, kind: str):
    truth = facts(bank, seal, "truth")
    assert truth.total() > 200
    assert facts(bank, seal, kind, kind=kind, nth=[2]) == truth


@pytest.mark.parametrize("kind", ["stale_page", "missing_page", "row_removed", "no_next_page"])
def test_a_list_that_never_fits_is_no_success(bank: Bank, seal: Seal, kind: str):
    with pytest.raises(TornList):
        facts(bank, seal, f"{kind}-always", kind=kind, nth=[2, *range(4, 99)])


@pytest.mark.parametrize(("kind", "error"), FAILS.items())
def test_a_fault_amid_the_pages_is_its_error(
    bank: Bank, seal: Seal, kind: str, error: type[errors.OpenSaldoError]
):
    with pytest.raises(error):
        facts(bank, seal, kind, kind=kind, nth=[2])
