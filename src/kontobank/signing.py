"""Signatures: the bank's own seal, and the seals of those who call it, as JWS and over headers."""

import base64
import binascii
import hashlib
import json
import os
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

KEY_BITS = 2048
KEY_FILE_NAME = "kontobank-seal.key.pem"
CERTIFICATE_FILE_NAME = "kontobank-seal.crt.pem"
PRIVATE_FILE_MODE = 0o600
CERTIFICATE_FROM = datetime(2020, 1, 1, tzinfo=UTC)
CERTIFICATE_TO = datetime(2070, 1, 1, tzinfo=UTC)
KNOWN_SEALS_MAX = 1_000
HEADER_CHARACTERS_MAX = 16_384
SIGNATURE_HEADER = "X-JWS-SIGNATURE"
MEMBER = re.compile(r'(\w+)="([^"]*)"')
SERIAL = re.compile(r"^SN=([0-9A-Fa-f]+),CA=.")


class SealRefused(Exception):
    """The caller's signature cannot be accepted; `code` says why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def b64url(data: bytes) -> str:
    """The unpadded base64url text of the bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    """The bytes of an unpadded base64url text; binascii.Error when it is none."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


class Signer:
    """Signs reply bodies with the bank's seal; the key is made once and parsed once."""

    def __init__(self, data_dir: Path) -> None:
        self._key, certificate = _load_or_make(data_dir)
        der = certificate.public_bytes(serialization.Encoding.DER)
        thumbprint = b64url(certificate.fingerprint(hashes.SHA256()))
        self._kid = f"kontobank-{thumbprint[:16]}"
        header = {"alg": "RS256", "typ": "JWT", "kid": self._kid, "x5t#S256": thumbprint}
        self._header = b64url(json.dumps(header, separators=(",", ":")).encode())
        numbers = self._key.public_key().public_numbers()
        self.jwks: dict[str, list[dict[str, str | list[str]]]] = {
            "keys": [
                {
                    "kty": "RSA",
                    "use": "sig",
                    "alg": "RS256",
                    "kid": self._kid,
                    "n": _unsigned(numbers.n),
                    "e": _unsigned(numbers.e),
                    "x5c": [base64.b64encode(der).decode()],
                    "x5t#S256": thumbprint,
                }
            ]
        }

    def sign(self, body: bytes) -> str:
        """The detached signature over exactly these bytes (RFC 7515, appendix F)."""
        signed = f"{self._header}.{b64url(body)}".encode()
        signature = self._key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return f"{self._header}..{b64url(signature)}"


@dataclass(frozen=True)
class Seal:
    """A caller's seal certificate, parsed."""

    key: rsa.RSAPublicKey
    thumbprint: str
    valid_from: datetime
    valid_to: datetime
    serial: int


