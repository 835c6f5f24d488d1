"""The way in: from the first question to the accounts, over whatever pages the bank shows.

What the person types goes into the bank's form and is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from opensaldo.connectors.base import (
    Access,
    Ask,
    Done,
    Field,
    FieldKind,
    Redirect,
    ScaStep,
    SignInRequest,
    Wait,
    WaitingStep,
)
from opensaldo.connectors.browsing import Seen
from opensaldo.connectors.protocols.online import convert, pages
from opensaldo.connectors.protocols.online.client import OnlineClient
from opensaldo.connectors.protocols.online.faults import fault_of
from opensaldo.connectors.protocols.online.live import LIFE, LiveLogin, LiveLogins
from opensaldo.connectors.protocols.online.pages import Form, Kind, Shown
from opensaldo.domain.clock import Clock
from opensaldo.domain.secret import Secret
from opensaldo.errors import (
    BankAccessEnded,
    BankAnsweredNonsense,
    BankError,
    InvalidCredentials,
    ManualActionRequired,
    OpenSaldoError,
    UnsupportedLoginMethod,
)

NOTICES_MAX = 5
HANDLE = "login"
KIND = "kind"
KINDS = (
    "STATIC_LOGIN",
    "DOCUMENT",
    "PASSPORT",
    "PERSONAL_NUMBER",
    "TAX_NUMBER",
    "CORPORATE_TAX_NUMBER",
    "FOREIGN_CITIZEN_NUMBER",
    "CARD_NUMBER",
    "COMPANY_LOGIN",
    "QUALIFIED_CERTIFICATE",
    "CLIENT_CERTIFICATE",
    "CHOICE",
)
COMPANY = "COMPANY_LOGIN"
BRANCH = "CHOICE"
LOGIN_CHARACTERS_MAX = 64
PASSWORD_CHARACTERS_MAX = 256


class WayIn:
    """The sign-ins of one target; logins that succeed stay in `logins`."""

    def __init__(self, client: OnlineClient, logins: LiveLogins, clock: Clock) -> None:
        """Bind the pages to where logins are remembered."""
        self._client = client
        self._logins = logins
        self._clock = clock

    async def begin(self, request: SignInRequest) -> ScaStep:
        """What to type first; the bank is asked only where the choice of branch is its own."""
        kinds = [kind for kind in KINDS if kind in request.target.credentials]
        if not kinds:
            raise UnsupportedLoginMethod
        if len(kinds) == 1:
            return await self._ask_first(request, kinds[0])
        offered = [kind for kind in request.target.credentials if kind in kinds]
        options = tuple((kind, kind) for kind in offered)
        return Ask(fields=(Field(name=KIND, kind=FieldKind.CHOICE, options=options),))

    async def resume(
        self, request: SignInRequest, step: WaitingStep, answer: Mapping[str, str]
    ) -> ScaStep:
        """The next step of the bank's pages, or the access to the accounts."""
        if isinstance(step, Redirect):
            raise BankAccessEnded
        handle = step.memory.get(HANDLE)
        if handle is None:
            kind = step.memory.get(KIND)
            if kind is None:
                return await self._ask_first(request, answer.get(KIND, ""))
            return await self._sign_in(request, kind, answer)
        live = self._logins.find(handle)
        try:
            if isinstance(step, Wait):
                seen, page = await self._client.step(live.browser)
            else:
                seen, page = await self._send_step(live, answer)
            return await self._follow(request, live, seen, page)
        except OpenSaldoError as error:
            if not _goes_on(step, error):
                self._logins.drop(live)
            raise

    async def _ask_first(self, request: SignInRequest, kind: str) -> Ask:
        """The fields of the first page for one kind of credential."""
        if kind not in request.target.credentials:
            raise UnsupportedLoginMethod
        fields = []
        if kind == BRANCH:
            fields.append(
                Field(
                    name="branch",
                    kind=FieldKind.CHOICE,
                    credential=kind,
                    options=await self._branches(request),
                )
            )
        if kind == COMPANY:
            fields.append(_typed("company", FieldKind.TEXT, kind))
        label = request.target.login_name or ""
        fields.append(_typed("login", FieldKind.TEXT, "" if kind == BRANCH else kind, label))
        fields.append(_typed("password", FieldKind.HIDDEN))
        return Ask(fields=tuple(fields), memory={KIND: kind})

    async def _branches(self, request: SignInRequest) -> tuple[tuple[str, str], ...]:
        browser = self._client.browser(request.psu.user_agent)
        form = self._login_form(*await self._client.login_page(browser))
        options = form.choices.get(self._client.layout.branch_field, ())
        if not options:
            raise BankAnsweredNonsense("login page", "a choice of branches")
        return options

    def _login_form(self, seen: Seen, page: Shown) -> Form:
        fault = fault_of(seen, page, self._client.layout)
        if fault is not None:
            raise fault
        if page.kind is not Kind.LOGIN or page.form is None:
            raise BankAnsweredNonsense("login page", "a login form")
        return page.form

    async def _sign_in(
        self, request: SignInRequest, kind: str, answer: Mapping[str, str]
    ) -> ScaStep:
        """The login form is filled in and sent; what was typed is not kept."""
        live = self._logins.open(self._client.browser(request.psu.user_agent))
        try:
            seen, page = await self._client.login_page(live.browser)
            form = self._login_form(seen, page)
            typed = self._typed_first(form, kind, answer)
            seen, page = await self._client.send(live.browser, form, seen.url, typed)
            return await self._follow(request, live, seen, page)
        except OpenSaldoError:
            self._logins.drop(live)
            raise

    def _typed_first(
        self, form: Form, kind: str, answer: Mapping[str, str]
    ) -> list[tuple[str, str]]:
        """What goes into the login form's fields."""
        layout = self._client.layout
        kinds = form.choices.get(layout.kind_field, ())
        if kinds and kind not in {value for value, _text in kinds}:
            raise UnsupportedLoginMethod
        typed = [(layout.kind_field, kind)] if kinds else []
        for field, name in (
            (layout.branch_field, "branch"),
            (layout.company_field, "company"),
            (layout.login_field, "login"),
            (layout.password_field, "password"),
        ):
            if name in answer:
                typed.append((field, answer[name]))
        return typed

    async def _send_step(self, live: LiveLogin, answer: Mapping[str, str]) -> tuple[Seen, Shown]:
        if live.form is None:
            raise BankAccessEnded
        names = (*live.form.typed, *live.form.choices)
        typed = [(name, answer[name]) for name in names if name in answer]
        return await self._client.send(live.browser, live.form, live.page, typed)

    async def _follow(
        self, request: SignInRequest, live: LiveLogin, seen: Seen, page: Shown
    ) -> ScaStep:
        """From the page the bank shows to the step it means; messages are passed over."""
        for _ in range(NOTICES_MAX):
            if page.kind is not Kind.NOTICE:
                break
            seen, page = await self._client.onwards(live.browser, page.onwards, seen.url)
        if page.kind is Kind.STEP:
            return await self._step(live, seen, page)
        fault = fault_of(seen, page, self._client.layout)
        if fault is not None:
            raise fault
        match page.kind:
            case Kind.APPROVAL:
                return Wait(text=page.lead, memory={HANDLE: live.handle})
            case Kind.TERMS:
                raise ManualActionRequired  # nobody but the person may agree to anything
            case Kind.OVERVIEW:
                return self._done(request, live, seen)
        raise BankAnsweredNonsense("page", "a page of the sign-in")

    async def _step(self, live: LiveLogin, seen: Seen, page: Shown) -> Ask:
        """What the step's form asks for, with its picture if it has one.

        Raises:
            InvalidCredentials: the same form once more, since what was typed was wrong; a
                picture is asked again at once, for it is another one.
        """
        live.form, live.page, live.step = page.form, seen.url, page.step
        if page.form is None or not (page.form.typed or page.form.choices):
            raise BankAnsweredNonsense("step", "a field to fill in")
        if page.error and not page.picture:
            fault = fault_of(seen, page, self._client.layout)
            raise fault or InvalidCredentials
        picture, kind = b"", ""
        if page.picture:
            picture, kind = await self._client.picture(live.browser, page.picture, seen.url)
        is_code = not page.picture
        fields = [
            Field(name=name, kind=FieldKind.CODE if is_code else FieldKind.TEXT)
            for name in page.form.typed
        ]
        fields += [
            Field(name=name, kind=FieldKind.CHOICE, options=options)
            for name, options in page.form.choices.items()
        ]
        return Ask(
            fields=tuple(fields),
            text=" ".join(filter(None, (page.alert, page.lead))),
            picture=picture,
            picture_type=kind,
            memory={HANDLE: live.handle},
        )

    def _done(self, request: SignInRequest, live: LiveLogin, seen: Seen) -> Done:
        """The person is in; the login is kept alive from here on."""
        live.listed = {
            one.number: replace(
                one,
                details=live.browser.absolute(one.details, seen.url),
                history=live.browser.absolute(one.history, seen.url),
            )
            for one in convert.overview(seen.text)
        }
        if not live.listed:
            raise BankAnsweredNonsense("accounts", "at least one")
        live.form = None
        self._logins.enter(live, pages.timeout_s(seen.text))
        now = self._clock()
        return Done(
            access=Access(
                grant=request.grant,
                access_token=Secret(""),
                expires_at=now + LIFE,
                account_numbers=tuple(live.listed),
                valid_until=now + LIFE,
                memory={HANDLE: live.handle},
            )
        )


def _goes_on(step: WaitingStep, error: OpenSaldoError) -> bool:
    """Whether the same step is answered again: wrong values, or a poll that did not get through."""
    if isinstance(step, Ask):
        return isinstance(error, InvalidCredentials)
    is_over = isinstance(error, BankAnsweredNonsense | BankAccessEnded)
    return isinstance(error, BankError) and not is_over


def _typed(name: str, kind: FieldKind, credential: str = "", label: str = "") -> Field:
    size = PASSWORD_CHARACTERS_MAX if kind is FieldKind.HIDDEN else LOGIN_CHARACTERS_MAX
    return Field(name=name, kind=kind, credential=credential, label=label, characters_max=size)
