"""A test authority: certificates of the forms banks ask for, good for KontoBank and sandboxes.

No bank takes them in production: a QWAC and a QSEAL are bought from a qualified trust service.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from opensaldo.connectors.psd2_statement import Psd2Statement, extension_of

KEY_BITS = 2048
AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 825
AUTHORITY_NAME = "OpenSaldo test authority"
TEST_REGULATOR = ("Test regulator", "PL-TEST")


@dataclass(frozen=True, slots=True)
class Issued:
    """A key and the certificate of that key."""

    key: RSAPrivateKey
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        """The key, without password."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @property
    def certificate_pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def make_authority(now: datetime) -> Issued:
    """A new authority that may issue certificates but no further authorities."""
    key = _new_key()
    name = _name(AUTHORITY_NAME, None)
    usage = _usage(key_cert_sign=True, crl_sign=True)
    certificate = (
        _builder(name, key, now, AUTHORITY_DAYS)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Issued(key, certificate)


def issue(
    authority: Issued,
    kind: str,
    tpp_id: str,
    now: datetime,
    roles: tuple[str, ...] = ("PSP_AI",),
) -> Issued:
    """A QWAC or QSEAL of a provider known by `tpp_id`.

    Args:
        authority: who signs it.
        kind: `QWAC` (TLS client) or `QSEAL` (signatures).
        tpp_id: the organizationIdentifier, such as PSDPL-TEST-000000000001.
        now: it is valid from the day before, for `CERTIFICATE_DAYS`.
        roles: what the regulator licensed, names of `psd2_statement.ROLES`.
    """
    key = _new_key()
    statement = Psd2Statement(
        roles=roles,
        authority_name=TEST_REGULATOR[0],
        authority_id=TEST_REGULATOR[1],
        kind=kind,
    )
    issuer_key = authority.key.public_key()
    builder = (
        _builder(_name(f"OpenSaldo test {kind}", tpp_id), key, now, CERTIFICATE_DAYS)
        .issuer_name(authority.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
        .add_extension(extension_of(statement), critical=False)
    )
    if kind == "QWAC":
        purposes = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return Issued(key, builder.sign(authority.key, hashes.SHA256()))


def _new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _name(common_name: str, tpp_id: str | None) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "PL"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "OpenSaldo self-hosted"),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    if tpp_id is not None:
        attributes.insert(2, x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, tpp_id))
    return x509.Name(attributes)


def _builder(
    subject: x509.Name, key: RSAPrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=digital_signature,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
