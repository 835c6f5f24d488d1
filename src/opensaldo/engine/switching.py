"""Switching: while a bank's interface keeps failing, its online service stands in, and back.

Failures are counted in the store, for all clients and processes together. An operator's word, for
one client or for all, goes before what was counted. Only the interface grants repeated access: a
switched target cannot be asked for it, and access granted before waits until it is back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from opensaldo.domain.client import Environment
from opensaldo.domain.clock import Clock
from opensaldo.domain.event import Event, EventKind
from opensaldo.domain.health import Health
from opensaldo.domain.switch import EVERY_CLIENT, Switch, Way
from opensaldo.domain.target import AccessMode, Target
from opensaldo.engine.health import health_of
from opensaldo.engine.platform import Platform
from opensaldo.errors import BankUnavailable, BankUnreachable, InvalidTarget, OpenSaldoError
from opensaldo.observe import log
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import clients, events, switches


async def note_failure(platform: Platform, target: Target, error: OpenSaldoError) -> None:
    """The failure is counted; the one too many within the window switches to the fallback."""
    if not target.fallback or not isinstance(error, BankUnreachable | BankUnavailable):
        return
    now, limits = platform.clock(), platform.limits

    def count(connection: Connection) -> bool:
        known = switches.held_switch(connection, target.environment, target.name, EVERY_CLIENT)
        first = known.first_failed_at
        is_fresh = first is None or now - first > limits.switch_window
        after = replace(
            known,
            failures=1 if is_fresh else known.failures + 1,
            first_failed_at=now if is_fresh else first,
            last_failed_at=now,
        )
        switches_now = known.switched_at is None and after.failures >= limits.switch_failures
        if switches_now:
            after = replace(after, switched_at=now)
        switches.keep_switch(connection, after)
        if switches_now and after.way is Way.AUTOMATIC:
            _tell(connection, after, EventKind.TARGET_SWITCHED, now)
        return switches_now

    if await platform.store.change_with(count):
        log.warning("target switched to its fallback", target=target.name)


async def note_success(platform: Platform, target: Target) -> None:
    """The interface works: what was counted against it is forgotten, unless it is switched."""
    if not target.fallback:
        return
    known = await platform.store.fetch(switches.switches_for, target.environment, EVERY_CLIENT)
    if not any(one.failures for one in known if one.target == target.name):
        return

    def forget(connection: Connection) -> None:
        counted = switches.held_switch(connection, target.environment, target.name, EVERY_CLIENT)
        if counted.switched_at is None:
            switches.keep_switch(connection, replace(counted, failures=0, first_failed_at=None))

    await platform.store.change_with(forget)


async def switch_back(platform: Platform) -> int:
    """Targets that have been quiet for long enough use their interface again; returns how many."""
    if not await platform.store.fetch(switches.switched):
        return 0
    now = platform.clock()

    def back(connection: Connection) -> tuple[str, ...]:
        quiet = [
            one
            for one in switches.switched(connection)
            if one.last_failed_at is None
            or now - one.last_failed_at >= platform.limits.switch_quiet
        ]
        for one in quiet:
            held = switches.held_switch(connection, one.environment, one.target, one.client_id)
            after = replace(held, failures=0, first_failed_at=None, switched_at=None)
            switches.keep_switch(connection, after)
            if held.way is Way.AUTOMATIC:
                _tell(connection, held, EventKind.TARGET_RETURNED, now)
        return tuple(one.target for one in quiet)

    returned = await platform.store.change_with(back)
    for name in returned:
        log.info("target returned to its interface", target=name)
    return len(returned)


async def switch_by_hand(
    store: Store,
    clock: Clock,
    targets: Iterable[Target],
    way: Way,
    client_id: str = EVERY_CLIENT,
) -> None:
    """These targets, one for each environment, are used in this way from now on.

    Raises:
        InvalidTarget: one of them has no fallback, or there is none of them.
    """
    chosen = tuple(targets)
    if not chosen or not all(one.fallback for one in chosen):
        raise InvalidTarget("No target of this name has a fallback.")
    now = clock()

    def switch(connection: Connection) -> None:
        for one in chosen:
            known = switches.held_switch(connection, one.environment, one.name, client_id)
            after = replace(known, way=way)
            switches.keep_switch(connection, after)
            if after.uses_fallback != known.uses_fallback:
                is_back = known.uses_fallback
                kind = EventKind.TARGET_RETURNED if is_back else EventKind.TARGET_SWITCHED
                _tell(connection, after, kind, now)

    await store.change_with(switch)


async def in_use(
    platform: Platform,
    environment: Environment,
    client_id: str,
    mode: AccessMode,
    targets: tuple[Target, ...],
) -> tuple[Target, ...]:
    """The targets with those replaced whose fallback is used now, each of them once.

    For MULTIPLE they are left out: a fallback grants no repeated access.

    On production an institution shows one way in: the fallback of a target that is used is left
    out (wire contract, section 8), unless the target is blocked: then people need another way.
    """
    if not any(one.fallback for one in targets):
        return targets
    known = await platform.store.fetch(switches.switches_for, environment, client_id)
    if mode is AccessMode.MULTIPLE:
        return tuple(
            one
            for one in targets
            if not (one.fallback and uses_fallback(known, one.name, client_id))
        )
    chosen: dict[str, Target] = {}
    spare: dict[str, str] = {}
    for one in targets:
        stand_in = platform.catalog.find(one.fallback, environment) if one.fallback else None
        if stand_in is None or not stand_in.serves(mode):
            chosen[one.name] = one
        elif uses_fallback(known, one.name, client_id):
            chosen[stand_in.name] = stand_in
        else:
            chosen[one.name] = one
            spare[stand_in.name] = one.name
    if environment is Environment.TEST or not spare:
        return tuple(chosen.values())
    found = await health_of(platform, environment)
    return tuple(
        one
        for name, one in chosen.items()
        if name not in spare or found.get(spare[name]) is Health.BLOCKED
    )


async def is_switched(platform: Platform, target: Target, client_id: str) -> bool:
    """Whether the target's fallback is used for this client now."""
    if not target.fallback:
        return False
    known = await platform.store.fetch(switches.switches_for, target.environment, client_id)
    return uses_fallback(known, target.name, client_id)


def uses_fallback(known: Iterable[Switch], target: str, client_id: str) -> bool:
    """Whether the fallback is used: the client's own word, then everybody's, then what failed."""
    of_target = {one.client_id: one for one in known if one.target == target}
    own = of_target.get(client_id)
    if own is not None and own.way is not Way.AUTOMATIC:
        return own.uses_fallback
    of_all = of_target.get(EVERY_CLIENT)
    return of_all is not None and of_all.uses_fallback


def _tell(connection: Connection, switch: Switch, kind: EventKind, at: datetime) -> None:
    """Everybody concerned finds it in the log of events; call it last in a transaction."""
    for client in clients.all_clients(connection):
        if client.environment is not switch.environment:
            continue
        if switch.client_id not in {EVERY_CLIENT, client.id}:
            continue
        events.append(
            connection,
            Event(
                client_id=client.id,
                environment=client.environment,
                kind=kind,
                subject=switch.target,
                at=at,
            ),
        )
