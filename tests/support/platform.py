"""A real platform for tests: a server on loopback, a real database, a real KontoBank.

`platform_thread` runs it inside the test's process (with a clock the test moves);
`platform_process` runs `opensaldo serve` as the program it is (to be killed, for instance).
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from opensaldo.app import application, running
from opensaldo.cli.serve import Server, address_of, listen, server_settings
from opensaldo.config import Config
from opensaldo.domain.client import Product, environment_of
from opensaldo.domain.clock import Clock, system_clock
from opensaldo.engine import clients
from opensaldo.engine.platform import Platform
from opensaldo.store.db import Store

T = TypeVar("T")
START_TIMEOUT_S = 30
POLL_S = 0.05
IMPORT_TIMEOUT_S = 60
CLIENT = "acme-test"
NEVER_SWITCHES = 1_000_000  # tests that plan many faults mean them for the interface
FINAL_STATES = {"successful", "error", "fatal"}
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Reply:
    """One answer of the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def exception(self) -> str | None:
        """The exception's name, in either dialect."""
        if self.headers.get("content-type", "").startswith("application/json"):
            found = self.json.get("exception")
            return found["name"] if found else None
        element = self.xml.find("exception")
        return None if element is None else element.attrib["name"]


@dataclass
class Api:
    """One client's view of one server."""

    address: str
    key: str | None = None
    sessions: list[tuple[str, str]] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        form: Mapping[str, Any] | None = None,
        *,
        body: bytes = b"",
        query: Mapping[str, Any] | None = None,
        json_body: Any = None,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request; a form, a JSON body or raw bytes."""
        sent = {"X-Api-Key": self.key} if self.key else {}
        if accept:
            sent["Accept"] = accept
        if form is not None:
            sent["Content-Type"], body = FORM, urlencode(form).encode()
        if json_body is not None:
            sent["Content-Type"], body = "application/json", json.dumps(json_body).encode()
        sent |= headers or {}
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            target = path + ("?" + urlencode(query) if query else "")
            connection.request(method, target, body or None, sent)
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, names, answer.read())
        finally:
            connection.close()

    def mock_session(self, login: str = "test1", **more: Any) -> tuple[str, str]:
        """A signed-in session over the mock bank's interface, or another target: id, signature."""
        country = more.get("country", "pl")
        target = "KontoBankApi" if country == "pl" else f"KontoBankApi_{country}"
        form = {"login": login, "target": target, **more}
        reply = self.call("POST", "/v1/mock-session.xml", form)
        assert reply.status == 200, reply.body
        session = reply.xml.find("session")
        assert session is not None
        pair = (session.attrib["id"], session.attrib["signature"])
        self.sessions.append(pair)
        return pair

    def submit(self, session: tuple[str, str], **more: Any) -> Reply:
        """A default import in this session."""
        form = {"sessionId": session[0], "sessionIdSignature": session[1], **more}
        return self.call("POST", "/v1/command/default-import.xml", form)

    def poll(self, command_id: str, timeout_s: float = IMPORT_TIMEOUT_S) -> Reply:
        """The command in its final state."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            reply = self.call("GET", f"/v1/command/{command_id}.xml")
            assert reply.status == 200, reply.body
            if state_of(reply) in FINAL_STATES:
                return reply
            time.sleep(POLL_S)
        raise AssertionError(f"command {command_id} did not end")

    def imported(self, login: str = "test1", since: str | None = None, **more: Any) -> Reply:
        """The final poll of a whole import."""
        accepted = self.submit(
            self.mock_session(login, **more), **({"since": since} if since else {})
        )
        assert accepted.status == 202, accepted.body
        return self.poll(command_of(accepted).attrib["id"])


def command_of(reply: Reply) -> ElementTree.Element:
    """The command element of a reply."""
    command = reply.xml.find("command")
    assert command is not None, reply.body
    return command


def state_of(reply: Reply) -> str:
    """The state of the command in a reply."""
    return command_of(reply).attrib["state"]


def failure_of(reply: Reply) -> str | None:
    """The exception's name inside a finished command."""
    found = command_of(reply).find("exception")
    return None if found is None else found.attrib["name"]


