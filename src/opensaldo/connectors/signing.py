"""Detached signatures (JWS, RFC 7515 appendix F): ours over requests, the banks' over replies."""

from __future__ import annotations

import asyncio
import base64
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from opensaldo.connectors.certificates import SealPair, open_seal
from opensaldo.connectors.http import REPLY_BYTES_MAX, Door, Incoming, Outgoing, relied_on
from opensaldo.domain.clock import Clock
from opensaldo.errors import BankAnsweredNonsense, BankUnavailable

SIGNATURE_HEADER = "X-JWS-SIGNATURE"
ALGORITHMS = ("RS256", "PS256", "ES256")
HEADER_CHARACTERS_MAX = 12 * 1024
KEYS_COUNT_MAX = 64
REFETCH_AFTER = timedelta(minutes=1)

BankKey = RSAKey | ECKey
_KEY_TYPES: dict[object, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}


class _Registry(JWSRegistry):
    """The library's limits, widened to certificates in headers and to whole replies."""

    max_header_length = HEADER_CHARACTERS_MAX
    max_payload_length = 2 * REPLY_BYTES_MAX


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


class Seal:
    """Our signature: one key, read once."""

    def __init__(self, pair: SealPair) -> None:
        """Keep the key ready, so that no call parses it again."""
        self.tpp_id = pair.tpp_id
        self.legal_name = pair.legal_name
        self._key = RSAKey.import_key(pair.key)
        self._pair = pair
        certificate = base64.b64encode(pair.certificate_der).decode("ascii")
        self._header: dict[str, Any] = {"alg": "RS256", "x5c": [certificate]}

    @classmethod
    def open(cls, directory: Path, *, clock: Clock) -> Self:
        """The seal kept in `directory`, made there when there is none.

        Raises:
            Defect: the file there cannot be used.
        """
        return cls(open_seal(directory, clock()))

    @property
    def certificate_der(self) -> bytes:
        """The certificate as it travels in signatures."""
        return self._pair.certificate_der

    @property
    def serial(self) -> int:
        """The certificate's serial number."""
        return self._pair.certificate.serial_number

    @property
    def issuer(self) -> str:
        """Who issued the certificate (RFC 4514)."""
        return self._pair.certificate.issuer.rfc4514_string()

    @property
    def subject(self) -> str:
        """Whom the certificate names (RFC 4514)."""
        return self._pair.certificate.subject.rfc4514_string()

    def sign(self, content: bytes) -> bytes:
        """The bare signature over these bytes: RSA, PKCS #1 v1.5, SHA-256."""
        return self._pair.key.sign(content, padding.PKCS1v15(), hashes.SHA256())

    def sign_detached(self, body: bytes) -> str:
        """The value of the signature header for exactly these bytes.

        Source: PolishAPI 2.1, X-JWS-SIGNATURE; payload in base64 as RFC 7515 has it.
        """
        whole = jws.serialize_compact(self._header, body, self._key, registry=_REGISTRY)
        return jws.detach_content(whole)


class BankKeys:
    """One bank's published keys, fetched when first needed.

    A key id not seen before fetches them anew, at most once a minute.
    """

    def __init__(self, door: Door, *, bank: str, url: str, clock: Clock) -> None:
        """Remember where the keys are published."""
        self._door = door
        self._request = Outgoing(
            bank=bank,
            endpoint="jwks",
            url=url,
            method="GET",
            headers={"Accept": "application/json"},
        )
        self._clock = clock
        self._keys: dict[str, BankKey] = {}
        self._fetched_at: datetime | None = None
        self._published: Incoming | None = None
        self._turn = asyncio.Lock()

    async def find(self, kid: str) -> BankKey:
        """The key of this id.

        Raises:
            BankAnsweredNonsense: the bank publishes no such key, or nothing we can read.
            BankUnreachable, BankUnavailable: the keys could not be fetched.
        """
        if kid not in self._keys:
            async with self._turn:
                if kid not in self._keys and self._may_fetch():
                    self._keys = await self._fetch()
                    self._fetched_at = self._clock()
        if kid not in self._keys:
            raise BankAnsweredNonsense(SIGNATURE_HEADER, "a key the bank publishes")
        if self._published is not None:
            relied_on(self._request, self._published)
        return self._keys[kid]

    def _may_fetch(self) -> bool:
        """Whether the last fetch is long enough ago."""
        return self._fetched_at is None or self._clock() - self._fetched_at >= REFETCH_AFTER

    async def _fetch(self) -> dict[str, BankKey]:
        """The published keys by id."""
        reply = await self._door.call(self._request)
        if reply.status != 200:
            raise BankUnavailable
        try:
            listed = msgspec.json.decode(reply.body, type=dict[str, Any]).get("keys")
        except msgspec.DecodeError:
            raise BankAnsweredNonsense("keys", "a JSON key set (RFC 7517)") from None
        if not isinstance(listed, list):
            raise BankAnsweredNonsense("keys", "a list")
        self._published = reply
        return dict(_readable(listed[:KEYS_COUNT_MAX]))


async def verify_detached(header: str | None, body: bytes, keys: BankKeys) -> None:
    """Check that the bank signed exactly these bytes.

    Raises:
        BankAnsweredNonsense: there is no signature, it is of a kind we do not take, its key is
            unknown, or it does not fit the bytes.
    """
    fault = BankAnsweredNonsense(SIGNATURE_HEADER, "the bank's signature over this reply")
    if not header or len(header) > HEADER_CHARACTERS_MAX or header.count("..") != 1:
        raise fault
    kid = _signed_by(header)
    if kid is None:
        raise fault
    key = await keys.find(kid)
    try:
        jws.deserialize_compact(header, key, registry=_REGISTRY, payload=body)
    except (JoseError, ValueError):
        raise fault from None


def _signed_by(header: str) -> str | None:
    """The key id a signature names; None when its header is not one we take."""
    first = header.partition(".")[0]
    try:
        padded = first + "=" * (-len(first) % 4)
        members = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=dict[str, Any])
    except (ValueError, msgspec.DecodeError):
        return None
    kid = members.get("kid")
    if members.get("alg") not in ALGORITHMS or "crit" in members or not isinstance(kid, str):
        return None
    return kid


def _readable(listed: list[Any]) -> list[tuple[str, BankKey]]:
    """The signing keys among what a key set lists, by id; what we cannot read is left out."""
    found: list[tuple[str, BankKey]] = []
    for member in listed:
        if not isinstance(member, dict) or member.get("use", "sig") != "sig":
            continue
        kind, kid = _KEY_TYPES.get(member.get("kty")), member.get("kid")
        if kind is None or not isinstance(kid, str):
            continue
        try:
            found.append((kid, kind.import_key(member)))
        except (JoseError, ValueError, TypeError):
            continue
    return found
