"""The first pages: country, bank, what is missing from the list, and the agreement."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from opensaldo.domain.client import Environment
from opensaldo.domain.health import Health
from opensaldo.domain.legal_text import Acceptance
from opensaldo.engine import redirections, steps
from opensaldo.engine.funnel import chose
from opensaldo.engine.health import health_of
from opensaldo.engine.legal_texts import TextsChanged, texts_for
from opensaldo.engine.redirections import SignInView
from opensaldo.engine.steps import PsuContext
from opensaldo.engine.wishes import note_wish
from opensaldo.errors import BankError, InvalidTarget
from opensaldo.web.widget import beside, missing, rendering, shown
from opensaldo.web.widget.choice import Choice, other_ways
from opensaldo.web.widget.forms import query_of, user_agent
from opensaldo.web.widget.headers import page_headers
from opensaldo.web.widget.reception import Reception, is_first, leave
from opensaldo.web.widget.rendering import see
from opensaldo.web.widget.search import QUERY_LENGTH_MAX, matching
from opensaldo.web.widget.words import Words
from opensaldo.wire.params import Params


class Choosing(Reception):
    """Up to the moment when the person agrees."""

    async def choose(self, request: Request) -> Response:
        """The choice of country, then of bank; the agreement when the client chose already."""
        view, query = await self.view(request), query_of(request)
        if view.redirection.preselected_target is not None and view.targets:
            (chosen, *_) = view.targets
            address = shown.consent_address(view.redirection.id, chosen.name, None)
            return see(address + (f"&{shown.FIRST}=1" if is_first(query) else ""))
        countries = tuple(dict.fromkeys(one.country for one in view.targets))
        country = query.text("country") if len(countries) > 1 else next(iter(countries), None)
        words = self.words(request, view)
        if len(countries) > 1 and country not in countries:
            return shown.countries(view, words, countries, is_first=is_first(query))
        sought = (query.text("q") or "")[:QUERY_LENGTH_MAX]
        offered = tuple(one for one in view.targets if one.country == country)
        choice = Choice(
            country=country,
            can_change_country=len(countries) > 1,
            sought=sought,
            banks=matching(offered, sought),
            look=view.redirection.look,
            environment=view.redirection.environment,
            health=await health_of(self.platform, view.redirection.environment),
        )
        return shown.banks(view, words, choice, is_first=is_first(query))

    async def missing(self, request: Request) -> Response:
        """The form for a bank that is not listed."""
        view, query = await self.view(request), query_of(request)
        return missing.form(view, self.words(request, view), missing.sought(query, view))

    async def wish(self, request: Request) -> Response:
        """The bank that was named is counted, and the client's page hears of it."""
        form = await self.own_form(request)
        view = await self.view(request)
        words = self.words(request, view)
        named = missing.named(form, view)
        if named.faults:
            return missing.form(view, words, named)
        if named.bank:
            await note_wish(
                self.platform,
                view.redirection,
                country=named.country,
                bank=named.bank,
                address=named.address,
            )
        return missing.noted(view, words, named)

    async def icon(self, request: Request) -> Response:
        """The badge of a bank of the catalogue."""
        name, catalog = request.path_params["name"], self.platform.catalog
        found = (catalog.find(name, environment) for environment in Environment)
        target = next((one for one in found if one is not None), None)
        if target is None:
            return Response(status_code=404, headers=page_headers())
        return rendering.icon_file(target)

    async def consent(self, request: Request) -> Response:
        """What the person is asked to agree to, for the bank chosen."""
        view = await self.view(request)
        query = query_of(request)
        target, country = query.text("target"), query.text("country")
        return await self._consent(request, view, target, country, is_first=is_first(query))

    async def decide(self, request: Request) -> Response:
        """To the bank when the person agreed, to the client when not."""
        form = await self.own_form(request)
        view = await self.view(request)
        target, country = form.text("target"), form.text("country")
        match form.text("decision"):
            case "agree":
                accepted = _accepted(form, self.words(request, view))
                return await self._agree(request, view, target or "", country, accepted)
            case "cancel":
                ended = await redirections.cancel(self.platform, view.redirection.id)
                if ended.channel.is_embedded:
                    return beside.go(request, f"/redirection/{ended.id}")
                return leave(view, ended, self.words(request, view), None)
            case _:
                return await self._consent(request, view, target, country)

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
        await chose(self.platform, view.redirection, target)
        words = self.words(request, view)
        health = await health_of(self.platform, view.redirection.environment)
        if health[target.name] is Health.BLOCKED:
            choice = other_ways(view, target, country, health)
            return shown.blocked(view, words, target, choice, is_first=is_first)
        texts = await texts_for(self.platform.store, view.client.id, words.language)
        return shown.consent(
            view,
            words,
            target,
            shown.asked_for(self.platform, view, target, texts),
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
            ip_address=self.client_address(request),
            user_agent=user_agent(request.headers.get("user-agent")),
        )
        try:
            progress = await steps.begin(
                self.platform, view.redirection.id, target_name, psu, self.return_url, accepted
            )
        except TextsChanged:
            return await self._consent(request, view, target_name, country, has_changed=True)
        except BankError as error:
            target = next(one for one in view.targets if one.name == target_name)
            return shown.down(view, self.words(request, view), target, country, error, accepted)
        return self.onward(request, progress)


def _accepted(form: Params, words: Words) -> Acceptance | None:
    """The texts that were shown, by what the form carries of them; None when it carries nothing."""
    terms_version, privacy_version = form.text("terms"), form.text("privacy")
    if terms_version is None or privacy_version is None:
        return None
    return Acceptance(
        language=words.language, terms_version=terms_version, privacy_version=privacy_version
    )
