"""The parameters of the document, in the three places they may stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opensaldo.web.api.openapi_examples import OWNER as EXAMPLE_OWNER
from opensaldo.web.api.openapi_schemas import OWNER_EXTERNAL_ID, Schema
from opensaldo.web.calls import JSON_TYPE
from opensaldo.wire.params import FORM

FLAG: Schema = {"type": "string", "enum": ["true", "false"]}
FLAG_IN_JSON: Schema = {"enum": [True, False, "true", "false"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter; `in_json` where a JSON body may say it in another type as well."""

    name: str
    meaning: str
    schema: Schema
    example: Any = None
    required: bool = False
    in_json: Schema | None = None

    @property
    def as_text(self) -> Schema:
        """Its schema in a query or form: empty counts as not sent."""
        schema = self.schema if self.required else _or(self.schema, "")
        return {**schema, "description": self.meaning}

    @property
    def as_member(self) -> Schema:
        """Its schema in a JSON body: null and empty count as not sent."""
        schema = self.in_json or self.schema
        if not self.required:
            schema = _or(schema, "", None)
        return {**schema, "description": self.meaning}


def in_query(*parameters: Parameter) -> list[Schema]:
    """The parameters of a request without a body."""
    return [_placed("query", one) for one in parameters]


def in_path(parameter: Parameter) -> Schema:
    """A part of the path."""
    return _placed("path", parameter)


def in_body(*parameters: Parameter, extra_members: dict[str, Schema] | None = None) -> Schema:
    """A body, as a form or as JSON; what stands in the query need not stand here."""
    required = [one.name for one in parameters if one.required]
    form: Schema = {
        "type": "object",
        "properties": {one.name: one.as_text for one in parameters},
    }
    members = {one.name: one.as_member for one in parameters} | (extra_members or {})
    document: Schema = {"type": "object", "properties": members}
    if required:
        form["required"] = document["required"] = required
    example = {one.name: one.example for one in parameters if one.example is not None}
    return {
        "required": bool(required),
        "content": {
            FORM: {"schema": form, "example": example},
            JSON_TYPE: {"schema": document, "example": example},
        },
    }


def _or(schema: Schema, *others: str | None) -> Schema:
    """The schema with these values allowed as well."""
    if "enum" in schema:
        kind = {} if None in others else {"type": schema.get("type", "string")}
        return {**kind, "enum": [*schema["enum"], *others]}
    return {"anyOf": [schema, {"enum": list(others)}]}


def _placed(place: str, parameter: Parameter) -> Schema:
    placed: Schema = {
        "name": parameter.name,
        "in": place,
        "required": parameter.required,
        "description": parameter.meaning,
        "schema": parameter.as_text if place == "query" else parameter.schema,
    }
    if parameter.example is not None:
        placed["example"] = parameter.example
    return placed


_OWNER_IN_JSON: Schema = {**OWNER_EXTERNAL_ID, "type": ["string", "number", "boolean"]}
OWNER = Parameter(
    name="ownerExternalId",
    meaning="The client's own id for the person; the platform makes one when it is left out.",
    schema=OWNER_EXTERNAL_ID,
    example=EXAMPLE_OWNER,
    in_json=_OWNER_IN_JSON,
)
OWNER_SECOND_NAME = Parameter(
    name="externalOwnerId",
    meaning="Second name of `ownerExternalId`.",
    schema=OWNER_EXTERNAL_ID,
    in_json=_OWNER_IN_JSON,
)
