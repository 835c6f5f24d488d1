"""The independent checker: what a client was told, held against what truly happened.

It reads the public API's answers, the event log, the mock bank's journal and its truth file, and
shares no line with the platform or the bank. `Evidence` is all it knows; `violations` names every
broken promise, `tally` counts what is a judgement and not a promise.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.support.evidence import NOT_DATA, SUCCESSFUL, Act, Evidence, Key, instant, key_of

DAY = timedelta(hours=24)
UNATTENDED_MAX = 4
WHOLE = ("complete", "explained")
OUTCOMES = (*WHOLE, "partial", "failed")
OVER = "InvalidMultipleAccessId"
REFUSED = (401, 403)
BLINDING = frozenset(  # faults under which the bank did not show what it should have shown
    {"no_next_page", "loop_pages", "empty_page", "repeated_page", "stale_page"}
    | {"missing_page", "row_inserted", "row_removed"}
)


@dataclass
class Tally:
    """What is no promise: rows a bank hid and nobody could know, and pending rows recognised."""

    imports: Counter[str] = field(default_factory=Counter)
    unproven: int = 0
    booked: int = 0
    renamed: int = 0
    continued: int = 0
    joined: int = 0
    joined_rightly: int = 0

    def add(self, other: Tally) -> None:
        """Both together."""
        self.imports += other.imports
        self.unproven += other.unproven
        self.booked += other.booked
        self.renamed += other.renamed
        self.continued += other.continued
        self.joined += other.joined
        self.joined_rightly += other.joined_rightly


def violations(seen: Evidence) -> list[str]:
    """Every promise that was broken, in words."""
    checks = (_rows, _false_success, _ids, _unattended, _after_the_end, _events)
    return [one for check in checks for one in check(seen)]


def tally(seen: Evidence) -> Tally:
    """The judgements of one seed, counted."""
    found = Tally()
    for act in seen.acts:
        if act.what == "import":
            found.imports[act.receipt.get("outcome") or act.failure or "?"] += 1
    found.unproven = sum(len(list(_hidden(seen, act, proven=False))) for act in seen.imports)
    ids_of, _, most = _named(seen.imports)
    found.booked = sum(most.values())
    found.renamed = sum(max(0, len(ids) - most[key]) for key, ids in ids_of.items())
    _join(seen, found)
    return found


# --- rows ----------------------------------------------------------------------------------------
def _rows(seen: Evidence) -> Iterator[str]:
    """No row is lost where the receipt says all is there, and none is there twice."""
    for act in seen.imports:
        booked = Counter(row.key for row in act.rows if row.booked_on)
        true = Counter(key_of(payment, one) for payment, one in seen.shown(act.at))
        for key, count in (booked - true).items():
            yield f"double row: {count} more of {key} at {act.at}"
        waiting = Counter((row.account, row.minor) for row in act.rows if not row.booked_on)
        on_the_way = Counter(
            (payment["account"], one["minor"])
            for payment, one in seen.shown(act.at)
            if one["status"] != "done"
        )
        for place, count in (waiting - on_the_way).items():
            yield f"double row: {count} more on the way of {place} at {act.at}"
        if lost := list(_hidden(seen, act, proven=True)):
            yield f"lost row: {len(lost)}, the first {lost[0]} at {act.at}"


def _hidden(seen: Evidence, act: Act, *, proven: bool) -> Iterator[Key]:
    """Booked rows in the range that an import does not have.

    `proven`: those whose absence shows; otherwise those that a bank hid without a trace.
    """
    since = (act.since or date.min).isoformat()
    wanted = Counter(
        key_of(payment, one)
        for payment, one in seen.shown(act.at)
        if one["status"] == "done" and min(one["traded_on"], one["booked_on"]) >= since
    )
    missing = wanted - Counter(row.key for row in act.rows if row.booked_on)
    for key in missing.elements():
        if _is_excused(act, key) is not proven:
            yield key


def _is_excused(act: Act, key: Key) -> bool:
    """Whether the bank hid rows of the account, and left no trace that this one is missing.

    There is none where the receipt proves nothing of the account, and none at the far end of a
    list: that the rows read lead to the balance says nothing of those before them.
    """
    number, booked_on, *_ = key
    if number[-4:] not in {call["account"] for call in act.calls if call["fault"] in BLINDING}:
        return False
    shown = [row.booked_on for row in act.rows if row.account == number and row.booked_on]
    return number in _unproven(act) or not shown or booked_on <= min(shown)


def _unproven(act: Act) -> set[str]:
    """The accounts of which the receipt says that their balance is not proven."""
    of_id = {one.get("id"): one.get("number") for one in act.told.get("accounts", ())}
    return {
        str(of_id.get(check["accountId"]))
        for check in act.receipt.get("balances", ())
        if check.get("gap") != 0 or check.get("reason")
    }


# --- success -------------------------------------------------------------------------------------
def _false_success(seen: Evidence) -> Iterator[str]:
    """What the state, the receipt and the result say is one thing, and true."""
    for act in seen.acts:
        if act.what != "import" or not act.xml:
            continue
        outcome = act.receipt.get("outcome")
        if outcome not in OUTCOMES:
            yield f"false success: no receipt, or an outcome unheard of: {outcome} at {act.at}"
        if (act.state == SUCCESSFUL) is (outcome == "failed"):
            yield f"false success: {act.state} with a receipt that says {outcome} at {act.at}"
    for act in seen.imports:
        yield from (f"false success: {wrong} at {act.at}" for wrong in _wrong_claims(seen, act))


def _wrong_claims(seen: Evidence, act: Act) -> Iterator[str]:
    receipt, is_whole = act.receipt, act.receipt.get("outcome") in WHOLE
    if receipt.get("rows") != len(act.rows):
        yield f"the receipt counts {receipt.get('rows')} rows, the result {len(act.rows)}"
    if is_whole and act.is_cut:
        yield "whole by the receipt, cut by the result"
    if is_whole and set(act.balances) != seen.accounts:
        yield f"{len(act.balances)} of {len(seen.accounts)} accounts"
    for account, minor in act.balances.items():
        true = seen.booked_minor(account, act.at)
        if minor != true:
            yield f"the balance of {account} is {minor}, truly {true}"
    if receipt.get("outcome") == "complete" and any(
        check.get("gap") not in (0, None) for check in receipt.get("balances", ())
    ):
        yield "complete in spite of a gap"


# --- ids -----------------------------------------------------------------------------------------
def _ids(seen: Evidence) -> Iterator[str]:
    """A booked row has one id, and no other row has it, in all imports under one access.

    Under another access nothing is remembered: there an id may change only where an earlier import
    was told it by memory, and twins may change places; `tally` counts how often.
    """
    for access in {act.access for act in seen.imports}:
        ids_of, keys_of, most = _named([act for act in seen.imports if act.access == access])
        for key, ids in ids_of.items():
            if len(ids) > most[key]:
                yield f"an id changed: {key} had {len(ids)} ids under access {access}"
        for one, keys in keys_of.items():
            if len(keys) > 1:
                yield f"one id for different rows: {one} of {sorted(keys)}"
    for act in seen.imports:
        yield from _ids_in(act)
    yield from _account_ids(seen)


def _named(
    imports: list[Act],
) -> tuple[dict[Key, set[str]], dict[str, set[Key]], Counter[Key]]:
    """The ids of each booked row, the rows of each id, and the most rows that were ever alike."""
    ids_of: dict[Key, set[str]] = defaultdict(set)
    keys_of: dict[str, set[Key]] = defaultdict(set)
    most: Counter[Key] = Counter()
    for act in imports:
        booked = [row for row in act.rows if row.booked_on]
        most |= Counter(row.key for row in booked)
        for row in booked:
            ids_of[row.key].add(row.id)
            keys_of[row.id].add(row.key)
    return ids_of, keys_of, most


def _ids_in(act: Act) -> Iterator[str]:
    """In one import every row has an id of its own."""
    for one, count in Counter(row.id for row in act.rows).items():
        if count > 1 or not one:
            yield f"double row: {count} rows have the id {one!r} at {act.at}"


def _account_ids(seen: Evidence) -> Iterator[str]:
    """An account has one id for ever."""
    ids_of: dict[str, set[str]] = defaultdict(set)
    for act in seen.imports:
        for account in act.told.get("accounts", ()):
            ids_of[account["number"]].add(account.get("id") or "")
    yield from (f"an account's id changed: {n}" for n, ids in ids_of.items() if len(ids) > 1)


def _join(seen: Evidence, found: Tally) -> None:
    """Count how often a booked row kept the id it had while it was on its way."""
    first_seen: dict[str, tuple[str, int]] = {}  # the id of a row on its way: its payment, piece
    ids_of: dict[tuple[str, int], set[str]] = defaultdict(set)
    counted: set[tuple[str, int]] = set()
    for act in seen.imports:
        on_its_way, booked = _recognised(seen, act)
        for row_id, life in booked.items():
            if life in counted:
                continue
            counted.add(life)
            found.continued += life in ids_of
            if row_id in first_seen:
                found.joined += 1
                found.joined_rightly += row_id in ids_of[life]
        for row_id, life in on_its_way.items():
            first_seen.setdefault(row_id, life)
            ids_of[life].add(row_id)


Lives = dict[str, tuple[str, int]]


def _recognised(seen: Evidence, act: Act) -> tuple[Lives, Lives]:
    """The rows on their way and those booked whose payment is beyond doubt, by their ids."""
    found: tuple[Lives, Lives] = ({}, {})
    for place, is_booked in enumerate((False, True)):
        lives: dict[Any, list[tuple[str, int]]] = defaultdict(list)
        for payment, one in seen.shown(act.at):
            if (one["status"] == "done") is is_booked:
                mark = key_of(payment, one) if is_booked else (payment["account"], one["minor"])
                lives[mark].append((payment["payment"], one["piece"]))
        rows = [row for row in act.rows if bool(row.booked_on) is is_booked]
        for row in rows:
            named = lives.get(row.key if is_booked else (row.account, row.minor), [])
            if len(named) == 1:
                found[place][row.id] = named[0]
    return found


# --- calls ---------------------------------------------------------------------------------------
def _unattended(seen: Evidence) -> Iterator[str]:
    """No fifth call of one kind in any 24 hours, and none in the name of a person who is away."""
    made: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for call in seen.calls:
        if not call["attended"] and call["page"] == "first":
            place = (str(call["consentId"]), str(call["account"]), call["endpoint"])
            made[place].append(instant(call["at"]))
    for place, moments in made.items():
        for fifth, first in zip(moments[UNATTENDED_MAX:], moments, strict=False):
            if fifth - first < DAY:
                yield f"fifth call: {place} at {fifth}"
    for act in seen.acts:
        if not act.attended and any(call["attended"] for call in act.calls):
            yield f"a call in the name of a person who was away at {act.at}"


def _after_the_end(seen: Evidence) -> Iterator[str]:
    """An access that is over, by anybody's word, is never used again."""
    consents: dict[int, set[str]] = defaultdict(set)
    over: dict[int, datetime] = {}
    withdrawn: set[int] = set()
    for act in seen.acts:
        data = [call for call in act.calls if call["endpoint"] not in NOT_DATA]
        for access, ended_at in over.items():
            if any(call["consentId"] in consents[access] for call in data):
                yield f"ended consent used: access {access}, over since {ended_at}, at {act.at}"
            if act.access == access and act.what == "reuse" and act.status == 200:
                yield f"ended consent given out: access {access} at {act.at}"
        consents[act.access] |= {str(c["consentId"]) for c in data if c["consentId"]}
        if act.what == "withdraw":
            withdrawn |= set(consents) - set(over)
        is_answered = act.access in withdrawn and any(
            call["status"] in REFUSED and not call["fault"] for call in data
        )
        is_revoked = act.what == "revoke" and act.status == 200
        if act.access and (is_answered or is_revoked or act.failure == OVER):
            over.setdefault(act.access, act.at)


# --- events --------------------------------------------------------------------------------------
def _events(seen: Evidence) -> Iterator[str]:
    """The event log says of every command once that it was accepted and once how it ended."""
    told = Counter((one["kind"], one["subject"], one.get("state")) for one in seen.events)
    for act in seen.acts:
        if act.command is None:
            continue
        name = act.command.attrib["id"]
        if told["command-accepted", name, "setup"] != 1:
            yield f"events: the command at {act.at} was not accepted once"
        ends = [one for one in told.elements() if one[:2] == ("command-ended", name)]
        if [one[2] for one in ends] != [act.state]:
            yield f"events: the command at {act.at} is {act.state}, its events say {ends}"
    for one, count in told.items():
        if one[0] == "consent-ended" and count > 1:
            yield f"events: one consent ended {count} times"
