"""kill -9 while people sign in: whoever is signed in has their import, whoever has one is in."""

from __future__ import annotations

import http.client
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from opensaldo.errors import OpenSaldoError
from tests.e2e.checked import agreement, browse
from tests.e2e.road import answer_of
from tests.support.bank import Bank
from tests.support.facts import Questions
from tests.support.fleet import SERVER, Fleet, fleet
from tests.support.platform import CLIENT
from tests.support.sweep import SETTINGS

pytestmark = [pytest.mark.crash, pytest.mark.enable_socket, pytest.mark.timeout(240)]
TARGET = "KontoBankApi"
PEOPLE = 2
SIGN_INS = 6
KILLS = 2
SETTLES_S = 60
BOTH = "SELECT count(*) FROM sessions WHERE signed_in_at IS NOT NULL"
LONELY = (
    "SELECT count(*) FROM redirections r FULL JOIN commands c ON c.session_id = r.session_id"
    " WHERE (r.state = 'SUCCESS') <> (c.id IS NOT NULL) OR r.id IS NULL"
)
UNFINISHED = "SELECT count(*) FROM commands WHERE finished_at IS NULL"
ENDS = "SELECT DISTINCT state, is_automatic FROM commands"


def sign_in(processes: Fleet) -> bool:
    """Whether this person came through all pages; any page may meet a dead server."""
    query = {
        "client": CLIENT,
        "widgetEmbeddedUrl": "http://localhost/apply",
        "country": "pl",
        "autoImport": "true",
    }
    try:
        first = browse(f"{processes.address}/signin/?{urlencode(query)}").location or ""
        frame = processes.address + first.partition("?")[0]
        browse(frame + "/consent", agreement(frame, TARGET))
        answer = answer_of(browse(frame + "/bank").location or "")
        back = f"{processes.address}/redirection/return?{urlencode(answer)}"
        return browse(back).status == 200
    except (OSError, http.client.HTTPException, OpenSaldoError, AssertionError, ValueError):
        return False


def until_in(processes: Fleet) -> None:
    while not sign_in(processes):
        time.sleep(0.2)


def test_a_sign_in_and_its_import_are_never_parted(
    tmp_path: Path, crash_bank: Bank, database_url: str
):
    moments = random.Random(16)  # seeded
    with fleet(tmp_path, crash_bank.url, database_url=database_url, **SETTINGS) as processes:
        processes.client()
        questions = Questions(database_url)
        processes.start(SERVER)
        processes.wait_ready()
        with ThreadPoolExecutor(PEOPLE) as people:
            asked = [people.submit(until_in, processes) for _ in range(SIGN_INS)]
            for _ in range(KILLS):
                before = count(questions, BOTH)
                while count(questions, BOTH) == before and not all(one.done() for one in asked):
                    time.sleep(0.005)
                time.sleep(moments.uniform(0, 0.3))
                processes.kill(SERVER)
                assert count(questions, LONELY) == 0
                processes.start(SERVER)
                processes.wait_ready()
            for one in asked:
                one.result()
        deadline = time.monotonic() + SETTLES_S
        while count(questions, UNFINISHED) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert count(questions, LONELY) == 0
        assert count(questions, BOTH) >= SIGN_INS
        assert [tuple(row) for row in questions.ask(ENDS)] == [("successful", True)]


def count(questions: Questions, question: str) -> int:
    return int(questions.ask(question)[0][0])
