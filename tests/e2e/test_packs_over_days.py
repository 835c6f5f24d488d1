"""Packs that show only over days of imports: a naive importer gets them wrong, the platform right.

Both read one living login again and again and keep what they were told, row by row under its id;
in the end each must have what the bank's truth file says, no row twice and none lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kontobank.mask import PLAIN
from kontobank.quirks import PACKS, Pack, Packs
from opensaldo.connectors.signing import Seal
from opensaldo.domain.client import Product
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.support.bank import Bank
from tests.support.clock import NOON
from tests.support.consents import JSON, grant, reuse_in_json
from tests.support.naive import DONE, Naive
from tests.support.platform import Reply, command_of, failure_of, state_of
from tests.support.standards import Way, on_way
from tests.support.truth import balances_by_truth, is_shown, truth_of
from tests.support.virtual import VirtualClock, bank_thread

SLOW = tuple(name for name, pack in PACKS.items() if pack.is_slow)
SINCE = "2026-01-20"
HOURS_BETWEEN = (20, 23, 25, 22, 26, 16 * 24)  # the last gap lets what is on its way end
LOGIN = "alive-1x60-over-days"
TARGETS = {  # those whose consents may be used again
    "polish_api": ("pl", "KontoBankApi"),
    "czech_standard": ("cz", "KontoBankApi_cz"),
    "berlin_group": ("cz", "UnicreditApi_cz"),
}
GREEN = [
    (name, standard)
    for place, name in enumerate(SLOW)
    for standard in ("polish_api", ("czech_standard", "berlin_group")[place % 2])
]
Row = tuple[str, str, int]  # the account's end, the booking day or nothing, cents


def truth_at(
    bank: Bank, country: str, at: datetime, dated: str = "traded_on"
) -> tuple[Counter[Row], int]:
    """The rows of the days that the bank shows at the instant, and what is booked by then."""
    records = truth_of(bank, LOGIN, country)
    rows = Counter(
        (record["account"][-4:], one["booked_on"] or "", one["minor"])
        for record in records
        if record["record"] == "payment"
        for one in record["appearances"]
        if is_shown(one, at)
        and not has_booked(record, one, at)
        and (one[dated] or one["traded_on"]) >= SINCE
    )
    ((balance, _available),) = balances_by_truth(records, at).values()
    return rows, int(balance * 100)


def has_booked(payment: dict[str, Any], one: dict[str, Any], at: datetime) -> bool:
    """Whether a row on its way stands beside its booked one, with which it is one payment."""
    return one["status"] != "done" and any(
        other["status"] == "done" and other["piece"] == one["piece"] and is_shown(other, at)
        for other in payment["appearances"]
    )


def seen_at(pack: str, now: datetime) -> datetime:
    """What the bank knows of when it is asked now."""
    packs = Packs()
    packs.switch(LOGIN, [pack])
    return packs.manner(PLAIN, LOGIN, "pl").seen_at(now)


# --- red -----------------------------------------------------------------------------------------
@pytest.fixture
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return Seal.open(tmp_path_factory.mktemp("seal"), clock=lambda: NOON)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bank where everything books once, unchanged, under the id it had."""
    pack = Pack("calm", "Nothing.", "here#1", ("berlin_group",), {"is_steady": True})
    monkeypatch.setitem(PACKS, "calm", pack)
    return "calm"


def naive_days(bank: Bank, clock: VirtualClock, seal: Seal, pack: str) -> list[bool]:
    """After which imports a naive importer, which asks for what is new since its last, is right."""
    bank.switch_packs([pack], LOGIN)

    async def consent(way: Way) -> str:
        return (await way.sign_in(LOGIN, repeated=True)).memory["consent"]

    naive = Naive(f"{bank.url}/berlin-group/ro/v1", on_way(bank, seal, "berlin_group", consent))
    since, found = SINCE, []
    for hours in (*HOURS_BETWEEN, 0):
        with suppress(KeyError, TypeError, ValueError):
            naive.told = naive.run(since, f"{clock().date()}")
        found.append(is_right(naive, bank, clock()))
        since = f"{clock().date()}"
        clock.advance(hours=hours)
    return found


