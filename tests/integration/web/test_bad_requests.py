"""Bodies, methods and paths that are not served, and what every refusal keeps to."""

from __future__ import annotations

import json

import pytest

from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.integration.web.scene import (
    DATA,
    FORM_TYPE,
    IMPORT,
    JSON_TYPE,
    MOCK,
    START,
    STATUS,
    UNKNOWN,
    Row,
    Scene,
    judge,
)

ROWS: dict[str, Row] = {
    # bodies
    "body too large": (lambda s: s.raw(IMPORT, b"a=" + b"x" * 65_535), 413, "PayloadTooLarge"),
    "JSON body too large": (
        lambda s: s.raw(START, b'{"a":"' + b"x" * 65_600 + b'"}', JSON_TYPE),
        413,
        "PayloadTooLarge",
    ),
    "content type of a picture": (
        lambda s: s.raw(IMPORT, b"a=b", {"Content-Type": "image/png"}),
        415,
        "UnsupportedMediaType",
    ),
    "content type XML": (
        lambda s: s.raw(START, b"<a/>", {"Content-Type": "application/xml"}),
        415,
        "UnsupportedMediaType",
    ),
    "content type multipart": (
        lambda s: s.raw(MOCK, b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}),
        415,
        "UnsupportedMediaType",
    ),
    "compressed body": (
        lambda s: s.raw(MOCK, b"\x1f\x8b", FORM_TYPE | {"Content-Encoding": "gzip"}),
        415,
        "UnsupportedMediaType",
    ),
    "form not UTF-8": (lambda s: s.raw(MOCK, b"login=%ff"), 400, "InvalidParameter"),
    "raw form not UTF-8": (lambda s: s.raw(MOCK, b"login=\xff"), 400, "InvalidParameter"),
    "form with a NUL": (lambda s: s.raw(MOCK, b"login=%00"), 400, "InvalidParameter"),
    "query not UTF-8": (
        lambda s: s.api.call("GET", DATA + "?ownerExternalId=%C3%28"),
        400,
        "InvalidParameter",
    ),
    "JSON not UTF-8": (lambda s: s.raw(START, b'{"a":"\xff"}', JSON_TYPE), 400, "InvalidParameter"),
    "JSON broken": (lambda s: s.raw(START, b'{"a":', JSON_TYPE), 400, "InvalidParameter"),
    "JSON not an object": (lambda s: s.raw(START, b"[1]", JSON_TYPE), 400, "InvalidParameter"),
    "JSON deep": (
        lambda s: s.raw(START, b'{"a":' * 9_000 + b"1" + b"}" * 9_000, JSON_TYPE),
        400,
        "InvalidParameter",
    ),
    "JSON with a lone surrogate": (
        lambda s: s.raw(START, b'{"ownerExternalId":"\\ud83d"}', JSON_TYPE),
        400,
        "InvalidParameter",
    ),
    "too many parameters": (
        lambda s: s.raw(MOCK, "&".join(f"a{n}=1" for n in range(1001)).encode()),
        400,
        "InvalidParameter",
    ),
    # methods and paths
    "GET where POST is served": (lambda s: s.get(IMPORT), 405, "MethodNotAllowed"),
    "POST where GET is served": (
        lambda s: s.post(f"/v1/command/{UNKNOWN}.xml"),
        405,
        "MethodNotAllowed",
    ),
    "PUT": (lambda s: s.api.call("PUT", DATA), 405, "MethodNotAllowed"),
    "PATCH": (lambda s: s.api.call("PATCH", DATA), 405, "MethodNotAllowed"),
    "OPTIONS": (lambda s: s.api.call("OPTIONS", DATA), 405, "MethodNotAllowed"),
    "TRACE": (lambda s: s.api.call("TRACE", DATA), 405, "MethodNotAllowed"),
    "POST on health": (lambda s: s.post("/v1/health"), 405, "MethodNotAllowed"),
    "path unknown": (lambda s: s.get("/v1/nothing"), 404, "NotFound"),
    "path of later": (lambda s: s.get("/v1/owner-scores.xml"), 404, "NotFound"),
    "root of the API": (lambda s: s.get("/v1/"), 404, "NotFound"),
    "slash at the end": (lambda s: s.get("/v1/data.xml/"), 404, "NotFound"),
    "path in another case": (lambda s: s.get("/V1/data.xml"), 404, "NotFound"),
    "path that climbs": (lambda s: s.get("/v1/../etc/passwd"), 404, "NotFound"),
    "schema unknown": (lambda s: s.get("/schema/v1/nothing.xsd"), 404, "NotFound"),
    "schema that climbs": (lambda s: s.get("/schema/v1/..%2F..%2Fforms.py.xsd"), 404, "NotFound"),
    "slashes collapse to an unknown path": (lambda s: s.get("//v1///nothing"), 404, "NotFound"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_bad_input_gets_its_name_and_status(api: CheckedApi, row: Row):
    judge(api, row)


def test_a_refusal_quotes_nothing_that_was_sent(api: CheckedApi):
    marks = ("planted-7f3a", "<planted>", "plan\u0142ted")
    for mark in marks:
        for do in (
            lambda s, m=mark: s.starts(target=m),
            lambda s, m=mark: s.starts(accessMode=m),
            lambda s, m=mark: s.starts(redirectUri=m),
            lambda s, m=mark: s.imports(since=m),
            lambda s, m=mark: s.imports(m),
            lambda s, m=mark: s.imports(signature=m),
            lambda s, m=mark: s.get(DATA, ownerExternalId=m),
            lambda s, m=mark: s.post(MOCK, country=m),
            lambda s, m=mark: s.post(MOCK, login=m),
            lambda s, m=mark: s.get(STATUS, redirectionId=m),
        ):
            reply = do(Scene(api))
            assert reply.status in {400, 404}
            message = (
                reply.json["exception"]["message"]
                if reply.headers["content-type"] == "application/json"
                else reply.xml.findtext("exception/message")
            )
            assert "lanted" not in message
            assert "łted" not in message


def test_errors_come_in_the_dialect_asked_for(api: CheckedApi):
    for path in (f"/v1/command/{UNKNOWN}.xml", "/v1/nothing"):
        reply = api.call("GET", path, accept="application/json")
        assert reply.headers["content-type"] == "application/json"
        assert json.loads(reply.body)["status"] == "404 Not Found"
        assert api.call("GET", path).headers["content-type"].startswith("application/xml")
    native = api.call("GET", STATUS, accept="application/xml")
    assert native.headers["content-type"] == "application/json"
    classic = api.call("GET", DATA, accept="application/json")
    assert classic.headers["content-type"].startswith("application/xml")


def test_a_wrong_method_names_the_right_ones(api: CheckedApi):
    allowed = {path: api.call("PUT", path).headers["allow"].split(", ") for path in (DATA, IMPORT)}
    assert set(allowed[DATA]) - {"HEAD"} == {"GET", "DELETE"}
    assert allowed[IMPORT] == ["POST"]


def test_nothing_of_this_kept_the_platform_from_serving(world: World, api: CheckedApi):
    assert api.call("GET", "/v1/health").json == {"status": "OK"}
    assert api.finished(api.mock_session()).status == 200
