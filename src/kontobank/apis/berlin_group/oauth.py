"""The bank's authorisation server: metadata, authorize, token (RFC 8414, 6749, 7636)."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from kontobank import seeds
from kontobank.access.consents import AccountConsent, Authorisation
from kontobank.access.journal import CallRow
from kontobank.access.nouns import AccessRefused, Authorization, Privilege, Scope, Token
from kontobank.access.registry import CodeEnding, with_query
from kontobank.apis.berlin_group.redirect import LIST_PRIVILEGE, METADATA_PATH, page_scope
from kontobank.apis.berlin_group.tokens import PRE_STEP_SCOPE
from kontobank.apis.breakage import damaged, refusal_of, without_words
from kontobank.apis.cut import pause
from kontobank.apis.parts import Parts
from kontobank.faults import Fault
from kontobank.mask import Mask, place_or_none

CONSENT_SCOPE = f"{PRE_STEP_SCOPE}:"
ERRORS = {
    "CODE_INVALID": "invalid_grant",
    "CODE_USED": "invalid_grant",
    "CODE_EXPIRED": "invalid_grant",
    "CODE_VERIFIER_INVALID": "invalid_grant",
    "REDIRECT_URI_MISMATCH": "invalid_grant",
    "REFRESH_TOKEN_INVALID": "invalid_grant",
    "CONSENT_WITHDRAWN": "invalid_grant",
    "CONSENT_DELETED": "invalid_grant",
    "CONSENT_EXPIRED": "invalid_grant",
    "CLIENT_MISMATCH": "invalid_client",
}
REDSYS_PATH = "/redsys/{place}/api-oauth-xs2a/services/rest/{aspsp}"


class Server:
    """Signs people in for a third party, before a consent or to authorise one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def metadata(self, request: Request) -> Response:
        """Where the server's endpoints are."""
        base = self._parts.public_url or str(request.base_url).rstrip("/")
        issuer = f"{base}/berlin-group/{request.path_params['place']}"
        shown = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": [PRE_STEP_SCOPE, f"{CONSENT_SCOPE}<consentId>"],
        }
        return JSONResponse(shown)

    async def authorize(self, request: Request) -> Response:
        """The browser goes to the sign-in pages; 400 when it cannot even be sent back."""
        query = request.query_params
        redirect_uri = query.get("redirect_uri", "")
        country, mask = place_or_none(request.path_params["place"])
        if country is None or not redirect_uri.startswith(("http://", "https://")):
            return JSONResponse({"error": "invalid_request"}, 400)
        try:
            waiting = self._open(request, country, mask)
        except AccessRefused as refusal:
            told = {"error": refusal.code, "error_description": refusal.message}
            told["state"] = query.get("state", "")
            return RedirectResponse(with_query(redirect_uri, told), 303)
        standard = request.url.path.split("/")[1]
        place = request.path_params["place"]
        return RedirectResponse(f"/{standard}/{place}/login?request={waiting.id}", 303)

    async def token(self, request: Request) -> Response:
        """A token for a code or a refresh token; the form is the body, or the query at Redsys."""
        if self._parts.faults.latency_ms:
            await asyncio.sleep(self._parts.faults.latency_ms / 1000)
        form = {name: str(value) for name, value in (await request.form()).items()}
        form |= dict(request.query_params)
        given, status, shown = self._answer(form)
        country, _ = place_or_none(request.path_params["place"])
        login = given.consent.login if given else None
        fault = self._parts.faults.take("token", login, country=country or "")
        if fault and (refusal := refusal_of(fault)) is not None:
            status, shown = refusal[0], {"error": "server_error"}
        self._note(request, form, given, status, fault)
        headers = {"Cache-Control": "no-store"}
        response = JSONResponse(shown, status, headers=headers)
        if fault is None:
            return response
        if fault.kind == "slow":
            await pause(request, fault.delay_ms)
        return without_words(fault, self._parts.clock.now()) or damaged(response, fault)

    def _answer(self, form: Mapping[str, str]) -> tuple[Token | None, int, dict[str, Any]]:
        """The token, the status and the members of the reply."""
        try:
            given = self._give(form)
        except AccessRefused as refusal:
            error = ERRORS.get(refusal.code, "invalid_request")
            status = 401 if refusal.code == "CLIENT_MISMATCH" else 400
            return None, status, {"error": error, "error_description": refusal.message}
        return given, 200, self._members(given)

    def _open(self, request: Request, country: str, mask: Mask) -> Authorization:
        """A sign-in waits for its person."""
        query = request.query_params
        if query.get("response_type") != "code" or not query.get("client_id"):
            raise AccessRefused(400, "invalid_request", "response_type=code and client_id")
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            raise AccessRefused(400, "invalid_request", "code_challenge by S256 is required")
        name = query.get("scope", "")
        consent = self._consent(request, name)
        return self._parts.registry.open(
            country=country,
            client_id=query["client_id"],
            seal="",
            redirect_uri=query["redirect_uri"],
            state=query.get("state", ""),
            scope=page_scope(mask, consent[0]) if consent else self._pre_step(query["client_id"]),
            place=request.path_params["place"],
            name=mask.name,
            ending=OAuthEnding(self._parts, *consent) if consent else None,
            is_for_all=consent is not None and consent[0].wish.model in ("global", "available"),
            code_challenge=query["code_challenge"],
            asks_consent=consent is not None,
        )

    def _consent(self, request: Request, scope: str) -> tuple[AccountConsent, Authorisation] | None:
        """The consent the scope names and its open authorisation; None for the pre-step."""
        if scope == PRE_STEP_SCOPE:
            return None
        found = self._parts.consents.consent(scope.removeprefix(CONSENT_SCOPE))
        if not scope.startswith(CONSENT_SCOPE) or found is None:
            raise AccessRefused(400, "invalid_scope", "AIS, or AIS: and the id of a consent")
        tries = [one for one in found.authorisations.values() if one.approach == "oauth"]
        if (
            found.place != request.path_params["place"]
            or not tries
            or tries[-1].state != "received"
        ):
            raise AccessRefused(400, "invalid_scope", "nothing of this consent waits here")
        return found, tries[-1]

    def _pre_step(self, client_id: str) -> Scope:
        now = self._parts.clock.now()
        name = seeds.identifier("pre-step", client_id, self._parts.registry.opened)
        until = now + timedelta(days=Mask().consent_days)
        return Scope(PRE_STEP_SCOPE, name, until, {LIST_PRIVILEGE: Privilege(is_multiple=True)})

    def _give(self, form: Mapping[str, str]) -> Token:
        client_id, grant = form.get("client_id", ""), form.get("grant_type")
        if grant == "authorization_code":
            return self._parts.registry.redeem(
                form.get("code", ""),
                client_id,
                form.get("redirect_uri", ""),
                "",
                form.get("code_verifier"),
            )
        if grant == "refresh_token":
            return self._parts.registry.refresh(form.get("refresh_token", ""), client_id, "")
        raise AccessRefused(400, "GRANT_TYPE_INVALID", "authorization_code or refresh_token")

    def _members(self, given: Token) -> dict[str, Any]:
        lasts_s = round((given.expires_at - self._parts.clock.now()).total_seconds())
        scope = given.consent.scope
        is_pre_step = scope.scope == PRE_STEP_SCOPE
        shown: dict[str, Any] = {
            "access_token": given.value,
            "token_type": "Bearer",
            "expires_in": lasts_s,
            "scope": PRE_STEP_SCOPE if is_pre_step else f"{CONSENT_SCOPE}{scope.consent_id}",
        }
        if given.refresh_token:
            shown["refresh_token"] = given.refresh_token
        return shown

    def _note(
        self,
        request: Request,
        form: Mapping[str, str],
        given: Token | None,
        status: int,
        fault: Fault | None,
    ) -> None:
        country, _ = place_or_none(request.path_params["place"])
        at = self._parts.clock.now().isoformat(timespec="milliseconds")
        row = CallRow(
            endpoint="token",
            country=country or "",
            consent_id=given.consent.id if given else None,
            tpp_id=form.get("client_id"),
            status=status,
            fault=fault.kind if fault else None,
            at=at.replace("+00:00", "Z"),
        )
        self._parts.journal.add(row)


