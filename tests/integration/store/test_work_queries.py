"""Commands, documents, owners, events: one default import, one end, nothing lost between."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from opensaldo.domain.aggregate import Origin
from opensaldo.domain.client import Environment
from opensaldo.domain.command import (
    CommandName,
    CommandState,
    Failure,
)
from opensaldo.domain.event import Event, EventKind
from opensaldo.domain.receipt import Outcome, Receipt
from opensaldo.store.db import DefaultImportTaken, IdTaken
from opensaldo.store.queries import commands, documents, events, owners
from opensaldo.store.vault import KeyDestroyed

TEST = Environment.TEST
ID = "701000123"
SEALED = b"the whole receipt, sealed"
DONE = Receipt(outcome=Outcome.COMPLETE, accounts=2, pages=3, rows=40, reruns=1)
BROKEN = Failure(name="IO", message="The connection to the bank failed.")


@pytest.fixture
def command(make_session, make_command):
    return make_command(make_session()[0])


def find(store):
    with store.read() as c:
        return commands.command_by_id(c, ID)


# --- commands --------------------------------------------------------------------------------
def test_a_command_comes_back_as_it_was_added(store, clock, command):
    full = replace(
        command,
        id="701000124",
        name=CommandName.SIGN_OUT,
        state=CommandState.ERROR,
        progress=50,
        target="KontoBank",
        institution="KontoBank",
        since=date(2026, 1, 1),
        started_at=clock(),
        finished_at=clock(),
        runs=2,
        failure=BROKEN,
        receipt=DONE,
    )
    with store.begin() as c:
        commands.insert_command(c, full)
        assert commands.command_by_id(c, full.id) == full
        assert commands.command_of(c, full.id, "acme-test", TEST) == full
        assert commands.commands_of_session(c, full.session_id) == (command, full)
        assert commands.unfinished_of_session(c, full.session_id) == (command,)
        assert commands.unfinished_of_session(c, "x") == ()
        both = {CommandName.DEFAULT_IMPORT, CommandName.SIGN_OUT}
        assert commands.names_of_session(c, full.session_id) == both
        assert commands.names_of_session(c, "x") == frozenset()


def test_a_command_is_its_clients_own_in_its_environment(store, command):
    with store.read() as c:
        assert commands.command_of(c, ID, "acme-test", TEST) == command
        assert commands.command_of(c, ID, "other-test", TEST) is None
        assert commands.command_of(c, ID, "acme-test", Environment.PRODUCTION) is None
        assert commands.command_of(c, "1", "acme-test", TEST) is None


def test_a_session_has_one_default_import_and_the_transaction_goes_on(store, command):
    with store.begin() as c:
        with pytest.raises(DefaultImportTaken):
            commands.insert_command(c, replace(command, id="701000124"))
        with pytest.raises(IdTaken):
            commands.insert_command(c, command)
        commands.insert_command(c, replace(command, id="701000124", name=CommandName.SIGN_OUT))
        commands.insert_command(c, replace(command, id="701000125", name=CommandName.SIGN_OUT))


def test_of_eight_default_imports_at_once_one_is_accepted(store, make_session, clock, command):
    session, _ = make_session("50100012")
    wanted = replace(command, session_id=session.id)

    def accept(number: int) -> bool:
        try:
            with store.begin() as c:
                commands.insert_command(c, replace(wanted, id=f"70200000{number}"))
        except DefaultImportTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(accept, range(8))) == [False] * 7 + [True]


def test_a_command_needs_a_session(store, command):
    with pytest.raises(IntegrityError), store.begin() as c:
        commands.insert_command(c, replace(command, id="1", session_id="x"))


def test_runs_are_counted_and_the_first_start_stays(store, clock, command):
    began = clock()
    with store.begin() as c:
        assert commands.start(c, ID, "KontoBank", "KontoBank", began) == 1
        assert commands.start(c, ID, "KontoBankApi", "KontoBank", clock.advance(seconds=9)) == 2
        assert commands.start(c, "1", "x", "x", began) is None
    found = find(store)
    assert (found.state, found.runs) == (CommandState.IN_PROGRESS, 2)
    assert (found.target, found.started_at) == ("KontoBankApi", began)


def test_progress_only_rises_and_only_while_running(store, clock, command):
    with store.begin() as c:
        commands.progress(c, ID, 10)
        assert commands.command_by_id(c, ID).progress == 0
        commands.start(c, ID, "KontoBank", "KontoBank", clock())
        seen = []
        for value in (30, 20, 60, 1000):
            commands.progress(c, ID, value)
            seen.append(commands.command_by_id(c, ID).progress)
    assert seen == [30, 30, 60, 100]


def test_success_says_what_was_done(store, clock, command):
    with store.begin() as c:
        commands.start(c, ID, "KontoBank", "KontoBank", clock())
        assert commands.succeed(c, ID, DONE, SEALED, clock.advance(seconds=9))
    found = find(store)
    assert (found.state, found.progress, found.receipt, found.failure, found.finished_at) == (
        CommandState.SUCCESSFUL,
        100,
        DONE,
        None,
        clock(),
    )


@pytest.mark.parametrize("receipt", [None, replace(DONE, outcome=Outcome.FAILED)])
def test_failure_says_why(store, clock, command, receipt):
    with store.begin() as c:
        assert commands.fail(c, ID, CommandState.FATAL, BROKEN, receipt, SEALED, clock())
    found = find(store)
    assert (found.state, found.progress, found.receipt, found.failure) == (
        CommandState.FATAL,
        0,
        receipt,
        BROKEN,
    )


def test_nothing_ends_twice(store, clock, command):
    ends = [
        lambda c: commands.succeed(c, ID, DONE, SEALED, clock()),
        lambda c: commands.fail(c, ID, CommandState.ERROR, BROKEN, None, None, clock()),
        lambda c: commands.fail(c, ID, CommandState.FATAL, BROKEN, None, None, clock()),
    ]
    random.Random(7).shuffle(ends)

    def end(number: int) -> bool:
        with store.begin() as c:
            return ends[number % len(ends)](c)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(end, range(24))) == 1
    ended = find(store)
    with store.begin() as c:
        assert commands.start(c, ID, "x", "x", clock()) is None
        commands.progress(c, ID, 99)
    assert find(store) == ended


def test_waiting_and_unfinished_commands_are_told_apart(store, clock, command, make_session):
    session, _ = make_session("50100012")
    clock.advance(seconds=1)
    with store.begin() as c:
        later = replace(command, id="701000200", session_id=session.id, created_at=clock())
        commands.insert_command(c, later)
        assert commands.count_waiting(c, "acme-test", TEST) == 2
        assert commands.count_waiting(c, "other-test", TEST) == 0
        commands.start(c, ID, "KontoBank", "KontoBank", clock())
        assert commands.count_waiting(c, "acme-test", TEST) == 1
        assert commands.unfinished(c) == (ID, later.id)
        commands.succeed(c, ID, DONE, SEALED, clock())
        assert commands.unfinished(c) == (later.id,)


# --- documents and owners --------------------------------------------------------------------
def test_documents_are_found_by_command_and_by_owner(store, vault, clock, make_import):
    first = make_import(1, owner="o")
    clock.advance(seconds=5)
    second = make_import(2, owner="o")
    make_import(3, owner="p")
    with store.read() as c:
        assert documents.document_of(c, first.command.id, "holdings") == first.sealed
        assert documents.document_of(c, first.command.id, "other") is None
        rows = documents.documents_of_owner(c, "acme-test", TEST, "o", "holdings")
        assert documents.documents_of_owner(c, "other-test", TEST, "o", "holdings") == ()
    assert [row.command_id for row in rows] == [first.command.id, second.command.id]
    assert [row.target for row in rows] == ["KontoBank", "KontoBank"]
    for row, kept in zip(rows, (first, second), strict=True):
        opened = vault.open_sealed(vault.unwrap(row.key), row.sealed, row.command_id)
        assert opened == vault.open_sealed(kept.key, kept.sealed, kept.command.id)


def test_a_command_has_one_document_of_each_kind(store, clock, make_import):
    kept = make_import()
    with pytest.raises(IntegrityError), store.begin() as c:
        insert(c, kept, clock)


def test_what_was_erased_does_not_come_back_with_a_late_import(store, clock, make_import):
    kept = make_import()
    with store.begin() as c:
        owners.erase_owner(c, "acme-test", TEST, kept.session.owner_external_id)
    with pytest.raises(KeyDestroyed), store.begin() as c:
        insert(c, kept, clock)


def insert(c, kept, clock):
    documents.insert_document(
        c,
        command=kept.command,
        owner_external_id=kept.session.owner_external_id,
        kind="holdings",
        sealed=b"x",
        at=clock(),
        due_at=clock() + timedelta(hours=24),
    )


def test_an_owner_record_is_made_once_and_changes_with_each_import(store, clock):
    made = clock()
    with store.begin() as c:
        owners.note_import(c, "acme-test", TEST, "o", Origin.SCRAPER, made)
        owners.note_import(c, "acme-test", TEST, "o", Origin.PDF, clock.advance(hours=1))
        found = owners.owner_of(c, "acme-test", TEST, "o")
        assert owners.owner_of(c, "other-test", TEST, "o") is None
        assert owners.owner_of(c, "acme-test", Environment.PRODUCTION, "o") is None
    assert found is not None
    assert (found.created_at, found.updated_at, found.last_change) == (made, clock(), clock())
    assert (found.external_id, found.origin, found.targets) == ("o", Origin.PDF, ())


# --- events ----------------------------------------------------------------------------------
def test_events_are_read_on_from_a_cursor(store, clock):
    def event(subject: str, client_id: str = "acme-test") -> Event:
        return Event(
            client_id=client_id,
            environment=TEST,
            kind=EventKind.COMMAND_ENDED,
            subject=subject,
            at=clock(),
        )

    with store.begin() as c:
        first = events.append(c, event("1"))
        events.append(c, event("not ours", "other-test"))
        second = events.append(c, event("2"))
        assert events.events_after(c, "acme-test", TEST, 0, 1) == ((first, event("1")),)
        assert events.events_after(c, "acme-test", TEST, first, 9) == ((second, event("2")),)
        assert events.events_after(c, "acme-test", TEST, second, 9) == ()
        assert events.events_after(c, "acme-test", Environment.PRODUCTION, 0, 9) == ()


@pytest.mark.parametrize(
    ("ages_days", "left"),
    [
        ((40, 35, 1, 0), [3, 4]),
        ((40, 31, 30), []),
        ((40, 1, 35, 0), [2, 3, 4]),  # the clock was wrong for a while: the second stays
        ((-40, 35, 1), [1, 2, 3]),
    ],
)
def test_old_events_go_from_the_beginning_and_never_a_younger_one(store, clock, ages_days, left):
    now = clock()
    with store.begin() as c:
        for client_id in ("acme-test", "other-test"):
            for age in ages_days if client_id == "acme-test" else (1,):
                event = Event(
                    client_id=client_id,
                    environment=TEST,
                    kind=EventKind.COMMAND_ENDED,
                    subject="1",
                    at=now - timedelta(days=age),
                )
                events.append(c, event)
        assert events.prune_events(c, now - timedelta(days=30)) == len(ages_days) - len(left)
        kept = events.events_after(c, "acme-test", TEST, 0, 9)
        assert [number for number, _ in kept] == left
        assert len(events.events_after(c, "other-test", TEST, 0, 9)) == 1


def test_a_reader_never_passes_an_event_that_is_still_being_written(store, clock):
    event = Event(
        client_id="acme-test",
        environment=TEST,
        kind=EventKind.COMMAND_ENDED,
        subject="1",
        at=clock(),
    )

    def write(_number: int) -> int:
        with store.begin() as c:
            return events.append(c, event)

    def read_on(cursor: int) -> list[int]:
        with store.read() as c:
            return [number for number, _ in events.events_after(c, "acme-test", TEST, cursor, 5)]

    seen: list[int] = []
    with ThreadPoolExecutor(6) as threads:
        writing = [threads.submit(write, number) for number in range(60)]
        finished = False
        while not finished:
            finished = all(each.done() for each in writing)
            while new := read_on(seen[-1] if seen else 0):
                seen += new
    assert seen == sorted(each.result() for each in writing)


def test_an_owners_own_record_changes_with_the_origin_of_the_data_only(store, clock):
    place = ("acme-test", TEST, "loan-7781")
    times = [clock.advance(minutes=1) for _ in range(3)]
    origins = (Origin.SCRAPER, Origin.SCRAPER, Origin.PDF)
    for at, origin in zip(times, origins, strict=True):
        with store.begin() as c:
            owners.note_import(c, *place, origin, at)
            record = owners.owner_of(c, *place)
        expected = times[0] if origin is Origin.SCRAPER else at
        assert (record.created_at, record.updated_at, record.last_change) == (
            times[0],
            expected,
            at,
        )
        assert record.origin is origin
