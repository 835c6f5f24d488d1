"""Clients: made once, with ids that tell their environment; keys, addresses and products."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from opensaldo.domain.client import Environment, Product
from opensaldo.engine import clients
from opensaldo.engine.admission import Gate
from opensaldo.errors import (
    FeatureNotEnabled,
    InvalidArgument,
    OpenSaldoError,
    UnknownReference,
)
from opensaldo.store.db import Store
from opensaldo.store.queries.clients import Caller
from tests.support.clock import SettableClock

CLIENT = "acme-test"
NOBODY = "nobody-test"


@pytest.fixture
def known(store: Store, clock: SettableClock) -> Store:
    """A store that knows one client."""
    make(store, clock, CLIENT)
    return store


def make(
    store: Store, clock: SettableClock, client_id: str, environment: Environment = Environment.TEST
) -> None:
    asyncio.run(clients.create_client(store, clock, client_id, environment, "Acme Próba"))


def refusal(error: type[OpenSaldoError], work: Coroutine[Any, Any, Any]) -> str:
    with pytest.raises(error) as refused:
        asyncio.run(work)
    return str(refused.value)


# --- making --------------------------------------------------------------------------------------
@pytest.mark.parametrize("client_id", ["a-test", "0-test", "a" * 58 + "-test", "a--b-test"])
def test_a_slug_is_an_id(store: Store, clock: SettableClock, client_id: str):
    make(store, clock, client_id)
    found = asyncio.run(clients.describe(store, client_id))
    assert (found.client.id, found.client.legal_name) == (client_id, "Acme Próba")
    assert (found.keys, found.networks, found.products) == ((), (), frozenset())
    assert not found.client.poll_requires_session


@pytest.mark.parametrize(
    "client_id",
    ["", "-test", "a-", "Acme-test", "a_b-test", "a b-test", "a.test", "ä-test", "a" * 64, "a\n"],
)
def test_what_is_no_slug_is_refused(store: Store, clock: SettableClock, client_id: str):
    work = clients.create_client(store, clock, client_id, Environment.TEST, "Acme")
    assert "1 to 63 of a-z, 0-9 and -" in refusal(InvalidArgument, work)
    assert asyncio.run(clients.all_clients(store)) == ()


@pytest.mark.parametrize(
    ("client_id", "environment"),
    [
        ("acme", Environment.TEST),
        ("acme-test", Environment.PRODUCTION),
        ("acme-test-1", Environment.TEST),
    ],
)
def test_the_id_must_say_the_environment(
    store: Store, clock: SettableClock, client_id: str, environment: Environment
):
    work = clients.create_client(store, clock, client_id, environment, "Acme")
    assert "ends in -test" in refusal(InvalidArgument, work)


def test_an_id_is_taken_once(known: Store, clock: SettableClock):
    work = clients.create_client(known, clock, CLIENT, Environment.TEST, "Other")
    assert f"The client {CLIENT} exists already." == refusal(InvalidArgument, work)
    assert asyncio.run(clients.describe(known, CLIENT)).client.legal_name == "Acme Próba"


def test_all_clients_are_listed_by_id(known: Store, clock: SettableClock):
    make(known, clock, "zeta", Environment.PRODUCTION)
    make(known, clock, "aaa", Environment.PRODUCTION)
    found = asyncio.run(clients.all_clients(known))
    assert [one.id for one in found] == ["aaa", CLIENT, "zeta"]


@pytest.mark.parametrize(
    "work",
    [
        lambda store, clock: clients.issue_key(store, clock, NOBODY),
        lambda store, clock: clients.revoke_key(store, clock, NOBODY, 1),
        lambda store, clock: clients.allow_address(store, NOBODY, "192.0.2.7"),
        lambda store, clock: clients.switch_product(store, NOBODY, Product.PDF, True),
        lambda store, clock: clients.require_session_on_poll(store, NOBODY, True),
        lambda store, clock: clients.describe(store, NOBODY),
    ],
)
def test_an_unknown_client_is_named(known: Store, clock: SettableClock, work: Any):
    assert NOBODY in refusal(UnknownReference, work(known, clock))


# --- keys ----------------------------------------------------------------------------------------
def test_a_key_is_seen_once_and_kept_as_a_hash(known: Store, clock: SettableClock):
    key = asyncio.run(clients.issue_key(known, clock, CLIENT)).reveal()
    assert len(bytes.fromhex(key)) == clients.KEY_BYTES
    (kept,) = asyncio.run(clients.describe(known, CLIENT)).keys
    assert (kept.hint, kept.created_at, kept.revoked_at) == (key[:2] + key[-2:], clock(), None)
    assert key not in repr(kept)


def test_no_two_keys_are_alike(known: Store, clock: SettableClock):
    made = {asyncio.run(clients.issue_key(known, clock, CLIENT)).reveal() for _ in range(20)}
    assert len(made) == 20


def test_a_key_is_revoked_once(known: Store, clock: SettableClock):
    asyncio.run(clients.issue_key(known, clock, CLIENT))
    (number,) = (one.id for one in asyncio.run(clients.describe(known, CLIENT)).keys)
    asyncio.run(clients.revoke_key(known, clock, CLIENT, number))
    assert asyncio.run(clients.describe(known, CLIENT)).keys[0].revoked_at == clock()
    work = clients.revoke_key(known, clock, CLIENT, number)
    assert f"{CLIENT} has no live key {number}." == refusal(UnknownReference, work)


def test_a_client_cannot_revoke_anothers_key(known: Store, clock: SettableClock):
    make(known, clock, "other-test")
    asyncio.run(clients.issue_key(known, clock, CLIENT))
    (number,) = (one.id for one in asyncio.run(clients.describe(known, CLIENT)).keys)
    refusal(UnknownReference, clients.revoke_key(known, clock, "other-test", number))


# --- addresses -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("network", "plain"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("2001:db8::1/32", "2001:db8::/32"),
    ],
)
def test_a_network_is_kept_in_its_plain_form(known: Store, network: str, plain: str):
    for _twice in range(2):
        assert asyncio.run(clients.allow_address(known, CLIENT, network)) == plain
    assert asyncio.run(clients.describe(known, CLIENT)).networks == (plain,)


@pytest.mark.parametrize("network", ["", "example.org", "192.0.2", "192.0.2.0/33", "::/129", "all"])
def test_what_is_no_network_is_refused(known: Store, network: str):
    said = refusal(InvalidArgument, clients.allow_address(known, CLIENT, network))
    assert "is no address or network; write 192.0.2.7" in said


@pytest.mark.parametrize("network", ["192.0.2.7", "192.0.2.7/32", "::ffff:192.0.2.7"])
def test_an_address_is_taken_back_in_the_form_it_was_given(known: Store, network: str):
    asyncio.run(clients.allow_address(known, CLIENT, network))
    asyncio.run(clients.disallow_address(known, CLIENT, network))
    assert asyncio.run(clients.describe(known, CLIENT)).networks == ()


def test_an_address_in_its_ipv6_form_lets_the_same_caller_in(known: Store, clock: SettableClock):
    asyncio.run(clients.allow_address(known, CLIENT, "::ffff:192.0.2.7"))
    key = asyncio.run(clients.issue_key(known, clock, CLIENT))
    gate = Gate(known, clock, requests_per_minute=600)
    assert asyncio.run(gate.admit(key, "192.0.2.7")).client.id == CLIENT


def test_what_is_not_on_the_list_cannot_be_taken_back(known: Store):
    said = refusal(InvalidArgument, clients.disallow_address(known, CLIENT, "192.0.2.0/24"))
    assert said == f"192.0.2.0/24 is not on the list of {CLIENT}."


# --- products ------------------------------------------------------------------------------------
@pytest.mark.parametrize("product", [one for one in Product if one is not Product.SCORING])
def test_a_product_is_switched_on_and_off_as_often_as_one_likes(known: Store, product: Product):
    for enabled in (True, True, False, False, True):
        asyncio.run(clients.switch_product(known, CLIENT, product, enabled))
        expected = {product} if enabled else set()
        assert asyncio.run(clients.describe(known, CLIENT)).products == expected


def test_scoring_is_not_switched_on_without_labelling(known: Store):
    work = clients.switch_product(known, CLIENT, Product.SCORING, True)
    assert "Scoring needs labelling" in refusal(InvalidArgument, work)
    assert asyncio.run(clients.describe(known, CLIENT)).products == frozenset()


def test_labelling_is_not_switched_off_under_scoring(known: Store):
    for product in (Product.LABELLING, Product.SCORING):
        asyncio.run(clients.switch_product(known, CLIENT, product, True))
    work = clients.switch_product(known, CLIENT, Product.LABELLING, False)
    assert "switch labelling on first, off last" in refusal(InvalidArgument, work)
    for product in (Product.SCORING, Product.LABELLING):
        asyncio.run(clients.switch_product(known, CLIENT, product, False))
    assert asyncio.run(clients.describe(known, CLIENT)).products == frozenset()


def test_a_closed_product_is_refused_by_its_name(known: Store):
    client = asyncio.run(clients.describe(known, CLIENT)).client
    caller = Caller(client=client, networks=(), products=frozenset({Product.PDF}))
    clients.require(caller, Product.PDF)
    with pytest.raises(FeatureNotEnabled, match="multiple-access"):
        clients.require(caller, Product.MULTIPLE_ACCESS)


def test_polling_with_a_session_is_switched_on_and_off(known: Store):
    for on in (True, False):
        asyncio.run(clients.require_session_on_poll(known, CLIENT, on))
        assert asyncio.run(clients.describe(known, CLIENT)).client.poll_requires_session is on
