"""What the parts of a wallet ask of their bank in common is asked once.

A wallet's parts share one account at the bank, which counts the calls to it: asked by every part,
its few calls a day would be used up by a single import.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from opensaldo.connectors.base import Access
from opensaldo.connectors.protocols.berlin_group.client import Asking, BerlinGroupClient, Replied
from opensaldo.connectors.protocols.berlin_group.known import part_currency_of, path_of

WAITING_MAX = 64


@dataclass(slots=True)
class _Asked:
    """One ask, and the parts that took its reply; the access is kept so that none has its id."""

    access: Access
    reply: asyncio.Task[Replied]
    takers: set[str] = field(default_factory=set)


class AskedInCommon:
    """The asks whose replies some part of a wallet has not taken yet, within one run's access."""

    def __init__(self, client: BerlinGroupClient) -> None:
        """Nothing was asked yet."""
        self._client = client
        self._asked: OrderedDict[tuple[object, ...], _Asked] = OrderedDict()

    async def ask(self, access: Access, number: str, asking: Asking) -> Replied:
        """The reply; the same one for each part of a wallet, a new one for a part that had it."""
        if part_currency_of(number) is None:
            return await self._client.ask(asking)
        query = tuple(sorted(asking.query.items()))
        key = (id(access), asking.endpoint, asking.path, asking.link, query, asking.psu is None)
        asked = self._asked.get(key)
        if asked is None or number in asked.takers:
            asked = self._asked[key] = self._begun(access, asking)
        asked.takers.add(number)
        if asked.takers >= _parts_with(access, number):
            self._asked.pop(key)
        return await asyncio.shield(asked.reply)

    def _begun(self, access: Access, asking: Asking) -> _Asked:
        while len(self._asked) >= WAITING_MAX:
            self._asked.popitem(last=False)
        reply = asyncio.create_task(self._client.ask(asking))
        reply.add_done_callback(_noticed)
        return _Asked(access, reply)


def _parts_with(access: Access, number: str) -> set[str]:
    """The numbers of all parts of the wallet that this is a part of."""
    path = path_of(number)
    return {one for one in access.account_numbers if path_of(one) == path}


def _noticed(reply: asyncio.Task[Replied]) -> None:
    """A failure that no part waited for is nobody's."""
    if not reply.cancelled():
        reply.exception()