class Seals:
    """Verifies callers and remembers the first key each of them showed.

    `are_demanded` makes signatures a duty where the standard leaves them to the bank.
    """

    def __init__(self) -> None:
        self.are_demanded = False
        self._parsed: OrderedDict[str, Seal] = OrderedDict()
        self._pins: dict[str, str] = {}

    def verify(self, header: str, body: bytes, now: datetime) -> Seal:
        """The seal that signed the body; SealRefused for anything else.

        Args:
            header: `X-JWS-SIGNATURE`, detached, with the certificate in `x5c`.
            body: the exact bytes received.
            now: the true time; certificates belong to the real world.
        """
        if len(header) > HEADER_CHARACTERS_MAX:
            raise SealRefused(400, "SIGNATURE_MALFORMED", "the signature header is too long")
        try:
            protected, payload, signature = header.split(".")
            seal = self._parse(protected)
            raw_signature = from_b64url(signature)
        except (ValueError, binascii.Error, KeyError, TypeError, IndexError) as cause:
            raise SealRefused(
                400, "SIGNATURE_MALFORMED", "the signature is not a detached RS256 JWS with x5c"
            ) from cause
        if payload:
            raise SealRefused(400, "SIGNATURE_MALFORMED", "the signature must be detached")
        try:
            signed = f"{protected}.{b64url(body)}".encode()
            seal.key.verify(raw_signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as cause:
            raise SealRefused(
                401, "SIGNATURE_INVALID", "the signature does not match the body"
            ) from cause
        if not seal.valid_from <= now <= seal.valid_to:
            raise SealRefused(401, "CERTIFICATE_EXPIRED", "the seal certificate is not valid today")
        return seal

    def verify_message(
        self,
        headers: Mapping[str, str],
        certificate: str,
        body: bytes,
        required: tuple[str, ...],
        now: datetime,
    ) -> Seal:
        """The seal that signed the headers (draft-cavage-10); SealRefused 401 for anything else.

        Args:
            headers: all headers by their lower-case names.
            certificate: base64 of the DER certificate.
            body: the exact bytes received; the digest is of them.
            required: names that must be signed when the request has them.
            now: the true time; certificates belong to the real world.

        Source: NextGenPSD2 1.3.12, 12.
        """
        if "signature" not in headers or "digest" not in headers:
            raise SealRefused(401, "SIGNATURE_MISSING", "Digest and Signature are required")
        if not certificate:
            raise SealRefused(401, "CERTIFICATE_MISSING", "the signature's certificate is required")
        seal = self._certified(certificate)
        if not seal.valid_from <= now <= seal.valid_to:
            raise SealRefused(401, "CERTIFICATE_EXPIRED", "the seal certificate is not valid today")
        if (
            headers["digest"]
            != f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode()}"
        ):
            raise SealRefused(401, "SIGNATURE_INVALID", "the digest is not that of the body")
        members = dict(MEMBER.findall(headers["signature"]))
        names = members.get("headers", "").lower().split()
        unsigned = [name for name in required if name in headers and name not in names]
        if unsigned or any(name not in headers for name in names):
            raise SealRefused(401, "SIGNATURE_INVALID", f"not signed: {', '.join(unsigned)}")
        if not _names_serial(members.get("keyId", ""), seal.serial):
            raise SealRefused(401, "SIGNATURE_INVALID", "keyId names another certificate")
        text = "\n".join(f"{name}: {headers[name]}" for name in names)
        try:
            raw = base64.b64decode(members.get("signature", ""), validate=True)
            seal.key.verify(raw, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error) as cause:
            raise SealRefused(
                401, "SIGNATURE_INVALID", "the signature does not match the headers"
            ) from cause
        return seal

    def _certified(self, certificate: str) -> Seal:
        """The seal of a certificate in base64; parsed once."""
        try:
            known = self._parsed.get(certificate)
            if known is None:
                known = self._keep(certificate, base64.b64decode(certificate, validate=True))
        except (ValueError, binascii.Error) as cause:
            raise SealRefused(401, "CERTIFICATE_INVALID", "no RSA certificate in base64") from cause
        return known

    def pin(self, name: str, seal: Seal) -> None:
        """The caller's name belongs to this key from now on; SealRefused if to another."""
        if self._pins.setdefault(name, seal.thumbprint) != seal.thumbprint:
            raise SealRefused(
                401, "CERTIFICATE_UNKNOWN", "this name is pinned to another seal certificate"
            )

    def reset(self) -> None:
        """All pins are forgotten; signatures are as each standard has them."""
        self._pins.clear()
        self.are_demanded = False

    def _parse(self, protected: str) -> Seal:
        """The certificate of a protected header; parsed once per header text."""
        known = self._parsed.get(protected)
        if known is not None:
            return known
        header = json.loads(from_b64url(protected))
        if header["alg"] != "RS256" or "crit" in header:
            raise ValueError("RS256 without critical extensions only")
        return self._keep(protected, base64.b64decode(header["x5c"][0]))

    def _keep(self, name: str, der: bytes) -> Seal:
        """The seal of a certificate, kept under this name; ValueError when it is none."""
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("an RSA seal only")
        spki = key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        digest = hashes.Hash(hashes.SHA256())
        digest.update(spki)
        seal = Seal(
            key,
            b64url(digest.finalize()),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            certificate.serial_number,
        )
        self._parsed[name] = seal
        if len(self._parsed) > KNOWN_SEALS_MAX:
            self._parsed.popitem(last=False)
        return seal


def _names_serial(key_id: str, serial: int) -> bool:
    """Whether a keyId names the certificate, in hex or decimal; other forms name the caller."""
    if not key_id.startswith("SN="):
        return bool(key_id)
    match = SERIAL.match(key_id)
    return match is not None and (
        int(match[1], 16) == serial or (match[1].isdecimal() and int(match[1]) == serial)
    )


def _unsigned(number: int) -> str:
    return b64url(number.to_bytes((number.bit_length() + 7) // 8))


def _load_or_make(data_dir: Path) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key_path, certificate_path = data_dir / KEY_FILE_NAME, data_dir / CERTIFICATE_FILE_NAME
    if not (key_path.exists() and certificate_path.exists()):
        data_dir.mkdir(parents=True, exist_ok=True)
        _make(key_path, certificate_path)
    # Made below, so its primes need not be proved again; that takes longer than all else here.
    key = serialization.load_pem_private_key(
        key_path.read_bytes(), None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{key_path} is not an RSA key")
    return key, x509.load_pem_x509_certificate(certificate_path.read_bytes())


def _make(key_path: Path, certificate_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "KontoBank seal (synthetic)")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(CERTIFICATE_FROM)
        .not_valid_after(CERTIFICATE_TO)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key_path.unlink(missing_ok=True)
    descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
