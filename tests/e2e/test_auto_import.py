"""Auto import: the person signs in on the client's page, closes it, and the import is there."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest

from opensaldo.cli import main
from opensaldo.connectors.http import BrowsedPage
from opensaldo.store.queries import commands
from tests.e2e.checked import CheckedApi, agreement, browse, rows_of, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.e2e.road import answer_of, back
from tests.support.platform import command_of, failure_of, state_of

OWNER = "loan-7781"
SHOP_PAGE = "http://localhost/apply"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def embedded(world: World, api: CheckedApi, **options: str) -> BrowsedPage:
    """The frame's first page, as the script on the client's page asks for it."""
    asked = {
        "client": api.client_id,
        "widgetEmbeddedUrl": SHOP_PAGE,
        "ownerExternalId": OWNER,
        "country": "pl",
        **options,
    }
    return browse(f"{world.address}/signin/?{urlencode(asked)}")


def agreed(world: World, page: BrowsedPage, target: str = "KontoBankApi") -> str:
    """The frame's address after the person agreed."""
    assert (page.status, bool(page.location)) == (303, True), page.body
    frame = world.address + (page.location or "").partition("?")[0]
    assert browse(frame + "/consent", agreement(frame, target)).status == 303
    return frame


def signed_in(world: World, api: CheckedApi, login: str = "test1", **options: str) -> str:
    """The redirection of a person who came back from the bank and closed everything at once."""
    frame = agreed(world, embedded(world, api, **options))
    at_bank = browse(frame + "/bank").location
    assert at_bank
    back(world, answer_of(at_bank, login))
    return frame.rpartition("/")[2]


def session_of(api: CheckedApi, redirection_id: str) -> tuple[str, str]:
    params = api.status(redirectionId=redirection_id)["params"]
    return params["sessionId"], params["sessionIdSignature"]


def imports_of(world: World, session: tuple[str, str]) -> tuple[Any, ...]:
    assert world.house.platform is not None
    with world.house.platform.store.read() as connection:
        return commands.commands_of_session(connection, session[0])


def said(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> str:
    """What the operator is told on the command line."""
    monkeypatch.setenv("OPENSALDO_DATABASE_URL", world.database_url)
    monkeypatch.setenv("OPENSALDO_DATA_DIR", str(world.folder / "data"))
    monkeypatch.setenv("OPENSALDO_KEY_DIR", str(world.folder / "keys"))
    monkeypatch.setenv("COLUMNS", "200")
    capsys.readouterr()
    main(["imports", *words])
    return capsys.readouterr().out


def test_the_import_starts_with_the_sign_in_and_needs_no_page(
    world: World,
    api: CheckedApi,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    session = session_of(api, signed_in(world, api, autoImport="true"))
    (command,) = imports_of(world, session)
    assert state_of(api.poll(command.id)) == "successful"
    assert rows_of(api.data(OWNER))
    assert api.submit(session).exception == "DefaultImportAlreadyExecuted"
    assert api.ordered(session, "import-owners").exception == "DefaultImportAlreadyExecuted"
    assert len(imports_of(world, session)) == 1
    lines = api.call("GET", "/v1/bill", query={"month": "2026-03"}).json["lines"]
    assert [(one["service"], one["quantity"]) for one in lines] == [("single session", 1)]
    told = said(world, capsys, monkeypatch, "list")
    (line,) = [one for one in told.splitlines() if command.id in one]
    assert {"sign-in", "successful", api.client_id} <= set(line.replace("│", " ").split())
    told = said(world, capsys, monkeypatch, "show", command.id)
    assert "sign-in" in told
    assert OWNER not in told
    told = said(world, capsys, monkeypatch, "show", command.id, "--result")
    name = api.data(OWNER).xml.findtext(".//owner/name")
    assert name
    assert name in told


def test_an_import_that_fails_can_be_seen_and_costs_nothing(
    world: World,
    api: CheckedApi,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    session = session_of(api, signed_in(world, api, "test-down", autoImport="true"))
    (command,) = imports_of(world, session)
    failure = failure_of(api.poll(command.id))
    assert failure
    lines = api.call("GET", "/v1/bill", query={"month": "2026-03"}).json["lines"]
    assert [(one["service"], one["quantity"]) for one in lines] == [("single session", 0)]
    told = said(world, capsys, monkeypatch, "list")
    (line,) = [one for one in told.splitlines() if command.id in one]
    assert {"sign-in", "error", failure} <= set(line.replace("│", " ").split())
    assert failure in said(world, capsys, monkeypatch, "show", command.id)
    told = said(world, capsys, monkeypatch, "show", command.id, "--result")
    assert told.endswith("Nothing was imported.\n")


@pytest.mark.parametrize(
    ("options", "since"),
    [
        ({"autoImport": "true", "since": "2026-01-15"}, date(2026, 1, 15)),
        ({"autoImport[since]": "2026-01-15"}, date(2026, 1, 15)),
        ({"autoImport": "6"}, date(2025, 9, 2)),
        ({"autoImport[months]": "6"}, date(2025, 9, 2)),
    ],
)
def test_every_form_reaches_back_as_far_as_it_says(
    world: World, api: CheckedApi, options: dict[str, str], since: date
):
    session = session_of(api, signed_in(world, api, **options))
    (command,) = imports_of(world, session)
    assert (command.since, command.is_automatic) == (since, True)
    assert state_of(api.poll(command.id)) == "successful"


@pytest.mark.parametrize("mode", ["MULTIPLE", "MIXED"])
def test_repeated_access_is_refused_on_the_frames_first_page(
    world: World, api: CheckedApi, mode: str
):
    page = embedded(world, api, autoImport="true", **{"psd2[accessMode]": mode})
    assert (page.status, page.location) == (400, None)
    assert "InvalidParameter" in page.body


def test_over_a_fallback_the_import_runs_where_the_login_is(world: World, api: CheckedApi):
    frame = agreed(world, embedded(world, api, autoImport="true"), "KontoBank")
    sign_in(frame + "/step", until=frame)
    session = session_of(api, frame.rpartition("/")[2])
    (command,) = imports_of(world, session)
    ended = api.poll(command.id)
    assert state_of(ended) == "successful"
    assert command_of(ended).attrib["target"] == "KontoBank"


def test_without_a_sign_in_and_without_being_asked_nothing_is_imported(
    world: World, api: CheckedApi
):
    given_up = agreed(world, embedded(world, api, autoImport="true"))
    at_bank = browse(given_up + "/bank").location
    back(world, answer_of(at_bank or "", decision="cancel"))
    plain = signed_in(world, api, autoImport="false")
    for redirection_id in (given_up.rpartition("/")[2], plain):
        assert imports_of(world, session_of(api, redirection_id)) == ()


def test_a_full_queue_does_not_turn_a_signed_in_person_away(
    world: World, api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("opensaldo.store.queries.commands.count_waiting", lambda *_: 10_000)
    session = session_of(api, signed_in(world, api, autoImport="true"))
    (command,) = imports_of(world, session)
    assert state_of(api.poll(command.id)) == "successful"
