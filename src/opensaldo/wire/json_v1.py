"""The JSON dialect and the JSON-native replies (wire contract, sections 1.2, 1.3, 4, 9).

Member order is the order of the contract's examples; a member without a value is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from opensaldo.domain.command import Command, CommandState
from opensaldo.domain.session import RedirectionState
from opensaldo.domain.target import AccessMode, Target
from opensaldo.errors import OpenSaldoError, PlatformUnavailable
from opensaldo.wire.json_result import Fault, Progress, command_result
from opensaldo.wire.names import STATUS_LINES
from opensaldo.wire.sealed import decode_holdings, encode_holdings
from opensaldo.wire.text import allowed, clean_text
from opensaldo.wire.times import whole_seconds

CONTENT_TYPE = "application/json"

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_STATUS_BY_SESSION = {
    RedirectionState.PENDING: "PENDING",
    RedirectionState.SUCCESS: "COMPLETED",
    RedirectionState.ERROR: "FAILED",
    RedirectionState.EXPIRED: "EXPIRED",
}

__all__ = [
    "CONTENT_TYPE",
    "FieldFault",
    "accepted",
    "ais_catalog",
    "command_result",
    "decode_holdings",
    "deleted",
    "encode_holdings",
    "error",
    "health",
    "redirection_started",
    "redirection_status_by_id",
    "redirection_status_by_session",
    "session",
    "unauthorized",
]


class FieldFault(msgspec.Struct, frozen=True):
    """What is wrong with one field of the request."""

    field: str
    message: str


class _Error(msgspec.Struct, omit_defaults=True, rename="camel"):
    status: str
    user: str | None = None
    owner_external_id: str | None = None
    response_timestamp: str | None = None
    exception: Fault | None = None
    comment: str | None = None
    errors: tuple[FieldFault, ...] = ()


# --- commands and sessions ---------------------------------------------------------------------
def accepted(command: Command) -> bytes:
    """The command's id and whether it waits or runs."""
    waits = command.state is CommandState.SETUP
    status = Progress.QUEUED if waits else Progress.RUNNING
    return _ENCODER.encode({"id": command.id, "status": status.value})


def session(session_id: str, signature: str) -> bytes:
    """A mock session."""
    return _ENCODER.encode({"sessionId": session_id, "sessionIdSignature": signature})


def deleted(owner_external_id: str) -> bytes:
    """Everything under the owner's id was deleted (section 7.2)."""
    return _ENCODER.encode({"status": STATUS_LINES[200], "ownerExternalId": owner_external_id})


# --- redirection -------------------------------------------------------------------------------
def redirection_started(redirection_id: str, link: str, session_id: str, signature: str) -> bytes:
    """The new redirection: the proven pair and the documented three (section 4.1)."""
    return _ENCODER.encode(
        {
            "redirectionId": redirection_id,
            "redirectionLink": link,
            "redirectUrl": link,
            "sessionId": session_id,
            "sessionIdSignature": signature,
        }
    )


def redirection_status_by_id(
    state: RedirectionState,
    *,
    session_id: str | None = None,
    signature: str | None = None,
    multiple_access_id: str | None = None,
    target: str | None = None,
    official_name: str | None = None,
    exception: str | None = None,
) -> bytes:
    """Where the redirection stands; `params` always has its six members (section 4.2)."""
    params = {
        "sessionId": session_id,
        "sessionIdSignature": signature,
        "multipleAccessId": multiple_access_id,
        "target": target,
        "officialName": clean_text(official_name),
        "exception": exception,
    }
    return _ENCODER.encode({"status": state.value, "params": params})


def redirection_status_by_session(session_id: str, state: RedirectionState) -> bytes:
    """Where the redirection stands, in the documented words (section 4.2)."""
    return _ENCODER.encode({"sessionId": session_id, "status": _STATUS_BY_SESSION[state]})


# --- catalogue and health ----------------------------------------------------------------------
def ais_catalog(targets: Iterable[Target]) -> bytes:
    """The targets in the order given, with the access modes each one serves (section 9.2)."""
    listed = [
        {
            "id": target.name,
            "country": target.country.upper(),
            "name": clean_text(target.official_name) or "",
            "accessModes": [mode.value for mode in AccessMode if target.serves(mode)],
        }
        for target in targets
    ]
    return _ENCODER.encode({"targets": listed})


def health(ok: bool, at: datetime | None = None) -> bytes:
    """Whether the platform can serve; if not, in the form every JSON failure has."""
    return b'{"status":"OK"}' if ok else error(PlatformUnavailable(), at, None)


# --- failures ----------------------------------------------------------------------------------
def error(
    error: OpenSaldoError,
    at: datetime | None,
    user: str | None,
    owner_external_id: str | None = None,
    errors: Iterable[FieldFault] = (),
    *,
    status: int | None = None,
) -> bytes:
    """A failure of the request, mirroring the XML envelope (section 1.3)."""
    return _ENCODER.encode(
        _Error(
            status=STATUS_LINES[error.http_status if status is None else status],
            user=clean_text(user),
            owner_external_id=None if owner_external_id is None else allowed(owner_external_id),
            response_timestamp=None if at is None else whole_seconds(at),
            exception=Fault(name=error.wire_name, message=clean_text(error.message) or ""),
            errors=tuple(
                FieldFault(clean_text(each.field) or "", clean_text(each.message) or "")
                for each in errors
            ),
        )
    )


def unauthorized(at: datetime, comment: str) -> bytes:
    """The 401: a comment in place of user and exception."""
    return _ENCODER.encode(
        _Error(
            status=STATUS_LINES[401],
            response_timestamp=whole_seconds(at),
            comment=clean_text(comment),
        )
    )
