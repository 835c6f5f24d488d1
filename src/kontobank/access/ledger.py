"""The count of unattended calls: four in 24 hours for each consent, account and endpoint.

RTS art. 36(5)(b). The pages of one list count once; attended calls are not counted.
"""

from collections import Counter, deque
from datetime import datetime, timedelta
from typing import Any

from kontobank.access.nouns import (
    UNATTENDED_CALLS_PER_DAY_MAX,
    UNATTENDED_WINDOW_S,
    AccessRefused,
)

Key = tuple[str, str, str]


class Ledger:
    """Remembers every unattended first-page call of the last 24 hours, and those refused."""

    def __init__(self) -> None:
        self._calls: dict[Key, deque[datetime]] = {}
        self._refused: Counter[Key] = Counter()

    def count(
        self,
        consent_id: str,
        account: str,
        endpoint: str,
        now: datetime,
        most: int = UNATTENDED_CALLS_PER_DAY_MAX,
    ) -> None:
        """The call is counted; AccessRefused 429 when `most` were counted before."""
        key = (consent_id, account, endpoint)
        calls = self._recent(key, now)
        if len(calls) >= most:
            self._refused[key] += 1
            raise AccessRefused(429, "ACCESS_EXCEEDED", f"{most} unattended calls in 24 hours")
        calls.append(now)

    def rows(self, now: datetime) -> list[dict[str, Any]]:
        """One row per consent, account and endpoint: calls counted in 24 hours, calls refused."""
        return [
            {
                "consentId": consent_id,
                "account": account[-4:],
                "endpoint": endpoint,
                "count": len(self._recent((consent_id, account, endpoint), now)),
                "refused": self._refused[(consent_id, account, endpoint)],
            }
            for consent_id, account, endpoint in list(self._calls)
        ]

    def reset(self) -> None:
        """No call was ever made."""
        self._calls.clear()
        self._refused.clear()

    def _recent(self, key: Key, now: datetime) -> deque[datetime]:
        calls = self._calls.setdefault(key, deque())
        while calls and now - calls[0] >= timedelta(seconds=UNATTENDED_WINDOW_S):
            calls.popleft()
        return calls
