"""The forms of ids, Accept headers, signatures and moments."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo import errors
from opensaldo.wire import forms, times
from opensaldo.wire.negotiate import wants_json
from opensaldo.wire.signature import multiple_access_id, sign_session, signature_matches

# --- ids -----------------------------------------------------------------------------------------
GOOD = [
    (forms.session_id, "5010001"),
    (forms.session_id, "501000111"),
    (forms.command_id, "70100012"),
    (forms.signature, "0123456789abcdef" * 4),
    (forms.redirection_id, "6c802c6c50268620ce8fed860acb4bdd"),
    (forms.multiple_access_id, "b5" * 32),
]
BAD = [
    (forms.session_id, "501000", errors.InvalidSessionId),
    (forms.session_id, "5010001111", errors.InvalidSessionId),
    (forms.session_id, "5010001\n", errors.InvalidSessionId),
    (forms.session_id, "٥٠١٠٠٠١", errors.InvalidSessionId),
    (forms.command_id, "-7010001", errors.InvalidCommandId),
    (forms.signature, "AB" * 32, errors.InvalidSessionIdSignature),
    (forms.signature, "ab" * 31, errors.InvalidSessionIdSignature),
    (forms.redirection_id, "g" * 32, errors.InvalidRedirectionId),
    (forms.multiple_access_id, "b5" * 33, errors.InvalidMultipleAccessId),
]


@pytest.mark.parametrize(("check", "text"), GOOD)
def test_good_ids_come_back(check: Callable[[str], str], text: str):
    assert check(text) == text


@pytest.mark.parametrize(("check", "text", "error"), BAD)
def test_bad_ids_have_their_own_errors(check, text, error):
    with pytest.raises(error):
        check(text)


@pytest.mark.parametrize(
    "text", ["a", " ", " padded ", "Żółw №1", "x" * 255, "😀" * 255, "a\u2028b"]
)
def test_owner_ids_are_kept_as_they_are(text: str):
    assert forms.owner_external_id(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "x" * 256, "a\nb", "\t", "\x00", "\x1f", "\x7f", "\x80", "\x9f", "\ud800", "\uffff"],
)
def test_owner_ids_that_no_reply_can_carry_are_refused(text: str):
    with pytest.raises(errors.InvalidOwnerExternalId) as caught:
        forms.owner_external_id(text)
    assert caught.value.http_status == 400


# --- the dialect ---------------------------------------------------------------------------------
XML_ACCEPTS = [
    None,
    "",
    "*/*",
    "application/json, text/plain, */*",  # axios
    "text/plain, application/json, */*",  # Spring's RestTemplate
    "application/xml",
    "text/html",
    "application/json;q=0",
    "application/json;q=0.000",
    "application/json, application/xml",
    "application/json;q=0.5, text/xml;q=0.5",
    "application/json;q=0.5, application/*;q=0.501",
    "application/json;q=2",
    "application/json;q=0.1234",
    "application/json;q=",
    "application/json;q=-1",
    "application/json;q=1.001",
    "application/json;q",
    "application/json nonsense",
    "application/json, ;",
    "application",
    "application/json/xml",
    "application/jsonp",
    "application/json," + " " * 9000,
]
JSON_ACCEPTS = [
    "application/json",
    "Application/JSON",
    " application/json ",
    "application/json;charset=utf-8",
    'application/json;profile="a,b;q=0";q=0.5',
    "application/json; q=0.5 , */*;q=0.4",
    "application/json;Q=1.000",
    "application/json;q=0.001",
    "application/json;q=1.",
    "application/json, */*;q=0",
    "application/json, text/plain",
    "application/json;q=0.2, application/json, */*;q=0.9",
    ",, application/json ,",
    "application/json, text/*",
]


@pytest.mark.parametrize("accept", XML_ACCEPTS)
def test_xml_is_the_default_dialect(accept: str | None):
    assert not wants_json(accept)


@pytest.mark.parametrize("accept", JSON_ACCEPTS)
def test_json_is_for_those_who_ask_for_it(accept: str):
    assert wants_json(accept)


@given(st.text())
def test_no_header_is_too_strange(accept: str):
    assert wants_json(accept) in (True, False)


WEIGHTS = st.integers(0, 1000)


@given(WEIGHTS, st.lists(st.tuples(st.sampled_from(["*/*", "application/*", "text/xml"]), WEIGHTS)))
def test_json_must_outweigh_every_way_of_saying_xml(weight: int, others: list[tuple[str, int]]):
    ranges = [("application/json", weight), *others]
    accept = ",".join(f"{name};q={q // 1000}.{q % 1000:03}" for name, q in ranges)
    assert wants_json(accept) == (weight > 0 and all(q < weight for _, q in others))


# --- signatures ----------------------------------------------------------------------------------
def test_the_signature_is_the_keyed_hash_of_the_session_id():
    expected = hmac.new(b"secret", b"50100011", hashlib.sha256).hexdigest()
    assert sign_session(b"secret", "50100011") == expected
    assert forms.SIGNATURE.fullmatch(expected)


def test_a_signature_matches_its_own_session_and_secret_only():
    signed = sign_session(b"secret", "50100011")
    assert signature_matches(b"secret", "50100011", signed)
    assert not signature_matches(b"secret", "50100012", signed)
    assert not signature_matches(b"other", "50100011", signed)
    assert not signature_matches(b"secret", "50100011", signed.upper())


@given(st.text(), st.text())
def test_no_text_breaks_the_comparison(session_id: str, signature: str):
    assert not signature_matches(b"secret", session_id, signature)


@given(st.text())
def test_a_multiple_access_id_is_never_a_session_signature(consent_id: str):
    access = multiple_access_id(b"secret", consent_id)
    assert forms.MULTIPLE_ACCESS_ID.fullmatch(access)
    assert access != sign_session(b"secret", consent_id)


# --- moments -------------------------------------------------------------------------------------
def test_moments_are_written_in_utc():
    warsaw = timezone(timedelta(hours=1))
    at = datetime(2026, 3, 2, 11, 15, 30, 999, tzinfo=warsaw)
    assert times.whole_seconds(at) == "2026-03-02T10:15:30Z"
    assert times.microseconds(at) == "2026-03-02T10:15:30.000999Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_come_back(at: datetime):
    text = times.microseconds(at)
    assert len(text) == 27
    assert datetime.fromisoformat(text) == at


@pytest.mark.parametrize("write", [times.whole_seconds, times.microseconds])
def test_a_moment_without_its_offset_is_refused(write: Callable[[datetime], str]):
    with pytest.raises(ValueError, match="offset"):
        write(datetime(2026, 3, 2))  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize("accept", ["\n", "application/json\n", " \n ", ",\n"])
def test_a_line_end_in_the_header_is_malformed_and_ends_the_reading(accept: str):
    assert wants_json(accept) is False
