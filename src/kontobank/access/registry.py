"""Sign-ins, codes, consents and tokens: one resource, in memory, for one process."""

import base64
import hashlib
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from kontobank import seeds
from kontobank.access.nouns import (
    ACCESS_TOKEN_LIFE_S,
    AUTHORIZATION_LIFE_S,
    CODE_LIFE_S,
    REMEMBERED_MAX,
    AccessRefused,
    Authorization,
    Code,
    Consent,
    Ending,
    Scope,
    Token,
)
from kontobank.clock import Clock


class Registry:
    """Every permission the bank knows of; ids are hashes of seed, login and a counter."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed, self._clock = seed, clock
        self._counters: Counter[str] = Counter()
        self._authorizations: dict[str, Authorization] = {}
        self._codes: dict[str, Code] = {}
        self._consents: dict[str, Consent] = {}
        self._tokens: dict[str, Token] = {}
        self._refresh_tokens: dict[str, Consent] = {}

    def reset(self) -> None:
        """The bank knows of no permission, and counts from one again."""
        for held in (
            self._counters,
            self._authorizations,
            self._codes,
            self._consents,
            self._tokens,
            self._refresh_tokens,
        ):
            held.clear()

    # --- sign-in

    def open(
        self,
        country: str,
        client_id: str,
        seal: str,
        redirect_uri: str,
        state: str,
        scope: Scope,
        *,
        place: str | None = None,
        name: str = "KontoBank",
        ending: Ending | None = None,
        is_for_all: bool = False,
        code_challenge: str | None = None,
        asks_consent: bool = True,
    ) -> Authorization:
        """A sign-in waits for its person for ten minutes; it ends with a code unless told how."""
        known = self._consents.get(scope.consent_id)
        if known is not None and known.client_id != client_id:
            raise AccessRefused(422, "CONSENT_ID_TAKEN", "consentId belongs to another party")
        authorization = Authorization(
            id=self._next_id("authorization", client_id),
            country=country,
            client_id=client_id,
            seal=seal,
            redirect_uri=redirect_uri,
            state=state,
            scope=scope,
            expires_at=self._after(AUTHORIZATION_LIFE_S),
            ending=ending or CodeEnding(self),
            place=place or country,
            name=name,
            is_for_all=is_for_all,
            code_challenge=code_challenge,
            asks_consent=asks_consent,
        )
        self._authorizations[authorization.id] = authorization
        _forget_oldest(self._authorizations)
        return authorization

    @property
    def opened(self) -> int:
        """How many ids were given out since the start."""
        return self._counters.total()

    def authorization(self, name: str) -> Authorization | None:
        """The waiting sign-in of this id; None when unknown, finished or too old."""
        found = self._authorizations.get(name)
        if found is None or found.step == "done" or found.expires_at <= self._clock.now():
            return None
        return found

    def approve(self, authorization: Authorization, accounts: tuple[str, ...]) -> str:
        """The person agreed for these accounts; the code for the way back."""
        authorization.accounts = accounts
        authorization.step = "done"
        code = self._next_id("code", authorization.login or "")
        self._codes[code] = Code(authorization, self._after(CODE_LIFE_S))
        _forget_oldest(self._codes)
        return code

    # --- tokens

    def redeem(
        self,
        code: str,
        client_id: str,
        redirect_uri: str,
        seal: str,
        verifier: str | None = None,
    ) -> Token:
        """The token of a code; a second use of the code ends what the first one gave."""
        found = self._codes.get(code)
        if found is None:
            raise AccessRefused(400, "CODE_INVALID", "the code is unknown")
        if found.is_used:
            self._forget(found.given)
            raise AccessRefused(400, "CODE_USED", "the code was used before")
        authorization = found.authorization
        if authorization.client_id != client_id or authorization.seal != seal:
            raise AccessRefused(401, "CLIENT_MISMATCH", "the code belongs to another party")
        if authorization.redirect_uri != redirect_uri:
            raise AccessRefused(400, "REDIRECT_URI_MISMATCH", "redirect_uri is not the same")
        if authorization.code_challenge not in (None, _challenge(verifier or "")):
            raise AccessRefused(400, "CODE_VERIFIER_INVALID", "code_verifier is another one")
        found.is_used = True
        if found.expires_at <= self._clock.now():
            raise AccessRefused(400, "CODE_EXPIRED", "the code is too old")
        consent = Consent(
            id=authorization.scope.consent_id,
            client_id=client_id,
            seal=seal,
            country=authorization.country,
            login=authorization.login or "",
            scope=replace(authorization.scope, accounts=authorization.accounts),
            sca_at=self._clock.now(),
        )
        token = self._start(consent)
        found.given = consent.tokens
        return token

    def refresh(self, refresh_token: str, client_id: str, seal: str) -> Token:
        """A new access token under the same consent."""
        consent = self._refresh_tokens.get(refresh_token)
        if consent is None:
            raise AccessRefused(401, "REFRESH_TOKEN_INVALID", "the refresh token is unknown")
        self._check(consent, client_id, seal)
        if consent.withdraws_next:
            consent.status = "withdrawn"
            self._check(consent, client_id, seal)
        return self._give(consent, refresh_token)

    def rotate(self, token: Token) -> Token:
        """The same token with a new refresh token; the old one has served."""
        consent = token.consent
        if token.refresh_token:
            self._refresh_tokens.pop(token.refresh_token, None)
        refresh_token = self._next_id("refresh", consent.login)
        self._refresh_tokens[refresh_token] = consent
        consent.tokens.append(refresh_token)
        return replace(token, refresh_token=refresh_token)

    def exchange(self, access_token: str, scope: Scope, client_id: str, seal: str) -> Token:
        """A token for named accounts in exchange for a live one; the SCA is the old one's."""
        old = self.use(access_token, seal).consent
        self._check(old, client_id, seal)
        consent = Consent(
            id=scope.consent_id,
            client_id=client_id,
            seal=seal,
            country=old.country,
            login=old.login,
            scope=scope,
            sca_at=old.sca_at,
        )
        return self._start(consent)

    def use(self, access_token: str, seal: str | None) -> Token:
        """The live token of this value, for the seal it was given to; None: for who bears it."""
        token = self._tokens.get(access_token)
        if token is None:
            raise AccessRefused(401, "TOKEN_INVALID", "the access token is unknown")
        self._check(token.consent, token.consent.client_id, seal)
        if token.expires_at <= self._clock.now():
            raise AccessRefused(401, "TOKEN_EXPIRED", "the access token has expired")
        return token

    # --- consents

    def consent(self, consent_id: str) -> Consent | None:
        """The consent of this id, whatever its status."""
        found = self._consents.get(consent_id)
        return found and self._noticed(found)

    def consent_of(self, value: str) -> Consent | None:
        """The consent of an access or refresh token, whatever its status."""
        token = self._tokens.get(value)
        found = token.consent if token else self._refresh_tokens.get(value)
        return found and self._noticed(found)

    def valid_of(self, login: str) -> tuple[Consent, ...]:
        """The consents this person gave that still work."""
        held = (self._noticed(one) for one in self._consents.values() if one.login == login)
        return tuple(one for one in held if one.status == "valid")

    def end(self, consent: Consent, status: str) -> None:
        """Nothing under the consent works any more."""
        consent.status = status

    def end_after_now(self, consent: Consent) -> None:
        """The person withdrew it: from the next instant on nothing under it works any more.

        Calls of this very instant are under way together; which of them is served does not depend
        on which comes first.
        """
        consent.ends_after = self._clock.now()

    def _noticed(self, consent: Consent) -> Consent:
        """The same consent; its end by withdrawal is noticed here."""
        if consent.ends_after and consent.ends_after < self._clock.now():
            self.end(consent, "withdrawn")
        return consent

    def _check(self, consent: Consent, client_id: str, seal: str | None) -> None:
        if consent.client_id != client_id or seal not in (None, consent.seal):
            raise AccessRefused(401, "CLIENT_MISMATCH", "this belongs to another party")
        self._noticed(consent)
        if consent.status == "withdrawn":
            raise AccessRefused(403, "CONSENT_WITHDRAWN", "the person withdrew the consent")
        if consent.status != "valid":
            raise AccessRefused(401, "CONSENT_DELETED", "the consent was deleted")
        if consent.scope.valid_until <= self._clock.now():
            raise AccessRefused(401, "CONSENT_EXPIRED", "the consent has expired")

    def _start(self, consent: Consent) -> Token:
        """The consent replaces an older one of its id and gets its first token."""
        older = self._consents.get(consent.id)
        if older is not None:
            self._forget(older.tokens)
        self._consents[consent.id] = consent
        refresh_token = None
        if consent.scope.is_multiple:
            refresh_token = self._next_id("refresh", consent.login)
            self._refresh_tokens[refresh_token] = consent
            consent.tokens.append(refresh_token)
        return self._give(consent, refresh_token)

    def _give(self, consent: Consent, refresh_token: str | None) -> Token:
        value = self._next_id("access", consent.login)
        expires_at = min(self._after(ACCESS_TOKEN_LIFE_S), consent.scope.valid_until)
        token = Token(value, consent, expires_at, refresh_token)
        self._tokens[value] = token
        _forget_oldest(self._tokens)
        consent.tokens.append(value)
        return token

    def _forget(self, values: list[str]) -> None:
        for value in values:
            self._tokens.pop(value, None)
            self._refresh_tokens.pop(value, None)

    def _next_id(self, kind: str, login: str) -> str:
        self._counters[login] += 1
        return seeds.identifier(self._seed, kind, login, self._counters[login], length=40)

    def _after(self, seconds: int) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)


def _challenge(verifier: str) -> str:
    """What S256 makes of a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class CodeEnding:
    """Back with a code or an error and the third party's own state (RFC 6749, 4.1.2)."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def approved(self, authorization: Authorization, accounts: tuple[str, ...]) -> str:
        """The address with a fresh code."""
        code = self._registry.approve(authorization, accounts)
        return with_query(authorization.redirect_uri, {"code": code, "state": authorization.state})

    def denied(self, authorization: Authorization, error: str, description: str | None) -> str:
        """The address with the error's name."""
        query = {"error": error}
        if description:
            query["error_description"] = description
        return with_query(authorization.redirect_uri, {**query, "state": authorization.state})


def with_query(address: str, added: dict[str, str]) -> str:
    """The address with these members after its own query."""
    parts = urlsplit(address)
    text = urlencode(added)
    return urlunsplit(parts._replace(query=f"{parts.query}&{text}" if parts.query else text))


def _forget_oldest(held: dict[str, Any]) -> None:
    """The table is not longer than the bank's memory; the oldest entries go first."""
    while len(held) > REMEMBERED_MAX:
        del held[next(iter(held))]
