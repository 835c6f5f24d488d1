"""Our own OpenAPI document: what every endpoint takes and answers, failures included.

One module a chapter, as the handlers; forms come from wire.forms, failures from errors, examples
from the renderers themselves, so the document cannot say what the server does not do.
"""

from __future__ import annotations

from typing import Any

from opensaldo.errors import IdempotencyAnswerLost, IdempotencyKeyInUse, IdempotencyKeyReused
from opensaldo.web.api import (
    openapi_bills,
    openapi_catalogs,
    openapi_commands,
    openapi_consents,
    openapi_data,
    openapi_events,
    openapi_funnel,
    openapi_imports,
    openapi_signin,
)
from opensaldo.web.api.openapi_answers import common_failures, failures
from opensaldo.web.api.openapi_schemas import SCHEMAS
from opensaldo.web.common import Dialect
from opensaldo.web.once import KEY_HEADER as KEY_OF_WRITES

OPENAPI_VERSION = "3.1.0"
KEY_HEADER = "X-Api-Key"

_SECURITY_SCHEMES: dict[str, Any] = {
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": KEY_HEADER,
        "description": "The client's API key, 64 lower-case hex digits. The caller's address must "
        "be on the client's list as well; a refusal does not say which of the two failed. Older "
        "clients may send the key as the parameter `apiKey` instead; the header wins.",
    },
}
_TAGS = (
    ("Sign-in", "The roads to a session: the redirection and, for tests, the mock session."),
    ("Commands", "Background jobs of a session: set up, poll, read the result."),
    ("Multiple access", "Coming back with a consent, without the person, and ending that."),
    ("Events", "What happened, in order: read on from a cursor, wait, or stream."),
    ("Data", "Everything imported under one ownerExternalId, and its deletion."),
    ("Usage", "What was used, and what it costs."),
    ("Catalogue", "What can be reached, whether the platform serves, and this description."),
)
_OVERVIEW = """\
Account information: a person signs in to their bank, the platform reads accounts and transactions
once or for up to 180 days, the client polls for the result.

**Two dialects.** Paths that end in `.xml` answer XML. Five of them (`mock-session.xml`,
`default-import.xml`, `reuse-multiple-access.xml`, `delete-multiple-access.xml`,
`command/{id}.xml`) answer JSON instead, failures included, when `Accept`
names `application/json` and none of `*/*`, `application/*`, `application/xml`, `text/xml` with
the same or a higher weight. All other paths have one form whatever `Accept` says.

**Parameters** may stand in the query, in a form body or in a JSON body, on every method; a name in
the query hides the same name in the body. An empty value counts as not sent. Unknown parameters are
ignored. Where a parameter has two names, either will do; with both, they must agree. Doubled
slashes in paths are collapsed.

**Values.** UTF-8; dates `YYYY-MM-DD`; moments in UTC with `Z`; amounts with a point and two
decimals, minus for outflow. Ids and signatures are opaque strings.

**Failures** have status 400 or above and the body the request asked for, with the exception's name
and a message. 401 carries a comment instead. A poll is 200 even when the command failed: look at
its state.
"""


_KEY_PARAMETER: dict[str, Any] = {
    "name": KEY_OF_WRITES,
    "in": "header",
    "required": False,
    "description": "The client's own name for this request. Asked again with the same key within "
    "24 hours, the same request gets the same answer (`Idempotency-Replayed: true`) and nothing is "
    "done twice; another request with this key is refused. Refused requests leave the key free.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
_KEY_ERRORS = (IdempotencyKeyInUse, IdempotencyAnswerLost, IdempotencyKeyReused)


def document(public_url: str, version: str) -> dict[str, Any]:
    """The document, with the platform's address and version; JSON all through."""
    return {
        "openapi": OPENAPI_VERSION,
        "info": {
            "title": "OpenSaldo account information API",
            "version": version,
            "summary": "Bank sign-in, imports and their results over PSD2.",
            "description": _OVERVIEW,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url, "description": "This platform."}],
        "tags": [{"name": name, "description": meaning} for name, meaning in _TAGS],
        "security": [{"key": []}],
        "paths": _with_keys(
            public_url,
            {
                **openapi_signin.paths(public_url),
                **openapi_commands.paths(public_url),
                **openapi_imports.paths(public_url),
                **openapi_consents.paths(public_url),
                **openapi_events.paths(public_url),
                **openapi_data.paths(public_url),
                **openapi_catalogs.paths(public_url),
                **openapi_bills.paths(public_url),
                **openapi_funnel.paths(public_url),
            },
        ),
        "components": {
            "schemas": SCHEMAS,
            "responses": common_failures(public_url),
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _with_keys(public_url: str, paths: dict[str, Any]) -> dict[str, Any]:
    """The paths, with the idempotency key that every write takes."""
    for operation in (
        item[method] for item in paths.values() for method in ("post", "delete") if method in item
    ):
        dialect = Dialect(operation["responses"]["405"]["$ref"].rpartition(".")[2])
        operation["parameters"] = [*operation.get("parameters", ()), _KEY_PARAMETER]
        operation["responses"] |= failures(public_url, dialect, _KEY_ERRORS)
    return paths
