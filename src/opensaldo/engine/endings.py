"""How an import ends: once, in one transaction with what it keeps and with what comes next."""

from __future__ import annotations

import asyncio
from datetime import datetime

from opensaldo.domain.aggregate import Origin
from opensaldo.domain.command import Command, CommandName, CommandState, Failure
from opensaldo.domain.event import Event, EventKind
from opensaldo.domain.receipt import Receipt
from opensaldo.domain.session import Session
from opensaldo.engine import found
from opensaldo.engine.kept import FOUND, HOLDINGS, RECEIPT, RESULT_XML, document_place
from opensaldo.engine.ledger import Ledger
from opensaldo.engine.memories import sealed_memories
from opensaldo.engine.platform import Platform
from opensaldo.engine.reading import Reading
from opensaldo.engine.receipts import Told
from opensaldo.engine.renewal import hold_for_proof, prove
from opensaldo.engine.usage import note_import
from opensaldo.errors import OpenSaldoError, SessionExpired
from opensaldo.observe import COMMANDS, IMPORT_SECONDS, log
from opensaldo.store.conflicts import hold
from opensaldo.store.db import Connection
from opensaldo.store.queries import commands, documents, events, owners, remembered, sessions
from opensaldo.store.vault import DataKey, KeyDestroyed
from opensaldo.wire import json_v1, xml_v1
from opensaldo.wire import sealed as wire_sealed

ERASED_MEANWHILE = "The owner's data was deleted while the import ran."


async def keep(
    platform: Platform,
    command: Command,
    session: Session,
    key: DataKey,
    reading: Reading,
    ledger: Ledger,
    told: Told,
) -> bool:
    """Render, seal and keep the command's share, and end the command, in one transaction.

    Returns whether banks must be told of consents that this one took the place of.

    Raises:
        MemoriesMoved: another import of the consent ended since this one's rows were told.
    """
    sealed = await asyncio.to_thread(_sealed_documents, platform, command, key, reading, told)
    receipt = sealed_receipt(platform, command, key, told.receipt)
    memories = sealed_memories(platform, session, told.memories)

    def end(connection: Connection) -> bool:
        now = platform.clock()
        hold_queue(connection, command)
        if session.consent_id is not None:
            hold_for_proof(connection, session.consent_id)
        ledger.settle(connection)
        if not commands.succeed(connection, command.id, told.receipt, receipt, now):
            return False
        owner = _owner_that_counts(connection, session)
        _insert(connection, platform, command, owner, sealed, now)
        if memories and session.consent_id is not None:
            consent_id, made_from = session.consent_id, told.made_from
            remembered.remember(connection, consent_id, memories, made_from, now)
        owners.note_import(
            connection, command.client_id, command.environment, owner, Origin.SCRAPER, now
        )
        _go_on(connection, platform, command, CommandState.SUCCESSFUL, now)
        return session.consent_id is not None and prove(connection, session.consent_id, now)

    has_replaced = await platform.store.change_with(end)
    _count(platform, command, CommandState.SUCCESSFUL)
    return has_replaced


async def end_failed(
    platform: Platform,
    command: Command,
    state: CommandState,
    error: OpenSaldoError,
    receipt: Receipt,
    key: DataKey | None,
) -> None:
    """The command has ended with this error, unless it had ended before.

    Without a key only the receipt's counts are kept.
    """
    sealed = sealed_receipt(platform, command, key, receipt) if key is not None else None
    failure = Failure(name=error.wire_name, message=error.message)

    def end(connection: Connection) -> bool:
        now = platform.clock()
        hold_queue(connection, command)
        if not commands.fail(connection, command.id, state, failure, receipt, sealed, now):
            return False
        _go_on(connection, platform, command, state, now)
        return True

    if await platform.store.change_with(end):
        log.info("command failed", command=command.id, code=error.wire_name, state=state.value)
        _count(platform, command, state)


def hold_queue(connection: Connection, command: Command) -> None:
    """Until this transaction ends no other one accepts or ends a command of the session.

    A default import is the only command of its session, so it has nothing to wait for.
    """
    if command.name is not CommandName.DEFAULT_IMPORT:
        hold(connection, "session", command.session_id)


def _go_on(
    connection: Connection, platform: Platform, ended: Command, state: CommandState, now: datetime
) -> None:
    """The command's end is noted, and the session's next command is queued where there is one."""
    sessions.touch(connection, ended.session_id, now)
    note_import(connection, ended, state, now)
    events.append(connection, _ended(ended, state, now))
    if ended.name is CommandName.DEFAULT_IMPORT:
        return
    for waiting in commands.unfinished_of_session(connection, ended.session_id)[:1]:
        queue(connection, platform, waiting)


def queue(connection: Connection, platform: Platform, command: Command) -> None:
    """The command will run, in the process that holds its session's login where one does."""
    platform.workflows.enqueue(
        connection,
        command.name.value,
        command.id,
        login_slot=sessions.login_slot(connection, command.session_id),
    )


def _owner_that_counts(connection: Connection, session: Session) -> str:
    """The owner's id as it is now.

    Raises:
        SessionExpired: the owner was erased meanwhile; what was read must not come back.
    """
    now = sessions.session_of(connection, session.id, session.client_id, session.environment)
    owner = (now or session).owner_external_id
    if owner is None:
        raise SessionExpired(ERASED_MEANWHILE)
    return owner


def _insert(
    connection: Connection,
    platform: Platform,
    command: Command,
    owner: str,
    sealed: dict[str, bytes],
    now: datetime,
) -> None:
    """The sealed documents are kept.

    Raises:
        SessionExpired: the owner was erased since it was asked for.
    """
    try:
        for kind, blob in sealed.items():
            documents.insert_document(
                connection,
                command=command,
                owner_external_id=owner,
                kind=kind,
                sealed=blob,
                at=now,
                due_at=now + platform.limits.retention,
            )
    except KeyDestroyed:
        raise SessionExpired(ERASED_MEANWHILE) from None


def _sealed_documents(
    platform: Platform, command: Command, key: DataKey, reading: Reading, told: Told
) -> dict[str, bytes]:
    clear = {
        HOLDINGS: json_v1.encode_holdings(told.share),
        RESULT_XML: xml_v1.result(told.share, command.name),
    }
    kept_for_later = found.found_by(command.name, reading.details)
    if kept_for_later is not None:
        clear[FOUND] = found.pack(kept_for_later)
    return {
        kind: platform.vault.seal(key, text, document_place(command.id, kind))
        for kind, text in clear.items()
    }


def sealed_receipt(platform: Platform, command: Command, key: DataKey, receipt: Receipt) -> bytes:
    """The receipt as it is kept: it tells of balances, so it is sealed like a result."""
    place = document_place(command.id, RECEIPT)
    return platform.vault.seal(key, wire_sealed.encode(receipt), place)


def _ended(command: Command, state: CommandState, at: datetime) -> Event:
    return Event(
        client_id=command.client_id,
        environment=command.environment,
        kind=EventKind.COMMAND_ENDED,
        subject=command.id,
        at=at,
        state=state.value,
    )


def _count(platform: Platform, command: Command, state: CommandState) -> None:
    COMMANDS.labels(command.name.value, state.value).inc()
    if command.started_at is not None:
        IMPORT_SECONDS.observe((platform.clock() - command.started_at).total_seconds())
