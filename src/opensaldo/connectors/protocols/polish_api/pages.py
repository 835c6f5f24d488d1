"""Pages that follow each other: each read once, and not without end."""

from __future__ import annotations

from opensaldo.connectors.protocols.polish_api import messages
from opensaldo.errors import BankAnsweredNonsense, BankUnavailable

PAGES_MAX = 2_000


class Trail:
    """The pages read of one list."""

    def __init__(self) -> None:
        """Start before the first page."""
        self.page_id: str | None = None
        self._seen: set[str] = set()

    def goes_on(self, page_id: str | None) -> bool:
        """Whether a further page follows, which then is `page_id`.

        Raises:
            BankAnsweredNonsense: the bank leads us in a circle or never ends.
        """
        if page_id is None:
            return False
        if page_id in self._seen:
            raise BankAnsweredNonsense("pageInfo.nextPage", "a page not read before")
        if len(self._seen) + 2 > PAGES_MAX:
            raise BankAnsweredNonsense("pageInfo.nextPage", f"at most {PAGES_MAX} pages")
        self._seen.add(page_id)
        self.page_id = page_id
        return True


def refuse_hidden_error(reply: messages.Reply, content: object) -> None:
    """Pass unless a reply of status 200 without content is an error, or no reply of the standard.

    Banks leave out an empty list, but none leaves out the header that every reply must have.
    """
    if content is not None:
        return
    if reply.code is not None or reply.message is not None:
        raise BankUnavailable
    if reply.response_header is None:
        raise BankAnsweredNonsense("responseHeader", "a header")
