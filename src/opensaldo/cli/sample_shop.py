"""Starting the sample shop of `examples/loan-shop` as the separate program it is."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opensaldo.cli.beside import Program, beside, first_line
from opensaldo.domain.secret import Secret

SHOP = Path(__file__).parents[3] / "examples" / "loan-shop" / "shop.py"


@contextmanager
def sample_shop(api_url: str, client: str, key: Secret) -> Iterator[Program | None]:
    """The shop starts and runs while the block lasts; None where there are no examples."""
    if not SHOP.exists():
        yield None
        return
    command = [sys.executable, str(SHOP), "--api", api_url, "--client", client]
    more = {"SHOP_API_KEY": key.reveal(), "NO_PROXY": "127.0.0.1"}
    environment = {**os.environ, **more}  # house: allow environment: a program gets ours and more
    with beside(command, environment, hears_interrupts=False) as process:
        yield process


async def shop_url(shop: Program | None) -> str | None:
    """The shop's address, once it listens; None when it did not start."""
    return (await asyncio.to_thread(first_line, shop) or None) if shop else None
