"""A fallback login belongs to one process: its imports run there, or the person signs in again."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from psycopg import sql

from opensaldo.connectors.http import BrowsedPage
from opensaldo.engine.durable import executor_of
from opensaldo.engine.mock import read_page
from tests.e2e.checked import SHOP, agree, browse, sign_in
from tests.e2e.fixtures import Houses
from tests.support import switchboard
from tests.support.bank import Bank
from tests.support.facts import Questions
from tests.support.fleet import SERVER, Fleet, Member, fleet
from tests.support.platform import IMPORT_TIMEOUT_S, Api, Reply, command_of, failure_of, state_of
from tests.support.postgres import Cluster

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]
OTHER = f"{SERVER}-2"
TARGET = "KontoBank"
PASSWORD = "Test123"
SLOW_MS = 2_000
AT_ONCE_S = 3
TAKEOVER_S = 30  # two looks of five seconds each, on a machine that has other work
SESSIONS = 12


@pytest.fixture(scope="module")
def processes(
    cluster: Cluster, houses: Houses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    """Two servers and a worker on one database."""
    folder, url = tmp_path_factory.mktemp("fleet"), cluster.fresh_database()
    settings = {"IMPORTS_AT_ONCE": 1, "REQUESTS_PER_MINUTE": 100_000}
    bank_url = houses.bank().url
    with fleet(folder, bank_url, database_url=url, servers=2, workers=1, **settings) as members:
        yield members


@pytest.fixture
def bank(houses: Houses) -> Iterator[Bank]:
    yield houses.bank()
    switchboard.set_latency(houses.bank().url, 0)


@pytest.fixture
def apis(processes: Fleet) -> list[Api]:
    """The same client at both servers, all processes running."""
    first = processes.client()
    for name in processes.members:
        processes.start(name)
    processes.wait_ready()
    return [first, Api(processes.address_of(OTHER), first.key)]


def test_imports_run_where_the_login_is_wherever_they_are_asked_for(
    processes: Fleet, apis: list[Api]
) -> None:
    def one(number: int) -> Reply:
        signed_in_at, asked_at = apis[number % 2], apis[number // 2 % 2]
        session = signed_in_at.mock_session(f"bench-2x20-spread-{number}", target=TARGET)
        return ended(asked_at, session)

    with ThreadPoolExecutor(SESSIONS) as people:
        replies = list(people.map(one, range(SESSIONS)))
    assert Counter(map(state_of, replies)) == {"successful": SESSIONS}
    ran_in = {one.id: one.executor for one in Questions(url_of(processes)).facts().workflows}
    slots = [executor_of(slot_of(processes.members[name])) for name in (SERVER, OTHER)]
    ids = [command_of(reply).attrib["id"] for reply in replies]
    assert [ran_in[one] for one in ids] == [slots[number % 2] for number in range(SESSIONS)]


def test_advanced_imports_follow_each_other_in_the_process_of_the_login(apis: list[Api]) -> None:
    first, second = apis
    session = first.mock_session("bench-2x20-advanced", target=TARGET)
    form = {"sessionId": session[0], "sessionIdSignature": session[1]}
    names = ("import-owners", "import-accounts", "import-credit-cards")
    accepted = [second.call("POST", f"/v1/command/{name}.xml", form) for name in names]
    ids = [command_of(reply).attrib["id"] for reply in accepted]
    assert [state_of(second.poll(one)) for one in ids] == ["successful"] * len(ids)


def test_after_its_process_was_killed_commands_of_a_login_end_clearly(
    processes: Fleet, apis: list[Api], bank: Bank
) -> None:
    survivor, doomed = apis
    early, late = (doomed.mock_session(f"bench-1x20-{one}", target=TARGET) for one in "ab")
    switchboard.set_latency(bank.url, SLOW_MS)
    running = command_of(survivor.submit(early)).attrib["id"]
    wait_until_running(processes, running)
    processes.kill(OTHER)
    assert failure_of(ended(survivor, late, AT_ONCE_S)) == "SessionExpired"
    assert failure_of(survivor.poll(running, TAKEOVER_S)) == "SessionExpired"
    switchboard.set_latency(bank.url, 0)
    assert state_of(survivor.imported("bench-1x20-again", target=TARGET)) == "successful"


def test_a_command_that_a_killed_process_never_took_ends_clearly(
    processes: Fleet, apis: list[Api]
) -> None:
    survivor, doomed = apis
    session = doomed.mock_session("bench-1x20-waiting", target=TARGET)
    processes.freeze(OTHER)
    waiting = command_of(survivor.submit(session)).attrib["id"]
    processes.kill(OTHER)
    assert failure_of(survivor.poll(waiting, TAKEOVER_S)) == "SessionExpired"


def test_a_login_halfway_in_a_killed_process_begins_again_on_a_clean_page(
    processes: Fleet, apis: list[Api]
) -> None:
    first, second = apis
    body = {"target": TARGET, "redirectUri": SHOP, "locale": "en"}
    made = second.call("POST", "/v1/signin/redirection", json_body=body).json
    link = made["redirectionLink"]
    agree(made, TARGET)
    typed(link, login="bench-1x20-planted-8801", password=PASSWORD)
    processes.kill(OTHER)
    link = link.replace(processes.address_of(OTHER), processes.address_of(SERVER))
    typed(link, code=PASSWORD)
    page = browse(link + "/step")
    assert (page.status, page.location) == (200, None)
    assert "start again" in page.body
    sign_in(link, "test1")
    session = made["sessionId"], made["sessionIdSignature"]
    assert state_of(ended(first, session)) == "successful"
    shown = page.body + "".join(member.said() for member in processes.members.values())
    assert planted_in(shown + stored(processes)) == []


# --- helpers -----------------------------------------------------------------------------------
def ended(api: Api, session: tuple[str, str], timeout_s: float = IMPORT_TIMEOUT_S) -> Reply:
    return api.poll(command_of(api.submit(session)).attrib["id"], timeout_s)


def typed(link: str, **values: str) -> BrowsedPage:
    fields = dict(read_page(browse(link + "/step").body).fields)
    answers = {f"answer.{name}": value for name, value in values.items()}
    return browse(link + "/step", fields | answers)


def url_of(processes: Fleet) -> str:
    return processes.config.database_url.reveal()


def wait_until_running(processes: Fleet, command_id: str) -> None:
    deadline = time.monotonic() + SLOW_MS / 1000
    while time.monotonic() < deadline:
        facts = Questions(url_of(processes)).facts().workflows
        if any(one.id == command_id and one.status == "PENDING" for one in facts):
            return
        time.sleep(0.02)
    raise AssertionError("the import did not begin")


def slot_of(member: Member) -> int:
    """The slot a process said it has."""
    return int(re.findall(r'"slot": ?(\d+)', member.said())[-1])


def stored(processes: Fleet) -> str:
    """Every row of every table, the durable engine's included."""
    tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|inf)'"
    with closing(psycopg.connect(url_of(processes))) as connection:
        rows: list[str] = []
        for place in connection.execute(tables).fetchall():
            whole = sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(*place))
            rows += [row for (row,) in connection.execute(whole)]
    return "\n".join(rows)


def planted_in(text: str) -> list[str]:
    planted = ("bench-1x20-planted-8801", PASSWORD)
    looks = {one: (one, one.encode().hex()) for one in planted}
    return [one for one, forms in looks.items() if any(form in text for form in forms)]
