"""Redirections: a link leads one person through choice, agreement and the bank to a session.

All that is known between two steps lies sealed with the redirection, so any process can go on.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from opensaldo.connectors.base import PsuContext, Redirect, SignInRequest
from opensaldo.domain.client import Client
from opensaldo.domain.event import EventKind
from opensaldo.domain.session import Redirection, RedirectionState, Session
from opensaldo.domain.target import Target
from opensaldo.engine.ids import new_hex
from opensaldo.engine.platform import Platform
from opensaldo.engine.signin import (
    SignInOptions,
    check_options,
    event_of,
    finish,
    granted_access,
    key_of_session,
    session_for,
    sign_in_request,
)
from opensaldo.errors import (
    AlreadySignedIn,
    Defect,
    InvalidRedirectionId,
    InvalidTarget,
    OpenSaldoError,
    SignInCancelled,
    SignInTimeout,
)
from opensaldo.observe import log
from opensaldo.store.conflicts import hold
from opensaldo.store.db import Connection
from opensaldo.store.queries import clients, events, redirections, sessions
from opensaldo.store.queries.clients import Caller
from opensaldo.wire import forms

__all__ = ["PsuContext"]

ID_HEX_DIGITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """What the sign-in pages show: the redirection, its client and session, and the choices."""

    redirection: Redirection
    session: Session
    client: Client
    targets: tuple[Target, ...]


async def start_redirection(
    platform: Platform, caller: Caller, options: SignInOptions
) -> tuple[Redirection, Session]:
    """A link for one sign-in and the session it will open.

    Raises:
        FeatureNotEnabled: repeated access is not switched on for the client.
        InvalidTarget: unknown, or it cannot serve the access mode.
        ConcurrentSessionsLimitExceed: too many open sessions.
    """
    check_options(platform, caller, options)
    now = platform.clock()

    def start(connection: Connection) -> tuple[Redirection, Session]:
        session = session_for(connection, platform, caller, options)
        redirection = Redirection(
            id=new_hex(),
            session_id=session.id,
            client_id=session.client_id,
            environment=session.environment,
            state=RedirectionState.PENDING,
            created_at=now,
            expires_at=now + timedelta(seconds=platform.limits.redirection_life_s),
            redirect_uri=options.redirect_uri,
            country=options.country,
            locale=options.locale,
            preselected_target=options.target,
            client_identity=options.client_identity,
            force_sca=options.force_sca,
        )
        redirections.insert_redirection(connection, redirection)
        return redirection, session

    return await platform.store.change_with(start)


async def redirection_status(
    platform: Platform,
    caller: Caller,
    *,
    redirection_id: str | None = None,
    session_id: str | None = None,
) -> tuple[Redirection, Session]:
    """The caller's redirection by either id, expired ones marked so, and its session.

    Raises:
        InvalidRedirectionId: unknown, another client's, or the two ids do not belong together.
    """
    if redirection_id is not None:
        found = await platform.store.fetch(redirections.redirection_by_id, redirection_id)
    else:
        found = await platform.store.fetch(redirections.redirection_of_session, session_id or "")
    client = caller.client
    if found is None or (found.client_id, found.environment) != (client.id, client.environment):
        raise InvalidRedirectionId
    if session_id is not None and found.session_id != session_id:
        raise InvalidRedirectionId("The redirection and the session do not belong together.")
    session = await platform.store.fetch(
        sessions.session_of, found.session_id, client.id, client.environment
    )
    if session is None:
        raise InvalidRedirectionId
    return _as_of(found, platform.clock()), session


async def opened(platform: Platform, redirection_id: str) -> SignInView:
    """What the person who opened the link may see.

    Raises:
        InvalidRedirectionId: unknown link.
        SignInTimeout: the link's life is over.
        AlreadySignedIn: this link has served.
    """
    view = await known(platform, redirection_id)
    if view.redirection.state is RedirectionState.EXPIRED:
        raise SignInTimeout
    if view.redirection.state is not RedirectionState.PENDING:
        raise AlreadySignedIn
    return view


async def known(platform: Platform, redirection_id: str) -> SignInView:
    """The redirection as it stands now, whatever its state.

    Raises:
        InvalidRedirectionId: unknown link.
    """
    found = await platform.store.fetch(redirections.redirection_by_id, redirection_id)
    if found is None:
        raise InvalidRedirectionId
    redirection = _as_of(found, platform.clock())
    session = await platform.store.fetch(
        sessions.session_of,
        redirection.session_id,
        redirection.client_id,
        redirection.environment,
    )
    client = await platform.store.fetch(clients.client_by_id, redirection.client_id)
    if session is None or client is None:
        raise InvalidRedirectionId
    return SignInView(
        redirection=redirection,
        session=session,
        client=client,
        targets=_choices(platform, redirection, session),
    )


async def go_to_bank(
    platform: Platform, redirection_id: str, target_name: str, psu: PsuContext, return_url: str
) -> str:
    """The bank's address the person, who has agreed, must now be sent to.

    Raises:
        InvalidTarget: not one of the choices.
        BankError: the bank could not start the sign-in; the person may try again.
    """
    view = await opened(platform, redirection_id)
    target = next((one for one in view.targets if one.name == target_name), None)
    if target is None:
        raise InvalidTarget
    state = redirection_id + new_hex()
    request = sign_in_request(
        platform, view.session, target, psu, return_url=return_url, state=state
    )
    step = await platform.catalog.connector(target).begin(request)
    if not isinstance(step, Redirect):
        raise Defect("The first step of this sign-in is not a redirect.")
    key = await key_of_session(platform, view.session.id)
    sealed = platform.vault.seal(key, _pack_step(request, step), _sca_place(redirection_id))
    await platform.store.change(redirections.keep_sca, redirection_id, sealed)
    return step.url


async def come_back(platform: Platform, answer: Mapping[str, str]) -> SignInView:
    """The person is back from the bank; the redirection has ended, well or not.

    Who comes back late or a second time finds it as it ended before.

    Raises:
        InvalidRedirectionId: nothing waits for this answer.
    """
    state = answer.get("state", "")
    view = await known(platform, forms.redirection_id(state[:ID_HEX_DIGITS]))
    if view.redirection.state is not RedirectionState.PENDING:
        return view
    request, step = await _claim_step(platform, view, state)
    try:
        ended = await platform.catalog.connector(request.target).resume(request, step, answer)
        granted = granted_access(ended, request)
        await finish(platform, view.session, request, granted, view.redirection.id)
    except OpenSaldoError as error:
        await fail(platform, view.redirection, error)
    return await known(platform, view.redirection.id)


async def cancel(platform: Platform, redirection_id: str) -> Redirection:
    """The person gave up; the redirection has ended with SignInCancelled."""
    view = await opened(platform, redirection_id)
    await fail(platform, view.redirection, SignInCancelled())
    return replace(
        view.redirection,
        state=RedirectionState.ERROR,
        exception_name=SignInCancelled.wire_name,
    )


async def fail(platform: Platform, redirection: Redirection, error: OpenSaldoError) -> None:
    """The redirection has ended with this error's name."""

    def end(connection: Connection) -> None:
        redirections.finish(connection, redirection.id, RedirectionState.ERROR, error.wire_name)
        events.append(connection, event_of(platform, redirection, EventKind.SIGN_IN_FAILED))

    await platform.store.change_with(end)
    log.info("sign-in failed", redirection=redirection.id, code=error.wire_name)


