"""Reading what a request says."""

from __future__ import annotations

import json
from datetime import date
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.errors import (
    InvalidParameter,
    InvalidSessionId,
    InvalidSince,
    UnsupportedMediaType,
)
from opensaldo.wire.params import ALIASES, FORM, PARAMS_MAX, Params

JSON = "application/json"
SECOND_NAMES = [(first, second) for first, seconds in ALIASES.items() for second in seconds]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


# --- forms ---------------------------------------------------------------------------------------
def test_the_query_hides_the_same_name_in_the_body():
    params = Params.read(b"since=2026-01-01", b"since=2026-02-02&sessionId=50100011", FORM)
    assert params.text("since") == "2026-01-01"
    assert params.text("sessionId") == "50100011"


def test_an_empty_query_value_lets_the_body_speak():
    assert Params.read(b"since=", b"since=2026-02-02", FORM).text("since") == "2026-02-02"


def test_a_body_without_content_type_is_a_form():
    assert Params.read(b"", b"a=b").text("a") == "b"


def test_the_content_type_may_have_parameters_and_capitals():
    body, kind = b"a=b", "Application/X-WWW-Form-Urlencoded; charset=UTF-8"
    assert Params.read(b"", body, kind).text("a") == "b"


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", "nonsense", " "])
def test_other_content_types_are_refused(kind: str):
    with pytest.raises(UnsupportedMediaType):
        Params.read(b"", b"a=b", kind)


def test_the_content_type_of_no_body_does_not_matter():
    assert Params.read(b"a=b", b"", "multipart/form-data").text("a") == "b"


def test_plus_is_a_blank_and_stray_ampersands_are_nothing():
    params = Params.read(b"&&ownerExternalId=a+b%2Bc&x&&")
    assert params.text("ownerExternalId") == "a b+c"
    assert params.has("x")
    assert params.text("x") is None


@given(st.dictionaries(TEXTS.filter(lambda name: name not in sum(SECOND_NAMES, ())), TEXTS))
def test_every_form_comes_back(sent: dict[str, str]):
    params = Params.read(urlencode(sent).encode())
    assert {name: params.text(name) or "" for name in sent} == sent


@pytest.mark.parametrize("data", [b"a=%ff", b"%ff=a", b"a=\xff", b"a=%c3", b"a=%ed%a0%80"])
def test_what_is_not_utf8_is_refused_by_place(data: bytes):
    with pytest.raises(InvalidParameter, match=r"^The query is not valid UTF-8\.$"):
        Params.read(data)
    with pytest.raises(InvalidParameter, match=r"^The body is not valid UTF-8\.$"):
        Params.read(b"", data)


@pytest.mark.parametrize("data", [b"a=%00", b"%00=a", b"a=\0"])
def test_nul_characters_are_refused_by_place(data: bytes):
    with pytest.raises(InvalidParameter, match=r"^The query holds a NUL character\.$"):
        Params.read(data)


def test_too_many_parameters_are_refused():
    many = b"&".join([b"a=b"] * (PARAMS_MAX + 1))
    with pytest.raises(InvalidParameter, match="more than 1000"):
        Params.read(many)
    assert Params.read(many[4:]).text("a") == "b"


# --- JSON ----------------------------------------------------------------------------------------
def test_a_json_body_means_what_the_form_would():
    document = {"a": "text", "b": 50100011, "c": 1.50, "d": True, "e": False, "f": None}
    body = json.dumps(document).replace("1.5", "1.50").encode()
    params = Params.read(b"", body, f"{JSON}; charset=utf-8")
    assert [params.text(name) for name in "abcdef"] == [
        "text", "50100011", "1.50", "true", "false", None,
    ]  # fmt: skip


def test_the_members_of_the_group_count_as_parameters():
    body = b'{"psd2":{"accessMode":"MULTIPLE","forceSca":true},"styles":{"textColor":"red"}}'
    query = b"psd2[accessMode]=MULTIPLE&psd2%5BforceSca%5D=true&styles[textColor]=red"
    for params in (Params.read(b"", body, JSON), Params.read(query)):
        assert params.text("accessMode") == "MULTIPLE"
        assert params.flag("forceSca")
        assert params.within("styles") == {"textColor": "red"}


def test_other_objects_are_no_parameters():
    assert not Params.read(b"", b'{"other":{"a":"b"}}', JSON).has("other.a")
    assert not Params.read(b"other[a]=b").has("other.a")


@pytest.mark.parametrize("value", ["[]", '"x"', "1", "false"])
def test_the_group_must_be_an_object(value: str):
    with pytest.raises(InvalidParameter, match="psd2"):
        Params.read(b"", f'{{"psd2":{value}}}'.encode(), JSON)


def test_a_group_that_is_null_was_not_sent():
    assert not Params.read(b"", b'{"psd2":null}', JSON).has("accessMode")


@pytest.mark.parametrize("value", ["[]", '["x"]', '{"deep":{"deeper":1}}'])
def test_what_is_not_one_plain_value_fails_only_when_it_is_wanted(value: str):
    params = Params.read(b"", f'{{"outer":{value},"good":"x"}}'.encode(), JSON)
    assert params.text("good") == "x"
    with pytest.raises(InvalidParameter, match=r"^The parameter outer must have one plain value"):
        params.text("outer")


