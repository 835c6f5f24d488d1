"""Reading until rows and balances agree, and keeping what came of it.

The draft of the receipt goes along, so that an import that fails says how far it came.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from opensaldo.domain.receipt import Receipt
from opensaldo.engine.budget import calls_per_day_max, spent
from opensaldo.engine.endings import keep
from opensaldo.engine.ledger import Ledger
from opensaldo.engine.memories import past_of
from opensaldo.engine.platform import Platform
from opensaldo.engine.reading import Reading
from opensaldo.engine.receipts import Told, told
from opensaldo.engine.recording import recorded
from opensaldo.engine.runs import Run
from opensaldo.errors import (
    BankBalanceUnproven,
    BankRateLimited,
    BankUnavailable,
    OpenSaldoError,
)
from opensaldo.store.queries.remembered import MemoriesMoved

REREADS_MAX = 1
TELLINGS_MAX = 3  # then an import leaves what is remembered to those that end beside it


@dataclass(slots=True)
class Draft:
    """The receipt so far, which is what a command that fails ends with."""

    receipt: Receipt
    run: Run | None = None

    def broke_off(self, reading: Reading, reread: int) -> None:
        """The receipt says how far a reading came that failed."""
        self.receipt = replace(
            self.receipt, pages=reading.pages, fetched=reading.fetched, rereads=reread
        )


async def read_until_settled(
    platform: Platform,
    run: Run,
    draft: Draft,
    fresh_reading: Callable[[Ledger], Reading],
) -> tuple[Reading, Ledger, Told]:
    """What was read, once more where the rows did not add up to the bank's balance.

    Something may have been booked while it was read; a second time it is the bank's fault.

    Raises:
        BankBalanceUnproven: they did not add up again, or no second reading was allowed.
    """
    per_day_max = calls_per_day_max(platform, run.session)
    for reread in range(1 + REREADS_MAX):
        grant = run.granted.access.grant
        ledger = Ledger(platform, run.command, grant, run.attended, per_day_max)
        reading = fresh_reading(ledger)
        try:
            async with recorded(platform, run.command, run.session, run.key, reading):
                await _read_in_time(platform, run, reading, ledger)
        except OpenSaldoError as error:
            if reread and isinstance(error, BankRateLimited):
                break
            draft.broke_off(reading, reread)
            raise
        found = await _told(platform, run, draft, reading, reread)
        if found.is_settled:
            return reading, ledger, found
        await platform.store.change_with(ledger.settle)
    raise BankBalanceUnproven


async def _told(platform: Platform, run: Run, draft: Draft, reading: Reading, reread: int) -> Told:
    """What the reading came to; the draft of the receipt says it too."""
    so_far = await with_calls_left(platform, run, replace(draft.receipt, rereads=reread))
    past = await past_of(platform, run.session)
    found = await asyncio.to_thread(
        told, run.command, so_far, reading, platform.vault.fingerprint, past
    )
    draft.receipt = found.receipt
    return found


async def with_calls_left(platform: Platform, run: Run, receipt: Receipt) -> Receipt:
    """The receipt says how many imports the consent still allows; the same without a consent."""
    consent_id = run.session.consent_id
    if consent_id is None:
        return receipt
    now = platform.clock()
    used = await platform.store.fetch(spent, consent_id, now)
    left = used.imports_left(now, calls_per_day_max(platform, run.session))
    return replace(receipt, calls_left=left)


async def _read_in_time(platform: Platform, run: Run, reading: Reading, ledger: Ledger) -> None:
    """Read until done or until the command's time is over.

    Raises:
        BankUnavailable: the time is over and no account was read.
    """
    left_s = (run.ends_at - platform.clock()).total_seconds()
    try:
        async with asyncio.timeout(left_s):
            await reading.read()
    except TimeoutError:
        if not reading.has_read_any:
            await platform.store.change_with(ledger.settle)
            raise BankUnavailable("The bank did not answer within the command's time.") from None
    except BaseException:
        await platform.store.change_with(ledger.settle)
        raise


async def kept_once(
    platform: Platform, run: Run, draft: Draft, reading: Reading, ledger: Ledger, found: Told
) -> bool:
    """The command has ended; its rows are told again where another import ended meanwhile.

    Where they do not add up to what that one remembers they were read before it: then they are
    kept as they were told first, and what is remembered stays.
    """
    for _ in range(TELLINGS_MAX):
        with contextlib.suppress(MemoriesMoved):
            return await keep(platform, run.command, run.session, run.key, reading, ledger, found)
        again = await _told(platform, run, draft, reading, found.receipt.rereads)
        found = again if again.is_settled else replace(found, memories={})
        draft.receipt = found.receipt
    found = replace(found, memories={})
    return await keep(platform, run.command, run.session, run.key, reading, ledger, found)
