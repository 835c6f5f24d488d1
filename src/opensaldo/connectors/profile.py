"""How one target's bank is reached: the part of a bank file that only its connector reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One target's road, its addresses absolute.

    `bank` names the target in limits and counters. `version` is the standard's version as it
    stands in the bank's paths. `history_days_initial` is how far back the bank serves right after
    SCA, `history_days_later` without it (RTS 2018/389 art. 10a: 90 days).
    """

    bank: str
    base_url: str
    jwks_url: str
    version: str
    history_days_initial: int
    history_days_later: int
    calls_at_once_max: int
    quirks: tuple[str, ...] = ()
