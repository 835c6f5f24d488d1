"""What a fault makes of a reply, whatever the standard: other bytes, or none of the standard's."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime

from starlette.responses import Response

from kontobank import quirks
from kontobank.apis.cut import ResetReply, ShortReply, TruncatedReply
from kontobank.faults import WORDINGS, Fault

MAINTENANCE_S = 1_800
LIMIT_WAIT_S = 600
HTML = "text/html"
MAINTENANCE_PAGE = (
    b"<!doctype html><html><title>Maintenance</title>"
    b"<h1>Scheduled maintenance</h1><p>We will be back at 06:00.</p></html>"
)


def without_words(fault: Fault, now: datetime) -> Response | None:
    """The reply of what stands before the bank and knows no standard; None for other faults."""
    if fault.kind == "reset":
        return ResetReply()
    if fault.kind == "html":
        return Response(quirks.HTML_PAGE, 200, media_type=HTML)
    if fault.kind == "maintenance_page":
        wait = {"Retry-After": str(fault.retry_after_s or MAINTENANCE_S)}
        return Response(MAINTENANCE_PAGE, 503, wait, media_type=HTML)
    if fault.kind != "limit" or WORDINGS[fault.wording].form == "standard":
        return None
    wording = WORDINGS[fault.wording]
    shown = f"<html><h1>429 {wording.text}</h1></html>" if wording.form == "html" else wording.text
    kind = HTML if wording.form == "html" else None
    return Response(shown, 429, waits(fault, now), media_type=kind)


def refusal_of(fault: Fault) -> tuple[int, str, str] | None:
    """Status, code and text of a fault the bank words in its standard's own form."""
    if fault.kind == "status":
        return fault.status, fault.code, "a planned fault"
    if fault.kind == "limit":
        wording = WORDINGS[fault.wording]
        return 429, wording.code, wording.text
    return None


def waits(fault: Fault, now: datetime) -> Mapping[str, str]:
    """How the reply says when to come back, if it does."""
    wait_s = fault.retry_after_s
    written = "seconds" if wait_s else ""
    if fault.kind == "limit":
        written, wait_s = WORDINGS[fault.wording].wait, wait_s or LIMIT_WAIT_S
    if written == "date":
        return {"Retry-After": format_datetime(now + timedelta(seconds=wait_s or 0), usegmt=True)}
    return {"Retry-After": str(wait_s)} if written else {}


def damaged(response: Response, fault: Fault) -> Response:
    """The reply as the fault lets it through."""
    if fault.kind == "wrong_type":
        response.headers["Content-Type"] = HTML
    reply = {"truncate": TruncatedReply, "short_length": ShortReply}.get(fault.kind)
    if reply is None:
        return response
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return reply(response.body, 200, headers)
