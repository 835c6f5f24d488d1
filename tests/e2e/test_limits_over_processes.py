"""The minute is one over all processes: two servers on one PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from opensaldo.domain.secret import Secret
from opensaldo.store.db import Store
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import Houses
from tests.support.platform import make_client, platform_process
from tests.support.postgres import Cluster

pytestmark = pytest.mark.postgres
A_MINUTE = 60
LIMIT = 90
SERVERS = 2


def address_in(log: Path) -> str:
    """Where the server that writes this log listens."""
    for _ in range(600):
        for line in log.read_text().splitlines() if log.exists() else ():
            if '"serving"' in line:
                found: str = json.loads(line)["host"]
                return found
        time.sleep(0.05)
    raise AssertionError(log.read_text()[-2000:])


Servers = Callable[[str], list[CheckedApi]]


@pytest.fixture(scope="module")
def servers(
    cluster: Cluster, houses: Houses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    """Makes a client and gives its view of each server."""
    folder, url = tmp_path_factory.mktemp("two"), cluster.fresh_database()
    bank_url = houses.bank().url
    shared = {
        "DATABASE_URL": url,
        "KEY_DIR": folder / "keys",
        "REQUESTS_PER_MINUTE": LIMIT,
        "LOG_LEVEL": "INFO",
    }
    with ExitStack() as running:
        addresses = []
        for place in (folder / f"server-{number}" for number in range(SERVERS)):
            running.enter_context(platform_process(place, bank_url, **shared))
            addresses.append(address_in(place / "serve.err"))

        def client(client_id: str) -> list[CheckedApi]:
            with closing(Store.open(Secret(url))) as store:
                key = asyncio.run(make_client(store, client_id, (), "127.0.0.1"))
            return [CheckedApi(address, key, client_id=client_id) for address in addresses]

        yield client


def test_two_servers_share_one_minute(servers: Servers):
    both = servers("limited-test")
    if time.time() % A_MINUTE > A_MINUTE - 8:
        time.sleep(A_MINUTE - time.time() % A_MINUTE)
    seen = Counter(api.call("GET", "/v1/ais-catalog").status for _ in range(LIMIT) for api in both)
    assert seen == {200: LIMIT, 429: LIMIT}


def test_two_servers_serve_each_others_sessions_and_commands(servers: Servers):
    first, second = servers("sharing-test")
    ended = second.finished(first.mock_session(ownerExternalId="loan-7781"))
    assert ended.xml.find("command[@state='successful']") is not None
    assert first.data("loan-7781").status == 200
