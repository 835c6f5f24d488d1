"""The pages of one list: each read once, and not without end."""

from __future__ import annotations

from opensaldo.connectors.protocols.berlin_group.links import followed
from opensaldo.errors import BankAnsweredNonsense

PAGES_MAX = 2_000
_PLACE = "_links.next"


class Trail:
    """Where the list goes on, by the bank's own links."""

    def __init__(self, root: str) -> None:
        """Start before the first page."""
        self._root = root
        self._seen: set[str] = set()
        self.link = ""

    def goes_on(self, link: str | None, asked: str) -> bool:
        """Whether a further page follows, whose address then is `link`.

        Raises:
            BankAnsweredNonsense: the bank leads us elsewhere, in a circle, or never ends.
        """
        self._seen.add(asked)
        if link is None:
            return False
        address = followed(link, root=self._root, asked=asked)
        if address in self._seen:
            raise BankAnsweredNonsense(_PLACE, "a page not read before")
        if len(self._seen) >= PAGES_MAX:
            raise BankAnsweredNonsense(_PLACE, f"at most {PAGES_MAX} pages")
        self.link = address
        return True
