"""kill -9 while writes with keys are under way: asked again, each was done exactly once."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.bank import Bank
from tests.support.facts import Questions
from tests.support.fleet import SERVER, fleet
from tests.support.platform import Api
from tests.support.sweep import SETTINGS

pytestmark = [pytest.mark.crash, pytest.mark.enable_socket, pytest.mark.timeout(240)]
PEOPLE = 8
WRITES = 40
GIVE_UP_S = 150


def until_answered(api: Api, key: str) -> dict[str, Any]:
    """The redirection that this key got, however often it had to be asked for."""
    deadline = time.monotonic() + GIVE_UP_S
    while time.monotonic() < deadline:
        try:
            headers = {"Idempotency-Key": key}
            reply = api.call("POST", "/v1/signin/redirection", json_body={}, headers=headers)
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
            continue
        if reply.status == 200:
            answer: dict[str, Any] = reply.json
            return answer
        assert reply.exception in {"IdempotencyKeyInUse", "ServiceTemporarilyUnavailable"}
        time.sleep(0.5)
    raise AssertionError(f"{key} was never answered")


def test_writes_that_are_asked_again_after_a_kill_are_done_once(
    tmp_path: Path, crash_bank: Bank, database_url: str
):
    with fleet(tmp_path, crash_bank.url, database_url=database_url, **SETTINGS) as processes:
        api, questions = processes.client(), Questions(database_url)
        processes.start(SERVER)
        processes.wait_ready()
        with ThreadPoolExecutor(PEOPLE) as people:
            asked = [people.submit(until_answered, api, f"k-{each}") for each in range(WRITES)]
            for _ in range(2):
                seen = sum(one.done() for one in asked)
                while sum(one.done() for one in asked) < min(seen + 5, WRITES):
                    time.sleep(0.002)
                processes.kill(SERVER)
                processes.start(SERVER)
                processes.wait_ready()
            answers = [one.result() for one in asked]
        made = {row[0] for row in questions.ask("SELECT id FROM redirections")}
        assert made == {one["redirectionId"] for one in answers}
        assert len(made) == WRITES
        again = until_answered(api, "k-0")
        assert again == answers[0]
