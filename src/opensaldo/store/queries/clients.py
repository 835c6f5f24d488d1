"""Clients: who may call, with which keys, from where, and what is switched on for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, literal, select, update

from opensaldo.domain.client import Client, Environment, Product
from opensaldo.store.conflicts import IdTaken, insert_new
from opensaldo.store.queries.idempotency import Claim
from opensaldo.store.tables import (
    allowed_addresses,
    api_keys,
    client_origins,
    client_products,
    clients,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who a key belongs to, the networks it may be used from, and what is switched on.

    `claim` is the hold of this one request on its idempotency key, if it has one.
    """

    client: Client
    networks: tuple[str, ...]
    products: frozenset[Product]
    claim: Claim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One API key as it may be shown: never the key, only its first and last two characters."""

    id: int
    hint: str
    created_at: datetime
    revoked_at: datetime | None


_CLIENT_COLUMNS = (
    clients.c.id,
    clients.c.environment,
    clients.c.legal_name,
    clients.c.poll_requires_session,
    clients.c.retention_h,
)
_INSERT_CLIENT = insert_new(clients)
_CLIENT_BY_ID = select(*_CLIENT_COLUMNS).where(clients.c.id == bindparam("client_id"))
_ALL_CLIENTS = select(*_CLIENT_COLUMNS).order_by(clients.c.id)
_SET_POLL_RULE = (
    update(clients)
    .where(clients.c.id == bindparam("of_id"))
    .values(poll_requires_session=bindparam("is_on"))
)
_SET_RETENTION = (
    update(clients).where(clients.c.id == bindparam("of_id")).values(retention_h=bindparam("hours"))
)
_INSERT_KEY = insert(api_keys)
_KEYS_OF = (
    select(api_keys.c.id, api_keys.c.hint, api_keys.c.created_at, api_keys.c.revoked_at)
    .where(api_keys.c.client_id == bindparam("client_id"))
    .order_by(api_keys.c.id)
)
_REVOKE_KEY = (
    update(api_keys)
    .where(
        api_keys.c.id == bindparam("of_id"),
        api_keys.c.client_id == bindparam("of_client"),
        api_keys.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("at"))
)
_CLIENT_BY_KEY = (
    select(*_CLIENT_COLUMNS)
    .join(api_keys, api_keys.c.client_id == clients.c.id)
    .where(
        api_keys.c.key_hash == bindparam("key_hash"),
        api_keys.c.environment == clients.c.environment,
        api_keys.c.revoked_at.is_(None),
    )
)
_RIGHTS_OF = (
    select(literal("network").label("kind"), allowed_addresses.c.network.label("word"))
    .where(allowed_addresses.c.client_id == bindparam("client_id"))
    .union_all(
        select(literal("product"), client_products.c.product).where(
            client_products.c.client_id == bindparam("client_id")
        )
    )
    .order_by("word")
)
_ALLOW = insert_new(allowed_addresses)
_DISALLOW = delete(allowed_addresses).where(
    allowed_addresses.c.client_id == bindparam("of_client"),
    allowed_addresses.c.network == bindparam("of_network"),
)
_EMBED = insert_new(client_origins)
_UNEMBED = delete(client_origins).where(
    client_origins.c.client_id == bindparam("of_client"),
    client_origins.c.origin == bindparam("of_origin"),
)
_ORIGINS_OF = (
    select(client_origins.c.origin)
    .where(client_origins.c.client_id == bindparam("client_id"))
    .order_by(client_origins.c.origin)
)
_SWITCH_ON = insert_new(client_products)
_SWITCH_OFF = delete(client_products).where(
    client_products.c.client_id == bindparam("of_client"),
    client_products.c.product == bindparam("of_product"),
)


def insert_client(connection: Connection, client: Client, at: datetime) -> None:
    """Add a client; it has no keys, no networks and no products yet.

    Raises:
        IdTaken: a client of this id exists.
    """
    row = {
        "id": client.id,
        "environment": client.environment.value,
        "legal_name": client.legal_name,
        "poll_requires_session": client.poll_requires_session,
        "retention_h": client.retention_h,
        "created_at": at,
    }
    if connection.execute(_INSERT_CLIENT, row).rowcount == 0:
        raise IdTaken(client.id)


def client_by_id(connection: Connection, client_id: str) -> Client | None:
    """Find a client."""
    row = connection.execute(_CLIENT_BY_ID, {"client_id": client_id}).one_or_none()
    return None if row is None else _client(row)


def all_clients(connection: Connection) -> tuple[Client, ...]:
    """List the clients of both environments, by id."""
    return tuple(_client(row) for row in connection.execute(_ALL_CLIENTS))


def set_poll_requires_session(connection: Connection, client_id: str, on: bool) -> None:
    """Say whether polls of this client must carry the session's id and signature."""
    connection.execute(_SET_POLL_RULE, {"of_id": client_id, "is_on": on})


