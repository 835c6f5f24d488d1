"""The pages themselves: plain HTML, no scripts, one style sheet."""

from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kontobank.access.approvals import Approvals
from kontobank.access.nouns import Authorization
from kontobank.access.registry import Registry
from kontobank.login import app
from kontobank.login.steps import Back, Desk, Form, Shown
from kontobank.login.words import ENGLISH, words_of
from kontobank.mask import PLAIN, place_or_none
from kontobank.people.countries import COUNTRIES, country

STANDARDS = ("polish-api", "berlin-group", "redsys", "sibs", "czech-standard", "obie")
FORM_FIELDS_MAX = 300
FIELD_BYTES_MAX = 4_096
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
CASCADING_TYPE = "text/css"
TEMPLATES = Environment(
    loader=PackageLoader("kontobank.login", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


class Pages:
    """Renders the sign-in pages of one bank."""

    def __init__(self, registry: Registry, desk: Desk) -> None:
        self._registry, self._desk = registry, desk
        style = resources.files("kontobank.login").joinpath("static", "kontobank.css")
        self._style = style.read_bytes()

    async def show(self, request: Request) -> Response:
        """The page the sign-in is at."""
        authorization = self._find(request, request.query_params.get("request", ""))
        if authorization is None:
            return self._gone(request)
        return self._page(request, authorization, Shown())

    async def submit(self, request: Request) -> Response:
        """The next page, the same one with a message, or the way back."""
        form = await request.form(
            max_files=0, max_fields=FORM_FIELDS_MAX, max_part_size=FIELD_BYTES_MAX
        )
        authorization = self._find(request, str(form.get("request", "")))
        if authorization is None:
            return self._gone(request)
        outcome = self._desk.submit(authorization, _form(form))
        if isinstance(outcome, Back):
            return RedirectResponse(outcome.address, 303, headers=SECURITY_HEADERS)
        return self._page(request, authorization, outcome)

    async def style(self, _request: Request) -> Response:
        """The one style sheet."""
        return Response(self._style, media_type=CASCADING_TYPE)

    async def home(self, _request: Request) -> Response:
        """What this program is, its people and its addresses."""
        page = TEMPLATES.get_template("home.html")
        text = page.render(words=ENGLISH, countries=COUNTRIES, bank_name=PLAIN.name)
        return HTMLResponse(text, headers=SECURITY_HEADERS)

    def _find(self, request: Request, name: str) -> Authorization | None:
        found = self._registry.authorization(name)
        if found is None or found.place != request.path_params["place"]:
            return None
        return found

    def _page(self, request: Request, authorization: Authorization, shown: Shown) -> Response:
        page = TEMPLATES.get_template(f"{authorization.step}.html")
        values: dict[str, Any] = {
            "words": self._words(request),
            "authorization": authorization,
            "error": shown.error,
            "bank": country(authorization.country),
            "bank_name": authorization.name,
        }
        if authorization.step == "consent":
            values["accounts"] = self._desk.accounts(authorization)
        return HTMLResponse(page.render(values), headers=SECURITY_HEADERS)

    def _gone(self, request: Request) -> Response:
        page = TEMPLATES.get_template("gone.html")
        _, mask = place_or_none(request.path_params["place"])
        text = page.render(words=self._words(request), error=None, bank_name=mask.name)
        return HTMLResponse(text, 404, headers=SECURITY_HEADERS)

    @staticmethod
    def _words(request: Request) -> dict[str, str]:
        place, _ = place_or_none(request.path_params["place"])
        return words_of(place or "", request.query_params.get("lang"))


def routes(registry: Registry, desk: Desk, approvals: Approvals) -> list[Route]:
    """The routes of the sign-in, the app, the style sheet and the home page."""
    pages = Pages(registry, desk)
    paths = [f"/{standard}/{{place}}/login" for standard in STANDARDS]
    return [
        *(Route(path, pages.show, methods=["GET"]) for path in paths),
        *app.routes(desk, approvals, TEMPLATES, SECURITY_HEADERS),
        *(Route(path, pages.submit, methods=["POST"]) for path in paths),
        Route("/static/kontobank.css", pages.style, methods=["GET"]),
        Route("/", pages.home, methods=["GET"]),
    ]


def _form(form: FormData) -> Form:
    """The submitted fields as texts."""
    texts = {name: str(form.get(name, "")) for name in ("step", "decision", "login", "password")}
    chosen = tuple(str(value) for value in form.getlist("accounts"))
    return Form(code=str(form.get("code", "")), accounts=chosen, **texts)
