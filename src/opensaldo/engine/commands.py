"""Commands: accepted in one transaction with their event and their place in the queue.

A session has one default import, or advanced imports that run one after another: the next one is
queued when the one before it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from opensaldo.domain.command import Command, CommandName, CommandState
from opensaldo.domain.event import Event, EventKind
from opensaldo.domain.secret import Secret
from opensaldo.domain.session import Session
from opensaldo.domain.target import Target
from opensaldo.engine import budget
from opensaldo.engine.consents import hold_usable, session_under, usable_consent
from opensaldo.engine.durable import Job
from opensaldo.engine.endings import hold_queue, queue
from opensaldo.engine.found import Found, Request, account_of, card_of, opened, pack_request
from opensaldo.engine.idempotency import settle
from opensaldo.engine.ids import ATTEMPTS_MAX, new_number
from opensaldo.engine.imports import give_up_import, run_import
from opensaldo.engine.kept import FOUND, REQUEST, consent_owner_place, document_place
from opensaldo.engine.platform import Platform
from opensaldo.engine.renewal import owner_hash
from opensaldo.engine.sessions import is_person_there
from opensaldo.errors import (
    CommandNotAvailable,
    DefaultImportAlreadyExecuted,
    Defect,
    InvalidSessionId,
    InvalidSince,
    JobsQuotaExceeded,
)
from opensaldo.store.conflicts import DefaultImportTaken, IdTaken, hold
from opensaldo.store.db import Connection
from opensaldo.store.queries import commands, consents, documents, events, sessions
from opensaldo.store.queries.clients import Caller
from opensaldo.store.vault import DataKey, KeyDestroyed

RETRY_WHEN_FULL_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client wants imported.

    `owner_external_id` counts for a default import only; `place` is the IBAN or the card whose
    transactions are wanted, `fast` without details of rows that cost calls of their own.
    """

    name: CommandName
    since: date | None = None
    owner_external_id: str | None = None
    place: Secret | None = None
    fast: bool = False


def jobs(platform: Platform) -> dict[str, Job]:
    """The written-out table of commands that run in the background; a name is for ever."""

    async def run(command_id: str) -> None:
        await run_import(platform, command_id)

    async def give_up(command_id: str) -> None:
        await give_up_import(platform, command_id)

    job = Job(run, give_up)
    return {
        CommandName.DEFAULT_IMPORT.value: job,
        CommandName.IMPORT_OWNERS.value: job,
        CommandName.IMPORT_ACCOUNTS.value: job,
        CommandName.IMPORT_ACCOUNT_TRANSACTIONS.value: job,
        CommandName.IMPORT_CARDS.value: job,
        CommandName.IMPORT_CARD_TRANSACTIONS.value: job,
    }


async def submit_import(
    platform: Platform, caller: Caller, session: Session, wish: Wish
) -> tuple[Command, str]:
    """The import is accepted: durable, queued, announced; with the owner's id that counts.

    Raises:
        InvalidSince: in the future.
        CommandNotAvailable: the target does not offer it, or the session has advanced imports.
        DefaultImportAlreadyExecuted: the session has had its default import.
        InvalidMultipleAccessId: the session's consent has ended.
        MultipleAccessLimitExceeded: the consent's imports in 24 hours are used up.
        InvalidIban: not an account that the session has found.
        InvalidArgument: not a card that the session has found.
        JobsQuotaExceeded: too many commands of the client are waiting.
    """
    _refuse_future(platform, wish)
    return await platform.store.change_with(
        lambda connection: _accept(connection, platform, caller, session, wish)
    )


async def reuse_and_import(
    platform: Platform, caller: Caller, token: str, since: date | None
) -> Command:
    """A default import in a new session of the consent; both are made, or neither is.

    Raises:
        InvalidMultipleAccessId, BankUnavailable: as `usable_consent`.
        CallerError: as `submit_import`.
    """
    wish = Wish(name=CommandName.DEFAULT_IMPORT, since=since)
    _refuse_future(platform, wish)
    consent = await usable_consent(platform, caller, token)

    def accept(connection: Connection) -> Command:
        session = session_under(connection, platform, caller, consent)
        command, _owner = _accept(connection, platform, caller, session, wish)
        return command

    return await platform.store.change_with(accept)


def accept_unasked(
    connection: Connection, platform: Platform, session: Session, since: date | None
) -> Command:
    """A default import nobody asks for by a request, in the transaction that signs in.

    The person is through; so the client's queue, however full, does not turn it away.

    Raises:
        CommandNotAvailable: the target does not offer it.
    """
    wish = Wish(name=CommandName.DEFAULT_IMPORT, since=since)
    command, _owner = _take(connection, platform, session, wish, is_automatic=True)
    return command


def _refuse_future(platform: Platform, wish: Wish) -> None:
    if wish.since is not None and wish.since > platform.clock().date():
        raise InvalidSince


def _accept(
    connection: Connection, platform: Platform, caller: Caller, session: Session, wish: Wish
) -> tuple[Command, str]:
    _refuse_when_full(connection, platform, caller)
    command, owner = _take(connection, platform, session, wish)
    settle(connection, caller, command.id)
    return command, owner


