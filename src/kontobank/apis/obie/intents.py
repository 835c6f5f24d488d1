"""Consents that wait for their person, or were decided: account-access-consents by id."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from kontobank import seeds
from kontobank.access.nouns import (
    ACCESS_TOKEN_LIFE_S,
    REMEMBERED_MAX,
    AccessRefused,
    Authorization,
)
from kontobank.access.registry import CodeEnding, Registry
from kontobank.clock import Clock

AWAITING, AUTHORISED, REJECTED, ENDED, EXPIRED = "AWAU", "AUTH", "RJCT", "CANC", "EXPD"


@dataclass
class Intent:
    """What a third party asked for; `status` is a code of 4.0."""

    id: str
    client_id: str
    seal: str
    place: str
    permissions: tuple[str, ...]
    valid_until: datetime
    from_at: datetime | None
    created_at: datetime
    changed_at: datetime
    status: str = AWAITING


class Intents:
    """Every intent, and the third parties' own tokens that may make one."""

    def __init__(self, seed: int, clock: Clock, registry: Registry) -> None:
        self._seed, self._clock, self._registry = seed, clock, registry
        self._counters: Counter[str] = Counter()
        self._held: dict[str, Intent] = {}
        self._tokens: dict[str, tuple[str, str, datetime]] = {}

    def reset(self) -> None:
        """The bank knows of no intent and no token."""
        for held in (self._counters, self._held, self._tokens):
            held.clear()

    def open(
        self,
        *,
        client_id: str,
        seal: str,
        place: str,
        permissions: tuple[str, ...],
        valid_until: datetime,
        from_at: datetime | None,
    ) -> Intent:
        """An intent waits for its person."""
        now = self._clock.now()
        name = self._next_id("intent", client_id)
        intent = Intent(name, client_id, seal, place, permissions, valid_until, from_at, now, now)
        self._held[name] = intent
        while len(self._held) > REMEMBERED_MAX:
            del self._held[next(iter(self._held))]
        return intent

    def intent(self, name: str, client_id: str, place: str) -> Intent:
        """The third party's intent as it is now, else AccessRefused 400."""
        found = self._held.get(name)
        if found is None or (found.client_id, found.place) != (client_id, place):
            raise AccessRefused(400, "Resource.NotFound", "no such consent of this third party")
        consent = self._registry.consent(name)
        if found.status == AUTHORISED and consent is not None and consent.status != "valid":
            self.decide(found, ENDED)
        if found.status in (AWAITING, AUTHORISED) and found.valid_until <= self._clock.now():
            self.decide(found, EXPIRED)
        return found

    def decide(self, intent: Intent, status: str) -> None:
        """The intent has another status."""
        intent.status, intent.changed_at = status, self._clock.now()

    def end(self, intent: Intent) -> None:
        """Nothing under the intent works any more, and nobody can ask for it."""
        consent = self._registry.consent(intent.id)
        if consent is not None:
            self._registry.end(consent, "deleted")
        self._held.pop(intent.id, None)

    def give_token(self, client_id: str, seal: str) -> str:
        """A token of the third party's own."""
        value = self._next_id("own", client_id)
        until = self._clock.now() + timedelta(seconds=ACCESS_TOKEN_LIFE_S)
        self._tokens[value] = (client_id, seal, until)
        while len(self._tokens) > REMEMBERED_MAX:
            del self._tokens[next(iter(self._tokens))]
        return value

    def bearer_of(self, token: str) -> tuple[str, str]:
        """Whose own token this is and under which seal, else AccessRefused 401."""
        client_id, seal, until = self._tokens.get(token, ("", "", self._clock.now()))
        if until <= self._clock.now():
            raise AccessRefused(401, "TOKEN_INVALID", "no live token of a third party")
        return client_id, seal

    def _next_id(self, kind: str, owner: str) -> str:
        self._counters[owner] += 1
        return seeds.identifier(self._seed, kind, owner, self._counters[owner], length=40)


class IntentEnding(CodeEnding):
    """Back with a code or an error; the intent is decided on the way."""

    def __init__(self, registry: Registry, intents: Intents, intent: Intent) -> None:
        super().__init__(registry)
        self._intents, self._intent = intents, intent

    def approved(self, authorization: Authorization, accounts: tuple[str, ...]) -> str:
        """The address with a fresh code; the intent is authorised."""
        self._intents.decide(self._intent, AUTHORISED)
        return super().approved(authorization, accounts)

    def denied(self, authorization: Authorization, error: str, description: str | None) -> str:
        """The address with the error's name; the intent is rejected."""
        self._intents.decide(self._intent, REJECTED)
        return super().denied(authorization, error, description)
