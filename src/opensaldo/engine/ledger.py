"""The attempt ledger: it alone decides whether a call to the bank may be made.

Every call that uses up a consent is written down, and committed, before it is made; after a crash
an attempt without an end counts as used. Attended calls are written but do not count, and a call
is attended only while the person who signed in can be taken to be there.
Source: RTS 2018/389 art. 36(5)(b).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from opensaldo.domain.command import Command
from opensaldo.domain.consent import UNATTENDED_CALLS_PER_DAY_MAX, Attempt
from opensaldo.engine.ids import new_hex
from opensaldo.engine.platform import Platform
from opensaldo.errors import BankDailyLimit
from opensaldo.store.db import Connection
from opensaldo.store.queries import attempts

DAY = timedelta(hours=24)
WHOLE_GRANT = "-"

Call = tuple[str, str]


@dataclass(slots=True)
class Ledger:
    """The ledger of one run of one command.

    A call is (account number or `WHOLE_GRANT`, endpoint); a page chain is one call.
    """

    platform: Platform
    command: Command
    grant: str
    attended: bool
    unattended_max: int = UNATTENDED_CALLS_PER_DAY_MAX
    _attempt_of_call: dict[Call, str] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set)
    _booked_before: list[str] = field(default_factory=list)

    async def book(self, calls: Iterable[Call]) -> None:
        """All the calls are written down and may be made.

        Raises:
            BankDailyLimit: one of them has used up its day; none is written.
        """
        booked = [(call, self._attempt(call)) for call in calls]
        since = self.platform.clock() - DAY

        def write(connection: Connection) -> None:
            for _call, attempt in booked:
                if not attempts.begin_attempt(
                    connection,
                    attempt,
                    unattended_max=min(self.unattended_max, UNATTENDED_CALLS_PER_DAY_MAX),
                    since=since,
                ):
                    raise BankDailyLimit("The calls allowed in 24 hours are used up.")

        await self.platform.store.change_with(write)
        again = [call for call, _ in booked if call in self._attempt_of_call]
        self._booked_before += [self._attempt_of_call[call] for call in again]
        self._attempt_of_call |= {call: attempt.id for call, attempt in booked}

    def made(self, call: Call) -> None:
        """Remember that the call is being made, so that it stays booked."""
        self._made.add(self._attempt_of_call[call])

    def settle(self, connection: Connection) -> None:
        """Close the calls that were made and give back those that never were."""
        now = self.platform.clock()
        for attempt_id in (*self._booked_before, *self._attempt_of_call.values()):
            if attempt_id in self._made:
                attempts.finish_attempt(connection, attempt_id, now)
            else:
                attempts.give_back(connection, attempt_id)

    def _attempt(self, call: Call) -> Attempt:
        number, endpoint = call
        return Attempt(
            id=new_hex(),
            grant=self.grant,
            account_key=number
            if number == WHOLE_GRANT
            else self.platform.vault.fingerprint("account", self.grant, number),
            endpoint=endpoint,
            command_id=self.command.id,
            attended=self.attended,
            started_at=self.platform.clock(),
        )
