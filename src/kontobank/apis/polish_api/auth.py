"""The authorisation service: authorize and token."""

from typing import Any
from urllib.parse import urlsplit

from kontobank.access.nouns import AccessRefused, Scope, Token
from kontobank.access.scopes import read_scope, write_scope
from kontobank.apis.cut import dumps
from kontobank.apis.parts import Parts
from kontobank.apis.polish_api.check import text_of
from kontobank.apis.polish_api.parts import Call
from kontobank.apis.polish_api.render import masked


def authorize(parts: Parts, call: Call) -> bytes:
    """A sign-in waits; the members of AuthorizeResponse."""
    body = call.body
    client_id = _known_client(parts, call)
    if body.get("response_type") != "code":
        raise AccessRefused(400, "RESPONSE_TYPE_INVALID", "response_type is code")
    redirect_uri = text_of(body, "redirect_uri")
    address = urlsplit(redirect_uri)
    if address.scheme not in ("http", "https") or not address.netloc or address.fragment:
        raise AccessRefused(400, "REDIRECT_URI_INVALID", "redirect_uri is not an http address")
    authorization = parts.registry.open(
        country=call.country,
        place=call.place,
        name=call.mask.name,
        client_id=client_id,
        seal=call.seal_id,
        redirect_uri=redirect_uri,
        state=text_of(body, "state"),
        scope=_scope(parts, call),
    )
    base = parts.public_url or call.base_url
    address_text = f"{base}/polish-api/{call.place}/login?request={authorization.id}"
    return b'"aspspRedirectUri":' + dumps(address_text)


def token(parts: Parts, call: Call) -> bytes:
    """A token was given; the members of TokenResponse."""
    body = call.body
    client_id = _known_client(parts, call)
    _check_session(body)
    grant = text_of(body, "grant_type")
    if grant == "authorization_code":
        given = parts.registry.redeem(
            text_of(body, "Code"), client_id, text_of(body, "redirect_uri"), call.seal_id
        )
    elif grant == "refresh_token":
        given = parts.registry.refresh(text_of(body, "refresh_token"), client_id, call.seal_id)
    elif grant == "exchange_token":
        given = _exchange(parts, call, client_id)
    else:
        raise AccessRefused(400, "GRANT_TYPE_INVALID", "this grant_type is not offered")
    call.consent = given.consent
    return _token_members(parts, given)


def _known_client(parts: Parts, call: Call) -> str:
    """The client_id, pinned to the seal of its first call."""
    client_id = text_of(call.body, "client_id", length_max=128)
    if call.seal:
        parts.seals.pin(client_id, call.seal)
    return client_id


def _scope(parts: Parts, call: Call) -> Scope:
    body, now = call.body, parts.clock.now()
    return read_scope(body.get("scope"), body.get("scope_details"), now, call.mask)


def _check_session(body: dict[str, Any]) -> None:
    """is_user_session true requires user_ip and user_agent."""
    if body.get("is_user_session") is not True:
        return
    for key in ("user_ip", "user_agent"):
        if not body.get(key):
            raise AccessRefused(400, "USER_SESSION_INCOMPLETE", f"is_user_session requires {key}")


def _exchange(parts: Parts, call: Call, client_id: str) -> Token:
    """A token for the accounts named in full or masked, from a live token of ais-accounts."""
    scope = _scope(parts, call)
    old = text_of(call.body, "exchange_token")
    consent = parts.registry.use(old, call.seal_id).consent
    numbers = {masked(number): number for number in consent.scope.accounts}
    try:
        chosen = tuple(numbers[masked(name)] for name in scope.accounts)
    except KeyError as cause:
        raise AccessRefused(422, "ACCOUNT_UNKNOWN", "an account is not the person's") from cause
    if not chosen:
        raise AccessRefused(400, "ACCOUNT_MISSING", "exchange_token requires accountNumber")
    named = Scope(scope.scope, scope.consent_id, scope.valid_until, scope.privileges, chosen)
    return parts.registry.exchange(old, named, client_id, call.seal_id)


def _token_members(parts: Parts, given: Token) -> bytes:
    lasts_s = round((given.expires_at - parts.clock.now()).total_seconds())
    shown: dict[str, Any] = {
        "access_token": given.value,
        "token_type": "Bearer",
        "expires_in": str(lasts_s),
        "scope": given.consent.scope.scope,
        "scope_details": write_scope(given.consent.scope),
    }
    if given.refresh_token:
        shown["refresh_token"] = given.refresh_token
    return dumps(shown)[1:-1]
