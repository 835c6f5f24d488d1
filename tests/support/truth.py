"""What the bank's truth file says of a living login, at an instant."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.support.bank import Bank
from tests.support.platform import Api


def truth_of(bank: Bank, login: str, country: str) -> list[dict[str, Any]]:
    """The truth file's records of the last 400 days, as the bank tells them."""
    found = Api(bank.url).call(
        "GET", "/switchboard/truth", query={"login": login, "country": country}
    )
    assert found.status == 200, found.body
    return [json.loads(line) for line in found.body.splitlines()]


def is_shown(one: dict[str, Any], at: datetime) -> bool:
    since, until = datetime.fromisoformat(one["from"]), one["until"]
    return since <= at and (until is None or at < datetime.fromisoformat(until))


def balances_by_truth(
    records: list[dict[str, Any]], at: datetime
) -> dict[str, tuple[Decimal, ...]]:
    """What each account must have booked and available: the last evening's, and what moved."""
    eve = at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(microseconds=1)
    found = {}
    for evening in records:
        if evening["record"] != "balance" or evening["day"] != eve.date().isoformat():
            continue
        shown = [
            one
            for record in records
            if record["record"] == "payment" and record["account"] == evening["account"]
            for one in record["appearances"]
        ]
        done = [one for one in shown if one["status"] == "done"]
        moved = sum(one["minor"] * (is_shown(one, at) - is_shown(one, eve)) for one in done)
        held = sum(one["minor"] for one in shown if one["status"] == "hold" and is_shown(one, at))
        booked = evening["booked_minor"] + moved
        found[evening["account"]] = (Decimal(booked) / 100, Decimal(booked + held) / 100)
    return found
