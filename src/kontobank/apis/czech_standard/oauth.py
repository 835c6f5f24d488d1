"""The bank's OAuth 2: registration, sign-in, tokens, revocation (RFC 6749, 7009, 7591)."""

from datetime import timedelta
from typing import Any

from starlette.responses import JSONResponse, RedirectResponse, Response

from kontobank import seeds
from kontobank.access.nouns import AccessRefused, Authorization, Privilege, Scope, Token
from kontobank.access.registry import with_query
from kontobank.apis.czech_standard.call import Call, Reply
from kontobank.apis.czech_standard.check import PARAMETER_INVALID, Invalid, is_web_address
from kontobank.apis.czech_standard.clients import Client, Clients
from kontobank.apis.parts import Parts
from kontobank.people.owners import ROTATING_LOGIN

SCOPE = "AISP"
PRIVILEGES = ("ais:getAccount", "ais:getTransactionsDone", "ais:getTransactionsPending")
REDIRECT_URIS_MAX = 20
TEXT_CHARACTERS_MAX = 2_048
INVALID_CLIENT, INVALID_GRANT = "invalid_client", "invalid_grant"
ERROR_OF_CODE = {
    "CLIENT_UNKNOWN": INVALID_CLIENT,
    "CLIENT_MISMATCH": INVALID_GRANT,
    "GRANT_TYPE_INVALID": "unsupported_grant_type",
}
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class WrongRequest(AccessRefused):
    """A sign-in that cannot begin; `error` is the word that the third party is told."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(400, error, message)


def register(clients: Clients, call: Call) -> Reply:
    """A third party is known under an id and a secret."""
    uris, name = call.form.get("redirect_uris"), call.form.get("client_name")
    if not isinstance(uris, list) or not 0 < len(uris) <= REDIRECT_URIS_MAX:
        raise Invalid(PARAMETER_INVALID, "a list of addresses", "redirect_uris")
    if not all(isinstance(one, str) and is_web_address(one) for one in uris):
        raise Invalid(PARAMETER_INVALID, "web addresses", "redirect_uris")
    if not isinstance(name, str) or not 0 < len(name) <= TEXT_CHARACTERS_MAX:
        raise Invalid(PARAMETER_INVALID, "a name", "client_name")
    if call.form.get("application_type", "web") not in ("web", "native"):
        raise Invalid(PARAMETER_INVALID, "web or native", "application_type")
    client = clients.add(name, tuple(uris), call.seal)
    call.client_id = client.id
    shown = {
        "client_id": client.id,
        "client_secret": client.secret,
        "client_secret_expires_at": 0,
        "client_name": name,
        "redirect_uris": uris,
        "scopes": ["aisp"],
    }
    return Reply(201, shown, NO_STORE)


def authorize(parts: Parts, clients: Clients, call: Call) -> Response:
    """The browser goes to the sign-in pages, or back with an error; 400 when it has no way back."""
    client = clients.find(call.query.get("client_id", ""))
    redirect_uri = call.query.get("redirect_uri", "")
    if client is None or redirect_uri not in client.redirect_uris:
        return JSONResponse({"errors": [{"error": PARAMETER_INVALID, "scope": "client_id"}]}, 400)
    call.client_id = client.id
    try:
        waiting = _open(parts, call, client, redirect_uri)
    except WrongRequest as wrong:
        told = {"error": wrong.code, "error_description": wrong.message}
        return RedirectResponse(
            with_query(redirect_uri, told | {"state": call.query.get("state", "")}), 303
        )
    return RedirectResponse(f"/czech-standard/{call.place}/login?request={waiting.id}", 303)


def token(parts: Parts, clients: Clients, call: Call) -> Reply:
    """A token for a code or a refresh token."""
    client = _authenticated(clients, call)
    grant = call.form.get("grant_type")
    if grant == "authorization_code":
        code, back = call.form.get("code", ""), call.form.get("redirect_uri", "")
        given = parts.registry.redeem(code, client.id, back, client.seal)
    elif grant == "refresh_token":
        given = _refreshed(parts, client, call.form.get("refresh_token", ""))
    else:
        raise AccessRefused(400, "GRANT_TYPE_INVALID", "authorization_code or refresh_token")
    call.consent = given.consent
    if given.consent.country != call.country:
        raise AccessRefused(400, "CODE_INVALID", "this was given by another country's bank")
    return Reply(200, _members(parts, given), NO_STORE)


def revoke(parts: Parts, clients: Clients, call: Call) -> Reply:
    """The token's consent is over; a token nobody knows is over already (RFC 7009, 2.2)."""
    client = _authenticated(clients, call)
    consent = parts.registry.consent_of(call.form.get("token", ""))
    if consent is not None and consent.client_id == client.id:
        call.consent = consent
        if consent.status == "valid":
            parts.registry.end(consent, "deleted")
    return Reply(200, {}, NO_STORE)


