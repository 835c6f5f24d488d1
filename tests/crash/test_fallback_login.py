"""A login over the fallback dies with its process, and the person gets a clean retry screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from opensaldo.connectors.http import BrowsedPage
from opensaldo.engine.mock import read_page
from tests.e2e.checked import SHOP, agree, browse, sign_in
from tests.support.bank import Bank
from tests.support.fleet import SERVER, fleet
from tests.support.platform import Api, command_of, failure_of

pytestmark = [pytest.mark.crash, pytest.mark.enable_socket, pytest.mark.timeout(180)]
PASSWORD = "Test123"
Made = dict[str, str]


def started(api: Api) -> Made:
    body = {"target": "KontoBank", "redirectUri": SHOP, "locale": "en"}
    reply = api.call("POST", "/v1/signin/redirection", json_body=body)
    assert reply.status == 200, reply.body
    made: Made = reply.json
    return made


def send(made: Made, **typed: str) -> BrowsedPage:
    link = made["redirectionLink"] + "/step"
    fields = dict(read_page(browse(link).body).fields)
    return browse(link, fields | {f"answer.{name}": value for name, value in typed.items()})


def imported(api: Api, made: Made) -> str | None:
    """How an import in the session ends: the name of its failure, None when all is well."""
    accepted = api.submit((made["sessionId"], made["sessionIdSignature"]))
    assert accepted.status == 202, accepted.body
    return failure_of(api.poll(command_of(accepted).attrib["id"]))


def test_killing_the_process_that_holds_a_login_leads_to_a_clean_retry(
    tmp_path: Path, crash_bank: Bank
) -> None:
    with fleet(tmp_path, crash_bank.url, IMPORTS_AT_ONCE=2) as processes:
        api = processes.client()
        processes.start(SERVER)
        processes.wait_ready()
        halfway, inside = started(api), started(api)
        agree(halfway, "KontoBank")
        send(halfway, login="test1", password=PASSWORD)
        sign_in(inside["redirectionLink"], "test1")
        processes.kill(SERVER)
        processes.start(SERVER)
        processes.wait_ready()
        send(halfway, code=PASSWORD)
        page = browse(halfway["redirectionLink"] + "/step")
        assert (page.status, page.location) == (200, None)
        assert "start again" in page.body
        assert imported(api, inside) == "SessionExpired"
        sign_in(halfway["redirectionLink"], "test1")
        assert imported(api, halfway) is None
        said = processes.members[SERVER].said()
    assert PASSWORD not in said
    assert "Traceback" not in said
