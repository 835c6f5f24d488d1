"""kill -9 anywhere: a reader with a cursor sees every event, in order, always with the same id."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import switchboard
from tests.support.bank import Bank
from tests.support.crowd import crowd
from tests.support.facts import Questions
from tests.support.fleet import SERVER, fleet
from tests.support.platform import CLIENT, Api
from tests.support.sweep import SETTINGS

pytestmark = [pytest.mark.crash, pytest.mark.enable_socket, pytest.mark.timeout(240)]
KILLS = 3
SETTLE_S = 90


@contextmanager
def reader(api: Api) -> Iterator[list[dict[str, Any]]]:
    """What a client sees that reads on from its cursor, whatever happens to the server."""
    seen: list[dict[str, Any]] = []
    is_over = threading.Event()

    def read_on() -> None:
        while not is_over.is_set():
            query = {"wait": 5} | ({"after": seen[-1]["id"]} if seen else {})
            try:
                reply = api.call("GET", "/v1/events", query=query)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if reply.status == 200:
                seen.extend(reply.json["events"])

    thread = threading.Thread(target=read_on, name="reader")
    thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        thread.join(20)


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SETTLE_S
    while not done() and time.monotonic() < deadline:
        time.sleep(0.1)


def test_a_reader_misses_nothing_while_the_server_is_killed_again_and_again(
    tmp_path: Path, crash_bank: Bank, database_url: str
):
    draw = random.Random(18)
    switchboard.set_latency(crash_bank.url, 20)
    with fleet(tmp_path, crash_bank.url, database_url=database_url, **SETTINGS) as processes:
        api, questions = processes.client(), Questions(database_url)
        with reader(api) as seen:
            for _ in range(KILLS):
                processes.start(SERVER)
                processes.wait_ready()
                with crowd(api, people=4, pause_s=0.05, seed=draw.randrange(10_000)) as met:
                    assert met.wait_for_submit(10)
                    time.sleep(draw.uniform(0, 1.0))
                    processes.kill(SERVER)
            processes.start(SERVER)
            processes.wait_ready()
            wait_until(lambda: not questions.facts().unfinished)
            kept = questions.ask(
                "SELECT number, kind, subject FROM events"
                f" WHERE client_id = '{CLIENT}' ORDER BY number"
            )
            wait_until(lambda: len(seen) >= len(kept))
    numbers = [int(one["id"].partition("-")[0]) for one in seen]
    assert numbers == list(range(1, len(kept) + 1))
    assert [(one["kind"], one["subject"]) for one in seen] == [tuple(row[1:]) for row in kept]
    ends = [one["subject"] for one in seen if one["kind"] == "command-ended"]
    accepted = [one["subject"] for one in seen if one["kind"] == "command-accepted"]
    assert sorted(ends) == sorted(accepted)
    assert accepted
    switchboard.set_latency(crash_bank.url, 0)
