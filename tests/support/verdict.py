"""The verdict over a crash test: what was promised against what the database and the bank say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.facts import WORKFLOWS_KEPT, CommandFact, Facts

CALLS_MAX = 4
DOCUMENTS = ("holdings", "result_xml")
REFUSED_RERUN = "SessionExpired"


@dataclass(slots=True)
class Verdict:
    """Violations (empty when all held) and the figures that go with them."""

    violations: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    reruns: Counter[int] = field(default_factory=Counter)
    accepted: int = 0
    rows: int = 0
    bank_calls: int = 0
    unattended_most: int = 0


def verdict(accepted: Iterable[str], facts: Facts, bank: Iterable[dict[str, Any]]) -> Verdict:
    """Everything that was promised, checked.

    Args:
        accepted: the ids of all commands whose 202 was received.
        facts: the database after everything has settled.
        bank: every call KontoBank remembers.
    """
    promised = set(accepted)
    found = Verdict(accepted=len(promised), rows=len(facts.commands))
    for command in facts.commands:
        found.outcomes[outcome_of(command)] += 1
        found.reruns[max(command.runs - 1, 0)] += 1
    found.violations += [
        *_unended(promised, facts),
        *_ended_twice(facts),
        *_documents(facts),
        *_workflows(facts),
        *_unexplained(facts.commands),
        *_calls(found, bank),
    ]
    if facts.over_ledger:
        found.violations.append(f"our ledger: {facts.over_ledger} calls made over the limit")
    return found


def outcome_of(command: CommandFact) -> str:
    """How a command ended; a rerun that bank or ledger refused is counted apart."""
    if command.state != "error":
        return command.state
    if command.failure == REFUSED_RERUN and command.runs > 1:
        return "rerun refused (SessionExpired)"
    return f"error {command.failure}"


def _unended(promised: set[str], facts: Facts) -> Iterator[str]:
    known = {one.id for one in facts.commands}
    for lost in sorted(promised - known):
        yield f"{lost}: accepted (202) and lost: no row"
    for one in facts.commands:
        if not one.is_final:
            said = "accepted (202)" if one.id in promised else "a row, no 202 seen"
            yield f"{one.id}: {said}, never ended: {one.state} after {one.runs} runs"


def _ended_twice(facts: Facts) -> Iterator[str]:
    for session, count in Counter(one.session_id for one in facts.commands).items():
        if count > 1:
            yield f"session {session}: imported {count} times"
    for one in facts.commands:
        begun = facts.events.get((one.id, "command-accepted"), 0)
        ended = facts.events.get((one.id, "command-ended"), 0)
        if (begun, ended) != (1, int(one.is_final)):
            yield f"{one.id}: {begun} times accepted and {ended} times ended in the event log"


def _documents(facts: Facts) -> Iterator[str]:
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for command, kind in facts.documents:
        kinds[command].append(kind)
    for one in facts.commands:
        expected = list(DOCUMENTS) if one.state == "successful" else []
        if sorted(kinds.pop(one.id, [])) != expected:
            yield f"{one.id}: {one.state} without exactly {expected or 'no documents'}"
    for stray in kinds:
        yield f"{stray}: documents of no command"


def _workflows(facts: Facts) -> Iterator[str]:
    """Both ways, as far back as the engine keeps what has finished."""
    commands = {one.id for one in facts.commands}
    known = {one.id for one in facts.workflows}
    for one in facts.workflows:
        if one.id not in commands:
            yield f"{one.id}: a workflow without a command"
        if one.is_over and one.status != "SUCCESS":
            yield f"{one.id}: its workflow ended as {one.status}"
    kept_since = datetime.now(UTC) - WORKFLOWS_KEPT
    for command in facts.commands:
        ended_at = command.ended_at
        if command.id not in known and (ended_at is None or ended_at > kept_since):
            yield f"{command.id}: a command without a workflow"


def _unexplained(commands: Iterable[CommandFact]) -> Iterator[str]:
    """The bank was healthy all the time, so nothing but a refused rerun explains an error."""
    for one in commands:
        if one.state == "fatal":
            yield f"{one.id}: fatal ({one.failure}) after {one.runs} runs"
        elif one.state == "error" and (one.failure != REFUSED_RERUN or one.runs == 1):
            yield f"{one.id}: error {one.failure} in run {one.runs}"


def _calls(found: Verdict, bank: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The bank's own journal: no call too many, and the person was there only once."""
    unattended: Counter[tuple[str, str, str]] = Counter()
    attended: Counter[tuple[str, str, str]] = Counter()
    limited = 0
    for call in bank:
        found.bank_calls += 1
        limited += call["status"] == 429
        if call["account"] is not None and call["page"] == "first":
            counter = attended if call["attended"] else unattended
            counter[call["consentId"], call["account"], call["endpoint"]] += 1
    found.unattended_most = max(unattended.values(), default=0)
    if limited:
        yield f"the bank answered 429 to {limited} calls"
    for what, count in unattended.items():
        if count > CALLS_MAX:
            yield f"consent {what[0]}, {what[2]}: {count} unattended calls in 24 hours"
    for what, count in attended.items():
        if count > 1:
            yield f"consent {what[0]}, {what[2]}: {count} calls under the person's name"
