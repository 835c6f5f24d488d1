"""What stands behind a reply without content: an empty list, an error, or nonsense."""

from __future__ import annotations

from opensaldo.connectors.protocols.polish_api import messages
from opensaldo.errors import BankAnsweredNonsense, BankUnavailable


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
