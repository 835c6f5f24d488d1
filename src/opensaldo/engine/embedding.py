"""Embedding: which pages may show a client's sign-in, and who the client of such a page is."""

from __future__ import annotations

from opensaldo.domain.client import Client, Environment
from opensaldo.engine.clients import known_client
from opensaldo.engine.platform import Platform
from opensaldo.errors import CallerError, InvalidArgument
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import clients
from opensaldo.store.queries.clients import Caller
from opensaldo.wire.origins import is_loopback, page_origin


class NotEmbeddable(CallerError, wire_name="InvalidParameter", http_status=403):
    """The client is unknown, or the page that embeds is not of its registered origins."""


async def embedding_caller(platform: Platform, client_id: str, origin: str) -> Caller:
    """The client whose sign-in a page of this origin may embed.

    On TEST a page of the person's own machine may, without being registered.

    Raises:
        NotEmbeddable: it may not; who asks does not learn whether the client exists.
    """

    def find(connection: Connection) -> tuple[Caller | None, tuple[str, ...]]:
        return clients.caller_by_id(connection, client_id), clients.origins_of(
            connection, client_id
        )

    caller, origins = await platform.store.fetch(find)
    if caller is None or not _may_embed(caller.client, origin, origins):
        raise NotEmbeddable(
            f"Pages of {origin} may not embed the sign-in of {client_id}. The operator allows them"
            f" with: opensaldo client origin {client_id} {origin}"
        )
    return caller


async def register_origin(store: Store, client_id: str, address: str) -> str:
    """Pages of this address's origin may embed the client's sign-in; returns the origin.

    Raises:
        UnknownReference: no such client.
        InvalidArgument: not an address of a page, or not https on production.
    """
    origin = _origin(address)

    def keep(connection: Connection) -> None:
        client = known_client(connection, client_id)
        if client.environment is Environment.PRODUCTION and not origin.startswith("https://"):
            raise InvalidArgument("On production only https pages may embed a sign-in.")
        clients.embed(connection, client_id, origin)

    await store.change_with(keep)
    return origin


async def remove_origin(store: Store, client_id: str, address: str) -> str:
    """Pages of this address's origin may no longer embed the client's sign-in.

    Raises:
        InvalidArgument: it was not registered.
    """
    origin = _origin(address)
    if not await store.change(clients.unembed, client_id, origin):
        raise InvalidArgument(f"{origin} is not registered for {client_id}.")
    return origin


def _may_embed(client: Client, origin: str, registered: tuple[str, ...]) -> bool:
    is_own_machine = client.environment is Environment.TEST and is_loopback(origin)
    return origin in registered or is_own_machine


def _origin(address: str) -> str:
    try:
        return page_origin(address)
    except ValueError as wrong:
        raise InvalidArgument(f"{address!r} is {wrong}; write https://shop.example.com.") from None
