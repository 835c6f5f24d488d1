"""Ids and signatures that are wrong, unknown or another's: the name and status each gets."""

from __future__ import annotations

from operator import itemgetter

import pytest

from tests.e2e.checked import CheckedApi
from tests.integration.web.scene import (
    DATA,
    IMPORT,
    MOCK,
    OTHER_SIGNATURE,
    SIGN_OUT,
    STATUS,
    UNKNOWN,
    Row,
    command_id,
    judge,
)

ROWS: dict[str, Row] = {
    # session
    "session unknown": (lambda s: s.imports(UNKNOWN, OTHER_SIGNATURE), 404, "InvalidSessionId"),
    "session not a number": (lambda s: s.imports("abc"), 404, "InvalidSessionId"),
    "session too long": (lambda s: s.imports("1" * 400), 404, "InvalidSessionId"),
    "session in other digits": (lambda s: s.imports("١٢٣٤٥٦٧٨٩"), 404, "InvalidSessionId"),
    "session missing": (
        lambda s: s.post(IMPORT, sessionIdSignature=OTHER_SIGNATURE),
        400,
        "InvalidParameter",
    ),
    "session empty": (lambda s: s.imports(""), 400, "InvalidParameter"),
    "session at sign-out": (
        lambda s: s.post(SIGN_OUT, sessionId=UNKNOWN, sessionIdSignature=OTHER_SIGNATURE),
        404,
        "InvalidSessionId",
    ),
    # signature
    "signature of another session": (
        lambda s: s.imports(signature=s.api.mock_session()[1]),
        400,
        "InvalidSessionIdSignature",
    ),
    "signature upper case": (
        lambda s: s.imports(signature="F" + s.pair[1][1:].upper()),
        400,
        "InvalidSessionIdSignature",
    ),
    "signature short": (
        lambda s: s.imports(signature=s.pair[1][:63]),
        400,
        "InvalidSessionIdSignature",
    ),
    "signature not ascii": (
        lambda s: s.imports(signature="ą" * 64),
        400,
        "InvalidSessionIdSignature",
    ),
    "signature missing": (
        lambda s: s.post(IMPORT, sessionId=s.pair[0]),
        400,
        "InvalidParameter",
    ),
    "session not signed in": (
        lambda s: s.imports(*itemgetter("sessionId", "sessionIdSignature")(s.api.started())),
        400,
        "NotSignedIn",
    ),
    # command
    "command unknown": (lambda s: s.get(f"/v1/command/{UNKNOWN}.xml"), 404, "InvalidCommandId"),
    "command not a number": (lambda s: s.get("/v1/command/abc.xml"), 404, "InvalidCommandId"),
    "command negative": (lambda s: s.get("/v1/command/-1.xml"), 404, "InvalidCommandId"),
    "command huge": (lambda s: s.get(f"/v1/command/{'9' * 300}.xml"), 404, "InvalidCommandId"),
    "command with a NUL": (lambda s: s.get("/v1/command/%00.xml"), 404, "InvalidCommandId"),
    "command not UTF-8": (lambda s: s.get("/v1/command/%ff%fe.xml"), 404, "InvalidCommandId"),
    "command is markup": (
        lambda s: s.get("/v1/command/%3Cscript%3E.xml"),
        404,
        "InvalidCommandId",
    ),
    # owner
    "owner empty": (lambda s: s.get(DATA, ownerExternalId=""), 400, "InvalidOwnerExternalId"),
    "owner too long": (
        lambda s: s.get(DATA, ownerExternalId="x" * 256),
        400,
        "InvalidOwnerExternalId",
    ),
    "owner with a control character": (
        lambda s: s.get(DATA, ownerExternalId="a\tb"),
        400,
        "InvalidOwnerExternalId",
    ),
    "owner unknown": (
        lambda s: s.get(DATA, ownerExternalId="nobody"),
        404,
        "InvalidOwnerExternalId",
    ),
    "owner missing": (lambda s: s.get(DATA), 400, "InvalidParameter"),
    "owner empty at the mock session": (
        lambda s: s.post(MOCK, ownerExternalId=""),
        400,
        "InvalidOwnerExternalId",
    ),
    "owner bad at the import": (
        lambda s: s.imports(ownerExternalId="x" * 256),
        400,
        "InvalidOwnerExternalId",
    ),
    "owner bad at the redirection": (
        lambda s: s.starts(ownerExternalId="\u0007"),
        400,
        "InvalidOwnerExternalId",
    ),
    "owner unknown at deletion": (
        lambda s: s.api.call("DELETE", DATA, query={"ownerExternalId": "nobody"}),
        404,
        "InvalidOwnerExternalId",
    ),
    "owner unknown at deletion by POST": (
        lambda s: s.api.call("POST", "/v1/data/delete", json_body={"ownerExternalId": "nobody"}),
        404,
        "InvalidOwnerExternalId",
    ),
    # redirection status
    "no id": (lambda s: s.get(STATUS), 400, "InvalidParameter"),
    "redirection unknown": (
        lambda s: s.get(STATUS, redirectionId="0" * 32),
        404,
        "InvalidRedirectionId",
    ),
    "redirection malformed": (
        lambda s: s.get(STATUS, redirectionId="../x"),
        404,
        "InvalidRedirectionId",
    ),
    "redirection's session unknown": (
        lambda s: s.get(STATUS, sessionId=UNKNOWN),
        404,
        "InvalidSessionId",
    ),
    "two ids that do not belong together": (
        lambda s: s.get(
            STATUS,
            redirectionId=s.api.started()["redirectionId"],
            sessionId=s.api.started()["sessionId"],
        ),
        404,
        "InvalidRedirectionId",
    ),
    # poll with a session
    "poll with another session": (
        lambda s: s.get(
            f"/v1/command/{command_id(s)}.xml",
            **dict(zip(("sessionId", "sessionIdSignature"), s.api.mock_session(), strict=True)),
        ),
        404,
        "InvalidSessionId",
    ),
    "poll with a wrong signature": (
        lambda s: s.get(
            f"/v1/command/{command_id(s)}.xml",
            sessionId=s.pair[0],
            sessionIdSignature=OTHER_SIGNATURE,
        ),
        400,
        "InvalidSessionIdSignature",
    ),
    "second import": (
        lambda s: (s.imports(), s.imports())[1],
        400,
        "DefaultImportAlreadyExecuted",
    ),
    "sign-out where there is none": (
        lambda s: s.post(SIGN_OUT, sessionId=s.pair[0], sessionIdSignature=s.pair[1]),
        400,
        "CommandNotAvailable",
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_bad_input_gets_its_name_and_status(api: CheckedApi, row: Row):
    judge(api, row)
