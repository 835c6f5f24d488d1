"""A load generator: so many kept connections ask the same thing again and again.

`python -m bench.polling HOST PORT KEY PATH CONNECTIONS SECONDS` prints one line of JSON. It does as
little as it can: a request is one write of ready bytes, a reply is counted by its Content-Length.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import Any

import uvloop

LENGTH = re.compile(rb"[Cc]ontent-[Ll]ength: (\d+)")
OK = b"HTTP/1.1 200"


class Asker(asyncio.Protocol):
    """One connection: the next request goes out when the reply is whole."""

    def __init__(self, request: bytes, latencies_s: list[float]) -> None:
        self._request = request
        self._latencies_s = latencies_s
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: Any = None
        self.is_over = False

    def connection_made(self, transport: Any) -> None:
        """Ask for the first time."""
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Count a whole reply and ask again."""
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        found = LENGTH.search(self._buffer, 0, head)
        if found is None or not self._buffer.startswith(OK):
            raise AssertionError(self._buffer[:300])
        if len(self._buffer) < head + 4 + int(found[1]):
            return
        self._buffer = b""
        if not self.is_over:
            self._latencies_s.append(time.perf_counter() - self._sent_at)
            self._ask()

    def close(self) -> None:
        """Ask no more."""
        self.is_over = True
        self._transport.close()

    def _ask(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._request)


async def ask(
    host: str, port: int, key: str, path: str, connections: int, seconds: float
) -> dict[str, float]:
    """Requests a second, and the middle latency in milliseconds."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nX-Api-Key: {key}\r\n\r\n".encode()
    latencies_s: list[float] = []
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    askers = [
        (await loop.create_connection(lambda: Asker(request, latencies_s), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    passed_s = time.perf_counter() - started
    for asker in askers:
        asker.close()
    latencies_s.sort()
    return {
        "per_s": len(latencies_s) / passed_s,
        "p50_ms": latencies_s[len(latencies_s) // 2] * 1000,
        "count": len(latencies_s),
    }


if __name__ == "__main__":
    host, port, key, path, connections, seconds = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(ask(host, int(port), key, path, int(connections), float(seconds)))
    print(json.dumps(result))
