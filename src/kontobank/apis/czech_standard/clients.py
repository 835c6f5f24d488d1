"""Third parties that registered at the bank (RFC 7591), in memory, for one process."""

import hmac
from dataclasses import dataclass

from kontobank import seeds
from kontobank.access.nouns import REMEMBERED_MAX, AccessRefused


@dataclass(frozen=True)
class Client:
    """One registration; over TLS it belongs to the certificate of `seal`."""

    id: str
    secret: str
    name: str
    redirect_uris: tuple[str, ...]
    seal: str


class Clients:
    """Every registration the bank knows of; ids are hashes of the seed and a counter."""

    def __init__(self, seed: int) -> None:
        self._seed, self._count = seed, 0
        self._clients: dict[str, Client] = {}

    def reset(self) -> None:
        """Nobody is registered, and ids count from one again."""
        self._clients.clear()
        self._count = 0

    def add(self, name: str, redirect_uris: tuple[str, ...], seal: str) -> Client:
        """A new registration."""
        self._count += 1
        identity = seeds.identifier(self._seed, "czech-client", self._count, length=32)
        secret = seeds.identifier(self._seed, "czech-secret", self._count, length=48)
        client = Client(identity, secret, name, redirect_uris, seal)
        self._clients[identity] = client
        while len(self._clients) > REMEMBERED_MAX:
            del self._clients[next(iter(self._clients))]
        return client

    def find(self, identity: str) -> Client | None:
        """The registration of this id."""
        return self._clients.get(identity)

    def authenticated(self, identity: str, secret: str, seal: str) -> Client:
        """The registration that this id, secret and certificate belong to, else 401."""
        client = self._clients.get(identity)
        expected = client.secret if client else ""
        is_right = hmac.compare_digest(expected.encode(), secret.encode())
        if client is None or not is_right or client.seal != seal:
            raise AccessRefused(401, "CLIENT_UNKNOWN", "no such client, secret or certificate")
        return client
