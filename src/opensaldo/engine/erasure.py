"""Everything kept of one owner: exported as one file, or erased with a proof of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from opensaldo.domain.client import Client
from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.domain.deletion import Cause, Deletion
from opensaldo.domain.event import Event, EventKind
from opensaldo.engine.consent_ends import tell_end
from opensaldo.engine.consents import tell_banks
from opensaldo.engine.events import cursor_of, number_of
from opensaldo.engine.idempotency import settle
from opensaldo.engine.kept import consent_owner_place
from opensaldo.engine.leaving import leave
from opensaldo.engine.platform import Platform
from opensaldo.engine.renewal import owner_hash
from opensaldo.engine.retention import scrub
from opensaldo.errors import UnknownOwnerExternalId
from opensaldo.observe import DELETED
from opensaldo.store.conflicts import hold
from opensaldo.store.db import Connection
from opensaldo.store.queries import (
    consents,
    deletions,
    events,
    owners,
    refreshes,
    remembered,
    sessions,
)
from opensaldo.store.queries.clients import Caller
from opensaldo.store.queries.sessions import HeldAccess

DELETIONS_SHOWN_MAX = 1000
PROOFS_A_PAGE = 100
CONSENTS_AT_ONCE = 100
PROOFS = "proofs-of-deletion"  # what a cursor of them is marked with


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPage:
    """Some proofs, newest first, each with the cursor that older ones are read from."""

    proofs: tuple[tuple[str, Deletion], ...]
    has_more: bool


async def erase_owner(platform: Platform, caller: Caller, owner_external_id: str) -> Deletion:
    """Imports, results and the keys to them are gone; consents and usage counts stay.

    Open sessions have ended, and the person is signed out where they were in for one session.

    Raises:
        UnknownOwnerExternalId: nothing is kept under this id.
    """
    return await _erase(platform, caller.client, owner_external_id, Cause.CLIENT, caller=caller)


async def erase_person(platform: Platform, client: Client, owner_external_id: str) -> Deletion:
    """As `erase_owner`, and the person's consents have ended, at the bank too, and name nobody.

    Raises:
        UnknownOwnerExternalId: nothing is kept under this id.
    """
    return await _erase(platform, client, owner_external_id, Cause.OPERATOR)


async def proofs(
    platform: Platform, client: Client, owner_external_id: str | None = None
) -> tuple[Deletion, ...]:
    """What was deleted of the client's, newest first; of one owner, when that was erased."""
    subject = owner_external_id and owner_mark(platform, client, owner_external_id)
    place = (client.id, client.environment, subject, DELETIONS_SHOWN_MAX)
    found = await platform.store.fetch(deletions.deletions_of, *place)
    return tuple(deletion for _number, deletion in found)


async def read_proofs(
    platform: Platform, client: Client, owner_external_id: str | None, cursor: str | None
) -> ProofPage:
    """A page of what was deleted of the client's, or of one owner, older than the cursor's.

    Raises:
        InvalidCursor: not one of this client's cursors.
    """
    before = None if cursor is None else number_of(platform, client, cursor, PROOFS)
    subject = owner_external_id and owner_mark(platform, client, owner_external_id)
    place = (client.id, client.environment, subject, PROOFS_A_PAGE + 1, before)
    found = await platform.store.fetch(deletions.deletions_of, *place)
    return ProofPage(
        proofs=tuple(
            (cursor_of(platform, client, n, PROOFS), one) for n, one in found[:PROOFS_A_PAGE]
        ),
        has_more=len(found) > PROOFS_A_PAGE,
    )


def owner_mark(platform: Platform, client: Client, owner_external_id: str) -> str:
    """The fingerprint that stands for the owner in events and proofs."""
    return platform.vault.fingerprint("owner", client.id, owner_external_id)


async def _erase(
    platform: Platform,
    client: Client,
    owner_external_id: str,
    cause: Cause,
    *,
    caller: Caller | None = None,
) -> Deletion:
    mark = owner_mark(platform, client, owner_external_id)
    hash_ = owner_hash(platform.vault, client.id, owner_external_id)
    place = (client.id, client.environment, owner_external_id)

    def erase(connection: Connection) -> tuple[Deletion, tuple[HeldAccess, ...]]:
        now = platform.clock()
        nameless: tuple[tuple[Consent, bool], ...] = ()
        if cause is Cause.OPERATOR:
            nameless = _end_nameless(connection, platform, client, hash_, now)
        held = sessions.held_accesses(connection, owners.sessions_of(connection, *place))
        commands = owners.commands_of(connection, *place)
        erased = owners.erase_owner(connection, *place)
        forgotten = remembered.forget_of_owner(connection, *place[:2], hash_)
        if not (erased.sessions or erased.owners or forgotten or nameless):
            raise UnknownOwnerExternalId
        deletion = Deletion(
            cause=cause,
            at=now,
            client_id=client.id,
            environment=client.environment,
            subject=mark,
            counts={**asdict(erased), "consents": len(nameless)},
            commands=commands,
        )
        deletions.note(connection, deletion)
        settle(connection, caller, mark)
        for consent, ended_now in nameless:
            if ended_now:
                tell_end(connection, consent, ConsentStatus.TERMINATED_BY_TPP, now)
        events.append(connection, _event(client, deletion))
        return deletion, held

    deletion, held = await platform.store.change_with(erase)
    DELETED.labels("document").inc(deletion.counts["documents"])
    if deletion.counts["consents"]:
        await tell_banks(platform)
    await scrub(platform)
    await leave(platform, held)
    return deletion


def _end_nameless(
    connection: Connection, platform: Platform, client: Client, of_owner: str, now: datetime
) -> tuple[tuple[Consent, bool], ...]:
    """The person's consents are over and say no more whose they were; each, and if it ended now."""
    done = []
    place = (client.id, client.environment, of_owner, CONSENTS_AT_ONCE)
    while found := consents.consents_of(connection, *place):
        for consent, _sealed in found:
            hold(connection, "consent", consent.id)
        for consent, _sealed in found:
            ended_now = consents.revoke_consent(connection, consent.id, now)
            nobody = platform.vault.seal_long(b"", consent_owner_place(consent.id))
            consents.replace_owner(connection, consent.id, nobody, None)
            done.append((consent, ended_now))
    refreshes.drop_refreshes(connection, client.id, of_owner)
    return tuple(done)


def _event(client: Client, deletion: Deletion) -> Event:
    return Event(
        client_id=client.id,
        environment=client.environment,
        kind=EventKind.DATA_DELETED,
        subject=deletion.subject or "",
        at=deletion.at,
    )
