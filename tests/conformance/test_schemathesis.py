"""Schemathesis, all checks, over our own OpenAPI document and over the contract's.

Short form: a few examples of each operation, always the same ones. The long form:
OPENSALDO_SCHEMATHESIS_EXAMPLES=100 pytest tests/conformance/test_schemathesis.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from opensaldo.domain.client import Product
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World, of_this_process

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("OPENSALDO_SHARED") or ROOT.parent / "shared")
CONTRACT = SHARED / "contract" / "ais-openapi.yml"
EXAMPLES = os.environ.get("OPENSALDO_SCHEMATHESIS_EXAMPLES", "5")
SEED = "20260302"
UNLIMITED = {"REQUESTS_PER_MINUTE": 10**9, "OPEN_SESSIONS": 10**9, "WAITING_COMMANDS": 10**9}
CONFIGURATION = """
# Data that fits a schema can still be refused, by rules no schema can state:
#   400: two names of one parameter that disagree, a target that does not exist, a date in the
#        future, a signature of another session, a command this target does not offer, a person
#        who is not signed in yet, a second import (wire contract, 2.8);
#   404: ids that are well formed and unknown; 422: an idempotency key that was used for another
#        request; 503: the mock bank is down.
[checks]
positive_data_acceptance.expected-statuses = ["2xx", 400, 404, 422, 503]

# Waiting is tested elsewhere; a minute of it an example would be all that is done here.
[parameters]
wait = 0
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    houses = of_this_process()
    yield houses.world("sqlite", lambda: pytest.fail("no PostgreSQL here"), **UNLIMITED)
    houses.close()


@pytest.fixture
def api(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


def checked(api: CheckedApi, folder: Path, location: str, *options: str) -> str:
    """What Schemathesis prints; the test fails when it found anything."""
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION, "utf-8")
    command = [str(Path(sys.executable).parent / "st"), "--config-file", str(configuration)]
    command += ["run", location, "--checks", "all", "--max-examples", EXAMPLES, "--seed", SEED]
    command += ["--generation-deterministic", "--no-shrink"]
    command += ["--suppress-health-check", "all", "--continue-on-failure", "--no-color"]
    command += ["--header", f"X-Api-Key: {api.key}", *options]
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "COLUMNS": "120"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    return done.stdout


def test_our_own_document_holds_in_every_check(world: World, api: CheckedApi, tmp_path: Path):
    served = api.call("GET", "/v1/openapi.json").json
    methods = {"get", "post", "delete"}
    operations = sum(len(methods & set(path)) for path in served["paths"].values())
    said = checked(api, tmp_path, f"{world.address}/v1/openapi.json")
    assert f"Tested: {operations - 1}" in said  # the document is not asked about itself


@pytest.mark.skipif(not CONTRACT.exists(), reason="ais-openapi.yml is not in ../shared")
def test_the_contracts_document_holds_in_json(world: World, api: CheckedApi, tmp_path: Path):
    document = tmp_path / "ais.json"
    document.write_text(json.dumps(amended(yaml.safe_load(CONTRACT.read_text("utf-8")))), "utf-8")
    options = ["--url", f"{world.address}/v1", "--header", "Accept: application/json"]
    said = checked(api, tmp_path, str(document), *options)
    assert "Tested: 9" in said


def amended(document: dict[str, Any]) -> dict[str, Any]:
    """The contract's document with what wire.md decides differently, and no other change.

    - It documents successes only; failures are those of wire.md 1.3 (`default`).
    - It writes `application/xml` where its schemas are JSON; asked for JSON we say so (1.2).
    - Of a redirection nothing is required (wire.md 23).
    - A JSON number or truth counts as its text, so that a client's numeric ids serve (1.2).
    """
    failure = {"description": "failure", "content": {"application/json": {"schema": FAILURE}}}
    for operation in (each for path in document["paths"].values() for each in path.values()):
        operation["responses"]["default"] = failure
        for content in (reply.get("content", {}) for reply in operation["responses"].values()):
            if "application/xml" in content:
                content["application/json"] = content.pop("application/xml")
    start = document["components"]["schemas"]["RedirectionSignInRequest"]
    start["required"] = []
    start["properties"]["ownerExternalId"] = {}
    document["paths"]["/signin/redirection"]["post"]["requestBody"]["required"] = False
    return document


FAILURE = {
    "type": "object",
    "required": ["status", "responseTimestamp"],
    "properties": {
        "status": {"type": "string", "pattern": "^[45][0-9][0-9] "},
        "user": {"type": "string"},
        "responseTimestamp": {"type": "string", "format": "date-time"},
        "comment": {"type": "string"},
        "exception": {
            "type": "object",
            "required": ["name", "message"],
            "properties": {"name": {"type": "string"}, "message": {"type": "string"}},
        },
    },
}
