"""kill -9 between any two steps of a person's consents: the same model holds, on both databases.

The real server is killed while it grants, reuses, imports, revokes or deletes, and another is
started on the same database. The client asks again with the same `Idempotency-Key` until it is
answered. The history comes from a seed; when exactly a kill falls is the machine's business.

Short form: one history over each of two standards. The long form:
OPENSALDO_KILLED_ACTS=300 OPENSALDO_KILLED_SEED=8 pytest tests/crash/test_consents_killed.py
"""

from __future__ import annotations

import asyncio
import http.client
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from opensaldo.app import maintained
from opensaldo.domain.client import Product
from opensaldo.engine.platform import Platform
from opensaldo.errors import OpenSaldoError
from tests.e2e.checked import CheckedApi
from tests.support.bank import Bank, running_bank
from tests.support.consent_histories import Histories
from tests.support.elsewhen import VARIABLE, OtherTime
from tests.support.fleet import SERVER, Fleet, fleet
from tests.support.platform import Reply, make_client
from tests.support.sweep import SETTINGS

pytestmark = [pytest.mark.crash, pytest.mark.enable_socket, pytest.mark.timeout(3600)]
T = TypeVar("T")
ACTS = int(os.environ.get("OPENSALDO_KILLED_ACTS", "12"))
SEED = int(os.environ.get("OPENSALDO_KILLED_SEED", "7"))
KILLED_SHARE = 0.5
KILLS_MIN = ACTS // 4
MOMENTS_S = (0.0, 0.02, 0.08, 0.2, 0.4)
HELD_S = 61  # longer than a dead process's claims are held
GIVE_UP_S = 120
AGAIN_S = 0.2
PROGRAM = "tests.support.elsewhen"


@dataclass
class Killer:
    """Kills the server some time after the next write, once, and starts it again."""

    processes: Fleet
    kills: int = 0
    after_s: float | None = None
    later: Callable[[], None] = field(default=lambda: None)
    _thread: threading.Thread | None = None

    def write_begins(self) -> None:
        """Somebody's write is being sent."""
        if self.after_s is None:
            return
        self._thread = threading.Thread(target=self._kill, args=(self.after_s,))
        self.after_s = None
        self._thread.start()

    def over(self) -> None:
        """No kill is under way, and none is to come."""
        self.after_s = None
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _kill(self, after_s: float) -> None:
        time.sleep(after_s)
        self.kills += self.processes.kill(SERVER)
        self.later()
        self.processes.start(SERVER)
        self.processes.wait_ready()


@dataclass
class PatientApi(CheckedApi):
    """A client that asks again, with the same key, until it is answered."""

    killer: Killer | None = None

    def call(self, *args: Any, **kwargs: Any) -> Reply:
        assert self.killer is not None
        if args[0] == "POST":
            key = {"Idempotency-Key": uuid.uuid4().hex}
            kwargs["headers"] = {**(kwargs.get("headers") or {}), **key}
            self.killer.write_begins()
        deadline = time.monotonic() + GIVE_UP_S
        while time.monotonic() < deadline:
            try:
                reply = super().call(*args, **kwargs)
            except (OSError, http.client.HTTPException):
                time.sleep(AGAIN_S)
                continue
            if reply.status != 409 or reply.exception != "IdempotencyKeyInUse":
                return reply
            time.sleep(AGAIN_S)
        raise AssertionError(f"{args} was never answered")


@dataclass(frozen=True)
class Beside:
    """The platform's database and keys, looked at beside its process."""

    processes: Fleet
    clock: OtherTime

    def run(self, work: Callable[[Platform], Coroutine[Any, Any, T]]) -> T:
        async def done() -> T:
            async with maintained(self.processes.config, self.clock) as platform:
                return await work(platform)

        return asyncio.run(done())


@dataclass(frozen=True)
class KilledStage:
    """A server that dies, a bank that does not, and the time of both."""

    bank: Bank
    clock: OtherTime
    house: Beside
    killer: Killer

    def client(self, *products: Product) -> CheckedApi:
        name = f"t-{uuid.uuid4().hex[:8]}-test"
        key = self.house.run(lambda p: make_client(p.store, name, products, "127.0.0.1"))
        return PatientApi(self.killer.processes.address, key, client_id=name, killer=self.killer)

    def later(self, **more: float) -> None:
        self.bank.advance(self.clock.advance(**more))


class KilledHistory(Histories):
    """A history whose acts may be hit."""

    world: KilledStage

    dice: random.Random

    def give_up_a_sign_in(self, kind: str) -> None:
        """One that is cancelled, or torn off by the kill, changes nothing."""
        with suppress(OpenSaldoError):
            super().give_up_a_sign_in(kind)

    def act(self, what: Callable[..., None], **how: Any) -> None:
        """It was done, killed or not, and what must always hold does."""
        killer = self.world.killer
        before = killer.kills
        if self.dice.random() < KILLED_SHARE:
            killer.after_s = self.dice.choice(MOMENTS_S)
        open_before = [one for one in self.known if self.is_usable(one)]
        what(**how)
        killer.over()
        if killer.kills > before:
            for one in {id(one): one for one in (*open_before, *self.known[-1:])}.values():
                one.cut_off.append(self.now)
        self.the_client_sees_what_can_be_used()
        self.the_bank_met_no_call_too_many()


def test_a_history_with_kills_agrees_with_the_model(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    country = "pl" if database_url.startswith("sqlite") else "cz"
    clock = OtherTime(tmp_path / "time")
    clock.advance(seconds=0)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "time"))
    with (
        running_bank(tmp_path / "bank") as bank,
        fleet(
            tmp_path / "fleet", bank.url, database_url=database_url, program=PROGRAM, **SETTINGS
        ) as processes,
    ):
        killer = Killer(processes)
        stage = KilledStage(bank, clock, Beside(processes, clock), killer)
        killer.later = lambda: stage.later(seconds=HELD_S)
        processes.start(SERVER)
        processes.wait_ready()
        KilledHistory.world, KilledHistory.country = stage, country
        history = KilledHistory()
        history.dice = random.Random(SEED)
        history.played(history.dice, ACTS)
        assert killer.kills >= KILLS_MIN
        said = processes.members[SERVER].said()
        assert "Traceback" not in said
        assert '"job failed"' not in said
