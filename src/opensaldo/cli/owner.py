"""`opensaldo owner export|erase|proof`: what a person may ask of whoever holds their data."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from opensaldo.cli.read_log import note_read
from opensaldo.config import Config
from opensaldo.domain.client import Client
from opensaldo.domain.deletion import Deletion
from opensaldo.engine import erasure, personal
from opensaldo.engine.clients import describe
from opensaldo.engine.platform import Platform
from opensaldo.wire import sealed

T = TypeVar("T")


def export(options: argparse.Namespace) -> int:
    """Print everything held about an owner as one JSON object; the log says that it was read."""
    found = _with(options, lambda p, c: personal.export_owner(p, c, options.owner_external_id))
    note_read("owner export", client=options.client)
    _print(found)
    return 0


def erase(options: argparse.Namespace) -> int:
    """Erase everything held about an owner, end the consents, and print the proof."""
    _print(_with(options, lambda p, c: erasure.erase_person(p, c, options.owner_external_id)))
    return 0


def proof(options: argparse.Namespace) -> int:
    """Print what was deleted of a client's data, newest first, or of one owner's."""
    found: tuple[Deletion, ...] = _with(
        options, lambda p, c: erasure.proofs(p, c, options.owner_external_id)
    )
    _print(found)
    return 0


def _with(
    options: argparse.Namespace, work: Callable[[Platform, Client], Coroutine[Any, Any, T]]
) -> T:
    async def run() -> T:
        from opensaldo.app import maintained

        async with maintained(Config.from_env()) as platform:
            client = (await describe(platform.store, options.client)).client
            return await work(platform, client)

    return asyncio.run(run())


def _print(told: object) -> None:
    print(sealed.encode(told).decode())
