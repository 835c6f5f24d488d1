"""A real KontoBank for tests: its own process on a free loopback port, and a person to use it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from opensaldo.connectors.base import (
    Access,
    Connector,
    Done,
    Page,
    PsuContext,
    Redirect,
    SignInRequest,
)
from opensaldo.connectors.http import Door
from opensaldo.connectors.registry import load_catalog
from opensaldo.connectors.signing import Seal
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import Clock, system_clock
from opensaldo.domain.target import Target

PASSWORD = "Test123"
RETURN_URL = "https://shop.example.org/return?redirectionId=1"
PSU = PsuContext(ip_address="192.0.2.7", user_agent="Test/1.0")
HALF_A_YEAR = timedelta(days=183)
STOP_TIMEOUT_S = 10
STEPS_MAX = 8


@dataclass(frozen=True)
class Bank:
    """A running KontoBank."""

    url: str
    said: dict[str, Any] = field(default_factory=dict)

    def plan(self, kind: str, **more: Any) -> None:
        """One fault waits at the switchboard."""
        self._switch("POST", "/switchboard/faults", {"kind": kind, **more})

    def clear(self) -> None:
        """No fault waits."""
        self._switch("DELETE", "/switchboard/faults")

    def follow(self, **plan: Any) -> None:
        """A seeded plan of faults is in force, and counts its calls from one."""
        self._switch("PUT", "/switchboard/plan", plan)

    def switch_packs(self, packs: list[str], login: str = "*") -> None:
        """These packs of misbehaviour, and no others, are on for this login."""
        self._switch("PUT", "/switchboard/packs", {"packs": packs, "login": login})

    def log(self) -> list[dict[str, Any]]:
        """All calls the bank has seen."""
        rows: list[dict[str, Any]] = self._switch("GET", "/switchboard/log?since=0")["rows"]
        return rows

    def stop_clock(self, now: datetime) -> None:
        """It is this moment at the bank until the next reset."""
        self._switch("POST", "/switchboard/clock", {"now": now.isoformat(), "pause": True})

    def advance(self, seconds: int) -> None:
        """The bank's clock is later."""
        self._switch("POST", "/switchboard/clock", {"advance_s": seconds})

    def withdraw(self, consent_id: str) -> None:
        """The person has withdrawn the consent at the bank."""
        self._switch("POST", f"/switchboard/consents/{consent_id}/withdraw", {})

    def withdraw_all(self, login: str) -> None:
        """The person has withdrawn every consent at the bank."""
        self._switch("POST", "/switchboard/expire", {"login": login})

    def show_certificate(self, kind: str) -> None:
        """New TLS connections meet this certificate of the bank; old ones are cut."""
        self._switch("POST", "/switchboard/certificate", {"kind": kind})

    @property
    def secured(self) -> Bank:
        """The same bank at its TLS port."""
        return Bank(self.said["kontobank_tls_url"], self.said)

    def reset(self) -> None:
        """The bank is as it was at its start."""
        self._switch("POST", "/switchboard/reset", {})

    def _switch(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as reply:
            return json.loads(reply.read())


@contextlib.contextmanager
def running_bank(data_dir: Path, *options: str, seed: int = 1) -> Iterator[Bank]:
    """A KontoBank of its own for as long as the block lasts; `said` is what it printed."""
    data_dir.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "kontobank", "serve", "--port", "0"]
    command += ["--data-dir", str(data_dir), "--seed", str(seed), *options]
    with (data_dir / "kontobank.err").open("wb") as complaints:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError((data_dir / "kontobank.err").read_text()[-2000:])
        said = json.loads(line)
        yield Bank(said["kontobank_url"], said)
    finally:
        process.terminate()
        process.communicate(timeout=STOP_TIMEOUT_S)


