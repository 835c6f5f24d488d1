"""The certificates KontoBank shows over TLS: a good one, and on demand bad ones of every kind."""

import ipaddress
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY_FILE_NAME = "kontobank-authority.crt.pem"
KINDS = ("good", "expired", "self_signed", "wrong_host", "wrong_authority")
VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
VALID_TO = datetime(2070, 1, 1, tzinfo=UTC)
HOSTS = ("localhost", "127.0.0.1", "::1")


class ServerCertificates:
    """One TLS context whose certificate can be changed while it serves."""

    def __init__(self, data_dir: Path, client_authority: Path | None, now: datetime) -> None:
        """A new authority and five certificates in `data_dir`; the good one is shown.

        Args:
            data_dir: the authority's certificate is put there for clients to trust.
            client_authority: PEM of who certifies clients; they must show a certificate of it, and
                a client without one is answered, not cut off.
            now: the real time, before which the expired certificate ended.
        """
        self._folder = data_dir / "tls"
        self._folder.mkdir(parents=True, exist_ok=True)
        self.authority_file = data_dir / AUTHORITY_FILE_NAME
        self._listeners: list[Callable[[], None]] = []
        self.shown = "good"
        _make_all(self._folder, self.authority_file, now)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self.context.load_cert_chain(self._folder / "good.pem")
        if client_authority is not None:
            self.context.verify_mode = ssl.CERT_OPTIONAL
            self.context.load_verify_locations(cafile=client_authority)

    def show(self, kind: str) -> None:
        """New connections meet this certificate; those who listen close the old ones.

        Raises:
            ValueError: not one of `KINDS`.
        """
        if kind not in KINDS:
            raise ValueError(f"a certificate is one of {', '.join(KINDS)}")
        self.context.load_cert_chain(self._folder / f"{kind}.pem")
        self.shown = kind
        for changed in self._listeners:
            changed()

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call this after every change."""
        self._listeners.append(changed)


def _make_all(folder: Path, authority_file: Path, now: datetime) -> None:
    authority_key, authority = _authority("KontoBank authority (synthetic)")
    stranger_key, stranger = _authority("An authority nobody knows (synthetic)")
    good = (HOSTS, VALID_FROM, VALID_TO)
    forms = {
        "good": (authority_key, authority, *good),
        "expired": (authority_key, authority, HOSTS, VALID_FROM, now - timedelta(days=1)),
        "self_signed": (None, None, *good),
        "wrong_host": (authority_key, authority, ("elsewhere.example",), VALID_FROM, VALID_TO),
        "wrong_authority": (stranger_key, stranger, *good),
    }
    for kind, (issuer_key, issuer, hosts, start, end) in forms.items():
        (folder / f"{kind}.pem").write_bytes(_leaf(issuer_key, issuer, hosts, start, end))
    authority_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))


def _authority(name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(subject, subject, key, VALID_FROM, VALID_TO)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _leaf(
    issuer_key: ec.EllipticCurvePrivateKey | None,
    issuer: x509.Certificate | None,
    hosts: tuple[str, ...],
    start: datetime,
    end: datetime,
) -> bytes:
    """Key and certificate as one PEM; self-signed without an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "KontoBank (synthetic)")])
    names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    certificate = (
        _builder(subject, issuer.subject if issuer else subject, key, start, end)
        .add_extension(names, critical=False)
        .sign(issuer_key or key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret + certificate.public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
