"""A client of the platform for benchmarks: many requests at once over kept connections."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp

SESSION = re.compile(rb'<session id="(\d+)" signature="([0-9a-f]+)"')
COMMAND = re.compile(rb'<command id="(\d+)" state="(\w+)"')
FINAL = {b"successful", b"error", b"fatal"}
SIGN_INS_AT_ONCE = 8
Session = tuple[str, str]


@dataclass(slots=True)
class Caller:
    """One client of one server."""

    address: str
    key: str
    _http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=120)
        headers = {"X-Api-Key": self.key}
        self._http = aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def sign_in(
        self, logins: Sequence[str], *, target: str = "KontoBankApi"
    ) -> list[Session]:
        """Signed-in sessions of these persons, at KontoBank's Polish interface if not told."""
        chosen = {"target": target}
        turn = asyncio.Semaphore(SIGN_INS_AT_ONCE)

        async def one(login: str) -> Session:
            async with turn:
                body = await self._ask("POST", "/v1/mock-session.xml", 200, login=login, **chosen)
            found = SESSION.search(body)
            if found is None:
                raise AssertionError(body)
            return found[1].decode(), found[2].decode()

        return list(await asyncio.gather(*(one(login) for login in logins)))

    async def submit(self, session: Session, command: str = "default-import") -> str:
        """The id of the import that was accepted."""
        body = await self._ask(
            "POST",
            f"/v1/command/{command}.xml",
            202,
            sessionId=session[0],
            sessionIdSignature=session[1],
        )
        found = COMMAND.search(body)
        if found is None:
            raise AssertionError(body)
        return found[1].decode()

    async def seen_final(self, command_id: str, *, every_s: float) -> float:
        """When a poller saw the command's end, on `time.perf_counter`."""
        while True:
            body = await self._ask("GET", f"/v1/command/{command_id}.xml", 200)
            found = COMMAND.search(body)
            if found is not None and found[2] in FINAL:
                return time.perf_counter()
            await asyncio.sleep(every_s)

    async def waited_final(self, command_id: str, wait_s: int) -> None:
        """The command has ended, as polls that wait were told."""
        state = b""
        while state not in FINAL:
            body = await self._ask("GET", f"/v1/command/{command_id}.xml?wait={wait_s}", 200)
            found = COMMAND.search(body)
            state = found[2] if found is not None else b""

    async def _ask(self, method: str, path: str, expected: int, **form: str) -> bytes:
        if self._http is None:
            raise AssertionError("not opened")
        async with self._http.request(method, self.address + path, data=form or None) as reply:
            body = await reply.read()
            if reply.status != expected:
                raise AssertionError(f"{path}: {reply.status} {body[:500]!r}")
            return body
