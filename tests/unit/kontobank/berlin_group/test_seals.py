import pytest

from kontobank.signing import SealRefused, Seals
from tests.unit.kontobank.conftest import NOW
from tests.unit.kontobank.tpp import call_asgi, make_seal
from tests.unit.kontobank.xs2a import BACK, Xs2a, code, sign

CERTIFICATE = "TPP-Signature-Certificate"
REQUIRED = ("digest", "x-request-id", "psu-id", "tpp-redirect-uri")
BODY = b'{"a": 1}'


def signed(seal=None, key_id="SN=1,CA=x", **headers):
    seal = seal or make_seal()
    given = {"X-Request-ID": "r1", "TPP-Redirect-URI": BACK, **headers}
    found = {**given, **sign(seal, given, BODY, CERTIFICATE, key_id)}
    return {name.lower(): value for name, value in found.items()}


def verify(headers, body=BODY):
    certificate = headers.get(CERTIFICATE.lower(), "")
    return Seals().verify_message(headers, certificate, body, REQUIRED, NOW)


@pytest.mark.parametrize("key_id", ["SN=1,CA=CN=x", "SN=01,CA=x", "PSDPL-KNF-1234567890"])
def test_a_right_signature_names_its_seal(key_id):
    assert verify(signed(key_id=key_id)).serial == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"signature": None}, "SIGNATURE_MISSING"),
        ({"digest": None}, "SIGNATURE_MISSING"),
        ({"tpp-signature-certificate": None}, "CERTIFICATE_MISSING"),
        ({"tpp-signature-certificate": "AAAA"}, "CERTIFICATE_INVALID"),
        ({"tpp-signature-certificate": "!"}, "CERTIFICATE_INVALID"),
        ({"digest": "SHA-256=AAAA"}, "SIGNATURE_INVALID"),
        ({"x-request-id": "r2"}, "SIGNATURE_INVALID"),
        ({"psu-id": "unsigned"}, "SIGNATURE_INVALID"),
        ({"tpp-redirect-uri": None}, "SIGNATURE_INVALID"),
        ({"signature": 'keyId="SN=1,CA=x",headers="digest",signature="AA=="'}, "SIGNATURE_INVALID"),
    ],
)
def test_anything_else_is_refused_by_name(change, expected):
    headers = {name: value for name, value in {**signed(), **change}.items() if value is not None}
    with pytest.raises(SealRefused) as refusal:
        verify(headers)
    assert (refusal.value.status, refusal.value.code) == (401, expected)


@pytest.mark.parametrize("key_id", ["", "SN=2,CA=x", "SN=x,CA=x"])
def test_a_signature_of_another_certificate_is_refused(key_id):
    with pytest.raises(SealRefused, match="keyId"):
        verify(signed(key_id=key_id))


def test_an_old_certificate_is_refused():
    with pytest.raises(SealRefused) as refusal:
        verify(signed(make_seal("old", is_expired=True)))
    assert refusal.value.code == "CERTIFICATE_EXPIRED"


def test_another_body_is_refused():
    with pytest.raises(SealRefused, match="digest"):
        verify(signed(), b"{}")


def test_signatures_are_checked_where_they_are_not_demanded(bank):
    assert bank.create().status == 201
    bank.seal = make_seal()
    assert bank.create().status == 201
    assert code(bank.create(headers={"Digest": "SHA-256=x"})) == (401, "SIGNATURE_INVALID")


def test_the_switchboard_demands_signatures(app, bank):
    call_asgi(app, "POST", "/switchboard/seals", {}, b'{"demanded": true}')
    assert code(bank.create()) == (401, "SIGNATURE_MISSING")
    bank.seal = make_seal()
    consent = bank.connect()
    assert bank.accounts(consent)
    call_asgi(app, "POST", "/switchboard/reset", {})
    assert Xs2a(app).create().status == 201


def test_a_consent_belongs_to_the_key_that_asked_for_it(app):
    one, other = (Xs2a(app, seal=make_seal(name)) for name in ("one", "other"))
    consent = one.connect()
    assert code(other.get("accounts", consent)) == (400, "CONSENT_UNKNOWN")
    assert code(other.get(f"consents/{consent}")) == (403, "CONSENT_UNKNOWN")
    second = other.connect()
    assert (one.status(consent), other.status(second)) == ("valid", "valid")


def test_a_caller_with_a_certificate_is_known_by_its_name(app, monkeypatch):
    named = {"one": "PSDPL-KNF-1", "other": "PSDPL-KNF-2"}
    monkeypatch.setattr(
        "kontobank.apis.berlin_group.face._caller",
        lambda request: named[request.headers["x-line"]],
    )
    bank = Xs2a(app)
    created = bank.create(headers={"X-Line": "one"})
    consent = created.json["consentId"]
    assert bank.get(f"consents/{consent}", headers={"X-Line": "one"}).status == 200
    stranger = bank.get(f"consents/{consent}", headers={"X-Line": "other"})
    assert code(stranger) == (403, "CONSENT_UNKNOWN")
    rows = call_asgi(app, "GET", "/switchboard/log", {}).json["rows"]
    assert [row["tppId"] for row in rows] == ["PSDPL-KNF-1", "PSDPL-KNF-1", "PSDPL-KNF-2"]
