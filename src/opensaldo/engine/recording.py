"""Recording: an import keeps what the bank answered, when the operator asks for it.

A recording is sealed under the session's key like the result, falls due with it, and holds no
token, no credential and nothing a person typed. Without one nothing changes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from opensaldo.connectors.base import Access, Connector, KeepsSecrets
from opensaldo.connectors.http import recorded_by
from opensaldo.connectors.transcript import NOT_KEPT, RecordedCall, Tape
from opensaldo.domain.command import Command
from opensaldo.domain.secret import Secret
from opensaldo.domain.session import Session
from opensaldo.engine.kept import TRANSCRIPT, document_place
from opensaldo.engine.plans import Plan
from opensaldo.engine.platform import Platform
from opensaldo.engine.reading import Reading
from opensaldo.errors import BankError
from opensaldo.observe import log
from opensaldo.store.db import Connection
from opensaldo.store.queries import documents
from opensaldo.store.vault import DataKey, KeyDestroyed
from opensaldo.wire import sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class BareAccess:
    """An access without its tokens."""

    grant: str
    expires_at: datetime
    account_numbers: tuple[str, ...]
    valid_until: datetime | None
    history_days: int | None
    memory: Mapping[str, str]

    def dressed(self) -> Access:
        """The access with a word where its token was."""
        return Access(
            grant=self.grant,
            access_token=Secret(NOT_KEPT),
            expires_at=self.expires_at,
            account_numbers=self.account_numbers,
            valid_until=self.valid_until,
            history_days=self.history_days,
            memory=self.memory,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One run of one import: what it was given and what the bank answered.

    `is_cut` when the transcript had become too large to be kept whole.
    """

    command: Command
    by_consent: bool
    attended: bool
    began_at: datetime
    due_at: datetime
    since: date
    access: BareAccess
    plan: Plan
    calls: tuple[RecordedCall, ...] = field(default=(), repr=False)
    is_cut: bool = False
    shown_since: date | None = None


def pack(recording: Recording) -> bytes:
    """The recording as bytes that are only ever kept sealed."""
    return sealed.encode(recording)


def unpack(data: bytes) -> Recording:
    """What `pack` wrote.

    Raises:
        ValueError: the bytes are of another version, or no recording.
    """
    return sealed.decode(data, Recording)


@asynccontextmanager
async def recorded(
    platform: Platform, command: Command, session: Session, key: DataKey, reading: Reading
) -> AsyncIterator[None]:
    """What is read here is kept as the command's transcript, if the operator wants that.

    A failure of the bank is kept too; any other leaves no transcript.
    """
    if not platform.records_imports:
        yield
        return
    tape = Tape(platform.clock)
    draft = _draft(platform, command, session, reading)
    due_at = await platform.store.fetch(
        documents.due_of, command.client_id, draft.began_at, draft.due_at
    )
    draft = replace(draft, due_at=due_at)
    try:
        with recorded_by(tape):
            yield
    except BankError:
        await _keep(platform, key, draft, tape)
        raise
    await _keep(platform, key, draft, tape)


def _draft(platform: Platform, command: Command, session: Session, reading: Reading) -> Recording:
    now = platform.clock()
    return Recording(
        command=command,
        by_consent=session.consent_id is not None,
        attended=reading.psu is not None,
        began_at=now,
        due_at=now + platform.limits.retention,
        since=reading.since,
        shown_since=reading.shown_since,
        access=_bare(reading.connector, reading.access),
        plan=reading.plan,
    )


def _bare(connector: Connector, access: Access) -> BareAccess:
    if isinstance(connector, KeepsSecrets):
        access = connector.bare(access)
    return BareAccess(
        grant=access.grant,
        expires_at=access.expires_at,
        account_numbers=access.account_numbers,
        valid_until=access.valid_until,
        history_days=access.history_days,
        memory=access.memory,
    )


async def _keep(platform: Platform, key: DataKey, draft: Recording, tape: Tape) -> None:
    """The transcript is kept, in place of one of an earlier run; an owner erased keeps none."""
    command = draft.command
    whole = pack(replace(draft, calls=tuple(tape.calls), is_cut=tape.is_full))
    blob = platform.vault.seal(key, whole, document_place(command.id, TRANSCRIPT))

    def write(connection: Connection) -> None:
        owner = documents.owner_of_session(connection, command.session_id)
        if owner is None:
            return
        documents.delete_document(connection, command.id, TRANSCRIPT)
        documents.insert_document(
            connection,
            command=command,
            owner_external_id=owner,
            kind=TRANSCRIPT,
            sealed=blob,
            at=platform.clock(),
            due_at=draft.due_at,
        )

    try:
        await platform.store.change_with(write)
    except KeyDestroyed:
        log.info("transcript not kept", command=command.id)
