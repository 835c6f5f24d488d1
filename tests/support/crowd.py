"""A crowd of clients that sign in and import without end, whatever happens to the server."""

from __future__ import annotations

import http.client
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from tests.support.platform import Api, command_of

AFTER_TROUBLE_S = 0.1
LOOK_EVERY_S = 0.005
SHAPES = ("bench-1x72", "bench-2x250", "bench-3x500", "bench-1x900")


@dataclass
class Crowd:
    """What the crowd was promised: a command id for every 202 that arrived."""

    accepted: list[str] = field(default_factory=list)
    troubles: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    _submitting: threading.Condition = field(default_factory=threading.Condition)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def wait_for_submit(self, timeout_s: float) -> bool:
        """Somebody is just asking for an import; False when nobody did in time."""
        with self._submitting:
            return self._submitting.wait(timeout_s)

    def wait_for_accepted(self, count: int, timeout_s: float) -> None:
        """So many imports were accepted altogether, or the time is over."""
        deadline = time.monotonic() + timeout_s
        while len(self.accepted) < count and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)

    def visit(self, api: Api, login: str) -> None:
        """One person signs in and asks for an import; the 202 is remembered."""
        session = api.mock_session(login)
        with self._submitting:
            self._submitting.notify_all()
        reply = api.submit(session)
        with self._guard:
            if reply.status == 202:
                self.accepted.append(command_of(reply).attrib["id"])
            else:
                self.refusals[f"{reply.status} {reply.exception}"] += 1

    def note_trouble(self) -> None:
        """A request was cut off by a kill, or found nobody."""
        with self._guard:
            self.troubles += 1


@contextmanager
def crowd(api: Api, *, people: int, pause_s: float, seed: int) -> Iterator[Crowd]:
    """The crowd comes and goes until the block ends; distinct persons all the time."""
    met = Crowd()
    stop = threading.Event()
    numbers = itertools.count()

    def come_and_go(place: int) -> None:
        draw = random.Random(f"{seed} {place}")
        mine = Api(api.address, api.key)
        while not stop.is_set():
            try:
                met.visit(mine, f"{draw.choice(SHAPES)}-{seed}-{next(numbers)}")
                stop.wait(draw.uniform(0, 2 * pause_s))
            except (OSError, http.client.HTTPException, AssertionError, ParseError):
                met.note_trouble()
                time.sleep(AFTER_TROUBLE_S)

    threads = [threading.Thread(target=come_and_go, args=(place,)) for place in range(people)]
    for thread in threads:
        thread.start()
    try:
        yield met
    finally:
        stop.set()
        for thread in threads:
            thread.join()
