"""What our pages tell the client's page that embeds them (wire contract, section 14.3).

Each is the value of the member `kontomatik`; static/signin.js sends them, to one origin only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from opensaldo.domain.session import Redirection, Session
from opensaldo.domain.target import Target
from opensaldo.errors import OpenSaldoError
from opensaldo.web.widget.known_by import code_of, resumption_key

Message = Mapping[str, object]

INITIALIZED: Message = {"application": {"state": "widgetInitialized"}}
STARTED: Message = {"started": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who is told what when a page is shown, as attributes of the page carry it.

    `resumes` is set on a sign-in's first page; `code` is for the person to compare.
    """

    embedder: str
    channel: str
    messages: str
    resumes: str | None = None
    code: str = ""


def telling(
    redirection: Redirection, session: Session, messages: tuple[Message, ...]
) -> Telling | None:
    """What this redirection's page tells; None when nobody embeds it."""
    if redirection.embedder is None:
        return None
    return Telling(
        embedder=redirection.embedder,
        channel=redirection.channel.value,
        messages=packed(messages),
        resumes=resumption_key(redirection, session) if INITIALIZED in messages else None,
        code=code_of(redirection.id),
    )


def packed(messages: tuple[Message, ...]) -> str:
    """The messages as one text of JSON."""
    return json.dumps(messages)


def target_selected(target: Target) -> Message:
    """The person chose a bank."""
    return {"targetSelected": {"name": target.name, "officialName": target.official_name}}


def unsupported_target(bank: str, country: str, address: str) -> Message:
    """The person's bank is not listed; all three are as the person typed them, checked."""
    return {"unsupportedTarget": {"target": bank, "country": country, "address": address}}


def signed_in(
    session: Session, target: Target | None, signature: str, multiple_access_id: str | None
) -> Message:
    """The session is open; `options` leaves out what was not granted.

    `target` is None for a bank that has left the catalogue since.
    """
    options = {
        "officialName": target.official_name if target else None,
        "institution": target.institution if target else None,
        "ownerExternalId": session.owner_external_id,
        "multipleAccessId": multiple_access_id,
    }
    return {
        "signedIn": {
            "target": session.target,
            "sessionId": session.id,
            "sessionIdSignature": signature,
            "options": {name: value for name, value in options.items() if value is not None},
        }
    }


def failed(cause: str, target: Target | None, session_id: str | None, message: str) -> Message:
    """The sign-in has failed, or cannot begin."""
    name = target.name if target else None
    return {"error": {"cause": cause, "target": name, "sessionId": session_id, "message": message}}


def refused(error: OpenSaldoError) -> Message:
    """The sign-in cannot begin as the client's page asked for it."""
    return failed(error.wire_name, None, None, error.message)
