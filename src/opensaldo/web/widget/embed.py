"""The beginning of a sign-in on the client's own page: the addresses that its script opens.

No key opens them: the client is the one named, if the page that embeds is one of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from opensaldo.domain.session import Channel
from opensaldo.engine.admission import Caller, Gate
from opensaldo.engine.embedding import NotEmbeddable, embedding_caller
from opensaldo.engine.platform import Platform
from opensaldo.engine.redirections import start_redirection
from opensaldo.engine.signin import SignInOptions
from opensaldo.errors import InvalidParameter, OpenSaldoError
from opensaldo.web.entrance import ROUTE
from opensaldo.web.sign_in_options import LOCALE, check_test_logins, sign_in_options
from opensaldo.web.widget import ending, messages, shown
from opensaldo.web.widget.forms import query_of
from opensaldo.web.widget.reception import PagesConfig
from opensaldo.web.widget.rendering import see
from opensaldo.web.widget.words import words_for
from opensaldo.wire.auto_import import auto_import
from opensaldo.wire.origins import page_origin
from opensaldo.wire.params import Params

PATHS = {Channel.WIDGET: "/signin/", Channel.POPUP: "/popup/signin/"}
CLIENT_LENGTH_MAX = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Whose sign-in is asked for, by a page of which origin, in which language."""

    client_id: str
    origin: str
    locale: str | None


def routes(config: PagesConfig, gate: Gate) -> list[Route]:
    """The two beginnings: in a frame and in a window of its own."""
    return [_route(config, gate, channel, path) for channel, path in PATHS.items()]


def _route(config: PagesConfig, gate: Gate, channel: Channel, path: str) -> Route:
    async def begin(request: Request) -> Response:
        request.scope[ROUTE] = path
        asked: _Asked | None = None
        try:
            params = query_of(request)
            asked = _asked(params, request)
            address = config.client_address(request)
            await gate.spend(config.platform.vault.fingerprint("visitor", address))
            options = replace(
                sign_in_options(params),
                channel=channel,
                embedder=asked.origin,
                auto_import=auto_import(params),
            )
            caller = await embedding_caller(config.platform, asked.client_id, asked.origin)
            check_test_logins(params, caller.client.environment)
            return await _begun(config.platform, caller, asked.origin, options)
        except OpenSaldoError as error:
            return _refused(config, request, error, asked, channel)

    return Route(path, begin, methods=["GET"])


async def _begun(
    platform: Platform, caller: Caller, embedder: str, options: SignInOptions
) -> Response:
    """The person is sent to the first page of a sign-in that is now theirs."""
    redirection, _session = await start_redirection(platform, caller, options)
    return see(f"/redirection/{redirection.id}?{shown.FIRST}=1", embedder=embedder)


def _asked(params: Params, request: Request) -> _Asked:
    """Who asks, as the embedding page's script says.

    Raises:
        InvalidParameter: no client, or no address of the page that embeds.
    """
    client_id = params.required("client")
    if len(client_id) > CLIENT_LENGTH_MAX:
        raise InvalidParameter("The parameter client must be a client id.")
    said = params.text("widgetEmbeddedUrl") or request.headers.get("referer", "")
    try:
        return _Asked(client_id=client_id, origin=page_origin(said), locale=_locale(params))
    except ValueError:
        raise InvalidParameter(
            "The parameter widgetEmbeddedUrl must be the http or https address of the page."
        ) from None


def _locale(params: Params) -> str | None:
    """The language asked for, if it is one; what is wrong with it is told by its own error."""
    said = params.text("locale")
    return said if said and LOCALE.fullmatch(said) else None


def _refused(
    config: PagesConfig,
    request: Request,
    error: OpenSaldoError,
    asked: _Asked | None,
    channel: Channel,
) -> Response:
    """A page that says so, to the person and to the page that embeds it, if it may be told."""
    preferred = request.headers.get("accept-language")
    locale = asked.locale if asked else None
    words = words_for(locale, None, preferred, config.fallback_language)
    origin = asked.origin if asked else None
    tells = None
    if origin is not None and not isinstance(error, NotEmbeddable):
        tells = messages.Telling(
            embedder=origin,
            channel=channel.value,
            messages=messages.packed((messages.refused(error),)),
        )
    return ending.unembedded(error, words, origin, tells)
