"""Two clients, two environments: nobody sees what is not his (wire contract, 2.2; issue 2)."""

from __future__ import annotations

from typing import Any

import pytest

from opensaldo.domain.client import Product
from tests.e2e.checked import CheckedApi, browse, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.support.platform import command_of, state_of

UNKNOWN_SESSION = (404, "InvalidSessionId")


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=["another TEST client", "a PRODUCTION client"])
def other(request: pytest.FixtureRequest, world: World) -> CheckedApi:
    return world.client(production="PRODUCTION" in request.param)


def end(reply: Any) -> tuple[int, str | None]:
    return reply.status, reply.exception


def test_a_session_of_another_client_is_unknown(api: CheckedApi, other: CheckedApi):
    session = api.mock_session()
    form = {"sessionId": session[0], "sessionIdSignature": session[1]}
    assert end(other.submit(session)) == UNKNOWN_SESSION
    assert end(other.call("POST", "/v1/command/sign-out.xml", form)) == UNKNOWN_SESSION
    assert state_of(api.finished(session)) == "successful"


def test_a_command_of_another_client_is_unknown(api: CheckedApi, other: CheckedApi):
    session = api.mock_session()
    path = f"/v1/command/{command_of(api.finished(session)).attrib['id']}.xml"
    pair = {"sessionId": session[0], "sessionIdSignature": session[1]}
    assert end(other.call("GET", path)) == (404, "InvalidCommandId")
    assert end(other.call("GET", path, query=pair)) == UNKNOWN_SESSION
    assert end(other.call("GET", path, accept="application/json")) == (404, "InvalidCommandId")


def test_a_redirection_of_another_client_is_unknown(api: CheckedApi, other: CheckedApi):
    made = api.started()
    place = "/v1/signin/redirection-status"
    by_id = other.call("GET", place, query={"redirectionId": made["redirectionId"]})
    by_session = other.call("GET", place, query={"sessionId": made["sessionId"]})
    assert end(by_id) == (404, "InvalidRedirectionId")
    assert end(by_session) == UNKNOWN_SESSION


def test_an_owner_of_another_client_is_unknown_and_stays(api: CheckedApi, other: CheckedApi):
    api.imported(ownerExternalId="loan-7781")
    asked = {"ownerExternalId": "loan-7781"}
    for method, path in (("GET", "/v1/data.xml"), ("DELETE", "/v1/data.xml")):
        reply = other.call(method, path, query=asked)
        assert end(reply) == (404, "InvalidOwnerExternalId")
    by_post = other.call("POST", "/v1/data/delete", json_body=asked)
    assert end(by_post) == (404, "InvalidOwnerExternalId")
    assert api.data("loan-7781").status == 200


def test_one_owners_id_at_two_clients_is_two_owners(world: World, api: CheckedApi):
    other = world.client()
    api.imported("test1", ownerExternalId="loan-7781")
    other.imported("test2", ownerExternalId="loan-7781")
    first, second = api.data("loan-7781"), other.data("loan-7781")
    assert first.xml.findtext(".//account/iban") != second.xml.findtext(".//account/iban")
    assert len(first.xml.findall(".//account")) == len(second.xml.findall(".//account")) == 1
    asked = {"ownerExternalId": "loan-7781"}
    assert api.call("DELETE", "/v1/data.xml", query=asked).status == 200
    assert (api.data("loan-7781").status, other.data("loan-7781").status) == (404, 200)


# --- the mock bank is for TEST only ----------------------------------------------------------
def test_there_is_no_mock_session_in_production(world: World):
    api = world.client(production=True)
    for accept in (None, "application/json"):
        refused = api.call("POST", "/v1/mock-session.xml", accept=accept)
        assert end(refused) == (404, "NotFound")


def test_the_mock_bank_is_in_no_catalogue_of_production(world: World, api: CheckedApi):
    production = world.client(production=True)
    listed = {target["id"] for target in api.call("GET", "/v1/ais-catalog").json["targets"]}
    assert {"KontoBankApi", "KontoBankApi_cz", "KontoBankApi_ee"} <= listed
    assert production.call("GET", "/v1/ais-catalog").json == {"targets": []}
    catalog = production.call("GET", "/v1/command-catalog.xml")
    assert (catalog.status, catalog.xml.findall(".//target")) == (200, [])


@pytest.mark.parametrize("target", ["KontoBankApi", "KontoBankApi_cz", "KontoBank"])
def test_the_mock_bank_cannot_be_signed_in_to_from_production(world: World, target: str):
    api = world.client(production=True)
    refused = api.call("POST", "/v1/signin/redirection", json_body={"target": target})
    assert end(refused) == (400, "InvalidTarget")


