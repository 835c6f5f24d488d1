"""Replay: a recorded import runs again, through the code as it is now, and changes nothing.

The bank's answers come from the transcript and the clock stands where it stood; no call leaves the
process, no ledger is asked and nothing is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from opensaldo.connectors.base import Access, Connector, KeepsSecrets, PsuContext
from opensaldo.connectors.registry import Catalog
from opensaldo.connectors.transcript import PlayedDoor
from opensaldo.domain.account import Holdings
from opensaldo.domain.clock import Clock
from opensaldo.domain.command import CommandState, Failure
from opensaldo.domain.receipt import Outcome
from opensaldo.engine.difference import Change, Ending, compare
from opensaldo.engine.identity import Fingerprint
from opensaldo.engine.imports import in_words_of_access
from opensaldo.engine.kept import HOLDINGS, TRANSCRIPT, document_place
from opensaldo.engine.ledger import Call
from opensaldo.engine.plans import spared
from opensaldo.engine.reading import Reading
from opensaldo.engine.receipts import begun, comparable, told, without_ids
from opensaldo.engine.recording import Recording, unpack
from opensaldo.errors import (
    BankBalanceUnproven,
    BankUnavailable,
    InvalidArgument,
    InvalidCommandId,
    OpenSaldoError,
)
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import commands, documents, sessions
from opensaldo.store.vault import DataKey, KeyDestroyed, SealBroken, Vault
from opensaldo.wire import sealed

LOOK_EVERY_S = 0.2
FILE_PLACE = "opensaldo: transcript file"
SOMEBODY = PsuContext(ip_address="192.0.2.1", user_agent="OpenSaldo replay")
NO_TRANSCRIPT = (
    "No transcript is kept of this import: recording was off (OPENSALDO_RECORD_IMPORTS), "
    "or its hours are over."
)
NOT_READABLE = "The transcript cannot be read: it is cut short, foreign, or under another key."

CatalogOf = Callable[[PlayedDoor, Clock], Catalog]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A recording with how its import ended."""

    recording: Recording
    ending: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The differences, and the calls that only one of the two runs made."""

    changes: tuple[Change, ...]
    calls_added: tuple[str, ...]
    calls_gone: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether both runs did and gave the same."""
        return not (self.changes or self.calls_added or self.calls_gone)


class _NoLedger:
    """Nothing is called, so nothing counts."""

    async def book(self, _calls: Iterable[Call]) -> None:
        """Any call may be made."""

    def made(self, _call: Call) -> None:
        """Nothing is noted."""


def kept_import(connection: Connection, vault: Vault, command_id: str, now: datetime) -> Kept:
    """The command's recording and how it ended, opened.

    Raises:
        InvalidCommandId: there is no such command.
        InvalidArgument: it has not ended, or no transcript of it can be read.
    """
    command = commands.command_by_id(connection, command_id)
    if command is None:
        raise InvalidCommandId
    if command.finished_at is None:
        raise InvalidArgument("The import has not ended yet; replay it afterwards.")
    wrapped = sessions.key_of(connection, command.session_id)
    blob = documents.document_of(connection, command_id, TRANSCRIPT)
    if wrapped is None or blob is None:
        raise InvalidArgument(NO_TRANSCRIPT)
    try:
        key = vault.unwrap(wrapped)
        recording = unpack(_open(key, blob, command_id, TRANSCRIPT))
        share = _share(connection, key, command_id)
    except KeyDestroyed:
        raise InvalidArgument(NO_TRANSCRIPT) from None
    except (SealBroken, ValueError):
        raise InvalidArgument(NOT_READABLE) from None
    is_well = command.state is CommandState.SUCCESSFUL
    ending = Ending(
        share=share,
        receipt=comparable(command.receipt) if is_well and command.receipt else None,
        failure=command.failure,
    )
    return _usable(Kept(recording=recording, ending=ending), now)


def export(kept: Kept, key: DataKey) -> bytes:
    """The recording and its ending as a file, sealed under the operator's key."""
    return Vault.seal(key, sealed.encode(kept), FILE_PLACE)


def from_file(data: bytes, key: DataKey, now: datetime) -> Kept:
    """What `export` wrote.

    Raises:
        InvalidArgument: it cannot be read with this key, or its hours are over.
    """
    try:
        kept = sealed.decode(Vault.open_sealed(key, data, FILE_PLACE), Kept)
    except (SealBroken, ValueError):
        raise InvalidArgument(NOT_READABLE) from None
    return _usable(kept, now)


