"""Hostile text from a bank arrives escaped, in both dialects, and breaks nothing."""

from __future__ import annotations

import json
import re

import pytest

from tests.e2e.checked import JSON, CheckedApi, rows_of
from tests.e2e.fixtures import World
from tests.support.platform import Reply, command_of, state_of

OWNER = "loan-7781"
MARKUP = "]]><script>alert(1)</script>&amp;<!--"
EMOJI = "\U0001f4a9"
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, 2.2
ENDPOINTS = ("getAccount", "getTransactionsDone", "getTransactionsPending", "getHolds")


@pytest.fixture
def ended(world: World, api: CheckedApi) -> Reply:
    session = api.mock_session("test2", ownerExternalId=OWNER)
    for endpoint in ENDPOINTS:
        world.bank.plan("hostile_text", path=endpoint)
    return api.finished(session, since="2025-12-01")


def texts(reply: Reply) -> set[str]:
    return {node.text or "" for node in reply.xml.iter()}


def test_the_import_succeeds_and_every_row_is_there(api: CheckedApi, ended: Reply):
    assert state_of(ended) == "successful"
    clean = api.imported("test2", since="2025-12-01")
    assert len(rows_of(ended)) == len(rows_of(clean)) > 20


@pytest.mark.parametrize("where", ["poll", "data"])
def test_xml_escapes_it(api: CheckedApi, ended: Reply, where: str):
    reply = ended if where == "poll" else api.data(OWNER)
    assert MARKUP in texts(reply)
    assert any(EMOJI in text for text in texts(reply))
    assert b"<script" not in reply.body
    assert b"]]>" not in reply.body
    assert b"<!--" not in reply.body
    assert FORBIDDEN.findall(reply.body.decode()) == []
    assert "" not in {node.text for row in rows_of(reply) for node in row}


def test_json_escapes_it(api: CheckedApi, ended: Reply):
    path = f"/v1/command/{command_of(ended).attrib['id']}.xml"
    reply = api.call("GET", path, accept=JSON)
    told = json.loads(reply.body.decode("utf-8", "strict"))
    said = json.dumps(told, ensure_ascii=False)
    assert MARKUP in {row.get("description") for row in told["accounts"][0]["transactions"]}
    assert EMOJI in said
    assert FORBIDDEN.findall(said) == []
    assert FORBIDDEN.findall(reply.body.decode()) == []


def test_both_dialects_clean_it_in_the_same_way(api: CheckedApi, ended: Reply):
    path = f"/v1/command/{command_of(ended).attrib['id']}.xml"
    told = api.call("GET", path, accept=JSON).json["accounts"][0]["transactions"]
    in_xml = [(row.findtext("title"), row.findtext("party")) for row in rows_of(ended)]
    assert [(row.get("description"), row.get("counterpartyName")) for row in told] == in_xml


def test_two_hostile_imports_agree_with_each_other(world: World, api: CheckedApi, ended: Reply):
    session = api.mock_session("test2", ownerExternalId=OWNER)
    for endpoint in ENDPOINTS:
        world.bank.plan("hostile_text", path=endpoint)
    api.finished(session, since="2025-12-01")
    assert len(rows_of(api.data(OWNER))) == len(rows_of(ended))