class OAuthEnding(CodeEnding):
    """The pages end: the consent is valid or rejected, and the browser goes back with a code."""

    def __init__(self, parts: Parts, consent: AccountConsent, authorisation: Authorisation) -> None:
        super().__init__(parts.registry)
        self._parts, self._consent, self._authorisation = parts, consent, authorisation

    def approved(self, authorization: Authorization, accounts: tuple[str, ...]) -> str:
        """The third party's address with a code; the consent is valid."""
        login = authorization.login or ""
        self._parts.consents.grant(self._consent, self._authorisation, login, accounts)
        return super().approved(authorization, accounts)

    def denied(self, authorization: Authorization, error: str, description: str | None) -> str:
        """The third party's address with the error; the consent is rejected."""
        self._parts.consents.fail(self._consent, self._authorisation, description or error)
        return super().denied(authorization, error, description)


def routes(parts: Parts) -> list[Route]:
    """The authorisation server's routes, Redsys' names included."""
    server = Server(parts)
    found = [Route("/berlin-group/{place}" + METADATA_PATH, server.metadata, methods=["GET"])]
    for path in ("/berlin-group/{place}", REDSYS_PATH):
        found.append(Route(f"{path}/authorize", server.authorize, methods=["GET"]))
        found.append(Route(f"{path}/token", server.token, methods=["POST"]))
    return found
