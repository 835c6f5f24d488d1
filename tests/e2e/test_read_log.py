"""Who reads personal data on the command line is in the log: the account, and no person's data."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from typing import Any

import pytest

from opensaldo.cli.read_log import READ
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import DATABASES, World
from tests.support.platform import command_of, environment

OWNER = "loan-of-a-very-recognisable-person"
SAID_OF_ALL = {"event", "name", "who", "level", "timestamp"}


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def said(world: World, *words: str) -> tuple[str, list[dict[str, Any]]]:
    """What the real program prints, and what it logs although logging is turned down."""
    more = {"DATABASE_URL": world.database_url, "LOG_LEVEL": "ERROR"}
    variables = environment(world.folder, world.bank.url, **more)
    variables |= {"COLUMNS": "200", "LOGNAME": "somebody else"}
    command = [sys.executable, "-m", "opensaldo", *words]
    done = subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, [json.loads(line) for line in done.stderr.splitlines()]


def test_whoever_reads_personal_data_is_in_the_log_which_names_no_person(
    world: World, api: CheckedApi
):
    session = api.mock_session(ownerExternalId=OWNER)
    reply = api.finished(session)
    name, command = reply.xml.findtext(".//owner/name") or "", command_of(reply).attrib["id"]
    printed, (shown,) = said(world, "imports", "show", command, "--result")
    assert name
    assert name in printed
    printed, (exported,) = said(world, "owner", "export", OWNER, "--client", api.client_id)
    assert name in json.dumps(json.loads(printed), ensure_ascii=False)
    account = pwd.getpwuid(os.getuid()).pw_name
    assert {one["event"] for one in (shown, exported)} == {READ}
    assert {one["who"] for one in (shown, exported)} == {account}
    assert (shown["name"], shown["command"], shown["client"]) == (
        "imports show",
        command,
        api.client_id,
    )
    assert (exported["name"], exported["client"]) == ("owner export", api.client_id)
    assert shown.keys() == SAID_OF_ALL | {"client", "command"}
    assert exported.keys() == SAID_OF_ALL | {"client"}


def test_without_the_result_nothing_personal_is_read_and_nothing_is_logged(
    world: World, api: CheckedApi
):
    command = command_of(api.finished(api.mock_session())).attrib["id"]
    printed, logged = said(world, "imports", "show", command)
    assert (command in printed, logged) == (True, [])
