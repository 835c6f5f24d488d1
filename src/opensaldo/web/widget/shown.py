"""What the sign-in pages show: one function a page, from nouns to a reply."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from opensaldo.domain.consent import UNATTENDED_CALLS_PER_DAY_MAX
from opensaldo.domain.legal_text import Acceptance, LegalTexts
from opensaldo.domain.session import Channel, Redirection, RedirectionState
from opensaldo.domain.target import AccessMode, Interface, Target
from opensaldo.engine import signin
from opensaldo.engine.embedding import NotEmbeddable
from opensaldo.engine.platform import Platform
from opensaldo.engine.redirections import SignInView
from opensaldo.engine.steps import PsuContext
from opensaldo.errors import (
    AlreadySignedIn,
    BankError,
    Defect,
    InvalidTarget,
    OpenSaldoError,
    PlatformUnavailable,
    SignInTimeout,
    UnknownReference,
)
from opensaldo.web.entrance import ROUTE
from opensaldo.web.widget.choice import Choice
from opensaldo.web.widget.forms import CrossSitePost
from opensaldo.web.widget.headers import page_headers
from opensaldo.web.widget.icons import icon
from opensaldo.web.widget.known_by import code_of
from opensaldo.web.widget.messages import (
    INITIALIZED,
    STARTED,
    Message,
    Telling,
    target_selected,
    telling,
)
from opensaldo.web.widget.search import fold
from opensaldo.web.widget.styles import doubts, parse_styles, sheet
from opensaldo.web.widget.words import Words

STATIC_PATH = "/signin/static"
STATIC_TYPES = {
    "signin.css": "text/css; charset=utf-8",
    "banks.js": "text/javascript; charset=utf-8",
    "signin.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}
FIRST = "first"
# Where the keyboard starts on a page. A frame takes the focus only if it had it: signin.js sees.
STARTS = Markup("data-starts autofocus")
STARTS_IN_FRAME = Markup("data-starts")
STATIC_HEADERS = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
STYLE_HEADERS = {
    "Content-Type": "text/css; charset=utf-8",
    "Cache-Control": "private, max-age=3600",
    "X-Content-Type-Options": "nosniff",
}
_NOBODY = PsuContext(ip_address="", user_agent="")

_STATIC: Mapping[str, bytes] = {
    name: resources.files(__package__).joinpath("static", name).read_bytes()
    for name in STATIC_TYPES
}
_TEMPLATES = Environment(
    loader=PackageLoader("opensaldo.web.widget", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["static_path"] = STATIC_PATH

# What a page that ends in an error says, by the error; the first that fits, with its status.
_SORRY: tuple[tuple[type[OpenSaldoError], str, int], ...] = (
    (UnknownReference, "unknown", 404),
    (SignInTimeout, "expired", 410),
    (AlreadySignedIn, "used", 409),
    (InvalidTarget, "target", 400),
    (CrossSitePost, "crossed", 403),
    (NotEmbeddable, "foreign", 403),
    (BankError, "busy", 503),
    (PlatformUnavailable, "busy", 503),
    (Defect, "defect", 500),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person is asked to agree to; `until` is None for a single access.

    `is_fallen_back`: repeated access was wished for, and this bank has none. `asks_twice`: the
    client wants the bank to confirm the login besides the access.
    """

    since: date
    until: date | None
    kept_hours: int
    texts: LegalTexts
    is_fallen_back: bool = False
    asks_twice: bool = False
    times_a_day: int = UNATTENDED_CALLS_PER_DAY_MAX


def asked_for(platform: Platform, view: SignInView, target: Target, texts: LegalTexts) -> Asked:
    """What a sign-in to this target will ask the bank for: the engine's own answer."""
    request = signin.sign_in_request(
        platform, view.session, target, _NOBODY, return_url="", state=""
    )
    return Asked(
        since=platform.clock().date() - timedelta(days=request.history_days),
        until=request.valid_until.date() if request.repeated else None,
        kept_hours=view.client.retention_h or platform.limits.retention_h,
        texts=texts,
        is_fallen_back=view.session.access_mode is AccessMode.MIXED and not request.repeated,
        asks_twice=view.redirection.force_sca and target.interface is Interface.PSD2,
    )


