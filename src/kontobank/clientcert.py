"""Who calls over mTLS: the role and the name in the client's certificate (ETSI TS 119 495)."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

SCOPE_KEY = "kontobank.client_certificate"
QC_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
ROLE_OF_INFORMATION = bytes.fromhex("060704008198270103")  # DER of 0.4.0.19495.1.3, PSP_AI


class CertificateRefused(Exception):
    """The client may not call; `code` is one of the codes that banks answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Caller:
    """The third party named by a certificate."""

    tpp_id: str


def caller_of(der: bytes | None) -> Caller:
    """The third party a certificate names; CertificateRefused without one or without the role."""
    if not der:
        raise CertificateRefused("CERTIFICATE_MISSING", "a client certificate is required")
    try:
        certificate = x509.load_der_x509_certificate(der)
        found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)
        statements = _statements(certificate)
    except ValueError as cause:
        raise CertificateRefused("CERTIFICATE_INVALID", "it cannot be read") from cause
    if not found:
        raise CertificateRefused("CERTIFICATE_INVALID", "it has no organizationIdentifier")
    if ROLE_OF_INFORMATION not in statements:
        raise CertificateRefused("ROLE_INVALID", "it does not grant PSP_AI")
    return Caller(str(found[0].value))


def _statements(certificate: x509.Certificate) -> bytes:
    try:
        value = certificate.extensions.get_extension_for_oid(QC_STATEMENTS).value
    except x509.ExtensionNotFound:
        return b""
    return bytes(getattr(value, "value", b""))