MALFORMED = [b"{", b"", b"nul", b'{"a":"\\ud800"}', b'{"a":"\xff"}', b"[" * 10**5, b'{"a":9e}']


@pytest.mark.parametrize("body", [body for body in MALFORMED if body])
def test_malformed_json_is_refused(body: bytes):
    with pytest.raises(InvalidParameter, match="not valid JSON"):
        Params.read(b"", body, JSON)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"a=b"', b"null"])
def test_json_that_is_no_object_is_refused(body: bytes):
    with pytest.raises(InvalidParameter, match="must be a JSON object"):
        Params.read(b"", body, JSON)


@pytest.mark.parametrize("body", [b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'{"\\u0000":[]}'])
def test_nul_characters_in_json_are_refused(body: bytes):
    with pytest.raises(InvalidParameter, match=r"^The body holds a NUL character\.$"):
        Params.read(b"", body, JSON)


def test_too_many_members_are_refused():
    body = json.dumps(dict.fromkeys(map(str, range(PARAMS_MAX + 1)), 1)).encode()
    with pytest.raises(InvalidParameter, match="more than 1000"):
        Params.read(b"", body, JSON)


# --- names side by side --------------------------------------------------------------------------
@pytest.mark.parametrize(("first", "second"), SECOND_NAMES)
@given(value=TEXTS.filter(bool))
def test_second_names_mean_the_first(first: str, second: str, value: str):
    params = Params.read(f"{quote(second)}={quote(value)}".encode())
    assert params.text(first) == params.text(second) == value
    assert params.has(first)
    assert params.has(second)


@pytest.mark.parametrize(("first", "second"), SECOND_NAMES)
def test_two_names_must_agree(first: str, second: str):
    one, other = f"{quote(first)}=secret1", f"{quote(second)}=secret2"
    for query, body in ((f"{one}&{other}", ""), (one, other), (other, one)):
        with pytest.raises(InvalidParameter) as caught:
            Params.read(query.encode(), body.encode())
        assert first in caught.value.message
        assert second in caught.value.message
        assert "secret" not in caught.value.message


@pytest.mark.parametrize(("first", "second"), SECOND_NAMES)
def test_two_names_that_agree_are_one(first: str, second: str):
    assert Params.read(f"{quote(first)}=v&{quote(second)}=v".encode()).text(first) == "v"
    assert Params.read(f"{quote(first)}=&{quote(second)}=v".encode()).text(first) == "v"
    assert Params.read(f"{quote(first)}=v&{quote(second)}=".encode()).text(first) == "v"


def test_the_session_id_is_no_name_of_the_redirection_id():
    params = Params.read(b"redirectionId=a&sessionId=b")
    assert (params.text("redirectionId"), params.text("sessionId")) == ("a", "b")


# --- asking --------------------------------------------------------------------------------------
def test_a_name_sent_twice_with_different_values_fails_only_when_it_is_wanted():
    params = Params.read(b"since=a&since=b&good=x&good=x&good=")
    assert params.text("good") == "x"
    with pytest.raises(InvalidParameter, match=r"^The parameter since must have one plain value"):
        params.text("since")


def test_an_empty_text_counts_as_not_sent_but_was_sent():
    params = Params.read(b"ownerExternalId=")
    assert params.text("ownerExternalId") is None
    assert params.has("externalOwnerId")
    assert not params.has("sessionId")


def test_what_is_required_must_be_there():
    params = Params.read(b"a=b")
    assert params.required("a") == "b"
    with pytest.raises(InvalidParameter, match=r"^The parameter sessionId is required\.$"):
        params.required("sessionId")
    with pytest.raises(InvalidSessionId):
        params.required("sessionId", InvalidSessionId)


def test_flags_are_true_or_false():
    params = Params.read(b"yes=true&no=false&bad=True")
    assert params.flag("yes") is True
    assert params.flag("no", default=True) is False
    assert params.flag("absent") is False
    assert params.flag("absent", default=True) is True
    with pytest.raises(InvalidParameter, match=r"^The parameter bad must be true or false\.$"):
        params.flag("bad")


@given(st.dates())
def test_days_come_back(day: date):
    assert Params.read(f"since={day.isoformat()}".encode()).day("since") == day


BAD_DAYS = [
    "2026-02-29", "2026-2-1", "20260201", "0000-01-01", "2026-W01-1", "2026-01-01T00:00:00",
    "٢٠٢٦-٠١-٠١", " 2026-01-01", "2026-01-01\n",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_DAYS)
def test_other_days_are_refused_without_quoting_them(text: str):
    params = Params.read(urlencode({"since": text, "maxImportDate": text}).encode())
    with pytest.raises(InvalidSince) as caught:
        params.day("since")
    assert caught.value.message == "The parameter since must be a date (YYYY-MM-DD)."
    with pytest.raises(InvalidParameter) as other:
        params.day("maxImportDate")
    assert type(other.value) is InvalidParameter
    with pytest.raises(InvalidSessionId):
        params.day("since", InvalidSessionId)


def test_no_day_is_no_day():
    assert Params.read(b"since=").day("since") is None


def test_the_repr_shows_nothing():
    assert "secret" not in repr(Params.read(b"apiKey=secret"))
