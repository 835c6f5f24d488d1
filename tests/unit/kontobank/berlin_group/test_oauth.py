import base64
import hashlib
from urllib.parse import urlencode, urlsplit

import pytest

from tests.unit.kontobank.test_mask import place
from tests.unit.kontobank.tpp import Tpp, call_asgi, make_seal, query
from tests.unit.kontobank.xs2a import BACK, Xs2a, code

REQUEST_ID = "7f1a5c1e-65b0-4f25-9a3d-2a6de5b0c111"
CLIENT = "PSDES-BDE-0000"
VERIFIER = "v" * 43
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
REDSYS = "/redsys/es/api-oauth-xs2a/services/rest/BBVA"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def authorize(app, address, scope, **changes):
    asked = {
        "response_type": "code",
        "client_id": CLIENT,
        "scope": scope,
        "state": "s1",
        "redirect_uri": BACK,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return call_asgi(app, "GET", f"{address}?{urlencode(asked)}", {})


def redeem(app, address, given, verifier=VERIFIER, *, in_query=False):
    form = urlencode(
        {
            "grant_type": "authorization_code",
            "client_id": CLIENT,
            "code": given,
            "code_verifier": verifier,
            "redirect_uri": BACK,
        }
    )
    if in_query:
        return call_asgi(app, "POST", f"{address}?{form}", FORM)
    return call_asgi(app, "POST", address, FORM, form.encode())


def sign_in(app, answer, login):
    return Tpp(app).sign_in(f"http://bank.test{answer.headers['location']}", login)


@pytest.fixture
def after(app):
    """A bank whose consents are authorised by OAuth."""
    return Xs2a(app, place("ro", approaches=["oauth"], oauth="sca"))


def endpoints(bank, answer):
    address = urlsplit(answer.json["_links"]["scaOAuth"]["href"]).path
    shown = call_asgi(bank.app, "GET", address, {}).json
    return [urlsplit(shown[f"{name}_endpoint"]).path for name in ("authorization", "token")]


def test_oauth_authorises_a_consent(app, after):
    answer = after.create(headers={"TPP-Redirect-URI": None})
    assert answer.headers["aspsp-sca-approach"] == "REDIRECT"
    where, tokens = endpoints(after, answer)
    consent = answer.json["consentId"]
    back = sign_in(app, authorize(app, where, f"AIS:{consent}"), "test1")
    assert query(back)["state"] == "s1"
    assert after.status(consent) == "valid"
    token = redeem(app, tokens, query(back)["code"]).json
    assert (token["token_type"], token["scope"]) == ("Bearer", f"AIS:{consent}")
    assert code(after.get("accounts", consent)) == (401, "TOKEN_UNKNOWN")
    after.token = token["access_token"]
    assert after.accounts(consent)
    after.token = "other"
    assert code(after.get("accounts", consent)) == (401, "TOKEN_UNKNOWN")


def test_tokens_end_and_are_refreshed(app, after, clock):
    answer = after.create()
    where, tokens = endpoints(after, answer)
    consent = answer.json["consentId"]
    back = sign_in(app, authorize(app, where, f"AIS:{consent}"), "test1")
    given = redeem(app, tokens, query(back)["code"]).json
    after.token = given["access_token"]
    clock.advance(given["expires_in"] + 1)
    assert code(after.get("accounts", consent)) == (401, "TOKEN_EXPIRED")
    form = {"grant_type": "refresh_token", "client_id": CLIENT}
    form["refresh_token"] = given["refresh_token"]
    fresh = call_asgi(app, "POST", tokens, FORM, urlencode(form).encode())
    after.token = fresh.json["access_token"]
    assert after.accounts(consent)


def test_a_refusal_by_oauth_rejects_the_consent(app, after):
    answer = after.create()
    where, _ = endpoints(after, answer)
    consent = answer.json["consentId"]
    back = sign_in(app, authorize(app, where, f"AIS:{consent}"), "test-blocked")
    assert query(back)["error"] == "access_denied"
    assert after.status(consent) == "rejected"
    again = authorize(app, where, f"AIS:{consent}")
    assert query(again)["error"] == "invalid_scope"


def test_a_wrong_verifier_gets_no_token(app, after):
    answer = after.create()
    where, tokens = endpoints(after, answer)
    scope = f"AIS:{answer.json['consentId']}"
    back = sign_in(app, authorize(app, where, scope), "test1")
    refused = redeem(app, tokens, query(back)["code"], "w" * 43)
    assert (refused.status, refused.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "token"},
        {"client_id": ""},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"scope": "AIS:none"},
        {"scope": "openid"},
    ],
)
def test_a_wrong_request_goes_back_with_an_error(app, changes):
    found = authorize(app, "/berlin-group/ro/authorize", **{"scope": "AIS", **changes})
    assert found.status == 303
    assert query(found)["error"] in ("invalid_request", "invalid_scope")
    assert query(found)["state"] == "s1"


