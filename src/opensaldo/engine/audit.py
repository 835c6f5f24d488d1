"""The chain of consents, checked and shown: is what it tells all that ever happened?"""

from __future__ import annotations

from opensaldo.domain.consent_chain import Anchor, Break, Entry, first_break
from opensaldo.domain.legal_text import version_of
from opensaldo.errors import UnknownReference
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import consent_chain, legal_texts


async def head(store: Store) -> Anchor:
    """How far the chain reaches; noted elsewhere, it proves later that nothing was cut off."""
    return await store.fetch(consent_chain.newest)


async def verify(store: Store, anchor: Anchor | None = None) -> tuple[Anchor, Break | None]:
    """How far the chain reaches, and the first entry it does not hold at, if there is one.

    A consent that stands otherwise than its last entry says breaks it too, after its end, and so
    does an accepted text that is gone or reads otherwise.
    """

    def check(connection: Connection) -> tuple[Anchor, Break | None]:
        newest = consent_chain.newest(connection)
        broken = first_break(consent_chain.links(connection), anchor)
        reason = None if broken else _at_odds(connection)
        if reason is not None:
            broken = Break(number=newest.number + 1, reason=f"is missing: {reason}")
        return newest, broken

    return await store.fetch(check)


async def entries_about(store: Store, subject: str) -> tuple[Entry, ...]:
    """What the chain says of a consent or a session, what was accepted for it included.

    Raises:
        UnknownReference: nothing.
    """
    found = await store.fetch(consent_chain.entries_about, subject)
    if not found:
        raise UnknownReference(f"The chain says nothing of {subject}.")
    return found


async def text_of(store: Store, version: str) -> str:
    """The text a person accepted, by its version.

    Raises:
        UnknownReference: no such text was ever set or accepted.
    """
    text = await store.fetch(legal_texts.text_of, version)
    if text is None:
        raise UnknownReference(f"There is no text of the version {version}.")
    return text


def _at_odds(connection: Connection) -> str | None:
    """What does not agree with a chain that holds."""
    for consent_id in consent_chain.consents_at_odds(connection):
        return f"consent {consent_id} stands otherwise than its last entry says"
    kept = legal_texts.versions(connection)
    for version in sorted(consent_chain.accepted_versions(connection)):
        if version not in kept or version_of(kept[version]) != version:
            return f"the accepted text {version} is gone or reads otherwise"
    return None
