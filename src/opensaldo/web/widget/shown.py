"""What the person chooses and agrees to: one function a page, from nouns to a reply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from opensaldo.domain.consent import UNATTENDED_CALLS_PER_DAY_MAX
from opensaldo.domain.legal_text import Acceptance, LegalTexts
from opensaldo.domain.target import AccessMode, Interface, Target
from opensaldo.engine import signin
from opensaldo.engine.platform import Platform
from opensaldo.engine.redirections import SignInView
from opensaldo.engine.steps import PsuContext
from opensaldo.errors import BankError
from opensaldo.web.widget.choice import Choice
from opensaldo.web.widget.messages import INITIALIZED, STARTED, target_selected
from opensaldo.web.widget.rendering import leading_out, page
from opensaldo.web.widget.search import fold
from opensaldo.web.widget.words import Words

FIRST = "first"
_NOBODY = PsuContext(ip_address="", user_agent="")


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


def consent_address(redirection_id: str, target: str, country: str | None) -> str:
    """The address of the agreement for this bank."""
    query = {"target": target} | ({"country": country} if country else {})
    return f"/redirection/{redirection_id}/consent?{urlencode(query)}"


def step_address(redirection_id: str) -> str:
    """The address of what the person must do now."""
    return f"/redirection/{redirection_id}/step"


def _promise(*targets: Target) -> str:
    """What holds of all these targets about where passwords are typed."""
    asking = [target.asks_here for target in targets]
    if not any(asking):
        return "promise"
    return "promise_here" if all(asking) else "promise_either"