@dataclass
class _Page(HTMLParser):
    """The fields of a KontoBank page and the error it shows."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    error: str | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("role") == "alert":
            self.error = found.get("data-error")
        if tag == "input" and (found.get("type") != "checkbox" or "checked" in found):
            self.fields.append((found.get("name") or "", found.get("value") or ""))


class WrongPage(AssertionError):
    """The walk ended on a page that shows an error."""


async def walk(
    door: Door,
    url: str,
    login: str,
    *,
    password: str = PASSWORD,
    decision: str = "approve",
    accounts_max: int | None = None,
) -> dict[str, str]:
    """What the bank sends back to the return address after this person signed in.

    Of the accounts it offers, the person leaves the first `accounts_max` ticked, or all.

    Raises:
        WrongPage: the bank showed this error and stayed.
    """
    cookies: dict[str, str] = {}
    page = await door.browse("GET", url, None, cookies)
    while page.location:
        url = urljoin(url, page.location)
        page = await door.browse("GET", url, None, cookies)
    for _ in range(STEPS_MAX):
        shown = _Page()
        shown.feed(page.body)
        if shown.error:
            raise WrongPage(shown.error)
        typed = {"login": login, "password": password, "code": PASSWORD}
        offered = [pair for pair in shown.fields if pair[0] == "accounts"]
        left_out = [] if accounts_max is None else offered[accounts_max:]
        kept = [pair for pair in shown.fields if pair not in left_out]
        form = [(name, typed.get(name, value)) for name, value in kept]
        if ("step", "consent") in form or decision == "cancel":
            form.append(("decision", decision))
        page = await door.browse("POST", url, form, cookies)
        if page.status in (302, 303) and page.location:
            return dict(parse_qsl(urlsplit(page.location).query))
    raise WrongPage("no way back")


@dataclass
class Road:
    """One target, ready to be walked."""

    bank: Bank
    door: Door
    target: Target
    connector: Connector
    clock: Clock

    async def sign_in(self, login: str = "test1", *, repeated: bool = False) -> Access:
        """The access after as many redirects as the bank wants."""
        request = self.request(repeated=repeated)
        step = await self.connector.begin(request)
        while isinstance(step, Redirect):
            answer = await walk(self.door, step.url, login)
            step = await self.connector.resume(request, step, answer)
        assert isinstance(step, Done), step
        return step.access

    def request(self, *, repeated: bool = False) -> SignInRequest:
        return SignInRequest(
            target=self.target,
            grant=uuid.uuid4().hex,
            return_url=RETURN_URL,
            state=uuid.uuid4().hex,
            psu=PSU,
            repeated=repeated,
            history_days=1460,
            valid_until=self.clock() + timedelta(days=180),
        )

    async def pages(
        self,
        access: Access,
        list_name: str = "getTransactionsDone",
        psu: PsuContext | None = PSU,
        number: str | None = None,
        since: date | None = None,
    ) -> list[Page]:
        number = number or access.account_numbers[0]
        since = since or self.clock().date() - HALF_A_YEAR
        found = self.connector.pages(access, number, list_name, since, psu)
        return [page async for page in found]


def target_in(country: str) -> str:
    """The name of KontoBank's PSD2 target in this country."""
    return "KontoBankApi" if country == "pl" else f"KontoBankApi_{country}"


def on_road(
    bank: Bank,
    seal: Seal,
    work: Callable[[Road], Awaitable[Any]],
    *,
    country: str = "pl",
    name: str | None = None,
    clock: Clock = system_clock,
    door: Door | None = None,
) -> Any:
    """What the work gives on the target of this name, or on one country's KontoBankApi."""
    target_name = name or target_in(country)

    async def run() -> Any:
        async with door or Door() as opened:
            catalog = load_catalog(kontobank_url=bank.url, door=opened, seal=seal, clock=clock)
            target = catalog.find(target_name, Environment.TEST)
            assert target is not None
            return await work(Road(bank, opened, target, catalog.connector(target), clock))

    return asyncio.run(run())
