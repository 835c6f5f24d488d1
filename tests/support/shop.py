"""The sample shop as the program it is, and its pure parts for unit tests."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

EXAMPLES = Path(__file__).parents[2] / "examples"
SHOP = EXAMPLES / "loan-shop"
STOP_WITHIN_S = 15


def part(name: str) -> ModuleType:
    """A module of the shop that needs no other."""
    spec = importlib.util.spec_from_file_location(f"loan_shop_{name}", SHOP / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def running_shop(api_url: str, client: str, key: str, *options: str) -> Iterator[str]:
    """The shop's address while it runs."""
    command = [sys.executable, str(SHOP / "shop.py"), "--api", api_url, "--client", client]
    process = subprocess.Popen(
        [*command, *options],
        env={**os.environ, "SHOP_API_KEY": key, "NO_PROXY": "127.0.0.1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=STOP_WITHIN_S)
