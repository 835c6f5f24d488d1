"""uvicorn as the bank wants it: quiet, quick to stop, able to cut a connection."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from types import FrameType

import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kontobank.apis.cut import TRANSPORT_KEY
from kontobank.clientcert import SCOPE_KEY

BACKLOG_CONNECTIONS = 2_048
SHUTDOWN_S = 1
KEEP_ALIVE_S = 75


class CuttableProtocol(HttpToolsProtocol):
    """HTTP that lends its transport to the faults which cut the line."""

    def on_message_begin(self) -> None:
        """The request's scope knows the transport, and over TLS the client's certificate."""
        super().on_message_begin()
        self.scope[TRANSPORT_KEY] = self.transport  # type: ignore[literal-required]
        secured = self.transport.get_extra_info("ssl_object")
        if secured is not None:
            self.scope[SCOPE_KEY] = secured.getpeercert(True)  # type: ignore[literal-required]


class BankServer(uvicorn.Server):
    """Says when it listens; drops the calls it is still sleeping over when it stops."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start
        self.beside: list[BankServer] = []

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stopping, with those beside; the signal is not raised again, so the exit code is 0."""
        for server in (self, *self.beside):
            server.should_exit = True

    def cut_connections(self) -> None:
        """Every open connection is cut; the next call has to connect anew."""
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listening; `on_start` was called."""
        await super().startup(sockets)
        if self.started:
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stopped; calls that were being answered are cut."""
        self.cut_connections()
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


def run_together(
    plain: BankServer,
    sockets: list[socket.socket],
    secured: BankServer | None,
    secured_socket: socket.socket | None,
) -> None:
    """Both servers run until one is told to stop; signals reach both."""

    async def serve() -> None:
        work = [plain.serve(sockets=sockets)]
        if secured is not None and secured_socket is not None:
            secured.beside, plain.beside = [plain], [secured]
            work.append(secured.serve(sockets=[secured_socket]))
        await asyncio.gather(*work)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())


def make_server(
    app: ASGIApp, on_start: Callable[[], None], context: ssl.SSLContext | None = None
) -> BankServer:
    """A server for sockets of `listen`, over TLS when there is a context."""

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
        ssl_context_factory=(lambda _config, _default: context) if context else None,
    )
    return BankServer(config, on_start)
