"""The log of calls the switchboard shows: what was asked and how it ended, no personal data."""

from collections import deque
from dataclasses import asdict, dataclass, replace
from typing import Any

ROWS_KEPT_MAX = 200_000
ROWS_SHOWN_MAX = 10_000


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of the interface; `account` is the last four characters of its number.

    `method`, `path` (without place and query) and `kind` are those of the online service's pages,
    empty elsewhere.
    """

    endpoint: str
    sequence: int = 0
    country: str = ""
    consent_id: str | None = None
    tpp_id: str | None = None
    account: str | None = None
    request_id: str | None = None
    attended: bool = False
    page: str = "first"
    status: int = 0
    code: str | None = None
    fault: str | None = None
    at: str = ""
    method: str = ""
    path: str = ""
    kind: str = ""


class Journal:
    """A ring of the newest calls, numbered from 1 since the last reset."""

    def __init__(self) -> None:
        self._rows: deque[CallRow] = deque(maxlen=ROWS_KEPT_MAX)
        self._sequence = 0

    def add(self, row: CallRow) -> None:
        """The row is kept under the next number."""
        self._sequence += 1
        self._rows.append(replace(row, sequence=self._sequence))

    def since(self, sequence: int) -> list[dict[str, Any]]:
        """The rows numbered above `sequence`, oldest first, at most 10,000 of them."""
        skipped = max(0, sequence - (self._sequence - len(self._rows)))
        rows = list(self._rows)[skipped : skipped + ROWS_SHOWN_MAX]
        return [_camel(asdict(row)) for row in rows]

    @property
    def last(self) -> int:
        """The number of the newest row; 0 when there is none."""
        return self._sequence

    def reset(self) -> None:
        """No call was ever made; the next row is number 1."""
        self._rows.clear()
        self._sequence = 0


def _camel(row: dict[str, Any]) -> dict[str, Any]:
    names = {"consent_id": "consentId", "tpp_id": "tppId", "request_id": "requestId"}
    return {names.get(key, key): value for key, value in row.items()}
