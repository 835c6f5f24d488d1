"""Imports: read this first.

One accepted command becomes one run (more after a crash): open the session's access (`runs`), read
what the command is for within the time limit until it adds up (`settling`), render and seal the
result once, and end the command in the same transaction that keeps the result. The default import
reads everything; the advanced ones differ in their plan (`plans`), in their share of what was read
(`shares`) and in what they find for later ones (`found`). How a command ends is in `endings`.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

from opensaldo.domain.command import Command, CommandState
from opensaldo.engine.budget import calls_per_day_max, refused_by_bank
from opensaldo.engine.consents import found_ended, tell_banks
from opensaldo.engine.endings import end_failed
from opensaldo.engine.history import earliest_day, read_from
from opensaldo.engine.ledger import Ledger
from opensaldo.engine.plans import spared
from opensaldo.engine.platform import Platform
from opensaldo.engine.progress import ProgressWriter
from opensaldo.engine.reading import Reading
from opensaldo.engine.receipts import begun
from opensaldo.engine.renewal import FIRST_READ_PAUSE_S, FIRST_READ_TRIES, successor
from opensaldo.engine.runs import Run, after_proof, begin, prepared
from opensaldo.engine.settling import Draft, kept_once, read_until_settled, with_calls_left
from opensaldo.engine.switching import note_failure
from opensaldo.engine.tokens import fresh_access
from opensaldo.errors import (
    BankAccessEnded,
    BankConsentWithdrawn,
    BankDailyLimit,
    BankRateLimited,
    BankUnavailable,
    Defect,
    InvalidMultipleAccessId,
    MultipleAccessLimitExceeded,
    OpenSaldoError,
    PlatformUnavailable,
    SessionExpired,
)
from opensaldo.store.queries import commands

LOST = (
    "The bank has ended the earlier access and does not honour the new one: the consent is lost;"
    " the person must sign in again."
)


async def run_import(platform: Platform, command_id: str) -> None:
    """The command has reached a final state, with its result kept if it was successful.

    Safe to run again after a crash: a command that ended is left alone, a rerun is unattended and
    asks the ledger before each call.

    Raises:
        PlatformUnavailable: the store is away; nothing was decided.
    """
    started = await begin(platform, command_id)
    if started is None:
        return
    command = started.command
    if started.is_taken_over and started.consent is not None:
        started = await after_proof(platform, command, started.consent.id)
    target = platform.catalog.find(command.target or "", command.environment)
    draft = Draft(receipt=begun(command, target))
    try:
        draft.run = prepared(platform, started)
        await _import_in_words_of_access(platform, draft.run, draft)
    except PlatformUnavailable:
        raise
    except Defect as defect:
        await _fail(platform, command, CommandState.FATAL, defect, draft)
    except OpenSaldoError as error:
        await _fail(platform, command, CommandState.ERROR, error, draft)
        if target is not None:
            await note_failure(platform, target, error)


async def give_up_import(platform: Platform, command_id: str) -> None:
    """The command is final: `fatal`, unless it had ended already."""
    command = await platform.store.fetch(commands.command_by_id, command_id)
    if command is not None:
        draft = Draft(receipt=begun(command, None))
        await _fail(platform, command, CommandState.FATAL, Defect(), draft)


async def _fail(
    platform: Platform,
    command: Command,
    state: CommandState,
    error: OpenSaldoError,
    draft: Draft,
) -> None:
    """The command has ended with this error and with what its receipt says so far."""
    receipt, run = draft.receipt.of_failure(), draft.run
    if run is not None:
        receipt = await with_calls_left(platform, run, receipt)
    await end_failed(platform, command, state, error, receipt, run.key if run else None)


async def _import_in_words_of_access(platform: Platform, run: Run, draft: Draft) -> None:
    """Import; a consent's client is told of limits and withdrawal by their own names."""
    try:
        await _import_patiently(platform, run, draft)
    except OpenSaldoError as error:
        later = await _run_of_successor(platform, run, error)
        if later is not None:
            draft.run = later
            await _import_in_words_of_access(platform, later, draft)
            return
        by_consent = run.session.consent_id is not None
        as_told = in_words_of_access(error, by_consent=by_consent, is_rerun=run.command.runs > 1)
        if as_told is error:
            raise
        consent_id = run.session.consent_id
        if consent_id is not None and isinstance(error, BankConsentWithdrawn):
            await found_ended(platform, consent_id)
        if consent_id is not None and isinstance(error, BankDailyLimit):
            per_day = calls_per_day_max(platform, run.session)
            raise await refused_by_bank(platform, consent_id, error, per_day_max=per_day) from None
        raise as_told from None


