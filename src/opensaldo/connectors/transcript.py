"""Transcripts: what a bank answered during one import, and a door that answers from it.

A call keeps what was asked (method, address and a digest of the body) and what came back, but no
request header, cookie value, typed value or token. What carries the request's own id is matched
without it, for ids and times differ from run to run.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import msgspec

from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.domain.clock import Clock
from opensaldo.errors import BankAnsweredNonsense, BankUnreachable

TAPE_BYTES_MAX = 32 * 1024 * 1024
ROW_BYTES = 512  # what a call takes besides its body, about
NOT_KEPT = "not-kept"
CUT = "cut"
HEADERS_KEPT = (
    "aspsp-sca-approach",
    "content-type",
    "link",
    "location",
    "retry-after",
    "tpp-request-id",
    "x-jws-signature",
    "x-request-id",
)
SECRET_ENDPOINTS = ("token",)  # secrets stand in their addresses and answers
_OWN_IDS = ("x-request-id", "tpp-request-id")
_OWN_PARTS = ("requestHeader",)  # PolishAPI repeats time, id and token in the body
_TOKENS = re.compile(
    rb'("(?:access|refresh|id)_?token"\s*:\s*")(?:[^"\\]|\\.)*(?=")', re.IGNORECASE
)
UNREACHABLE = "unreachable"
NONSENSE = "nonsense"
_NOTHING = Incoming(status=0, headers={}, body=b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One call and its answer; `failure` is a word where none came, `asked_as` the request's id."""

    endpoint: str
    method: str
    url: str
    asked: str
    at: datetime
    ended_at: datetime
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    body: bytes = field(default=b"", repr=False)
    failure: str = ""
    asked_as: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this call from others."""
        return self.method, self.url, self.asked


@dataclass(slots=True)
class Tape:
    """Takes down the calls of one import; `is_full` when some were left out."""

    clock: Clock
    calls: list[RecordedCall] = field(default_factory=list)
    is_full: bool = False
    _size: int = 0

    async def taken(self, request: Outgoing, answer: Awaitable[Incoming]) -> Incoming:
        """The answer, which is on the tape now; so is a call that failed or was cut short."""
        at = self.clock()
        try:
            reply = await answer
        except asyncio.CancelledError:
            self._keep(request, at, _NOTHING, CUT)
            raise
        except BankUnreachable:
            self._keep(request, at, _NOTHING, UNREACHABLE)
            raise
        except BankAnsweredNonsense:
            self._keep(request, at, _NOTHING, NONSENSE)
            raise
        self._keep(request, at, reply, "")
        return reply

    def relied_on(self, request: Outgoing, reply: Incoming) -> None:
        """An earlier answer that this import builds on is on the tape, once."""
        if not any(one.key == key_of(request) for one in self.calls):
            self._keep(request, self.clock(), reply, "")

    def _keep(self, request: Outgoing, at: datetime, reply: Incoming, failure: str) -> None:
        if request.endpoint in SECRET_ENDPOINTS:
            return
        self._size += len(reply.body) + ROW_BYTES
        self.is_full = self.is_full or self._size > TAPE_BYTES_MAX
        if not self.is_full:
            self.calls.append(_call(request, at, self.clock(), reply, failure))


class PlayedDoor(Door):
    """A door that answers from a transcript; nothing leaves this process."""

    def __init__(self, calls: tuple[RecordedCall, ...]) -> None:
        """Answer with these calls, equal ones in their order."""
        super().__init__()
        self._waiting: dict[tuple[str, str, str], list[RecordedCall]] = defaultdict(list)
        for one in calls:
            self._waiting[one.key].append(one)
        self.answered = 0
        self.stands_still = 0
        self.unanswered: list[str] = []

    async def call(self, request: Outgoing) -> Incoming:
        """The recorded answer.

        Raises:
            BankUnreachable: the transcript has none; `unanswered` names the call.
            BankError: so it was.
        """
        kept = self._waiting[key_of(request)]
        if not kept:
            self.unanswered.append(f"{request.method} {request.endpoint}")
            raise BankUnreachable("The transcript holds no answer to this call.")
        one = kept.pop(0)
        self.answered += 1
        if one.failure == CUT:
            self.stands_still += 1
            await asyncio.Event().wait()
        if one.failure == NONSENSE:
            raise BankAnsweredNonsense("body", "a whole reply")
        if one.failure:
            raise BankUnreachable
        await asyncio.sleep(0)
        return Incoming(
            status=one.status,
            headers=one.headers,
            body=one.body,
            set_cookies=tuple(f"{name}={NOT_KEPT}" for name in one.cookies),
            asked_as=one.asked_as,
        )

    @property
    def left(self) -> list[str]:
        """The recorded calls that were not asked for."""
        return [f"{one.method} {one.endpoint}" for kept in self._waiting.values() for one in kept]


def key_of(request: Outgoing) -> tuple[str, str, str]:
    """What tells this request from others: all but its id, its time and its token."""
    return request.method, request.url, _digest(request.body)


def _call(
    request: Outgoing, at: datetime, ended_at: datetime, reply: Incoming, failure: str
) -> RecordedCall:
    sent = {name.lower(): value for name, value in request.headers.items()}
    method, url, asked = key_of(request)
    return RecordedCall(
        endpoint=request.endpoint,
        method=method,
        url=url,
        asked=asked,
        at=at,
        ended_at=ended_at,
        status=reply.status,
        headers={name: text for name, text in reply.headers.items() if name in HEADERS_KEPT},
        cookies=tuple(line.partition("=")[0].strip() for line in reply.set_cookies),
        body=_TOKENS.sub(rb"\1" + NOT_KEPT.encode(), reply.body),
        failure=failure,
        asked_as=next((sent[name] for name in _OWN_IDS if name in sent), ""),
    )


def _digest(body: bytes) -> str:
    if body.startswith(b"{"):
        try:
            whole = msgspec.json.decode(body, type=dict[str, object])
        except msgspec.DecodeError:
            return sha256(body).hexdigest()
        said = {name: value for name, value in whole.items() if name not in _OWN_PARTS}
        body = msgspec.json.encode(said, order="deterministic")
    return sha256(body).hexdigest() if body else ""
