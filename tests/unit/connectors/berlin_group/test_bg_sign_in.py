"""A sign-in goes as the bank's links lead; only the bank's own word makes a consent valid."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Ask, Done, Redirect, Wait
from opensaldo.connectors.protocols.berlin_group.dialects import REDSYS, SIBS
from opensaldo.connectors.road import ConsentModel, OAuth
from opensaldo.domain.secret import Secret
from tests.unit.connectors.berlin_group.scene import (
    ACCESS,
    ACCOUNT,
    GRANTED,
    NOW,
    REQUEST,
    ROOT,
    TARGET,
    Scene,
    answer,
    authorisation,
    body_of,
    consent,
    refused,
)

PAGE = "https://login.example.org/sign-in?x=1"


def at_redirect(more=None, **road):
    scene = Scene({"createConsent": consent(scaRedirect=PAGE), **GRANTED, **(more or {})}, **road)
    return scene, scene.begin()


# --- redirect -------------------------------------------------------------------------------------
def test_a_redirect_leads_to_the_bank_and_back_to_an_access():
    scene, step = at_redirect()
    assert isinstance(step, Redirect)
    assert step.url == PAGE
    done = scene.resume(step, state="st4te")
    assert isinstance(done, Done)
    access = done.access
    assert (access.grant, access.account_numbers) == (REQUEST.grant, ("a-1",))
    assert access.memory["consent"] == "c-1"
    assert access.valid_until == datetime(2026, 4, 1, 23, 59, 59, tzinfo=UTC)
    assert access.expires_at == access.valid_until
    assert [request.endpoint for request in scene.door.sent] == [
        "createConsent",
        "getConsentStatus",
        "getConsent",
        "getAccounts",
    ]


def test_a_consent_call_has_the_headers_and_the_body_of_the_standard():
    scene, _ = at_redirect()
    (sent,) = scene.door.sent
    assert (sent.method, sent.url) == ("POST", f"{ROOT}/consents")
    assert set(sent.headers) == {
        "Accept",
        "Accept-Encoding",
        "Content-Type",
        "X-Request-ID",
        "PSU-IP-Address",
        "PSU-User-Agent",
        "TPP-Redirect-URI",
        "TPP-Nok-Redirect-URI",
        "TPP-Redirect-Preferred",
        "TPP-Decoupled-Preferred",
    }
    assert sent.headers["TPP-Redirect-URI"] == "https://we.example.org/back?id=1&state=st4te"
    assert sent.headers["TPP-Redirect-Preferred"] == "true"
    assert sent.headers["PSU-User-Agent"] == "Browser/1"
    assert body_of(sent) == {
        "access": {
            "accounts": [],
            "balances": [],
            "transactions": [],
            "additionalInformation": {"ownerName": []},
        },
        "recurringIndicator": True,
        "validUntil": "2026-08-29",
        "frequencyPerDay": 4,
        "combinedServiceIndicator": False,
    }


def test_a_single_visit_asks_for_a_one_off_consent_and_not_how_long_it_lives():
    scene = Scene({"createConsent": consent(scaRedirect=PAGE), **GRANTED})
    request = replace(REQUEST, repeated=False, valid_until=NOW + timedelta(days=1))
    done = scene.resume(scene.begin(request), request, state="st4te")
    body = body_of(scene.door.sent[0])
    assert (body["recurringIndicator"], body["frequencyPerDay"]) == (False, 1)
    assert body["validUntil"] == "2026-03-03"
    assert done.access.valid_until == request.valid_until
    assert not scene.door.to("getConsent")


@pytest.mark.parametrize(
    ("model", "access"),
    [
        (ConsentModel.GLOBAL, {"allPsd2": "allAccounts"}),
        (ConsentModel.GLOBAL_WITH_OWNER, {"allPsd2": "allAccountsWithOwnerName"}),
    ],
)
def test_a_global_consent_names_everything(model, access):
    scene, _ = at_redirect(consent=model)
    assert body_of(scene.door.sent[0])["access"] == access


def test_a_detailed_consent_asks_for_the_accounts_first():
    scene = Scene(
        {"createConsent": consent(scaRedirect=PAGE), **GRANTED}, consent=ConsentModel.DETAILED
    )
    step = scene.begin()
    assert isinstance(step, Ask)
    assert [field.name for field in step.fields] == ["accounts"]
    assert isinstance(scene.resume(step, accounts="ro49 aaaa 1b31 0075 9384 0000"), Redirect)
    named = [{"iban": "RO49AAAA1B31007593840000"}]
    assert body_of(scene.door.sent[0])["access"]["transactions"] == named
    with pytest.raises(errors.InvalidCredentials):
        scene.resume(step, accounts="what?")


def test_a_consent_without_the_owners_name_is_asked_for_where_that_is_unknown():
    scene, step = at_redirect(
        {"createConsent": [refused(400, "FORMAT_ERROR"), consent(scaRedirect=PAGE)]}
    )
    assert isinstance(step, Redirect)
    first, second = (body_of(sent)["access"] for sent in scene.door.sent)
    assert ("additionalInformation" in first, "additionalInformation" in second) == (True, False)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_13_any_success_with_a_consent_id_is_one(status):
    scene = Scene({"createConsent": consent(status, scaRedirect=PAGE)})
    assert isinstance(scene.begin(), Redirect)


def test_a_success_without_a_consent_id_is_none():
    scene = Scene({"createConsent": {"consentStatus": "received"}})
    with pytest.raises(errors.BankAnsweredNonsense, match="consentId"):
        scene.begin()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ({"consentStatus": "rejected"}, errors.SignInCancelled),
        ({"consentStatus": "rejected", "psuMessage": "AccessBlocked"}, errors.AccessBlocked),
        ({"consentStatus": "rejected", "psuMessage": "server_error"}, errors.BankUnavailable),
        ({"consentStatus": "partiallyAuthorised"}, errors.ManualActionRequired),
        ({"consentStatus": "expired"}, errors.SignInCancelled),
        (refused(403, "CONSENT_UNKNOWN"), errors.BankConsentWithdrawn),
        (answer(None, 500), errors.BankUnavailable),
    ],
)
def test_only_a_valid_consent_is_an_access(status, error):
    scene, step = at_redirect({"getConsentStatus": status})
    with pytest.raises(error):
        scene.resume(step, state="st4te")


@pytest.mark.parametrize("status", ["received", "pending", "somethingNew"])
def test_an_undecided_consent_is_waited_for_until_the_time_is_over(status):
    scene, step = at_redirect({"getConsentStatus": {"consentStatus": status}})
    wait = scene.resume(step, state="st4te")
    assert isinstance(wait, Wait)
    assert isinstance(scene.resume(wait), Wait)
    scene.clock.now += timedelta(minutes=6)
    with pytest.raises(errors.SignInTimeout):
        scene.resume(wait)


def test_who_comes_back_refused_has_given_up_unless_the_bank_says_valid():
    scene, step = at_redirect({"getConsentStatus": {"consentStatus": "received"}})
    with pytest.raises(errors.SignInCancelled):
        scene.resume(step, state="st4te", error="access_denied")
    scene, step = at_redirect()
    assert isinstance(scene.resume(step, state="st4te", error="access_denied"), Done)


@pytest.mark.parametrize("values", [{}, {"state": "other"}])
def test_an_answer_with_another_state_is_refused_before_any_call(values):
    scene, step = at_redirect()
    with pytest.raises(errors.BankAnsweredNonsense, match="state"):
        scene.resume(step, **values)
    assert len(scene.door.sent) == 1


@pytest.mark.parametrize("page", ["http://login.example.org/", "javascript:alert(1)", "https:///x"])
def test_a_person_is_sent_to_https_only(page):
    scene = Scene({"createConsent": consent(scaRedirect=page)})
    with pytest.raises(errors.BankAnsweredNonsense, match="scaRedirect"):
        scene.begin()


def test_a_confirmation_code_goes_back_to_the_bank():
    scene, step = at_redirect(
        {
            "createConsent": consent(scaRedirect=PAGE, confirmation=f"{ROOT}/c"),
            "authorise": {"scaStatus": "finalised"},
        }
    )
    assert isinstance(scene.resume(step, state="st4te", confirmationCode="42"), Done)
    (sent,) = scene.door.to("authorise")
    assert (sent.method, sent.url) == ("PUT", f"{ROOT}/c")
    assert body_of(sent) == {"confirmationCode": "42"}
    ask = scene.resume(step, state="st4te")
    assert isinstance(ask, Ask)
    assert isinstance(scene.resume(ask, code="42"), Done)


def test_an_explicit_start_is_made_where_the_bank_wants_one():
    scene = Scene(
        {
            "createConsent": consent(startAuthorisation="/v1/consents/c-1/authorisations"),
            "authorise": authorisation(links={"scaRedirect": PAGE}),
        }
    )
    assert isinstance(scene.begin(), Redirect)
    (sent,) = scene.door.to("authorise")
    assert (sent.method, sent.url) == ("POST", f"{ROOT}/consents/c-1/authorisations")
    assert "TPP-Redirect-URI" in sent.headers


def test_links_lead_nowhere_but_to_the_bank():
    scene = Scene({"createConsent": consent(startAuthorisation="https://evil.example.org/a")})
    with pytest.raises(errors.BankAnsweredNonsense, match="_links"):
        scene.begin()


def test_links_in_a_circle_end():
    scene = Scene(
        {
            "createConsent": consent(startAuthorisation="/a"),
            "authorise": authorisation(links={"startAuthorisation": "/a"}),
        }
    )
    with pytest.raises(errors.BankAnsweredNonsense, match="a way to authorise"):
        scene.begin()


def test_cards_are_listed_where_the_target_offers_them():
    card = {"resourceId": "k-1", "maskedPan": "5409XXXXXXXX1234", "currency": "RON"}
    request = replace(
        REQUEST, target=replace(TARGET, commands=(*TARGET.commands, "ImportCreditCardsCommand"))
    )
    for cards, numbers in (
        ({"cardAccounts": [card]}, ("a-1", "card:k-1")),
        (refused(404, "RESOURCE_UNKNOWN"), ("a-1",)),
    ):
        scene, step = at_redirect({"getCardAccounts": cards})
        assert scene.resume(step, request, state="st4te").access.account_numbers == numbers


def test_closed_accounts_are_left_out():
    closed = {**ACCOUNT, "resourceId": "a-2", "status": "deleted"}
    scene, step = at_redirect({"getAccounts": {"accounts": [closed, ACCOUNT]}})
    assert scene.resume(step, state="st4te").access.account_numbers == ("a-1",)


# --- OAuth ----------------------------------------------------------------------------------------
METADATA = {
    "authorization_endpoint": "https://login.example.org/authorize?bank=1",
    "token_endpoint": "https://api.example.org/token",
}
TOKEN = {"access_token": "t1", "refresh_token": "r1", "expires_in": "300", "token_type": "Bearer"}


def query_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_oauth_after_the_consent_follows_the_metadata():
    scene = Scene(
        {
            "createConsent": consent(scaOAuth="/.well-known/oauth-authorization-server"),
            "metadata": METADATA,
            "token": TOKEN,
            **GRANTED,
        }
    )
    step = scene.begin()
    query = query_of(step.url)
    assert step.url.startswith("https://login.example.org/authorize?bank=1&")
    assert (query["scope"], query["state"], query["response_type"]) == ("AIS:c-1", "st4te", "code")
    assert query["code_challenge_method"] == "S256"
    done = scene.resume(step, state="st4te", code="c0de")
    (sent,) = scene.door.to("token")
    form = query_of(f"?{sent.body.decode()}")
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == query["code_challenge"]
    assert sent.url == METADATA["token_endpoint"]
    assert form["redirect_uri"] == query["redirect_uri"] == REQUEST.return_url
    assert done.access.access_token.reveal() == "t1"
    assert done.access.expires_at == NOW + timedelta(seconds=300)
    (listed,) = scene.door.to("getAccounts")
    assert listed.headers["Authorization"] == "Bearer t1"


def test_a_token_endpoint_elsewhere_gets_no_code():
    elsewhere = {**METADATA, "token_endpoint": "https://evil.example.org/token"}
    scene = Scene({"createConsent": consent(scaOAuth="/meta"), "metadata": elsewhere})
    with pytest.raises(errors.BankAnsweredNonsense, match="token_endpoint"):
        scene.begin()


def test_an_oauth_refusal_is_the_persons():
    scene = Scene({"createConsent": consent(scaOAuth="/meta"), "metadata": METADATA})
    with pytest.raises(errors.SignInCancelled):
        scene.resume(scene.begin(), state="st4te", error="access_denied")


PRE_STEP = {
    "oauth": OAuth.PRE_STEP,
    "authorize_url": "https://hub.example.org/authorize",
    "token_url": "https://hub.example.org/token",
}


def test_a_token_before_the_consent_means_two_redirects():
    scene = Scene(
        {"createConsent": consent(200, scaRedirect=PAGE), "token": TOKEN, **GRANTED},
        REDSYS,
        **PRE_STEP,
    )
    first = scene.begin()
    assert query_of(first.url)["scope"] == "AIS"
    second = scene.resume(first, state="st4te", code="c0de")
    assert isinstance(second, Redirect)
    assert second.url == PAGE
    done = scene.resume(second, state="st4te")
    assert done.access.refresh_token.reveal() == "r1"
    (token,) = scene.door.to("token")
    assert token.body == b""
    assert query_of(token.url)["code"] == "c0de"
    after = scene.door.sent[1:]
    assert all(sent.headers["Authorization"] == "Bearer t1" for sent in after)


def test_a_renewed_access_has_the_new_pair_of_tokens():
    scene = Scene({"token": {**TOKEN, "access_token": "t2", "refresh_token": "r2"}}, **PRE_STEP)
    old = replace(ACCESS, refresh_token=Secret("r1"), access_token=Secret("t1"))
    fresh = asyncio.run(scene.connector.renew(old, None))
    assert (fresh.access_token.reveal(), fresh.refresh_token.reveal()) == ("t2", "r2")
    assert fresh.memory == old.memory
    (sent,) = scene.door.to("token")
    assert "PSU-IP-Address" not in sent.headers


@pytest.mark.parametrize(("status", "code"), [(400, "INVALID_GRANT"), (401, "TOKEN_EXPIRED")])
def test_a_dead_refresh_token_ends_the_access(status, code):
    scene = Scene({"token": refused(status, code)}, **PRE_STEP)
    for access in (ACCESS, replace(ACCESS, refresh_token=Secret("r1"))):
        with pytest.raises(errors.BankAccessEnded):
            asyncio.run(scene.connector.renew(access, None))


# --- the second authorisation ---------------------------------------------------------------------
FORCED = replace(REQUEST, force_sca=True)


def test_older_history_takes_a_second_authorisation_where_the_bank_wants_one():
    more = {
        "authorise": authorisation(links={"scaRedirect": "https://login.example.org/again"}),
        "getScaStatus": authorisation("finalised"),
    }
    scene, first = at_redirect(more, history_extra_sca=True)
    second = scene.resume(first, FORCED, state="st4te")
    assert isinstance(second, Redirect)
    assert second.url == "https://login.example.org/again"
    done = scene.resume(second, FORCED, state="st4te")
    assert isinstance(done, Done)
    assert done.access.memory["extra_sca"]


@pytest.mark.parametrize(
    "asked",
    [REQUEST, replace(REQUEST, repeated=True), replace(REQUEST, force_sca=True, history_days=90)],
    ids=["not wished", "not wished, for later sessions", "wished, but nothing older is asked for"],
)
def test_a_second_authorisation_is_asked_for_only_where_it_is_wished_and_needed(asked):
    scene, first = at_redirect(history_extra_sca=True)
    done = scene.resume(first, asked, state="st4te")
    assert isinstance(done, Done)
    assert "extra_sca" not in done.access.memory
    assert scene.door.to("authorise") == []


def test_a_refused_second_authorisation_leaves_the_first_good():
    more = {"authorise": refused(409, "STATUS_INVALID")}
    scene, first = at_redirect(more, history_extra_sca=True)
    done = scene.resume(first, FORCED, state="st4te")
    assert "extra_sca" not in done.access.memory


# --- relatives ------------------------------------------------------------------------------------
def test_sibs_names_its_headers_otherwise():
    scene = Scene({"createConsent": consent(scaRedirect=PAGE)}, SIBS, version="v1-0-3")
    scene.begin()
    (sent,) = scene.door.sent
    assert sent.url == ("https://api.example.org/psd2/v1-0-3/consents?tppRedirectPreferred=true")
    assert sent.headers["TPP-Request-ID"] == sent.headers["TPP-Transaction-ID"]
    assert "X-Request-ID" not in sent.headers
    assert sent.headers["Date"] == "Mon, 02 Mar 2026 10:30:15 GMT"
