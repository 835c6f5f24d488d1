"""The page of the bank's world: its people, its clock, what goes wrong, the latest calls."""

from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kontobank.clock import OutOfTime
from kontobank.faults import KINDS
from kontobank.mask import PLAIN
from kontobank.outages import KINDS as OUTAGES
from kontobank.people.countries import COUNTRIES, country
from kontobank.people.owners import CODE, PASSWORD, owners
from kontobank.quirks import PACKS
from kontobank.story.acts import ALWAYS, Form, Stage, Unclear
from kontobank.story.origin import is_own
from kontobank.story.told import NAMES, Person, explained
from kontobank.world import Account, world_at

CALLS_SHOWN = 12
LATEST_DAYS = 60
FORM_FIELDS_MAX = 10
FIELD_BYTES_MAX = 1_024
EVERYDAY = (
    Person("test1", "the default person"),
    Person("test2", "somebody without a code"),
    Person("test3", "cards, savings and a deposit"),
    Person("test4", "a company"),
    Person("alive-anna", "somebody whose account lives"),
)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_PAGES = Environment(
    loader=PackageLoader("kontobank.story", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


@dataclass(frozen=True)
class ShownAccount:
    """One account as it stands at this moment."""

    number: str
    kind: str
    balance: str
    latest: str


class WorldPage:
    """Shows the world and does what its buttons say."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        style = resources.files("kontobank.story").joinpath("static", "world.css")
        self._style = style.read_bytes()

    async def show(self, request: Request) -> Response:
        """The world in one country; that of the story unless the query says another."""
        stage, story = self._stage, self._stage.story
        code = request.query_params.get("country", story.country if story else "pl")
        if code not in COUNTRIES:
            code = COUNTRIES[0]
        page = _PAGES.get_template("world.html").render(
            story=story,
            names=NAMES,
            day=stage.day,
            countries=COUNTRIES,
            code=code,
            now=stage.clock.now(),
            people=self._people(code),
            explained=explained(),
            password=PASSWORD,
            sms_code=CODE,
            kinds=KINDS,
            outages=OUTAGES,
            outage=stage.outages.now,
            is_paused=stage.clock.is_paused,
            planned=stage.faults.planned,
            always=ALWAYS,
            packs=PACKS,
            switched=stage.packs.switched,
            rules=len(stage.faults.plan.rules),
            calls=self._calls(),
            seed=stage.seed,
        )
        return HTMLResponse(page, headers=HEADERS)

    async def act(self, request: Request) -> Response:
        """What the button says is done; the page again."""
        if not is_own(request):
            return Response("Only the bank's own page may do this.\n", 403, HEADERS, "text/plain")
        sent = await request.form(
            max_files=0, max_fields=FORM_FIELDS_MAX, max_part_size=FIELD_BYTES_MAX
        )
        form: Form = {name: value for name, value in sent.items() if isinstance(value, str)}
        try:
            self._stage.act(request.path_params["act"], form)
        except (Unclear, OutOfTime) as complaint:
            return Response(f"{complaint}\n", 400, HEADERS, "text/plain")
        code = form.get("country", "")
        query = f"?country={code}" if code in COUNTRIES else ""
        return RedirectResponse(f"/world{query}", 303, HEADERS)

    async def style(self, _request: Request) -> Response:
        """The page's own style sheet."""
        return Response(self._style, media_type="text/css")

    def _people(self, code: str) -> list[dict[str, Any]]:
        """Those of the story first, then everybody's, each with what they have now."""
        stage = self._stage
        of_story = stage.story.people if stage.story else ()
        known = {one.login for one in of_story}
        now = stage.clock.now()
        found = []
        for person in (*of_story, *(one for one in EVERYDAY if one.login not in known)):
            manner = stage.packs.manner(PLAIN, person.login, code)
            world = world_at(stage.seed, code, person.login, now, manner)
            found.append(
                {
                    "login": person.login,
                    "role": person.role,
                    "names": [one.name for one in owners(stage.seed, country(code), person.login)],
                    "accounts": [_shown(one, now.date()) for one in world.accounts],
                }
            )
        return found

    def _calls(self) -> list[dict[str, Any]]:
        """The latest calls, newest first."""
        journal = self._stage.journal
        return journal.since(max(0, journal.last - CALLS_SHOWN))[::-1]


def routes(stage: Stage) -> list[Route]:
    """The routes of the page."""
    page = WorldPage(stage)
    return [
        Route("/world", page.show, methods=["GET"]),
        Route("/world/{act}", page.act, methods=["POST"]),
        Route("/static/world.css", page.style, methods=["GET"]),
    ]


def _shown(account: Account, today: date) -> ShownAccount:
    rows = account.rows(today - timedelta(days=LATEST_DAYS), today)
    latest = ""
    if rows:
        row = rows[-1]
        latest = f"{row.booked_on} · {_money(row.minor, row.currency)} · {row.title}"
    return ShownAccount(
        number=account.number,
        kind=account.type_name,
        balance=_money(account.balance_minor, account.currency),
        latest=latest,
    )


def _money(minor: int, currency: str) -> str:
    whole, rest = divmod(abs(minor), 100)
    sign = "−" if minor < 0 else ""
    return f"{sign}{whole:,}.{rest:02d} {currency}".replace(",", "\u00a0")