def _take(
    connection: Connection,
    platform: Platform,
    session: Session,
    wish: Wish,
    *,
    is_automatic: bool = False,
) -> tuple[Command, str]:
    target = _offering(platform, session, wish.name)
    new = _new_command(platform, session, target, wish, is_automatic=is_automatic)
    hold_queue(connection, new)
    _refuse_mixture(connection, new)
    if session.consent_id is not None:
        session = replace(session, consent_id=hold_usable(connection, platform, session.consent_id))
    number = _number_of(connection, platform, new, wish.place)
    has_turn = not commands.unfinished_of_session(connection, session.id)
    command = _insert(connection, new)
    _reserve(connection, platform, session, command)
    owner = _owner_that_counts(connection, platform, session, wish)
    if number is not None:
        request = Request(number=number, fast=wish.fast)
        _keep_request(connection, platform, command, owner, request)
    sessions.touch(connection, session.id, command.created_at)
    events.append(connection, _accepted(command))
    if has_turn:
        queue(connection, platform, command)
    return command, owner


def _reserve(
    connection: Connection, platform: Platform, session: Session, command: Command
) -> None:
    """An import under a consent is one of the few a day.

    Raises:
        MultipleAccessLimitExceeded: none is possible now; nothing was spent.
    """
    if session.consent_id is None:
        return
    budget.reserve(
        connection,
        platform,
        session.consent_id,
        command.id,
        attended=is_person_there(session, command.created_at),
        per_day_max=budget.calls_per_day_max(platform, session),
    )


def _refuse_when_full(connection: Connection, platform: Platform, caller: Caller) -> None:
    client = caller.client
    hold(connection, "client", client.id)
    waiting = commands.count_waiting(connection, client.id, client.environment)
    if waiting >= platform.limits.waiting_commands_max:
        raise JobsQuotaExceeded(retry_after_s=RETRY_WHEN_FULL_S)


def _offering(platform: Platform, session: Session, name: CommandName) -> Target:
    """The session's target, which offers the command."""
    target = platform.catalog.find(session.target or "", session.environment)
    if target is None or name not in target.commands:
        raise CommandNotAvailable(f"{name} is not available for {session.target}.")
    return target


def _new_command(
    platform: Platform, session: Session, target: Target, wish: Wish, *, is_automatic: bool
) -> Command:
    return Command(
        id="",
        name=wish.name,
        session_id=session.id,
        client_id=session.client_id,
        environment=session.environment,
        state=CommandState.SETUP,
        progress=0,
        created_at=platform.clock(),
        target=target.name,
        institution=target.institution,
        since=wish.since,
        is_automatic=is_automatic,
    )


def _refuse_mixture(connection: Connection, new: Command) -> None:
    """Pass if the session has had commands of the same way only (wire contract, section 2.8)."""
    before = commands.names_of_session(connection, new.session_id)
    if CommandName.DEFAULT_IMPORT in before:
        raise DefaultImportAlreadyExecuted
    if before and new.name is CommandName.DEFAULT_IMPORT:
        raise CommandNotAvailable(f"{new.name} is not available after an advanced import.")


def _number_of(
    connection: Connection, platform: Platform, new: Command, place: Secret | None
) -> str | None:
    """The bank's own name of the account or card asked for; None when all of them are."""
    find = _FINDERS.get(new.name)
    if find is None or place is None:
        return None
    key = _key_of(connection, platform, new.session_id)
    kept = documents.documents_of_session(connection, new.session_id, FOUND)
    return find(opened(platform, key, kept), place)


def _keep_request(
    connection: Connection, platform: Platform, command: Command, owner: str, request: Request
) -> None:
    """What was asked for is kept sealed, as all bank data."""
    key = _key_of(connection, platform, command.session_id)
    place = document_place(command.id, REQUEST)
    documents.insert_document(
        connection,
        command=command,
        owner_external_id=owner,
        kind=REQUEST,
        sealed=platform.vault.seal(key, pack_request(request), place),
        at=command.created_at,
        due_at=command.created_at + platform.limits.retention,
    )


def _key_of(connection: Connection, platform: Platform, session_id: str) -> DataKey:
    """The session's key.

    Raises:
        InvalidSessionId: it was destroyed, so the session is over.
    """
    wrapped = sessions.key_of(connection, session_id)
    try:
        if wrapped is not None:
            return platform.vault.unwrap(wrapped)
    except KeyDestroyed:
        pass
    raise InvalidSessionId


def _insert(connection: Connection, command: Command) -> Command:
    for _ in range(ATTEMPTS_MAX):
        command = replace(command, id=new_number())
        try:
            commands.insert_command(connection, command)
        except IdTaken:
            continue
        except DefaultImportTaken:
            raise DefaultImportAlreadyExecuted from None
        return command
    raise Defect("No free command id was found.")


def _owner_that_counts(
    connection: Connection, platform: Platform, session: Session, wish: Wish
) -> str:
    """The session's owner id; one given now replaces an id we made (wire contract, 5.1).

    The consent adopts it too: all its sessions have the same owner.
    """
    asked = wish.owner_external_id
    if asked is None or not session.owner_id_generated:
        return session.owner_external_id or ""
    sessions.adopt_owner(connection, session.id, asked)
    if session.consent_id is not None:
        place = consent_owner_place(session.consent_id)
        sealed = platform.vault.seal_long(asked.encode(), place)
        digest = owner_hash(platform.vault, session.client_id, asked)
        consents.replace_owner(connection, session.consent_id, sealed, digest)
    return asked


def _accepted(command: Command) -> Event:
    return Event(
        client_id=command.client_id,
        environment=command.environment,
        kind=EventKind.COMMAND_ACCEPTED,
        subject=command.id,
        at=command.created_at,
        state=command.state.value,
    )


_FINDERS: dict[CommandName, Callable[[Found, Secret], str]] = {
    CommandName.IMPORT_ACCOUNT_TRANSACTIONS: account_of,
    CommandName.IMPORT_CARD_TRANSACTIONS: card_of,
}
