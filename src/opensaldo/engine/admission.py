"""Who may call: a live key of the client, from an address on its list, within its rate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from opensaldo.domain.clock import Clock
from opensaldo.domain.network import Network, parse_address, parse_network
from opensaldo.domain.secret import Secret
from opensaldo.errors import TooManyRequests, Unauthorized
from opensaldo.store.db import Store
from opensaldo.store.queries import clients, rates
from opensaldo.store.queries.clients import Caller

__all__ = ["Caller", "Gate", "key_hash"]

CALLER_REMEMBERED = timedelta(seconds=2)
CALLERS_MAX = 10_000
WINDOW_S = 60
LEASES_PER_WINDOW = 30


def key_hash(key: Secret) -> str:
    """What is stored of an API key: its SHA-256, enough for 256 random bits."""
    return hashlib.sha256(key.reveal().encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Remembered:
    caller: Caller
    networks: tuple[Network, ...]
    until: datetime


@dataclass(slots=True)
class _Window:
    number: int
    left: int
    exhausted: bool = False


class Gate:
    """Admits callers; remembers them for `CALLER_REMEMBERED` and counts their requests.

    The rate is counted in the store over all processes: each process leases a share of the
    client's minute and hands it out, so most requests touch no database.
    """

    def __init__(self, store: Store, clock: Clock, *, requests_per_minute: int) -> None:
        """Count against `requests_per_minute` per client, over all its keys and processes."""
        self._store = store
        self._clock = clock
        self._limit = requests_per_minute
        self._callers: dict[str, _Remembered] = {}
        self._windows: dict[str, _Window] = {}

    async def admit(self, key: Secret | None, address: str) -> Caller:
        """The caller behind a key.

        Raises:
            Unauthorized: the key or the address is not right; it does not say which.
        """
        remembered = await self._known(key) if key is not None else None
        source = parse_address(address)
        if remembered is None or source is None:
            raise Unauthorized
        if not any(source in network for network in remembered.networks):
            raise Unauthorized
        return remembered.caller

    async def _known(self, key: Secret) -> _Remembered | None:
        digest, now = key_hash(key), self._clock()
        remembered = self._callers.get(digest)
        if remembered is not None and remembered.until > now:
            return remembered
        caller = await self._store.fetch(clients.caller_by_key_hash, digest)
        if caller is None:
            self._callers.pop(digest, None)
            return None
        if len(self._callers) >= CALLERS_MAX:
            self._callers.clear()
        networks = tuple(parse_network(text) for text in caller.networks)
        self._callers[digest] = _Remembered(caller, networks, now + CALLER_REMEMBERED)
        return self._callers[digest]

    async def spend(self, client_id: str) -> None:
        """One request of the client's minute is spent.

        Raises:
            TooManyRequests: the minute is used up.
        """
        now_s = int(self._clock().timestamp())
        number = now_s // WINDOW_S
        window = self._windows.get(client_id)
        if window is None or window.number != number:
            window = self._windows[client_id] = _Window(number, 0)
        if window.left == 0 and not window.exhausted:
            await self._lease(client_id, window)
        if window.left == 0:
            raise TooManyRequests(retry_after_s=(number + 1) * WINDOW_S - now_s)
        window.left -= 1

    async def _lease(self, client_id: str, window: _Window) -> None:
        wanted = max(1, self._limit // LEASES_PER_WINDOW)
        granted = await self._store.change(
            rates.lease, client_id, window.number * WINDOW_S, wanted, self._limit
        )
        window.left += granted
        window.exhausted = window.left == 0
