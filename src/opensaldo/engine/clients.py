"""Clients: making them, their keys, their addresses and what is switched on for them."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from opensaldo.domain.client import Client, Environment, Product, environment_of
from opensaldo.domain.clock import Clock
from opensaldo.domain.network import parse_network
from opensaldo.domain.secret import Secret
from opensaldo.engine.admission import key_hash
from opensaldo.errors import FeatureNotEnabled, InvalidArgument, UnknownReference
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import clients, documents
from opensaldo.store.queries.clients import Caller, KeyRow

KEY_BYTES = 32
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """What an operator sees of one client."""

    client: Client
    keys: tuple[KeyRow, ...]
    networks: tuple[str, ...]
    origins: tuple[str, ...]
    products: frozenset[Product]


async def create_client(
    store: Store, clock: Clock, client_id: str, environment: Environment, legal_name: str
) -> Client:
    """The client exists in this environment, without keys, addresses or products.

    Raises:
        InvalidArgument: the id is no slug, does not fit the environment, or is taken; the legal
            name, which people read in the consent, is empty.
    """
    if not SLUG.fullmatch(client_id):
        raise InvalidArgument("A client id has 1 to 63 of a-z, 0-9 and -, none at an end.")
    if environment_of(client_id) is not environment:
        raise InvalidArgument("The id of a TEST client ends in -test, and no other's does.")
    if not legal_name.strip():
        raise InvalidArgument("A client needs its legal name: people read it in the consent.")
    client = Client(id=client_id, environment=environment, legal_name=legal_name.strip())

    def make(connection: Connection) -> None:
        if clients.client_by_id(connection, client_id) is not None:
            raise InvalidArgument(f"The client {client_id} exists already.")
        clients.insert_client(connection, client, clock())

    await store.change_with(make)
    return client


async def issue_key(store: Store, clock: Clock, client_id: str) -> Secret:
    """A new live key of the client; this is the only time it can be seen.

    Raises:
        UnknownReference: no such client.
    """
    key = Secret(secrets.token_hex(KEY_BYTES))
    text = key.reveal()

    def keep(connection: Connection) -> None:
        client = known_client(connection, client_id)
        clients.insert_key(
            connection, client_id, client.environment, key_hash(key), text[:2] + text[-2:], clock()
        )

    await store.change_with(keep)
    return key


async def allow_address(store: Store, client_id: str, network: str) -> str:
    """Calls of the client are accepted from this address or network; returns its plain form.

    Raises:
        UnknownReference: no such client.
        InvalidArgument: not an IPv4 or IPv6 address or network.
    """
    plain = _plain_network(network)

    def keep(connection: Connection) -> None:
        known_client(connection, client_id)
        clients.allow(connection, client_id, plain)

    await store.change_with(keep)
    return plain


async def switch_product(store: Store, client_id: str, product: Product, enabled: bool) -> None:
    """The product is on or off for the client.

    Raises:
        UnknownReference: no such client.
        InvalidArgument: scoring needs labelling.
    """

    def keep(connection: Connection) -> None:
        known_client(connection, client_id)
        products = set(clients.products_of(connection, client_id))
        products = products | {product} if enabled else products - {product}
        if Product.SCORING in products and Product.LABELLING not in products:
            raise InvalidArgument("Scoring needs labelling: switch labelling on first, off last.")
        clients.set_product(connection, client_id, product, enabled)

    await store.change_with(keep)


async def disallow_address(store: Store, client_id: str, network: str) -> str:
    """Calls of the client are no longer accepted from this address or network.

    Raises:
        InvalidArgument: it was not on the list.
    """
    plain = _plain_network(network)
    if not await store.change(clients.disallow, client_id, plain):
        raise InvalidArgument(f"{plain} is not on the list of {client_id}.")
    return plain


async def revoke_key(store: Store, clock: Clock, client_id: str, key_id: int) -> None:
    """The key opens nothing any more, in all processes within `CALLER_REMEMBERED`.

    Raises:
        UnknownReference: the client has no live key of this number.
    """
    if not await store.change(clients.revoke_key, key_id, client_id, clock()):
        raise UnknownReference(f"{client_id} has no live key {key_id}.")


async def require_session_on_poll(store: Store, client_id: str, on: bool) -> None:
    """Polling a command asks for its session's id and signature, or no longer does."""

    def keep(connection: Connection) -> None:
        known_client(connection, client_id)
        clients.set_poll_requires_session(connection, client_id, on)

    await store.change_with(keep)


async def set_retention(
    store: Store, client_id: str, hours: int | None, platform_hours: int
) -> None:
    """The client's data, what is kept already included, is deleted after so many hours.

    None: after as many as the platform's own, for what is imported from now on.

    Raises:
        UnknownReference: no such client.
        InvalidArgument: no whole hour, or more than the platform keeps data for.
    """
    if hours is not None and not 1 <= hours <= platform_hours:
        raise InvalidArgument(
            f"Data is kept for {platform_hours} hours here; a client can have 1 to"
            f" {platform_hours}."
        )

    def keep(connection: Connection) -> None:
        known_client(connection, client_id)
        clients.set_retention(connection, client_id, hours)
        if hours is not None:
            documents.shorten(connection, client_id, timedelta(hours=hours))

    await store.change_with(keep)


async def describe(store: Store, client_id: str) -> ClientView:
    """The client with its keys (masked), addresses, origins and products.

    Raises:
        UnknownReference: no such client.
    """

    def look(connection: Connection) -> ClientView:
        return ClientView(
            client=known_client(connection, client_id),
            keys=clients.keys_of(connection, client_id),
            networks=clients.networks_of(connection, client_id),
            origins=clients.origins_of(connection, client_id),
            products=clients.products_of(connection, client_id),
        )

    return await store.fetch(look)


async def all_clients(store: Store) -> tuple[Client, ...]:
    """Every client, by id."""
    return await store.fetch(clients.all_clients)


def require(caller: Caller, product: Product) -> None:
    """The caller has this product.

    Raises:
        FeatureNotEnabled: it is switched off for this client.
    """
    if product not in caller.products:
        raise FeatureNotEnabled(
            f"The service {product.value} is not enabled for this client; ask the operator."
        )


def _plain_network(text: str) -> str:
    try:
        return str(parse_network(text))
    except ValueError:
        raise InvalidArgument(
            f"{text!r} is no address or network; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32."
        ) from None


def known_client(connection: Connection, client_id: str) -> Client:
    """The client of this id.

    Raises:
        UnknownReference: there is none.
    """
    client = clients.client_by_id(connection, client_id)
    if client is None:
        raise UnknownReference(f"There is no client {client_id}.")
    return client
