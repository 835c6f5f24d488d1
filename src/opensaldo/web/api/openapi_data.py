"""The document's chapter on aggregated data: read, delete, and the proof of that."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from opensaldo.domain.deletion import Cause, Deletion
from opensaldo.errors import InvalidCursor, InvalidOwnerExternalId, UnknownOwnerExternalId
from opensaldo.web.api import openapi_examples as examples
from opensaldo.web.api.openapi_answers import WITH_KEY, failures, json_success, xml_success
from opensaldo.web.api.openapi_parameters import (
    OWNER,
    OWNER_SECOND_NAME,
    Parameter,
    in_body,
    in_query,
)
from opensaldo.web.api.openapi_schemas import CURSOR, Schema, named
from opensaldo.web.common import Dialect
from opensaldo.wire import json_deletions, json_v1, xml_v1

_ERRORS = (*WITH_KEY, InvalidOwnerExternalId, UnknownOwnerExternalId)
_PROOF_ID = "7-0be1f29c4d8a6375"
_BEFORE = Parameter(
    name="before",
    meaning="The id of the last proof that was seen: older ones follow. Default: the newest.",
    schema=CURSOR,
    example=_PROOF_ID,
)
_PROOF = Deletion(
    cause=Cause.RETENTION,
    at=examples.AT,
    counts={"documents": 2},
    commands=(examples.COMMAND_ID,),
)
_OWNER = replace(OWNER, meaning="The client's own id for the person.", required=True)


def paths(public_url: str) -> dict[str, Any]:
    """The paths of this chapter."""
    return {
        "/v1/data.xml": {"get": _read(public_url), "delete": _delete(public_url)},
        "/v1/data/delete": {"post": _delete_by_post(public_url)},
        "/v1/deletions": {"get": _list_deletions(public_url)},
    }


def _read(public_url: str) -> Schema:
    inner = xml_v1.owner_data(examples.RECORD)
    in_xml = examples.xml_reply(public_url, "get_data", inner, owner=examples.OWNER)
    return {
        "tags": ["Data"],
        "operationId": "getData",
        "summary": "Read everything under one owner's id",
        "description": "All imports of the last 24 hours, those of one target merged. `lastChange` "
        "is when an import last ended well, whether it brought anything new or not. XML only.",
        "parameters": in_query(_OWNER, OWNER_SECOND_NAME),
        "responses": {
            "200": xml_success(public_url, "get_data", "The owner's record.", example=in_xml),
            **failures(public_url, Dialect.XML, _ERRORS),
        },
    }


def _delete(public_url: str) -> Schema:
    in_xml = examples.xml_reply(public_url, "delete_data", xml_v1.empty(), owner=examples.OWNER)
    return {
        "tags": ["Data"],
        "operationId": "deleteData",
        "summary": "Delete everything under one owner's id",
        "description": "Imports and results are gone, and the keys they were sealed with.",
        "parameters": in_query(_OWNER, OWNER_SECOND_NAME),
        "responses": {
            "200": xml_success(public_url, "delete_data", "Deleted.", example=in_xml),
            **failures(public_url, Dialect.XML, _ERRORS),
        },
    }


def _delete_by_post(public_url: str) -> Schema:
    reply = json.loads(json_v1.deleted(examples.OWNER))
    return {
        "tags": ["Data"],
        "operationId": "deleteDataByPost",
        "summary": "Delete, for clients that cannot send DELETE",
        "requestBody": in_body(_OWNER, OWNER_SECOND_NAME),
        "responses": {
            "200": json_success(named("Deleted"), "Deleted.", reply),
            **failures(public_url, Dialect.JSON, _ERRORS),
        },
    }


def _list_deletions(public_url: str) -> Schema:
    shown = json.loads(json_deletions.deletions([(_PROOF_ID, _PROOF)], has_more=False))
    return {
        "tags": ["Data"],
        "operationId": "getDeletions",
        "summary": "Read the proofs of deletion",
        "description": "What was deleted of the client's, newest first and a hundred at a time: by "
        "retention, by the client, by the operator, and the days whose keys were destroyed, with "
        "which every backup of that day became unreadable. Counts and ids of commands only; kept "
        "for a year. With `ownerExternalId`: when this owner was erased.",
        "parameters": in_query(replace(_OWNER, required=False), OWNER_SECOND_NAME, _BEFORE),
        "responses": {
            "200": json_success(named("Deletions"), "The proofs.", shown),
            **failures(
                public_url, Dialect.JSON, (*WITH_KEY, InvalidOwnerExternalId, InvalidCursor)
            ),
        },
    }
