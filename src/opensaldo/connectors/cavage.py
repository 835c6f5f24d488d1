"""Signatures over HTTP headers (draft-cavage-http-signatures-10), as Berlin Group banks want them.

Source: NextGenPSD2 1.3.12, 12 (Digest, Signature, TPP-Signature-Certificate); the forms of `keyId`
and the algorithm's name differ by bank and are settings.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence

from opensaldo.connectors.road import KeyId, SignatureRule
from opensaldo.connectors.signing import Seal

DIGEST = "Digest"
SIGNATURE = "Signature"


def sign_request(
    seal: Seal,
    rule: SignatureRule,
    headers: Mapping[str, str],
    body: bytes,
    *,
    names: Sequence[str],
    certificate_header: str,
) -> dict[str, str]:
    """The three headers that sign a request; the digest is there for an empty body too.

    Of the headers of these names those are signed that the request has, in this order.
    """
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
    added = {DIGEST: f"SHA-256={digest}"}
    known = {name.lower(): value for name, value in {**headers, **added}.items()}
    signed = [name for name in names if name in known]
    text = "\n".join(f"{name}: {known[name]}" for name in signed)
    members = {
        "keyId": key_id(seal, rule.key_id),
        "algorithm": rule.algorithm,
        "headers": " ".join(signed),
        "signature": base64.b64encode(seal.sign(text.encode())).decode("ascii"),
    }
    added[SIGNATURE] = ",".join(f'{name}="{value}"' for name, value in members.items())
    added[certificate_header] = base64.b64encode(seal.certificate_der).decode("ascii")
    return added


def key_id(seal: Seal, form: KeyId) -> str:
    """How the signature names our certificate.

    Hexadecimal with the issuer's name is the standard's; decimal with our own name without blanks
    is what a working Redsys client sends.
    """
    if form is KeyId.SERIAL_HEX:
        return f"SN={seal.serial:X},CA={_quotable(seal.issuer)}"
    if form is KeyId.SERIAL_DECIMAL:
        return f"SN={seal.serial},CA={_quotable(seal.subject).replace(' ', '')}"
    return seal.tpp_id


def _quotable(name: str) -> str:
    """A name that may stand between quotes."""
    return name.replace("\\", "").replace('"', "")
