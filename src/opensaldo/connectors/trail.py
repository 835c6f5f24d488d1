"""Pages that follow each other: each read once, and not without end."""

from __future__ import annotations

from typing import Generic, TypeVar

from opensaldo.errors import BankAnsweredNonsense

PAGES_MAX = 2_000

Page = TypeVar("Page")


class Trail(Generic[Page]):
    """The pages read of one list; `page` is the one to read now."""

    def __init__(self, first: Page, *, place: str) -> None:
        """Start at the first page; `place` names in errors where the bank says the next one."""
        self.page = first
        self._place = place
        self._seen = {first}

    @property
    def count(self) -> int:
        """How many pages were led to so far."""
        return len(self._seen)

    def goes_on(self, page: Page | None) -> bool:
        """Whether a further page follows, which then is `page`.

        Raises:
            BankAnsweredNonsense: the bank leads us in a circle or never ends.
        """
        if page is None:
            return False
        if page in self._seen:
            raise BankAnsweredNonsense(self._place, "a page not read before")
        if len(self._seen) >= PAGES_MAX:
            raise BankAnsweredNonsense(self._place, f"at most {PAGES_MAX} pages")
        self._seen.add(page)
        self.page = page
        return True
