"""The chain of consents in the database: written with every change, in one order, and checked."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text

from opensaldo.domain.client import Environment
from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.domain.consent_chain import Anchor
from opensaldo.engine import audit
from opensaldo.store.queries import consent_chain, consents

TEST = Environment.TEST
WRITERS = 4
EACH = 8


@pytest.fixture
def granted(store, clock):
    def grant(name: str) -> Consent:
        consent = Consent(
            id=name,
            client_id="acme-test",
            environment=TEST,
            target="KontoBankApi",
            status=ConsentStatus.VALID,
            granted_at=clock(),
            valid_until=clock() + timedelta(days=180),
        )
        with store.begin() as c:
            consents.insert_consent(c, consent, name.ljust(64, "f"), b"owner", b"access")
        return consent

    return grant


def told(store) -> list[tuple[str, str]]:
    with store.read() as c:
        links = list(consent_chain.links(c))
    return [(link.entry.consent_id, link.entry.status) for link in links]


def verified(store, anchor: Anchor | None = None):
    return asyncio.run(audit.verify(store, anchor))[1]


def spoil(store, statement: str) -> None:
    with store.begin() as c:
        assert c.execute(text(statement)).rowcount > 0


def test_every_change_of_a_consent_is_an_entry_and_what_changed_nothing_is_none(
    store, clock, granted
):
    one, two = granted("one"), granted("two")
    with store.begin() as c:
        assert consents.revoke_consent(c, one.id, clock.advance(seconds=1))
        assert not consents.revoke_consent(c, one.id, clock())
        assert consents.close_consent(c, two.id, ConsentStatus.REVOKED_BY_PSU, clock())
        assert not consents.close_consent(c, "nobody's", ConsentStatus.EXPIRED, clock())
    assert told(store) == [
        ("one", "valid"),
        ("two", "valid"),
        ("one", "terminatedByTpp"),
        ("two", "revokedByPsu"),
    ]
    assert verified(store) is None


def test_a_change_that_is_undone_leaves_no_entry(store, clock, granted):
    one = granted("one")
    with suppress(ZeroDivisionError), store.begin() as c:
        consents.revoke_consent(c, one.id, clock())
        raise ZeroDivisionError
    assert told(store) == [("one", "valid")]
    assert verified(store) is None


def test_writers_at_once_make_one_chain(store, clock, granted):
    def write(writer: int) -> None:
        for number in range(EACH):
            one = granted(f"{writer}-{number}")
            with store.begin() as c:
                consents.revoke_consent(c, one.id, clock())

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told(store)) == 2 * WRITERS * EACH
    assert verified(store) is None


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("UPDATE consent_chain SET status = 'expired' WHERE number = 2", 2),
        ("UPDATE consent_chain SET target = 'Other' WHERE number = 1", 1),
        ("DELETE FROM consent_chain WHERE number = 2", 2),
        ("DELETE FROM consent_chain WHERE number = 3", 3),
        ("DELETE FROM consent_chain", 1),
        ("UPDATE consents SET status = 'valid' WHERE id = 'one'", 4),
    ],
)
def test_whoever_spoils_the_chain_or_a_consent_is_found_out(
    store, clock, granted, statement, number
):
    one = granted("one")
    granted("two")
    with store.begin() as c:
        consents.revoke_consent(c, one.id, clock())
    assert verified(store) is None
    spoil(store, statement)
    found = verified(store)
    assert found is not None
    assert found.number == number


def test_an_end_cut_off_with_its_consent_is_found_out_by_the_anchor(store, granted):
    granted("one")
    granted("two")
    anchor = asyncio.run(audit.head(store))
    assert verified(store, anchor) is None
    spoil(store, "DELETE FROM consent_chain WHERE number = 2")
    spoil(store, "DELETE FROM consents WHERE id = 'two'")
    assert verified(store) is None
    found = verified(store, anchor)
    assert found is not None
    assert found.number == 2