def refused(refusal: AccessRefused) -> Reply:
    """The refusal as OAuth 2 words it (RFC 6749, 5.2)."""
    error = ERROR_OF_CODE.get(refusal.code, INVALID_GRANT)
    shown = {"error": error, "error_description": f"{refusal.code}: {refusal.message}"}
    return Reply(401 if error == INVALID_CLIENT else 400, shown, NO_STORE)


def _authenticated(clients: Clients, call: Call) -> Client:
    """The client of the form's id and secret, else 401."""
    texts = {name: str(value)[:TEXT_CHARACTERS_MAX] for name, value in call.form.items()}
    call.form = dict(texts)
    identity = texts.get("client_id", "")
    client = clients.authenticated(identity, texts.get("client_secret", ""), call.seal)
    call.client_id = client.id
    return client


def _open(parts: Parts, call: Call, client: Client, redirect_uri: str) -> Authorization:
    """A sign-in waits for its person."""
    query = call.query
    if query.get("response_type") != "code":
        raise WrongRequest("unsupported_response_type", "response_type is code")
    if SCOPE not in query.get("scope", "").upper().split():
        raise WrongRequest("invalid_scope", "scope is aisp")
    state = query.get("state", "")
    if not 0 < len(state) <= TEXT_CHARACTERS_MAX:
        raise WrongRequest("invalid_request", "state is missing or too long")
    return parts.registry.open(
        country=call.country,
        client_id=client.id,
        seal=client.seal,
        redirect_uri=redirect_uri,
        state=state,
        scope=_scope(parts, call, client),
        place=call.place,
        name=call.mask.name,
    )


def _scope(parts: Parts, call: Call, client: Client) -> Scope:
    """What every sign-in asks for: all calls, again and again, for as long as the bank allows."""
    days = call.mask.history_days_initial
    history = dict.fromkeys(PRIVILEGES[1:], days)
    return Scope(
        scope=SCOPE,
        consent_id=seeds.identifier("czech-consent", client.id, parts.registry.opened),
        valid_until=parts.clock.now() + timedelta(days=call.mask.consent_days),
        privileges={
            name: Privilege(is_multiple=True, history_days=history.get(name)) for name in PRIVILEGES
        },
    )


def _refreshed(parts: Parts, client: Client, refresh_token: str) -> Token:
    """A fresh token; a person whose refresh tokens serve once gets a new one of those too."""
    given = parts.registry.refresh(refresh_token, client.id, client.seal)
    if given.consent.login == ROTATING_LOGIN:
        return parts.registry.rotate(given)
    return given


def _members(parts: Parts, given: Token) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "access_token": given.value,
        "token_type": "Bearer",
        "expires_in": round((given.expires_at - parts.clock.now()).total_seconds()),
        "scope": SCOPE,
    }
    if given.refresh_token:
        shown["refresh_token"] = given.refresh_token
    return shown
