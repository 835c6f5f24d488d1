"""The steps of a sign-in: any may follow any, each is answered once, the last opens the session.

What a person types goes from the request to the connector and nowhere else: it is neither kept
nor logged, and no error carries it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from opensaldo.connectors.base import (
    Ask,
    Done,
    Field,
    FieldKind,
    PsuContext,
    Redirect,
    SignInRequest,
    Wait,
    WaitingStep,
)
from opensaldo.domain.legal_text import Acceptance
from opensaldo.domain.session import RedirectionState
from opensaldo.domain.target import Target
from opensaldo.engine import auto_import
from opensaldo.engine.access import GrantedAccess
from opensaldo.engine.finishing import finish
from opensaldo.engine.funnel import chose
from opensaldo.engine.health import note_failed, note_finished, refuse_blocked
from opensaldo.engine.ids import new_hex
from opensaldo.engine.legal_texts import note_acceptance
from opensaldo.engine.platform import Platform
from opensaldo.engine.redirections import ID_HEX_DIGITS, SignInView, fail, known, opened
from opensaldo.engine.signin import sign_in_request
from opensaldo.engine.standing import Kept, Seen, Standing, claim, keep, move, seen
from opensaldo.engine.switching import note_failure, note_success
from opensaldo.errors import (
    BankAccessEnded,
    BankAnsweredNonsense,
    BankError,
    InvalidCredentials,
    InvalidParameter,
    InvalidRedirectionId,
    InvalidTarget,
    OpenSaldoError,
    PsuError,
    TriesUsedUp,
)
from opensaldo.wire import forms

__all__ = ["Ask", "Field", "FieldKind", "PsuContext", "Redirect", "Seen", "Standing", "Wait"]

REFUSALS_MAX = 5
FIELDS_MAX = 12
PICTURE_BYTES_MAX = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The redirection and, while it is pending, where its sign-in stands.

    `standing` is None before a bank was chosen, and when the login was lost and must be started
    again. `is_busy`: an answer is with the bank. `target` is the bank it is about, as far as known.
    """

    view: SignInView
    standing: Standing | None = None
    is_busy: bool = False
    target: Target | None = None


async def begin(
    platform: Platform,
    redirection_id: str,
    target_name: str,
    psu: PsuContext,
    return_url: str,
    accepted: Acceptance | None,
) -> Progress:
    """The person's agreement is noted and the bank was asked; the latest beginning counts.

    Raises:
        InvalidTarget: not one of the choices.
        BankKeepsFailing: the target is blocked for now; the link still serves others.
        TextsChanged: what was accepted is not what stands now; nothing has begun.
        BankError: the bank could not start the sign-in; the person may try again.
    """
    view = await opened(platform, redirection_id)
    target = next((one for one in view.targets if one.name == target_name), None)
    if target is None:
        raise InvalidTarget
    await refuse_blocked(platform, target)
    await note_acceptance(platform, view.session, target.name, accepted)
    request = sign_in_request(
        platform,
        view.session,
        target,
        psu,
        return_url=return_url,
        state=redirection_id + new_hex(),
        force_sca=view.redirection.force_sca,
    )
    await chose(platform, view.redirection, target)
    try:
        step = await platform.catalog.connector(target).begin(request)
        if isinstance(step, Done):
            await _finish(platform, view, request, step)
        else:
            await keep(platform, view.redirection, _standing(platform, request, step))
    except BankError as error:
        await note_failure(platform, target, error)
        await note_failed(platform, view.redirection, target, error)
        raise
    except PsuError as refused:
        await fail(platform, view.redirection, refused)
    else:
        await note_success(platform, target)
    return await where(platform, redirection_id)