def test_the_pages_of_production_offer_no_mock_bank(world: World):
    api = world.client(production=True)
    made = api.started(target=None)
    assert "KontoBank" not in browse(made["redirectionLink"]).body
    for form in ({"target": "KontoBankApi", "decision": "agree"}, {"target": "KontoBankApi"}):
        assert browse(made["redirectionLink"] + "/consent", form).status == 400
    assert api.status(redirectionId=made["redirectionId"])["status"] == "PENDING"


def test_production_returns_to_https_only(world: World, api: CheckedApi):
    production = world.client(production=True)
    for uri, status in (("http://shop.example.com/", 400), ("https://shop.example.com/", 200)):
        body = {"redirectUri": uri}
        assert production.call("POST", "/v1/signin/redirection", json_body=body).status == status
        assert api.call("POST", "/v1/signin/redirection", json_body=body).status == 200


# --- products --------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", ["MULTIPLE", "MIXED"])
def test_without_the_product_multiple_access_is_closed(api: CheckedApi, mode: str):
    for body in ({"accessMode": mode}, {"psd2": {"accessMode": mode}}):
        refused = api.call("POST", "/v1/signin/redirection", json_body=body)
        assert end(refused) == (403, "FeatureNotEnabled")
    mock = api.call("POST", "/v1/mock-session.xml", {"multipleAccess": "true"})
    assert end(mock) == (403, "FeatureNotEnabled")


def test_with_the_product_the_id_of_the_access_stands_in_all_three_places(world: World):
    api = world.client(Product.MULTIPLE_ACCESS)
    mock = api.call("POST", "/v1/mock-session.xml", {"multipleAccess": "true"})
    session = mock.xml.find("session")
    assert session is not None
    access_id = session.findtext("multipleAccessId") or ""
    assert len(access_id) == 64
    ended = api.finished((session.attrib["id"], session.attrib["signature"]))
    path = f"/v1/command/{command_of(ended).attrib['id']}.xml"
    told = api.call("GET", path, accept="application/json").json
    assert told["multipleAccessToken"] == access_id
    made = api.started(accessMode="MULTIPLE")
    sign_in(made["redirectionLink"])
    params = api.status(redirectionId=made["redirectionId"])["params"]
    assert len(params["multipleAccessId"]) == 64
    assert params["multipleAccessId"] != access_id


def test_a_mixed_access_grants_a_consent_where_the_bank_offers_one(world: World):
    api = world.client(Product.MULTIPLE_ACCESS)
    made = api.started(psd2={"accessMode": "MIXED"})
    sign_in(made["redirectionLink"])
    assert api.status(redirectionId=made["redirectionId"])["params"]["multipleAccessId"]


def test_a_single_access_has_no_such_id_anywhere(world: World):
    api = world.client(Product.MULTIPLE_ACCESS)
    mock = api.call("POST", "/v1/mock-session.xml")
    assert mock.xml.find("session/multipleAccessId") is None
    ended = api.finished(api.mock_session())
    path = f"/v1/command/{command_of(ended).attrib['id']}.xml"
    assert "multipleAccessToken" not in api.call("GET", path, accept="application/json").json
    made = api.started()
    sign_in(made["redirectionLink"])
    assert api.status(redirectionId=made["redirectionId"])["params"]["multipleAccessId"] is None


@pytest.mark.parametrize("country", ["es", "pt", "ro", "lt", "lv", "ee"])
def test_only_poland_and_czechia_offer_multiple_access(world: World, country: str):
    api = world.client(Product.MULTIPLE_ACCESS)
    mock = api.call("POST", "/v1/mock-session.xml", {"multipleAccess": "true", "country": country})
    body = {"target": f"KontoBankApi_{country}", "accessMode": "MULTIPLE"}
    link = api.call("POST", "/v1/signin/redirection", json_body=body)
    assert end(mock) == end(link) == (400, "InvalidTarget")
    made = api.started(target=f"KontoBankApi_{country}", accessMode="MIXED")
    sign_in(made["redirectionLink"])
    found = api.status(redirectionId=made["redirectionId"])
    assert (found["status"], found["params"]["multipleAccessId"]) == ("SUCCESS", None)
    listed = api.call("GET", "/v1/ais-catalog", query={"country": country}).json["targets"]
    assert {tuple(target["accessModes"]) for target in listed} == {("SINGLE", "MIXED")}


def test_czechia_grants_multiple_access(world: World):
    api = world.client(Product.MULTIPLE_ACCESS)
    mock = api.call("POST", "/v1/mock-session.xml", {"multipleAccess": "true", "country": "cz"})
    assert mock.xml.find("session/multipleAccessId") is not None
