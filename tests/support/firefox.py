"""The Firefox of this machine, as its makers built it, driven by Playwright as Chromium is.

Both speak WebDriver BiDi, but Playwright begins with a command (for the colour scheme) that this
Firefox may not know, and gives up when it is refused. So a relay stands between them: run as a
program, this file is a Firefox whose refusal of that one command reads as done.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import sys
from asyncio import StreamReader
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from pathlib import Path

from aiohttp import ClientSession, ClientWebSocketResponse, web
from playwright.sync_api import Browser, BrowserType

PROGRAMS = ("firefox", "firefox-esr")
FIREFOX = next((found for found in map(shutil.which, PROGRAMS) if found), None)
MAYBE_UNKNOWN = "emulation.setMediaFeaturesOverride"
LISTENING = "WebDriver BiDi listening on "
START_MS = 110_000
LINE_BYTES_MAX = 1_000_000
# What people have and automation would change.
AS_SHIPPED: dict[str, str | float | bool] = {
    "dom.min_background_timeout_value": 1000,
    "network.cookie.cookieBehavior": 5,  # a cookie jar per site
}

Socket = web.WebSocketResponse | ClientWebSocketResponse


def launch(
    kind: BrowserType, folder: Path, preferences: Mapping[str, str | float | bool]
) -> Browser:
    """A headless Firefox with a profile of its own, which goes when it is closed."""
    program = folder / "firefox"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P "{__file__}" "$@"\n')
    program.chmod(0o700)
    return kind.launch(
        channel="moz-firefox",
        executable_path=program,
        firefox_user_prefs={**AS_SHIPPED, **preferences},
        timeout=START_MS,
    )


def softened(said: str) -> str:
    """The message, and "done" in place of the refusal."""
    if MAYBE_UNKNOWN not in said:
        return said
    reply = json.loads(said)
    if reply.get("error") != "unknown command":
        return said
    return json.dumps({"type": "success", "id": reply["id"], "result": {}})


async def pass_on(heard: Socket, told: Socket) -> None:
    """All that one side says has been told to the other."""
    async for message in heard:
        await told.send_str(softened(message.data))
    await told.close()


async def address_in(complaints: StreamReader) -> str:
    """Where Firefox listens, as it says itself; what else it says is said here."""
    async for line in complaints:
        said = line.decode(errors="replace").strip()
        if said.startswith(LISTENING):
            return said.removeprefix(LISTENING)
        sys.stderr.write(f"{said}\n")
    raise SystemExit("Firefox ended before it listened.")


async def relay(address: str) -> int:
    """The port on which Firefox' address is served from now on."""

    async def connect(request: web.Request) -> web.WebSocketResponse:
        caller = web.WebSocketResponse(max_msg_size=0)
        await caller.prepare(request)
        async with ClientSession() as session:
            firefox = await session.ws_connect(address + request.path, max_msg_size=0)
            await asyncio.gather(pass_on(caller, firefox), pass_on(firefox, caller))
        return caller

    app = web.Application()
    app.router.add_get("/{path:.*}", connect)
    runner = web.AppRunner(app)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    port: int = listener.getsockname()[1]
    return port


async def main() -> None:
    """Firefox has run, with the options of the command line, until it was closed."""
    assert FIREFOX is not None
    firefox = await asyncio.create_subprocess_exec(
        FIREFOX, *sys.argv[1:], stderr=PIPE, limit=LINE_BYTES_MAX
    )
    assert firefox.stderr is not None
    port = await relay(await address_in(firefox.stderr))
    sys.stderr.write(f"{LISTENING}ws://127.0.0.1:{port}\n")
    async for _line in firefox.stderr:
        pass
    await firefox.wait()


if __name__ == "__main__":
    asyncio.run(main())
