"""The way of every request, without a server: slashes, bodies, keys, failures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from opensaldo import errors
from opensaldo.domain.secret import Secret
from opensaldo.engine.admission import Caller
from opensaldo.web.common import BODY_BYTES_MAX, Call, Dialect, Handler, Resource, answer
from opensaldo.web.entrance import REQUEST_ID, single_slashes
from opensaldo.web.settings import Front
from tests.support import xsd
from tests.support.builders import a_client

NOW = datetime(2026, 3, 2, 10, 15, 30, 999_999, tzinfo=UTC)
FORM = (b"content-type", b"application/x-www-form-urlencoded")


@dataclass
class OpenGate:
    """Lets everybody in who shows a key, and remembers which and from where."""

    spent_up: bool = False
    keys: list[str | None] = field(default_factory=list)

    async def admit(self, key: Secret | None, address: str) -> Caller:
        self.keys.append(key and key.reveal())
        if key is None:
            raise errors.Unauthorized
        return Caller(client=a_client(), networks=(), products=frozenset())

    async def spend(self, client_id: str) -> None:
        if self.spent_up:
            raise errors.TooManyRequests(retry_after_s=17)


def a_front(gate: OpenGate) -> Front:
    return Front(
        platform=SimpleNamespace(clock=lambda: NOW),  # type: ignore[arg-type]
        gate=gate,  # type: ignore[arg-type]
        public_url="https://api.example.org",
        signin_url="https://signin.example.org",
        docs_url="https://docs.example.org",
        portal_url="https://portal.example.org",
        support_mail="support@example.com",
    )


def answered(
    handler: Handler,
    *,
    method: str = "GET",
    query: bytes = b"",
    body: Iterable[bytes] = (),
    headers: Iterable[tuple[bytes, bytes]] = (),
    dialect: Dialect = Dialect.XML,
    gate: OpenGate | None = None,
    key: bytes | None = b"k" * 64,
    keyless: bool = False,
) -> Response:
    """What a path with this handler answers to one request."""
    pieces = list(body)
    sent = [*headers, *([(b"x-api-key", key)] if key is not None else [])]
    if pieces:
        sent.append((b"transfer-encoding", b"chunked"))
    messages = [
        {"type": "http.request", "body": piece, "more_body": place < len(pieces) - 1}
        for place, piece in enumerate(pieces)
    ] or [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    scope = {
        "type": "http",
        "method": method,
        "path": "/v1/thing.xml",
        "query_string": query,
        "headers": sent,
        "client": ("192.0.2.7", 5000),
        REQUEST_ID: "0" * 32,
    }
    resource = Resource(
        path="/v1/thing.xml",
        dialect=dialect,
        handlers={"GET": handler, "POST": handler},
        keyless=keyless,
    )
    front = a_front(gate or OpenGate())
    return asyncio.run(answer(front, resource, Request(scope, receive)))


def raising(error: Exception) -> Handler:
    async def handler(_call: Call) -> Response:
        raise error

    return handler


async def echo(call: Call) -> Response:
    return call.json(json.dumps({"said": call.params.text("said")}).encode())


def exception_of(response: Response) -> str | None:
    if response.headers["content-type"] == "application/json":
        return json.loads(response.body).get("exception", {}).get("name")
    found = xsd.checked(bytes(response.body)).find("exception")
    return None if found is None else found.get("name")


# --- failures --------------------------------------------------------------------------------
ERRORS = [
    error
    for error in vars(errors).values()
    if isinstance(error, type)
    and issubclass(error, errors.OpenSaldoError)
    and error not in {errors.Unauthorized, errors.BankAnsweredNonsense}
]


@pytest.mark.parametrize("dialect", [Dialect.XML, Dialect.JSON])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_has_its_status_name_and_user_in_both_dialects(
    error: type[errors.OpenSaldoError], dialect: Dialect
):
    response = answered(raising(error()), dialect=dialect)
    assert (response.status_code, exception_of(response)) == (error.http_status, error.wire_name)
    assert b"acme-test" in response.body
    assert b"2026-03-02T10:15:30Z" in response.body


def test_what_nobody_expected_is_an_internal_error_without_its_text():
    response = answered(raising(RuntimeError("planted")))
    assert (response.status_code, exception_of(response)) == (500, "InternalError")
    assert b"planted" not in response.body


def test_a_wait_is_said_in_a_header():
    response = answered(echo, gate=OpenGate(spent_up=True))
    assert (response.status_code, exception_of(response)) == (429, "TooManyRequests")
    assert response.headers["retry-after"] == "17"
    assert b"acme-test" in response.body
    assert "retry-after" not in answered(raising(errors.InvalidSince())).headers


@pytest.mark.parametrize("dialect", [Dialect.XML, Dialect.JSON])
def test_without_a_key_the_answer_names_nobody(dialect: Dialect):
    response = answered(echo, dialect=dialect, key=None)
    assert response.status_code == 401
    assert b"Your address: 19*****.7" in response.body
    assert b"Your API key: none" in response.body
    assert b"acme-test" not in response.body


# --- methods, dialects -----------------------------------------------------------------------
def test_a_method_that_is_not_served_is_refused_before_anything_is_read():
    gate = OpenGate()
    response = answered(echo, method="PUT", body=[b"\xff"], gate=gate)
    assert (response.status_code, exception_of(response)) == (405, "MethodNotAllowed")
    assert set(response.headers["allow"].split(", ")) >= {"GET", "POST"}
    assert gate.keys == []


@pytest.mark.parametrize(
    ("dialect", "accept", "is_json", "varies"),
    [
        (Dialect.BOTH, None, False, True),
        (Dialect.BOTH, b"application/json", True, True),
        (Dialect.BOTH, b"application/json, */*", False, True),
        (Dialect.XML, b"application/json", False, False),
        (Dialect.JSON, b"application/xml", True, False),
    ],
)
def test_the_dialect_goes_by_path_and_header(
    dialect: Dialect, accept: bytes | None, is_json: bool, varies: bool
):
    headers = [(b"accept", accept)] if accept else []
    response = answered(raising(errors.InvalidSince()), dialect=dialect, headers=headers)
    assert (response.headers["content-type"] == "application/json") is is_json
    assert ("vary" in response.headers) is varies


# --- bodies ----------------------------------------------------------------------------------
def test_a_body_in_pieces_is_one_body():
    response = answered(echo, method="POST", body=[b"sai", b"d=a", b"b"], headers=[FORM])
    assert json.loads(response.body) == {"said": "ab"}


@pytest.mark.parametrize(("size", "status"), [(BODY_BYTES_MAX, 200), (BODY_BYTES_MAX + 1, 413)])
def test_a_body_is_measured_to_the_byte(size: int, status: int):
    pieces = [b"x" * 1000] * (size // 1000) + [b"x" * (size % 1000)]
    assert answered(echo, method="POST", body=pieces, headers=[FORM]).status_code == status


def test_a_body_that_says_it_is_too_long_is_not_even_read():
    headers = [FORM, (b"content-length", str(BODY_BYTES_MAX + 1).encode())]
    assert answered(echo, method="POST", headers=headers).status_code == 413


@pytest.mark.parametrize("said", [b"-1", b"x", "٣".encode(), b""])
def test_a_nonsensical_length_does_no_harm(said: bytes):
    headers = [FORM, (b"content-length", said)]
    assert answered(echo, method="POST", headers=headers).status_code == 200


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"identity, gzip", b"x"])
def test_a_compressed_body_is_refused(coding: bytes):
    headers = [FORM, (b"content-encoding", coding)]
    response = answered(echo, method="POST", body=[b"x"], headers=headers)
    assert (response.status_code, exception_of(response)) == (415, "UnsupportedMediaType")


# --- keys ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("header", "query", "taken"),
    [
        (b"h" * 64, b"apiKey=q", "h" * 64),
        (None, b"apiKey=q", "q"),
        (None, b"", None),
        (b"", b"apiKey=q", None),
    ],
)
def test_the_header_wins_over_the_parameter(header: bytes | None, query: bytes, taken: str | None):
    gate = OpenGate()
    answered(echo, query=query, key=header, gate=gate)
    assert gate.keys == [taken]


def test_what_needs_no_key_asks_nobody():
    gate = OpenGate()
    response = answered(raising(errors.NotFound()), gate=gate, key=None, keyless=True)
    assert (response.status_code, gate.keys) == (404, [])


def test_a_bad_body_is_complained_about_to_known_callers_only():
    bad = {"method": "POST", "body": [b"a=%ff"], "headers": [FORM]}
    assert exception_of(answered(echo, **bad)) == "InvalidParameter"
    assert answered(echo, **bad, key=None).status_code == 401


# --- slashes ---------------------------------------------------------------------------------
@given(st.lists(st.sampled_from(["v1", "data.xml", "a"]), max_size=6), st.data())
def test_any_run_of_slashes_is_one(parts: list[str], data: st.DataObject):
    runs = [data.draw(st.integers(1, 4)) for _ in parts]
    path = "".join("/" * run + part for run, part in zip(runs, parts, strict=True)) or "/"
    assert single_slashes(path) == ("/" + "/".join(parts) if parts else "/")
    assert single_slashes(single_slashes(path)) == single_slashes(path)
