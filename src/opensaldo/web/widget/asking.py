"""The pages of the steps taken here: what to type, what to wait for, when to start again.

What a bank says is text only; its picture is shown only if it is what it claims to be.
"""

from __future__ import annotations

import math
from base64 import b64encode
from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from opensaldo.domain.target import Target
from opensaldo.engine.redirections import SignInView
from opensaldo.engine.steps import Ask, Field, FieldKind, Standing, Wait
from opensaldo.errors import InvalidCredentials
from opensaldo.web.widget.rendering import leading_out, page
from opensaldo.web.widget.words import Words
from opensaldo.wire.params import Params

ANSWER = "answer"
EVERY_MAX_S = 30
BUSY_EVERY_S = 2
TEXT_CHARACTERS_MAX = 1000
LABEL_CHARACTERS_MAX = 120
PICTURE_BEGINNINGS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
}
# What a synthetic person types there; see engine.mock.
ASKS = {FieldKind.TEXT: "login", FieldKind.HIDDEN: "password", FieldKind.CODE: "code"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value to type or choose, as the form shows it."""

    id: str
    name: str
    kind: str
    label: Markup | str
    hint: str
    asks: str
    options: tuple[tuple[str, str], ...]
    characters_max: int


def ask(view: SignInView, words: Words, standing: Standing, step: Ask) -> Response:
    """The form of what the bank wants to know."""
    target, picture = standing.request.target, picture_address(step)
    return page(
        "ask",
        words,
        view,
        leading_out(view, has_picture=bool(picture)),
        target=target,
        promise="promise_here",
        token=standing.token,
        refused=InvalidCredentials.wire_name if standing.refusals else "",
        text=step.text[:TEXT_CHARACTERS_MAX],
        picture=picture,
        has_picture=bool(step.picture),
        rows=[_row(words, target, at, one) for at, one in enumerate(step.fields)],
    )


def wait(view: SignInView, words: Words, standing: Standing, step: Wait) -> Response:
    """The person confirms elsewhere; the page asks again by itself."""
    every_s = max(1, min(EVERY_MAX_S, math.ceil(step.every_s)))
    return _waiting(view, words, standing, text=step.text, every_s=every_s)


def busy(view: SignInView, words: Words, standing: Standing) -> Response:
    """An answer is with the bank; the page looks again by itself."""
    return _waiting(view, words, standing, text="", every_s=BUSY_EVERY_S, is_busy=True)


def restart(view: SignInView, words: Words) -> Response:
    """The login was lost; the link still works, and the choice is shown again."""
    return page("restart", words, view, leading_out(view))


def typed(form: Params) -> dict[str, str]:
    """What was typed into the form, by the names of its fields."""
    return form.within(ANSWER)


def picture_address(step: Ask) -> str:
    """The picture as an address that holds it; empty when it is none that is safe to show."""
    beginning = PICTURE_BEGINNINGS.get(step.picture_type)
    if beginning is None or not step.picture.startswith(beginning):
        return ""
    return f"data:{step.picture_type};base64,{b64encode(step.picture).decode()}"


def _waiting(
    view: SignInView,
    words: Words,
    standing: Standing,
    *,
    text: str,
    every_s: int,
    is_busy: bool = False,
) -> Response:
    target = standing.request.target
    return page(
        "wait",
        words,
        view,
        leading_out(view),
        target=target,
        promise="promise_here" if target.asks_here else "promise",
        text=text[:TEXT_CHARACTERS_MAX],
        every_s=every_s,
        is_busy=is_busy,
        mark=mark_of(standing),
    )


def mark_of(standing: Standing | None) -> str:
    """What changes whenever a pending sign-in goes on."""
    if standing is None:
        return "none"
    return standing.token + ("+" if standing.busy_until else "")


def _row(words: Words, target: Target, at: int, one: Field) -> Row:
    said = one.label[:LABEL_CHARACTERS_MAX]
    known = words.credential(one.credential)
    if known is None and not said and one.kind is FieldKind.TEXT:
        said = target.login_name or ""
    label = known or said or words(f"ask_{one.kind.value}")
    return Row(
        id=f"field-{at}",
        name=f"{ANSWER}.{one.name}",
        kind=one.kind.value,
        label=label if isinstance(label, Markup) else Markup("<bdi>{}</bdi>").format(label),
        hint=said if known else "",
        asks=ASKS.get(one.kind, ""),
        options=tuple((value, words.credential(text) or text) for value, text in one.options),
        characters_max=one.characters_max,
    )
