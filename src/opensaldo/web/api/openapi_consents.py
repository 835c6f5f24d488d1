"""The document's chapter on multiple access: coming back without the person, and ending that."""

from __future__ import annotations

import json
from typing import Any

from opensaldo.errors import (
    BankUnavailable,
    ConcurrentSessionsLimitExceed,
    FeatureNotEnabled,
    InvalidMultipleAccessId,
    InvalidOwnerExternalId,
    InvalidSince,
    JobsQuotaExceeded,
    MultipleAccessLimitExceeded,
)
from opensaldo.web.api import openapi_examples as examples
from opensaldo.web.api import openapi_schemas as schemas
from opensaldo.web.api.openapi_answers import (
    WITH_KEY,
    both,
    empty_success,
    failures,
    json_success,
    xml_success,
)
from opensaldo.web.api.openapi_commands import SINCE
from opensaldo.web.api.openapi_parameters import (
    OWNER_SECOND_NAME,
    Parameter,
    in_body,
    in_query,
)
from opensaldo.web.api.openapi_schemas import Schema, named
from opensaldo.web.common import Dialect
from opensaldo.wire import json_v1, xml_v1

_TOKEN = Parameter(
    name="multipleAccessId",
    meaning="The id of the repeated access, as the sign-in gave it. This name or the second one "
    "is required.",
    schema=schemas.MULTIPLE_ACCESS_ID,
    example=examples.MULTIPLE_ACCESS_ID,
)
_TOKEN_SECOND_NAME = Parameter(
    name="multipleAccessToken",
    meaning="Second name of `multipleAccessId`.",
    schema=schemas.MULTIPLE_ACCESS_ID,
)
_OWNER = Parameter(
    name="ownerExternalId",
    meaning="Only those of this person.",
    schema=schemas.OWNER_EXTERNAL_ID,
)
_BEFORE = Parameter(
    name="before",
    meaning="The id of the last one that was seen: older ones follow. Default: the newest.",
    schema=schemas.MULTIPLE_ACCESS_ID,
)


def paths(public_url: str) -> dict[str, Any]:
    """The paths of this chapter."""
    return {
        "/v1/command/reuse-multiple-access.xml": {"post": _reuse(public_url)},
        "/v1/command/delete-multiple-access.xml": {"post": _delete(public_url)},
        "/v1/consents": {"get": _list(public_url)},
    }


def _reuse(public_url: str) -> Schema:
    inner = xml_v1.session(examples.SESSION_ID, examples.SIGNATURE)
    in_xml = examples.xml_reply(public_url, "session", inner, owner=examples.OWNER)
    errors = (
        *WITH_KEY,
        InvalidMultipleAccessId,
        InvalidSince,
        FeatureNotEnabled,
        ConcurrentSessionsLimitExceed,
        JobsQuotaExceeded,
        MultipleAccessLimitExceeded,
        BankUnavailable,
    )
    meaning = "XML: a session, signed in. JSON: the default import that was started in one."
    return {
        "tags": ["Multiple access"],
        "operationId": "reuseMultipleAccess",
        "summary": "Come back without the person",
        "description": "XML answers with a session to import in; JSON starts the default import "
        "at once, from `since`, which XML ignores. While the target is switched to its fallback "
        "the answer is 503; the access stays valid.",
        "requestBody": in_body(_TOKEN, _TOKEN_SECOND_NAME, SINCE),
        "responses": {
            "200": both(
                xml_success(public_url, "session", meaning, example=in_xml),
                json_success(
                    named("CommandAccepted"),
                    meaning,
                    json.loads(json_v1.accepted(examples.QUEUED)),
                ),
            ),
            **failures(public_url, Dialect.BOTH, errors),
        },
    }


def _list(public_url: str) -> Schema:
    shown = {
        "multipleAccessId": examples.MULTIPLE_ACCESS_ID,
        "ownerExternalId": examples.OWNER,
        "target": "KontoBankApi",
        "state": "ACTIVE",
        "grantedAt": "2026-03-02T10:00:00Z",
        "validUntil": "2026-08-29T10:00:00Z",
        "importsLeft": 3,
        "nextImportAt": "2026-03-02T10:15:30Z",
    }
    return {
        "tags": ["Multiple access"],
        "operationId": "listConsents",
        "summary": "List consents",
        "description": "Newest first, a hundred at a time: until when each is valid, what became of"
        " it, how many imports are left in 24 hours and when the next is possible.",
        "parameters": in_query(_OWNER, OWNER_SECOND_NAME, _BEFORE),
        "responses": {
            "200": json_success(
                named("Consents"), "The consents.", {"consents": [shown], "more": False}
            ),
            **failures(
                public_url,
                Dialect.JSON,
                (*WITH_KEY, InvalidOwnerExternalId, InvalidMultipleAccessId),
            ),
        },
    }


def _delete(public_url: str) -> Schema:
    in_xml = examples.xml_reply(public_url, "delete_multiple_access", xml_v1.empty())
    errors = (*WITH_KEY, InvalidMultipleAccessId)
    meaning = "The access has ended; in JSON the body is empty."
    return {
        "tags": ["Multiple access"],
        "operationId": "deleteMultipleAccess",
        "summary": "End a repeated access",
        "description": "Here at once; the bank is told as soon as it answers. What was imported "
        "stays until its retention is over.",
        "requestBody": in_body(_TOKEN, _TOKEN_SECOND_NAME),
        "responses": {
            "200": both(
                xml_success(public_url, "delete_multiple_access", meaning, example=in_xml),
                empty_success(meaning),
            ),
            **failures(public_url, Dialect.BOTH, errors),
        },
    }
