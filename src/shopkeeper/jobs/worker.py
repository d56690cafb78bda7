"""The worker: takes what is due, keeps its lease while it runs, settles it, and lets messages leave.

SIGTERM lets the job that runs go on for `grace`, then hands it back; Ctrl-C hands it back at once. A job handed back waits
as if it had never begun. Killed outright, its lease runs out and another worker takes it over.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Literal

from sqlalchemy import insert, update

from shopkeeper.core.clock import utc_now
from shopkeeper.core.ids import new_id
from shopkeeper.errors import ShopkeeperError
from shopkeeper.jobs import queue
from shopkeeper.jobs.heart import Heart
from shopkeeper.jobs.job import Job
from shopkeeper.jobs.outbox import LEASE, Channel, deliver_next, take_back
from shopkeeper.jobs.schedule import Schedule
from shopkeeper.jobs.task import Done, Handler, Task, TaskStopped
from shopkeeper.jobs.ticking import tick
from shopkeeper.state import State
from shopkeeper.state.tables.jobs import JOB_WORKERS

Ended = Literal["done", "waiting", "dead", "cancelled", "handed_back", "lost"]
_LOG = logging.getLogger("shopkeeper.jobs")
_NAP_SECONDS = 0.2
_BEAT_SECONDS = 20.0
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True)
class Orders:
    """What a shop's settings tell its workers."""

    schedules: Sequence[Schedule] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict)
    told: queue.Told | None = None


@dataclass(frozen=True)
class Pace:
    """How a worker goes about it."""

    lease: dt.timedelta = dt.timedelta(seconds=60)
    poll_seconds: float = 2.0
    grace_seconds: float = 30.0
    message_lease: dt.timedelta = LEASE


def _unheard(job: Job, ended: Ended, seconds: float) -> None:
    """Nobody listens."""


