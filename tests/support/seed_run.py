"""One seed played: through the platform's public API, at a real bank, under the virtual clock."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from dbos import DBOS

from opensaldo.domain.client import Product
from opensaldo.engine import retention
from tests.support.evidence import Act, Evidence, Record
from tests.support.platform import Api, Reply
from tests.support.seeded import Doing, Seeded
from tests.support.virtual import VirtualWorld, virtual_world

SIGN_INS_MAX = 3
WAIT_S = 30
LOOK_AGAIN_S = 0.005
FIVE, FIVE_WITHIN_MIN = 5, 24
LIFE = timedelta(days=60)  # of payments that may still be shown when the range begins
EVENTS_A_PAGE = 500
REUSE = "/v1/command/reuse-multiple-access.xml"
REVOKE = "/v1/command/delete-multiple-access.xml"


@contextmanager
def world_of(
    story: Seeded, folder: Path, *, one_by_one: bool = False, **settings: Any
) -> Iterator[VirtualWorld]:
    """A world in which this story, and later ones, can be played.

    The platform reads in step, and does what is due by the calendar whenever the clock was moved,
    so two runs make the same calls to the byte; as many at once as the bank's file allows, or one
    after another.
    """
    with (
        mock.patch.object(retention, "crons", return_value={}),
        virtual_world(folder, start=story.start, READ_IN_STEP="on", **settings) as world,
    ):
        if one_by_one:
            platform = world.platform.platform
            assert platform is not None
            platform.door._places = _OneByOne()
        yield world


class _OneByOne(dict[str, asyncio.Semaphore]):
    """The door's places: one for each bank, whatever its file says."""

    def get(self, bank: str, default: Any = None) -> Any:
        """The bank's one place."""
        del default
        return self.setdefault(bank, asyncio.Semaphore(1))


def play(world: VirtualWorld, story: Seeded) -> Evidence:
    """What everybody did and saw in the days of the story."""
    return _Play(world, story).play()


@dataclass
class _Play:
    """The client and the person of one seed."""

    world: VirtualWorld
    story: Seeded
    acts: list[Act] = field(default_factory=list)
    accesses: int = 0
    token: str | None = None
    _read_to: int = 0

    def __post_init__(self) -> None:
        self.bank = Api(self.world.bank.url)
        self.api = self.world.platform.api(f"seed{self.story.seed}-test", Product.MULTIPLE_ACCESS)

    def play(self) -> Evidence:
        story, bank = self.story, self.bank
        self.world.clock.set_to(story.start)
        plan = {} if story.fault_seed is None else {"random": story.fault_seed}
        _good(bank.call("PUT", "/switchboard/plan", json_body=plan))
        packs = {"login": story.login, "packs": list(story.packs)}
        _good(bank.call("PUT", "/switchboard/packs", json_body=packs))
        self._calls()
        for doing in story.doings:
            self._wait(seconds=int(doing.after.total_seconds()))
            self._do(doing)
        self._settle()
        _good(bank.call("DELETE", "/switchboard/faults"))
        return Evidence(acts=self.acts, truth=self._truth(), events=self._events())

    def _do(self, doing: Doing) -> None:
        match doing.what:
            case "again":
                self._sign_in()
            case "withdraw":
                _good(self._switch("expire", {"login": self.story.login}))
                self._note(Act(what="withdraw", at=self.world.clock()))
            case "revoke":
                self._revoke()
            case "five":
                for _ in range(FIVE):
                    self._import()
                    self._wait(minutes=FIVE_WITHIN_MIN)
            case _:
                self._import()

    def _wait(self, **passed: int) -> None:
        """It is later; what the platform had begun is over, what is due by now is done."""
        self._settle()
        self.world.clock.advance(**passed)
        self.world.platform.run(retention.purge)

    def _settle(self) -> None:
        """Nothing is under way at the platform: an ended command may still tell the bank of it."""
        while DBOS.list_workflows(status=["ENQUEUED", "PENDING"], load_input=False):
            time.sleep(LOOK_AGAIN_S)

    def _import(self) -> None:
        if not self.story.is_multiple:
            self._sign_in()
        elif self.token is not None:
            self._reuse()

    def _sign_in(self) -> None:
        """The person signs in, more than once where the bank fails, and everything is imported."""
        form = {
            "login": self.story.login,
            "target": self.story.target,
            "ownerExternalId": f"person-{self.story.seed}",
        }
        if self.story.is_multiple:
            form["multipleAccess"] = "true"
        for _ in range(SIGN_INS_MAX):
            reply = self.api.call("POST", "/v1/mock-session.xml", form)
            self._note(self._answered("sign-in", reply, attended=True))
            if reply.status == 200:
                self.accesses += 1
                self.token = reply.xml.findtext("session/multipleAccessId")
                self._submit(reply, attended=True)
                return

    def _reuse(self) -> None:
        reply = self.api.call("POST", REUSE, {"multipleAccessId": self.token})
        self._note(self._answered("reuse", reply, access=self.accesses))
        if reply.status == 200:
            self._submit(reply, attended=False)

    def _revoke(self) -> None:
        if self.token is not None:
            reply = self.api.call("POST", REVOKE, {"multipleAccessId": self.token})
            self._note(self._answered("revoke", reply, access=self.accesses))

    def _submit(self, opened: Reply, *, attended: bool) -> None:
        session = opened.xml.find("session")
        assert session is not None
        since = (self.story.start - self.story.history).date()
        pair = (session.attrib["id"], session.attrib["signature"])
        reply = self.api.submit(pair, since=since.isoformat())
        act = self._answered("import", reply, access=self.accesses, attended=attended)
        act.since = since
        if reply.status == 202:
            command = reply.xml.find("command")
            assert command is not None
            place = f"/v1/command/{command.attrib['id']}.xml"
            act.xml = _good(self.api.call("GET", place, query={"wait": WAIT_S})).body
            act.json = _good(self.api.call("GET", place, accept="application/json")).body
            assert act.state in ("successful", "error", "fatal"), act.xml
        self._note(act)

    def _answered(self, what: str, reply: Reply, **more: Any) -> Act:
        exception = reply.exception if reply.status >= 400 else None
        at = self.world.clock()
        return Act(what=what, at=at, status=reply.status, exception=exception, **more)

    def _note(self, act: Act) -> None:
        act.calls = self._calls()
        self.acts.append(act)

    def _calls(self) -> list[Record]:
        """The bank's calls since the last time."""
        query = {"since": self._read_to}
        found = _good(self.bank.call("GET", "/switchboard/log", query=query)).json
        self._read_to = found["last"]
        return list(found["rows"])

    def _truth(self) -> list[Record]:
        query = {
            "login": self.story.login,
            "country": self.story.country,
            "from": (self.story.start - self.story.history - LIFE).date().isoformat(),
        }
        body = _good(self.bank.call("GET", "/switchboard/truth", query=query)).body
        return [json.loads(line) for line in body.splitlines()]

    def _events(self) -> list[Record]:
        found: list[Record] = []
        query: dict[str, str] = {}
        while True:
            page = _good(self.api.call("GET", "/v1/events", query=query)).json
            found += page["events"]
            if not page["more"]:
                return found
            query = {"after": page["cursor"]}

    def _switch(self, what: str, body: Record) -> Reply:
        return self.bank.call("POST", f"/switchboard/{what}", json_body=body)


def _good(reply: Reply) -> Reply:
    assert reply.status == 200, (reply.status, reply.body[-500:])
    return reply
