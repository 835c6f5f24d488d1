"""A signature over headers says what was signed, by whom, and fits the standard's own rules."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from opensaldo.connectors.cavage import sign_request
from opensaldo.connectors.certificates import make_seal
from opensaldo.connectors.road import KeyId, SignatureKind, SignatureRule
from opensaldo.connectors.signing import Seal

PAIR = make_seal(datetime(2026, 1, 1, tzinfo=UTC))
RULE = SignatureRule(kind=SignatureKind.CAVAGE)
HEADERS = {"X-Request-ID": "r-1", "TPP-Redirect-URI": "https://x.example.org", "Accept": "a/b"}


def signed(rule=RULE, headers=HEADERS, body=b""):
    added = sign_request(
        Seal(PAIR), rule, headers, body, names=rule.headers, certificate_header="TPP-Certificate"
    )
    parts = {}
    for one in added["Signature"].split('",'):
        name, _, value = one.partition('="')
        parts[name] = value.rstrip('"')
    return added, parts


@pytest.mark.parametrize("body", [b"", b'{"a":1}'])
def test_the_signature_covers_the_headers_it_names_in_their_order(body):
    added, parts = signed(body=body)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert added["Digest"] == f"SHA-256={digest}"
    assert parts["headers"] == "digest x-request-id tpp-redirect-uri"
    text = f"digest: SHA-256={digest}\nx-request-id: r-1\ntpp-redirect-uri: https://x.example.org"
    PAIR.key.public_key().verify(
        base64.b64decode(parts["signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    assert parts["algorithm"] == "rsa-sha256"
    assert base64.b64decode(added["TPP-Certificate"]) == PAIR.certificate_der


@pytest.mark.parametrize(
    ("form", "start"),
    [
        (KeyId.SERIAL_HEX, "SN={0:X},CA=CN=OpenSaldo test seal,"),
        (KeyId.SERIAL_DECIMAL, "SN={0},CA=CN=OpenSaldotestseal,"),
        (KeyId.TPP_ID, "PSDPL-TEST-"),
    ],
    ids=["hex", "decimal", "tpp-id"],
)
def test_the_certificate_is_named_as_the_bank_wants_it(form, start):
    _, parts = signed(replace(RULE, key_id=form, algorithm="SHA-256"))
    assert parts["keyId"].startswith(start.format(PAIR.certificate.serial_number))
    assert parts["algorithm"] == "SHA-256"
