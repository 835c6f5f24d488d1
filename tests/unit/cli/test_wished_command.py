"""`opensaldo banks wished`: the most wanted bank first, of all clients or of one, and no person."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from opensaldo.app import open_store
from opensaldo.config import Config
from opensaldo.domain.client import Environment
from opensaldo.domain.wish import Wish
from opensaldo.store.queries.wishes import count_wish
from tests.unit.cli.conftest import Opensaldo

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BANKS_MAX = 10


def wish(client_id: str, bank: str, address: str = "", times: int = 1) -> None:
    one = Wish(client_id=client_id, country="pl", bank=bank, address=address, count=1, last_at=NOON)
    with closing(open_store(Config.from_env())) as store, store.begin() as connection:
        for _ in range(times):
            assert count_wish(connection, Environment.TEST, one, BANKS_MAX)


@pytest.fixture
def wished(opensaldo: Opensaldo) -> Opensaldo:
    """The command line where two clients' visitors looked for banks in vain."""
    for client_id in ("acme-test", "other-test"):
        assert opensaldo("client", "create", client_id, "--legal-name", "Acme").code == 0
    wish("acme-test", "Bank [bold]Widmo", "https://widmo.example")
    wish("other-test", "Bank Mgła", times=3)
    return opensaldo


def test_the_most_wanted_bank_is_first_and_nothing_typed_is_markup(wished: Opensaldo):
    said = wished("banks", "wished")
    assert (said.code, said.err) == (0, "")
    head, _rule, first, second = [line.split() for line in said.out.splitlines() if line.strip()]
    assert head == ["times", "country", "bank", "address", "client", "last"]
    assert first == ["3", "pl", "Bank", "Mgła", "other-test", "2026-03-02"]
    assert second[:4] == ["1", "pl", "Bank", "[bold]Widmo"]
    assert second[4:] == ["https://widmo.example", "acme-test", "2026-03-02"]


def test_programs_read_one_clients_wishes_as_json(wished: Opensaldo):
    said = wished("banks", "wished", "--client", "acme-test", "--json")
    assert (said.code, json.loads(said.out)) == (
        0,
        {
            "wishes": [
                {
                    "client": "acme-test",
                    "country": "pl",
                    "bank": "Bank [bold]Widmo",
                    "address": "https://widmo.example",
                    "count": 1,
                    "lastOn": "2026-03-02",
                }
            ]
        },
    )


def test_without_wishes_there_is_an_empty_list(opensaldo: Opensaldo):
    opensaldo("migrate")
    assert json.loads(opensaldo("banks", "wished", "--json").out) == {"wishes": []}
    assert opensaldo("banks", "wished").code == 0


def test_wishes_of_nobody_are_refused_and_none_are_a_sentence(acme: Opensaldo):
    assert "There is no client nobody." in acme("banks", "wished", "--client", "nobody").complaint
    assert acme("banks", "wished").out == "No bank was looked for in vain.\n"
