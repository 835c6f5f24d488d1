"""The document agrees with the routes, with the error tree, and with itself."""

import json
import re
from typing import Any

import pytest
from jsonschema_rs import validator_for

from opensaldo.errors import OpenSaldoError
from opensaldo.web.api.openapi import document
from opensaldo.web.api.routes import RESOURCES
from opensaldo.web.common import Dialect
from opensaldo.web.docs.page import render
from opensaldo.web.docs.reading import chapters, faults
from opensaldo.web.sign_in_options import STYLE_LENGTH_MAX, STYLES_MAX, sign_in_options
from opensaldo.web.widget.styles import RADIUS, VARIABLES
from opensaldo.wire.json_events import STREAM_TYPE
from opensaldo.wire.names import STATUS_LINES
from opensaldo.wire.params import ALIASES, Params

URL = "https://api.example.org"
DOCUMENT = document(URL, "1.2.3")
LOOK = {
    "showFavicons": True,
    "showBetaQualityLabels": "false",
    "styles": {"textColor": "#123456", RADIUS: 2.5, "btnBgColor": "x" * (STYLE_LENGTH_MAX + 1)},
}
OPERATIONS = [
    (path, method, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
IDS = [operation["operationId"] for _path, _method, operation in OPERATIONS]
MEDIA = {
    Dialect.XML: {"application/xml"},
    Dialect.JSON: {"application/json"},
    Dialect.BOTH: {"application/xml", "application/json"},
}


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in answer:
        return answer
    found: dict[str, Any] = DOCUMENT["components"]["responses"][answer["$ref"].split("/")[-1]]
    return found


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "components": DOCUMENT["components"]}


def _errors(kind: type[OpenSaldoError]) -> set[str]:
    return {kind.wire_name}.union(*(_errors(child) for child in kind.__subclasses__()))


def test_it_is_json_and_carries_address_and_version() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT
    assert DOCUMENT["servers"][0]["url"] == URL
    assert DOCUMENT["info"]["version"] == "1.2.3"


def test_it_describes_every_route_and_no_other() -> None:
    described = {(path, method.upper()) for path, method, _operation in OPERATIONS}
    served = {(one.path, method) for one in RESOURCES for method in one.handlers}
    assert described == served


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
def test_an_operation_answers_in_the_dialects_of_its_route(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    resource = next(one for one in RESOURCES if one.path == path)
    assert (operation.get("security") == []) is resource.keyless
    for status, answer in operation["responses"].items():
        found = set(_answer(answer)["content"]) - {STREAM_TYPE}
        if int(status) >= 400:
            assert found == MEDIA[resource.dialect]
        else:
            assert found <= MEDIA[resource.dialect]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
def test_an_operation_names_every_way_it_may_fail(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    statuses = set(operation["responses"])
    assert {"405", "413", "415", "500"} <= statuses
    if operation.get("security") != []:
        assert {"400", "401", "429", "503"} <= statuses
        assert _answer(operation["responses"]["429"])["headers"]["Retry-After"]["required"]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
def test_every_example_has_the_shape_the_document_gives_it(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    for status, answer in operation["responses"].items():
        content = _answer(answer)["content"].get("application/json", {"examples": {}})
        for example in content["examples"].values():
            validator_for(_whole(content["schema"])).validate(example["value"])
            if int(status) >= 400:
                assert example["value"]["status"] == STATUS_LINES[int(status)]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        validator_for(_whole(content["schema"])).validate(content["example"])
    for parameter in operation.get("parameters", ()):
        if "example" in parameter:
            validator_for(parameter["schema"]).validate(parameter["example"])


def test_every_failure_is_a_name_of_the_error_tree() -> None:
    assert {fault.name for fault in faults(DOCUMENT)} <= _errors(OpenSaldoError)


def test_both_names_of_a_parameter_are_there() -> None:
    body = DOCUMENT["paths"]["/v1/signin/redirection"]["post"]["requestBody"]["content"]
    form = body["application/x-www-form-urlencoded"]["schema"]["properties"]
    for first in ("redirectUri", "ownerExternalId"):
        assert {first, *ALIASES[first]} <= set(form)
    grouped = body["application/json"]["schema"]["properties"]["psd2"]["properties"]
    assert {f"psd2.{name}" for name in grouped} == {
        second
        for first in ("accessMode", "maxImportDate", "forceSca")
        for second in ALIASES[first]
        if "." in second
    }


def test_every_reference_leads_somewhere() -> None:
    for reference in re.findall(r'"\$ref": "#/components/(\w+)/([^"]+)"', json.dumps(DOCUMENT)):
        assert reference[1] in DOCUMENT["components"][reference[0]]


def test_the_page_shows_every_operation_and_needs_nothing_from_elsewhere() -> None:
    page = render(DOCUMENT)
    shown = [one.anchor for chapter in chapters(DOCUMENT) for one in chapter.operations]
    assert sorted(shown) == sorted(IDS)
    for anchor in shown:
        assert f'id="{anchor}"' in page
    assert "<script" not in page
    assert not re.search(r'(src|style)="', page)
    assert set(re.findall(r'<link [^>]*href="([^"]+)"', page)) == {"/docs/docs.css"}


def test_curl_snippets_take_the_key_from_the_environment() -> None:
    for chapter in chapters(DOCUMENT):
        for one in chapter.operations:
            assert ("$OPENSALDO_KEY" in one.curl) is one.needs_key
            assert URL in one.curl
            assert "{" not in one.curl.rsplit(URL, 1)[1]


def test_a_redirections_look_is_described_with_its_names_and_limits() -> None:
    start = DOCUMENT["paths"]["/v1/signin/redirection"]["post"]
    members = start["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert set(members["styles"]["properties"]) == {*VARIABLES, RADIUS}
    assert members["styles"]["maxProperties"] == STYLES_MAX
    read = sign_in_options(Params.read(b"", json.dumps(LOOK).encode(), "application/json")).look
    assert read.show_favicons
    assert read.styles == {"textColor": "#123456", "borderRadius": "2.5"}
    for name, value in LOOK.items():
        assert validator_for(_whole(members[name])).is_valid(value), name
