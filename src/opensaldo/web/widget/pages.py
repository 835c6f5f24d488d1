"""The pages of a redirection: country, bank, agreement, and the steps of the sign-in at the bank.

Plain HTML without scripts. A page reads, calls one use case of engine.redirections or engine.steps
and shows or redirects; nothing is decided here. A person sees every error as a page in plain words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from opensaldo.domain.client import Environment
from opensaldo.domain.health import Health
from opensaldo.domain.legal_text import Acceptance
from opensaldo.domain.session import Redirection, RedirectionState
from opensaldo.domain.target import Target
from opensaldo.engine import redirections, steps
from opensaldo.engine.funnel import chose
from opensaldo.engine.health import health_of
from opensaldo.engine.legal_texts import TextsChanged, texts_for
from opensaldo.engine.platform import Platform
from opensaldo.engine.redirections import SignInView
from opensaldo.engine.steps import Ask, Progress, PsuContext, Redirect, Wait
from opensaldo.engine.wishes import note_wish
from opensaldo.errors import (
    AlreadySignedIn,
    BankError,
    InvalidTarget,
    OpenSaldoError,
    SignInTimeout,
)
from opensaldo.web.entrance import ROUTE
from opensaldo.web.widget import asking, beside, missing, shown
from opensaldo.web.widget.addresses import is_own_post, origin, with_redirection_id
from opensaldo.web.widget.choice import Choice, other_ways
from opensaldo.web.widget.forms import CrossSitePost, form_of, query_of, user_agent
from opensaldo.web.widget.headers import page_headers
from opensaldo.web.widget.languages import FALLBACK
from opensaldo.web.widget.search import QUERY_LENGTH_MAX, matching
from opensaldo.web.widget.shown import STATIC_PATH
from opensaldo.web.widget.words import Words, words_for
from opensaldo.wire.forms import redirection_id
from opensaldo.wire.params import Params

SEE_OTHER = 303
Page = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesConfig:
    """What the pages need: the platform, their own address, who the visitor is, what to speak."""

    platform: Platform
    signin_url: str
    client_address: Callable[[Request], str]
    fallback_language: str = FALLBACK


def routes(pages: PagesConfig) -> list[Route]:
    """The routes of the sign-in pages; the way back comes before the ids."""
    served = _Pages(pages)
    return [
        _route(served, "/redirection/return", served.come_back, "GET"),
        _route(served, "/redirection/{id}", served.choose, "GET", served.over),
        _route(served, "/redirection/{id}/consent", served.consent, "GET", served.over),
        _route(served, "/redirection/{id}/consent", served.decide, "POST", served.over),
        _route(served, "/redirection/{id}/step", served.step, "GET"),
        _route(served, "/redirection/{id}/step", served.answer, "POST"),
        _route(served, "/redirection/{id}/state", served.state, "GET"),
        _route(served, "/redirection/{id}/bank", served.bank, "GET"),
        _route(served, "/redirection/{id}/again", served.again, "POST"),
        _route(served, "/redirection/{id}/about", served.about, "GET"),
        _route(served, "/redirection/{id}/style.css", served.style, "GET"),
        _route(served, "/redirection/{id}/missing", served.missing, "GET", served.over),
        _route(served, "/redirection/{id}/missing", served.wish, "POST", served.over),
        _route(served, STATIC_PATH + "/icons/{name}.svg", served.icon, "GET"),
        Route(STATIC_PATH + "/{name}", shown.static_file, methods=["GET"]),
    ]


def _route(served: _Pages, path: str, page: Page, method: str, over: Page | None = None) -> Route:
    """A route whose errors are pages too; `over` serves a sign-in that has ended."""

    async def serve(request: Request) -> Response:
        request.scope[ROUTE] = path
        try:
            try:
                return await page(request)
            except (AlreadySignedIn, SignInTimeout):
                if over is None:
                    raise
                return await over(request)
        except OpenSaldoError as error:
            return shown.sorry(error, served.words(request), redirection=_path_id(request))

    return Route(path, serve, methods=[method])


class _Pages:
    """The pages of one process."""

    def __init__(self, config: PagesConfig) -> None:
        self._platform = config.platform
        self._return_url = config.signin_url + "/redirection/return"
        self._own_origin = origin(config.signin_url)
        self._client_address = config.client_address
        self._fallback_language = config.fallback_language

    def words(self, request: Request, view: SignInView | None = None) -> Words:
        """The words for this person, of this sign-in if it is known."""
        locale = view.redirection.locale if view else None
        country = view.redirection.country if view else None
        preferred = request.headers.get("accept-language")
        return words_for(locale, country, preferred, self._fallback_language)

    async def choose(self, request: Request) -> Response:
        """The choice of country, then of bank; the agreement when the client chose already."""
        view, query = await self._view(request), query_of(request)
        if view.redirection.preselected_target is not None and view.targets:
            (chosen, *_) = view.targets
            address = shown.consent_address(view.redirection.id, chosen.name, None)
            return _see(address + (f"&{shown.FIRST}=1" if _is_first(query) else ""))
        countries = tuple(dict.fromkeys(one.country for one in view.targets))
        country = query.text("country") if len(countries) > 1 else next(iter(countries), None)
        words = self.words(request, view)
        if len(countries) > 1 and country not in countries:
            return shown.countries(view, words, countries, is_first=_is_first(query))
        sought = (query.text("q") or "")[:QUERY_LENGTH_MAX]
        offered = tuple(one for one in view.targets if one.country == country)
        choice = Choice(
            country=country,
            can_change_country=len(countries) > 1,
            sought=sought,
            banks=matching(offered, sought),
            look=view.redirection.look,
            environment=view.redirection.environment,
            health=await health_of(self._platform, view.redirection.environment),
        )
        return shown.banks(view, words, choice, is_first=_is_first(query))

    async def missing(self, request: Request) -> Response:
        """The form for a bank that is not listed."""
        view, query = await self._view(request), query_of(request)
        return missing.form(view, self.words(request, view), missing.sought(query, view))

    async def wish(self, request: Request) -> Response:
        """The bank that was named is counted, and the client's page hears of it."""
        form = await self._own_form(request)
        view = await self._view(request)
        words = self.words(request, view)
        named = missing.named(form, view)
        if named.faults:
            return missing.form(view, words, named)
        if named.bank:
            await note_wish(
                self._platform,
                view.redirection,
                country=named.country,
                bank=named.bank,
                address=named.address,
            )
        return missing.noted(view, words, named)

    async def icon(self, request: Request) -> Response:
        """The badge of a bank of the catalogue."""
        name, catalog = request.path_params["name"], self._platform.catalog
        found = (catalog.find(name, environment) for environment in Environment)
        target = next((one for one in found if one is not None), None)
        if target is None:
            return Response(status_code=404, headers=page_headers())
        return shown.icon_file(target)

    async def over(self, request: Request) -> Response:
        """The end of a sign-in: its own page when it is embedded.

        Raises:
            SignInTimeout: the link's life is over.
            AlreadySignedIn: this link has served.
        """
        view = await redirections.known(self._platform, redirection_id(request.path_params["id"]))
        if view.redirection.channel.is_embedded:
            return beside.ended(self._platform, view, self.words(request, view))
        if view.redirection.state is RedirectionState.EXPIRED:
            raise SignInTimeout
        raise AlreadySignedIn

    async def consent(self, request: Request) -> Response:
        """What the person is asked to agree to, for the bank chosen."""
        view = await self._view(request)
        query = query_of(request)
        target, country = query.text("target"), query.text("country")
        return await self._consent(request, view, target, country, is_first=_is_first(query))

    async def decide(self, request: Request) -> Response:
        """To the bank when the person agreed, to the client when not."""
        form = await self._own_form(request)
        view = await self._view(request)
        target, country = form.text("target"), form.text("country")
        match form.text("decision"):
            case "agree":
                accepted = _accepted(form, self.words(request, view))
                return await self._agree(request, view, target or "", country, accepted)
            case "cancel":
                ended = await redirections.cancel(self._platform, view.redirection.id)
                if ended.channel.is_embedded:
                    return beside.go(request, f"/redirection/{ended.id}")
                return _leave(view, ended, self.words(request, view), None)
            case _:
                return await self._consent(request, view, target, country)

    async def come_back(self, request: Request) -> Response:
        """Back from the bank: on to the next step or, at the end, to the client."""
        progress = await steps.come_back(self._platform, dict(request.query_params))
        if progress.view.redirection.channel.is_embedded:
            return shown.window_closing(progress.view, self.words(request, progress.view))
        return self._onward(request, progress)

    async def step(self, request: Request) -> Response:
        """What the person must do now; who waits asks the bank again by loading this page."""
        progress = await self._looked_again(request)
        view, words = progress.view, self.words(request, progress.view)
        if view.redirection.state is not RedirectionState.PENDING:
            return self._onward(request, progress)
        if progress.standing is None:
            return asking.restart(view, words)
        match progress.standing.step:
            case Ask() as ask if not progress.is_busy:
                return asking.ask(view, words, progress.standing, ask)
            case Redirect() if not progress.is_busy and view.redirection.channel.is_embedded:
                return beside.window(request, progress, words)
            case Redirect() if not progress.is_busy:
                return self._onward(request, progress)
            case Wait() as wait:
                return asking.wait(view, words, progress.standing, wait)
        return asking.busy(view, words, progress.standing)

    async def state(self, request: Request) -> Response:
        """Where the sign-in stands, for a page that looks by itself."""
        return beside.state(await self._looked_again(request))

    async def bank(self, request: Request) -> Response:
        """The bank's page, in the window that was opened for it."""
        of_redirection = redirection_id(request.path_params["id"])
        return await beside.at_bank(self._platform, of_redirection, self.words(request))

    async def again(self, request: Request) -> Response:
        """Another try of an embedded sign-in that has come to nothing."""
        await self._own_form(request)
        return await beside.again(self._platform, redirection_id(request.path_params["id"]))

    async def about(self, request: Request) -> Response:
        """Whose sign-in this is, in a window whose address the person can read."""
        view = await redirections.known(self._platform, redirection_id(request.path_params["id"]))
        return shown.about(view, self.words(request, view), self._own_origin)

    async def style(self, request: Request) -> Response:
        """The client's colours on these pages."""
        view = await redirections.known(self._platform, redirection_id(request.path_params["id"]))
        return shown.style(view)

    async def answer(self, request: Request) -> Response:
        """What was typed goes to the bank, and the person on to what follows."""
        form = await self._own_form(request)
        of_redirection = redirection_id(request.path_params["id"])
        token = form.text("token") or ""
        typed = asking.typed(form)
        return self._onward(
            request, await steps.answer(self._platform, of_redirection, token, typed)
        )

    def _onward(self, request: Request, progress: Progress) -> Response:
        """To the client when the sign-in has ended, else to the bank or the page of the step."""
        view, standing = progress.view, progress.standing
        if view.redirection.channel.is_embedded:
            return beside.onward(request, progress)
        if view.redirection.state is not RedirectionState.PENDING:
            return _leave(view, view.redirection, self.words(request, view), progress.target)
        if standing is not None and isinstance(standing.step, Redirect) and not progress.is_busy:
            return _see(standing.step.url)
        return _see(shown.step_address(view.redirection.id))

    async def _own_form(self, request: Request) -> Params:
        """The fields of a form that one of our own pages sent.

        Raises:
            CrossSitePost: another site's page sent it.
        """
        own = frozenset({self._own_origin, origin(str(request.base_url))})
        headers = request.headers
        if not is_own_post(headers.get("sec-fetch-site"), headers.get("origin"), own):
            raise CrossSitePost
        return await form_of(request)

    async def _view(self, request: Request) -> SignInView:
        return await redirections.opened(self._platform, redirection_id(request.path_params["id"]))

    async def _looked_again(self, request: Request) -> Progress:
        return await steps.look_again(self._platform, redirection_id(request.path_params["id"]))

    async def _consent(
        self,
        request: Request,
        view: SignInView,
        target_name: str | None,
        country: str | None,
        *,
        has_changed: bool = False,
        is_first: bool = False,
    ) -> Response:
        target = next((one for one in view.targets if one.name == target_name), None)
        if target is None:
            raise InvalidTarget
        await chose(self._platform, view.redirection, target)
        words = self.words(request, view)
        health = await health_of(self._platform, view.redirection.environment)
        if health[target.name] is Health.BLOCKED:
            choice = other_ways(view, target, country, health)
            return shown.blocked(view, words, target, choice, is_first=is_first)
        texts = await texts_for(self._platform.store, view.client.id, words.language)
        return shown.consent(
            view,
            words,
            target,
            shown.asked_for(self._platform, view, target, texts),
            country,
            has_changed=has_changed,
            is_warned=health[target.name] is Health.WARNED,
            is_first=is_first,
        )

    async def _agree(
        self,
        request: Request,
        view: SignInView,
        target_name: str,
        country: str | None,
        accepted: Acceptance | None,
    ) -> Response:
        psu = PsuContext(
            ip_address=self._client_address(request),
            user_agent=user_agent(request.headers.get("user-agent")),
        )
        try:
            progress = await steps.begin(
                self._platform, view.redirection.id, target_name, psu, self._return_url, accepted
            )
        except TextsChanged:
            return await self._consent(request, view, target_name, country, has_changed=True)
        except BankError as error:
            target = next(one for one in view.targets if one.name == target_name)
            return shown.down(view, self.words(request, view), target, country, error, accepted)
        return self._onward(request, progress)


def _accepted(form: Params, words: Words) -> Acceptance | None:
    """The texts that were shown, by what the form carries of them; None when it carries nothing."""
    terms_version, privacy_version = form.text("terms"), form.text("privacy")
    if terms_version is None or privacy_version is None:
        return None
    return Acceptance(
        language=words.language, terms_version=terms_version, privacy_version=privacy_version
    )


def _is_first(query: Params) -> bool:
    """Whether this is the first page that an embedded sign-in shows."""
    return query.text(shown.FIRST) is not None


def _path_id(request: Request) -> str | None:
    return request.path_params.get("id")


def _leave(view: SignInView, ended: Redirection, words: Words, target: Target | None) -> Response:
    """The person leaves us: to the client's address, or with a closing page of ours."""
    if ended.redirect_uri is not None:
        return _see(with_redirection_id(ended.redirect_uri, ended.id))
    return shown.closing(view, words, ended, target)


def _see(address: str) -> Response:
    return RedirectResponse(address, SEE_OTHER, headers=page_headers())