class Worker:
    """One worker of one shop. `orders` is asked before every round, so that edited settings apply at once."""

    def __init__(
        self,
        state: State,
        shop_id: str,
        handlers: Mapping[str, Handler],
        orders: Callable[[], Orders] = Orders,
        *,
        pace: Pace | None = None,
        clock: Callable[[], dt.datetime] = utc_now,
        dice: random.Random | None = None,
        heard: Callable[[Job, Ended, float], None] = _unheard,
    ) -> None:
        self.id = f"{socket.gethostname()[:60]}/{os.getpid()}/{new_id('w')[-6:]}"
        self.dead = 0
        self._state, self._shop_id, self._handlers, self._orders = state, shop_id, handlers, orders
        self._pace, self._clock, self._heard = pace or Pace(), clock, heard
        self._dice = dice or random.Random()
        self._stop_asked: float | None = None
        self._at_once = False
        self._from_heart = False
        self._inside = False
        self._signals = False
        self._beaten = -_BEAT_SECONDS

    def run(self) -> None:
        """Work until a signal or `stop`. A state database that does not answer is asked again, less and less often."""
        pause = self._pace.poll_seconds
        with self._attended():
            postman = threading.Thread(target=self._deliver_for_ever, name="outbox", daemon=True)
            postman.start()
            while self._stop_asked is None:
                try:
                    worked = self.step()
                    pause = self._pace.poll_seconds
                except ShopkeeperError as error:
                    _LOG.error("%s", error.message())
                    worked, pause = False, min(pause * 2, _LONGEST_PAUSE)
                if not worked:
                    self._nap(pause)
            postman.join(timeout=self._pace.message_lease.total_seconds())

    def run_due(self) -> None:
        """Work until nothing is due any more, and let the messages leave. Raises what a long run would wait out."""
        with self._attended():
            while self._stop_asked is None and self.step():
                pass
            while self._stop_asked is None and self.deliver():
                pass

    def stop(self) -> None:
        """Take no new job; the one that runs has its grace."""
        self._stop_asked = self._stop_asked or time.monotonic()

    def step(self) -> bool:
        """One round: what is due becomes jobs, jobs of silent workers come back, and one job is done; False without one."""
        orders, now = self._orders(), self._clock()
        self._beat(now)
        tick(self._state, self._shop_id, orders.schedules, at=now)
        self.dead += len(queue.reclaim(self._state, self._shop_id, at=now, dice=self._dice, told=orders.told))
        job = queue.claim(
            self._state,
            self._shop_id,
            worker=self.id,
            kinds=tuple(self._handlers),
            at=self._clock(),
            lease=self._pace.lease,
        )
        if job is None:
            return False
        begun = time.monotonic()
        ended = self._attempt(job, orders)
        self.dead += ended == "dead"
        self._heard(job, ended, time.monotonic() - begun)
        return True

    def deliver(self) -> bool:
        """Send one message that is due; False without one."""
        now, channels = self._clock(), self._orders().channels
        take_back(self._state, self._shop_id, at=now, dice=self._dice)
        sent = deliver_next(
            self._state,
            self._shop_id,
            channels,
            worker=self.id,
            at=now,
            dice=self._dice,
            lease=self._pace.message_lease,
        )
        return sent is not None

    # --- one job ------------------------------------------------------------------------------------------------------

    def _attempt(self, job: Job, orders: Orders) -> Ended:
        task = Task(job)
        self._from_heart = False
        heart = Heart(
            self._state, task, lease=self._pace.lease, clock=self._clock, must_stop=self._grace_is_over,
            interrupt=self._interrupt,
        )  # fmt: skip
        heart.start()
        done: Done | None = None
        failure: Exception | None = None
        try:
            self._inside = True
            done = self._handlers[job.kind](task)
            self._inside = False
        except (KeyboardInterrupt, TaskStopped):
            self._inside = False
        except Exception as error:  # noqa: BLE001 - whatever it is, the job has failed and says why
            self._inside = False
            if task.stop is None:
                failure = error
                if not isinstance(error, ShopkeeperError):
                    _LOG.exception("%s %s failed", job.kind, job.id)
        heart.still()
        now = self._clock()
        if done is not None:
            kept = queue.finish(
                self._state, job, at=now, result=done.result, changed=done.changed, schedules=orders.schedules,
                write=done.write,
            )  # fmt: skip
            return "done" if kept else "lost"
        if failure is not None:
            return queue.fail(self._state, job, failure, at=now, dice=self._dice, told=orders.told)
        return self._broken_off(task, now)

    def _broken_off(self, task: Task, now: dt.datetime) -> Ended:
        """Neither done nor failed: called off, lost to another worker, or handed back."""
        if task.stop == "cancel":
            return "cancelled" if queue.stopped(self._state, task.job, at=now) else "lost"
        if task.stop == "lost":
            return "lost"
        self.stop()
        return "handed_back" if queue.hand_back(self._state, task.job, at=now) else "lost"

    def _grace_is_over(self) -> bool:
        if self._stop_asked is None:
            return False
        return self._at_once or time.monotonic() - self._stop_asked >= self._pace.grace_seconds

    # --- life and signals ---------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _attended(self) -> Iterator[None]:
        """Known as a worker from here on, and signals mean what this module says; only the main thread hears them."""
        now = self._clock()
        kinds = json.dumps(sorted(self._handlers))
        with self._state.writing() as connection:
            connection.execute(
                insert(JOB_WORKERS).values(id=self.id, shop_id=self._shop_id, kinds=kinds, started_at=now, beat_at=now)
            )
        self._signals = threading.current_thread() is threading.main_thread()
        before = {}
        if self._signals:
            before = {signal.SIGTERM: signal.signal(signal.SIGTERM, self._on_term)}
            before[signal.SIGINT] = signal.signal(signal.SIGINT, self._on_ctrl_c)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            with contextlib.suppress(ShopkeeperError):  # whoever asks sees that it is silent
                self._tell({"stopped_at": self._clock()})

    def _on_term(self, number: int, frame: FrameType | None) -> None:
        self.stop()

    def _on_ctrl_c(self, number: int, frame: FrameType | None) -> None:
        if self._inside:
            raise KeyboardInterrupt
        if self._from_heart:  # the job ended by itself in the same moment, so there is nothing to break off
            self._from_heart = False
            return
        self._at_once = True  # between two jobs, or a moment before one begins: then its first beat breaks it off
        self.stop()

    def _interrupt(self) -> None:
        """Break off what the main thread runs, also inside a long statement of an engine."""
        if self._signals and self._inside:
            self._from_heart = True
            os.kill(os.getpid(), signal.SIGINT)

    def _beat(self, now: dt.datetime) -> None:
        if time.monotonic() - self._beaten >= _BEAT_SECONDS:
            self._beaten = time.monotonic()
            self._tell({"beat_at": now})

    def _tell(self, values: Mapping[str, object]) -> None:
        with self._state.writing() as connection:
            connection.execute(update(JOB_WORKERS).where(JOB_WORKERS.c.id == self.id).values(values))

    def _nap(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self._stop_asked is None and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _NAP_SECONDS))

    def _deliver_for_ever(self) -> None:
        while self._stop_asked is None:
            try:
                sent = self.deliver()
            except ShopkeeperError as error:
                _LOG.error("%s", error.message())
                sent = False
            if not sent:
                self._nap(self._pace.poll_seconds)
