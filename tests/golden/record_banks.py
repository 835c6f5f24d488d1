"""Rewrite the golden samples of the banks: `python -m tests.golden.record_banks`.

KontoBank runs with seed 1 on a fixed day; its answers are kept as it sent them, and beside each
stands what the connector makes of it. All people in them are invented.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from opensaldo.cli.bank_answers import answered
from opensaldo.connectors import lenient
from opensaldo.connectors.bank_files import read_bank_file
from opensaldo.connectors.base import AccountReading, Page
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.protocols.polish_api import convert, messages
from opensaldo.connectors.quirks import kontobank_aux_data
from opensaldo.connectors.signing import Seal
from opensaldo.data import COUNTRIES
from tests.support.bank import Bank, Road, on_road, running_bank

GOLDEN = Path(__file__).parent
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SINCE = NOW.replace(month=2, day=12).date()
LOGINS = {"pl": "test3"}  # current and savings account, card, deposit; elsewhere one account
LOGIN = "test2"
KINDS = ("accounts", "balances", "transactions", "card_transactions")
KINDS_OF_ENDPOINTS = {
    "getAccounts": "accounts",
    "accounts": "accounts",
    "account": "accounts",
    "balances": "balances",
    "balance": "balances",
    "transactions": "transactions",
}
ON_ANOTHERS_BASE = {"redsys": "berlin_group", "sibs": "berlin_group"}


class RecordingDoor(Door):
    """A door that remembers what came through it."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[tuple[str, bytes]] = []

    async def call(self, request: Outgoing) -> Incoming:
        reply = await super().call(request)
        self.bodies.append((request.endpoint, reply.body))
        return reply


def converted(name: str, body: bytes) -> Any:
    """What the connector makes of a recorded answer, as plain JSON; what is absent is left out."""
    made: AccountReading | Page
    if name.startswith("getAccount"):
        written = lenient.present(lenient.decode(body, messages.AccountReply).account) or b""
        reading = convert.account(lenient.decode(written, messages.AccountInfo))
        made = kontobank_aux_data(lenient.as_written(written), reading)
    else:
        reply = lenient.decode(body, messages.ListReply)
        of_list = {
            "getTransactionsDone": convert.done_page,
            "getTransactionsPending": convert.pending_page,
            "getHolds": convert.holds_page,
        }
        made = of_list[name.partition(".")[0]](reply)
    return _stated(msgspec.json.decode(msgspec.json.encode(asdict(made))))


def record(bank: Bank, seal: Seal, country: str) -> None:
    """One country's samples are as KontoBank answers today."""
    bank.reset()
    bank.stop_clock(NOW)
    door = RecordingDoor()

    async def work(road: Road) -> None:
        access = await road.sign_in(LOGINS.get(country, LOGIN))
        for number in access.account_numbers:
            await road.connector.account(access, number, None)
        for name in road.connector.capabilities.lists:
            await road.pages(access, name, since=SINCE)

    on_road(bank, seal, work, country=country, clock=lambda: NOW, door=door)
    folder = GOLDEN / country / "banks" / "kontobank"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    protocol = read_bank_file(f"{country}/banks/kontobank.toml").targets[0].protocol
    counts: dict[str, int] = {}
    for endpoint, body in door.bodies:
        kind = endpoint if protocol == "polish_api" else KINDS_OF_ENDPOINTS.get(endpoint, "")
        if not (kind in KINDS or kind.startswith("get")):
            continue
        counts[kind] = counts.get(kind, 0) + 1
        name = f"{kind}.{counts[kind]}"
        _write(folder / f"{name}.json", json.loads(_steady(body)))
        _write(folder / f"{name}.expected.json", made_of(protocol, name, body))


def made_of(protocol: str, name: str, body: bytes) -> Any:
    """What we make of a sample: by the reader of its bank's standard, or by PolishAPI's call."""
    kind = name.partition(".")[0]
    if kind not in KINDS:
        return converted(name, body)
    return answered(ON_ANOTHERS_BASE.get(protocol, protocol), kind, body)


def _steady(body: bytes) -> bytes:
    """The body without what differs from run to run."""
    found = json.loads(body)
    found.pop("responseHeader", None)
    return json.dumps(found).encode()


def _stated(content: Any) -> Any:
    """The content without members that say nothing."""
    if isinstance(content, dict):
        kept = {name: _stated(member) for name, member in content.items()}
        return {name: member for name, member in kept.items() if member not in (None, [])}
    return [_stated(member) for member in content] if isinstance(content, list) else content


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        seal = Seal.open(Path(folder) / "seal", clock=lambda: NOW)
        with running_bank(Path(folder) / "bank") as bank:
            for country in COUNTRIES:
                record(bank, seal, country)


if __name__ == "__main__":
    main()
