"""The pages from the agreement on: what is asked, waited for, answered; and how it ended."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from opensaldo.domain.session import RedirectionState
from opensaldo.engine import steps
from opensaldo.engine.steps import Ask, Redirect, Wait
from opensaldo.errors import AlreadySignedIn, SignInTimeout
from opensaldo.web.widget import asking, beside, ending, rendering
from opensaldo.web.widget.reception import Reception, id_of


class Stepping(Reception):
    """From the bank's first question to the last page."""

    async def come_back(self, request: Request) -> Response:
        """Back from the bank: on to the next step or, at the end, to the client."""
        progress = await steps.come_back(self.platform, dict(request.query_params))
        if progress.view.redirection.channel.is_embedded:
            return beside.at_bank(progress, self.words(request, progress.view))
        return self.onward(request, progress)

    async def step(self, request: Request) -> Response:
        """What the person must do now; who waits asks the bank again by loading this page."""
        progress = await steps.look_again(self.platform, id_of(request))
        view, words = progress.view, self.words(request, progress.view)
        if view.redirection.state is not RedirectionState.PENDING:
            return self.onward(request, progress)
        if progress.standing is None:
            return asking.restart(view, words)
        match progress.standing.step:
            case Ask() as ask if not progress.is_busy:
                return asking.ask(view, words, progress.standing, ask)
            case Redirect() if not progress.is_busy and view.redirection.channel.is_embedded:
                return beside.window(request, progress, words)
            case Redirect() if not progress.is_busy:
                return self.onward(request, progress)
            case Wait() as wait:
                return asking.wait(view, words, progress.standing, wait)
        return asking.busy(view, words, progress.standing)

    async def answer(self, request: Request) -> Response:
        """What was typed goes to the bank, and the person on to what follows."""
        form = await self.own_form(request)
        token = form.text("token") or ""
        typed = asking.typed(form)
        return self.onward(request, await steps.answer(self.platform, id_of(request), token, typed))

    async def state(self, request: Request) -> Response:
        """Where the sign-in stands, for a page that looks by itself."""
        return beside.state(await steps.watch(self.platform, id_of(request)))

    async def bank(self, request: Request) -> Response:
        """The bank's page, in the window that was opened for it."""
        progress = await steps.where(self.platform, id_of(request))
        return beside.at_bank(progress, self.words(request, progress.view))

    async def over(self, request: Request) -> Response:
        """The end of a sign-in: its own page when it is embedded.

        Raises:
            SignInTimeout: the link's life is over.
            AlreadySignedIn: this link has served.
        """
        view = await self.known(request)
        if view.redirection.channel.is_embedded:
            return beside.ended(self.platform, view, self.words(request, view))
        if view.redirection.state is RedirectionState.EXPIRED:
            raise SignInTimeout
        raise AlreadySignedIn

    async def again(self, request: Request) -> Response:
        """Another try of an embedded sign-in that has come to nothing."""
        await self.own_form(request)
        return await beside.again(self.platform, id_of(request))

    async def about(self, request: Request) -> Response:
        """Whose sign-in this is, in a window whose address the person can read."""
        view = await self.known(request)
        return ending.about(view, self.words(request, view), self.own_origin)

    async def style(self, request: Request) -> Response:
        """The client's colours on these pages."""
        view = await self.known(request)
        return rendering.style(view)
