"""Pages with headers that keep strangers' scripts out, and what went wrong in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from decision import CURRENCY, money, number
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

HERE = Path(__file__).parent
LENDER = "Sampleton Loans Ltd"
TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
)
TEMPLATES.globals |= {"lender": LENDER, "currency": CURRENCY}
TEMPLATES.filters |= {"money": money, "number": number}
OTHERWISE = (
    "We could not read your account. Nothing is lost: please try again, or use another bank."
)
AT_THE_BANK = "The bank could not give us the data. It is not your fault: please try again later."
WHAT_NOW = {
    "SignInCancelled": "You stopped at the bank, so nothing was read. You can start again.",
    "SignInTimeout": "Signing in took too long, so nothing was read. You can start again.",
    "SessionExpired": "The bank ended your visit before everything was read. Please sign in again.",
    "InvalidSessionId": "This sign-in has ended. Please sign in to your bank again.",
    "InvalidCredentials": "The bank did not know this login, password or code.",
    "AccessBlocked": "The bank has blocked your access. Please ask the bank, or use another one.",
    "AccessTemporarilyBlocked": "The bank has blocked your access for a while. Try again later.",
    "ManualActionRequired": "The bank wants something from you first: sign in on its own site.",
    "IO": AT_THE_BANK,
    "ServiceMaintenance": AT_THE_BANK,
    "ServiceTemporarilyUnavailable": AT_THE_BANK,
    "Unreachable": "We cannot reach the service that speaks to banks. Please try again soon.",
}


def what_now(failure: str) -> str:
    """A sentence for the person; the exception's name is for our log."""
    return WHAT_NOW.get(failure, OTHERWISE)


def page(
    name: str,
    status: int = 200,
    *,
    script: str = "'none'",
    frame: str = "'none'",
    leads_to: str = "",
    **values: Any,
) -> HTMLResponse:
    """A page that runs no script, frames nothing and sends forms nowhere unless told so."""
    policy = (
        f"default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"script-src {script}; frame-src {frame}; form-action 'self' {leads_to}; "
        f"base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(TEMPLATES.get_template(name).render(values), status, headers)


def sorry(failure: str, reference: str | None = None, status: int = 200) -> HTMLResponse:
    """The page for what went wrong, with the way on."""
    return page("sorry.html", status, text=what_now(failure), reference=reference)
