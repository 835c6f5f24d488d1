"""The guards around the durable engine, each made to work: see engine/durable.py."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from opensaldo.store.lock import SLOTS_NAMESPACE
from tests.support import switchboard
from tests.support.bank import Bank
from tests.support.crowd import crowd
from tests.support.facts import Questions
from tests.support.fleet import SERVER, Fleet, Member, fleet
from tests.support.platform import Api, command_of
from tests.support.sweep import SETTINGS

pytestmark = [pytest.mark.crash, pytest.mark.enable_socket, pytest.mark.timeout(120)]
SLOW_MS = 2500
TAKEOVER_S = 25  # two sweeps of 5 s see the orphan, then the import itself
EXIT_LOCK_LOST = 70
LOOK_EVERY_S = 0.1
DOUBLINGS = 10
LONG_AGO = "2026-01-01 00:00:00.000000"
COUNT_DOCUMENTS = "SELECT count(*) FROM documents"


# --- one process per database ------------------------------------------------------------------
def test_a_second_process_on_the_same_sqlite_database_is_refused_in_one_sentence(
    tmp_path: Path, crash_bank: Bank
):
    with fleet(tmp_path, crash_bank.url) as processes:
        processes.start(SERVER)
        processes.wait_ready()
        second = subprocess.run(
            [sys.executable, "-m", "opensaldo", "serve"],
            env={**os.environ, **processes.variables, "OPENSALDO_PORT": "0"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert second.returncode == 2
    assert second.stdout == ""
    assert re.fullmatch(r"opensaldo: Another process already runs on .*\.\n", second.stderr)


# --- takeover ----------------------------------------------------------------------------------
@pytest.mark.postgres
def test_imports_of_a_killed_worker_end_elsewhere(tmp_path: Path, crash_bank: Bank, pg_url: str):
    with working_imports(tmp_path, crash_bank, pg_url) as (processes, ids, holder):
        processes.kill(holder)
        switchboard.set_latency(crash_bank.url, 0)
        ended = wait_for_ends(processes, ids, TAKEOVER_S)
    assert set(ended.values()) == {"successful"}


@pytest.mark.postgres
def test_a_process_that_loses_its_slot_lock_ends_and_its_work_is_taken_over(
    tmp_path: Path, crash_bank: Bank, pg_url: str
):
    with working_imports(tmp_path, crash_bank, pg_url) as (processes, ids, holder):
        member = processes.members[holder]
        assert member.process is not None
        Questions(pg_url).ask(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND classid = %s AND objid = %s AND granted",
            (SLOTS_NAMESPACE, slot_of(member)),
        )
        code = member.process.wait(10)
        switchboard.set_latency(crash_bank.url, 0)
        ended = wait_for_ends(processes, ids, TAKEOVER_S)
    assert code == EXIT_LOCK_LOST
    assert set(ended.values()) == {"successful"}


# --- accepting is atomic -----------------------------------------------------------------------
def test_a_kill_while_imports_are_accepted_leaves_no_half_accepted_one(
    tmp_path: Path, crash_bank: Bank, database_url: str
):
    draw = random.Random(4)
    switchboard.set_latency(crash_bank.url, 30)
    with fleet(tmp_path, crash_bank.url, database_url=database_url, **SETTINGS) as processes:
        api = processes.client()
        questions = Questions(database_url)
        for _ in range(4):
            processes.start(SERVER)
            processes.wait_ready()
            with crowd(api, people=8, pause_s=0, seed=draw.randrange(10_000)) as met:
                assert met.wait_for_submit(10)
                time.sleep(draw.uniform(0, 0.5))
                processes.kill(SERVER)
            facts = questions.facts()
            commands = {one.id for one in facts.commands}
            assert commands == {one.id for one in facts.workflows}
            assert set(met.accepted) <= commands
            assert {(one, "command-accepted") for one in commands} <= set(facts.events)
    switchboard.set_latency(crash_bank.url, 0)


# --- deletion ----------------------------------------------------------------------------------
def test_a_killed_purge_is_completed_by_a_later_one(
    tmp_path: Path, crash_bank: Bank, database_url: str
):
    with fleet(tmp_path, crash_bank.url, database_url=database_url, **SETTINGS) as processes:
        api = processes.client()
        processes.start(SERVER)
        processes.wait_ready()
        for number in range(3):
            api.imported(f"bench-1x72-purged-{number}")
        processes.stop()
        questions = Questions(database_url)
        sealed = bytes(questions.ask("SELECT sealed FROM documents LIMIT 1")[0][0])
        count = make_due(questions)
        kill_when(start_purge(processes), lambda: is_deleting(questions))
        assert questions.ask(COUNT_DOCUMENTS) in ([(count,)], [(0,)]), "all or nothing"
        kill_when(start_purge(processes), lambda: questions.ask(COUNT_DOCUMENTS) == [(0,)])
        assert start_purge(processes).wait(60) == 0
    assert questions.ask(COUNT_DOCUMENTS) == [(0,)]
    assert questions.ask("SELECT count(*) FROM sessions WHERE key_id IS NOT NULL") == [(0,)]
    if database_url.startswith("sqlite"):
        path = Path(database_url.removeprefix("sqlite:///"))
        for file in path.parent.glob(path.name + "*"):
            assert sealed[:64] not in file.read_bytes(), f"the ciphertext is still in {file.name}"


# --- what the engine's tables hold -------------------------------------------------------------
def test_the_engines_tables_hold_ids_only_and_no_pickle(
    tmp_path: Path, crash_bank: Bank, database_url: str
):
    with fleet(tmp_path, crash_bank.url, database_url=database_url, **SETTINGS) as processes:
        api = processes.client()
        processes.start(SERVER)
        processes.wait_ready()
        secrets: set[str] = set()
        for login in ("test1", "bench-2x72-words"):
            secrets |= words_of(api, login)
        questions = Questions(database_url)
        dumped = dump(questions)
        schema = questions.workflow_schema
        arguments = questions.ask(f"SELECT workflow_uuid, inputs FROM {schema}workflow_input")
    assert sorted(one for one in secrets if one in dumped) == []
    assert len(secrets) > 30, "so few words prove nothing"
    imports = {one.id for one in questions.facts().commands}
    given = {one: json.loads(written) for one, written in arguments if one in imports}
    assert {one: whole["positionalArgs"] for one, whole in given.items()} == {
        one: [one] for one in imports
    }


# --- helpers -----------------------------------------------------------------------------------
@pytest.fixture
def pg_url(postgres_cluster: Any) -> str:
    url: str = postgres_cluster.fresh_database()
    return url


@contextmanager
def working_imports(folder: Path, bank: Bank, url: str) -> Iterator[tuple[Fleet, list[str], str]]:
    """A server and a worker, imports under way, and the name of a worker that holds some."""
    switchboard.set_latency(bank.url, 0)
    with fleet(folder, bank.url, database_url=url, workers=1, **SETTINGS) as processes:
        api = processes.client()
        for name in processes.members:
            processes.start(name)
        processes.wait_ready()
        sessions = [api.mock_session(f"bench-1x72-{folder.name}-{n}") for n in range(12)]
        switchboard.set_latency(bank.url, SLOW_MS)
        ids = [command_of(api.submit(session)).attrib["id"] for session in sessions]
        executor = f"slot-{slot_of(processes.members['worker-1'])}"
        deadline = time.monotonic() + SLOW_MS / 2000
        while time.monotonic() < deadline:
            held = [one for one in Questions(url).facts().workflows if one.executor == executor]
            if len(held) >= 2:
                break
            time.sleep(LOOK_EVERY_S)
        assert held, "the worker took no import"
        yield processes, ids, "worker-1"
    switchboard.set_latency(bank.url, 0)


def slot_of(member: Member) -> int:
    """The slot a process said it has."""
    return int(re.findall(r'"slot": ?(\d+)', member.said())[-1])


def wait_for_ends(processes: Fleet, ids: list[str], timeout_s: float) -> dict[str, str]:
    """The state of each command, once all have ended or the time is over."""
    questions = Questions(processes.config.database_url.reveal())
    deadline = time.monotonic() + timeout_s
    while True:
        states = {one.id: one.state for one in questions.facts().commands if one.id in ids}
        is_over = set(states.values()) <= {"successful", "error", "fatal"}
        if is_over or time.monotonic() > deadline:
            return states
        time.sleep(LOOK_EVERY_S)


def make_due(questions: Questions) -> int:
    """Everything is due, and so much of it that a purge takes a moment; how many documents."""
    columns = "session_id, command_id, client_id, environment, owner_external_id, target, sealed"
    copies = f"INSERT INTO documents ({columns}, kind, created_at, due_at)"
    source = f"SELECT {columns}, kind || '-copy-%s', created_at, due_at FROM documents"
    for number in range(DOUBLINGS):
        questions.change(f"{copies} {source}".replace("%s", str(number)))
    questions.change("UPDATE documents SET due_at = %s", (LONG_AGO,))
    questions.change("UPDATE sessions SET last_activity_at = %s", (LONG_AGO,))
    return int(questions.ask(COUNT_DOCUMENTS)[0][0])


def is_deleting(questions: Questions) -> bool:
    """Whether somebody is inside the transaction that deletes."""
    if questions.workflow_schema:
        busy = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'DELETE FROM documents%'"
        return bool(questions.ask(busy))
    return questions.is_locked() and questions.is_locked()


def kill_when(process: subprocess.Popen[bytes], moment: Callable[[], bool]) -> None:
    """The process was killed when the moment had come, or has ended before."""
    while process.poll() is None and not moment():
        time.sleep(0.002)
    process.kill()
    process.wait()


def start_purge(processes: Fleet) -> subprocess.Popen[bytes]:
    """`opensaldo purge`, just begun."""
    return subprocess.Popen(
        [sys.executable, "-m", "opensaldo", "purge"],
        env={**os.environ, **processes.variables},
        stdout=subprocess.DEVNULL,
    )


def words_of(api: Api, login: str) -> set[str]:
    """Every text of an import's result that would give a person away."""
    reply = api.imported(login)
    marks = {"iban", "name", "title", "party", "partyIban", "address", "ownerExternalId"}
    texts = {
        (element.text or "").strip()
        for element in reply.xml.iter()
        if element.tag.rpartition("}")[2] in marks
    }
    return {text for text in texts if len(text) > 5}


def dump(questions: Questions) -> str:
    """All of the durable engine's tables as text, binary columns as Python shows them."""
    if questions.workflow_schema:
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'dbos'"
    else:
        ours = ("commands", "documents", "sessions", "owners", "clients", "api_keys", "attempts")
        ours += ("allowed_addresses", "client_products", "rate_leases", "events", "redirections")
        ours += ("consents", "event_heads", "idempotency_keys", "usage", "opensaldo_revision")
        listed = ", ".join(f"'{name}'" for name in ours)
        names = f"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ({listed})"
    tables = [name for (name,) in questions.ask(names)]
    assert "workflow_status" in tables
    schema = questions.workflow_schema
    return "\n".join(
        repr(row) for name in tables for row in questions.ask(f'SELECT * FROM {schema}"{name}"')
    )
