"""A fleet: the platform's processes as an operator runs them, to be killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opensaldo.app import open_store
from opensaldo.config import Config
from opensaldo.store.migrate import migrate
from tests.support.platform import CLIENT, Api, environment, make_client

SERVER = "serve"
READY_TIMEOUT_S = 90
STOP_TIMEOUT_S = 20
LOOK_EVERY_S = 0.01
READY_MARK = b'"executor started"'


@dataclass(slots=True)
class Member:
    """One process of the fleet, in its present life; a worker has no port."""

    name: str
    log: Path
    port: int | None = None
    process: subprocess.Popen[bytes] | None = None
    log_begins_at: int = 0
    lives: int = 0

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether it has said, in this life, that its executor runs."""
        if not self.is_alive:
            return False
        with self.log.open("rb") as lines:
            lines.seek(self.log_begins_at)
            return READY_MARK in lines.read()

    def said(self) -> str:
        """Everything it has written, all lives."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@dataclass
class Fleet:
    """Servers at fixed ports and workers, on one database and one folder."""

    folder: Path
    variables: Mapping[str, str]
    members: dict[str, Member]
    program: str = "opensaldo"
    _timers: dict[str, threading.Timer] = field(default_factory=dict)
    _guard: threading.RLock = field(default_factory=threading.RLock)

    @property
    def config(self) -> Config:
        """The configuration all members run with."""
        return Config.from_env(self.variables)

    @property
    def address(self) -> str:
        """Where the first server listens, in every life."""
        return self.address_of(SERVER)

    def address_of(self, name: str) -> str:
        """Where a server listens, in every life."""
        return f"http://127.0.0.1:{self.members[name].port}"

    def client(self, client_id: str = CLIENT) -> Api:
        """A client's view of the first server; the client is made in the database directly."""
        store = open_store(self.config)
        try:
            migrate(store)
            return Api(self.address, asyncio.run(make_client(store, client_id, (), "127.0.0.1")))
        finally:
            store.close()

    def start(self, name: str) -> None:
        """The member runs; nothing happens when it does."""
        with self._guard:
            if (waiting := self._timers.pop(name, None)) is not None:
                waiting.cancel()
            member = self.members[name]
            if member.is_alive:
                return
            subcommand = "worker" if member.port is None else "serve"
            with member.log.open("ab") as log:
                member.log_begins_at = log.tell()
                member.process = subprocess.Popen(
                    [sys.executable, "-m", self.program, subcommand],
                    env={
                        **os.environ,
                        **self.variables,
                        "OPENSALDO_PORT": str(member.port or 0),
                    },
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                )
            member.lives += 1

    def start_later(self, name: str, pause_s: float) -> None:
        """The member will run after a pause, unless it is started before."""
        with self._guard:
            timer = threading.Timer(pause_s, self.start, [name])
            timer.daemon = True
            self._timers[name] = timer
            timer.start()

    def freeze(self, name: str) -> None:
        """The member runs, holds what it holds and does nothing until it is killed."""
        process = self.members[name].process
        assert process is not None
        process.send_signal(signal.SIGSTOP)

    def kill(self, name: str) -> bool:
        """The member was killed without a word; whether it ran."""
        with self._guard:
            process = self.members[name].process
            if process is None or process.poll() is not None:
                return False
            process.send_signal(signal.SIGKILL)
            process.wait(STOP_TIMEOUT_S)
            return True

    def wait_ready(self, *names: str, timeout_s: float = READY_TIMEOUT_S) -> None:
        """These members (all when none is named) run their executors.

        Raises:
            AssertionError: one of them does not; with the end of what it wrote.
        """
        deadline = time.monotonic() + timeout_s
        for name in names or tuple(self.members):
            member = self.members[name]
            while not member.is_ready:
                if time.monotonic() > deadline or not member.is_alive:
                    raise AssertionError(f"{name} does not run: {member.said()[-2000:]}")
                time.sleep(LOOK_EVERY_S)

    def stop(self) -> None:
        """All members have ended in an orderly way."""
        with self._guard:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            running = [one.process for one in self.members.values() if one.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        for process in running:
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def fleet(
    folder: Path,
    bank_url: str,
    *,
    database_url: str | None = None,
    servers: int = 1,
    workers: int = 0,
    program: str = "opensaldo",
    **settings: Any,
) -> Iterator[Fleet]:
    """A fleet that nobody has started yet; it is stopped when the block ends.

    `program` is the module whose `serve` and `worker` are run; benchmarks have one of their own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if database_url is not None:
        settings["DATABASE_URL"] = database_url
    others = [f"{SERVER}-{number}" for number in range(2, servers + 1)]
    members = [Member(name, folder / f"{name}.log", free_port()) for name in (SERVER, *others)]
    names = [f"worker-{number}" for number in range(1, workers + 1)]
    members += [Member(name, folder / f"{name}.log") for name in names]
    made = Fleet(
        folder=folder,
        variables=environment(folder, bank_url, **{"LOG_LEVEL": "INFO", **settings}),
        members={one.name: one for one in members},
        program=program,
    )
    try:
        yield made
    finally:
        made.stop()


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