async def where(platform: Platform, redirection_id: str) -> Progress:
    """Where the sign-in stands; a step whose answer was lost with its process is forgotten.

    Raises:
        InvalidRedirectionId: unknown link.
    """
    view = await known(platform, redirection_id)
    kept = (await seen(platform, redirection_id)).kept
    if kept is None:
        return Progress(view=view, target=view.target)
    standing = kept.standing
    if _is_lost(platform, standing):
        await move(platform, view.redirection, kept, None)
        return Progress(view=view)
    return Progress(
        view=view,
        standing=standing,
        is_busy=standing.busy_until is not None,
        target=standing.request.target,
    )


async def come_back(platform: Platform, answer: Mapping[str, str]) -> Progress:
    """The person is back from the bank, and the sign-in has moved on or ended.

    Who comes back late or a second time finds it as it stands.

    Raises:
        InvalidRedirectionId: nothing waits for this answer; what waits is left alone.
    """
    state = answer.get("state", "")
    view = await known(platform, forms.redirection_id(state[:ID_HEX_DIGITS]))
    if view.redirection.state is not RedirectionState.PENDING:
        return Progress(view=view, target=view.target)
    kept = (await seen(platform, view.redirection.id)).kept
    if kept is None or not _same(kept.standing.request.state, state):
        raise InvalidRedirectionId
    standing, brought = kept.standing, _fingerprint(answer)
    if not isinstance(standing.step, Redirect) or (brought and brought == standing.answered):
        return await where(platform, view.redirection.id)
    kept = Kept(standing=replace(standing, answered=brought), sealed=kept.sealed)
    return await _take(platform, view, kept, answer)


async def answer(
    platform: Platform, redirection_id: str, token: str, typed: Mapping[str, str]
) -> Progress:
    """What was typed is with the bank, and the sign-in has moved on, stayed or ended.

    An answer to a step that does not wait any more changes nothing.

    Raises:
        InvalidParameter: a value is missing, too long or not one of the choices.
    """
    kept = (await seen(platform, redirection_id)).kept
    step = kept.standing.step if kept and _same(kept.standing.token, token) else None
    if kept is None or not isinstance(step, Ask):
        return await where(platform, redirection_id)
    values = {one.name: _checked(one, typed.get(one.name, "")) for one in step.fields}
    return await _take(platform, await known(platform, redirection_id), kept, values)


async def look_again(platform: Platform, redirection_id: str) -> Progress:
    """A sign-in that waits has asked the bank once more if it is time; any other is unchanged."""
    kept = (await seen(platform, redirection_id)).kept
    if kept is None or not _is_time(platform, kept.standing):
        return await where(platform, redirection_id)
    return await _take(platform, await known(platform, redirection_id), kept, {})


async def watch(platform: Platform, redirection_id: str) -> Seen:
    """What `look_again` leads to, in one read while there is nothing to do.

    Raises:
        InvalidRedirectionId: unknown link.
    """
    found = await seen(platform, redirection_id)
    standing = found.kept.standing if found.kept else None
    if standing is None or not (_is_time(platform, standing) or _is_lost(platform, standing)):
        return found
    await look_again(platform, redirection_id)
    return await seen(platform, redirection_id)


async def _take(
    platform: Platform, view: SignInView, kept: Kept, answer: Mapping[str, str]
) -> Progress:
    """Give the answer to the connector, unless somebody else is giving one."""
    is_free = kept.standing.busy_until is None
    claimed = await claim(platform, view.redirection, kept) if is_free else None
    if claimed is not None:
        await _resume(platform, view, claimed, answer)
    progress = await where(platform, view.redirection.id)
    return replace(progress, target=progress.target or kept.standing.request.target)


async def _resume(
    platform: Platform, view: SignInView, claimed: Kept, answer: Mapping[str, str]
) -> None:
    request, step = claimed.standing.request, claimed.standing.step
    try:
        following = await platform.catalog.connector(request.target).resume(request, step, answer)
        if isinstance(following, Done):
            await _finish(platform, view, request, following)
            return
        standing = _standing(platform, request, following, claimed.standing)
        await move(platform, view.redirection, claimed, standing)
    except OpenSaldoError as error:
        await _after(platform, view, claimed, answer, error)


