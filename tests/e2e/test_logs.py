"""Logs hold ids only: personal data is planted everywhere and found in no line, nor in /metrics."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from collections.abc import Iterator

import pytest

from opensaldo.domain.client import Product
from opensaldo.engine import redirections
from opensaldo.engine.retention import purge
from opensaldo.observe import FIELDS, serve_metrics
from opensaldo.store.db import Store
from opensaldo.web.widget.files import STATIC_PATH
from tests.e2e.checked import HALF_A_YEAR, JSON, CheckedApi, browse, sign_in
from tests.e2e.fixtures import DATABASES, Houses, World
from tests.support.platform import Api, Reply, command_of

PLANTED_OWNER = "planted-owner-5512"
PLANTED_LOGIN = "planted-login-5513"
PLANTED_UA = "planted-agent-5514/1.0"
PLANTED_QUERY = "planted-query-5515"
PLANTED_URI = "https://shop.example.com/planted-uri-5516"
PLANTED_IDENTITY = "Planted Identity 5517"
PLANTED_TEXT = "planted-exception-text-5518"
BENCH_LOGIN = "bench-2x9"
CLEAR_TAGS = ("name", "address", "iban", "polishPesel", "title", "party", "partyIban")
FAULTS = ("reset", "truncate", "html", "nonsense", "bad_signature", "withdrawn", "hostile_text")
FAULT_LOGINS = ("test-io", "test-down", "test-fatal", "test-expired", "test-blocked", BENCH_LOGIN)


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def lines(houses: Houses) -> Iterator[io.StringIO]:
    """Everything that is logged, at the most talkative level."""
    buffer = io.StringIO()
    houses.leave()  # the next platform is built, run and stopped under these eyes
    houses.log_stream = buffer
    yield buffer
    houses.leave()
    houses.log_stream = None


def everything_once(world: World) -> tuple[CheckedApi, list[Reply]]:
    """The main job, faults and bad input, with planted data wherever a caller can put some."""
    api = world.client(Product.MULTIPLE_ACCESS)
    agent = {"User-Agent": PLANTED_UA}
    replies = [api.imported(since=HALF_A_YEAR, ownerExternalId=PLANTED_OWNER)]
    made = api.started(
        redirectUri=PLANTED_URI,
        ownerExternalId=PLANTED_OWNER,
        clientIdentity=PLANTED_IDENTITY,
        accessMode="MULTIPLE",
    )
    browse(made["redirectionLink"] + f"?q={PLANTED_QUERY}")
    sign_in(made["redirectionLink"], BENCH_LOGIN, until=PLANTED_URI)
    replies.append(api.finished((made["sessionId"], made["sessionIdSignature"])))
    for login in FAULT_LOGINS:
        session = api.call("POST", "/v1/mock-session.xml", {"login": login}, headers=agent)
        found = session.xml.find("session")
        if found is not None:
            api.finished((found.attrib["id"], found.attrib["signature"]))
    for kind in FAULTS:
        session_pair = api.mock_session(ownerExternalId=PLANTED_OWNER)
        world.bank.plan(kind, path="getTransactionsDone")
        replies.append(api.finished(session_pair))
    api.call("POST", "/v1/mock-session.xml", {"login": PLANTED_LOGIN})
    bad = {"apiKey": api.key or "", "q": PLANTED_QUERY, "sessionId": PLANTED_QUERY}
    for path in ("/v1/data.xml", "/v1/nothing", "/v1/command/701000123.xml", "/redirection/x"):
        for method in ("GET", "PUT"):
            Api(api.address, api.key).call(method, path, query=bad, headers=agent)
    for body in (b"{", b"a=%ff", b"x" * 70_000):
        api.call("POST", "/v1/data/delete", body=body, headers=agent)
    replies.append(api.data(PLANTED_OWNER))
    api.call("GET", f"/v1/command/{command_of(replies[0]).attrib['id']}.xml", accept=JSON)
    api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": PLANTED_OWNER})
    world.house.run(purge)
    return api, replies


def personal(replies: list[Reply]) -> set[str]:
    """Every personal text that came from the bank."""
    found = {
        node.text or ""
        for reply in replies
        for tag in CLEAR_TAGS
        for node in reply.xml.iterfind(f".//{tag}")
    }
    return {text for text in found if len(text) > 5 and text != "KontoBank"}


def test_no_line_holds_personal_data_secrets_or_query_strings(
    lines: io.StringIO, world: World, houses: Houses, capfd: pytest.CaptureFixture[str]
):
    api, replies = everything_once(world)
    metrics_of = serve_metrics("127.0.0.1", 0)
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics_of}/metrics") as answer:
        metrics = answer.read().decode()
    houses.leave()
    shown = lines.getvalue() + metrics + "".join(capfd.readouterr())
    texts = personal(replies)
    assert len(texts) > 50
    secrets = {api.key or "", *(signature for _, signature in api.sessions)}
    planted = {"planted", "Planted", PLANTED_URI, "test-io", "test-fatal", BENCH_LOGIN}
    assert {text for text in texts | secrets | planted if text in shown} == set()
    assert re.findall(r"[?&](?:apiKey|state|code|sessionId)=", shown) == []
    assert re.findall(r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b", shown) == []
    assert "alert(1)" not in shown


def test_lines_are_json_with_known_fields_and_tell_what_happened(
    lines: io.StringIO, world: World, houses: Houses
):
    api = world.client()
    ended = api.imported("test-down")
    command_id = command_of(ended).attrib["id"]
    houses.leave()
    entries = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert entries
    assert set().union(*entries) <= FIELDS
    (failed,) = [entry for entry in entries if entry["event"] == "command failed"]
    assert (failed["command"], failed["code"]) == (command_id, "ServiceTemporarilyUnavailable")
    routes = {entry.get("route") for entry in entries if entry["event"] == "request"}
    assert {"/v1/mock-session.xml", "/v1/command/{id}.xml"} <= routes


def test_a_failure_of_ours_is_found_by_the_request_id_it_was_answered_with(
    lines: io.StringIO, world: World, monkeypatch: pytest.MonkeyPatch
):
    def broken(store: Store) -> bool:
        raise RuntimeError(PLANTED_TEXT)

    monkeypatch.setattr(Store, "is_serving", broken)
    reply = world.client().call("GET", "/v1/health")
    assert (reply.status, reply.exception) == (500, "InternalError")
    assert PLANTED_TEXT not in reply.body.decode() + lines.getvalue()
    entries = [json.loads(line) for line in lines.getvalue().splitlines()]
    (failed,) = [entry for entry in entries if entry["event"] == "request failed"]
    assert (failed["error"], failed["level"]) == ("RuntimeError", "error")
    assert failed["where"]
    assert failed["request"] == reply.headers["x-request-id"]


def test_a_page_that_fails_says_so_in_our_words_and_is_found_as_well(
    lines: io.StringIO, world: World, monkeypatch: pytest.MonkeyPatch
):
    async def broken(*_given: object) -> None:
        raise RuntimeError(PLANTED_TEXT)

    monkeypatch.setattr(redirections, "opened", broken)
    page = browse(f"{world.address}/redirection/{'0' * 32}")
    assert (page.status, PLANTED_TEXT in page.body) == (500, False)
    entries = [json.loads(line) for line in lines.getvalue().splitlines()]
    (failed,) = [entry for entry in entries if entry["event"] == "request failed"]
    assert (failed["error"], failed["request"]) == ("RuntimeError", page.headers["x-request-id"])
    assert PLANTED_TEXT not in lines.getvalue()


def test_the_documentation_is_one_page_that_needs_nobody_else(world: World):
    page = browse(world.address + "/docs")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "/v1/command/default-import.xml" in page.body
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page.body) == []
    assert "<script" not in page.body
    assert browse(world.address + "/docs/docs.css").status == 200
    start = browse(world.address + "/")
    assert (start.status, start.headers["location"]) == (303, "/docs")


def test_a_platform_whose_database_is_away_says_so(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Store, "is_serving", lambda store: False)
    reply = world.client().call("GET", "/v1/health")
    assert (reply.status, reply.exception) == (503, "ServiceTemporarilyUnavailable")


def test_pages_and_files_have_request_ids_too(world: World):
    paths = ["/redirection/x", "/redirection/" + "0" * 32, "/nothing", STATIC_PATH + "/signin.css"]
    for path in paths:
        assert re.fullmatch(r"[0-9a-f]{32}", browse(world.address + path).headers["x-request-id"])


def test_metrics_count_what_happened(world: World):
    api = world.client()
    port = serve_metrics("127.0.0.1", 0)

    def counted(line: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        rows = [row for row in text.splitlines() if row.startswith(line)]
        return sum(float(row.rpartition(" ")[2]) for row in rows)

    names = {
        'opensaldo_commands_total{name="DefaultImportCommand",state="successful"}': 1,
        'opensaldo_requests_total{route="/v1/mock-session.xml",status="200"}': 1,
        'opensaldo_bank_calls_total{bank="KontoBankApi",endpoint="getAccount",status="200"}': 1,
        "opensaldo_import_seconds_count": 1,
    }
    before = {name: counted(name) for name in names}
    api.imported()
    assert {name: counted(name) - before[name] for name in names} == names
