"""What crash tests and benchmarks ask of KontoBank's switchboard besides its faults."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

TIMEOUT_S = 30


def set_latency(bank_url: str, latency_ms: int) -> None:
    """Every call of the bank's interface takes so much longer."""
    _switch(bank_url, "POST", "latency", {"ms": latency_ms})


def unattended_counts(bank_url: str) -> list[dict[str, Any]]:
    """The bank's own ledger: calls counted in 24 hours and refused, by consent, account, list."""
    rows: list[dict[str, Any]] = _switch(bank_url, "GET", "ledger")["rows"]
    return rows


def calls(bank_url: str, since: int = 0) -> Iterator[dict[str, Any]]:
    """Every call the bank remembers, oldest first, page by page."""
    while rows := _switch(bank_url, "GET", f"log?since={since}")["rows"]:
        yield from rows
        since = rows[-1]["sequence"]


def _switch(bank_url: str, method: str, what: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{bank_url}/switchboard/{what}", data, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=TIMEOUT_S) as reply:
        return json.loads(reply.read())
