"""Certificates of ours: the seal (QSEAL) that signs requests, kept in one file of the data folder.

An operator with a qualified certificate puts its key and certificate, both PEM, into that file.
Without one a self-signed seal is made, good for KontoBank and for trying things out.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import NameOID

from opensaldo.errors import Defect

SEAL_FILE = "seal.pem"
SEAL_FILE_BYTES_MAX = 64 * 1024
SEAL_DAYS = 3650
SEAL_KEY_BITS = 2048
TPP_ID_DIGITS = 12


@dataclass(frozen=True, slots=True)
class SealPair:
    """The seal's key and its certificate."""

    key: RSAPrivateKey
    certificate: x509.Certificate

    @property
    def certificate_der(self) -> bytes:
        """The certificate as it travels in signatures."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def tpp_id(self) -> str:
        """Who we are to banks: the subject's organizationIdentifier (ETSI TS 119 495, 5.2.1).

        Raises:
            Defect: the certificate's subject has none.
        """
        found = self.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)
        if not found:
            raise Defect("The seal's certificate has no organizationIdentifier in its subject.")
        return str(found[0].value)

    @property
    def legal_name(self) -> str:
        """Our name as the certificate has it; the id where it has none."""
        found = self.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        return str(found[0].value) if found else self.tpp_id


def open_seal(directory: Path, now: datetime) -> SealPair:
    """The seal kept in `directory`; made there first when there is none.

    Processes that start together agree: the file appears whole, once, and the first one wins.

    Raises:
        Defect: the file does not hold an RSA key and its certificate.
    """
    path = directory / SEAL_FILE
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _publish(path, _pem(make_seal(now)))
    return _parsed(path.read_bytes()[:SEAL_FILE_BYTES_MAX])


def make_seal(now: datetime) -> SealPair:
    """A new self-signed seal whose organizationIdentifier is its own.

    Banks remember which certificate belongs to an organizationIdentifier, so a seal made anew must
    not reuse an old one's.
    """
    key = generate_private_key(public_exponent=65537, key_size=SEAL_KEY_BITS)
    tpp_id = f"PSDPL-TEST-{secrets.randbelow(10**TPP_ID_DIGITS):0{TPP_ID_DIGITS}d}"
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "PL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "OpenSaldo self-hosted"),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, tpp_id),
            x509.NameAttribute(NameOID.COMMON_NAME, "OpenSaldo test seal"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=SEAL_DAYS))
        .sign(key, hashes.SHA256())
    )
    return SealPair(key, certificate)


def _pem(pair: SealPair) -> bytes:
    """Key and certificate as one PEM text."""
    key = pair.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key + pair.certificate.public_bytes(serialization.Encoding.PEM)


def _publish(path: Path, content: bytes) -> None:
    """The file is there, whole and only for us to read; one that is there already stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)


def _parsed(content: bytes) -> SealPair:
    """The pair a PEM text holds."""
    try:
        key = serialization.load_pem_private_key(content, password=None)
        certificate = x509.load_pem_x509_certificate(content)
    except (ValueError, TypeError):
        raise Defect(
            f"{SEAL_FILE} must hold a PEM key without password and its certificate."
        ) from None
    if not isinstance(key, RSAPrivateKey) or key.public_key() != certificate.public_key():
        raise Defect(f"{SEAL_FILE} must hold an RSA key and the certificate of that key.")
    return SealPair(key, certificate)