def countries(
    view: SignInView, words: Words, offered: tuple[str, ...], *, is_first: bool = False
) -> Response:
    """The choice of country, by the names shown."""
    named = sorted(offered, key=lambda one: fold(words.plain(f"country_{one}")))
    return page(
        "countries",
        words,
        view,
        leading_out(view),
        tells=(INITIALIZED,) if is_first else (),
        promise=_promise(*view.targets),
        countries=named,
    )


def banks(view: SignInView, words: Words, choice: Choice, *, is_first: bool = False) -> Response:
    """The choice of bank."""
    return page(
        "banks",
        words,
        view,
        leading_out(view),
        tells=(INITIALIZED, STARTED) if is_first else (STARTED,),
        promise=_promise(*view.targets),
        choice=choice,
    )


def consent(
    view: SignInView,
    words: Words,
    target: Target,
    asked: Asked,
    country: str | None,
    *,
    has_changed: bool = False,
    is_warned: bool = False,
    is_first: bool = False,
) -> Response:
    """The agreement, with the texts it is about.

    `has_changed`: they were others just now; `is_warned`: many sign-ins at the bank failed lately.
    """
    chosen = target_selected(target)
    return page(
        "consent",
        words,
        view,
        leading_out(view),
        status=409 if has_changed else 200,
        tells=(INITIALIZED, chosen) if is_first else (chosen,),
        target=target,
        promise=_promise(target),
        asked=asked,
        country=country,
        has_changed=has_changed,
        is_warned=is_warned,
    )


def blocked(
    view: SignInView, words: Words, target: Target, choice: Choice, *, is_first: bool = False
) -> Response:
    """The bank fails everybody now; the choice holds its other ways in."""
    tells = (INITIALIZED,) if is_first else ()
    headers = leading_out(view)
    return page(
        "blocked", words, view, headers, status=503, tells=tells, target=target, choice=choice
    )


def down(
    view: SignInView,
    words: Words,
    target: Target,
    country: str | None,
    error: BankError,
    accepted: Acceptance | None = None,
) -> Response:
    """The bank did not let the sign-in begin; the link and what was accepted still stand."""
    headers = leading_out(view)
    if error.retry_after_s:
        headers["Retry-After"] = str(error.retry_after_s)
    return page(
        "down",
        words,
        view,
        headers,
        status=503,
        target=target,
        country=country,
        accepted=accepted,
    )


def closing(
    view: SignInView,
    words: Words,
    ended: Redirection,
    target: Target | None = None,
    tells: tuple[Message, ...] = (),
) -> Response:
    """The end of a sign-in: of one that is embedded, or whose client gave no address."""
    reason = reason_of(ended)
    fault = None if reason is None else words.fault(reason, target)
    headers = page_headers(embedder=_framed_by(ended))
    return page("closing", words, view, headers, tells=tells, target=target, fault=fault)


def reason_of(ended: Redirection) -> str | None:
    """Why the sign-in came to nothing, as an exception's name; None when it succeeded."""
    if ended.state is RedirectionState.SUCCESS:
        return None
    is_over = ended.state is RedirectionState.EXPIRED
    return SignInTimeout.wire_name if is_over else ended.exception_name or Defect.wire_name


def window(
    view: SignInView, words: Words, target: Target, mark: str, *, is_blocked: bool
) -> Response:
    """The bank's page is in another window, and here is how to get to it; asks by itself."""
    headers = leading_out(view)
    return page("window", words, view, headers, target=target, mark=mark, is_blocked=is_blocked)


def window_closing(view: SignInView, words: Words) -> Response:
    """The bank's window has done its part, and closes by itself where it may."""
    return page("window_closing", words, view, page_headers())


def about(view: SignInView, words: Words, own_origin: str) -> Response:
    """Whose sign-in this is and where it stands, told in a window of our own."""
    code = code_of(view.redirection.id)
    return page("about", words, view, page_headers(), own_origin=own_origin, code=code)


