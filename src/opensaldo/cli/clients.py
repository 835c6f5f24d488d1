"""`opensaldo client …`: clients, their keys, addresses and products."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rich.table import Table
from rich.text import Text

from opensaldo.app import open_store
from opensaldo.cli.tables import print_table
from opensaldo.config import Config
from opensaldo.domain.client import Product, environment_of
from opensaldo.domain.clock import system_clock
from opensaldo.engine import clients, embedding
from opensaldo.errors import InvalidArgument
from opensaldo.store.db import Store
from opensaldo.store.migrate import migrate

T = TypeVar("T")
DEFAULT = "default"


def create(options: argparse.Namespace) -> int:
    """Make a client."""
    environment = environment_of(options.client)
    with_store(
        lambda store: clients.create_client(
            store, system_clock, options.client, environment, options.legal_name
        )
    )
    print(f"Created {options.client} ({environment}). Next:")
    print(f"  opensaldo client key {options.client}")
    print(f"  opensaldo client allow {options.client} ADDRESS")
    return 0


def key(options: argparse.Namespace) -> int:
    """Make a key and print it, or revoke one."""
    if options.revoke is not None:
        with_store(
            lambda store: clients.revoke_key(store, system_clock, options.client, options.revoke)
        )
        print(f"Key {options.revoke} of {options.client} is revoked.")
        return 0
    made = with_store(lambda store: clients.issue_key(store, system_clock, options.client))
    print("This key is shown once; keep it safe:")
    print(made.reveal())
    return 0


def allow(options: argparse.Namespace) -> int:
    """Accept calls from an address or network."""
    plain = with_store(lambda store: clients.allow_address(store, options.client, options.network))
    print(f"{options.client} may call from {plain}.")
    return 0


def disallow(options: argparse.Namespace) -> int:
    """No longer accept calls from an address or network."""
    plain = with_store(
        lambda store: clients.disallow_address(store, options.client, options.network)
    )
    print(f"{options.client} may no longer call from {plain}.")
    return 0


def origin(options: argparse.Namespace) -> int:
    """Let pages of an origin embed the client's sign-in, or no longer."""
    if options.remove:
        plain = with_store(
            lambda store: embedding.remove_origin(store, options.client, options.address)
        )
        print(f"Pages of {plain} may no longer embed the sign-in of {options.client}.")
        return 0
    plain = with_store(
        lambda store: embedding.register_origin(store, options.client, options.address)
    )
    print(f"Pages of {plain} may embed the sign-in of {options.client}.")
    return 0


def product(options: argparse.Namespace) -> int:
    """Switch a product on or off."""
    try:
        chosen = Product(options.product)
    except ValueError:
        known = ", ".join(one.value for one in Product)
        raise InvalidArgument(
            f"There is no product {options.product}; there are {known}."
        ) from None
    enabled = options.state == "on"
    with_store(lambda store: clients.switch_product(store, options.client, chosen, enabled))
    print(f"{chosen.value} is {options.state} for {options.client}.")
    return 0


def poll_requires_session(options: argparse.Namespace) -> int:
    """Ask for session id and signature on polls, or stop asking."""
    on = options.state == "on"
    with_store(lambda store: clients.require_session_on_poll(store, options.client, on))
    print(f"Polling with a session is {options.state} for {options.client}.")
    return 0


def retention(options: argparse.Namespace) -> int:
    """Delete the client's data earlier than everybody's, or no longer."""
    most = Config.from_env().limits.retention_h
    hours: int | None = None if options.hours == DEFAULT else options.hours
    with_store(lambda store: clients.set_retention(store, options.client, hours, most))
    print(f"Data of {options.client} is deleted {hours or most} hours after its import.")
    return 0


def show(options: argparse.Namespace) -> int:
    """Show one client."""
    found = with_store(lambda store: clients.describe(store, options.client))
    table = Table(title=Text(f"{found.client.id} · {found.client.legal_name}"), show_header=False)
    table.add_row("environment", found.client.environment.value)
    for one in found.keys:
        state = "revoked" if one.revoked_at else "live"
        table.add_row(f"key {one.id}", f"{one.hint[:2]}…{one.hint[2:]} · {state}")
    table.add_row("addresses", ", ".join(found.networks) or "none: no call is accepted")
    table.add_row("embedded by", ", ".join(found.origins) or "no page, but this machine's on TEST")
    hours = found.client.retention_h
    table.add_row("data kept", f"{hours} hours" if hours else "as long as the platform's")
    table.add_row("products", ", ".join(sorted(found.products)) or "none")
    print_table(table)
    return 0


def list(_options: argparse.Namespace) -> int:
    """Show all clients."""
    found = with_store(clients.all_clients)
    if not found:
        print("There is no client yet; `opensaldo client create` makes one.")
        return 0
    table = Table("client", "environment", "legal name")
    for client in found:
        table.add_row(client.id, client.environment.value, Text(client.legal_name))
    print_table(table)
    return 0


def with_store(work: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
    """What the work brings about in the configured store, brought up to this version first."""
    store = open_store(Config.from_env())
    try:
        migrate(store)
        return asyncio.run(work(store))
    finally:
        store.close()
