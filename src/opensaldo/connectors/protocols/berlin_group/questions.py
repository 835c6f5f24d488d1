"""Which question the links of an answer put to the person, and where its answer goes; pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from opensaldo.connectors.base import Ask, SignInRequest
from opensaldo.connectors.protocols.berlin_group import asks
from opensaldo.connectors.protocols.berlin_group.attempt import Attempt
from opensaldo.connectors.protocols.berlin_group.consents import ConsentAnswer
from opensaldo.connectors.road import Approach
from opensaldo.errors import UnsupportedLoginMethod

_START_WITH_PASSWORD = "startauthorisationwithpsuauthentication"  # noqa: S105 - a link's name
LINKS_FOR_LOGIN = ("startauthorisationwithpsuidentification", "updatepsuidentification")
_LINKS_FOR_PASSWORD = (_START_WITH_PASSWORD, "updatepsuauthentication")
LINKS_FOR_METHOD = (
    "startauthorisationwithauthenticationmethodselection",
    "selectauthenticationmethod",
)
LINKS_FOR_CODE = ("startauthorisationwithtransactionauthorisation", "authorisetransaction")
_POST = "POST:"  # before a link that starts an authorisation; others update one


def question(
    said: ConsentAnswer, attempt: Attempt, request: SignInRequest, approaches: Collection[Approach]
) -> Ask | None:
    """What the person is asked here; None when they confirm in the bank's app.

    Raises:
        UnsupportedLoginMethod: the bank wants secrets typed here and that is switched off.
    """
    is_embedded = Approach.EMBEDDED in approaches
    is_decoupled = said.approach == "DECOUPLED"
    if (link := said.link("confirmation")) is not None:
        return asks.code(_next(attempt, "confirmation", link), said)
    if (link := said.link(*LINKS_FOR_CODE)) is not None and is_embedded:
        return asks.code(_next(attempt, "code", link), said)
    if (link := said.link(*LINKS_FOR_METHOD)) and said.methods and (is_embedded or is_decoupled):
        verb = _POST if link == said.link(LINKS_FOR_METHOD[0]) else ""
        return asks.method(_next(attempt, "method", verb + link), said)
    if (link := said.link(*_LINKS_FOR_PASSWORD)) is not None and is_embedded:
        verb = _POST if _START_WITH_PASSWORD in said.links else ""
        return asks.password(_next(attempt, "password", verb + link), said, request)
    if (link := said.link(*LINKS_FOR_LOGIN)) is not None:
        verb = _POST if LINKS_FOR_LOGIN[0] in said.links else ""
        return asks.login(_next(attempt, "login", verb + link), said, request)
    secret = any("psuauthentication" in name or name in LINKS_FOR_CODE for name in said.links)
    if secret and not is_decoupled:
        raise UnsupportedLoginMethod
    return None


def call_of(link: str) -> tuple[str, str]:
    """The verb and the address that the answer to a question goes to."""
    before, mark, after = link.partition(_POST)
    return ("POST", after) if mark else ("PUT", before)


def _next(attempt: Attempt, phase: str, link: str) -> dict[str, str]:
    return replace(attempt, phase=phase, link=link).memory()
