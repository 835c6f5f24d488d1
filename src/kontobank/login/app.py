"""The bank's app as a page: the person's accounts, what waits for their decision, two buttons."""

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kontobank.access.approvals import Approvals
from kontobank.login.steps import Desk
from kontobank.login.words import words_of
from kontobank.mask import place_or_none

LOGIN_CHARACTERS_MAX = 64
PATH = "/app/{place}"


class App:
    """Shows and takes the decisions of one bank's people."""

    def __init__(
        self, desk: Desk, approvals: Approvals, templates: Environment, headers: dict[str, str]
    ) -> None:
        self._desk = desk
        self._approvals, self._templates, self._headers = approvals, templates, headers

    async def show(self, request: Request) -> Response:
        """The accounts of the person of the query's login, and what waits for their decision."""
        country, mask = place_or_none(request.path_params["place"])
        login = request.query_params.get("login", "")[:LOGIN_CHARACTERS_MAX]
        waiting = [
            (consent, one)
            for consent, one in self._approvals.waiting(login)
            if consent.place == request.path_params["place"]
        ]
        page = self._templates.get_template("app.html").render(
            words=words_of(country or "", request.query_params.get("lang")),
            bank_name=mask.name,
            login=login,
            waiting=waiting,
            accounts=self._desk.accounts_of(country, login) if country else (),
        )
        return HTMLResponse(page, headers=self._headers)

    async def decide(self, request: Request) -> Response:
        """One decision was taken; the page again."""
        form = await request.form(max_files=0, max_fields=10)
        login, name = str(form.get("login", "")), str(form.get("authorisation", ""))
        for consent, authorisation in self._approvals.waiting(login):
            if authorisation.id == name and consent.place == request.path_params["place"]:
                is_yes = form.get("decision") == "approve"
                (self._approvals.approve if is_yes else self._approvals.deny)(
                    consent, authorisation
                )
        query = request.url.query
        return RedirectResponse(f"{request.url.path}?{query}", 303, headers=self._headers)


def routes(
    desk: Desk, approvals: Approvals, templates: Environment, headers: dict[str, str]
) -> list[Route]:
    """The routes of the app."""
    app = App(desk, approvals, templates, headers)
    return [
        Route(PATH, app.show, methods=["GET"]),
        Route(PATH, app.decide, methods=["POST"]),
    ]
