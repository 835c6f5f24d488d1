"""Fault plans: what a seed, a login, an account, an endpoint and a count make of a call; pure.

The same plan asked the same way answers the same for ever, in whatever order calls arrive.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from kontobank import seeds
from kontobank.faults.kinds import (
    CUT_KINDS,
    KINDS,
    LATENCY_MAX_MS,
    SENT_BACK,
    WORDINGS,
    Fault,
    is_at,
)

ANY = "*"
RULES_MAX = 100
NTH_MAX = 100_000
RETRY_AFTER_MAX_S = 86_400 * 31
SHAPES = ("constant", "lognormal", "heavy_tail")
TAIL_INDEX = 1.5  # of the Pareto distribution: a mean, but no variance
SWEPT = tuple(sorted(set(KINDS) - {"slow", "hostile_text"} - set(SENT_BACK)))
SWEPT_LATENCY_MAX_MS = 20
STATUSES = ((500, "INTERNAL_SERVER_ERROR"), (503, "SERVICE_UNAVAILABLE"), (503, "MAINTENANCE"))


class PlanRefused(ValueError):
    """The plan does not say what it wants, in these words."""


@dataclass(frozen=True)
class Latency:
    """How long replies take: `ms` is the constant, the median, or the least of a heavy tail.

    `sigma` widens the lognormal; no reply takes longer than `ms_max`.
    """

    shape: str = "constant"
    ms: int = 0
    sigma: float = 0.5
    ms_max: int = 60_000

    def of(self, draw: seeds.Rng) -> int:
        """Milliseconds, drawn."""
        if self.shape == "lognormal":
            taken = self.ms * math.exp(draw.gauss(0, self.sigma))
        elif self.shape == "heavy_tail":
            taken = self.ms * draw.paretovariate(TAIL_INDEX)
        else:
            taken = self.ms
        return min(int(taken), self.ms_max)


@dataclass(frozen=True)
class Rule:
    """A fault and the calls that meet it: `nth` of each login, account and endpoint, or a share.

    `path` is an endpoint's name as the log has it, or any; `account` the last four characters of
    its number; without `nth` every call counts, of which the seed draws `share_ratio`.
    """

    fault: Fault
    path: str = ANY
    login: str | None = None
    account: str | None = None
    nth: tuple[int, ...] = ()
    share_ratio: float = 1.0

    def is_for(self, endpoint: str, login: str | None, account: str | None, nth: int) -> bool:
        """Whether the call is one of the rule's, the share apart."""
        wanted = ((self.login, login), (self.account, account))
        if self.path not in (ANY, endpoint) or any(want and want != is_ for want, is_ in wanted):
            return False
        return is_at(self.fault.kind, endpoint) and (not self.nth or nth in self.nth)


@dataclass(frozen=True)
class Plan:
    """Rules in order, the first that a call meets counts; latency is for calls that meet none."""

    seed: int = 0
    rules: tuple[Rule, ...] = ()
    latency: Latency = Latency()

    @property
    def is_empty(self) -> bool:
        """Whether nothing ever happens."""
        return not self.rules and not self.latency.ms

    def fault(
        self, endpoint: str, login: str | None, account: str | None, nth: int
    ) -> Fault | None:
        """What the nth call of this login and account at the endpoint meets."""
        who = (self.seed, "fault", login or "", account or "", endpoint, nth)
        for place, rule in enumerate(self.rules):
            if rule.is_for(endpoint, login, account, nth):
                draw = seeds.rng(*who, place)
                if rule.share_ratio >= 1 or draw.uniform(0, 1) < rule.share_ratio:
                    return rule.fault
        taken_ms = self.latency.of(seeds.rng(*who, "latency")) if self.latency.ms else 0
        return Fault("slow", delay_ms=taken_ms) if taken_ms else None


def random_plan(seed: int) -> Plan:
    """A plan of one to three rules and a little latency, for a sweep over seeds."""
    draw = seeds.rng(seed, "random plan")
    rules = tuple(_random_rule(draw) for _ in range(draw.randint(1, 3)))
    latency = Latency(draw.choice(SHAPES), draw.randint(0, 5), 0.5, SWEPT_LATENCY_MAX_MS)
    return Plan(seed, rules, latency)


