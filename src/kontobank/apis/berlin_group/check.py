"""What every request must carry before anything is looked up."""

import json
import uuid
from datetime import date
from typing import Any

from starlette.requests import Request

from kontobank.access.nouns import AccessRefused
from kontobank.apis.berlin_group.call import JSON_TYPE, Call

BODY_BYTES_MAX = 262_144
ACCEPTED = ("application/json", "application/*", "*/*")
WITH_BODY = ("POST", "PUT")


def check_request_id(call: Call) -> None:
    """The request's id is a uuid, else AccessRefused 400."""
    name = call.dialect.request_id
    text = call.headers.get(name, "")
    try:
        uuid.UUID(text)
    except ValueError as cause:
        raise AccessRefused(400, "FORMAT_ERROR", f"{name} must be a uuid") from cause
    call.request_id = text


def check_accept(call: Call) -> None:
    """The caller takes JSON, else AccessRefused 406."""
    accept = call.headers.get("Accept", "*/*").lower()
    if not any(kind.split(";")[0].strip() in ACCEPTED for kind in accept.split(",")):
        raise AccessRefused(406, "REQUESTED_FORMATS_INVALID", "replies are application/json")


async def body_of(request: Request) -> bytes:
    """The whole body; AccessRefused 400 when it is too long."""
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > BODY_BYTES_MAX:
            raise AccessRefused(400, "FORMAT_ERROR", "the body is too long")
    return bytes(parts)


def parse_body(call: Call, raw: bytes) -> None:
    """The call knows its JSON object; {} for an empty body."""
    if call.method not in WITH_BODY or not raw:
        return
    kind = call.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind != JSON_TYPE:
        raise AccessRefused(415, "FORMAT_ERROR", "the body must be application/json")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as cause:
        raise AccessRefused(400, "FORMAT_ERROR", "the body is not JSON") from cause
    if not isinstance(found, dict):
        raise AccessRefused(400, "FORMAT_ERROR", "the body is not a JSON object")
    call.body = found


def flag_of(body: dict[str, Any], name: str) -> bool:
    """A required boolean of the body, else AccessRefused 400."""
    value = body.get(name)
    if not isinstance(value, bool):
        raise AccessRefused(400, "FORMAT_ERROR", f"{name} is true or false")
    return value


def number_of(body: dict[str, Any], name: str) -> int:
    """A required whole number above zero of the body, else AccessRefused 400."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise AccessRefused(400, "FORMAT_ERROR", f"{name} is a whole number above zero")
    return value


def day_of(body: dict[str, Any], name: str) -> date:
    """A required day of the body, else AccessRefused 400."""
    try:
        return date.fromisoformat(body.get(name, ""))
    except (TypeError, ValueError) as cause:
        raise AccessRefused(400, "FORMAT_ERROR", f"{name}: YYYY-MM-DD") from cause


def text_of(body: dict[str, Any], name: str) -> str:
    """A required text of the body, else AccessRefused 400."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise AccessRefused(400, "FORMAT_ERROR", f"{name} is missing or not a text")
    return value