async def _after(
    platform: Platform,
    view: SignInView,
    claimed: Kept,
    answer: Mapping[str, str],
    error: OpenSaldoError,
) -> None:
    """The step waits again, or is forgotten to be started anew, or the sign-in has failed."""
    again = replace(
        claimed.standing,
        token=new_hex(),
        refusals=claimed.standing.refusals + 1,
        asked_at=platform.clock(),
        busy_until=None,
    )
    is_lost = isinstance(error, BankAccessEnded) and not isinstance(again.step, Redirect)
    if is_lost:
        await move(platform, view.redirection, claimed, None)
    elif _allows_another_try(again, error):
        await move(platform, view.redirection, claimed, again)
    else:
        target = claimed.standing.request.target
        await note_failure(platform, target, error)
        await note_failed(platform, view.redirection, target, error, (again.step, answer))
        await fail(platform, view.redirection, error)


def _allows_another_try(again: Standing, error: OpenSaldoError) -> bool:
    if again.refusals >= REFUSALS_MAX:
        return False
    match again.step:
        case Ask():
            return isinstance(error, InvalidCredentials) and not isinstance(error, TriesUsedUp)
        case Wait():
            return isinstance(error, BankError) and not isinstance(error, BankAnsweredNonsense)
    return False


async def _finish(platform: Platform, view: SignInView, request: SignInRequest, done: Done) -> None:
    granted = GrantedAccess(access=done.access, psu=request.psu)
    await finish(
        platform,
        view.session,
        request,
        granted,
        view.redirection.id,
        and_then=auto_import.following(platform, view.redirection),
    )
    await note_finished(platform, view.redirection, request.target)


def _standing(
    platform: Platform, request: SignInRequest, step: WaitingStep, before: Standing | None = None
) -> Standing:
    """Where the sign-in stands now that the connector answered this step.

    Raises:
        BankAnsweredNonsense: more is asked than a page can show.
    """
    if isinstance(step, Ask):
        if not 0 < len(step.fields) <= FIELDS_MAX:
            raise BankAnsweredNonsense("login form", f"1 to {FIELDS_MAX} fields")
        if len(step.picture) > PICTURE_BYTES_MAX:
            raise BankAnsweredNonsense("picture", f"at most {PICTURE_BYTES_MAX} bytes")
    return Standing(
        request=request,
        step=step,
        token=new_hex(),
        asked_at=platform.clock(),
        answered=before.answered if before else "",
    )


def _is_time(platform: Platform, standing: Standing) -> bool:
    """Whether the bank may be asked once more how it stands."""
    if standing.busy_until is not None or not isinstance(standing.step, Wait):
        return False
    return platform.clock() >= standing.asked_at + timedelta(seconds=standing.step.every_s)


def _is_lost(platform: Platform, standing: Standing) -> bool:
    """Whether the process that had an answer with the bank must be dead."""
    return standing.busy_until is not None and standing.busy_until <= platform.clock()


def _checked(one: Field, value: str) -> str:
    """What was typed into this field; it is not quoted in any error.

    Raises:
        InvalidParameter: missing, too long or not one of the choices.
    """
    if one.kind is FieldKind.CHOICE and value not in {option for option, _text in one.options}:
        raise InvalidParameter("One of the choices must be chosen.")
    if not 0 < len(value) <= one.characters_max:
        raise InvalidParameter("Every field must be filled in, within its length.")
    return value


def _same(expected: str, given: str) -> bool:
    return secrets.compare_digest(expected.encode(), given.encode())


def _fingerprint(answer: Mapping[str, str]) -> str:
    """What tells one return from another; empty when it brings nothing but the state."""
    rest = sorted(pair for pair in answer.items() if pair[0] != "state")
    return hashlib.sha256(repr(rest).encode()).hexdigest() if rest else ""