def plan_of(written: Mapping[str, Any]) -> Plan:
    """The plan of a file or a request: `seed`, `[latency]`, `[[fault]]`; or `random` and a seed.

    Raises:
        PlanRefused: it says something else.
    """
    if "random" in written:
        _only(written, ("random",), "the plan")
        return random_plan(_whole(written, "random", 0, 0, 2**63))
    _only(written, ("seed", "latency", "fault"), "the plan")
    listed = written.get("fault", [])
    if not isinstance(listed, list) or len(listed) > RULES_MAX:
        raise PlanRefused(f"fault is a list of at most {RULES_MAX}")
    rules = tuple(_rule(_table(one, "fault")) for one in listed)
    latency = _latency(_table(written.get("latency", {}), "latency"))
    return Plan(_whole(written, "seed", 0, 0, 2**63), rules, latency)


def fault_of(written: Mapping[str, Any]) -> Fault:
    """The fault that these members name.

    Raises:
        PlanRefused: they name none.
    """
    kind, wording = str(written.get("kind")), written.get("wording", "by_the_book")
    if kind not in KINDS:
        raise PlanRefused(f"kind is one of {', '.join(KINDS)}")
    if wording not in WORDINGS:
        raise PlanRefused(f"wording is one of {', '.join(WORDINGS)}")
    return Fault(
        kind=kind,
        status=_whole(written, "status", 500, 400, 599),
        code=str(written.get("code", "INJECTED")),
        delay_ms=_whole(written, "delay_ms", 0, 0, LATENCY_MAX_MS),
        retry_after_s=_whole(written, "retry_after_s", 0, 0, RETRY_AFTER_MAX_S) or None,
        wording=wording,
    )


def _random_rule(draw: seeds.Rng) -> Rule:
    kind = draw.choice(SWEPT)
    status, code = draw.choice(STATUSES)
    wait_s = draw.choice((None, 1, 60))
    fault = Fault(kind, status, code, 0, wait_s, draw.choice(tuple(WORDINGS)))
    if kind in CUT_KINDS:
        return Rule(fault, nth=(draw.randint(1, 3),))
    if draw.uniform(0, 1) < 0.5:
        return Rule(fault, nth=tuple(sorted({draw.randint(1, 4) for _ in range(2)})))
    return Rule(fault, share_ratio=draw.choice((0.02, 0.1, 0.3)))


def _rule(written: Mapping[str, Any]) -> Rule:
    known = [one.name for one in fields(Fault)] + ["path", "login", "account", "nth", "share"]
    _only(written, known, "fault")
    nth, share = written.get("nth", []), written.get("share", 1.0)
    if not isinstance(nth, list) or not all(type(n) is int and 0 < n <= NTH_MAX for n in nth):
        raise PlanRefused(f"nth is a list of whole numbers from 1 to {NTH_MAX}")
    if type(share) not in (int, float) or not 0 <= share <= 1:
        raise PlanRefused("share is a number from 0 to 1")
    return Rule(
        fault_of(written),
        path=str(written.get("path", ANY)),
        login=_text(written, "login"),
        account=_text(written, "account"),
        nth=tuple(nth),
        share_ratio=float(share),
    )


def _latency(written: Mapping[str, Any]) -> Latency:
    _only(written, ("shape", "ms", "sigma", "ms_max"), "latency")
    shape, sigma = written.get("shape", "constant"), written.get("sigma", 0.5)
    if shape not in SHAPES:
        raise PlanRefused(f"shape is one of {', '.join(SHAPES)}")
    if type(sigma) not in (int, float) or not 0 <= sigma <= 5:
        raise PlanRefused("sigma is a number from 0 to 5")
    most = _whole(written, "ms_max", 60_000, 0, LATENCY_MAX_MS)
    return Latency(shape, _whole(written, "ms", 0, 0, LATENCY_MAX_MS), float(sigma), most)


def _only(written: Mapping[str, Any], known: Any, what: str) -> None:
    if unknown := sorted(set(written) - set(known)):
        raise PlanRefused(f"{what} has no member {unknown[0]}")


def _table(written: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(written, Mapping):
        raise PlanRefused(f"{what} is a table")
    return written


def _text(written: Mapping[str, Any], key: str) -> str | None:
    return str(written[key]) if written.get(key) else None


def _whole(written: Mapping[str, Any], key: str, otherwise: int, low: int, high: int) -> int:
    value = written.get(key, otherwise)
    if type(value) is not int or not low <= value <= high:
        raise PlanRefused(f"{key} is a whole number from {low} to {high}")
    return value
