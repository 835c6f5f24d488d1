"""uvicorn as the bank wants it: quiet, quick to stop, able to cut a connection."""

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kontobank.apis.cut import TRANSPORT_KEY

BACKLOG_CONNECTIONS = 2_048
SHUTDOWN_S = 1
KEEP_ALIVE_S = 75


class CuttableProtocol(HttpToolsProtocol):
    """HTTP that lends its transport to the faults which cut the line."""

    def on_message_begin(self) -> None:
        """The request's scope knows the transport."""
        super().on_message_begin()
        self.scope[TRANSPORT_KEY] = self.transport  # type: ignore[literal-required]


class BankServer(uvicorn.Server):
    """Says when it listens; drops the calls it is still sleeping over when it stops."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stopping; the signal is not raised again, so the command ends with code 0."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listening; `on_start` was called."""
        await super().startup(sockets)
        if self.started:
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stopped; calls that were being answered are cut."""
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; OSError when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError:
        found.close()
        raise
    return found


def make_server(app: Starlette, on_start: Callable[[], None]) -> BankServer:
    """A server for a socket of `listen`; run it with `run(sockets=[...])`."""

    async def calm(scope: Scope, receive: Receive, send: Send) -> None:
        """The app; a call cut off by the server's end is no error."""
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # the cut connection is told so first

    config = uvicorn.Config(
        calm,
        loop="uvloop",
        http=CuttableProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="error",
        server_header=False,
        backlog=BACKLOG_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return BankServer(config, on_start)
