"""Who may call: keys, addresses and the minute's requests, over all processes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from opensaldo.domain.client import Environment, Product
from opensaldo.domain.secret import Secret
from opensaldo.engine import admission, clients
from opensaldo.engine.admission import CALLER_REMEMBERED, Gate, key_hash
from opensaldo.errors import Unauthorized
from opensaldo.store.db import Store
from tests.support.clock import SettableClock

CLIENT = "acme-test"
HOME = "192.0.2.7"


@pytest.fixture
def key(store: Store, clock: SettableClock) -> Secret:
    """A live key of a client that may call from `HOME`."""

    async def make() -> Secret:
        await clients.create_client(store, clock, CLIENT, Environment.TEST, "Acme")
        await clients.allow_address(store, CLIENT, HOME)
        return await clients.issue_key(store, clock, CLIENT)

    return asyncio.run(make())


def a_gate(store: Store, clock: SettableClock, limit: int = 600) -> Gate:
    return Gate(store, clock, requests_per_minute=limit)


def admit(gate: Gate, key: Secret | None, address: str = HOME) -> str:
    """The id of the client admitted."""
    return asyncio.run(gate.admit(key, address)).client.id


# --- addresses -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("allowed", "address", "is_admitted"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("192.0.2.99/24", "192.0.2.1", True),
        ("2001:db8::/32", "2001:db8:ffff::1", True),
        ("2001:db8::/32", "2001:db9::1", False),
        ("2001:db8::1", "2001:DB8:0::1", True),
        ("0.0.0.0/0", "203.0.113.9", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("::/0", "2001:db8::1", True),
        ("0.0.0.0/0", "", False),
        ("0.0.0.0/0", "not an address", False),
        ("192.0.2.7", "192.0.2.7, 10.0.0.1", False),
    ],
)
def test_the_address_must_be_on_the_clients_list(
    store: Store, clock: SettableClock, key: Secret, allowed: str, address: str, is_admitted: bool
):
    async def only_allow() -> None:
        await clients.disallow_address(store, CLIENT, f"{HOME}/32")
        await clients.allow_address(store, CLIENT, allowed)

    asyncio.run(only_allow())
    gate = a_gate(store, clock)
    if is_admitted:
        assert admit(gate, key, address) == CLIENT
    else:
        with pytest.raises(Unauthorized):
            admit(gate, key, address)


def test_a_client_without_addresses_may_call_from_nowhere(
    store: Store, clock: SettableClock, key: Secret
):
    asyncio.run(clients.disallow_address(store, CLIENT, f"{HOME}/32"))
    with pytest.raises(Unauthorized):
        admit(a_gate(store, clock), key)


# --- keys ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wrong",
    [None, Secret(""), Secret("0" * 64), Secret("ä\ud800\x00"), Secret("x" * 100_000)],
    ids=["none", "empty", "unknown", "no UTF-8", "long"],
)
def test_without_a_live_key_nobody_is_admitted(
    store: Store, clock: SettableClock, key: Secret, wrong: Secret | None
):
    with pytest.raises(Unauthorized):
        admit(a_gate(store, clock), wrong)


def test_a_key_in_other_letters_is_another_key(store: Store, clock: SettableClock, key: Secret):
    for changed in (key.reveal() + " ", key.reveal().upper() + "A", key.reveal()[:-1]):
        with pytest.raises(Unauthorized):
            admit(a_gate(store, clock), Secret(changed))


def test_the_answer_does_not_say_whether_key_or_address_was_wrong(
    store: Store, clock: SettableClock, key: Secret
):
    said = []
    for wrong_key, address in ((Secret("no"), HOME), (key, "203.0.113.9"), (None, "")):
        with pytest.raises(Unauthorized) as refusal:
            admit(a_gate(store, clock), wrong_key, address)
        said.append(str(refusal.value))
    assert len(set(said)) == 1


def test_a_caller_comes_with_products_and_networks(store: Store, clock: SettableClock, key: Secret):
    asyncio.run(clients.switch_product(store, CLIENT, Product.REPORTS, True))
    caller = asyncio.run(a_gate(store, clock).admit(key, HOME))
    assert caller.products == {Product.REPORTS}
    assert caller.networks == (f"{HOME}/32",)
    assert caller.client.environment is Environment.TEST


def test_a_revoked_key_serves_no_longer_than_a_caller_is_remembered(
    store: Store, clock: SettableClock, key: Secret
):
    gate, other = a_gate(store, clock), a_gate(store, clock)
    assert admit(gate, key) == CLIENT
    number = asyncio.run(clients.describe(store, CLIENT)).keys[0].id
    asyncio.run(clients.revoke_key(store, clock, CLIENT, number))
    clock.advance(seconds=CALLER_REMEMBERED.total_seconds() - 0.001)
    assert admit(gate, key) == CLIENT
    with pytest.raises(Unauthorized):
        admit(other, key)
    clock.advance(seconds=0.001)
    with pytest.raises(Unauthorized):
        admit(gate, key)
    assert timedelta(0) < CALLER_REMEMBERED <= timedelta(seconds=5)


def test_remembered_callers_are_not_without_end(
    store: Store, clock: SettableClock, key: Secret, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(admission, "CALLERS_MAX", 2)
    keys = [key, *(asyncio.run(clients.issue_key(store, clock, CLIENT)) for _ in range(3))]
    gate = a_gate(store, clock)
    for _ in range(2):
        assert [admit(gate, one) for one in keys] == [CLIENT] * 4
        assert len(gate._callers) <= 2


def test_what_is_kept_of_a_key_is_its_hash(key: Secret):
    assert len(key_hash(key)) == 64
    assert key.reveal() not in key_hash(key)