def is_right(naive: Naive, bank: Bank, at: datetime) -> bool:
    rows = Counter((end, day, minor) for end, day, minor, _ in naive.rows.values())
    truth = truth_at(bank, "ro", at, "booked_on")
    return naive.told == DONE and (rows, sum(naive.balances.values())) == truth


def test_at_a_calm_bank_the_naive_importer_is_right(
    tmp_path: Path, clock: VirtualClock, seal: Seal, calm: str
):
    with bank_thread(tmp_path, clock) as bank:
        assert all(naive_days(bank, clock, seal, calm))


@pytest.mark.parametrize("pack", SLOW)
def test_red_the_naive_importer_gets_it_wrong(
    tmp_path: Path, clock: VirtualClock, seal: Seal, pack: str
):
    with bank_thread(tmp_path, clock) as bank:
        assert not all(naive_days(bank, clock, seal, pack))


# --- green ---------------------------------------------------------------------------------------
@dataclass
class Ledger:
    """What a client has that keeps rows by the platform's ids and drops the retired ones."""

    rows: dict[str, tuple[str, int]] = field(default_factory=dict)

    def take(self, result: dict[str, Any]) -> None:
        for gone in result["receipt"].get("retiredIds", ()):
            self.rows.pop(gone, None)
        for account in result["accounts"]:
            for row in account["transactions"]:
                cents = int(Decimal(str(row["amount"])) * 100)
                self.rows[row["id"]] = (account["number"][-4:], cents)


@pytest.fixture
def api(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


def imported(api: CheckedApi, token: str) -> Reply:
    """The end of one more import under the consent."""
    accepted = reuse_in_json(api, token, since=SINCE)
    assert accepted.status == 200, accepted.body
    return api.poll(accepted.json["id"])


def booked_rows(reply: Reply) -> Counter[Row]:
    """What the last import says is booked."""
    return Counter(
        (
            (account.findtext("iban") or "")[-4:],
            row.findtext("bookedOn") or "",
            int(Decimal(row.findtext("currencyAmount") or "0") * 100),
        )
        for account in reply.xml.iter("account")
        for row in account.iter("moneyTransaction")
        if row.findtext("bookedOn")
    )


def test_a_row_that_stays_beside_its_booked_one_is_left_out_once_the_bank_does_so(
    world: World, api: CheckedApi
):
    world.bank.switch_packs(["pending-stays-beside"], LOGIN)
    session, token = grant(api, LOGIN, target="KontoBankApi")
    api.finished(session, since=SINCE)
    left_out = 0
    for _ in range(4):
        world.later(hours=24)
        reply = imported(api, token)
        command = command_of(reply).attrib["id"]
        receipt = api.call("GET", f"/v1/command/{command}.xml", accept=JSON).json["receipt"]
        left_out += receipt["skipped"].get("retired_before", 0)
    assert left_out


@pytest.mark.parametrize(("pack", "standard"), GREEN)
def test_green_the_platform_gets_it_right(world: World, api: CheckedApi, pack: str, standard: str):
    country, target = TARGETS[standard]
    world.bank.switch_packs([pack], LOGIN)
    session, token = grant(api, LOGIN, target=target)
    reply, ledger = api.finished(session, since=SINCE), Ledger()
    for hours in (*HOURS_BETWEEN, 0):
        command = command_of(reply).attrib["id"]
        assert state_of(reply) == "successful", failure_of(reply)
        ledger.take(api.call("GET", f"/v1/command/{command}.xml", accept=JSON).json)
        if hours:
            world.later(hours=hours)
            reply = imported(api, token)
    rows, _ = truth_at(world.bank, country, seen_at(pack, world.clock()))
    assert Counter(ledger.rows.values()) == Counter(
        (end, minor) for end, _, minor in rows.elements()
    )
    assert booked_rows(reply) == Counter(row for row in rows.elements() if row[1])
