"""The PSD2 qualified statement: which roles a certificate's owner has, and who licensed it.

Source: ETSI TS 119 495, 5.1 (PSD2 QcStatement) and annex A; ETSI EN 319 412-5, 4.2 (other
statements); RFC 3739, 3.2.6 (the extension).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier as Oid

QC_STATEMENTS = Oid("1.3.6.1.5.5.7.1.3")
PSD2 = Oid("0.4.0.19495.2")
COMPLIANCE = Oid("0.4.0.1862.1.1")
KIND = Oid("0.4.0.1862.1.6")
ROLES = {
    "PSP_AS": Oid("0.4.0.19495.1.1"),
    "PSP_PI": Oid("0.4.0.19495.1.2"),
    "PSP_AI": Oid("0.4.0.19495.1.3"),
    "PSP_IC": Oid("0.4.0.19495.1.4"),
}
KINDS = {"QSEAL": Oid("0.4.0.1862.1.6.2"), "QWAC": Oid("0.4.0.1862.1.6.3")}
_NAME_OF_ROLE = {oid: name for name, oid in ROLES.items()}
_NAME_OF_KIND = {oid: name for name, oid in KINDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Psd2Statement:
    """Roles such as `PSP_AI`, the authority that licensed the owner, and QWAC or QSEAL."""

    roles: tuple[str, ...]
    authority_name: str
    authority_id: str
    kind: str | None = None


@asn1.sequence
class _Role:
    oid: Oid
    name: str


@asn1.sequence
class _Info:
    roles: list[_Role]
    authority_name: str
    authority_id: str


@asn1.sequence
class _Psd2:
    oid: Oid
    info: _Info


@asn1.sequence
class _Compliance:
    oid: Oid


@asn1.sequence
class _Kind:
    oid: Oid
    kinds: list[Oid]


@asn1.sequence
class _Written:
    compliance: _Compliance
    kind: _Kind
    psd2: _Psd2


@asn1.sequence
class _Wrapped:
    whole: asn1.TLV


@asn1.sequence
class _Listed:
    statements: list[asn1.TLV]


def extension_of(statement: Psd2Statement) -> x509.UnrecognizedExtension:
    """The extension that says this in a certificate."""
    info = _Info(
        roles=[_Role(oid=ROLES[name], name=name) for name in statement.roles],
        authority_name=statement.authority_name,
        authority_id=statement.authority_id,
    )
    written = _Written(
        compliance=_Compliance(oid=COMPLIANCE),
        kind=_Kind(oid=KIND, kinds=[KINDS[statement.kind or "QSEAL"]]),
        psd2=_Psd2(oid=PSD2, info=info),
    )
    return x509.UnrecognizedExtension(QC_STATEMENTS, asn1.encode_der(written))


def statement_of(certificate: x509.Certificate) -> Psd2Statement | None:
    """What the certificate says, None when it has no PSD2 statement that can be read."""
    try:
        found = certificate.extensions.get_extension_for_oid(QC_STATEMENTS).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    statements = _statements(getattr(found, "value", b""))
    psd2 = next((one for one in statements if isinstance(one, _Psd2)), None)
    if psd2 is None:
        return None
    kinds = [oid for one in statements if isinstance(one, _Kind) for oid in one.kinds]
    return Psd2Statement(
        roles=tuple(_NAME_OF_ROLE.get(one.oid, one.name) for one in psd2.info.roles),
        authority_name=psd2.info.authority_name,
        authority_id=psd2.info.authority_id,
        kind=next((_NAME_OF_KIND[oid] for oid in kinds if oid in _NAME_OF_KIND), None),
    )


def _statements(der: bytes) -> list[Any]:
    """The statements we know of a list of any."""
    try:
        wrapped = asn1.encode_der(_Wrapped(whole=asn1.decode_der(asn1.TLV, der)))
        listed = asn1.decode_der(_Listed, wrapped).statements
    except ValueError:
        return []
    read = [_parsed(one) for one in listed]
    return [one for one in read if one is not None]


def _parsed(statement: asn1.TLV) -> _Psd2 | _Kind | None:
    for form, oid in ((_Psd2, PSD2), (_Kind, KIND)):
        try:
            found: Any = statement.parse(form)
        except ValueError:
            continue
        if found.oid == oid:
            return found  # type: ignore[no-any-return]
    return None