def _choices(platform: Platform, redirection: Redirection, session: Session) -> tuple[Target, ...]:
    return tuple(
        target
        for target in platform.catalog.targets(redirection.environment)
        if target.serves(session.access_mode)
        and redirection.country in {None, "all", target.country}
        and redirection.preselected_target in {None, target.name}
    )


def _as_of(redirection: Redirection, now: datetime) -> Redirection:
    if redirection.state is RedirectionState.PENDING and redirection.expires_at <= now:
        return replace(redirection, state=RedirectionState.EXPIRED)
    return redirection


def _sca_place(redirection_id: str) -> str:
    return f"redirection:{redirection_id}:sca"


def _pack_step(request: SignInRequest, step: Redirect) -> bytes:
    return json.dumps(
        {
            "target": request.target.name,
            "grant": request.grant,
            "return_url": request.return_url,
            "state": request.state,
            "psu": [request.psu.ip_address, request.psu.user_agent],
            "repeated": request.repeated,
            "history_days": request.history_days,
            "valid_until": request.valid_until.isoformat(),
            "url": step.url,
            "memory": dict(step.memory),
        }
    ).encode()


async def _claim_step(
    platform: Platform, view: SignInView, state: str
) -> tuple[SignInRequest, Redirect]:
    """The step that waits for this answer; a wrong state leaves it, nobody claims it twice.

    Raises:
        InvalidRedirectionId: nothing waits for this state.
    """
    redirection_id = view.redirection.id
    sealed = await platform.store.fetch(redirections.sealed_sca, redirection_id)
    if sealed is None:
        raise InvalidRedirectionId
    key = await key_of_session(platform, view.session.id)
    kept = json.loads(platform.vault.open_sealed(key, sealed, _sca_place(redirection_id)))
    target = platform.catalog.find(kept["target"], view.redirection.environment)
    if target is None or not secrets.compare_digest(kept["state"].encode(), state.encode()):
        raise InvalidRedirectionId

    def claim(connection: Connection) -> bool:
        hold(connection, "redirection", redirection_id)
        if redirections.sealed_sca(connection, redirection_id) != sealed:
            return False
        redirections.keep_sca(connection, redirection_id, None)
        return True

    if not await platform.store.change_with(claim):
        raise InvalidRedirectionId
    return _waiting_step(kept, target)


def _waiting_step(kept: dict[str, Any], target: Target) -> tuple[SignInRequest, Redirect]:
    """The request and step that `_pack_step` wrote."""
    request = SignInRequest(
        target=target,
        grant=kept["grant"],
        return_url=kept["return_url"],
        state=kept["state"],
        psu=PsuContext(ip_address=kept["psu"][0], user_agent=kept["psu"][1]),
        repeated=kept["repeated"],
        history_days=kept["history_days"],
        valid_until=datetime.fromisoformat(kept["valid_until"]),
    )
    return request, Redirect(url=kept["url"], memory=kept["memory"])
