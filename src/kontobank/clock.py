"""The bank's only clock: real time, moved or stopped by the switchboard."""

import time
from datetime import UTC, date, datetime, timedelta

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
LAST = datetime(2100, 1, 1, tzinfo=UTC)


class OutOfTime(ValueError):
    """The bank has no such instant."""


class Clock:
    """Tells the bank's time: the real time plus an offset, or one instant for as long as paused.

    Certificates belong to the real world and are judged by the true time; everything else (days,
    tokens, consents, the count of calls) follows `now`.
    """

    def __init__(self, fixed: datetime | None = None) -> None:
        self._offset = timedelta()
        self._paused_at: datetime | None = None
        if fixed is not None:
            self.pause()
            self.set_to(fixed)

    @staticmethod
    def real_now() -> datetime:
        """The true time, aware, UTC."""
        return datetime.fromtimestamp(time.time(), UTC)

    def judging_now(self) -> datetime:
        """The time certificates are judged by: the true one."""
        return self.real_now()

    @staticmethod
    def wait(seconds: float) -> None:
        """So much of the true time has passed."""
        time.sleep(seconds)

    def now(self) -> datetime:
        """The bank's time, aware, UTC."""
        if self._paused_at is not None:
            return self._paused_at
        return self.real_now() + self._offset

    def today(self) -> date:
        """The bank's calendar day (UTC)."""
        return self.now().date()

    def advance(self, seconds: int) -> None:
        """The bank's time is `seconds` later, paused or not.

        Raises:
            OutOfTime: it would be before this century or after it.
        """
        step = timedelta(seconds=seconds)
        _in_time(self.now() + step)
        if self._paused_at is not None:
            self._paused_at += step
        else:
            self._offset += step

    def set_to(self, instant: datetime) -> None:
        """The bank's time is `instant` now; it runs on unless paused.

        Raises:
            OutOfTime: it is before this century or after it.
        """
        if instant.tzinfo is None:
            raise ValueError("the clock takes aware instants only")
        instant = _in_time(instant).astimezone(UTC)
        if self._paused_at is not None:
            self._paused_at = instant
        else:
            self._offset = instant - self.real_now()

    def pause(self) -> None:
        """The bank's time stands still."""
        self._paused_at = self.now()

    @property
    def is_paused(self) -> bool:
        """Whether the bank's time stands still."""
        return self._paused_at is not None

    def resume(self) -> None:
        """The bank's time runs on from where it stood."""
        if self._paused_at is not None:
            paused_at, self._paused_at = self._paused_at, None
            self.set_to(paused_at)

    def reset(self) -> None:
        """The bank's time is the real time again."""
        self._offset = timedelta()
        self._paused_at = None


def _in_time(instant: datetime) -> datetime:
    if not FIRST <= instant < LAST:
        raise OutOfTime(f"the bank's time is between {FIRST:%Y} and {LAST:%Y}")
    return instant
