"""The chain of consents: whatever is done to it afterwards, the first broken entry is named."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from opensaldo.domain.consent_chain import Anchor, Entry, Link, first_break
from opensaldo.domain.legal_text import Acceptance

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


ACCEPTED = Acceptance(language="pl", terms_version="a" * 64, privacy_version="b" * 64)


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    for number in range(1, length + 1):
        entry = Entry(
            number=number,
            consent_id=f"consent-{number % 3}",
            client_id="acme-test",
            environment="TEST",
            target="KontoBankApi",
            status="valid",
            at=NOON + timedelta(minutes=number),
        )
        if number % 2:
            entry = replace(entry, session_id=f"50100{number}")
        if number % 4 == 1:
            entry = replace(entry, consent_id=None, status="accepted", acceptance=ACCEPTED)
        links.append(Link(entry=entry, hash=entry.hash_after(anchor(links).hash)))
    return links


def anchor(links: list[Link]) -> Anchor:
    return Anchor(number=links[-1].entry.number, hash=links[-1].hash) if links else Anchor()


def test_an_untouched_chain_holds_with_every_anchor_ever_taken_of_it():
    links = chain(9)
    for length in range(10):
        assert first_break(links, anchor(links[:length])) is None
    assert first_break([]) is None


@pytest.mark.parametrize(
    "change",
    [
        {"consent_id": "consent-9"},
        {"client_id": "other-test"},
        {"environment": "PRODUCTION"},
        {"target": "KontoBankApi_cz"},
        {"status": "terminatedByTpp"},
        {"at": NOON},
        {"session_id": "501000"},
        {"session_id": None},
        {"acceptance": None},
        {"acceptance": replace(ACCEPTED, terms_version="c" * 64)},
        {"acceptance": replace(ACCEPTED, privacy_version="c" * 64)},
        {"acceptance": replace(ACCEPTED, language="en")},
    ],
)
@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_changed_entry_is_named(change, place):
    links = chain(9)
    links[place] = replace(links[place], entry=replace(links[place].entry, **change))
    found = first_break(links)
    assert found is not None
    assert found.number == place + 1


def test_an_entry_of_before_there_were_acceptances_has_the_hash_it_always_had():
    entry = Entry(
        number=1,
        consent_id="one",
        client_id="acme-test",
        environment="TEST",
        target="KontoBankApi",
        status="valid",
        at=NOON,
    )
    before = "0" * 64
    said = f'["{before}",1,"one","acme-test","TEST","KontoBankApi","valid",'
    said += '"2026-03-02T12:00:00.000000+00:00"]'
    assert entry.hash_after(before) == hashlib.sha256(said.encode()).hexdigest()
    with_session = replace(entry, session_id="501000111")
    assert with_session.hash_after(before) != entry.hash_after(before)


def test_a_changed_entry_with_a_new_hash_breaks_the_next_one():
    links = chain(9)
    entry = replace(links[3].entry, status="expired")
    links[3] = Link(entry=entry, hash=entry.hash_after(links[2].hash))
    found = first_break(links)
    assert found is not None
    assert found.number == 5


@pytest.mark.parametrize("place", range(8))
def test_an_entry_taken_out_is_missed(place):
    links = chain(9)
    del links[place]
    found = first_break(links)
    assert found is not None
    assert (found.number, found.reason) == (place + 1, "is missing")


def test_two_entries_that_changed_places_are_noticed():
    links = chain(9)
    links[2], links[3] = links[3], links[2]
    found = first_break(links)
    assert found is not None
    assert found.number == 3


@pytest.mark.parametrize("left", range(9))
def test_a_chain_cut_off_is_noticed_by_whoever_has_an_anchor(left):
    links = chain(9)
    assert first_break(links[:left]) is None
    found = first_break(links[:left], anchor(links))
    assert found is not None
    assert found.number == left + 1


def test_a_chain_written_anew_is_not_the_one_the_anchor_was_taken_of():
    noted = anchor(chain(9))
    links: list[Link] = []
    for old in chain(12):
        entry = replace(old.entry, status="expired")
        links.append(Link(entry=entry, hash=entry.hash_after(anchor(links).hash)))
    assert first_break(links) is None
    found = first_break(links, noted)
    assert found is not None
    assert found.number == 9


def test_an_anchor_is_read_as_it_was_printed():
    noted = anchor(chain(3))
    assert Anchor.parse(f" {noted}\n") == noted


@pytest.mark.parametrize("text", ["", "3", "3-ab", "-3-" + "0" * 64, "03-" + "0" * 64, "x" * 70])
def test_what_is_no_anchor_is_refused(text):
    with pytest.raises(ValueError, match="an anchor is a number"):
        Anchor.parse(text)
