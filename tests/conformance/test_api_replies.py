"""Every operation of our OpenAPI document, asked once well and once badly: replies are as it says.

XML replies are held against their schema by `CheckedApi`; here the JSON bodies are held against
the document, and what came back against what is documented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jsonschema_rs
import pytest

from opensaldo.domain.client import Product
from tests.e2e.checked import HALF_A_YEAR, JSON, CheckedApi, sign_in
from tests.e2e.fixtures import World, of_this_process
from tests.support.platform import Reply, command_of

pytestmark = pytest.mark.enable_socket
UNKNOWN = "987654321"
DIALECTS = {"xml": None, "json": JSON}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    houses = of_this_process()
    yield houses.world("sqlite", lambda: pytest.fail("no PostgreSQL here"))
    houses.close()


@pytest.fixture(scope="module")
def document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.client().call("GET", "/v1/openapi.json").json
    return found


@dataclass
class Asker:
    """Asks operations and remembers what was asked and answered."""

    api: CheckedApi
    document: dict[str, Any]
    asked: set[str] = field(default_factory=set)

    @cached_property
    def components(self) -> dict[str, Any]:
        found: dict[str, Any] = self.document.get("components", {})
        return found

    def __call__(self, operation: str, path: str | None = None, **more: Any) -> Reply:
        method, _, template = operation.partition(" ")
        reply = self.api.call(method, path or template, **more)
        self.judge(operation, reply)
        return reply

    def judge(self, operation: str, reply: Reply) -> None:
        """The reply is documented, and its JSON body fits what is documented."""
        method, _, template = operation.partition(" ")
        documented = self.document["paths"][template][method.lower()]["responses"]
        assert str(reply.status) in documented, (operation, reply.status)
        described = self.resolved(documented[str(reply.status)])
        kind = reply.headers.get("content-type", "").partition(";")[0]
        contents = described.get("content", {})
        assert kind in contents, (operation, reply.status, kind)
        if kind == JSON:
            if "schema" not in contents[kind]:
                assert reply.body == b""
                self.asked.add(operation)
                return
            schema = {**contents[kind]["schema"], "components": self.components}
            validator = jsonschema_rs.validator_for(schema, validate_formats=True)
            faults = [str(error) for error in validator.iter_errors(reply.json)]
            assert faults == [], (operation, reply.body)
        self.asked.add(operation)

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            found: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node


@pytest.fixture
def ask(world: World, document: dict[str, Any]) -> Asker:
    return Asker(world.client(Product.MULTIPLE_ACCESS), document)


def well(ask: Asker, accept: str | None) -> None:
    """The whole main job, operation by operation."""
    pair = ask.api.mock_session(ownerExternalId="loan-7781")
    ask("POST /v1/mock-session.xml", form={"multipleAccess": "true"}, accept=accept)
    again_and_again(ask, accept)
    form = {"sessionId": pair[0], "sessionIdSignature": pair[1]}
    ask("POST /v1/command/default-import.xml", form={**form, "since": HALF_A_YEAR}, accept=accept)
    accepted = command_of(ask.api.submit(ask.api.mock_session("test3")))
    poll, place = "GET /v1/command/{id}.xml", f"/v1/command/{accepted.attrib['id']}.xml"
    ask(poll, place, accept=accept)
    ask.api.poll(accepted.attrib["id"])
    ask(poll, place, accept=accept)
    failed = ask.api.imported("test-down")
    ask(poll, f"/v1/command/{command_of(failed).attrib['id']}.xml", accept=accept)
    ask("POST /v1/command/sign-out.xml", form=form)
    in_parts(ask)
    owner = {"ownerExternalId": "loan-7781"}
    for _ in range(200):
        if ask("GET /v1/data.xml", query=owner).status == 200:
            break
    ask("DELETE /v1/data.xml", query=owner)
    ask.api.imported(ownerExternalId="loan-7781")
    ask("POST /v1/data/delete", json_body=owner)
    made = ask("POST /v1/signin/redirection", json_body={"target": "KontoBankApi"}).json
    status = "GET /v1/signin/redirection-status"
    for by in ("redirectionId", "sessionId"):
        ask(status, query={by: made[by]})
    second = ask.api.started(accessMode="MULTIPLE")
    sign_in(second["redirectionLink"])
    for by in ("redirectionId", "sessionId"):
        ask(status, query={by: second[by]})
    for catalog in ("GET /v1/ais-catalog", "GET /v1/command-catalog.xml"):
        ask(catalog)
    ask("GET /v1/health")
    ask("GET /v1/bill", query={"month": "2026-03"})
    ask("GET /v1/funnel", query={"days": "7"})
    ask("GET /v1/deletions")
    page = ask("GET /v1/events").json
    ask("GET /v1/events", query={"after": page["cursor"], "wait": 1})
    ask("GET /v1/openapi.json")
    ask("GET /schema/v1/{name}.xsd", "/schema/v1/default_import.xsd")


def again_and_again(ask: Asker, accept: str | None) -> None:
    """Multiple access: reused, deleted, and deleted once more in vain."""
    made = ask.api.call("POST", "/v1/mock-session.xml", {"multipleAccess": "true"})
    token = {"multipleAccessId": made.xml.findtext("session/multipleAccessId") or ""}
    ask("POST /v1/command/reuse-multiple-access.xml", form=token, accept=accept)
    for _ in range(2):
        ask("GET /v1/consents")
        ask("POST /v1/command/delete-multiple-access.xml", form=token, accept=accept)


def in_parts(ask: Asker) -> None:
    """The advanced imports, each well and in the order a client needs them."""
    pair = ask.api.mock_session("test3")
    form = {"sessionId": pair[0], "sessionIdSignature": pair[1]}

    def done(command: str, **more: str) -> Reply:
        reply = ask(f"POST /v1/command/{command}.xml", form={**form, **more})
        assert reply.status == 202, reply.body
        return ask.api.poll(command_of(reply).attrib["id"])

    done("import-owners")
    iban = done("import-accounts", fast="false").xml.findtext(".//account/iban") or ""
    done("import-account-transactions", iban=iban, since=HALF_A_YEAR)
    card = done("import-credit-cards").xml.findtext(".//creditCard/iban") or ""
    done("import-credit-card-transactions", cardNumber=card)


@pytest.mark.parametrize("accept", DIALECTS.values(), ids=DIALECTS)
def test_every_operation_answers_what_the_document_says(
    ask: Asker, document: dict[str, Any], accept: str | None
):
    well(ask, accept)
    listed = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in set(methods) & {"get", "post", "put", "delete", "patch"}
    }
    assert ask.asked == listed


Spoil = Callable[[CheckedApi], dict[str, Any]]
SPOILED: dict[str, Spoil] = {
    "no key": lambda api: {"headers": {"X-Api-Key": ""}},
    "wrong key": lambda api: {"headers": {"X-Api-Key": "0" * 64}},
    "body too large": lambda api: {"body": b"x" * 70_000},
    "wrong content type": lambda api: {"body": b"x", "headers": {"Content-Type": "image/png"}},
    "compressed": lambda api: {"body": b"x", "headers": {"Content-Encoding": "br"}},
    "not UTF-8": lambda api: {"body": b"sessionId=%ff", "headers": {"Content-Type": FORM}},
    "nothing": lambda api: {},
    "unknown ids": lambda api: {
        "form": {
            "sessionId": UNKNOWN,
            "sessionIdSignature": "0" * 64,
            "redirectionId": "0" * 32,
            "ownerExternalId": "nobody",
            "target": "nobody",
            "login": "nobody",
        }
    },
}
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("accept", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_every_operation_fails_as_the_document_says(
    ask: Asker, document: dict[str, Any], spoil: Spoil, accept: str | None
):
    for template, methods in document["paths"].items():
        path = re.sub(r"\{\w+\}", "987654321", template)
        for method in sorted(set(methods) & {"get", "post", "delete"}):
            ask(f"{method.upper()} {template}", path, accept=accept, **spoil(ask.api))


def test_wrong_methods_are_documented_everywhere(ask: Asker, document: dict[str, Any]):
    for template, methods in document["paths"].items():
        path = re.sub(r"\{\w+\}", "987654321", template)
        known = sorted(set(methods) & {"get", "post", "delete"})
        reply = ask.api.call("PUT", path)
        assert reply.status == 405
        ask.judge(f"{known[0].upper()} {template}", reply)


def test_the_minute_that_is_over_is_documented_everywhere(ask: Asker, document: dict[str, Any]):
    while ask.api.call("GET", "/v1/ais-catalog").status == 200:
        pass
    for template, methods in document["paths"].items():
        path = re.sub(r"\{\w+\}", "987654321", template)
        for method in sorted(set(methods) & {"get", "post", "delete"}):
            operation = document["paths"][template][method]
            reply = ask(f"{method.upper()} {template}", path)
            assert (reply.status == 429) is (operation.get("security") != [])
            if reply.status == 429:
                assert reply.exception == "TooManyRequests"
                assert int(reply.headers["retry-after"]) > 0
