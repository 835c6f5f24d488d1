"""Redirections: a link leads one person through choice, agreement and the bank to a session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from opensaldo.domain.client import Client
from opensaldo.domain.session import Redirection, RedirectionState, Session
from opensaldo.domain.target import Target
from opensaldo.engine import auto_import
from opensaldo.engine.idempotency import settle
from opensaldo.engine.ids import new_hex
from opensaldo.engine.platform import Platform
from opensaldo.engine.signin import (
    SignInOptions,
    check_options,
    failed,
    session_for,
)
from opensaldo.engine.switching import in_use
from opensaldo.errors import (
    AlreadySignedIn,
    InvalidRedirectionId,
    OpenSaldoError,
    SignInCancelled,
    SignInTimeout,
)
from opensaldo.observe import log
from opensaldo.store.db import Connection
from opensaldo.store.queries import clients, events, funnel, redirections, sessions
from opensaldo.store.queries.clients import Caller

ID_HEX_DIGITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """What the sign-in pages show: the redirection, its client and session, and the choices.

    `target` is where the session is signed in, None before that.
    """

    redirection: Redirection
    session: Session
    client: Client
    targets: tuple[Target, ...]
    target: Target | None = None


async def start_redirection(
    platform: Platform, caller: Caller, options: SignInOptions
) -> tuple[Redirection, Session]:
    """A link for one sign-in and the session it will open.

    Raises:
        FeatureNotEnabled: repeated access is not switched on for the client.
        InvalidTarget: unknown, or it cannot serve the access mode.
        InvalidParameter: it shall import by itself under repeated access, or from the future.
        ConcurrentSessionsLimitExceed: too many open sessions.
    """
    now = platform.clock()
    options = auto_import.settled(options, now.date())
    check_options(platform, caller, options)

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
            channel=options.channel,
            embedder=options.embedder,
            look=options.look,
            auto_import=options.auto_import,
        )
        redirections.insert_redirection(connection, redirection)
        settle(connection, caller, redirection.id)
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
    return as_of(found, platform.clock()), session


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
    redirection = as_of(found, platform.clock())
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
        targets=await in_use(
            platform,
            redirection.environment,
            redirection.client_id,
            session.access_mode,
            _choices(platform, redirection, session),
        ),
        target=platform.catalog.find(session.target or "", session.environment),
    )


async def again(platform: Platform, redirection_id: str) -> Redirection:
    """Another sign-in as the client's page asked for this one, which has come to nothing.

    One that is still under way is gone on with.

    Raises:
        InvalidRedirectionId: unknown, or no page of the client's embeds it.
        AlreadySignedIn: it has not come to nothing.
        OpenSaldoError: as `start_redirection`.
    """
    view = await known(platform, redirection_id)
    before, session = view.redirection, view.session
    caller = await platform.store.fetch(clients.caller_by_id, before.client_id)
    if caller is None or before.embedder is None:
        raise InvalidRedirectionId
    if before.state is RedirectionState.SUCCESS:
        raise AlreadySignedIn
    if before.state is RedirectionState.PENDING:
        return before
    owner = None if session.owner_id_generated else session.owner_external_id
    options = SignInOptions(
        access_mode=session.access_mode,
        owner_external_id=owner,
        country=before.country,
        locale=before.locale,
        target=before.preselected_target,
        max_import_date=session.max_import_date,
        force_sca=before.force_sca,
        client_identity=before.client_identity,
        channel=before.channel,
        embedder=before.embedder,
        look=before.look,
        auto_import=before.auto_import,
    )
    begun, _session = await start_redirection(platform, caller, options)
    return begun


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
    """The redirection has ended with this error's name, unless it had ended before."""

    def end(connection: Connection) -> bool:
        name = error.wire_name
        if not redirections.finish(connection, redirection.id, RedirectionState.ERROR, name):
            return False
        events.append(connection, failed(redirection, RedirectionState.ERROR, platform.clock()))
        funnel.count_ended(connection, redirection.id, name)
        return True

    if await platform.store.change_with(end):
        log.info("sign-in failed", redirection=redirection.id, code=error.wire_name)


def _choices(platform: Platform, redirection: Redirection, session: Session) -> tuple[Target, ...]:
    return tuple(
        target
        for target in platform.catalog.targets(redirection.environment)
        if target.serves(session.access_mode)
        and redirection.country in {None, "all", target.country}
        and redirection.preselected_target in {None, target.name}
    )


def as_of(redirection: Redirection, now: datetime) -> Redirection:
    """The redirection at this time: expired when its link has run out before it ended."""
    if redirection.state is RedirectionState.PENDING and redirection.expires_at <= now:
        return replace(redirection, state=RedirectionState.EXPIRED)
    return redirection
