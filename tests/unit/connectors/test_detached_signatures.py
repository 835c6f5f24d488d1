"""Signatures over requests and replies: what fits passes, everything else does not."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from opensaldo.connectors.certificates import make_seal
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.signing import BankKeys, Seal, verify_detached
from opensaldo.errors import BankAnsweredNonsense, BankUnavailable, BankUnreachable

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
BODY = '{"a": "zażółć"}'.encode()
KEY = RSAKey.generate_key(2048, {"kid": "k1"})
OTHER = RSAKey.generate_key(2048, {"kid": "k1"})
CURVE = ECKey.generate_key("P-256", {"kid": "ec"})


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(header: dict[str, Any], key: Any = KEY, body: bytes = BODY) -> str:
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    registry.max_header_length = 100_000
    return jws.detach_content(jws.serialize_compact(header, body, key, registry=registry))


class JwksDoor(Door):
    """A door behind which there is nothing but a key set."""

    def __init__(self, *replies: Incoming | Exception) -> None:
        super().__init__()
        self.replies = list(replies)
        self.calls = 0

    async def call(self, request: Outgoing) -> Incoming:
        self.calls += 1
        await asyncio.sleep(0)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


def key_set(*keys: Any, status: int = 200) -> Incoming:
    listed = [key if isinstance(key, dict) else key.as_dict(private=False) for key in keys]
    body = json.dumps({"keys": listed}).encode()
    return Incoming(status=status, headers={}, body=body)


def keys_of(door: Door, clock: Callable[[], datetime] = lambda: NOW) -> BankKeys:
    return BankKeys(door, bank="b", url="https://b.example.org/jwks", clock=clock)


def verify(header: str | None, body: bytes = BODY, *, door: Door | None = None) -> None:
    async def run() -> None:
        await verify_detached(header, body, keys_of(door or JwksDoor(key_set(KEY, CURVE))))

    asyncio.run(run())


def test_our_signature_is_a_detached_jws_over_the_exact_bytes():
    pair = make_seal(NOW)
    value = Seal(pair).sign_detached(BODY)
    header, payload, signature = value.split(".")
    assert payload == ""
    shown = json.loads(base64.urlsafe_b64decode(header + "=="))
    assert shown["alg"] == "RS256"
    certificate = x509.load_der_x509_certificate(base64.b64decode(shown["x5c"][0]))
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    raw = base64.urlsafe_b64decode(signature + "==")
    key.verify(raw, f"{header}.{b64(BODY)}".encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", KEY), ("PS256", KEY), ("ES256", CURVE)])
def test_what_the_bank_signed_passes(algorithm: str, key: Any):
    verify(signed({"alg": algorithm, "kid": key.kid, "typ": "JWT", "own": "member"}, key))


def test_large_replies_can_be_signed():
    body = b"x" * 1_000_000
    registry = jws.JWSRegistry(algorithms=["RS256"])
    registry.max_payload_length = 10_000_000
    whole = jws.serialize_compact({"alg": "RS256", "kid": "k1"}, body, KEY, registry=registry)
    verify(jws.detach_content(whole), body)


GOOD = signed({"alg": "RS256", "kid": "k1"})
CRITICAL = b'{"alg":"RS256","kid":"k1","crit":["b64"],"b64":false}'
NONE = f"{b64(json.dumps({'alg': 'none', 'kid': 'k1'}).encode())}.."


WRONG = (
    None,
    "",
    "..",
    "...",
    "a.b.c",
    GOOD.replace("..", f".{b64(BODY)}."),
    GOOD[:-6] + "AAAAAA",
    GOOD + "!",
    GOOD.partition("..")[0] + "..",
    f"{b64(b'[]')}..AAAA",
    f"{b64(b'{')}..AAAA",
    "\xff..AAAA",
    NONE,
    NONE + "AAAA",
    signed({"alg": "RS256"}),
    signed({"alg": "RS256", "kid": "unknown"}),
    signed({"alg": "RS256", "kid": "k1"}, OTHER),
    signed({"alg": "RS384", "kid": "k1"}),
    signed({"alg": "HS256", "kid": "k1"}, OctKey.generate_key(256)),
    signed({"alg": "RS256", "kid": "k1", "pad": "x" * 20_000}),
    f"{b64(CRITICAL)}..AAAA",
    signed({"alg": "ES256", "kid": "k1"}, CURVE),
)


@pytest.mark.parametrize("place", range(len(WRONG)))
def test_every_other_signature_is_refused(place: int):
    value = WRONG[place]  # made with fresh keys, so no value may name its test
    with pytest.raises(BankAnsweredNonsense, match="X-JWS-SIGNATURE"):
        verify(value)


@pytest.mark.parametrize("body", [b"", BODY + b" ", BODY[:-1], BODY.replace(b" ", b"")])
def test_every_other_body_is_refused(body: bytes):
    with pytest.raises(BankAnsweredNonsense):
        verify(GOOD, body)


def test_a_symmetric_key_in_the_key_set_is_no_way_in():
    secret = OctKey.generate_key(256, {"kid": "k1"})
    door = JwksDoor(key_set({**secret.as_dict(), "kid": "k1"}))
    with pytest.raises(BankAnsweredNonsense):
        verify(signed({"alg": "HS256", "kid": "k1"}, secret), door=door)


def test_keys_are_fetched_once_even_when_many_ask():
    door = JwksDoor(key_set(KEY))

    async def run() -> None:
        keys = keys_of(door)
        await asyncio.gather(*(verify_detached(GOOD, BODY, keys) for _ in range(8)))

    asyncio.run(run())
    assert door.calls == 1


def test_an_unknown_key_fetches_anew_at_most_once_a_minute():
    new = RSAKey.generate_key(2048, {"kid": "k2"})
    door = JwksDoor(key_set(KEY), key_set(KEY), key_set(KEY, new))
    now = [NOW]

    async def run() -> None:
        keys = keys_of(door, lambda: now[0])
        await keys.find("k1")
        for _ in range(5):
            with pytest.raises(BankAnsweredNonsense):
                await keys.find("k2")
        assert door.calls == 1
        now[0] += timedelta(seconds=60)
        with pytest.raises(BankAnsweredNonsense):
            await keys.find("k2")
        assert door.calls == 2
        now[0] += timedelta(seconds=60)
        await keys.find("k2")
        assert door.calls == 3

    asyncio.run(run())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (key_set(KEY, status=500), BankUnavailable),
        (Incoming(status=200, headers={}, body=b"<html>"), BankAnsweredNonsense),
        (Incoming(status=200, headers={}, body=b"[]"), BankAnsweredNonsense),
        (Incoming(status=200, headers={}, body=b'{"keys":5}'), BankAnsweredNonsense),
        (BankUnreachable(), BankUnreachable),
    ],
)
def test_keys_that_cannot_be_fetched_are_asked_for_again(reply: Any, expected: type[Exception]):
    door = JwksDoor(reply, key_set(KEY))

    async def run() -> None:
        keys = keys_of(door)
        with pytest.raises(expected):
            await keys.find("k1")
        await keys.find("k1")

    asyncio.run(run())


def test_what_cannot_be_read_in_a_key_set_is_left_out():
    bad = [5, {}, {"kty": "RSA", "kid": 1}, {"kty": "RSA", "kid": "x"}, {"kty": "oct", "kid": "o"}]
    encryption = {**OTHER.as_dict(private=False), "use": "enc", "kid": "k1"}
    whole = json.dumps({"keys": [*bad, encryption, KEY.as_dict(private=False)]}).encode()
    verify(GOOD, door=JwksDoor(Incoming(status=200, headers={}, body=whole)))
