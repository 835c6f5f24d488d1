"""Where a sign-in stands between two steps: sealed with its redirection, claimed by one answer.

Any process can go on, since all it needs lies here. What a person typed never does.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from opensaldo.connectors.base import (
    Ask,
    Field,
    FieldKind,
    PsuContext,
    Redirect,
    SignInRequest,
    Wait,
    WaitingStep,
)
from opensaldo.domain.client import Environment
from opensaldo.domain.funnel import Reached
from opensaldo.domain.session import Redirection, RedirectionState
from opensaldo.domain.target import Target
from opensaldo.engine.platform import Platform
from opensaldo.engine.redirections import as_of
from opensaldo.engine.signin import key_of_session
from opensaldo.errors import InvalidRedirectionId, InvalidSessionId
from opensaldo.store.conflicts import hold
from opensaldo.store.db import Connection
from opensaldo.store.queries import funnel, redirections

ANSWER_TAKES_MAX = timedelta(seconds=120)

FindTarget = Callable[[str, Environment], Target | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The step that waits, and all that is needed to go on from it.

    `token` must come back with the answer to an Ask. `refusals` counts answers to this step that
    led nowhere. `asked_at` is when the bank was last heard of it. `answered` is the fingerprint of
    the last return from the bank, so that a reloaded page is not taken for a new answer.
    `busy_until` is set while one answer is with the bank.
    """

    request: SignInRequest
    step: WaitingStep
    token: str
    asked_at: datetime
    refusals: int = 0
    answered: str = ""
    busy_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A standing and the sealed bytes it was read from; who changes it must name them."""

    standing: Standing
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A redirection as it is now, and where its sign-in stands.

    `kept` is None unless it is pending, before a bank was chosen and after the step was forgotten.
    """

    redirection: Redirection
    kept: Kept | None


async def seen(platform: Platform, redirection_id: str) -> Seen:
    """What is to be seen of a redirection, found in one read.

    Raises:
        InvalidRedirectionId: unknown link.
        InvalidSessionId: the session has been forgotten.
    """
    found = await platform.store.fetch(redirections.standing, redirection_id)
    if found is None:
        raise InvalidRedirectionId
    redirection, sealed, wrapped = as_of(found[0], platform.clock()), *found[1:]
    if sealed is None or redirection.state is not RedirectionState.PENDING:
        return Seen(redirection=redirection, kept=None)
    if wrapped is None:
        raise InvalidSessionId
    key = platform.vault.unwrap(wrapped)
    opened = platform.vault.open_sealed(key, sealed, _place(redirection.id))
    standing = unpack(opened, redirection.environment, platform.catalog.find)
    kept = None if standing is None else Kept(standing=standing, sealed=sealed)
    return Seen(redirection=redirection, kept=kept)


async def keep(platform: Platform, redirection: Redirection, standing: Standing) -> None:
    """The sign-in stands here, wherever it stood before."""
    sealed = await _sealed(platform, redirection, standing)

    def begin(connection: Connection) -> None:
        redirections.keep_sca(connection, redirection.id, sealed)
        target = standing.request.target.name
        funnel.reach(connection, redirection.id, Reached.AT_BANK, target)

    await platform.store.change_with(begin)


async def claim(platform: Platform, redirection: Redirection, kept: Kept) -> Kept | None:
    """The step is with the bank now; None when somebody else was faster."""
    until = platform.clock() + ANSWER_TAKES_MAX
    has_come_back = not isinstance(kept.standing.step, Wait)
    claimed = replace(kept.standing, busy_until=until)
    return await move(platform, redirection, kept, claimed, has_come_back=has_come_back)


async def move(
    platform: Platform,
    redirection: Redirection,
    kept: Kept,
    standing: Standing | None,
    *,
    has_come_back: bool = False,
) -> Kept | None:
    """The sign-in stands here, or nowhere; None when it had moved on from what was read.

    `has_come_back`: the person brought an answer, which the funnel notes.
    """
    sealed = None if standing is None else await _sealed(platform, redirection, standing)

    def swap(connection: Connection) -> bool:
        hold(connection, "redirection", redirection.id)
        if redirections.sealed_sca(connection, redirection.id) != kept.sealed:
            return False
        redirections.keep_sca(connection, redirection.id, sealed)
        if has_come_back:
            asked = kept.standing.request.target.name
            funnel.reach(connection, redirection.id, Reached.BACK, asked)
        return True

    if not await platform.store.change_with(swap) or standing is None or sealed is None:
        return None
    return Kept(standing=standing, sealed=sealed)


def pack(standing: Standing) -> bytes:
    """The standing as bytes, without the target but its name."""
    request = asdict(standing.request) | {"target": standing.request.target.name}
    step = asdict(replace(standing.step, memory=dict(standing.step.memory)))
    if isinstance(standing.step, Ask):
        step["picture"] = b64encode(standing.step.picture).decode()
    rest = {
        name: getattr(standing, name)
        for name in ("token", "asked_at", "refusals", "answered", "busy_until")
    }
    kind = type(standing.step).__name__
    return json.dumps(
        {"request": request, "kind": kind, "step": step, **rest}, default=datetime.isoformat
    ).encode()


def unpack(data: bytes, environment: Environment, find: FindTarget) -> Standing | None:
    """The standing that `pack` wrote; None when its target is no longer offered."""
    kept = json.loads(data)
    request = kept["request"]
    target = find(request["target"], environment)
    if target is None:
        return None
    return Standing(
        request=SignInRequest(
            **request
            | {
                "target": target,
                "psu": PsuContext(**request["psu"]),
                "valid_until": datetime.fromisoformat(request["valid_until"]),
            }
        ),
        step=_step(kept["kind"], kept["step"]),
        token=kept["token"],
        asked_at=datetime.fromisoformat(kept["asked_at"]),
        refusals=kept["refusals"],
        answered=kept["answered"],
        busy_until=kept["busy_until"] and datetime.fromisoformat(kept["busy_until"]),
    )


def _step(kind: str, written: dict[str, Any]) -> WaitingStep:
    match kind:
        case "Redirect":
            return Redirect(**written)
        case "Wait":
            return Wait(**written)
    fields = tuple(
        Field(
            **one | {"kind": FieldKind(one["kind"]), "options": tuple(map(tuple, one["options"]))}
        )
        for one in written["fields"]
    )
    return Ask(**written | {"fields": fields, "picture": b64decode(written["picture"])})


async def _sealed(platform: Platform, redirection: Redirection, standing: Standing) -> bytes:
    key = await key_of_session(platform, redirection.session_id)
    return platform.vault.seal(key, pack(standing), _place(redirection.id))


def _place(redirection_id: str) -> str:
    """What a sign-in's sealed standing is bound to."""
    return f"redirection:{redirection_id}:sca"
