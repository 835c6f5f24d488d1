"""OAuth 2 at Berlin Group banks: before the consent or as its authorisation; pure.

Source: RFC 6749, RFC 7636 (PKCE, S256), RFC 8414 (metadata); NextGenPSD2 1.3.12, 13.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import NamedTuple
from urllib.parse import urlencode

from opensaldo.connectors.base import SignInRequest
from opensaldo.connectors.protocols.berlin_group.faults import fault_of, refusal_in
from opensaldo.connectors.things import Thing, decode
from opensaldo.errors import BankAnsweredNonsense

VERIFIER_BYTES = 48
LIFE_S_DEFAULT = 300
LIFE_S_MAX = 366 * 86_400
SCOPE = "AIS"


class Tokens(NamedTuple):
    """What a token reply gives."""

    access_token: str
    refresh_token: str | None
    life_s: int


class Server(NamedTuple):
    """The two addresses of an authorisation server."""

    authorize_url: str
    token_url: str


def new_verifier() -> str:
    """A fresh secret whose digest goes ahead and which itself follows."""
    return secrets.token_urlsafe(VERIFIER_BYTES)


def authorize_address(
    url: str, request: SignInRequest, *, client_id: str, consent_id: str, verifier: str
) -> str:
    """Where the person is sent; with a consent the scope names it."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    members = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": request.return_url,
        "scope": f"{SCOPE}:{consent_id}" if consent_id else SCOPE,
        "state": request.state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode("ascii").rstrip("="),
        "code_challenge_method": "S256",
    }
    return f"{url}{'&' if '?' in url else '?'}{urlencode(members)}"


def server_of(body: bytes) -> Server:
    """The server that a metadata document describes.

    Raises:
        BankAnsweredNonsense: it names no addresses.
    """
    raw = decode(body)
    thing = Thing(raw) if isinstance(raw, dict) else Thing({})
    authorize = thing.opaque("authorization_endpoint")
    token = thing.opaque("token_endpoint")
    if not authorize or not token:
        raise BankAnsweredNonsense("authorization_endpoint", "an address (RFC 8414)")
    return Server(authorize, token)


def tokens_of(body: bytes) -> Tokens:
    """What a token reply gives; a life that is not said is short.

    Raises:
        OpenSaldoError: it is an error, or has no token.
    """
    raw = decode(body)
    thing = Thing(raw) if isinstance(raw, dict) else Thing({})
    token = thing.opaque("access_token")
    refusal = refusal_in(raw, is_beside_data=token is not None)
    if refusal is not None:
        raise fault_of(refusal)
    if token is None:
        raise BankAnsweredNonsense("access_token", "a token")
    life = (thing.opaque("expires_in") or "").partition(".")[0]
    life_s = int(life) if life.isdecimal() and len(life) < 10 else LIFE_S_DEFAULT
    return Tokens(token, thing.opaque("refresh_token"), min(life_s, LIFE_S_MAX))
