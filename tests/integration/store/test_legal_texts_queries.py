"""Legal texts and acceptances in the database: kept for ever, noted once, provable afterwards."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from opensaldo.domain.consent_chain import ACCEPTED
from opensaldo.domain.legal_text import LegalText, TextKind
from opensaldo.engine import audit, legal_texts
from opensaldo.errors import InvalidArgument, UnknownReference
from opensaldo.store.queries import consent_chain
from opensaldo.store.queries import legal_texts as queries

CLIENT = "acme-test"
WRITERS = 6


def own(store, clock, content: bytes, kind=TextKind.TERMS, language="pl") -> LegalText:
    made = legal_texts.set_text(store, clock, CLIENT, kind, language, content)
    return asyncio.run(made)


def shown(store, language="pl"):
    return asyncio.run(legal_texts.texts_for(store, CLIENT, language))


def accept(store, session, at, target="KontoBankApi", language="pl") -> bool:
    texts = shown(store, language)
    with store.begin() as c:
        for one in texts:
            queries.keep_text(c, one)
        return consent_chain.accept(c, session, target, texts.accepted(), at)


def verified(store):
    return asyncio.run(audit.verify(store))[1]


def test_a_clients_own_text_stands_in_for_one_kind_in_one_language(store, clock):
    own(store, clock, b"Our terms")
    assert shown(store).terms.text == "Our terms\n"
    assert shown(store).privacy == legal_texts.platform_text(TextKind.PRIVACY, "pl")
    assert shown(store, "en").terms == legal_texts.platform_text(TextKind.TERMS, "en")
    other = asyncio.run(legal_texts.texts_for(store, "other-test", "pl"))
    assert other.terms == legal_texts.platform_text(TextKind.TERMS, "pl")


def test_a_newer_text_takes_its_place_and_the_older_one_stays_kept(store, clock):
    old = own(store, clock, b"Old")
    new = own(store, clock, b"New")
    assert shown(store).terms == new
    assert asyncio.run(audit.text_of(store, old.version)) == "Old\n"
    listed = asyncio.run(legal_texts.own_texts(store, CLIENT))
    assert listed == ((new, clock()),)


def test_a_text_taken_away_leaves_the_platforms(store, clock):
    own(store, clock, b"Ours")
    asyncio.run(legal_texts.remove_text(store, CLIENT, TextKind.TERMS, "pl"))
    assert shown(store).terms == legal_texts.platform_text(TextKind.TERMS, "pl")
    with pytest.raises(InvalidArgument):
        asyncio.run(legal_texts.remove_text(store, CLIENT, TextKind.TERMS, "pl"))


def test_nobodys_text_is_refused(store, clock):
    work = legal_texts.set_text(store, clock, "nobody-test", TextKind.TERMS, "pl", b"x")
    with pytest.raises(UnknownReference):
        asyncio.run(work)


def test_an_acceptance_is_one_entry_until_something_else_is_accepted(store, clock, make_session):
    session, _ = make_session(signed_in=False)
    assert accept(store, session, clock())
    assert not accept(store, session, clock.advance(seconds=1))
    assert accept(store, session, clock(), target="KontoBank")
    own(store, clock, b"New terms")
    assert accept(store, session, clock(), target="KontoBank")
    assert accept(store, session, clock(), target="KontoBank", language="en")
    entries = asyncio.run(audit.entries_about(store, session.id))
    assert [one.status for one in entries] == [ACCEPTED] * 4
    assert {one.consent_id for one in entries} == {None}
    assert [one.acceptance.language for one in entries] == ["pl", "pl", "pl", "en"]
    assert verified(store) is None


def test_what_an_earlier_session_of_the_same_id_accepted_is_not_this_ones(
    store, clock, make_session
):
    session, _ = make_session(signed_in=False)
    assert accept(store, session, clock() - timedelta(days=400))
    assert accept(store, session, clock())


def test_agreements_at_once_are_noted_once(store, clock, make_session):
    session, _ = make_session(signed_in=False)
    noted: list[bool] = []
    threads = [
        threading.Thread(target=lambda: noted.append(accept(store, session, clock())))
        for _ in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(noted) == [False] * (WRITERS - 1) + [True]
    assert verified(store) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_chain SET terms_version = privacy_version",
        "UPDATE consent_chain SET language = 'en'",
        "UPDATE consent_chain SET language = NULL",
        "UPDATE consent_chain SET session_id = '50100012'",
        "UPDATE consent_chain SET session_id = NULL, language = NULL, terms_version = NULL,"
        " privacy_version = NULL",
        "UPDATE consent_chain SET consent_id = 'one'",
    ],
)
def test_a_tampered_acceptance_is_named(store, clock, make_session, statement):
    session, _ = make_session(signed_in=False)
    accept(store, session, clock())
    assert verified(store) is None
    with store.begin() as c:
        c.execute(text(statement))
    found = verified(store)
    assert found is not None
    assert found.number == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE legal_texts SET text = 'You owe us everything'",
        "DELETE FROM legal_texts",
        "UPDATE legal_texts SET version = 'f' || version",
    ],
)
def test_an_accepted_text_that_was_changed_or_lost_is_found_out(
    store, clock, make_session, statement
):
    session, _ = make_session(signed_in=False)
    accept(store, session, clock())
    assert verified(store) is None
    with store.begin() as c:
        c.execute(text(statement))
    found = verified(store)
    assert found is not None
    assert "is gone or reads otherwise" in found.reason
