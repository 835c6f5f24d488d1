"""What a bank means by "no more calls": the day is used up, slow down, or maintenance.

Banks word it in many ways, so the wordings are data: data/call_limits.toml.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from opensaldo.connectors.refusals import retry_after_s
from opensaldo.data import fill, load_toml
from opensaldo.errors import BankDailyLimit, BankError, BankMaintenance, BankRateLimited

FILE = "call_limits.toml"
BODY_BYTES_READ_MAX = 8_192


class Meaning(StrEnum):
    """What follows from the refusal."""

    DAILY_LIMIT = "daily-limit"
    SLOW_DOWN = "slow-down"
    MAINTENANCE = "maintenance"


ERRORS: Mapping[Meaning, type[BankError]] = {
    Meaning.DAILY_LIMIT: BankDailyLimit,
    Meaning.SLOW_DOWN: BankRateLimited,
    Meaning.MAINTENANCE: BankMaintenance,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One wording and its meaning; what is empty is no condition."""

    means: Meaning
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    header: str = ""
    retry_after_s_max: int = 0

    def fits(self, codes: set[str], text: str, headers: Mapping[str, str]) -> bool:
        """Whether the refusal is one of these."""
        wait_s = retry_after_s(headers)
        return (
            (not self.codes or not codes.isdisjoint(self.codes))
            and (not self.words or any(word in text for word in self.words))
            and (not self.header or self.header in headers)
            and (
                not self.retry_after_s_max
                or (wait_s is not None and wait_s <= self.retry_after_s_max)
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    rules: tuple[Rule, ...]


def no_more_calls(
    headers: Mapping[str, str], codes: Iterable[str] = (), body: bytes = b""
) -> BankError:
    """The error that a refusal of further calls means."""
    known = {code.upper() for code in codes}
    text = body[:BODY_BYTES_READ_MAX].decode("utf-8", "replace").casefold()
    meaning = next(rule.means for rule in rules() if rule.fits(known, text, headers))
    return ERRORS[meaning](retry_after_s=retry_after_s(headers))


@cache
def rules() -> tuple[Rule, ...]:
    """The rules in their order; the last one fits always.

    Raises:
        BadDataFile: the file is not as its head says.
    """
    found = fill(_File, load_toml(FILE), file=FILE, key="file").rules
    return (*found, Rule(means=Meaning.DAILY_LIMIT))
