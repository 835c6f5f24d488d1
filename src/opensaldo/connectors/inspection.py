"""What a certificate file says, in the words of an operator, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from opensaldo.connectors.psd2_statement import Psd2Statement, statement_of
from opensaldo.errors import InvalidArgument

WARN_DAYS = 30
FILE_BYTES_MAX = 256 * 1024
AISP = "PSP_AI"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """One certificate: who it belongs to, what it may do, until when; `faults` are sentences."""

    file: str
    subject: str
    tpp_id: str | None
    issuer: str
    serial_hex: str
    valid_from: datetime
    valid_until: datetime
    days_left: int
    statement: Psd2Statement | None
    has_key: bool
    faults: tuple[str, ...]


def inspect(path: Path, now: datetime) -> Inspected:
    """What the first certificate of a PEM file says.

    Raises:
        InvalidArgument: the file holds no certificate.
    """
    content = path.read_bytes()[:FILE_BYTES_MAX]
    try:
        certificate = x509.load_pem_x509_certificate(content)
    except ValueError:
        raise InvalidArgument(f"{path.name} holds no PEM certificate.") from None
    has_key = _has_key_of(content, certificate)
    statement = statement_of(certificate)
    until = certificate.not_valid_after_utc
    return Inspected(
        file=path.name,
        subject=certificate.subject.rfc4514_string(),
        tpp_id=_tpp_id(certificate),
        issuer=certificate.issuer.rfc4514_string(),
        serial_hex=f"{certificate.serial_number:x}",
        valid_from=certificate.not_valid_before_utc,
        valid_until=until,
        days_left=(until - now).days,
        statement=statement,
        has_key=has_key,
        faults=tuple(_faults(certificate, statement, now)),
    )


def inspect_folder(folder: Path, now: datetime) -> list[Inspected]:
    """What all `.pem` files of a folder say, by name; those without a certificate are left out."""
    found = []
    for path in sorted(folder.glob("*.pem")):
        try:
            found.append(inspect(path, now))
        except InvalidArgument:
            continue
    return found


def _faults(
    certificate: x509.Certificate, statement: Psd2Statement | None, now: datetime
) -> Iterator[str]:
    days_left = (certificate.not_valid_after_utc - now).days
    if certificate.not_valid_after_utc <= now:
        yield "has expired: banks refuse it; renew it with the same organizationIdentifier"
    elif days_left < WARN_DAYS:
        yield f"expires in {days_left} days: renew it with the same organizationIdentifier"
    if certificate.not_valid_before_utc > now:
        yield "is not valid yet"
    if statement is None and not _is_authority(certificate):
        yield "has no PSD2 statement: good for KontoBank only"
    elif statement is not None and AISP not in statement.roles:
        yield f"does not grant {AISP}, the role of an account-information provider"


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return found.value.ca


def _tpp_id(certificate: x509.Certificate) -> str | None:
    found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)
    return str(found[0].value) if found else None


def _has_key_of(content: bytes, certificate: x509.Certificate) -> bool:
    """Whether the file holds the certificate's private key too."""
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError):
        return False
    return key.public_key() == certificate.public_key()
