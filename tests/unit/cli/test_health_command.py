"""`opensaldo banks health`: what an operator is told of failed sign-ins."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta

from opensaldo.app import open_store
from opensaldo.config import Config
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import system_clock
from opensaldo.domain.health import Trial
from opensaldo.store.queries import trials
from tests.unit.cli.conftest import Opensaldo


def went(target: str, how: str, *, ago: timedelta = timedelta(0)) -> None:
    """Sign-ins that went like this: + came through, - failed."""
    at = system_clock() - ago
    with closing(open_store(Config.from_env())) as store, store.begin() as connection:
        for number, one in enumerate(how):
            trial = Trial(at=at, is_good=one == "+")
            trials.note(connection, Environment.TEST, target, f"{target}{number}", trial, 20)


def test_without_failures_it_says_so(opensaldo: Opensaldo):
    said = opensaldo("banks", "health")
    assert (said.code, said.err) == (0, "")
    assert said.out == "No sign-in failed by a bank's fault in the last two hours.\n"
    went("KontoBank", "+++")
    went("KontoBankApi", "-" * 10, ago=timedelta(hours=3))
    assert opensaldo("banks", "health").out == said.out


def test_every_bank_that_failed_is_a_line(opensaldo: Opensaldo):
    opensaldo("migrate")
    went("KontoBank", "-" * 10)
    went("KontoBankApi", "+-----")
    went("KontoBankApi_cz", "-+")
    found = json.loads(opensaldo("banks", "health", "--json").out)["targets"]
    assert [(one["target"], one["health"], one["failures"], one["trials"]) for one in found] == [
        ("KontoBank", "blocked", 10, 10),
        ("KontoBankApi", "warned", 5, 6),
        ("KontoBankApi_cz", "well", 1, 2),
    ]
    assert [one["blocked_until"] is None for one in found] == [False, True, True]
    table = opensaldo("banks", "health").out
    assert "10 of 10" in table
    assert table.count("now") == 2
