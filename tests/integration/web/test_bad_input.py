"""What bad input gets: one row each, the named exception with its status, and nothing more."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.e2e.checked import SHOP, CheckedApi
from tests.e2e.fixtures import World
from tests.support.platform import Reply

IMPORT = "/v1/command/default-import.xml"
MOCK = "/v1/mock-session.xml"
SIGN_OUT = "/v1/command/sign-out.xml"
START = "/v1/signin/redirection"
STATUS = "/v1/signin/redirection-status"
DATA = "/v1/data.xml"
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
JSON_TYPE = {"Content-Type": "application/json"}
UNKNOWN = "987654321"
OTHER_SIGNATURE = "0" * 64


@dataclass
class Scene:
    """What a row may start from."""

    api: CheckedApi
    _pair: tuple[str, str] | None = field(default=None)

    @property
    def pair(self) -> tuple[str, str]:
        self._pair = self._pair or self.api.mock_session()
        return self._pair

    def post(self, path: str, /, **form: str) -> Reply:
        return self.api.call("POST", path, form)

    def get(self, path: str, /, **query: str) -> Reply:
        return self.api.call("GET", path, query=query)

    def imports(self, session_id: str | None = None, signature: str | None = None, **more: str):
        chosen = {
            "sessionId": self.pair[0] if session_id is None else session_id,
            "sessionIdSignature": self.pair[1] if signature is None else signature,
        }
        return self.post(IMPORT, **chosen, **more)

    def starts(self, **body: Any) -> Reply:
        return self.api.call("POST", START, json_body=body)

    def raw(self, path: str, body: bytes, headers: dict[str, str] = FORM_TYPE) -> Reply:
        return self.api.call("POST", path, body=body, headers=headers)


Do = Callable[[Scene], Reply]

ROWS: dict[str, tuple[Do, int, str]] = {
    # session
    "session unknown": (lambda s: s.imports(UNKNOWN, OTHER_SIGNATURE), 404, "InvalidSessionId"),
    "session not a number": (lambda s: s.imports("abc"), 404, "InvalidSessionId"),
    "session too long": (lambda s: s.imports("1" * 400), 404, "InvalidSessionId"),
    "session in other digits": (lambda s: s.imports("١٢٣٤٥٦٧٨٩"), 404, "InvalidSessionId"),
    "session missing": (
        lambda s: s.post(IMPORT, sessionIdSignature=OTHER_SIGNATURE),
        400,
        "InvalidParameter",
    ),
    "session empty": (lambda s: s.imports(""), 400, "InvalidParameter"),
    "session at sign-out": (
        lambda s: s.post(SIGN_OUT, sessionId=UNKNOWN, sessionIdSignature=OTHER_SIGNATURE),
        404,
        "InvalidSessionId",
    ),
    # signature
    "signature of another session": (
        lambda s: s.imports(signature=s.api.mock_session()[1]),
        400,
        "InvalidSessionIdSignature",
    ),
    "signature upper case": (
        lambda s: s.imports(signature="F" + s.pair[1][1:].upper()),
        400,
        "InvalidSessionIdSignature",
    ),
    "signature short": (
        lambda s: s.imports(signature=s.pair[1][:63]),
        400,
        "InvalidSessionIdSignature",
    ),
    "signature not ascii": (
        lambda s: s.imports(signature="ą" * 64),
        400,
        "InvalidSessionIdSignature",
    ),
    "signature missing": (
        lambda s: s.post(IMPORT, sessionId=s.pair[0]),
        400,
        "InvalidParameter",
    ),
    "session not signed in": (
        lambda s: s.imports(*itemgetter("sessionId", "sessionIdSignature")(s.api.started())),
        400,
        "NotSignedIn",
    ),
    # command
    "command unknown": (lambda s: s.get(f"/v1/command/{UNKNOWN}.xml"), 404, "InvalidCommandId"),
    "command not a number": (lambda s: s.get("/v1/command/abc.xml"), 404, "InvalidCommandId"),
    "command negative": (lambda s: s.get("/v1/command/-1.xml"), 404, "InvalidCommandId"),
    "command huge": (lambda s: s.get(f"/v1/command/{'9' * 300}.xml"), 404, "InvalidCommandId"),
    "command with a NUL": (lambda s: s.get("/v1/command/%00.xml"), 404, "InvalidCommandId"),
    "command not UTF-8": (lambda s: s.get("/v1/command/%ff%fe.xml"), 404, "InvalidCommandId"),
    "command is markup": (
        lambda s: s.get("/v1/command/%3Cscript%3E.xml"),
        404,
        "InvalidCommandId",
    ),
    # target, country, access mode
    "target unknown": (lambda s: s.starts(target="NoBank"), 400, "InvalidTarget"),
    "target markup": (lambda s: s.starts(target="<b>&]]>"), 400, "InvalidTarget"),
    "access mode unknown": (lambda s: s.starts(accessMode="TWICE"), 400, "InvalidParameter"),
    "access mode in psd2 unknown": (
        lambda s: s.starts(psd2={"accessMode": "single"}),
        400,
        "InvalidParameter",
    ),
    "country unknown": (lambda s: s.starts(country="de"), 400, "InvalidParameter"),
    "mock country unknown": (lambda s: s.post(MOCK, country="de"), 400, "InvalidParameter"),
    "mock country upper case": (lambda s: s.post(MOCK, country="PL"), 400, "InvalidParameter"),
    "mock multipleAccess": (
        lambda s: s.post(MOCK, multipleAccess="yes"),
        400,
        "InvalidParameter",
    ),
    "mock login too long": (lambda s: s.post(MOCK, login="x" * 101), 400, "InvalidParameter"),
    "mock login with control characters": (
        lambda s: s.post(MOCK, login="test1\r\nX: y"),
        400,
        "InvalidParameter",
    ),
    "catalogue country": (
        lambda s: s.get("/v1/command-catalog.xml", country="de"),
        400,
        "InvalidParameter",
    ),
    "catalogue favicons": (
        lambda s: s.get("/v1/command-catalog.xml", favicons="1"),
        400,
        "InvalidParameter",
    ),
    "ais catalogue country": (
        lambda s: s.get("/v1/ais-catalog", country="xx"),
        400,
        "InvalidParameter",
    ),
    "locale": (lambda s: s.starts(locale="../../etc"), 400, "InvalidParameter"),
    "forceSca": (lambda s: s.starts(forceSca="maybe"), 400, "InvalidParameter"),
    "clientIdentity with line breaks": (
        lambda s: s.starts(clientIdentity="A\nB"),
        400,
        "InvalidParameter",
    ),
    "clientIdentity too long": (
        lambda s: s.starts(clientIdentity="x" * 201),
        400,
        "InvalidParameter",
    ),
    # dates
    "since not a date": (lambda s: s.imports(since="soon"), 400, "InvalidSince"),
    "since in the future": (lambda s: s.imports(since="2026-03-03"), 400, "InvalidSince"),
    "since twice": (
        lambda s: s.raw(
            IMPORT,
            urlencode(
                [
                    ("sessionId", s.pair[0]),
                    ("sessionIdSignature", s.pair[1]),
                    ("since", "2026-01-01"),
                    ("since", "2026-01-02"),
                ]
            ).encode(),
        ),
        400,
        "InvalidParameter",
    ),
    "maxImportDate not a date": (lambda s: s.starts(maxImportDate="x"), 400, "InvalidParameter"),
    # addresses
    "redirectUri relative": (lambda s: s.starts(redirectUri="/return"), 400, "InvalidParameter"),
    "redirectUri script": (
        lambda s: s.starts(redirectUri="javascript:alert(1)"),
        400,
        "InvalidParameter",
    ),
    "redirectUri with a user": (
        lambda s: s.starts(redirectUri="https://a:b@shop.example.com/"),
        400,
        "InvalidParameter",
    ),
    "redirectUri with a line break": (
        lambda s: s.starts(redirectUri=SHOP + "\r\nX-Evil: 1"),
        400,
        "InvalidParameter",
    ),
    "redirectUri without host": (
        lambda s: s.starts(redirectUri="https://"),
        400,
        "InvalidParameter",
    ),
    "redirectUri bad port": (
        lambda s: s.starts(redirectUri="https://shop.example.com:99999/"),
        400,
        "InvalidParameter",
    ),
    "redirectUri too long": (
        lambda s: s.starts(redirectUri=SHOP + "?" + "x" * 2000),
        400,
        "InvalidParameter",
    ),
    # owner
    "owner empty": (lambda s: s.get(DATA, ownerExternalId=""), 400, "InvalidOwnerExternalId"),
    "owner too long": (
        lambda s: s.get(DATA, ownerExternalId="x" * 256),
        400,
        "InvalidOwnerExternalId",
    ),
    "owner with a control character": (
        lambda s: s.get(DATA, ownerExternalId="a\tb"),
        400,
        "InvalidOwnerExternalId",
    ),
    "owner unknown": (
        lambda s: s.get(DATA, ownerExternalId="nobody"),
        404,
        "InvalidOwnerExternalId",
    ),
    "owner missing": (lambda s: s.get(DATA), 400, "InvalidParameter"),
    "owner empty at the mock session": (
        lambda s: s.post(MOCK, ownerExternalId=""),
        400,
        "InvalidOwnerExternalId",
    ),
    "owner bad at the import": (
        lambda s: s.imports(ownerExternalId="x" * 256),
        400,
        "InvalidOwnerExternalId",
    ),
    "owner bad at the redirection": (
        lambda s: s.starts(ownerExternalId="\u0007"),
        400,
        "InvalidOwnerExternalId",
    ),
    "owner unknown at deletion": (
        lambda s: s.api.call("DELETE", DATA, query={"ownerExternalId": "nobody"}),
        404,
        "InvalidOwnerExternalId",
    ),
    "owner unknown at deletion by POST": (
        lambda s: s.api.call("POST", "/v1/data/delete", json_body={"ownerExternalId": "nobody"}),
        404,
        "InvalidOwnerExternalId",
    ),
    # redirection status
    "no id": (lambda s: s.get(STATUS), 400, "InvalidParameter"),
    "redirection unknown": (
        lambda s: s.get(STATUS, redirectionId="0" * 32),
        404,
        "InvalidRedirectionId",
    ),
    "redirection malformed": (
        lambda s: s.get(STATUS, redirectionId="../x"),
        404,
        "InvalidRedirectionId",
    ),
    "redirection's session unknown": (
        lambda s: s.get(STATUS, sessionId=UNKNOWN),
        404,
        "InvalidSessionId",
    ),
    "two ids that do not belong together": (
        lambda s: s.get(
            STATUS,
            redirectionId=s.api.started()["redirectionId"],
            sessionId=s.api.started()["sessionId"],
        ),
        404,
        "InvalidRedirectionId",
    ),
    # poll with a session
    "poll with another session": (
        lambda s: s.get(
            f"/v1/command/{command_id(s)}.xml",
            **dict(zip(("sessionId", "sessionIdSignature"), s.api.mock_session(), strict=True)),
        ),
        404,
        "InvalidSessionId",
    ),
    "poll with a wrong signature": (
        lambda s: s.get(
            f"/v1/command/{command_id(s)}.xml",
            sessionId=s.pair[0],
            sessionIdSignature=OTHER_SIGNATURE,
        ),
        400,
        "InvalidSessionIdSignature",
    ),
    "second import": (
        lambda s: (s.imports(), s.imports())[1],
        400,
        "DefaultImportAlreadyExecuted",
    ),
    "sign-out where there is none": (
        lambda s: s.post(SIGN_OUT, sessionId=s.pair[0], sessionIdSignature=s.pair[1]),
        400,
        "CommandNotAvailable",
    ),
    # names with two forms
    "two names, two values": (
        lambda s: s.get(DATA, ownerExternalId="a", externalOwnerId="b"),
        400,
        "InvalidParameter",
    ),
    "two return addresses": (
        lambda s: s.starts(redirectUri=SHOP, redirectUrl=SHOP + "2"),
        400,
        "InvalidParameter",
    ),
    "two access modes": (
        lambda s: s.starts(accessMode="SINGLE", psd2={"accessMode": "MIXED"}),
        400,
        "InvalidParameter",
    ),
    "one name twice": (
        lambda s: s.api.call("GET", DATA + "?ownerExternalId=a&ownerExternalId=b"),
        400,
        "InvalidParameter",
    ),
    "a list where a text belongs": (
        lambda s: s.starts(target=["KontoBankApi"]),
        400,
        "InvalidParameter",
    ),
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


def command_id(scene: Scene) -> str:
    accepted = scene.imports()
    command = accepted.xml.find("command")
    assert command is not None
    return command.attrib["id"]


@pytest.mark.parametrize(("do", "status", "name"), ROWS.values(), ids=ROWS)
def test_bad_input_gets_its_name_and_status(api: CheckedApi, do: Do, status: int, name: str):
    reply = do(Scene(api))
    assert (reply.status, reply.exception) == (status, name)


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