async def _import_patiently(platform: Platform, run: Run, draft: Draft) -> None:
    """Import; the first reading under a consent that took over is tried again before it is lost.

    Raises:
        InvalidMultipleAccessId: the bank ended the earlier consent and does not honour this one.
    """
    if not run.takes_over:
        await _import(platform, run, draft)
        return
    for _ in range(FIRST_READ_TRIES):
        with contextlib.suppress(BankConsentWithdrawn, BankAccessEnded):
            await _import(platform, run, draft)
            return
        await asyncio.sleep(FIRST_READ_PAUSE_S)
    await found_ended(platform, run.session.consent_id or "")
    raise InvalidMultipleAccessId(LOST)


async def _run_of_successor(platform: Platform, run: Run, error: OpenSaldoError) -> Run | None:
    """The same run under the consent that takes this one's place; None when there is none.

    Where a new consent ends the old one, a reading under the old one may meet that first.
    """
    target = platform.catalog.find(run.session.target or "", run.session.environment)
    consent_id = run.session.consent_id
    if target is None or consent_id is None or not target.new_consent_ends_old:
        return None
    if not isinstance(error, BankConsentWithdrawn):
        return None
    later = await successor(platform, consent_id)
    if later is None:
        return None
    return prepared(platform, await after_proof(platform, run.command, later.id))


def in_words_of_access(
    error: OpenSaldoError, *, by_consent: bool, is_rerun: bool
) -> OpenSaldoError:
    """The error as the client of such an access is told; most are told as they are."""
    if isinstance(error, BankDailyLimit) and by_consent:
        return MultipleAccessLimitExceeded(error.message, retry_after_s=error.retry_after_s)
    if isinstance(error, BankRateLimited) and not by_consent:
        return SessionExpired(error.message) if is_rerun else error
    if isinstance(error, BankConsentWithdrawn):
        return InvalidMultipleAccessId() if by_consent else SessionExpired()
    return error


async def _import(platform: Platform, run: Run, draft: Draft) -> None:
    target = platform.catalog.find(run.session.target or "", run.session.environment)
    if target is None:
        raise BankUnavailable("The target is no longer in the catalogue.")
    connector = spared(platform.catalog.connector(target), run.plan.spares)
    psu = run.granted.psu if run.attended else None
    access = await fresh_access(platform, run.session, run.key, run.granted, connector, psu)
    today = platform.clock().date()
    reach = partial(
        earliest_day,
        run.session,
        today=today,
        is_mock=target.test_only,
        later=platform.limits.later_history,
    )
    shown_since = reach(run.command.since)
    async with ProgressWriter(platform.store, platform.clock, run.command) as progress:

        def fresh_reading(ledger: Ledger) -> Reading:
            return Reading(
                connector=connector,
                access=access,
                psu=psu,
                since=reach(read_from(shown_since, today)),
                shown_since=shown_since,
                ledger=ledger,
                on_progress=progress.report,
                plan=run.plan,
                goes_in_step=platform.reads_in_step,
            )

        reading, ledger, found = await read_until_settled(platform, run, draft, fresh_reading)
    if await kept_once(platform, run, draft, reading, ledger, found):
        await tell_banks(platform)
