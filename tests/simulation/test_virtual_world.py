"""Bank and platform under one clock: what is imported is the truth, and a seed fixes every byte."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.platform import Reply, state_of
from tests.support.truth import balances_by_truth, is_shown, truth_of
from tests.support.virtual import virtual_world

TARGETS = {
    "KontoBankApi": "pl",
    "KontoBankApi_cz": "cz",
    "KontoBankApi_es": "es",
    "KontoBankApi_lt": "lt",
    "KontoBankApi_ro": "ro",
    "KontoBank_pt": "pt",
}
SINCE = "2025-12-20"
STEP_DAYS = 17
STEPS = 3


def booked_by_truth(records: list[dict[str, Any]], at: datetime) -> Counter[tuple[str, ...]]:
    """What must be booked at the instant: account, booking day, amount."""
    return Counter(
        (record["account"], one["booked_on"], f"{Decimal(one['minor']) / 100:.2f}")
        for record in records
        if record["record"] == "payment"
        for one in record["appearances"]
        if one["status"] == "done" and one["traded_on"] >= SINCE and is_shown(one, at)
    )


def booked_by_import(reply: Reply) -> Counter[tuple[str, ...]]:
    """What the platform says is booked."""
    return Counter(
        (
            account.findtext("iban") or "",
            row.findtext("bookedOn") or "",
            f"{Decimal(row.findtext('currencyAmount') or '0'):.2f}",
        )
        for account in reply.xml.iter("account")
        for row in account.iter("moneyTransaction")
        if row.findtext("bookedOn") and (row.findtext("transactionOn") or "") >= SINCE
    )


def waiting_by_truth(records: list[dict[str, Any]], at: datetime) -> Counter[tuple[str, ...]]:
    """What must be on its way at the instant; Berlin Group's rows have no day there."""
    return Counter(
        (record["account"], f"{Decimal(one['minor']) / 100:.2f}")
        for record in records
        if record["record"] == "payment"
        for one in record["appearances"]
        if one["status"] != "done" and is_shown(one, at)
    )


def waiting_by_import(reply: Reply) -> Counter[tuple[str, ...]]:
    """What the platform says is on its way."""
    return Counter(
        (
            account.findtext("iban") or "",
            f"{Decimal(row.findtext('currencyAmount') or '0'):.2f}",
        )
        for account in reply.xml.iter("account")
        for row in account.iter("moneyTransaction")
        if not row.findtext("bookedOn")
    )


def balances_by_import(reply: Reply) -> dict[str, tuple[Decimal, ...]]:
    """What the platform says is booked and available."""
    return {
        account.findtext("iban") or "": (
            Decimal(account.findtext("currencyBalance") or "0"),
            Decimal(account.findtext("currencyFundsAvailable") or "0"),
        )
        for account in reply.xml.iter("account")
    }


def test_months_of_imports_over_every_standard_show_what_is_true(tmp_path: Path):
    with virtual_world(tmp_path) as world:
        api = world.platform.api()
        for _ in range(STEPS):
            for target, country in TARGETS.items():
                login = f"alive-2x30-{country}"
                reply = api.imported(login, since=SINCE, target=target)
                assert state_of(reply) == "successful", reply.body[-2000:]
                records = truth_of(world.bank, login, country)
                expected = booked_by_truth(records, world.clock())
                assert sum(expected.values()) > 80
                assert booked_by_import(reply) == expected, target
                balances = balances_by_truth(records, world.clock())
                assert balances_by_import(reply) == balances, target
                if country != "cz":  # its transfers on their way await elsewhere
                    waiting = waiting_by_truth(records, world.clock())
                    assert waiting_by_import(reply) == waiting, target
            world.clock.advance(days=STEP_DAYS, hours=5)


def transcript_of(folder: Path, seed: int, logins: tuple[str, ...], days: int = 3) -> bytes:
    """The transcript file of a run in which these people import every day, in this order."""
    file = folder / "transcript.jsonl"
    with virtual_world(folder, seed=seed, transcript_file=file) as world:
        api = world.platform.api()
        for _ in range(days):
            for login in logins:
                target = "KontoBankApi_ro" if login.endswith("ro") else "KontoBankApi"
                reply = api.imported(login, since=SINCE, target=target)
                assert state_of(reply) == "successful"
            world.clock.advance(days=1)
    return file.read_bytes()


@pytest.fixture(scope="module")
def first(tmp_path_factory, houses) -> bytes:
    houses.leave()
    folder = tmp_path_factory.mktemp("first")
    return transcript_of(folder, 7, ("alive-2x40-anna", "alive-ro"))


def test_two_runs_of_a_seed_write_the_same_bytes_in_any_order(first: bytes, tmp_path: Path):
    again = transcript_of(tmp_path, 7, ("alive-ro", "alive-2x40-anna"))
    assert again == first
    assert first.count(b"\n") > 60
    assert b"alive-2x40-anna" in first


def test_another_seed_writes_other_bytes(first: bytes, tmp_path: Path):
    assert transcript_of(tmp_path, 8, ("alive-2x40-anna", "alive-ro")) != first
