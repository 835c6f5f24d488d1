"""What every page does first and last: finds the sign-in, the words, the form, and the way on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from opensaldo.domain.session import Redirection, RedirectionState
from opensaldo.domain.target import Target
from opensaldo.engine import redirections
from opensaldo.engine.platform import Platform
from opensaldo.engine.redirections import SignInView
from opensaldo.engine.steps import Progress, Redirect
from opensaldo.errors import OpenSaldoError
from opensaldo.web.widget import beside, ending, shown
from opensaldo.web.widget.addresses import is_own_post, origin
from opensaldo.web.widget.forms import CrossSitePost, form_of
from opensaldo.web.widget.languages import FALLBACK
from opensaldo.web.widget.rendering import see
from opensaldo.web.widget.words import Words, words_for
from opensaldo.wire.forms import redirection_id
from opensaldo.wire.params import Params

ID = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesConfig:
    """What the pages need: the platform, their own address, who the visitor is, what to speak."""

    platform: Platform
    signin_url: str
    client_address: Callable[[Request], str]
    fallback_language: str = FALLBACK


class Reception:
    """Where the pages of one process begin and end; their rooms are built on it."""

    def __init__(self, config: PagesConfig) -> None:
        """Serve with this configuration."""
        self.platform = config.platform
        self.return_url = config.signin_url + "/redirection/return"
        self.own_origin = origin(config.signin_url)
        self.client_address = config.client_address
        self._fallback_language = config.fallback_language

    def words(self, request: Request, view: SignInView | None = None) -> Words:
        """The words for this person, of this sign-in if it is known."""
        locale = view.redirection.locale if view else None
        country = view.redirection.country if view else None
        preferred = request.headers.get("accept-language")
        return words_for(locale, country, preferred, self._fallback_language)

    async def view(self, request: Request) -> SignInView:
        """The sign-in of this address, which is still under way.

        Raises:
            InvalidRedirectionId, SignInTimeout, AlreadySignedIn: it is not.
        """
        return await redirections.opened(self.platform, id_of(request))

    async def known(self, request: Request) -> SignInView:
        """The sign-in of this address, under way or ended.

        Raises:
            InvalidRedirectionId: there is none.
        """
        return await redirections.known(self.platform, id_of(request))

    async def own_form(self, request: Request) -> Params:
        """The fields of a form that one of our own pages sent.

        Raises:
            CrossSitePost: another site's page sent it.
        """
        own = frozenset({self.own_origin, origin(str(request.base_url))})
        headers = request.headers
        if not is_own_post(headers.get("sec-fetch-site"), headers.get("origin"), own):
            raise CrossSitePost
        return await form_of(request)

    async def sorry(self, request: Request, error: OpenSaldoError) -> Response:
        """A page on the error, as part of the sign-in it befell where that is known."""
        view = None
        with suppress(OpenSaldoError):
            view = await self.known(request) if ID in request.path_params else None
        is_framed = request.headers.get("sec-fetch-dest") == "iframe"
        return ending.sorry(error, self.words(request, view), view, is_framed=is_framed)

    def onward(self, request: Request, progress: Progress) -> Response:
        """To the client when the sign-in has ended, else to the bank or the page of the step."""
        view, standing = progress.view, progress.standing
        if view.redirection.channel.is_embedded:
            return beside.onward(request, progress)
        if view.redirection.state is not RedirectionState.PENDING:
            return leave(view, view.redirection, self.words(request, view), progress.target)
        if standing is not None and isinstance(standing.step, Redirect) and not progress.is_busy:
            return see(standing.step.url)
        return see(shown.step_address(view.redirection.id))


def id_of(request: Request) -> str:
    """The redirection's id in the address.

    Raises:
        InvalidRedirectionId: it has another form.
    """
    return redirection_id(request.path_params[ID])


def is_first(query: Params) -> bool:
    """Whether this is the first page that an embedded sign-in shows."""
    return query.text(shown.FIRST) is not None


def leave(view: SignInView, ended: Redirection, words: Words, target: Target | None) -> Response:
    """The person leaves us: to the client's address, or with a closing page of ours."""
    home = ending.home_of(ended)
    if home is not None and not ending.is_untold(ended, words, target):
        return see(home)
    return ending.closing(view, words, ended, target)
