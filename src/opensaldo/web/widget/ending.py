"""The last pages: how it ended, the bank's window, whose sign-in it is, and what went wrong."""

from __future__ import annotations

from markupsafe import Markup
from starlette.responses import Response

from opensaldo.domain.funnel import Reached
from opensaldo.domain.session import Redirection, RedirectionState
from opensaldo.domain.target import Target
from opensaldo.engine.embedding import NotEmbeddable
from opensaldo.engine.redirections import SignInView
from opensaldo.errors import (
    AlreadySignedIn,
    BankError,
    CallerError,
    Defect,
    FeatureNotEnabled,
    InvalidTarget,
    LimitError,
    OpenSaldoError,
    PlatformUnavailable,
    SignInTimeout,
    UnknownReference,
)
from opensaldo.web.widget.addresses import with_redirection_id
from opensaldo.web.widget.forms import CrossSitePost
from opensaldo.web.widget.headers import page_headers
from opensaldo.web.widget.known_by import code_of
from opensaldo.web.widget.messages import Message, Telling
from opensaldo.web.widget.rendering import framed_by, leading_out, page
from opensaldo.web.widget.words import Words

ANY_PAGE = "*"
FAILED = "failed_title"
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


def closing(
    view: SignInView,
    words: Words,
    ended: Redirection,
    target: Target | None = None,
    tells: tuple[Message, ...] = (),
) -> Response:
    """The end of a sign-in: of one that is embedded, or whose client gave no address."""
    headers = page_headers(embedder=framed_by(ended))
    return page(
        "closing",
        words,
        view,
        headers,
        tells=tells,
        target=target,
        fault=fault_of(ended, words, target),
        home=home_of(ended),
    )


def fault_of(ended: Redirection, words: Words, target: Target | None) -> Markup | None:
    """What the person is told of a sign-in that came to nothing; None when it succeeded."""
    reason = reason_of(ended)
    return None if reason is None else words.fault(reason, _visited(ended, target))


def is_untold(ended: Redirection, words: Words, target: Target | None) -> bool:
    """Whether we must tell the person what the bank left out, since the client cannot know."""
    reason = reason_of(ended)
    return reason is not None and words.is_left_out(reason, _visited(ended, target))


def home_of(ended: Redirection) -> str | None:
    """The client's address, where the person came from; None when it gave none."""
    return ended.redirect_uri and with_redirection_id(ended.redirect_uri, ended.id)


def _visited(ended: Redirection, target: Target | None) -> Target | None:
    """The bank, if the person was there: who was not has been refused nothing."""
    return target if ended.reached >= Reached.AT_BANK else None


def reason_of(ended: Redirection) -> str | None:
    """Why the sign-in came to nothing, as an exception's name; None when it succeeded."""
    if ended.state is RedirectionState.SUCCESS:
        return None
    is_over = ended.state is RedirectionState.EXPIRED
    return SignInTimeout.wire_name if is_over else ended.exception_name or Defect.wire_name


def window(
    view: SignInView,
    words: Words,
    target: Target,
    mark: str,
    *,
    is_open: bool,
    is_blocked: bool,
    is_resumed: bool = False,
) -> Response:
    """The bank's page belongs in another window, and here is how to get to it; asks by itself.

    `is_open`: it stands there already. `is_blocked`: the browser did not let it.
    """
    return page(
        "window",
        words,
        view,
        leading_out(view),
        target=target,
        mark=mark,
        is_open=is_open,
        is_blocked=is_blocked,
        is_resumed=is_resumed,
    )


def window_closing(view: SignInView, words: Words) -> Response:
    """The bank's window has done its part, and closes by itself where it may."""
    return page("window_closing", words, view, page_headers())


def about(view: SignInView, words: Words, own_origin: str) -> Response:
    """Whose sign-in this is and where it stands, told in a window of our own."""
    code = code_of(view.redirection.id)
    return page("about", words, view, page_headers(), own_origin=own_origin, code=code)


def sorry(
    error: OpenSaldoError, words: Words, view: SignInView | None, *, is_framed: bool = False
) -> Response:
    """A page that says what happened and what the person can do, in our words only.

    Without a sign-in that it belongs to there is nothing to press on it, and any page may frame
    it: a frame that shows nothing would help nobody.
    """
    title, lead, status = _said(error)
    embedder = framed_by(view.redirection) if view else ANY_PAGE if is_framed else None
    headers = page_headers(embedder=embedder)
    if error.retry_after_s:
        headers["Retry-After"] = str(error.retry_after_s)
    is_over = isinstance(error, SignInTimeout | AlreadySignedIn)
    return page(
        "sorry",
        words,
        view,
        headers,
        status=status,
        title=title,
        lead=lead,
        has_list=view is not None and isinstance(error, InvalidTarget),
        home=home_of(view.redirection) if view and is_over else None,
    )


def unembedded(
    error: OpenSaldoError, words: Words, origin: str | None, tells: Telling | None
) -> Response:
    """The same for a sign-in that cannot begin in its frame; it holds nothing to press.

    What the client's page asked for in vain is that page's affair, and the person is told so;
    who made it finds the reason in the browser's console.
    """
    title, lead, status = _said(error)
    if isinstance(error, CallerError) and not isinstance(error, LimitError | NotEmbeddable):
        name = error.wire_name if isinstance(error, FeatureNotEnabled) else "InvalidParameter"
        title, lead = FAILED, f"fault_{name}"
    headers = page_headers(embedder=origin)
    return page(
        "sorry",
        words,
        None,
        headers,
        status=status,
        telling=tells,
        title=title,
        lead=lead,
        has_list=False,
        home=None,
        warnings=(error.message,),
    )


def _said(error: OpenSaldoError) -> tuple[str, str, int]:
    """The keys of the page's title and text, and its status."""
    for of, kind, status in _SORRY:
        if isinstance(error, of):
            return f"{kind}_title", f"{kind}_lead", status
    if isinstance(error, LimitError):
        return FAILED, f"fault_{error.wire_name}", error.http_status
    return "request_title", "request_lead", error.http_status
