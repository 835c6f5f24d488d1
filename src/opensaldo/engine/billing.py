"""Billing: a month's usage and a price list make a bill (wire contract, section 18); pure.

Every rule is a function from the usage log to lines. What was used and is not charged has a line
too, with nothing in it and the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from opensaldo.domain.bill import BILLING_ZONE, Bill, Line, Month, OnPremises, Prices, Service
from opensaldo.domain.money import parse_amount
from opensaldo.domain.usage import Usage, UsageKind
from opensaldo.engine.cycles import (
    Cycle,
    End,
    UsedSession,
    cycles_of,
    used_consents,
    used_sessions,
)

SETTLED_AFTER = timedelta(days=1)  # by then every command of a session of the month has ended
CONSENT_REACH = timedelta(days=215)  # a cycle ends at most that long after its consent's grant


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is billed: a client's usage up to a moment, in its order, for a month at prices."""

    rows: tuple[Usage, ...]
    month: Month
    prices: Prices
    as_of: datetime

    def of(self, kind: UsageKind) -> Iterator[Usage]:
        """The uses of one kind in the month."""
        return (row for row in self.rows if row.kind is kind and self.month.has(row.at))


def bill(
    client_id: str, rows: tuple[Usage, ...], month: Month, prices: Prices, as_of: datetime
) -> Bill:
    """What the client owes for the month, as far as it is known at `as_of`."""
    ordered = tuple(sorted((row for row in rows if row.at <= as_of), key=lambda row: row.at))
    account = Account(rows=ordered, month=month, prices=prices, as_of=as_of)
    lines = tuple(line for rule in RULES for line in rule(account))
    return Bill(
        client_id=client_id,
        month=month,
        prices=prices,
        lines=lines,
        is_final=Month.of(as_of - SETTLED_AFTER) > month,
    )


def single_sessions(account: Account) -> Iterator[Line]:
    """Charged when all imports of the session succeeded, however many they were."""
    for session in used_sessions(account.rows):
        if session.consent_id is None and account.month.has(session.opened_at):
            yield _session_line(Service.SINGLE_SESSION, session, account.prices.single_session)


def consent_cycles(account: Account) -> Iterator[Line]:
    """Each cycle that ended in the month: its base fee, and its successful sessions."""
    sessions: dict[str | None, list[UsedSession]] = {}
    for session in used_sessions(account.rows):
        sessions.setdefault(session.consent_id, []).append(session)
    for consent in used_consents(account.rows):
        for cycle in cycles_of(consent, tuple(sessions.get(consent.id, ()))):
            if account.month.has(cycle.ends_at) and cycle.ends_at <= account.as_of:
                yield from _cycle_lines(cycle, account.prices)


def labelling(account: Account) -> Iterator[Line]:
    """Once a session: its default import was labelled, or one of its lists of transactions."""
    seen: set[str | None] = set()
    for row in account.rows:
        if row.kind is UsageKind.LABELLED and row.session_id not in seen:
            seen.add(row.session_id)
            if account.month.has(row.at):
                proof = (f"session {row.session_id}", f"command {row.subject}")
                why = "the first labelled import of its session"
                yield _line(Service.LABELLING, row.at, account.prices.labelling, why, proof)


def scoring(account: Account) -> Iterator[Line]:
    """Every successful call."""
    for row in account.of(UsageKind.SCORED):
        proof = (f"call {row.subject}",)
        yield _line(Service.SCORING, row.at, account.prices.scoring, "a score was given", proof)


def income_confirmations(account: Account) -> Iterator[Line]:
    """Once for an owner and the data it was made from; asking again is free, in any month."""
    seen: set[str | None] = set()
    for row in account.rows:
        if row.kind is not UsageKind.INCOME_CONFIRMED:
            continue
        is_first = row.subject not in seen
        seen.add(row.subject)
        if account.month.has(row.at):
            why = "the first over this owner's data" if is_first else "asked again over the same"
            price, proof = account.prices.income_confirmation, (f"owner and data {row.subject}",)
            yield _line(
                Service.INCOME_CONFIRMATION, row.at, price, why, proof, quantity=int(is_first)
            )


