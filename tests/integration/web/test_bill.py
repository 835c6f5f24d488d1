"""The bill of what really happened, over HTTP and on the command line, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opensaldo.domain.client import Client, Environment, Product
from opensaldo.engine.cycles import CYCLE
from opensaldo.engine.erasure import erase_person
from opensaldo.engine.retention import purge
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import DATABASES, World
from tests.support.clock import SettableClock
from tests.support.facts import Questions
from tests.support.platform import failure_of

MONTH = "2026-03"
NEXT = "2026-04"
OWNER = "loan-7781"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def api(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


def bill(api: CheckedApi, month: str = MONTH) -> dict[str, Any]:
    reply = api.call("GET", "/v1/bill", query={"month": month})
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.json
    return found


def shown(found: dict[str, Any]) -> list[tuple[str, int]]:
    return [(line["service"], line["quantity"]) for line in found["lines"]]


def test_sessions_are_billed_by_how_their_imports_ended_and_survive_retention(
    world: World, api: CheckedApi
):
    good, abandoned = api.mock_session("test1"), api.mock_session("test2")
    api.finished(good)
    in_parts = api.mock_session("test3")
    for command in ("import-owners", "import-accounts"):
        api.done(in_parts, command)
    failed = api.imported("test-down")
    assert failure_of(failed) is not None
    found = bill(api)
    assert sorted(shown(found)) == [("single session", 0)] * 2 + [("single session", 1)] * 2
    lines = {line["evidence"][0]: line for line in found["lines"]}
    assert lines[f"session {good[0]}"]["quantity"] == 1
    assert lines[f"session {abandoned[0]}"]["why"] == "free: it made no import"
    assert len(lines[f"session {in_parts[0]}"]["evidence"]) == 3
    assert (found["total"], found["final"], found["client"]) == (3.0, False, api.client_id)
    world.later(hours=48)
    world.house.run(purge)
    assert bill(api)["lines"] == found["lines"]
    assert bill(world.client())["lines"] == []
    kept = Questions(world.database_url).ask("SELECT * FROM usage")
    assert b"loan" not in repr(kept).encode()


def test_a_consent_is_billed_by_cycles_from_its_grant(world: World, api: CheckedApi):
    session, consent = signed_in_for_long(api)
    api.finished(session)
    token = {"multipleAccessId": consent}
    world.later(hours=24)
    reused = api.call("POST", "/v1/command/reuse-multiple-access.xml", token)
    assert reused.status == 200, reused.body
    assert bill(api)["lines"] == []
    assert api.call("POST", "/v1/command/delete-multiple-access.xml", token).status == 200
    world.later(hours=CYCLE / timedelta(hours=1))
    found = bill(api, NEXT)
    assert shown(found) == [
        ("consent cycle", 1),
        ("consent session", 1),
        ("consent session", 0),
    ]
    assert "1 of 2 sessions successful" in found["lines"][0]["why"]
    assert found["lines"][0]["evidence"][:2] == [f"consent {consent}", f"session {session[0]}"]
    world.later(hours=CYCLE / timedelta(hours=1))
    assert bill(api, "2026-05")["lines"] == []
    assert bill(api, NEXT)["final"]


def test_the_session_in_which_a_consent_was_granted_is_in_its_first_cycle_while_time_passes(
    world: World, api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    def ticking(clock: SettableClock) -> datetime:
        return clock.advance(seconds=0.001)

    monkeypatch.setattr(SettableClock, "__call__", ticking)
    api.finished(signed_in_for_long(api)[0])
    world.later(hours=CYCLE / timedelta(hours=1))
    assert shown(bill(api, NEXT)) == [("consent cycle", 1), ("consent session", 1)]


def test_a_consent_that_the_operator_ends_for_the_person_has_no_further_cycle(
    world: World, api: CheckedApi
):
    api.finished(signed_in_for_long(api)[0])
    client = Client(id=api.client_id, environment=Environment.TEST, legal_name="")
    world.house.run(lambda platform: erase_person(platform, client, OWNER))
    world.later(hours=2 * CYCLE / timedelta(hours=1))
    assert shown(bill(api, NEXT)) == [("consent cycle", 1), ("consent session", 1)]
    assert bill(api, "2026-05")["lines"] == []


def signed_in_for_long(api: CheckedApi) -> tuple[tuple[str, str], str]:
    """A session of a new consent, and what comes back to it."""
    wish = {"multipleAccess": "true", "ownerExternalId": OWNER}
    reply = api.call("POST", "/v1/mock-session.xml", wish)
    element = reply.xml.find("session")
    assert element is not None
    token = reply.xml.findtext(".//multipleAccessId")
    return (element.attrib["id"], element.attrib["signature"]), token or ""


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "soon", "0001-01", "1999-12"])
def test_a_malformed_month_is_refused(api: CheckedApi, month: str):
    reply = api.call("GET", "/v1/bill", query={"month": month})
    assert (reply.status, reply.exception) == (400, "InvalidParameter")


def test_the_command_line_bills_the_same_and_asks_what_if(
    world: World, api: CheckedApi, tmp_path: Path
):
    api.imported()
    found = bill(api)
    dearer = tmp_path / "dearer.toml"
    dearer.write_text('name = "Dearer"\ncurrency = "EUR"\nsingle_session = "7.25"\n', "utf-8")
    other = json.loads(run(world, "bill", api.client_id, MONTH, "--json", "--prices", str(dearer)))
    assert (other["total"], other["currency"]) == (7.25, "EUR")
    assert [line["evidence"] for line in other["lines"]] == [
        line["evidence"] for line in found["lines"]
    ]
    assert "Total, net: 1.50 PLN" in run(world, "bill", api.client_id, MONTH)


def test_what_a_month_would_cost_at_other_prices_is_asked_over_the_api(
    world: World, api: CheckedApi, tmp_path: Path
):
    api.imported()
    file = tmp_path / "dearer.toml"
    licence = 'since = 2026-03-01\nlicence_yearly = "1200.00"\n'
    file.write_text(
        'name = "Dearer"\ncurrency = "EUR"\nsingle_session = "7.25"\npdf_agreed_files = 3\n'
        f'pdf_base_fee = "9.00"\n[on_premises]\n{licence}',
        "utf-8",
    )
    asked = {
        "prices.name": "Dearer",
        "prices.currency": "EUR",
        "prices.singleSession": "7.25",
        "prices.pdfAgreedFiles": "3",
        "prices.pdfBaseFee": "9.00",
        "prices.onPremises.since": "2026-03-01",
        "prices.onPremises.licenceYearly": "1200.00",
    }
    world.later(hours=CYCLE / timedelta(hours=1))
    reply = api.call("GET", "/v1/bill", query={"month": MONTH, **asked})
    told = json.loads(run(world, "bill", api.client_id, MONTH, "--json", "--prices", str(file)))
    assert reply.json | {"final": True} == told | {"final": True}  # its clock is the real one
    file.write_text(f'name = "All"\ncurrency = "PLN"\n[clients.{api.client_id}]\nname = "Own"\n')
    own = json.loads(run(world, "bill", api.client_id, MONTH, "--json", "--prices", str(file)))
    assert own["priceList"] == "Own"
    assert reply.json["total"] > 1200
    assert bill(api)["total"] == 1.5
    one = api.call("GET", "/v1/bill", query={"month": MONTH, "prices.scoring": "4"})
    assert (one.json["total"], one.json["currency"], one.json["priceList"]) == (0, "PLN", "What if")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("singleSession", "-1.00"),
        ("singleSession", "1,50"),
        ("singleSession", "1e9"),
        ("singleSession", "1.005"),
        ("singleSession", "9" * 40),
        ("single_session", "1.00"),
        ("currency", "zloty"),
        ("pdfAgreedFiles", "many"),
        ("onPremises.since", "2026-02-30"),
        ("onPremises.licenceYearly", "1.00"),
        ("onPremises", "1.00"),
    ],
)
def test_a_price_list_that_is_none_is_refused(api: CheckedApi, name: str, value: str):
    reply = api.call("GET", "/v1/bill", query={"month": MONTH, f"prices.{name}": value})
    assert (reply.status, reply.exception) == (400, "InvalidParameter")
    assert value not in reply.json["exception"]["message"]


def run(world: World, *arguments: str) -> str:
    variables = {
        "OPENSALDO_DATABASE_URL": world.database_url,
        "OPENSALDO_DATA_DIR": str(world.folder / "data"),
        "OPENSALDO_KEY_DIR": str(world.folder / "keys"),
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [sys.executable, "-m", "opensaldo", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
