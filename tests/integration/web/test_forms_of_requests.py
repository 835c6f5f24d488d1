"""The forms side by side: names, bodies, slashes and dialects that all say the same (2.4, 1.1)."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest

from tests.e2e.checked import SHOP, CheckedApi, browse
from tests.e2e.fixtures import World
from tests.support.platform import command_of

IMPORT = "/v1/command/default-import.xml"
DATA = "/v1/data.xml"
BROWSERS = "application/json, text/plain, */*"


@pytest.fixture
def owner(api: CheckedApi) -> str:
    api.imported(ownerExternalId="loan-7781")
    return "loan-7781"


@pytest.mark.parametrize("path", ["//v1/data.xml", "/v1//data.xml", "///v1///data.xml"])
def test_slashes_collapse(api: CheckedApi, owner: str, path: str):
    assert api.call("GET", path, query={"ownerExternalId": owner}).status == 200


@pytest.mark.parametrize("name", ["ownerExternalId", "externalOwnerId"])
@pytest.mark.parametrize("where", ["query", "form", "json_body"])
def test_the_owner_is_named_by_either_name_in_query_form_or_json(
    api: CheckedApi, owner: str, name: str, where: str
):
    assert api.call("GET", DATA, **{where: {name: owner}}).status == 200


def test_the_query_wins_over_the_body(api: CheckedApi, owner: str):
    query, form = {"ownerExternalId": owner}, {"ownerExternalId": "nobody"}
    assert api.call("GET", DATA, form, query=query).status == 200
    assert api.call("GET", DATA, query, query=form).status == 404


def test_both_names_may_be_sent_when_they_agree(api: CheckedApi, owner: str):
    both = {"ownerExternalId": owner, "externalOwnerId": owner}
    assert api.call("GET", DATA, query=both).status == 200


def test_unknown_parameters_are_ignored(api: CheckedApi, owner: str):
    query = {"ownerExternalId": owner, "sessionId": "x", "nonsense": "1"}
    assert api.call("GET", DATA, query=query).status == 200


@pytest.mark.parametrize(
    "owner",
    ["a", "x" * 255, "zażółć gęślą", "😀", "a&b<c>\"d'", "a+b %41", " a  b ", "null", "\u2028"],
)
def test_an_owners_id_comes_back_exactly(api: CheckedApi, owner: str):
    api.imported(ownerExternalId=owner)
    reply = api.data(owner)
    assert reply.xml.attrib["ownerExternalId"] == owner
    gone = api.call("POST", "/v1/data/delete", json_body={"ownerExternalId": owner})
    assert gone.json == {"status": "200 OK", "ownerExternalId": owner}


@pytest.mark.parametrize(
    "body",
    [
        {"redirectUri": SHOP, "accessMode": "SINGLE"},
        {"redirectUrl": SHOP, "psd2": {"accessMode": "SINGLE"}},
        {"redirectUri": SHOP, "redirectUrl": SHOP, "psd2": None},
        {},
    ],
)
def test_a_redirection_starts_by_either_set_of_names(api: CheckedApi, body: dict[str, object]):
    reply = api.call("POST", "/v1/signin/redirection", json_body=body)
    assert set(reply.json) == {
        "redirectionId",
        "redirectionLink",
        "redirectUrl",
        "sessionId",
        "sessionIdSignature",
    }


@pytest.mark.parametrize(
    ("uri", "sent"),
    [
        ("https://sklep.example/powrót?zamówienie=1", "/powr%C3%B3t?zam%C3%B3wienie=1&"),
        ("https://shop.example.com/a%20b?x=%26", "/a%20b?x=%26&"),
        ("https://shop.example.com:8443/?a=1&a=2", "/?a=1&a=2&"),
        ("https://shop.example.com", "?"),
    ],
)
def test_any_return_address_is_led_back_to(api: CheckedApi, uri: str, sent: str):
    made = api.started(redirectUri=uri)
    page = browse(made["redirectionLink"] + "/consent", {"decision": "cancel"})
    assert page.status == 303
    assert f"{sent}redirectionId={made['redirectionId']}" in (page.location or "")


def test_ids_may_be_numbers_in_json(api: CheckedApi):
    session = api.mock_session()
    body = {"sessionId": int(session[0]), "sessionIdSignature": session[1]}
    assert api.call("POST", IMPORT, json_body=body).status == 202


def test_a_redirection_starts_by_a_form_too(api: CheckedApi):
    form = {"redirectUri": SHOP, "psd2.accessMode": "SINGLE", "country": "cz"}
    assert api.call("POST", "/v1/signin/redirection", form).status == 200


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        (None, False),
        ("*/*", False),
        ("application/json", True),
        ("application/json;q=0", False),
        (BROWSERS, False),
        ("text/plain, application/json, */*", False),
        ("application/json, */*;q=0.5", True),
        ("application/xml", False),
        ("application/json;q=0.5, application/xml", False),
        ("APPLICATION/JSON", True),
        ("text/html", False),
        ("nonsense", False),
    ],
)
def test_the_accept_header_chooses_the_dialect(api: CheckedApi, accept: str | None, is_json: bool):
    reply = api.call("POST", "/v1/mock-session.xml", accept=accept)
    assert (reply.headers["content-type"] == "application/json") is is_json
    assert reply.headers["vary"] == "Accept"


def test_a_json_body_serves_where_forms_are_usual(api: CheckedApi):
    made = api.call("POST", "/v1/mock-session.xml", json_body={"login": "test2"}, accept="text/xml")
    session = made.xml.find("session")
    assert session is not None
    pair = {"sessionId": session.attrib["id"], "sessionIdSignature": session.attrib["signature"]}
    assert command_of(api.call("POST", IMPORT, json_body=pair)).attrib["state"] == "setup"


def test_parameters_may_stand_in_the_query_of_a_post(api: CheckedApi):
    session = api.mock_session()
    query = {"sessionId": session[0], "sessionIdSignature": session[1]}
    assert api.call("POST", IMPORT, query=query).status == 202


@pytest.mark.parametrize("path", ["/v1/health", "/v1/ais-catalog", "/v1/command-catalog.xml"])
def test_head_is_get_without_a_body(api: CheckedApi, path: str):
    reply = api.call("HEAD", path)
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["content-length"]) == len(api.call("GET", path).body)


def test_a_body_of_exactly_the_limit_is_read(api: CheckedApi):
    body = b"login=test1&pad=" + b"x" * (65_536 - 16)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert api.call("POST", "/v1/mock-session.xml", body=body, headers=headers).status == 200


@pytest.mark.parametrize(("size", "status"), [(1_000, 200), (70_000, 413)])
def test_a_chunked_body_is_measured_as_it_comes(world: World, size: int, status: int):
    api = world.client()
    parts = urlsplit(world.address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    chunks = [b"login=test1&pad=", *[b"x" * 1_000] * (size // 1_000)]
    headers = {"X-Api-Key": api.key or "", "Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request(
            "POST", "/v1/mock-session.xml", iter(chunks), headers, encode_chunked=True
        )
        reply = connection.getresponse()
        body = reply.read()
    finally:
        connection.close()
    assert (reply.status, b"PayloadTooLarge" in body) == (status, status == 413)


def test_schemas_are_published_where_replies_point(world: World, api: CheckedApi):
    reply = api.call("GET", "/v1/command-catalog.xml")
    place = reply.xml.attrib["{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"]
    assert place == f"{world.address}/schema/v1/get_command_catalog.xsd"
    schema = api.call("GET", urlsplit(place).path)
    assert (schema.status, schema.headers["content-type"]) == (200, "application/xml")


def test_health_says_ok(api: CheckedApi):
    assert json.loads(api.call("GET", "/v1/health").body) == {"status": "OK"}