def pdf_files(account: Account) -> Iterator[Line]:
    """Every uploaded file, rejected ones too; a month that ended below the agreed number costs
    the base fee.
    """
    prices, files = account.prices, list(account.of(UsageKind.PDF_UPLOADED))
    for row in files:
        proof = (f"file {row.subject}",)
        yield _line(Service.PDF_FILE, row.at, prices.pdf_file, "a file was uploaded", proof)
    missing = parse_amount(prices.pdf_base_fee) - parse_amount(prices.pdf_file) * len(files)
    is_over = Month.of(account.as_of) > account.month
    if is_over and len(files) < prices.pdf_agreed_files and missing > 0:
        why = f"{len(files)} of {prices.pdf_agreed_files} agreed files; up to {prices.pdf_base_fee}"
        yield Line(
            service=Service.PDF_MINIMUM,
            on=account.month.starts_at.date(),
            quantity=1,
            price=missing,
            why=why,
            evidence=("price list",),
        )


def pdf_on_premises(account: Account) -> Iterator[Line]:
    """Licence and support in the month of each anniversary, the set-up in the first one."""
    contract = account.prices.on_premises
    if contract is None or account.month.number != contract.since.month:
        return
    years, on = account.month.year - contract.since.year, _anniversary(contract, account.month)
    if years < 0 or on > _day(account.as_of):
        return
    for service, price in _yearly(contract, is_first=years == 0):
        yield Line(
            service=service,
            on=on,
            quantity=1,
            price=price,
            why=f"year {years + 1} of the contract"
            if service is not Service.PDF_SET_UP
            else "once",
            evidence=(f"contract since {contract.since}",),
        )


def reports(account: Account) -> Iterator[Line]:
    """Every report that was made."""
    for row in account.of(UsageKind.REPORT_MADE):
        proof = (f"report {row.subject}",)
        yield _line(Service.REPORT, row.at, account.prices.report, "the report was made", proof)


RULES: tuple[Callable[[Account], Iterator[Line]], ...] = (
    single_sessions,
    consent_cycles,
    labelling,
    scoring,
    income_confirmations,
    pdf_files,
    pdf_on_premises,
    reports,
)


def _cycle_lines(cycle: Cycle, prices: Prices) -> Iterator[Line]:
    yield Line(
        service=Service.CONSENT_CYCLE,
        on=_day(cycle.ends_at),
        quantity=0 if cycle.is_waived else 1,
        price=parse_amount(prices.consent_cycle),
        why=f"cycle {cycle.number}, {_day(cycle.starts_at)} to {_day(cycle.ends_at)}, {cycle.why}",
        evidence=(f"consent {cycle.consent.id}", *(f"session {one.id}" for one in cycle.sessions)),
    )
    for session in cycle.sessions:
        yield _session_line(Service.CONSENT_SESSION, session, prices.consent_session)


def _session_line(service: Service, session: UsedSession, price: str) -> Line:
    charged = int(session.end is End.SUCCESSFUL)
    why = ("charged: " if charged else "free: ") + session.end.value
    return _line(service, session.opened_at, price, why, session.evidence, quantity=charged)


def _line(
    service: Service,
    at: datetime,
    price: str,
    why: str,
    evidence: tuple[str, ...],
    *,
    quantity: int = 1,
) -> Line:
    return Line(
        service=service,
        on=_day(at),
        quantity=quantity,
        price=parse_amount(price),
        why=why,
        evidence=evidence,
    )


def _yearly(contract: OnPremises, *, is_first: bool) -> Iterator[tuple[Service, Decimal]]:
    yield Service.PDF_LICENCE, parse_amount(contract.licence_yearly)
    yield Service.PDF_SUPPORT, parse_amount(contract.support_yearly)
    if is_first:
        yield Service.PDF_SET_UP, parse_amount(contract.set_up)


def _anniversary(contract: OnPremises, month: Month) -> date:
    """The contract's day in the month's year; the 29th of February is the 28th in most."""
    try:
        return contract.since.replace(year=month.year)
    except ValueError:
        return contract.since.replace(year=month.year, day=28)


def _day(at: datetime) -> date:
    return at.astimezone(BILLING_ZONE).date()
