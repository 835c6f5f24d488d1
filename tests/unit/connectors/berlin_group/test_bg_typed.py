"""Values typed on our own pages and confirmations elsewhere: sent on at once, kept nowhere."""

from __future__ import annotations

import base64

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Ask, Done, Redirect, Wait
from opensaldo.connectors.road import Approach
from tests.unit.connectors.berlin_group.scene import (
    GRANTED,
    Scene,
    authorisation,
    body_of,
    consent,
    refused,
)

PAGE = "https://login.example.org/sign-in?x=1"
EMBEDDED = {"approaches": (Approach.EMBEDDED,)}
DECOUPLED = {"approaches": (Approach.DECOUPLED,)}


# --- decoupled ------------------------------------------------------------------------------------
def test_a_decoupled_bank_is_told_who_the_person_is_and_polled():
    scene = Scene(
        {
            "createConsent": consent(approach="DECOUPLED", scaStatus="/v1/consents/c-1/z"),
            "getScaStatus": [
                authorisation("started", psuMessage="Look at your phone"),
                authorisation("finalised"),
            ],
            **GRANTED,
        },
        **DECOUPLED,
    )
    ask = scene.begin()
    assert isinstance(ask, Ask)
    assert not scene.door.sent
    wait = scene.resume(ask, login="12345")
    assert isinstance(wait, Wait)
    assert "12345" not in str(wait.memory)
    (made,) = scene.door.to("createConsent")
    assert made.headers["PSU-ID"] == "12345"
    assert made.headers["TPP-Redirect-Preferred"] == "false"
    assert made.headers["TPP-Decoupled-Preferred"] == "true"
    again = scene.resume(wait)
    assert isinstance(again, Wait)
    assert again.text == "Look at your phone"
    assert isinstance(scene.resume(again), Done)


def test_a_failed_confirmation_ends_the_sign_in():
    scene = Scene(
        {"createConsent": consent(approach="DECOUPLED", scaStatus="/z"),
         "getScaStatus": authorisation("failed", psuMessage="InvalidCredentials")},
    )  # fmt: skip
    with pytest.raises(errors.InvalidCredentials):
        scene.resume(scene.begin())


@pytest.mark.parametrize("login", ["", "  ", "ł", "a\nb"])
def test_a_login_that_no_header_can_carry_is_not_sent(login):
    scene = Scene({}, **DECOUPLED)
    with pytest.raises(errors.InvalidCredentials):
        scene.resume(scene.begin(), login=login)


# --- embedded -------------------------------------------------------------------------------------
START = {"startAuthorisationWithPsuAuthentication": "/v1/consents/c-1/authorisations"}
STEP = "/v1/consents/c-1/authorisations/z-1"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()


def test_secrets_are_typed_here_only_where_that_is_switched_on():
    with pytest.raises(errors.UnsupportedLoginMethod):
        Scene({"createConsent": consent(**START)}).begin()


def test_a_redirect_is_taken_even_where_secrets_could_be_typed():
    scene = Scene({"createConsent": consent(scaRedirect=PAGE, **START)}, **EMBEDDED)
    assert isinstance(scene.begin(), Redirect)


def test_password_method_and_code_are_sent_on_and_forgotten():
    methods = [
        {"authenticationType": "SMS_OTP", "authenticationMethodId": "1", "name": "SMS"},
        {"authenticationType": "PHOTO_OTP", "authenticationMethodId": "2"},
    ]
    challenge = {"image": PNG, "otpMaxLength": 6, "additionalInformation": "Look<br>here"}
    scene = Scene(
        {
            "createConsent": consent(**START),
            "authorise": [
                authorisation(
                    "psuAuthenticated",
                    scaMethods=methods,
                    links={"selectAuthenticationMethod": STEP},
                ),
                authorisation(
                    "scaMethodSelected",
                    challengeData=challenge,
                    links={"authoriseTransaction": STEP},
                ),
                authorisation("finalised"),
            ],
            **GRANTED,
        },
        **EMBEDDED,
    )
    first = scene.begin()
    assert [field.name for field in first.fields] == ["login", "password"]
    second = scene.resume(first, login="me", password="s3cret")
    assert second.fields[0].options == (("1", "SMS"), ("2", "PHOTO_OTP"))
    third = scene.resume(second, method="2")
    assert (third.picture_type, third.text) == ("image/png", "Look here")
    assert third.fields[0].characters_max == 6
    for step in (second, third):
        assert not {"me", "s3cret"} & set(step.memory.values())
    assert isinstance(scene.resume(third, code=" 123456 "), Done)
    started, chosen, confirmed = scene.door.to("authorise")
    assert (started.method, started.headers["PSU-ID"]) == ("POST", "me")
    assert body_of(started) == {"psuData": {"password": "s3cret"}}
    assert (chosen.method, body_of(chosen)) == ("PUT", {"authenticationMethodId": "2"})
    assert body_of(confirmed) == {"scaAuthenticationData": "123456"}
    assert "PSU-ID" not in confirmed.headers


def test_a_wrong_code_is_the_persons():
    scene = Scene(
        {
            "createConsent": consent(authoriseTransaction=STEP),
            "authorise": refused(401, "PSU_CREDENTIALS_INVALID"),
        },
        **EMBEDDED,
    )
    with pytest.raises(errors.InvalidCredentials):
        scene.resume(scene.begin(), code="1")
