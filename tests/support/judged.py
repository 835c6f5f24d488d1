"""A connector's door with the judge behind it: what he objects to is noted, call by call."""

from __future__ import annotations

from dataclasses import replace

from opensaldo.connectors.http import Door, Incoming, Outgoing
from tests.support import prism


class JudgedDoor(Door):
    """A door that notes violations in either direction, and which calls ended how.

    `upstream` in a reply, the bank's own address, becomes `judge`: links stay before the judge.
    """

    def __init__(self, upstream: str = "", judge: str = "") -> None:
        super().__init__()
        self._upstream, self._judge = upstream.encode(), judge.encode()
        self.problems: list[str] = []
        self.seen: set[tuple[str, int]] = set()

    async def call(self, request: Outgoing) -> Incoming:
        """The reply, its violations noted."""
        reply = await super().call(request)
        found = prism.violations(reply.status, dict(reply.headers), reply.body)
        self.problems += [f"{request.endpoint}: {one}" for one in found]
        if request.endpoint != "jwks":
            self.seen.add((request.endpoint, reply.status))
        if not self._upstream:
            return reply
        return replace(reply, body=reply.body.replace(self._upstream, self._judge))