def set_retention(connection: Connection, client_id: str, hours: int | None) -> None:
    """Say for how many hours this client's data is kept; None: as long as the platform's."""
    connection.execute(_SET_RETENTION, {"of_id": client_id, "hours": hours})


def insert_key(
    connection: Connection,
    client_id: str,
    environment: Environment,
    key_hash: str,
    hint: str,
    at: datetime,
) -> int:
    """Add an API key, known by its hash only; returns its number."""
    row = {
        "client_id": client_id,
        "environment": environment.value,
        "key_hash": key_hash,
        "hint": hint,
        "created_at": at,
    }
    return _number(connection.execute(_INSERT_KEY, row).inserted_primary_key)


def keys_of(connection: Connection, client_id: str) -> tuple[KeyRow, ...]:
    """List a client's keys, oldest first, revoked ones included."""
    rows = connection.execute(_KEYS_OF, {"client_id": client_id})
    return tuple(
        KeyRow(id=row.id, hint=row.hint, created_at=row.created_at, revoked_at=row.revoked_at)
        for row in rows
    )


def revoke_key(connection: Connection, key_id: int, client_id: str, at: datetime) -> bool:
    """End a key of this client; whether one was ended."""
    changed = {"of_id": key_id, "of_client": client_id, "at": at}
    return connection.execute(_REVOKE_KEY, changed).rowcount == 1


def caller_by_key_hash(connection: Connection, key_hash: str) -> Caller | None:
    """Find who calls with this key, and what they may; revoked keys belong to nobody."""
    row = connection.execute(_CLIENT_BY_KEY, {"key_hash": key_hash}).one_or_none()
    if row is None:
        return None
    networks, products = _rights_of(connection, row.id)
    return Caller(client=_client(row), networks=networks, products=products)


def caller_by_id(connection: Connection, client_id: str) -> Caller | None:
    """Find what a client may, for a sign-in that no key of its own opens."""
    client = client_by_id(connection, client_id)
    if client is None:
        return None
    networks, products = _rights_of(connection, client_id)
    return Caller(client=client, networks=networks, products=products)


def embed(connection: Connection, client_id: str, origin: str) -> None:
    """Let pages of this origin embed the client's sign-in."""
    connection.execute(_EMBED, {"client_id": client_id, "origin": origin})


def unembed(connection: Connection, client_id: str, origin: str) -> bool:
    """Take the origin back; whether it was registered."""
    row = {"of_client": client_id, "of_origin": origin}
    return connection.execute(_UNEMBED, row).rowcount == 1


def origins_of(connection: Connection, client_id: str) -> tuple[str, ...]:
    """List the origins whose pages may embed the client's sign-in, sorted."""
    return tuple(connection.execute(_ORIGINS_OF, {"client_id": client_id}).scalars())


def allow(connection: Connection, client_id: str, network: str) -> None:
    """Let the client call from this network."""
    connection.execute(_ALLOW, {"client_id": client_id, "network": network})


def disallow(connection: Connection, client_id: str, network: str) -> bool:
    """Take the network back; whether it was allowed."""
    row = {"of_client": client_id, "of_network": network}
    return connection.execute(_DISALLOW, row).rowcount == 1


def networks_of(connection: Connection, client_id: str) -> tuple[str, ...]:
    """List the networks the client may call from, sorted."""
    return _rights_of(connection, client_id)[0]


def set_product(connection: Connection, client_id: str, product: Product, enabled: bool) -> None:
    """Switch a product on or off for the client."""
    if enabled:
        connection.execute(_SWITCH_ON, {"client_id": client_id, "product": product.value})
    else:
        connection.execute(_SWITCH_OFF, {"of_client": client_id, "of_product": product.value})


def products_of(connection: Connection, client_id: str) -> frozenset[Product]:
    """List what is switched on for the client."""
    return _rights_of(connection, client_id)[1]


def _rights_of(
    connection: Connection, client_id: str
) -> tuple[tuple[str, ...], frozenset[Product]]:
    rows = connection.execute(_RIGHTS_OF, {"client_id": client_id}).all()
    networks = tuple(row.word for row in rows if row.kind == "network")
    return networks, frozenset(Product(row.word) for row in rows if row.kind == "product")


def _client(row: Row[Any, Any, Any, Any, Any]) -> Client:
    return Client(
        id=row.id,
        environment=Environment(row.environment),
        legal_name=row.legal_name,
        poll_requires_session=row.poll_requires_session,
        retention_h=row.retention_h,
    )


def _number(key: Row[Any] | None) -> int:
    if key is None:
        raise AssertionError("the database numbers its rows")
    return int(key[0])
