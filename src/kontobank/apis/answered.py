"""What every interface does with a call once it is answered: spoil it on purpose, write it down."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kontobank.access.journal import CallRow
from kontobank.apis.breakage import refusal_of
from kontobank.apis.parts import Parts
from kontobank.faults import Fault, call_fault
from kontobank.mask import Mask
from kontobank.quirks import CUTS, Sight, seen
from kontobank.world import Transaction


class Named(Protocol):
    """A consent of any standard."""

    @property
    def id(self) -> str: ...


@dataclass(kw_only=True)
class Fallible:
    """A call that may meet a planned fault; it is asked for once, when it is known whose it is."""

    planned: Fault | None = None
    is_planned: bool = False


class Answered(Protocol):
    """What a call of any standard tells of itself; `page` is empty or 0 for a list's first."""

    planned: Fault | None
    is_planned: bool

    @property
    def endpoint(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def login(self) -> str | None: ...
    @property
    def consent(self) -> Named | None: ...
    @property
    def account(self) -> str | None: ...
    @property
    def is_attended(self) -> bool: ...
    @property
    def page(self) -> str | int | None: ...


class Masked(Answered, Protocol):
    """A call at a bank that may wear a mask."""

    @property
    def mask(self) -> Mask: ...


def planned(parts: Parts, call: Answered) -> Fault | None:
    """The fault planned for this call, the same however often it is asked for."""
    if not call.is_planned:
        call.planned = parts.faults.take(
            call.endpoint, call.login, call.account, country=call.country
        )
        call.is_planned = True
    return call.planned


def sighted(parts: Parts, call: Masked, account: str, rows: list[Transaction]) -> list[Transaction]:
    """The rows of a list, newest first, as the packs that are on show them at this call.

    Call it once for a list's reply: it counts the reading, and plans how packs cut the page.
    """
    names = parts.packs.on(call.mask, call.login, call.country)
    if not names:
        return rows
    is_first = not call.page
    reading = parts.packs.reading(call.login or "", account, call.endpoint, is_first_page=is_first)
    if planned(parts, call) is None:
        kinds = [CUTS[name](reading, is_first) for name in sorted(names & CUTS.keys())]
        call.planned = next((Fault(kind) for kind in kinds if kind), None)
    return seen(names, rows, Sight(parts.seed, call.login or "", account, reading))


def fault_of(
    parts: Parts, call: Answered, *, is_data_call: bool, is_answered: bool
) -> Fault | None:
    """What goes wrong with this reply: the plan first, then the login's own fault."""
    met = planned(parts, call)
    if met is not None and met.kind != "slow":
        return met
    if not (call.login and is_data_call and is_answered):
        return met
    return call_fault(call.login, is_next_page=bool(call.page)) or met


def note(
    parts: Parts,
    call: Answered,
    status: int,
    code: str | None,
    fault: Fault | None,
    *,
    tpp_id: str | None,
    request_id: str | None,
) -> None:
    """The call is in the journal, with what the caller will see of it."""
    if fault and (refusal := refusal_of(fault)):
        status, code, _ = refusal
    now = parts.clock.now().isoformat(timespec="milliseconds")
    parts.journal.add(
        CallRow(
            endpoint=call.endpoint,
            country=call.country,
            consent_id=call.consent.id if call.consent else None,
            tpp_id=tpp_id,
            account=call.account,
            request_id=request_id,
            attended=call.is_attended,
            page="next" if call.page else "first",
            status=status,
            code=code,
            fault=fault.kind if fault else None,
            at=now.replace("+00:00", "Z"),
        )
    )


def fits(pattern: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a path's parts are those of a pattern, in which `{name}` stands for any text."""
    return len(pattern) == len(names) and all(
        name if part.startswith("{") else part == name
        for part, name in zip(pattern, names, strict=True)
    )
