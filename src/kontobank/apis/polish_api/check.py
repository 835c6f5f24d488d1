"""What every request must carry before anything is looked up."""

import json
import uuid
from typing import Any

from starlette.datastructures import Headers

from kontobank.access.nouns import AccessRefused
from kontobank.apis.polish_api.parts import GATEWAY_VERSION, Call
from kontobank.signing import SIGNATURE_HEADER

BODY_BYTES_MAX = 262_144
HEADER_REQUIRED = ("Accept-Encoding", "Accept-Language", "Accept-Charset", SIGNATURE_HEADER)
GATEWAY_REQUIRED = ("X-IBM-Client-Id", "X-IBM-Client-Secret")
WITHOUT_BEARER = ("authorize", "token", "deleteConsent")
UUID_VERSION = 1


def check_method(method: str, headers: Headers) -> None:
    """Only POST with JSON passes: 405, 415."""
    if method != "POST":
        raise AccessRefused(405, "METHOD_NOT_ALLOWED", "every call of this interface is a POST")
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise AccessRefused(415, "MEDIA_TYPE_UNSUPPORTED", "the body must be application/json")


def check_headers(headers: Headers) -> None:
    """The headers the standard requires are there (400) and acceptable (406)."""
    for name in HEADER_REQUIRED:
        if not headers.get(name):
            raise AccessRefused(400, "HEADER_MISSING", f"the header {name} is required")
    if "utf-8" not in headers["Accept-Charset"].lower():
        raise AccessRefused(406, "CHARSET_NOT_ACCEPTABLE", "replies are in utf-8")
    encodings = headers["Accept-Encoding"].lower()
    if "gzip" not in encodings and "deflate" not in encodings:
        raise AccessRefused(406, "ENCODING_NOT_ACCEPTABLE", "Accept-Encoding: gzip or deflate")


def request_id_of(headers: Headers) -> str:
    """The X-REQUEST-ID: a UUID of version 1, else 400."""
    text = headers.get("X-REQUEST-ID", "")
    try:
        found = uuid.UUID(text)
    except ValueError as cause:
        raise AccessRefused(400, "REQUEST_ID_INVALID", "X-REQUEST-ID must be a UUID") from cause
    if found.version != UUID_VERSION or str(found) != text.lower():
        raise AccessRefused(400, "REQUEST_ID_INVALID", "X-REQUEST-ID must be a UUID, version 1")
    return text


def check_gateway(call: Call, headers: Headers) -> None:
    """In 3.0 the gateway knows the application and its secret, and the token call repeats both."""
    if call.version != GATEWAY_VERSION:
        return
    for name in GATEWAY_REQUIRED:
        if not headers.get(name):
            raise AccessRefused(401, "GATEWAY_CREDENTIALS_MISSING", f"{name} is required")
    if call.endpoint == "token":
        said = call.body.get("client_id"), call.body.get("client_secret")
        if said != tuple(headers[name] for name in GATEWAY_REQUIRED):
            raise AccessRefused(401, "GATEWAY_CREDENTIALS_MISMATCH", "not those of the gateway")


def parse_body(body: bytes) -> dict[str, Any]:
    """The JSON object of the body, else 400."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise AccessRefused(400, "BODY_INVALID", "the body is not JSON") from cause
    if not isinstance(found, dict):
        raise AccessRefused(400, "BODY_INVALID", "the body is not a JSON object")
    return found


def check_request_header(call: Call, headers: Headers) -> None:
    """The requestHeader agrees with the HTTP headers; `is_attended` and `bearer` are set."""
    header = call.header
    is_optional = call.endpoint in ("token", "deleteConsent") and "requestHeader" not in call.body
    if not header and not is_optional:
        raise AccessRefused(400, "REQUEST_HEADER_MISSING", "requestHeader is required")
    if header and header.get("requestId") != call.request_id:
        raise AccessRefused(400, "REQUEST_ID_MISMATCH", "requestId must equal X-REQUEST-ID")
    if call.endpoint in WITHOUT_BEARER:
        call.is_attended = call.body.get("is_user_session") is True
        return
    if not isinstance(header.get("isDirectPsu", False), bool):
        raise AccessRefused(400, "IS_DIRECT_PSU_INVALID", "isDirectPsu is true or false")
    call.is_attended = header.get("isDirectPsu", False)
    if call.is_attended and not header.get("ipAddress"):
        raise AccessRefused(400, "IP_ADDRESS_MISSING", "isDirectPsu true requires ipAddress")
    call.bearer = _bearer(headers)
    if header.get("token") != call.bearer:
        raise AccessRefused(401, "TOKEN_MISMATCH", "requestHeader.token must equal the Bearer")


def text_of(body: dict[str, Any], key: str, *, length_max: int = 2_048) -> str:
    """A required text of the body, else 400."""
    value = body.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= length_max:
        raise AccessRefused(400, "FIELD_INVALID", f"{key} is missing or not a text")
    return value


def _bearer(headers: Headers) -> str:
    kind, _, value = headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not value:
        raise AccessRefused(401, "AUTHORIZATION_MISSING", "Authorization: Bearer is required")
    return value