def sorry(error: OpenSaldoError, words: Words, *, redirection: str | None) -> Response:
    """A page that says what happened and what the person can do, in our words only."""
    kind, status = _kind_of(error)
    headers = page_headers()
    if error.retry_after_s:
        headers["Retry-After"] = str(error.retry_after_s)
    back = redirection if kind == "target" else None
    return page("sorry", words, None, headers, status=status, kind=kind, back=back)


def unembedded(
    error: OpenSaldoError, words: Words, origin: str | None, tells: Telling | None
) -> Response:
    """The same for a sign-in that cannot begin in its frame; it holds nothing to press."""
    kind, status = _kind_of(error)
    headers = page_headers(embedder=origin)
    return page("sorry", words, None, headers, status=status, telling=tells, kind=kind, back=None)


def _kind_of(error: OpenSaldoError) -> tuple[str, int]:
    """The page's kind and status."""
    return next(
        ((kind, status) for of, kind, status in _SORRY if isinstance(error, of)),
        ("request", error.http_status),
    )


def consent_address(redirection_id: str, target: str, country: str | None) -> str:
    """The address of the agreement for this bank."""
    query = {"target": target} | ({"country": country} if country else {})
    return f"/redirection/{redirection_id}/consent?{urlencode(query)}"


def step_address(redirection_id: str) -> str:
    """The address of what the person must do now."""
    return f"/redirection/{redirection_id}/step"


def style(view: SignInView) -> Response:
    """The client's colours as a style sheet; they stay what they are as long as the sign-in."""
    text = sheet(parse_styles(view.redirection.look.styles))
    return Response(text, headers=STYLE_HEADERS)


def icon_file(target: Target) -> Response:
    """The badge of a bank."""
    made = icon(target.official_name, target.institution)
    return Response(made, headers={**STATIC_HEADERS, "Content-Type": STATIC_TYPES["mark.svg"]})


async def static_file(request: Request) -> Response:
    """The style sheet or the mark."""
    name = request.path_params["name"]
    request.scope[ROUTE] = STATIC_PATH
    if name not in _STATIC:
        return Response(status_code=404, headers=page_headers())
    return Response(_STATIC[name], headers={**STATIC_HEADERS, "Content-Type": STATIC_TYPES[name]})


def leading_out(view: SignInView, *, has_picture: bool = False) -> dict[str, str]:
    """The headers of a page with a form that may lead to a bank or back to the client."""
    return page_headers(
        leads_out=True,
        client_address=view.redirection.redirect_uri,
        has_picture=has_picture,
        embedder=_framed_by(view.redirection),
    )


def _framed_by(redirection: Redirection) -> str | None:
    return redirection.embedder if redirection.channel is Channel.WIDGET else None


def page(
    template: str,
    words: Words,
    view: SignInView | None,
    headers: dict[str, str],
    *,
    status: int = 200,
    target: Target | None = None,
    promise: str | None = None,
    tells: tuple[Message, ...] = (),
    **values: Any,
) -> Response:
    """The page of this template.

    `promise` is the text on where passwords are typed, if any; `tells` is what the client's page
    hears when this one is shown, if one embeds it.
    """
    client = view and (view.redirection.client_identity or view.client.legal_name)
    values.setdefault("telling", telling(view.redirection, view.session, tells) if view else None)
    styles = parse_styles(view.redirection.look.styles if view else {})
    made = _TEMPLATES.get_template(f"{template}.html").render(
        words=words,
        view=view,
        client=client,
        target=target,
        promise=promise,
        is_styled=bool(styles),
        doubts=json.dumps(doubts(styles)),
        start=STARTS_IN_FRAME if values["telling"] else STARTS,
        **values,
    )
    return HTMLResponse(made, status, headers=headers)


def _promise(*targets: Target) -> str:
    """What holds of all these targets about where passwords are typed."""
    asking = [target.asks_here for target in targets]
    if not any(asking):
        return "promise"
    return "promise_here" if all(asking) else "promise_either"