def test_a_request_that_cannot_go_back_stays(app):
    found = authorize(app, "/berlin-group/ro/authorize", "AIS", redirect_uri="javascript:1")
    assert found.status == 400
    assert authorize(app, "/berlin-group/xx/authorize", "AIS").status == 400


# --- Redsys


@pytest.fixture
def redsys(app):
    prefix = "/redsys/{place}/api-entrada-xs2a/services/BBVA/v1.1"
    return Xs2a(app, "es", prefix, seal=make_seal())


def pre_step(app, redsys, login):
    """The person signs in before there is a consent; two pages, no choice of accounts."""
    back = sign_in(app, authorize(app, f"{REDSYS}/authorize", "AIS"), login)
    given = redeem(app, f"{REDSYS}/token", query(back)["code"], in_query=True)
    assert given.status == 200, given.text
    redsys.token = given.json["access_token"]


def test_redsys_wants_two_redirects_and_signatures(app, redsys):
    assert code(redsys.create()) == (401, "TOKEN_UNKNOWN")
    pre_step(app, redsys, "test2")
    answer = redsys.create()
    assert answer.status == 200
    back = redsys.sign_in(answer, "test2")
    assert back.headers["location"] == BACK
    consent = answer.json["consentId"]
    assert redsys.status(consent) == "valid"
    assert redsys.accounts(consent)[0]["iban"].startswith("ES")
    unsigned = Xs2a(app, "es", redsys.prefix, token=redsys.token)
    assert code(unsigned.get("accounts", consent)) == (401, "SIGNATURE_MISSING")


def test_another_person_cannot_authorise_the_consent(app, redsys):
    pre_step(app, redsys, "test2")
    answer = redsys.create()
    redsys.sign_in(answer, "test1")
    assert redsys.status(answer.json["consentId"]) == "rejected"


def test_another_persons_token_does_not_open_the_consent(app, redsys):
    pre_step(app, redsys, "test2")
    answer = redsys.create()
    redsys.sign_in(answer, "test2")
    pre_step(app, redsys, "test1")
    assert code(redsys.get("accounts", answer.json["consentId"])) == (400, "CONSENT_UNKNOWN")


def test_a_plain_bank_with_a_pre_step_wants_a_token_too(app):
    bank = Xs2a(app, place("lt", oauth="pre_step"))
    assert code(bank.create()) == (401, "TOKEN_UNKNOWN")
    where = f"/berlin-group/{bank.place}"
    back = sign_in(app, authorize(app, f"{where}/authorize", "AIS"), "test1")
    bank.token = redeem(app, f"{where}/token", query(back)["code"]).json["access_token"]
    consent = bank.connect("test1")
    assert bank.accounts(consent)


# --- SIBS


@pytest.mark.parametrize("prefix", ["/sibs/{place}/v1-0-3", "/sibs/{place}/apimarket/ABPT/v1-0-3"])
def test_sibs_names_its_headers_otherwise(app, prefix):
    bank = Xs2a(app, "pt", prefix, "TPP-Request-ID", make_seal(), "TPP-Certificate")
    consent = bank.connect()
    answer = bank.get(
        "accounts", consent, headers={"TPP-Request-ID": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}
    )
    assert answer.headers["tpp-request-id"].startswith("00000000-")
    assert answer.json["accounts"][0]["iban"].startswith("PT")
    assert code(bank.get("accounts", consent, headers={"TPP-Request-ID": None}))[0] == 400


def test_sibs_has_the_wish_for_a_redirect_in_the_address(app):
    wide = place("pt", approaches=["decoupled", "redirect"])
    bank = Xs2a(app, wide, "/sibs/{place}/v1-0-3", "TPP-Request-ID")
    body = {
        "access": {"allPsd2": "allAccounts"},
        "recurringIndicator": True,
        "validUntil": "2026-12-31",
        "frequencyPerDay": 4,
        "combinedServiceIndicator": False,
    }
    answer = bank.call(
        "POST", "consents?tppRedirectPreferred=true", body, headers={"TPP-Redirect-URI": BACK}
    )
    assert "scaRedirect" in answer.json["_links"]


@pytest.mark.parametrize(("kind", "status"), [("status", 503), ("html", 200)])
def test_planned_faults_meet_the_token_call(app, kind, status):
    plan = f'{{"kind": "{kind}", "path": "token", "status": 503}}'.encode()
    call_asgi(app, "POST", "/switchboard/faults", {}, plan)
    answer = redeem(app, "/berlin-group/ro/token", "any")
    assert answer.status == status
    assert (answer.body.startswith(b"<!doctype")) == (kind == "html")
    row = call_asgi(app, "GET", "/switchboard/log", {}).json["rows"][-1]
    assert (row["endpoint"], row["fault"]) == ("token", kind)
    assert redeem(app, "/berlin-group/ro/token", "any").json["error"] == "invalid_grant"
