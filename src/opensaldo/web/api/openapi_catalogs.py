"""The document's chapter on catalogues, health, and the descriptions of the API itself."""

from __future__ import annotations

import json
from typing import Any

from opensaldo.data import COUNTRIES
from opensaldo.errors import NotFound, PlatformUnavailable
from opensaldo.web.api import openapi_examples as examples
from opensaldo.web.api.openapi_answers import (
    ANYWHERE,
    WITH_KEY,
    XML_MEDIA,
    failures,
    json_success,
    xml_success,
)
from opensaldo.web.api.openapi_parameters import FLAG, Parameter, in_path, in_query
from opensaldo.web.api.openapi_schemas import Schema, named, one_of
from opensaldo.web.common import Dialect
from opensaldo.web.sign_in_options import ALL
from opensaldo.wire import json_v1, xml_v1

NO_KEY: list[Any] = []
_COUNTRY = Parameter(
    name="country",
    meaning="Two lower-case letters, or `all`, which is the default.",
    schema=one_of(*COUNTRIES, ALL),
    example="pl",
)
_FAVICONS = Parameter(
    name="favicons", meaning="Whether to name icons; default true.", schema=FLAG, example="false"
)
_SCHEMA_NAME = Parameter(
    name="name",
    meaning="The schema's name, as a reply's xsi:noNamespaceSchemaLocation says it.",
    schema={"type": "string", "pattern": "^[a-z_]{1,60}$"},
    example="default_import",
    required=True,
)


def paths(public_url: str) -> dict[str, Any]:
    """The paths of this chapter."""
    return {
        "/v1/ais-catalog": {"get": _ais_catalog(public_url)},
        "/v1/command-catalog.xml": {"get": _command_catalog(public_url)},
        "/v1/health": {"get": _health(public_url)},
        "/v1/openapi.json": {"get": _openapi(public_url)},
        "/schema/v1/{name}.xsd": {"get": _schema(public_url)},
    }


def _ais_catalog(public_url: str) -> Schema:
    reply = json.loads(json_v1.ais_catalog([examples.TARGET]))
    return {
        "tags": ["Catalogue"],
        "operationId": "getAisCatalog",
        "summary": "List the targets",
        "description": "Every bank that can be signed in to, with the access modes it serves.",
        "parameters": in_query(_COUNTRY),
        "responses": {
            "200": json_success(named("Catalogue"), "The targets.", reply),
            **failures(public_url, Dialect.JSON, WITH_KEY),
        },
    }


def _command_catalog(public_url: str) -> Schema:
    inner = xml_v1.catalog([examples.TARGET])
    in_xml = examples.xml_reply(public_url, "get_command_catalog", inner)
    return {
        "tags": ["Catalogue"],
        "operationId": "getCommandCatalog",
        "summary": "List the targets with their commands",
        "description": "Only targets and commands that work. XML only.",
        "parameters": in_query(_COUNTRY, _FAVICONS),
        "responses": {
            "200": xml_success(public_url, "get_command_catalog", "The targets.", example=in_xml),
            **failures(public_url, Dialect.XML, WITH_KEY),
        },
    }


def _health(public_url: str) -> Schema:
    return {
        "tags": ["Catalogue"],
        "operationId": "getHealth",
        "summary": "Ask whether the platform serves",
        "security": NO_KEY,
        "responses": {
            "200": json_success(named("Health"), "It serves.", {"status": "OK"}),
            **failures(public_url, Dialect.JSON, (*ANYWHERE, PlatformUnavailable)),
        },
    }


def _openapi(public_url: str) -> Schema:
    shape = {"type": "object", "required": ["openapi", "info", "paths"]}
    return {
        "tags": ["Catalogue"],
        "operationId": "getOpenapi",
        "summary": "Read this document",
        "security": NO_KEY,
        "responses": {
            "200": json_success(shape, "This document."),
            **failures(public_url, Dialect.JSON, ANYWHERE),
        },
    }


def _schema(public_url: str) -> Schema:
    content = {XML_MEDIA: {"schema": {"type": "string", "description": "An XML Schema."}}}
    return {
        "tags": ["Catalogue"],
        "operationId": "getSchema",
        "summary": "Read the XML Schema of a reply",
        "security": NO_KEY,
        "parameters": [in_path(_SCHEMA_NAME)],
        "responses": {
            "200": {"description": "The schema.", "content": content},
            **failures(public_url, Dialect.XML, (*ANYWHERE, NotFound)),
        },
    }
