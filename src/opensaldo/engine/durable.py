"""The one door to the durable engine (DBOS): accepted work survives any end of any process.

DBOS is crash-safe in our sense only behind these guards, all kept here:

1. one process per executor id: a slot lock is held for the whole life of the process, and a
   process that loses it ends at once;
2. work of a dead executor is taken over: whoever can take its slot's lock in two sweeps resumes
   what it left; in between a process that lost its lock has noticed and ended;
3. arguments and results are command ids, written as JSON;
4. its tables live in our database, on connections with our own settings;
5. the application version is pinned, so a new release finds the work of the old one;
6. finished workflows are deleted by us;
7. accepting is atomic: `enqueue` writes into the caller's own transaction;
8. workflows are registered by a call, from a written-out table.

What needs a login that lives in one process's memory waits in that process's own queue; when the
process is dead, whoever is alive runs it, finds no login and says so.

Calls to banks are counted by the attempt ledger, never by this engine's limiter.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    EnqueueOptions,
    WorkflowStatus,
)

from opensaldo.domain.clock import Clock
from opensaldo.errors import PlatformUnavailable
from opensaldo.observe import described, log
from opensaldo.store.db import Connection, Store
from opensaldo.store.lock import SlotLock, is_held

APPLICATION = "opensaldo"
APPLICATION_VERSION = "opensaldo-1"
QUEUE = "commands"
POLL_S = 0.05
LOGINS_POLL_S = 0.1
HOLD_CHECK_S = 1.0
HOLD_CHECKS_PER_SWEEP = 5
RECOVERIES_MAX = 1_000_000
SLOTS_MAX = 64
FINISHED_KEPT = timedelta(minutes=10)
RESUME_BATCH = 500
PAUSES_WHEN_UNAVAILABLE_S = (0.5, 1, 2, 5, 10)
LAST_PAUSE = len(PAUSES_WHEN_UNAVAILABLE_S) - 1
EXIT_LOCK_LOST = 70
FINISHED_STATUSES = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


@dataclass(frozen=True, slots=True)
class Job:
    """What a workflow does with one id, and what to do when that failed unexpectedly.

    `run` is safe to run again after a crash at any line; `give_up` brings the id to a final state.
    """

    run: Callable[[str], Awaitable[None]]
    give_up: Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Cron:
    """Work started by the calendar (six fields, seconds first), once over all processes."""

    schedule: str
    run: Callable[[], Awaitable[None]]


class NoFreeSlot(Exception):
    """Every executor slot is taken; end a process before starting another."""


class Durable:
    """One process's executor: its slot, its queue and its sweep."""

    def __init__(self, store: Store, lock: SlotLock, clock: Clock, *, at_once_max: int) -> None:
        """Prepare; nothing runs before `start`."""
        self._store = store
        self._lock = lock
        self._clock = clock
        self._at_once_max = at_once_max
        self._engine = store.engine_for_workflows()
        self._serializer = DBOSPortableJSONSerializer()
        self._client: DBOSClient | None = None
        self._sweep: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._orphaned_before: set[str | None] = set()
        self.slot: int | None = None

    async def start(self, jobs: Mapping[str, Job], crons: Mapping[str, Cron]) -> None:
        """Take a slot, register both tables and begin to run what is queued or was left behind.

        Raises:
            NoFreeSlot: all slots are taken (SQLite has one, PostgreSQL `SLOTS_MAX`).
        """
        self.slot = await asyncio.to_thread(self._take_slot)
        DBOS(config=self._settings(self.slot))
        for name, job in jobs.items():
            DBOS.workflow(name=name, max_recovery_attempts=RECOVERIES_MAX)(workflow_of(job))
        ticks = {name: DBOS.workflow(name=name)(tick_of(cron)) for name, cron in crons.items()}
        queues = {QUEUE: POLL_S}
        if not self._store.is_embedded:
            queues[logins_of(self.slot)] = LOGINS_POLL_S
        DBOS.listen_queues(list(queues))
        DBOS.launch()
        for name, every_s in queues.items():
            await DBOS.register_queue_async(
                name,
                worker_concurrency=self._at_once_max,
                polling_interval_sec=every_s,
                on_conflict="always_update",
            )
        await DBOS.apply_schedules_async(
            [
                {
                    "schedule_name": name,
                    "workflow_fn": tick,
                    "schedule": crons[name].schedule,
                    "automatic_backfill": False,
                }
                for name, tick in ticks.items()
            ]
        )
        self._client = DBOSClient(
            system_database_engine=self._engine,
            serializer=self._serializer,
            application_name=APPLICATION,
            dbos_system_schema=None if self._store.is_embedded else "dbos",
        )
        self._sweep = asyncio.create_task(self._sweep_for_ever())
        log.info("executor started", slot=self.slot)

    def enqueue(
        self, connection: Connection, workflow: str, subject: str, *, login_slot: int | None = None
    ) -> None:
        """The workflow will run for this id if, and only if, the caller's transaction commits.

        `login_slot`: it needs a login that the process of this slot holds, and runs there.
        """
        if self._client is None:
            raise PlatformUnavailable
        options: EnqueueOptions = {
            "workflow_name": workflow,
            "queue_name": self._queue_of(connection, login_slot),
            "workflow_id": subject,
            "app_version": APPLICATION_VERSION,
        }
        self._client.enqueue_in_transaction(connection, options, subject)

    def _queue_of(self, connection: Connection, login_slot: int | None) -> str:
        """The queue of the slot if a process has it; else everybody's, where no login is found."""
        if login_slot is None or self._store.is_embedded or not is_held(connection, login_slot):
            return QUEUE
        return logins_of(login_slot)

    async def stop(self) -> None:
        """End this executor; what it was running goes on elsewhere or at the next start."""
        self._is_stopping = True
        if self._sweep is not None:
            self._sweep.cancel()
            await asyncio.gather(self._sweep, return_exceptions=True)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        if self._client is not None:
            self._client.destroy()
        self._engine.dispose()
        if self.slot is not None:
            self._lock.release(self.slot)

    def _take_slot(self) -> int:
        slots = 1 if self._store.is_embedded else SLOTS_MAX
        for slot in range(slots):
            if self._lock.take(slot):
                return slot
        raise NoFreeSlot(
            "Another process already runs on this SQLite database; stop it first, or move to"
            " PostgreSQL to run several."
            if self._store.is_embedded
            else f"All {SLOTS_MAX} executor slots are taken."
        )

    def _settings(self, slot: int) -> DBOSConfig:
        logger = logging.getLogger("dbos")
        logger.addHandler(logging.NullHandler())  # so that it adds no plain-text one of its own
        logger.propagate = True
        return {
            "name": APPLICATION,
            "system_database_engine": self._engine,
            "application_version": APPLICATION_VERSION,
            "executor_id": executor_of(slot),
            "serializer": self._serializer,
            "log_level": "WARNING",
            "enable_otlp": False,
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": POLL_S,  # a stop waits for its next turn
        }

    async def _sweep_for_ever(self) -> None:
        for turn in itertools.count(1):
            await asyncio.sleep(HOLD_CHECK_S)
            try:
                await asyncio.to_thread(self._check_hold)
                if turn % HOLD_CHECKS_PER_SWEEP == 0:
                    await asyncio.to_thread(self.sweep)
            except Exception as error:  # noqa: BLE001 - the durable door: the sweep must live on
                log.warning("sweep failed", **described(error))

    def _check_hold(self) -> None:
        """This process ends at once when its slot was taken from it, not when it gives it up."""
        if self.slot is None or self._lock.holds(self.slot):
            return
        if not self._is_stopping:
            log.error("slot lock lost", slot=self.slot)
            os._exit(EXIT_LOCK_LOST)

    def sweep(self) -> None:
        """Take over what dead executors left, and delete workflows that finished a while ago."""
        if not self._store.is_embedded:
            self._adopt_orphans()
        self._delete_finished()

    def _adopt_orphans(self) -> None:
        working = {one.executor_id for one in _pending()} | self._awaited()
        orphaned = {executor for executor in working if self._with_lock_of(executor, _nothing)}
        for executor in orphaned & self._orphaned_before:
            self._with_lock_of(executor, _resume)
        self._orphaned_before = orphaned

    def _awaited(self) -> set[str | None]:
        """The other executors that work waits for in their own queues."""
        others = {logins_of(slot): slot for slot in range(SLOTS_MAX) if slot != self.slot}
        return {executor_of(others[one.queue_name or ""]) for one in _waiting([*others])}

    def _with_lock_of(self, executor: str | None, work: Callable[[int], None]) -> bool:
        """Do the work while holding another executor's slot; False when it is alive or ours."""
        slot = slot_of(executor)
        if slot is None or slot == self.slot or not self._lock.take(slot):
            return False
        try:
            work(slot)
        finally:
            self._lock.release(slot)
        return True

    def _delete_finished(self) -> None:
        before = (self._clock() - FINISHED_KEPT).isoformat()
        done = DBOS.list_workflows(
            status=list(FINISHED_STATUSES),
            completed_before=before,
            load_input=False,
            load_output=False,
            limit=RESUME_BATCH,
        )
        if done:
            DBOS.delete_workflows([one.workflow_id for one in done])


