"""The document's chapter on commands: default import, poll, sign-out."""

from __future__ import annotations

import json
from typing import Any

from opensaldo.errors import (
    CommandNotAvailable,
    DefaultImportAlreadyExecuted,
    InvalidCommandId,
    InvalidMultipleAccessId,
    InvalidOwnerExternalId,
    InvalidSessionId,
    InvalidSessionIdSignature,
    InvalidSince,
    JobsQuotaExceeded,
    MultipleAccessLimitExceeded,
    NotSignedIn,
)
from opensaldo.web.api import openapi_examples as examples
from opensaldo.web.api import openapi_schemas as schemas
from opensaldo.web.api.openapi_answers import WITH_KEY, both, failures, json_success, xml_success
from opensaldo.web.api.openapi_parameters import (
    OWNER,
    OWNER_SECOND_NAME,
    Parameter,
    in_body,
    in_path,
    in_query,
)
from opensaldo.web.api.openapi_schemas import Schema, named
from opensaldo.web.common import Dialect
from opensaldo.wire import forms, json_v1, xml_v1

OF_SESSION = (InvalidSessionId, InvalidSessionIdSignature, NotSignedIn)
SESSION_ID = Parameter(
    name="sessionId",
    meaning="The session.",
    schema=schemas.SESSION_ID,
    example=examples.SESSION_ID,
    required=True,
)
SIGNATURE = Parameter(
    name="sessionIdSignature",
    meaning="The signature that came with the session's id.",
    schema=schemas.SIGNATURE,
    example=examples.SIGNATURE,
    required=True,
)
SINCE = Parameter(
    name="since",
    meaning="The first day to import, not in the future; an older day than allowed is moved up to "
    "the limit. Default: 90 days ago, or the session's `maxImportDate`.",
    schema=schemas.DAY,
    example="2026-01-01",
)
_COMMAND_ID = Parameter(
    name="id",
    meaning="The command.",
    schema=schemas.COMMAND_ID,
    example=examples.COMMAND_ID,
    required=True,
)
WAIT = Parameter(
    name="wait",
    meaning=f"Whole seconds to wait, 0 to {forms.WAIT_S_MAX}. Default: not at all.",
    schema=schemas.WAIT,
    example=30,
)
_IF_SENT = "If sent, it must be the command's; required when the client's settings say so."

NEXT: Schema = {
    "poll": {
        "operationId": "getCommand",
        "parameters": {"id": "$response.body#/id"},
        "description": "Poll until the state is final.",
    }
}


def paths(public_url: str) -> dict[str, Any]:
    """The paths of this chapter."""
    return {
        "/v1/command/default-import.xml": {"post": _default_import(public_url)},
        "/v1/command/{id}.xml": {"get": _poll(public_url)},
        "/v1/command/sign-out.xml": {"post": _sign_out(public_url)},
    }


def _default_import(public_url: str) -> Schema:
    inner = xml_v1.command(examples.QUEUED)
    in_xml = examples.xml_reply(
        public_url, "command_setup", inner, status=202, owner=examples.OWNER
    )
    errors = (
        *WITH_KEY,
        InvalidSince,
        *OF_SESSION,
        InvalidMultipleAccessId,
        InvalidOwnerExternalId,
        CommandNotAvailable,
        DefaultImportAlreadyExecuted,
        JobsQuotaExceeded,
        MultipleAccessLimitExceeded,
    )
    return {
        "tags": ["Commands"],
        "operationId": "startDefaultImport",
        "summary": "Start the default import",
        "description": "Owners, accounts and transactions in one command; once per session, and "
        "not in one with advanced imports. Accepted means durable: the import ends even if the "
        "platform is restarted. XML answers 202, JSON 200. `ownerExternalId` counts only if the "
        "session has a generated one.",
        "requestBody": in_body(SESSION_ID, SIGNATURE, SINCE, OWNER, OWNER_SECOND_NAME),
        "responses": {
            "200": {
                **json_success(
                    named("CommandAccepted"),
                    "Accepted, in the JSON dialect.",
                    json.loads(json_v1.accepted(examples.QUEUED)),
                ),
                "links": NEXT,
            },
            "202": xml_success(public_url, "command_setup", "Accepted.", example=in_xml),
            **failures(public_url, Dialect.BOTH, errors),
        },
    }


def _poll(public_url: str) -> Schema:
    in_xml = examples.xml_reply(public_url, "default_import", examples.completed_xml())
    meaning = "The command as it stands; with its result once it was successful."
    errors = (*WITH_KEY, InvalidCommandId, InvalidSessionId, InvalidSessionIdSignature)
    return {
        "tags": ["Commands"],
        "operationId": "getCommand",
        "summary": "Poll a command",
        "description": "Every 2 to 5 seconds until the state is final: `successful`, `error` or "
        "`fatal` (JSON: COMPLETED, FAILED). With `wait` the answer comes as soon as the state is "
        "final, or with the state at the end of the wait. Readable for 24 hours. The schema a "
        "reply in XML names is that of its command: `import_owners.xsd` after an import of owners.",
        "parameters": [
            in_path(_COMMAND_ID),
            *in_query(
                Parameter(name="sessionId", meaning=_IF_SENT, schema=schemas.SESSION_ID),
                Parameter(name="sessionIdSignature", meaning=_IF_SENT, schema=schemas.SIGNATURE),
                WAIT,
            ),
        ],
        "responses": {
            "200": both(
                xml_success(public_url, "default_import", meaning, example=in_xml),
                json_success(named("CommandResult"), meaning, examples.completed_json()),
            ),
            **failures(public_url, Dialect.BOTH, errors),
        },
    }


def _sign_out(public_url: str) -> Schema:
    inner = xml_v1.sign_out("701000124", "KontoBank", "KontoBank")
    in_xml = examples.xml_reply(public_url, "sign_out", inner, owner=examples.OWNER)
    errors = (*WITH_KEY, *OF_SESSION, CommandNotAvailable)
    return {
        "tags": ["Commands"],
        "operationId": "signOut",
        "summary": "Sign out at the bank",
        "description": "Only targets that list `SignOutCommand` in the catalogue; with others the "
        "session ends by itself when idle.",
        "requestBody": in_body(SESSION_ID, SIGNATURE),
        "responses": {
            "200": xml_success(public_url, "sign_out", "The session has ended.", example=in_xml),
            **failures(public_url, Dialect.XML, errors),
        },
    }
