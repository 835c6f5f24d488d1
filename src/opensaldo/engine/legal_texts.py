"""Legal texts: what a person is shown before a sign-in, and the proof that they accepted it.

A client's own text stands in for the platform's, kind by kind and language by language. Every
agreement is noted in the chain of consents before the bank is asked for anything.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

from opensaldo.data import read_text
from opensaldo.domain.clock import Clock
from opensaldo.domain.legal_text import (
    Acceptance,
    LegalText,
    LegalTexts,
    TextKind,
    read_legal_text,
)
from opensaldo.domain.session import Session
from opensaldo.engine.clients import known_client
from opensaldo.engine.platform import Platform
from opensaldo.errors import CallerError, InvalidArgument
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import consent_chain, legal_texts

ENGLISH = "en"
LANGUAGES = (ENGLISH, "pl", "es", "cs", "pt", "ro", "lt", "lv", "et")


class TextsChanged(CallerError, wire_name="InvalidParameter", http_status=409):
    """What was agreed to is not what stands now; the person must read it and agree again."""


async def texts_for(store: Store, client_id: str, language: str) -> LegalTexts:
    """The texts a person is shown: the client's own, the platform's for what it has none of."""
    return await store.fetch(_texts_for, client_id, language)


async def note_acceptance(
    platform: Platform, session: Session, target: str, accepted: Acceptance | None
) -> None:
    """The chain says that the person of this session accepted the texts that stand now.

    Agreeing again to the same is no second entry.

    Raises:
        TextsChanged: other texts were shown, or none.
    """

    def note(connection: Connection) -> None:
        language = accepted.language if accepted else ENGLISH
        texts = _texts_for(connection, session.client_id, language)
        if accepted is None or accepted != texts.accepted():
            raise TextsChanged
        for text in texts:
            legal_texts.keep_text(connection, text)
        consent_chain.accept(connection, session, target, accepted, platform.clock())

    await platform.store.change_with(note)


async def set_text(
    store: Store, clock: Clock, client_id: str, kind: TextKind, language: str, content: bytes
) -> LegalText:
    """The client's own text of this kind in this language, shown from now on.

    Raises:
        UnknownReference: no such client.
        InvalidArgument: no text that can be shown as it stands; says why.
    """
    try:
        text = read_legal_text(content)
    except ValueError as why:
        raise InvalidArgument(f"This text cannot be used: {why}.") from None
    own = LegalText(kind=kind, language=language, text=text, client_id=client_id)

    def keep(connection: Connection) -> None:
        known_client(connection, client_id)
        legal_texts.set_text(connection, client_id, own, clock())

    await store.change_with(keep)
    return own


async def remove_text(store: Store, client_id: str, kind: TextKind, language: str) -> None:
    """The platform's text is shown again; what was accepted before stays kept.

    Raises:
        InvalidArgument: the client has no such text.
    """
    if not await store.change(legal_texts.remove_text, client_id, kind, language):
        raise InvalidArgument(f"{client_id} has no {kind.value} of its own in {language}.")


async def own_texts(store: Store, client_id: str) -> tuple[tuple[LegalText, datetime], ...]:
    """The client's own texts by language, each with since when it stands.

    Raises:
        UnknownReference: no such client.
    """

    def look(connection: Connection) -> tuple[tuple[LegalText, datetime], ...]:
        known_client(connection, client_id)
        return legal_texts.texts_of(connection, client_id)

    return await store.fetch(look)


@cache
def platform_text(kind: TextKind, language: str) -> LegalText:
    """The platform's own text; in English where nobody has written another."""
    known = language if language in LANGUAGES else ENGLISH
    text = read_legal_text(read_text(f"legal/{known}/{kind.value}.txt").encode())
    return LegalText(kind=kind, language=language, text=text)


def _texts_for(connection: Connection, client_id: str, language: str) -> LegalTexts:
    own = {text.kind: text for text in legal_texts.texts_in(connection, client_id, language)}
    return LegalTexts(
        terms=own.get(TextKind.TERMS) or platform_text(TextKind.TERMS, language),
        privacy=own.get(TextKind.PRIVACY) or platform_text(TextKind.PRIVACY, language),
    )