def workflow_of(job: Job) -> Callable[[str], Awaitable[None]]:
    """The workflow of a job: run again after a crash, brought to an end when it fails.

    It has no recorded steps: a job decides by its own rows what is left to do.
    """

    async def workflow(subject: str) -> None:
        await attend(job, subject)

    return workflow


def tick_of(cron: Cron) -> Callable[[datetime, Any], Coroutine[Any, Any, None]]:
    """The workflow of a cron; when it was due is not needed, it reads the platform's clock."""

    async def tick(_due: datetime, _context: Any) -> None:
        await cron.run()

    return tick


async def attend(job: Job, subject: str) -> None:
    """The job has run for this id, or was given up; it never raises, so nothing ends halfway.

    A store that is away is waited for as long as it takes.
    """
    work = job.run
    for turn in itertools.count():
        try:
            await work(subject)
            break
        except PlatformUnavailable:
            log.warning("store unavailable", command=subject)
        except Exception as error:  # noqa: BLE001 - the durable door
            log.error("job failed", command=subject, **described(error))
            work = job.give_up
        await asyncio.sleep(PAUSES_WHEN_UNAVAILABLE_S[min(turn, LAST_PAUSE)])


def _pending(executor: str | None = None) -> list[WorkflowStatus]:
    return DBOS.list_workflows(
        status="PENDING", executor_id=executor, load_input=False, limit=RESUME_BATCH
    )


def _waiting(queues: list[str]) -> list[WorkflowStatus]:
    return DBOS.list_workflows(
        status="ENQUEUED", queue_name=queues, load_input=False, limit=RESUME_BATCH
    )


def _resume(slot: int) -> None:
    """What the slot's executor was running, and what waits in its own queue, is everybody's."""
    executor = executor_of(slot)
    found = (*_pending(executor), *_waiting([logins_of(slot)]))
    left = [one.workflow_id for one in found]
    if left:
        DBOS.resume_workflows(left)
        log.warning("took over", executor=executor, count=len(left))


def _nothing(_slot: int) -> None:
    """Holding the slot for a moment is all that is asked."""


def executor_of(slot: int) -> str:
    """The executor id that belongs to a slot."""
    return f"slot-{slot}"


def logins_of(slot: int) -> str:
    """The queue of work that needs a login in the memory of this slot's process."""
    return f"logins-of-{executor_of(slot)}"


def slot_of(executor: str | None) -> int | None:
    """The slot an executor id belongs to, None for an id that is not ours."""
    prefix, _, number = (executor or "").partition("-")
    return int(number) if prefix == "slot" and number.isdigit() else None
