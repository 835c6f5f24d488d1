import base64
import json
import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from kontobank.clock import Clock
from kontobank.signing import KEY_FILE_NAME, SealRefused, Seals, Signer, b64url, from_b64url
from tests.unit.kontobank.tpp import Tpp, authorize_body, make_seal

BODY = b'{"a": 1}'


def verify(seals, header, body=BODY):
    return seals.verify(header, body, Clock.real_now())


def test_the_banks_signature_verifies_with_its_published_key(bank_dir):
    signer = Signer(bank_dir)
    head, payload, signature = signer.sign(BODY).split(".")
    (jwk,) = signer.jwks["keys"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(jwk["x5c"][0]))
    certificate.public_key().verify(
        from_b64url(signature),
        f"{head}.{b64url(BODY)}".encode(),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )
    shown = json.loads(from_b64url(head))
    assert payload == ""
    assert shown["alg"] == "RS256"
    assert (shown["kid"], shown["x5t#S256"]) == (jwk["kid"], jwk["x5t#S256"])


def test_the_key_is_made_once_and_nobody_elses(bank_dir):
    assert Signer(bank_dir).jwks == Signer(bank_dir).jwks
    assert stat.S_IMODE((bank_dir / KEY_FILE_NAME).stat().st_mode) == 0o600


def test_a_right_signature_is_taken():
    seal = verify(Seals(), make_seal().sign(BODY))
    assert seal.thumbprint == verify(Seals(), make_seal().sign(b"x"), b"x").thumbprint


def test_another_body_is_refused():
    with pytest.raises(SealRefused) as caught:
        verify(Seals(), make_seal().sign(BODY), b'{"a":1}')
    assert (caught.value.status, caught.value.code) == (401, "SIGNATURE_INVALID")


@pytest.mark.parametrize(
    "header",
    ["", "x", "a.b", "..", "e30..AA", f"{b64url(b'[]')}..AA", "a" * 20_000, "\u0105..x"],
)
def test_a_header_that_is_no_jws_is_malformed(header):
    with pytest.raises(SealRefused) as caught:
        verify(Seals(), header)
    assert (caught.value.status, caught.value.code) == (400, "SIGNATURE_MALFORMED")


def test_algorithm_none_is_refused():
    head = b64url(json.dumps({"alg": "none", "x5c": [make_seal().x5c]}).encode())
    with pytest.raises(SealRefused):
        verify(Seals(), f"{head}..")


def test_an_attached_payload_is_refused():
    head, _, signature = make_seal().sign(BODY).split(".")
    with pytest.raises(SealRefused):
        verify(Seals(), f"{head}.{b64url(BODY)}.{signature}")


def test_an_expired_certificate_is_refused():
    with pytest.raises(SealRefused) as caught:
        verify(Seals(), make_seal("old", is_expired=True).sign(BODY))
    assert caught.value.code == "CERTIFICATE_EXPIRED"


def test_a_name_belongs_to_the_first_key_until_reset():
    seals = Seals()
    one, other = (verify(seals, make_seal(name).sign(BODY)) for name in ("one", "two"))
    seals.pin("tpp", one)
    seals.pin("tpp", one)
    with pytest.raises(SealRefused) as caught:
        seals.pin("tpp", other)
    assert (caught.value.status, caught.value.code) == (401, "CERTIFICATE_UNKNOWN")
    seals.reset()
    seals.pin("tpp", other)


def test_another_key_for_the_same_client_is_refused(app, tpp):
    assert tpp.authorize().status == 200
    thief = Tpp(app, seal=make_seal("thief"))
    assert thief.authorize().json["code"] == "CERTIFICATE_UNKNOWN"
    # nor does a new tppId help
    answer = thief.post("auth", "authorize", authorize_body("tpp-test"), header={"tppId": "new"})
    assert answer.status == 401


def test_another_key_cannot_use_a_token(app, tpp):
    token = tpp.connect()["access_token"]
    thief = Tpp(app, client_id="thief", seal=make_seal("thief"))
    assert thief.data("getAccounts", token).json["code"] == "CLIENT_MISMATCH"