async def replay(
    kept: Kept, catalog_of: CatalogOf, fingerprint: Fingerprint | None = None
) -> Replayed:
    """Run the recording through the code as it is now and compare.

    With the platform's own `fingerprint` our ids of accounts and rows are compared too, where they
    do not also come from what a consent remembered.
    """
    recording = kept.recording
    if recording.by_consent:
        fingerprint = None
    door = PlayedDoor(recording.calls)
    catalog = catalog_of(door, lambda: recording.began_at)
    had_failed = kept.ending.failure is not None
    ending = await _ending(recording, catalog, door, fingerprint or _unkeyed, had_failed=had_failed)
    before, after = (
        (kept.ending, ending) if fingerprint else (_nameless(kept.ending), _nameless(ending))
    )
    return Replayed(
        changes=compare(before, after),
        calls_added=tuple(door.unanswered),
        calls_gone=tuple(door.left),
    )


def _nameless(ending: Ending) -> Ending:
    return replace(ending, share=without_ids(ending.share) if ending.share else None)


async def _ending(
    recording: Recording,
    catalog: Catalog,
    door: PlayedDoor,
    fingerprint: Fingerprint,
    *,
    had_failed: bool,
) -> Ending:
    """How the import ends now; rows that no longer add up are shown where they did before."""
    command = recording.command
    try:
        reading = _reading(recording, catalog)
        await _read_or_stand_still(reading, door)
        found = told(command, begun(command, None), reading, fingerprint)
        if not found.is_settled and had_failed:
            raise BankBalanceUnproven
        share = sealed.decode_holdings(sealed.encode_holdings(found.share))
    except OpenSaldoError as error:
        said = in_words_of_access(error, by_consent=recording.by_consent, is_rerun=command.runs > 1)
        return Ending(failure=Failure(name=said.wire_name, message=said.message))
    outcome = found.receipt.outcome if found.is_settled else Outcome.FAILED
    return Ending(share=share, receipt=comparable(replace(found.receipt, outcome=outcome)))


def _unkeyed(*parts: str) -> str:
    """For ids that are not compared, so their key is not needed."""
    return sha256("\x1f".join(parts).encode()).hexdigest()


def _reading(recording: Recording, catalog: Catalog) -> Reading:
    command = recording.command
    target = catalog.find(command.target or "", command.environment)
    if target is None:
        raise BankUnavailable("The target is no longer in the catalogue.")
    connector = spared(catalog.connector(target), recording.plan.spares)
    return Reading(
        connector=connector,
        access=_revived(connector, recording.access.dressed()),
        psu=SOMEBODY if recording.attended else None,
        since=recording.since,
        shown_since=recording.shown_since,
        ledger=_NoLedger(),
        on_progress=lambda _percent: None,
        plan=recording.plan,
    )


def _revived(connector: Connector, access: Access) -> Access:
    return connector.revived(access) if isinstance(connector, KeepsSecrets) else access


async def _read_or_stand_still(reading: Reading, door: PlayedDoor) -> None:
    """Everything the transcript has was read; where the time ran out then, it does so now.

    Raises:
        BankUnavailable: nothing was read before that.
    """
    work = asyncio.create_task(reading.read())
    while not work.done():
        before = door.answered
        await asyncio.wait({work}, timeout=LOOK_EVERY_S)
        if door.stands_still and door.answered == before and not work.done():
            work.cancel()
            await asyncio.wait({work})
            if not reading.has_read_any:
                raise BankUnavailable("The bank did not answer within the command's time.")
            return
    work.result()


def _open(key: DataKey, blob: bytes, command_id: str, kind: str) -> bytes:
    return Vault.open_sealed(key, blob, document_place(command_id, kind))


def _share(connection: Connection, key: DataKey, command_id: str) -> Holdings | None:
    blob = documents.document_of(connection, command_id, HOLDINGS)
    if blob is None:
        return None
    return sealed.decode_holdings(_open(key, blob, command_id, HOLDINGS))


def _usable(kept: Kept, now: datetime) -> Kept:
    if now >= kept.recording.due_at:
        raise InvalidArgument(NO_TRANSCRIPT)
    if kept.recording.is_cut:
        raise InvalidArgument("The transcript is not whole: the bank's answers were too large.")
    return kept


async def kept_of(store: Store, vault: Vault, command_id: str, clock: Clock) -> Kept:
    """As `kept_import`, from this store; nothing in it changes."""

    def look(connection: Connection) -> Kept:
        return kept_import(connection, vault, command_id, clock())

    return await store.fetch(look)
