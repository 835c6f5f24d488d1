"""The judge of an importer: which ids it gave to rows, against the payments they truly are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from bench.shown import Listed, Truth
from opensaldo.domain.transaction import TransactionStatus

Group = tuple[str, int, int]  # rows nobody can tell apart: twins' name, piece, amount


@dataclass(slots=True)
class Tally:
    """What an importer did with one account, or with many.

    `pairs`: booked rows whose one pending row an import had listed; `found` of them kept its id.
    `given`: booked rows with a pending row's id; `right` of them are that payment.
    `listed_again`, `kept`: booked rows of the import before, those with the same id.
    `equal`, `apart`: lists of equal payments, those with an id for each.
    """

    payments: int = 0
    pairs: int = 0
    found: int = 0
    given: int = 0
    right: int = 0
    listed_again: int = 0
    kept: int = 0
    equal: int = 0
    apart: int = 0

    def add(self, other: Tally) -> None:
        """Both together."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    def shares(self) -> dict[str, float | None]:
        """Precision, recall and the rest, as shares; None of nothing."""
        return {
            "precision_ratio": _share(self.right, self.given),
            "recall_ratio": _share(self.found, self.pairs),
            "ids_kept_ratio": _share(self.kept, self.listed_again),
            "equal_apart_ratio": _share(self.apart, self.equal),
        }


class Judge:
    """Follows one importer on one account."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._pending_of_id: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self._seen: set[str] = set()
        self._seen_pending: set[tuple[str, int]] = set()
        self._judged: set[tuple[str, int]] = set()
        self._ids_before: dict[Group, set[str]] = {}

    def see(self, rows: Iterable[Listed], ids: Mapping[int, str | None]) -> None:
        """One import: what the bank listed, and the id of each row by the row's identity."""
        ids_now: dict[Group, set[str]] = defaultdict(set)
        shown: Counter[Group] = Counter()
        for listed in rows:
            row_id, truth = ids.get(id(listed.row)), listed.truth
            self._seen.add(truth.payment)
            if listed.row.status is not TransactionStatus.DONE:
                self._note_pending(truth, row_id)
                continue
            self._judge(listed, truth, row_id)
            group = (truth.equal, truth.piece, truth.minor)
            shown[group] += 1
            if row_id is not None:
                ids_now[group].add(row_id)
        self._compare(ids_now, shown)
        self.tally.payments = len(self._seen)

    def _note_pending(self, truth: Truth, row_id: str | None) -> None:
        self._seen_pending.add((truth.payment, truth.piece))
        if row_id is not None:
            self._pending_of_id[row_id].add((truth.equal, truth.piece))

    def _judge(self, listed: Listed, truth: Truth, row_id: str | None) -> None:
        """A booked row counts once, when it is first listed."""
        own = (truth.payment, truth.piece)
        if own in self._judged:
            return
        self._judged.add(own)
        is_one_to_one = truth.has_counterpart and listed.is_whole
        is_pair = is_one_to_one and own in self._seen_pending
        self.tally.pairs += is_pair
        named = self._pending_of_id.get(row_id or "", ())
        if not named or (not is_one_to_one and any(truth.equal == one for one, _ in named)):
            return
        is_right = (truth.equal, truth.piece) in named
        self.tally.given += 1
        self.tally.right += is_right
        self.tally.found += is_right and is_pair

    def _compare(self, ids_now: dict[Group, set[str]], shown: Counter[Group]) -> None:
        for group, count in shown.items():
            now, before = ids_now.get(group, set()), self._ids_before.get(group, set())
            self.tally.listed_again += min(count, len(before))
            self.tally.kept += len(now & before)
            if count > 1:
                self.tally.equal += 1
                self.tally.apart += len(now) == count
        self._ids_before = ids_now


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
