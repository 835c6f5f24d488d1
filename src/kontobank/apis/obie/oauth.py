"""The authorisation server: tokens, and the way to the sign-in pages."""

import binascii
import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kontobank.access.nouns import AccessRefused, Privilege, Scope, Token
from kontobank.apis.obie.call import Call, Reply
from kontobank.apis.obie.intents import AWAITING, Intent, IntentEnding, Intents
from kontobank.apis.parts import Parts
from kontobank.signing import from_b64url

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ACCOUNTS = "ais:getAccount"
TRANSACTIONS = "ais:getTransactionsDone"


def token(parts: Parts, intents: Intents, call: Call) -> Reply:
    """A token for the grant of the form; the caller has proved who they are."""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
    client_id, seal = _caller(parts, call, form)
    call.client_id = client_id
    grant = form.get("grant_type")
    if grant == "client_credentials":
        own = intents.give_token(client_id, seal)
        return Reply(200, {"access_token": own, "token_type": "Bearer", "expires_in": 300})
    if grant == "authorization_code":
        address = form.get("redirect_uri", "")
        given = parts.registry.redeem(form.get("code", ""), client_id, address, seal)
    elif grant == "refresh_token":
        given = parts.registry.refresh(form.get("refresh_token", ""), client_id, seal)
    else:
        raise AccessRefused(400, "unsupported_grant_type", "this grant_type is not offered")
    call.consent = given.consent
    return Reply(200, _shown(parts, given))


def authorize(parts: Parts, intents: Intents, call: Call) -> Reply:
    """The browser goes to the sign-in of the intent that the signed request names."""
    query = call.query
    claims, seal = _claims(parts, query.get("request", ""))
    client_id = call.client_id = query.get("client_id", "")
    parts.seals.pin(client_id, parts.seals.verify(*_detached(query["request"]), _now(parts)))
    for name in ("response_type", "client_id", "redirect_uri", "state"):
        if not query.get(name) or claims.get(name) != query[name]:
            raise AccessRefused(400, "invalid_request", f"{name} is not as signed")
    address = urlsplit(query["redirect_uri"])
    if query["response_type"] != "code" or address.scheme not in ("http", "https"):
        raise AccessRefused(400, "invalid_request", "response_type code, back to an http address")
    intent = intents.intent(_intent_id(claims), client_id, call.place)
    if intent.status != AWAITING:
        raise AccessRefused(400, "invalid_request", f"the consent is {intent.status}")
    authorization = parts.registry.open(
        country=call.country,
        place=call.place,
        name=call.mask.name,
        client_id=client_id,
        seal=seal,
        redirect_uri=query["redirect_uri"],
        state=query["state"],
        scope=_scope(parts, call, intent),
        ending=IntentEnding(parts.registry, intents, intent),
    )
    base = parts.public_url or call.base_url
    where = f"{base}/obie/{call.place}/login?request={authorization.id}"
    return Reply(302, None, {"Location": where})


def _caller(parts: Parts, call: Call, form: dict[str, str]) -> tuple[str, str]:
    """The client id and the thumbprint of what proves it: a certificate, or an assertion."""
    client_id = form.get("client_id", "")
    if form.get("client_assertion_type") == ASSERTION_TYPE:
        claims, seal = _claims(parts, form.get("client_assertion", ""))
        if not client_id or claims.get("iss") != client_id or claims.get("sub") != client_id:
            raise AccessRefused(401, "invalid_client", "the assertion is of another client")
        if not str(claims.get("aud", "")).endswith("/token"):
            raise AccessRefused(401, "invalid_client", "the assertion is for somebody else")
        parts.seals.pin(
            client_id, parts.seals.verify(*_detached(form["client_assertion"]), _now(parts))
        )
        return client_id, seal
    if call.certificate and client_id:
        return client_id, hashlib.sha256(call.certificate).hexdigest()
    raise AccessRefused(401, "invalid_client", "a client certificate or an assertion is required")


def _claims(parts: Parts, text: str) -> tuple[dict[str, Any], str]:
    """The claims of a signed token that has not expired, and the thumbprint of its seal."""
    header, payload = _detached(text)
    seal = parts.seals.verify(header, payload, _now(parts))
    claims = json.loads(payload)
    if not isinstance(claims, dict) or not isinstance(claims.get("exp"), int):
        raise AccessRefused(400, "invalid_request", "claims with exp")
    if claims["exp"] <= min(_now(parts), parts.clock.now()).timestamp():
        raise AccessRefused(400, "invalid_request", "the signed request has expired")
    return claims, seal.thumbprint


def _detached(text: str) -> tuple[str, bytes]:
    """A signed token as a detached signature and its payload, else AccessRefused 400."""
    try:
        header, payload, signature = text.split(".")
        return f"{header}..{signature}", from_b64url(payload)
    except (ValueError, binascii.Error) as cause:
        raise AccessRefused(400, "invalid_request", "a signed token in three parts") from cause


def _intent_id(claims: dict[str, Any]) -> str:
    """The openbanking_intent_id of the signed request, else AccessRefused 400."""
    try:
        return str(claims["claims"]["id_token"]["openbanking_intent_id"]["value"])
    except (KeyError, TypeError) as cause:
        raise AccessRefused(400, "invalid_request", "openbanking_intent_id is missing") from cause


def _scope(parts: Parts, call: Call, intent: Intent) -> Scope:
    """What the intent asks for, in the words of the sign-in pages."""
    days = call.mask.history_days_initial
    if intent.from_at is not None:
        days = max(1, min(days, (parts.clock.now() - intent.from_at).days))
    privileges = {ACCOUNTS: Privilege(True)}
    if "ReadTransactionsDetail" in intent.permissions or (
        "ReadTransactionsBasic" in intent.permissions
    ):
        privileges[TRANSACTIONS] = Privilege(True, days)
    return Scope("obie", intent.id, intent.valid_until, privileges)


def _shown(parts: Parts, given: Token) -> dict[str, Any]:
    lasts_s = round((given.expires_at - parts.clock.now()).total_seconds())
    shown = {"access_token": given.value, "token_type": "Bearer", "expires_in": lasts_s}
    return shown | ({"refresh_token": given.refresh_token} if given.refresh_token else {})


def _now(parts: Parts) -> Any:
    """The true time: certificates and assertions belong to the real world."""
    return parts.clock.judging_now()
