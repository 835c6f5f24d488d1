"""A client's consents as it may see them, with what is left of each, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from opensaldo.domain.consent import Consent, ConsentView
from opensaldo.engine.budget import calls_per_day_max, spent
from opensaldo.engine.consents import consent_of_token
from opensaldo.engine.kept import consent_owner_place
from opensaldo.engine.platform import Platform
from opensaldo.engine.renewal import owner_hash
from opensaldo.errors import InvalidMultipleAccessId
from opensaldo.store.db import Connection
from opensaldo.store.queries import consents
from opensaldo.store.queries.clients import Caller
from opensaldo.wire.signature import multiple_access_id

CONSENTS_A_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage:
    """Some consents, newest first, and whether there are older ones."""

    consents: tuple[ConsentView, ...]
    has_more: bool


async def list_consents(
    platform: Platform, caller: Caller, owner_external_id: str | None, before: str | None
) -> ConsentPage:
    """A page of the caller's consents, of one owner or of all, older than the one of this token.

    Raises:
        InvalidMultipleAccessId: `before` is none of the caller's.
    """
    client, now = caller.client, platform.clock()
    last = None if before is None else await consent_of_token(platform, caller, before)
    if before is not None and last is None:
        raise InvalidMultipleAccessId
    digest = owner_external_id and owner_hash(platform.vault, client.id, owner_external_id)
    place = (client.id, client.environment, digest, CONSENTS_A_PAGE + 1, last)

    def read(connection: Connection) -> ConsentPage:
        found = consents.consents_of(connection, *place)
        shown = (_view(connection, platform, *each, now) for each in found[:CONSENTS_A_PAGE])
        return ConsentPage(consents=tuple(shown), has_more=len(found) > CONSENTS_A_PAGE)

    return await platform.store.fetch(read)


def _view(
    connection: Connection, platform: Platform, consent: Consent, sealed: bytes, now: datetime
) -> ConsentView:
    per_day_max, used = calls_per_day_max(platform, consent), spent(connection, consent.id, now)
    owner = platform.vault.open_long(sealed, consent_owner_place(consent.id))
    return ConsentView(
        consent=consent,
        multiple_access_id=multiple_access_id(platform.vault.signature_secret(), consent.id),
        owner_external_id=owner.decode(),
        imports_left=used.imports_left(now, per_day_max),
        next_import_at=used.next_at(now, per_day_max),
    )