@dataclass
class PlatformThread:
    """A platform that runs in a thread of the test's process."""

    config: Config
    clock: Clock
    address: str = ""
    platform: Platform | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Callable[[Platform], Coroutine[Any, Any, T]]) -> T:
        """What the work gives, run on the platform's own loop."""
        assert self._loop is not None
        assert self.platform is not None
        return asyncio.run_coroutine_threadsafe(work(self.platform), self._loop).result(60)

    def api(self, client_id: str = CLIENT, *products: Product, network: str = "127.0.0.1") -> Api:
        """A client's view of the server; the client is made when it is new."""
        key = self.run(lambda platform: make_client(platform.store, client_id, products, network))
        return Api(self.address, key)


async def make_client(
    store: Store, client_id: str, products: tuple[Product, ...], network: str
) -> str:
    """The client exists, may call from the network, and has this new key."""
    known = {client.id for client in await clients.all_clients(store)}
    if client_id not in known:
        environment = environment_of(client_id)
        await clients.create_client(store, system_clock, client_id, environment, "Acme Lending")
    await clients.allow_address(store, client_id, network)
    for product in products:
        await clients.switch_product(store, client_id, product, True)
    return (await clients.issue_key(store, system_clock, client_id)).reveal()


def environment(folder: Path, kontobank_url: str, **settings: Any) -> dict[str, str]:
    """The variables of a platform that keeps everything below a folder."""
    values = {
        "DATA_DIR": folder / "data",
        "KEY_DIR": folder / "keys",
        "PORT": 0,
        "METRICS_PORT": 0,
        "KONTOBANK_URL": kontobank_url,
        "LOG_LEVEL": "WARNING",
        "SWITCH_FAILURES": NEVER_SWITCHES,
        **settings,
    }
    return {f"OPENSALDO_{name}": str(value) for name, value in values.items()}


@contextmanager
def platform_thread(
    folder: Path, kontobank_url: str, *, clock: Clock = system_clock, **settings: Any
) -> Iterator[PlatformThread]:
    """A platform in this process for as long as the block lasts; settings as in `config`.

    Only one at a time: the durable engine is one a process.
    """
    config = Config.from_env(environment(folder, kontobank_url, **settings))
    running_one = PlatformThread(config, clock)
    ready, stop, failure = threading.Event(), threading.Event(), []

    async def main() -> None:
        running_one._loop = asyncio.get_running_loop()
        with listen("127.0.0.1", 0) as sock:
            running_one.address = address_of(sock)
            async with running(config, clock) as platform:
                running_one.platform = platform
                app = application(config, platform, running_one.address)
                server = Server(server_settings(app))
                task = asyncio.create_task(server.serve([sock]))
                while not server.started:
                    await asyncio.sleep(0.005)
                ready.set()
                while not stop.is_set():
                    await asyncio.sleep(0.01)
                server.should_exit = True
                await task

    def thread() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - shown in the test's own thread
            failure.append(error)
            ready.set()

    runner = threading.Thread(target=thread, name="platform")
    runner.start()
    try:
        assert ready.wait(START_TIMEOUT_S), "the platform did not start"
        if failure:
            raise failure[0]
        yield running_one
    finally:
        stop.set()
        runner.join(START_TIMEOUT_S)
    if failure:
        raise failure[0]


@contextmanager
def platform_process(
    folder: Path,
    kontobank_url: str,
    *,
    subcommand: str = "serve",
    port: int = 0,
    **settings: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """`opensaldo serve` (or `worker`) as a process of its own; the caller may kill it."""
    folder.mkdir(parents=True, exist_ok=True)
    variables = {**os.environ, **environment(folder, kontobank_url, PORT=port, **settings)}
    with (folder / f"{subcommand}.err").open("ab") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", "opensaldo", subcommand],
            env=variables,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(START_TIMEOUT_S)
