"""`opensaldo serve` and `opensaldo worker`: the processes an operator runs."""

from __future__ import annotations

import argparse
import asyncio
import errno
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from opensaldo.app import application, running
from opensaldo.config import BadConfig, Config
from opensaldo.engine.durable import NoFreeSlot
from opensaldo.observe import configure_logs, log, serve_metrics

BACKLOG = 2048
GRACE_S = 5
KEEP_ALIVE_S = 65
COLLECT_AFTER_OBJECTS = 20_000


def serve(_options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    return run(lambda: _serve(Config.from_env()))


def worker(_options: argparse.Namespace) -> int:
    """Execute commands until told to stop."""
    config = Config.from_env()
    if config.database_url.reveal().startswith("sqlite"):
        raise BadConfig("SQLite is one process, `opensaldo serve`; workers need PostgreSQL.")
    return run(lambda: _work(config))


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run a coroutine on uvloop where there is one.

    Raises:
        BadConfig: no executor slot is free; the message says what to do.
    """
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(main())
    except NoFreeSlot as taken:
        raise BadConfig(str(taken)) from None
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


class Server(uvicorn.Server):
    """A server that leaves signals to us: uvicorn's own way would skip what must be closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def on_stop_signals(stop: Callable[[], None]) -> None:
    """SIGINT and SIGTERM call this, on the running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


@asynccontextmanager
async def serving(config: Config) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The server runs while the block lasts; yields its address and the event of a stop."""
    with listen(config.host, config.port) as sock:
        address = address_of(sock)
        async with running(config) as platform:
            server = Server(server_settings(application(config, platform, address)))
            stopped = asyncio.Event()
            on_stop_signals(stopped.set)
            task = asyncio.create_task(server.serve(sockets=[sock]))
            task.add_done_callback(lambda _: stopped.set())
            while not server.started and not task.done():
                await asyncio.sleep(0.005)
            try:
                yield address, stopped
            finally:
                platform.bell.close()
                server.should_exit = True
                await task


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that the port is known before anything is built on it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as taken:
        sock.close()
        raise OSError(
            taken.errno, f"Cannot listen on {host}:{port}: {taken.strerror}; {_advice(taken)}."
        ) from None
    sock.listen(BACKLOG)
    sock.set_inheritable(False)
    return sock


def _advice(refused: OSError) -> str:
    if refused.errno in (errno.EADDRINUSE, errno.EACCES):
        return "choose another port"
    return "OPENSALDO_HOST is to be an address of this machine"


def address_of(sock: socket.socket) -> str:
    """The address of what listens on this socket."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def spare_collector() -> None:
    """What was loaded at the start is never looked through again, and garbage less often.

    A full collection of a started platform takes tens of milliseconds, in which no poll and no
    import moves; measured by `bench/import_overhead.py` at 40 imports a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS)


async def _serve(config: Config) -> None:
    configure_logs(config.log_level)
    metrics = serve_metrics("127.0.0.1", config.metrics_port)
    async with serving(config) as (address, stopped):
        spare_collector()
        log.info("serving", host=address, metrics_port=metrics)
        await stopped.wait()


async def _work(config: Config) -> None:
    configure_logs(config.log_level)
    serve_metrics("127.0.0.1", config.metrics_port)
    stopped = asyncio.Event()
    on_stop_signals(stopped.set)
    async with running(config):
        spare_collector()
        log.info("working")
        await stopped.wait()


def server_settings(app: Any) -> uvicorn.Config:
    """The server as an operator runs it; whom to trust as a proxy is decided by the front."""
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
