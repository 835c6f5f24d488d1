"""What kind of page the bank shows on the way in, and what it asks for; pure functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from opensaldo.connectors.protocols.online.layout import Layout
from opensaldo.connectors.protocols.online.markup import Element, read
from opensaldo.errors import BankAnsweredNonsense

FORM_FIELDS_MAX = 100
OPTIONS_MAX = 500
LEAD_CHARACTERS_MAX = 1_000
TIMEOUT_S_MAX = 3_600


class Kind(StrEnum):
    """The pages a login may meet."""

    LOGIN = "login"
    STEP = "step"
    APPROVAL = "approval"
    NOTICE = "notice"
    TERMS = "terms"
    OVERVIEW = "overview"
    REFUSED = "refused"
    MAINTENANCE = "maintenance"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form as it stands on the page: its address, what it sends by itself, what it offers.

    `hidden` are the fields sent unchanged, form tokens above all; `choices` the (value, text)
    pairs of selects and radio buttons by name; `typed` the names a person fills in.
    """

    action: str
    hidden: tuple[tuple[str, str], ...] = field(repr=False)
    choices: dict[str, tuple[tuple[str, str], ...]]
    typed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One page of the way in; `error` is the bank's code, empty when it has none."""

    kind: Kind
    error: str = ""
    lead: str = ""
    alert: str = ""
    step: str = ""
    form: Form | None = None
    picture: str = ""
    onwards: str = ""


def shown(html: str, layout: Layout) -> Shown:
    """What this page is and asks for."""
    page = read(html)
    alert = next((one for one in page.all("p") if "data-code" in one.attributes), None)
    kind, form = _kind(page, layout)
    picture, onwards = page.by_id(layout.picture), page.by_id(layout.onwards_link)
    lead = next((one.text for one in page.all("p", css="lead")), "")
    return Shown(
        kind=kind,
        error=alert.attributes["data-code"] if alert else "",
        alert=alert.text[:LEAD_CHARACTERS_MAX] if alert else "",
        lead=lead[:LEAD_CHARACTERS_MAX],
        step=form.attributes.get("data-step", "") if form else "",
        form=_form(form) if form else None,
        picture=picture.attributes.get("src", "") if picture else "",
        onwards=onwards.attributes.get("href", "") if onwards else "",
    )


def timeout_s(html: str) -> int | None:
    """After how many idle seconds the bank says it forgets the login."""
    for one in read(html).all("meta"):
        content = one.attributes.get("content", "")
        if one.attributes.get("name") == "session-timeout" and content.isdecimal():
            return max(1, min(TIMEOUT_S_MAX, int(content[:9])))
    return None


def _kind(page: Element, layout: Layout) -> tuple[Kind, Element | None]:
    """The page's kind with the form that matters on it."""
    for name, kind in (
        (layout.login_form, Kind.LOGIN),
        (layout.step_form, Kind.STEP),
        (layout.terms_form, Kind.TERMS),
    ):
        form = page.by_id(name)
        if form is not None and form.tag == "form":
            return kind, form
    for name, kind in ((layout.approval, Kind.APPROVAL), (layout.onwards_link, Kind.NOTICE)):
        if page.by_id(name) is not None:
            return kind, None
    body = next(iter(page.all("body")), page)
    named = {f"page-{kind}": kind for kind in (Kind.OVERVIEW, Kind.REFUSED, Kind.MAINTENANCE)}
    return next((named[css] for css in body.classes if css in named), Kind.OTHER), None


def _form(form: Element) -> Form:
    hidden: list[tuple[str, str]] = []
    choices: dict[str, tuple[tuple[str, str], ...]] = {}
    typed: list[str] = []
    for one in form.walk():
        name = one.attributes.get("name", "")
        if not name or one.tag not in ("input", "select"):
            continue
        kind = one.attributes.get("type", "text").lower()
        if one.tag == "select":
            choices[name] = _options(one)
        elif kind == "hidden":
            hidden.append((name, one.attributes.get("value", "")))
        elif kind == "radio":
            choices[name] = (*choices.get(name, ()), _radio(form, one))
        elif kind not in ("submit", "image", "button", "checkbox"):
            typed.append(name)
    if len(hidden) + len(choices) + len(typed) > FORM_FIELDS_MAX:
        raise BankAnsweredNonsense("form", f"at most {FORM_FIELDS_MAX} fields")
    action = form.attributes.get("action", "")
    return Form(action=action, hidden=tuple(hidden), choices=choices, typed=tuple(typed))


def _options(select: Element) -> tuple[tuple[str, str], ...]:
    found = select.all("option")[:OPTIONS_MAX]
    return tuple(
        (one.attributes["value"], one.text) for one in found if one.attributes.get("value")
    )


def _radio(form: Element, button: Element) -> tuple[str, str]:
    """The value of a radio button and the text of the label around it."""
    label = next((one for one in form.all("label") if button in one.children), None)
    value = button.attributes.get("value", "")
    return value, (label.text if label else "") or value
