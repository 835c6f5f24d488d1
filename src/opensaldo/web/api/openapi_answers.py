"""The answers of the document: successes in one or two dialects, and every failure by its error."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from opensaldo.errors import (
    Defect,
    InvalidParameter,
    LimitError,
    MethodNotAllowed,
    OpenSaldoError,
    PayloadTooLarge,
    PlatformUnavailable,
    TooManyRequests,
    Unauthorized,
    UnsupportedMediaType,
)
from opensaldo.web.api.openapi_examples import AT, CLIENT, RETRY_AFTER_S
from opensaldo.web.api.openapi_schemas import Schema, named
from opensaldo.web.calls import JSON_TYPE, Dialect
from opensaldo.web.entrance import REQUEST_ID_HEADER
from opensaldo.wire import json_v1, xml_v1
from opensaldo.wire.names import STATUS_LINES

XML_MEDIA = "application/xml"

# What any path can answer, and what any path that needs a key can answer besides.
ANYWHERE: tuple[type[OpenSaldoError], ...] = (
    MethodNotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
    Defect,
)
WITH_KEY: tuple[type[OpenSaldoError], ...] = (
    InvalidParameter,
    Unauthorized,
    *ANYWHERE,
    TooManyRequests,
    PlatformUnavailable,
)

_HEADERS: dict[str, Any] = {
    REQUEST_ID_HEADER: {
        "description": "Names this answer in the platform's logs; quote it to the operator.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    }
}
_RETRY_AFTER: dict[str, Any] = {
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 1},
        "example": RETRY_AFTER_S,
    }
}
_ALLOW: dict[str, Any] = {
    "Allow": {"description": "The methods this path serves.", "schema": {"type": "string"}}
}


def xml_success(public_url: str, schema: str, meaning: str, *, example: bytes) -> Schema:
    """A success in XML; its body is text here, its shape is the XSD."""
    return _answer(meaning, {XML_MEDIA: _xml(public_url, schema, {"success": example.decode()})})


def json_success(schema: Schema, meaning: str, *examples: Any) -> Schema:
    """A success in JSON."""
    shown = {f"success{place}": {"value": value} for place, value in enumerate(examples, 1)}
    return _answer(meaning, {JSON_TYPE: {"schema": schema, "examples": shown}})


def empty_success(meaning: str) -> Schema:
    """A success in JSON whose body is empty."""
    return _answer(meaning, {JSON_TYPE: {"examples": {}}})


def both(in_xml: Schema, in_json: Schema) -> Schema:
    """A success of a path with two dialects under one status."""
    return {**in_xml, "content": {**in_xml["content"], **in_json["content"]}}


def common_failures(public_url: str) -> dict[str, Schema]:
    """The answers many operations share, by the name a reference gives them."""
    return {
        _name(dialect, status): _failure(public_url, dialect, status, kinds)
        for dialect in Dialect
        for status, kinds in _by_status(WITH_KEY).items()
    }


def failures(
    public_url: str, dialect: Dialect, errors: Iterable[type[OpenSaldoError]]
) -> dict[str, Schema]:
    """The answers for these errors by status, each error a named example in each dialect."""
    common = _by_status(WITH_KEY)
    return {
        str(status): {"$ref": f"#/components/responses/{_name(dialect, status)}"}
        if kinds == common.get(status)
        else _failure(public_url, dialect, status, kinds)
        for status, kinds in sorted(_by_status(errors).items())
    }


def _by_status(errors: Iterable[type[OpenSaldoError]]) -> dict[int, list[type[OpenSaldoError]]]:
    by_status: dict[int, list[type[OpenSaldoError]]] = {}
    for error in errors:
        by_status.setdefault(error.http_status, []).append(error)
    return by_status


def _name(dialect: Dialect, status: int) -> str:
    return f"{HTTPStatus(status).phrase.replace(' ', '')}.{dialect.value}"


def _failure(
    public_url: str, dialect: Dialect, status: int, kinds: list[type[OpenSaldoError]]
) -> Schema:
    content: dict[str, Any] = {}
    if dialect is not Dialect.JSON:
        shown = {kind.wire_name: _in_xml(public_url, kind) for kind in kinds}
        content[XML_MEDIA] = _xml(public_url, "reply", shown)
    if dialect is not Dialect.XML:
        examples = {kind.wire_name: {"value": _in_json(public_url, kind)} for kind in kinds}
        schema = named("Unauthorized" if status == Unauthorized.http_status else "Failure")
        content[JSON_TYPE] = {"schema": schema, "examples": examples}
    meaning = " ".join(
        [STATUS_LINES[status] + ":", *dict.fromkeys(kind().message for kind in kinds)]
    )
    answer = _answer(meaning, content)
    if status == LimitError.http_status:
        answer["headers"] |= {"Retry-After": {**_RETRY_AFTER["Retry-After"], "required": True}}
    if status == PlatformUnavailable.http_status:
        answer["headers"] |= _RETRY_AFTER
    if status == MethodNotAllowed.http_status:
        answer["headers"] |= _ALLOW
    return answer


def _answer(meaning: str, content: dict[str, Any]) -> Schema:
    return {"description": meaning, "headers": dict(_HEADERS), "content": content}


def _xml(public_url: str, schema: str, examples: dict[str, str]) -> Schema:
    address = f"{public_url}/schema/v1/{schema}.xsd"
    return {
        "schema": {
            "type": "string",
            "description": f"An XML document; its shape: {address}",
            "externalDocs": {"url": address, "description": f"{schema}.xsd"},
        },
        "examples": {name: {"value": text} for name, text in examples.items()},
    }


def _in_xml(public_url: str, kind: type[OpenSaldoError]) -> str:
    if kind is Unauthorized:
        return xml_v1.unauthorized_reply(AT, *_masked(public_url)).decode()
    envelope = xml_v1.Envelope(public_url, AT, CLIENT)
    return xml_v1.error_reply(envelope, kind()).decode()


def _in_json(public_url: str, kind: type[OpenSaldoError]) -> Any:
    if kind is Unauthorized:
        comment = xml_v1.unauthorized_comment(*_masked(public_url))
        return json.loads(json_v1.unauthorized(AT, comment))
    return json.loads(json_v1.error(kind(), AT, CLIENT))


def _masked(public_url: str) -> tuple[str, str, str, str, str]:
    shown = (xml_v1.mask("203.0.113.57"), xml_v1.mask("a0" + "0" * 60 + "93"))
    return *shown, public_url, "support@example.org", public_url
