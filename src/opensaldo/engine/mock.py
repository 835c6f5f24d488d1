"""The mock session: a synthetic person signs in to the mock bank, by the road everybody takes.

The person is a small program that fills in the bank's pages over HTTP, types what it is asked for
and waits when told to; the connector does not know the difference. Test environment only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from opensaldo.connectors.base import (
    ACCOUNT_NUMBERS,
    Access,
    Ask,
    Connector,
    Done,
    Field,
    FieldKind,
    PsuContext,
    Redirect,
    SignInRequest,
    WaitingStep,
)
from opensaldo.connectors.http import Door
from opensaldo.domain.client import Environment
from opensaldo.domain.session import Session
from opensaldo.domain.target import AccessMode
from opensaldo.engine import signin
from opensaldo.engine.access import GrantedAccess
from opensaldo.engine.finishing import finish
from opensaldo.engine.ids import new_hex
from opensaldo.engine.platform import Platform
from opensaldo.errors import (
    BankAnsweredNonsense,
    InvalidCredentials,
    InvalidTarget,
    SignInTimeout,
)
from opensaldo.store.queries.clients import Caller

MOCK_PASSWORD = "Test123"  # noqa: S105 - printed in the documentation
PSU = PsuContext(ip_address="127.0.0.1", user_agent="OpenSaldo mock session")
RETURN_URL = "https://mock-session.invalid/return"
PAGES_MAX = 24
STEPS_MAX = 40
WAIT_MAX_S = 60.0
WILLING = frozenset({"agree", "approve"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MockPerson:
    """Who signs in, and how; `app_url` is their bank's app, which shows their accounts."""

    login: str = "test1"
    password: str = MOCK_PASSWORD
    code: str = MOCK_PASSWORD
    app_url: str = ""

    def fields(self) -> dict[str, str]:
        """What the person types, by the name of the field."""
        return {"login": self.login, "password": self.password, "code": self.code}

    def typed(self, one: Field, accounts: Sequence[str] = ()) -> str:
        """What the person, who has these accounts, types into a field a connector asks for."""
        if one.name == ACCOUNT_NUMBERS:
            return ", ".join(accounts)
        match one.kind:
            case FieldKind.CHOICE:
                return one.options[0][0] if one.options else ""
            case FieldKind.HIDDEN:
                return self.password
            case FieldKind.CODE:
                return self.code
        return self.login


async def open_mock_session(
    platform: Platform,
    caller: Caller,
    *,
    login: str,
    country: str,
    owner_external_id: str | None,
    multiple: bool,
    target: str | None = None,
) -> tuple[Session, str | None]:
    """A session signed in to the mock bank, and its multipleAccessId when one was asked for.

    Its online service where one visit is enough, its interface for repeated ones or where it has
    nothing else. Any other target can be named: on TEST the mock bank stands in for every bank.

    Raises:
        InvalidTarget: the target is not offered, or the mock bank grants no repeated access there.
        PsuError: the login is one of those that fail at the bank; its name says how.
    """
    options = signin.SignInOptions(
        access_mode=AccessMode.MULTIPLE if multiple else AccessMode.SINGLE,
        owner_external_id=owner_external_id,
        target=target or _mock_target(platform, caller.client.environment, country, multiple),
    )
    signin.check_options(platform, caller, options)
    found = platform.catalog.find(options.target or "", caller.client.environment)
    if found is None:
        raise InvalidTarget("This bank is not offered here.")
    session = await platform.store.change_with(
        lambda connection: signin.session_for(connection, platform, caller, options)
    )
    request = signin.sign_in_request(
        platform, session, found, PSU, return_url=RETURN_URL, state=new_hex()
    )
    app = f"{platform.catalog.mock_bank_url}/app/{found.country}?{urlencode({'login': login})}"
    person = MockPerson(login=login, app_url=app)
    access = await grant(platform.door, platform.catalog.connector(found), request, person)
    granted = GrantedAccess(access=access, psu=PSU)
    return session, await finish(platform, session, request, granted, None, caller)


def _mock_target(platform: Platform, environment: Environment, country: str, multiple: bool) -> str:
    """The mock bank's target of a country (wire contract, section 4.4)."""
    suffix = "" if country == "pl" else f"_{country}"
    online = f"KontoBank{suffix}"
    if multiple or platform.catalog.find(online, environment) is None:
        return f"KontoBankApi{suffix}"
    return online


async def grant(
    door: Door, connector: Connector, request: SignInRequest, person: MockPerson
) -> Access:
    """What this person grants, whatever steps the connector wants.

    Raises:
        PsuError: the bank refuses the person.
        SignInTimeout: there is no end to the waiting.
        BankAnsweredNonsense: there is no end to the steps.
    """
    step = await connector.begin(request)
    waited_s = 0.0
    for _ in range(STEPS_MAX):
        if isinstance(step, Done):
            return step.access
        answer = await _answer(door, step, person)
        if not isinstance(step, Redirect | Ask):
            waited_s += step.every_s
            if waited_s > WAIT_MAX_S:
                raise SignInTimeout
        step = await connector.resume(request, step, answer)
    raise BankAnsweredNonsense("sign-in", f"an end after {STEPS_MAX} steps")


async def _answer(door: Door, step: WaitingStep, person: MockPerson) -> dict[str, str]:
    match step:
        case Redirect():
            return await walk(door, step.url, person, until=RETURN_URL)
        case Ask():
            is_needed = any(one.name == ACCOUNT_NUMBERS for one in step.fields)
            accounts = await _own_accounts(door, person) if is_needed else ()
            return {one.name: person.typed(one, accounts) for one in step.fields}
    await asyncio.sleep(step.every_s)
    return {}


async def _own_accounts(door: Door, person: MockPerson) -> tuple[str, ...]:
    """The account numbers the person reads off their bank's app."""
    page = await door.browse("GET", person.app_url, None, {})
    return tuple(read_page(page.body).accounts)


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
        if found.refresh_s is not None:
            await asyncio.sleep(found.refresh_s)
            form = None
            continue
        if not found.has_form:
            raise BankAnsweredNonsense("login page", "a form")
        url, form = urljoin(url, found.action or url), found.filled(answers)
    raise BankAnsweredNonsense("login pages", f"an end after {PAGES_MAX} pages")


@dataclass(slots=True)
class FoundPage:
    """The first form of a page, what the page warns of, and the person's accounts it shows."""

    action: str | None = None
    has_form: bool = False
    alert: str | None = None
    refresh_s: int | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)
    submits: list[tuple[str, str]] = field(default_factory=list)
    asks: dict[str, str] = field(default_factory=dict)
    accounts: list[str] = field(default_factory=list)

    def filled(self, answers: Mapping[str, str]) -> list[tuple[str, str]]:
        """The form's fields with the answers in their places, and the button that goes on."""
        typed = [
            (name, answers.get(self.asks.get(name, name), value)) for name, value in self.fields
        ]
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
        if "data-account" in values:
            self.found.accounts.append(values["data-account"])
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.found.refresh_s = _whole_seconds(values.get("content", ""))
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
        if "data-asks" in values:
            self.found.asks[values["name"]] = values["data-asks"]


def _whole_seconds(text: str) -> int | None:
    """The seconds after which a page asks for itself again; None when it leads elsewhere."""
    return int(text) if text.isascii() and text.isdigit() else None
