"""The mock session: a synthetic person signs in to the mock bank, by the road everybody takes.

The person is a small program that fills in the bank's pages over HTTP; the connector does not know
the difference. Test environment only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from opensaldo.connectors.base import PsuContext, Redirect
from opensaldo.connectors.http import Door
from opensaldo.domain.session import Session
from opensaldo.domain.target import AccessMode
from opensaldo.engine import signin
from opensaldo.engine.ids import new_hex
from opensaldo.engine.platform import Platform
from opensaldo.errors import BankAnsweredNonsense, Defect, InvalidCredentials, InvalidTarget
from opensaldo.store.queries.clients import Caller

MOCK_PASSWORD = "Test123"  # noqa: S105 - printed in the documentation
PSU = PsuContext(ip_address="127.0.0.1", user_agent="OpenSaldo mock session")
RETURN_URL = "https://mock-session.invalid/return"
PAGES_MAX = 12
WILLING = frozenset({"agree", "approve"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MockPerson:
    """Who signs in, and how."""

    login: str = "test1"
    password: str = MOCK_PASSWORD
    code: str = MOCK_PASSWORD

    def fields(self) -> dict[str, str]:
        """What the person types, by the name of the field."""
        return {"login": self.login, "password": self.password, "code": self.code}


async def open_mock_session(
    platform: Platform,
    caller: Caller,
    *,
    login: str,
    country: str,
    owner_external_id: str | None,
    multiple: bool,
) -> tuple[Session, str | None]:
    """A session signed in to the mock bank, and its multipleAccessId when one was asked for.

    Raises:
        InvalidTarget: the mock bank is not offered in this country.
        PsuError: the login is one of those that fail at the bank; its name says how.
    """
    suffix = "" if country == "pl" else f"_{country}"
    options = signin.SignInOptions(
        access_mode=AccessMode.MULTIPLE if multiple else AccessMode.SINGLE,
        owner_external_id=owner_external_id,
        target=f"KontoBankApi{suffix}",
    )
    signin.check_options(platform, caller, options)
    target = platform.catalog.find(options.target or "", caller.client.environment)
    if target is None:
        raise InvalidTarget("The mock bank is not offered in this country.")
    session = await platform.store.change_with(
        lambda connection: signin.session_for(connection, platform, caller, options)
    )
    request = signin.sign_in_request(
        platform, session, target, PSU, return_url=RETURN_URL, state=new_hex()
    )
    connector = platform.catalog.connector(target)
    step = await connector.begin(request)
    if not isinstance(step, Redirect):
        raise Defect("The mock bank's first step is not a redirect.")
    answer = await walk(platform.door, step.url, MockPerson(login=login), until=RETURN_URL)
    ended = await connector.resume(request, step, answer)
    granted = signin.granted_access(ended, request)
    return session, await signin.finish(platform, session, request, granted, None)


async def walk(door: Door, url: str, person: MockPerson, *, until: str) -> dict[str, str]:
    """Follow pages and fill in their forms until the address `until`; returns its parameters.

    Args:
        door: the outbound door.
        url: where the walk begins.
        person: what to type into the bank's fields.
        until: the address at which to stop, without its query.

    Raises:
        InvalidCredentials: a page says that what was typed is wrong.
        BankAnsweredNonsense: a page has no form, or there is no end.
    """
    answers = person.fields()
    cookies: dict[str, str] = {}
    form: list[tuple[str, str]] | None = None
    for _ in range(PAGES_MAX):
        page = await door.browse("GET" if form is None else "POST", url, form, cookies)
        if page.location is not None:
            url, form = urljoin(url, page.location), None
            if url.split("?")[0] == until:
                return dict(parse_qsl(urlsplit(url).query))
            continue
        found = read_page(page.body)
        if found.alert == InvalidCredentials.wire_name:
            raise InvalidCredentials
        if not found.has_form:
            raise BankAnsweredNonsense("login page", "a form")
        url, form = urljoin(url, found.action or url), found.filled(answers)
    raise BankAnsweredNonsense("login pages", f"an end after {PAGES_MAX} pages")


@dataclass(slots=True)
class FoundPage:
    """The first form of a page: where it goes, its fields in order, and what the page warns of."""

    action: str | None = None
    has_form: bool = False
    alert: str | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)
    submits: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, answers: Mapping[str, str]) -> list[tuple[str, str]]:
        """The form's fields with the answers in their places, and the button that goes on."""
        typed = [(name, answers.get(name, value)) for name, value in self.fields]
        return typed + [pair for pair in self.submits if pair[1] in WILLING][:1]


def read_page(html: str) -> FoundPage:
    """The first form and the warning of a page."""
    reader = _PageReader()
    reader.feed(html)
    return reader.found


class _PageReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = FoundPage()
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "data-error" in values:
            self.found.alert = values["data-error"]
        if tag == "form" and not self.found.has_form:
            self.found.has_form = self._inside = True
            self.found.action = values.get("action") or None
        if self._inside and tag in {"input", "button", "select"} and values.get("name"):
            self._take(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False

    def _take(self, tag: str, values: dict[str, str]) -> None:
        pair = (values["name"], values.get("value", ""))
        kind = values.get("type", "submit" if tag == "button" else "text")
        if kind == "submit":
            self.found.submits.append(pair)
        elif kind not in {"checkbox", "radio"} or "checked" in values:
            self.found.fields.append(pair)
