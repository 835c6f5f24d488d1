"""Ids, sealed access, progress, the mock person's pages and the durable door's pure parts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.connectors.base import Access, PsuContext
from opensaldo.domain.clock import system_clock
from opensaldo.domain.command import Command, CommandState
from opensaldo.domain.secret import Secret
from opensaldo.engine import durable, ids, progress
from opensaldo.engine.access import GrantedAccess, pack, unpack
from opensaldo.engine.durable import Job, attend, executor_of, slot_of
from opensaldo.engine.mock import MockPerson, read_page
from opensaldo.engine.progress import ProgressWriter
from opensaldo.errors import PlatformUnavailable
from tests.support.builders import a_command


# --- ids -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "form"),
    [
        (ids.new_number, r"[1-9][0-9]{8}"),
        (ids.new_hex, r"[0-9a-f]{32}"),
        (ids.new_grant, r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        (lambda: ids.new_owner_id("acme-"), r"acme-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ],
)
def test_ids_have_their_form_and_none_comes_twice(make: Callable[[], str], form: str):
    made = [make() for _ in range(500)]
    assert all(re.fullmatch(form, one) for one in made)
    assert len(set(made)) == 500


# --- sealed access -------------------------------------------------------------------------------
words = st.text(st.characters(codec="utf-8"), max_size=40)
moments = st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1))  # noqa: DTZ001
accesses = st.builds(
    Access,
    grant=words,
    access_token=words.map(Secret),
    expires_at=moments,
    refresh_token=st.none() | words.filter(bool).map(Secret),
    account_numbers=st.lists(words, max_size=3).map(tuple),
    valid_until=st.none() | moments,
    history_days=st.none() | st.integers(0, 2000),
)
devices = st.builds(PsuContext, ip_address=words, user_agent=words)


@given(st.builds(GrantedAccess, access=accesses, psu=devices))
def test_a_granted_access_comes_back_as_it_was_packed(granted: GrantedAccess):
    assert unpack(pack(granted)) == granted


def test_a_granted_access_shows_no_token():
    access = Access(
        grant="g",
        access_token=Secret("swordfish"),
        refresh_token=Secret("swordfish"),
        expires_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    granted = GrantedAccess(access=access, psu=PsuContext(ip_address="::1", user_agent="B"))
    assert "swordfish" not in f"{granted!r} {granted} {access}"


# --- progress ------------------------------------------------------------------------------------
class CountingStore:
    """Takes note of each progress written."""

    def __init__(self) -> None:
        self.written: list[int] = []

    async def change(self, _query: Any, command: Command, _at: datetime) -> None:
        self.written.append(command.progress)


def progress_of(reports: list[int], monkeypatch: pytest.MonkeyPatch, wait_s: float) -> list[int]:
    monkeypatch.setattr(progress, "WRITE_EVERY_S", 0.02)
    store = CountingStore()

    async def go() -> None:
        running = a_command(state=CommandState.IN_PROGRESS)
        async with ProgressWriter(store, system_clock, running) as writer:  # type: ignore[arg-type]
            for one in reports:
                writer.report(one)
                await asyncio.sleep(wait_s)

    asyncio.run(go())
    return store.written


def test_progress_is_written_at_most_once_an_interval(monkeypatch: pytest.MonkeyPatch):
    written = progress_of(list(range(1, 2001)), monkeypatch, 0)
    assert len(written) < 50
    assert written == sorted(set(written))


def test_progress_never_goes_back(monkeypatch: pytest.MonkeyPatch):
    assert progress_of([50, 10, 50, 20], monkeypatch, 0.03) == [50]


def test_a_command_that_reports_nothing_writes_nothing(monkeypatch: pytest.MonkeyPatch):
    assert progress_of([0, 0, 0], monkeypatch, 0.03) == []


# --- the mock person's eyes ----------------------------------------------------------------------
PAGE = """<!doctype html><p role=alert data-error="NoAccountChosen">x</p>
<form method=post action="/next?a=1&amp;b=2">
<input type=hidden name=request value="1&quot;2"><input name=login>
<input name=password type=password>
<input type=checkbox name=accounts value=a checked><input type=checkbox name=accounts value=b>
<input type=radio name=kind value=x><select name=country></select>
<button>no name</button><button name=decision value=cancel>No</button>
<button name=decision value=approve>Yes</button><input type=submit name=decision value=agree>
</form><form action=/second><input name=other value=1><button name=decision value=agree></form>
<input name=outside value=1>"""


def test_the_first_form_is_read_with_its_fields_in_order():
    found = read_page(PAGE)
    assert (found.has_form, found.action) == (True, "/next?a=1&b=2")
    assert found.fields == [
        ("request", '1"2'),
        ("login", ""),
        ("password", ""),
        ("accounts", "a"),
        ("country", ""),
    ]
    assert found.submits == [("decision", word) for word in ("cancel", "approve", "agree")]
    assert found.alert == "NoAccountChosen"


def test_a_form_is_filled_in_and_agreed_to_with_one_button():
    filled = read_page(PAGE).filled(MockPerson(login="test2").fields())
    assert filled == [
        ("request", '1"2'),
        ("login", "test2"),
        ("password", "Test123"),
        ("accounts", "a"),
        ("country", ""),
        ("decision", "approve"),
    ]


@pytest.mark.parametrize("html", ["", "<p>gone</p>", "<<<>>>", "</form><input name=a value=b>"])
def test_a_page_without_a_form_has_none(html: str):
    found = read_page(html)
    assert (found.has_form, found.fields, found.submits) == (False, [], [])


def test_a_form_without_an_action_stays_at_its_address():
    found = read_page("<form><button>go on</button></form>")
    assert (found.has_form, found.action, found.filled({"login": "x"})) == (True, None, [])


def test_a_form_that_only_refuses_is_not_pressed():
    html = "<form><button name=decision value=cancel></form>"
    assert read_page(html).filled({}) == []


@given(st.text(max_size=200))
def test_no_page_breaks_the_reader(html: str):
    read_page(html).filled({})


# --- the durable door ----------------------------------------------------------------------------
@pytest.mark.parametrize("slot", [0, 1, 63])
def test_a_slot_and_its_executor_name_each_other(slot: int):
    assert slot_of(executor_of(slot)) == slot


@pytest.mark.parametrize("name", [None, "", "slot", "slot-", "slot-x", "slot--1", "local", "lot-1"])
def test_an_executor_that_is_not_ours_has_no_slot(name: str | None):
    assert slot_of(name) is None


def attended(
    monkeypatch: pytest.MonkeyPatch, runs: list[BaseException | None], *, gives_up: Any = ()
) -> list[str]:
    """What was called, when the job's runs end so, one after another."""
    monkeypatch.setattr(durable, "PAUSES_WHEN_UNAVAILABLE_S", (0, 0, 0, 0, 0))
    called: list[str] = []

    def ending(name: str, ends: list[BaseException | None]) -> Callable[[str], Awaitable[None]]:
        left = list(ends)

        async def work(subject: str) -> None:
            called.append(f"{name} {subject}")
            end = left.pop(0) if left else None
            if end is not None:
                raise end

        return work

    job = Job(run=ending("run", runs), give_up=ending("give up", list(gives_up)))
    asyncio.run(attend(job, "7"))
    return called


def test_a_job_that_succeeds_runs_once(monkeypatch: pytest.MonkeyPatch):
    assert attended(monkeypatch, [None]) == ["run 7"]


def test_a_store_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    away: list[BaseException | None] = [PlatformUnavailable()] * 12
    assert attended(monkeypatch, away) == ["run 7"] * 13


def test_a_job_that_fails_is_given_up(monkeypatch: pytest.MonkeyPatch):
    assert attended(monkeypatch, [ValueError("x")]) == ["run 7", "give up 7"]


def test_giving_up_waits_for_the_store_too(monkeypatch: pytest.MonkeyPatch):
    called = attended(monkeypatch, [KeyError()], gives_up=[PlatformUnavailable(), ValueError()])
    assert called == ["run 7", "give up 7", "give up 7", "give up 7"]


def test_stopping_the_process_stops_a_job_without_giving_it_up(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(asyncio.CancelledError):
        attended(monkeypatch, [asyncio.CancelledError()])
