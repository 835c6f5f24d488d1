"""`opensaldo audit …`: an exit code, the first broken entry, and an anchor to keep."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from opensaldo.app import open_store
from opensaldo.config import Config
from opensaldo.domain.client import Environment
from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.store.queries import consents
from tests.unit.cli.conftest import Opensaldo

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def chained(acme: Opensaldo) -> Opensaldo:
    """The command line where two consents were given."""
    with closing(open_store(Config.from_env())) as store, store.begin() as connection:
        for name in ("one", "two"):
            consent = Consent(
                id=name,
                client_id="acme-test",
                environment=Environment.TEST,
                target="KontoBankApi",
                status=ConsentStatus.VALID,
                granted_at=NOON,
                valid_until=NOON + timedelta(days=180),
            )
            consents.insert_consent(connection, consent, name, b"owner", b"access")
    return acme


def spoil(tmp_path: Path, statement: str) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "opensaldo.db")) as database, database:
        database.execute(statement)


def test_an_empty_chain_holds(opensaldo: Opensaldo):
    opensaldo("migrate")
    assert opensaldo("audit", "head").out == "0-" + "0" * 64 + "\n"
    assert opensaldo("audit", "verify").code == 0


def test_a_chain_that_holds_says_its_anchor(chained: Opensaldo):
    head = chained("audit", "head").out.strip()
    said = chained("audit", "verify", "--anchor", head)
    assert (said.code, said.out) == (0, f"The chain holds, 2 entries; its anchor is {head}.\n")


def test_a_broken_entry_is_named_and_the_exit_code_says_it(chained: Opensaldo, tmp_path: Path):
    spoil(tmp_path, "UPDATE consent_chain SET status = 'expired' WHERE number = 1")
    said = chained("audit", "verify")
    assert (said.code, said.out) == (1, "Broken: entry 1 was changed, or what came before it.\n")


def test_a_chain_cut_off_is_broken_for_whoever_has_its_anchor(chained: Opensaldo, tmp_path: Path):
    head = chained("audit", "head").out.strip()
    spoil(tmp_path, "DELETE FROM consent_chain WHERE number = 2")
    spoil(tmp_path, "DELETE FROM consents WHERE id = 'two'")
    assert chained("audit", "verify").code == 0
    said = chained("audit", "verify", "--anchor", head)
    assert said.code == 1
    assert said.out == "Broken: entry 2 is missing: the chain ends before the anchor.\n"


def test_what_is_no_anchor_is_refused_in_one_line(chained: Opensaldo):
    said = chained("audit", "verify", "--anchor", "2-ab")
    assert said.code == 2
    assert said.complaint == "--anchor: an anchor is a number, a hyphen and 64 hex digits."


def test_what_became_of_a_consent_is_shown_in_full(acme: Opensaldo):
    granted = Consent(
        id="8d9a5a00-4387-4d7c-9b6b-9839090b6389",
        client_id="acme-test",
        environment=Environment.TEST,
        target="KontoBankApi",
        status=ConsentStatus.VALID,
        granted_at=NOON,
        valid_until=NOON + timedelta(days=180),
    )
    with closing(open_store(Config.from_env())) as store, store.begin() as connection:
        place = ("one", b"owner", b"access", None, "50100011")
        consents.insert_consent(connection, granted, *place)
        consents.revoke_consent(connection, granted.id, NOON + timedelta(hours=1))
    shown = acme("audit", "show", granted.id).out
    for word in ("2026-03-02 12:00:00", "valid", "session 50100011", "terminatedByTpp"):
        assert word in shown
    assert shown.count(f"consent {granted.id}") == 2
