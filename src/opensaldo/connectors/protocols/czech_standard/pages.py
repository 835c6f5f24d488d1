"""Pages that follow each other: each read once, and not without end."""

from __future__ import annotations

from opensaldo.errors import BankAnsweredNonsense

PAGES_MAX = 2_000


class Trail:
    """The pages read of one list; `page` is the one to read now."""

    def __init__(self) -> None:
        """Start at the first page, whose number is 0."""
        self.page = 0
        self._seen = {0}

    def goes_on(self, page: int | None) -> bool:
        """Whether a further page follows, which then is `page`.

        Raises:
            BankAnsweredNonsense: the bank leads us in a circle or never ends.
        """
        if page is None:
            return False
        if page in self._seen:
            raise BankAnsweredNonsense("nextPage", "a page not read before")
        if len(self._seen) >= PAGES_MAX:
            raise BankAnsweredNonsense("nextPage", f"at most {PAGES_MAX} pages")
        self._seen.add(page)
        self.page = page
        return True
