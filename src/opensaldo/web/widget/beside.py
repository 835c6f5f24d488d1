"""What a sign-in beside the client's page needs more: its state, the bank's window, another try.

The frame holds our page while the bank's stands in a window of its own, so it asks by itself
whether the sign-in has gone on.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from opensaldo.domain.session import RedirectionState
from opensaldo.engine import redirections
from opensaldo.engine.platform import Platform
from opensaldo.engine.redirections import SignInView
from opensaldo.engine.sessions import signature_of
from opensaldo.engine.signin import reusable_access_id
from opensaldo.engine.steps import Progress, Redirect, Seen
from opensaldo.errors import InvalidRedirectionId
from opensaldo.web.widget import ending, messages, shown
from opensaldo.web.widget.asking import mark_of
from opensaldo.web.widget.headers import page_headers
from opensaldo.web.widget.rendering import see
from opensaldo.web.widget.words import Words

JSON = "application/json"


def state(seen: Seen) -> Response:
    """Where the sign-in stands, for a page that looks by itself; it says nothing of anybody."""
    redirection = seen.redirection
    is_pending = redirection.state is RedirectionState.PENDING
    mark = mark_of(seen.kept.standing if seen.kept else None) if is_pending else "ended"
    is_resumable = mark != "none" and redirection.state is not RedirectionState.EXPIRED
    body = {"state": redirection.state.value, "mark": mark, "resumable": is_resumable}
    return JSONResponse(body, headers=page_headers())


def go(request: Request, address: str, *, window: str | None = None) -> Response:
    """On to this page of ours; a page that asked by script learns which window to open as well."""
    if request.headers.get("accept") == JSON:
        return JSONResponse({"go": address, "window": window}, headers=page_headers())
    return see(address)


def onward(request: Request, progress: Progress) -> Response:
    """To the end page, to the step, or to the bank in a window of its own."""
    redirection, standing = progress.view.redirection, progress.standing
    if redirection.state is not RedirectionState.PENDING:
        return go(request, f"/redirection/{redirection.id}")
    is_at_bank = standing is not None and isinstance(standing.step, Redirect)
    window = bank_address(redirection.id) if is_at_bank and not progress.is_busy else None
    return go(request, shown.step_address(redirection.id), window=window)


def bank_address(redirection_id: str) -> str:
    """Our address that leads on to the bank's page."""
    return f"/redirection/{redirection_id}/bank"


def window(request: Request, progress: Progress, words: Words) -> Response:
    """The frame's page while the bank's stands in another window."""
    view, standing = progress.view, progress.standing
    if standing is None:
        raise InvalidRedirectionId
    target = standing.request.target
    mark = mark_of(standing)
    return ending.window(
        view,
        words,
        target,
        mark,
        is_open=not {"opened", "resumed"}.isdisjoint(request.query_params),
        is_blocked="blocked" in request.query_params,
        is_resumed="resumed" in request.query_params,
    )


def at_bank(progress: Progress, words: Words) -> Response:
    """The bank's window: on to the bank's page, or with nothing more to do."""
    standing = progress.standing
    if standing is not None and isinstance(standing.step, Redirect) and not progress.is_busy:
        return see(standing.step.url)
    return ending.window_closing(progress.view, words)


def ended(platform: Platform, view: SignInView, words: Words) -> Response:
    """The end of an embedded sign-in, and what the client's page is told of it."""
    redirection, session = view.redirection, view.session
    target = view.target or platform.catalog.find(
        redirection.chosen_target or "", redirection.environment
    )
    reason, fault = ending.reason_of(redirection), ending.fault_of(redirection, words, target)
    if reason is not None:
        told = messages.failed(reason, target, session.id, str(fault))
    else:
        told = messages.signed_in(
            session,
            target,
            signature_of(platform, session.id),
            reusable_access_id(platform, session),
        )
    return ending.closing(view, words, redirection, target, (told,))


async def again(platform: Platform, redirection_id: str) -> Response:
    """To the first page of another try."""
    begun = await redirections.again(platform, redirection_id)
    return see(f"/redirection/{begun.id}")
