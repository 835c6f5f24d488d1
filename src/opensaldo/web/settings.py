"""What the front needs to know besides the platform: its addresses and whom it trusts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from starlette.requests import HTTPConnection

from opensaldo.domain.network import Network, parse_address, parse_network
from opensaldo.engine.admission import Gate
from opensaldo.engine.platform import Platform
from opensaldo.engine.price_lists import PriceLists, read_price_lists

FORWARDED_HOPS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """One process's front; made by app, handed to every handler."""

    platform: Platform
    gate: Gate
    public_url: str
    signin_url: str
    docs_url: str
    portal_url: str
    support_mail: str
    trusted_proxies: tuple[str, ...] = ()
    price_lists: PriceLists = field(default_factory=partial(read_price_lists, None))
    _networks: tuple[Network, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        networks = tuple(parse_network(text) for text in self.trusted_proxies)
        object.__setattr__(self, "_networks", networks)

    def client_address(self, connection: HTTPConnection) -> str:
        """The caller's address: the peer, or what trusted proxies say stands behind them.

        X-Forwarded-For is read from its end, and only as far as each hop that added to it is
        trusted; what an untrusted peer says about itself is never believed.
        """
        address = connection.client.host if connection.client else ""
        said = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
        for hop in reversed(said[-FORWARDED_HOPS_MAX:]):
            if not self._is_trusted(address) or not hop.strip():
                break
            address = hop.strip()
        return address

    def person_address(self, connection: HTTPConnection) -> str:
        """The address to tell a bank: the caller's, or the peer's when a proxy named none."""
        said = self.client_address(connection)
        if parse_address(said) is None and connection.client is not None:
            return connection.client.host
        return said

    def _is_trusted(self, address: str) -> bool:
        parsed = parse_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)
