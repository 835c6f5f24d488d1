"""What a person asks for, and the banks they let us read."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

AMOUNT_MIN, AMOUNT_MAX = 500, 50_000
MONTHS = (6, 12, 24, 36)
NAME_MAX = 100
FINAL_STATES = frozenset({"successful", "error", "fatal"})


@dataclass
class Import:
    """One bank's data on its way to us; `failure` is an exception's name."""

    session_id: str
    command_id: str
    bank: str
    state: str = "setup"
    progress: int = 0
    failure: str | None = None

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.state in FINAL_STATES


@dataclass
class Application:
    """One application; `owner` is our id for the person, everything is imported under it."""

    name: str
    amount: Decimal
    months: int
    owner: str = field(default_factory=lambda: "loan-" + secrets.token_hex(8))
    redirection_id: str | None = None
    imports: list[Import] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether nothing is under way."""
        return all(one.ended for one in self.imports)

    @property
    def failed(self) -> list[Import]:
        """The banks that could not be read."""
        return [one for one in self.imports if one.failure]

    def add(self, one: Import) -> None:
        """The import belongs to the application; those that failed have had their second try."""
        self.imports = [kept for kept in self.imports if not kept.failure] + [one]


def application_of(typed: Mapping[str, str]) -> Application:
    """The application the form describes.

    Raises:
        ValueError: with a sentence for the person.
    """
    name, amount, months = (typed.get(one, "").strip() for one in ("name", "amount", "months"))
    if not 1 <= len(name) <= NAME_MAX:
        raise ValueError("Please tell us your name.")
    if not (re.fullmatch("[0-9]{1,6}", amount) and AMOUNT_MIN <= int(amount) <= AMOUNT_MAX):
        raise ValueError(f"We lend between {AMOUNT_MIN} and {AMOUNT_MAX} PLN, in whole zloty.")
    if months not in {str(one) for one in MONTHS}:
        raise ValueError("Please choose for how long.")
    return Application(name, Decimal(amount), int(months))
