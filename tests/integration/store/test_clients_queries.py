"""Clients: keys by their hash, networks, products."""

from __future__ import annotations

import pytest

from opensaldo.domain.client import Client, Environment, Product
from opensaldo.store.db import IdTaken
from opensaldo.store.queries import clients

HASH = "a" * 64
LIVE = Client(
    id="acme",
    environment=Environment.PRODUCTION,
    legal_name="Acme",
    poll_requires_session=True,
)


def add_key(c, clock, client_id="acme-test", environment=Environment.TEST, key_hash=HASH):
    return clients.insert_key(c, client_id, environment, key_hash, "ab..yz", clock())


def test_a_client_comes_back_as_it_was_added(store, clock):
    with store.begin() as c:
        clients.insert_client(c, LIVE, clock())
        assert clients.client_by_id(c, "acme") == LIVE
        assert clients.client_by_id(c, "nobody") is None
        assert [client.id for client in clients.all_clients(c)] == [
            "acme",
            "acme-test",
            "other-test",
        ]


def test_a_client_id_is_given_once_and_the_transaction_goes_on(store, clock):
    with store.begin() as c:
        clients.insert_client(c, LIVE, clock())
        with pytest.raises(IdTaken):
            clients.insert_client(c, LIVE, clock())
        assert clients.client_by_id(c, "acme") == LIVE


def test_a_key_finds_its_caller_with_all_rights(store, clock):
    with store.begin() as c:
        add_key(c, clock)
        clients.allow(c, "acme-test", "10.0.0.0/8")
        clients.allow(c, "acme-test", "2001:db8::/32")
        clients.allow(c, "acme-test", "10.0.0.0/8")
        clients.allow(c, "other-test", "192.0.2.1/32")
        clients.set_product(c, "acme-test", Product.SCORING, True)
        clients.set_product(c, "acme-test", Product.SCORING, True)
        clients.set_product(c, "other-test", Product.PDF, True)
        caller = clients.caller_by_key_hash(c, HASH)
    assert caller is not None
    assert caller.client.id == "acme-test"
    assert caller.networks == ("10.0.0.0/8", "2001:db8::/32")
    assert caller.products == {Product.SCORING}


def test_a_revoked_key_belongs_to_nobody_and_is_still_listed(store, clock):
    with store.begin() as c:
        key_id = add_key(c, clock)
        made_at = clock()
        revoked_at = clock.advance(hours=1)
        assert not clients.revoke_key(c, key_id, "other-test", revoked_at)
        assert clients.caller_by_key_hash(c, HASH) is not None
        assert clients.revoke_key(c, key_id, "acme-test", revoked_at)
        assert not clients.revoke_key(c, key_id, "acme-test", revoked_at)
        assert clients.caller_by_key_hash(c, HASH) is None
        (row,) = clients.keys_of(c, "acme-test")
    assert (row.id, row.hint, row.created_at, row.revoked_at) == (
        key_id,
        "ab..yz",
        made_at,
        revoked_at,
    )


def test_a_key_of_another_environment_opens_nothing(store, clock):
    with store.begin() as c:
        add_key(c, clock, environment=Environment.PRODUCTION)
        assert clients.caller_by_key_hash(c, HASH) is None


def test_networks_products_and_the_poll_rule_can_be_taken_back(store):
    with store.begin() as c:
        clients.allow(c, "acme-test", "10.0.0.0/8")
        assert clients.networks_of(c, "acme-test") == ("10.0.0.0/8",)
        assert clients.disallow(c, "acme-test", "10.0.0.0/8")
        assert not clients.disallow(c, "acme-test", "10.0.0.0/8")
        assert clients.networks_of(c, "acme-test") == ()
        clients.set_product(c, "acme-test", Product.PDF, True)
        assert clients.products_of(c, "acme-test") == {Product.PDF}
        clients.set_product(c, "acme-test", Product.PDF, False)
        assert clients.products_of(c, "acme-test") == frozenset()
        clients.set_poll_requires_session(c, "acme-test", True)
        client = clients.client_by_id(c, "acme-test")
        assert client is not None
        assert client.poll_requires_session
