"""Sessions, redirections, consents: each can be signed in, finished, closed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from opensaldo.domain.client import Client, Environment
from opensaldo.domain.command import CommandState, Failure
from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.domain.funnel import Reached
from opensaldo.domain.session import Redirection, RedirectionState, SessionState
from opensaldo.store.db import IdTaken
from opensaldo.store.queries import commands, consents, funnel, redirections, sessions

TEST = Environment.TEST
ID = "50100011"


def find(store, session_id=ID):
    with store.read() as c:
        return sessions.session_of(c, session_id, "acme-test", TEST)


def count_open(store, clock, *, idle_s=300):
    with store.read() as c:
        return sessions.count_open(c, "acme-test", TEST, clock() - timedelta(seconds=idle_s))


# --- sessions --------------------------------------------------------------------------------
def test_a_session_comes_back_as_it_was_added(store, vault, clock, make_session):
    session, _ = make_session(signed_in=False)
    full = replace(
        session,
        id="50100012",
        attended=False,
        max_import_date=date(2026, 1, 1),
        consent_id="c1",
        target="KontoBankApi_cz",
        owner_id_generated=True,
        state=SessionState.ENDED,
        signed_in_at=clock(),
        last_activity_at=clock(),
        ended_at=clock(),
    )
    with store.begin() as c:
        sessions.insert_session(c, full, vault.new_key()[1])
    assert find(store, "50100012") == full
    assert find(store) == session


def test_a_session_is_its_clients_own_in_its_environment(store, make_session):
    make_session()
    with store.read() as c:
        assert sessions.session_of(c, ID, "other-test", TEST) is None
        assert sessions.session_of(c, ID, "acme-test", Environment.PRODUCTION) is None
        assert sessions.session_of(c, "1", "acme-test", TEST) is None


def test_a_session_id_is_given_once_and_the_transaction_goes_on(store, vault, make_session):
    session, _ = make_session()
    with store.begin() as c:
        with pytest.raises(IdTaken):
            sessions.insert_session(c, session, vault.new_key()[1])
        sessions.insert_session(c, replace(session, id="50100012"), vault.new_key()[1])
    assert find(store, "50100012") is not None


def test_the_key_of_a_session_opens_what_was_sealed_for_it(store, vault, make_session):
    _, key = make_session()
    sealed = vault.seal(key, b"data", ID)
    with store.read() as c:
        wrapped = sessions.key_of(c, ID)
        assert sessions.key_of(c, "1") is None
    assert wrapped is not None
    assert vault.open_sealed(vault.unwrap(wrapped), sealed, ID) == b"data"


def test_a_session_is_signed_in_once(store, clock, make_session):
    make_session(signed_in=False)
    with store.begin() as c:
        assert sessions.sign_in(c, ID, "KontoBank", "c1", None, clock(), b"first")
        assert not sessions.sign_in(c, ID, "Other", None, "x", clock(), b"second")
        assert sessions.sealed_access(c, ID) == b"first"
    found = find(store)
    assert (found.state, found.target, found.consent_id) == ("signed_in", "KontoBank", "c1")
    assert found.owner_external_id is not None
    assert found.signed_in_at == found.last_activity_at == clock()


def test_an_ended_session_is_not_signed_in_and_keeps_no_access(store, clock, make_session):
    make_session()
    with store.begin() as c:
        sessions.replace_access(c, ID, b"renewed")
        assert sessions.sealed_access(c, ID) == b"renewed"
        assert sessions.end(c, ID, clock())
        assert not sessions.end(c, ID, clock.advance(seconds=1))
        sessions.replace_access(c, ID, b"late")
        assert sessions.sealed_access(c, ID) is None
        assert sessions.key_of(c, ID) is not None
        assert not sessions.sign_in(c, ID, "Other", None, None, clock(), b"late")
        sessions.touch(c, ID, clock.advance(seconds=1))
    found = find(store)
    assert found.state is SessionState.ENDED
    assert found.ended_at < found.last_activity_at + timedelta(seconds=1)


def test_activity_never_goes_back(store, clock, make_session):
    make_session()
    later = clock.advance(seconds=60)
    with store.begin() as c:
        sessions.touch(c, ID, later)
        sessions.touch(c, ID, later - timedelta(seconds=30))
    assert find(store).last_activity_at == later


def test_only_a_generated_owner_gives_way(store, make_session):
    make_session(owner="generated", generated=True)
    make_session("50100012", owner="chosen")
    with store.begin() as c:
        sessions.adopt_owner(c, ID, "adopted")
        sessions.adopt_owner(c, ID, "adopted again")
        sessions.adopt_owner(c, "50100012", "adopted")
    assert (find(store).owner_external_id, find(store).owner_id_generated) == ("adopted", False)
    assert find(store, "50100012").owner_external_id == "chosen"


def test_idle_sessions_end_but_busy_ones_do_not(store, clock, make_session, make_command):
    make_session("50100001", signed_in=False)
    make_session("50100002")
    busy, _ = make_session("50100003")
    command = make_command(busy)
    now = clock.advance(seconds=301)
    make_session("50100004")
    with store.begin() as c:
        assert sessions.end_idle(c, now - timedelta(seconds=300), now) == 1
        assert sessions.sealed_access(c, "50100002") is None
        assert sessions.sealed_access(c, "50100003") is not None
        failure = Failure(name="IO", message="x")
        commands.fail(c, command.id, CommandState.ERROR, failure, None, None, now)
        assert sessions.end_idle(c, now - timedelta(seconds=300), now) == 1
    states = [find(store, f"5010000{n}").state.value for n in range(1, 5)]
    assert states == ["created", "ended", "ended", "signed_in"]


def test_open_sessions_are_the_active_and_the_busy(store, clock, make_session, make_command):
    make_session("50100001", signed_in=False)
    make_session("50100002")
    busy, _ = make_session("50100003")
    make_command(busy)
    other = Client(id="other-test", environment=TEST, legal_name="Other")
    make_session("50100004", client=other)
    assert count_open(store, clock) == 2
    clock.advance(seconds=300)
    assert count_open(store, clock) == 2
    clock.advance(seconds=1)
    assert count_open(store, clock) == 1


# --- redirections ----------------------------------------------------------------------------
@pytest.fixture
def redirection(store, clock, make_session):
    make_session(signed_in=False)
    made = Redirection(
        id="6c802c6c50268620ce8fed860acb4bdd",
        session_id=ID,
        client_id="acme-test",
        environment=TEST,
        state=RedirectionState.PENDING,
        created_at=clock(),
        expires_at=clock() + timedelta(hours=1),
        redirect_uri="https://shop.example.com/return",
        country="cz",
        locale="cs",
        client_identity="n",
        force_sca=True,
    )
    with store.begin() as c:
        redirections.insert_redirection(c, made)
    return made


def test_a_redirection_is_found_by_its_id_and_by_its_session(store, redirection):
    with store.begin() as c:
        assert redirections.redirection_by_id(c, redirection.id) == redirection
        assert redirections.redirection_of_session(c, ID) == redirection
        assert redirections.redirection_by_id(c, "x") is None
        assert redirections.redirection_of_session(c, "x") is None
        with pytest.raises(IdTaken):
            redirections.insert_redirection(c, redirection)


def test_the_bank_chosen_last_is_kept_with_the_furthest_and_the_rest_stays(store, redirection):
    with store.begin() as c:
        funnel.reach(c, redirection.id, Reached.AT_BANK, "KontoBank")
        funnel.reach(c, redirection.id, Reached.BANK_CHOSEN, "KontoBankApi_cz")
        found = redirections.redirection_by_id(c, redirection.id)
    chosen = {"chosen_target": "KontoBankApi_cz", "reached": Reached.AT_BANK}
    assert found == replace(redirection, **chosen)


def test_where_a_sign_in_stands_is_found_with_the_key_that_opens_it(store, redirection):
    with store.begin() as c:
        redirections.keep_sca(c, redirection.id, b"state")
        found = redirections.standing(c, redirection.id)
        assert found == (redirection, b"state", sessions.key_of(c, ID))
        assert redirections.standing(c, "x") is None


def test_a_redirection_finishes_once_and_forgets_its_state(store, redirection):
    with store.begin() as c:
        redirections.keep_sca(c, redirection.id, b"state")
        assert redirections.sealed_sca(c, redirection.id) == b"state"
        assert redirections.finish(c, redirection.id, RedirectionState.ERROR, "SignInCancelled")
        assert not redirections.finish(c, redirection.id, RedirectionState.SUCCESS, None)
        funnel.reach(c, redirection.id, Reached.BACK, "late")
        redirections.keep_sca(c, redirection.id, b"late")
        assert redirections.sealed_sca(c, redirection.id) is None
        found = redirections.redirection_by_id(c, redirection.id)
    assert found == replace(
        redirection, state=RedirectionState.ERROR, exception_name="SignInCancelled"
    )


# --- consents --------------------------------------------------------------------------------
@pytest.fixture
def consent(store, clock):
    made = Consent(
        id="consent-1",
        client_id="acme-test",
        environment=TEST,
        target="KontoBankApi_cz",
        status=ConsentStatus.VALID,
        granted_at=clock(),
        valid_until=clock() + timedelta(days=180),
    )
    with store.begin() as c:
        consents.insert_consent(c, made, "f" * 64, b"owner", b"access")
    return made


def test_a_consent_is_found_by_its_clients_token_only(store, consent):
    with store.read() as c:
        assert consents.consent_by_token(c, "f" * 64, "acme-test", TEST) == consent
        assert consents.consent_by_token(c, "f" * 64, "other-test", TEST) is None
        assert consents.consent_by_token(c, "0" * 64, "acme-test", TEST) is None
        assert consents.consent_by_id(c, "consent-1") == consent
        assert consents.consent_by_id(c, "x") is None
        assert consents.sealed_owner(c, "consent-1") == b"owner"
        assert consents.sealed_access(c, "consent-1") == b"access"
        assert consents.sealed_owner(c, "x") is consents.sealed_access(c, "x") is None


def test_a_token_and_an_id_are_given_once(store, consent):
    for again in (consent, replace(consent, id="consent-2")):
        with pytest.raises(IdTaken), store.begin() as c:
            consents.insert_consent(c, again, "f" * 64, b"owner", b"access")


def test_a_consent_closes_once_and_keeps_no_access(store, clock, consent):
    ended_at = clock()
    with store.begin() as c:
        consents.replace_access(c, consent.id, b"renewed")
        assert consents.sealed_access(c, consent.id) == b"renewed"
        assert consents.close_consent(c, consent.id, ConsentStatus.TERMINATED_BY_TPP, ended_at)
        assert not consents.close_consent(c, consent.id, ConsentStatus.EXPIRED, ended_at)
        consents.replace_access(c, consent.id, b"late")
        assert consents.sealed_access(c, consent.id) is None
        found = consents.consent_by_token(c, "f" * 64, "acme-test", TEST)
    assert found == replace(consent, status=ConsentStatus.TERMINATED_BY_TPP, ended_at=ended_at)
