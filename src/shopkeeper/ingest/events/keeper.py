"""What happens by itself while a shop is served: followed files go into the journal, the journal into the lake."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import filelock

from shopkeeper.errors import Backlogged, ShopkeeperError, UsageError
from shopkeeper.ingest.events.flush import Flushed, flush_events, journal_folder
from shopkeeper.ingest.events.intake import EventIntake
from shopkeeper.ingest.events.journal import journal_bytes
from shopkeeper.ingest.events.tail import Tail
from shopkeeper.ingest.events.webhooks.flush import flush_webhooks
from shopkeeper.warehouse.shop import Shop

_LOG = logging.getLogger("shopkeeper.events")
_LOOK_SECONDS = 0.5
_SOON_BYTES = 96 * 1024 * 1024
"""A journal of this size is flushed before its time."""

BY = "live"


def _nothing_around(_: Shop) -> AbstractContextManager[None]:
    return contextlib.nullcontext()


class Keeper:
    """The thread of one shop. What fails is logged and tried again: until then the events stay in the journal."""

    def __init__(
        self, intake: EventIntake, *, around: Callable[[Shop], AbstractContextManager[None]] = _nothing_around
    ) -> None:
        self.intake = intake
        self._around = around
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"events {intake.shop.id}", daemon=True)
        self._tails = tails_of(intake.shop)
        self._following = filelock.FileLock(intake.shop.data_dir / "journal" / "tails.lock", thread_local=False)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float = 60) -> None:
        """End after the flush that runs; what is left waits in the journal for the next server."""
        self._stop.set()
        self._thread.join(timeout)
        self._following.release()

    def _run(self) -> None:
        shop, due = self.intake.shop, time.monotonic() + min(2.0, self.intake.shop.settings.live.flush_seconds)
        while not self._stop.wait(_LOOK_SECONDS):
            try:
                self._follow()
                if time.monotonic() >= due or journal_bytes(journal_folder(shop.data_dir, "events")) > _SOON_BYTES:
                    due = time.monotonic() + shop.settings.live.flush_seconds
                    if any(journal_bytes(journal_folder(shop.data_dir, kind)) for kind in ("events", "webhooks")):
                        with self._around(shop):
                            flush_all(shop, by=BY)
            except ShopkeeperError as error:
                _LOG.warning("events of %s wait in the journal: %s", shop.id, error.message())
                self._stop.wait(5)
            except Exception:  # noqa: BLE001 - the thread must outlive whatever it meets
                _LOG.exception("events of %s wait in the journal", shop.id)
                self._stop.wait(5)

    def _follow(self) -> None:
        """Read what followed files have grown by; one process of a shop does so."""
        if not self._tails:
            return
        if not self._following.is_locked:
            (self.intake.shop.data_dir / "journal").mkdir(exist_ok=True)
            try:
                self._following.acquire(timeout=0)
            except filelock.Timeout:
                return
        for tail, shop_id in self._tails:
            follow(self.intake, tail, shop_id)


def tails_of(shop: Shop) -> list[tuple[Tail, str]]:
    """The files that the settings say to follow, with the shop of their lines."""
    memory = shop.data_dir / "journal" / "tails.json"
    return [(Tail(shop.folder / entry.path, memory), entry.shop_id) for entry in shop.settings.events]


def follow(intake: EventIntake, tail: Tail, shop_id: str) -> int:
    """Put what a file has grown by into the journal; returns the bytes read. Backlogged, it is read later."""

    def keep(content: bytes) -> None:
        lines = [line for line in content.split(b"\n") if line.strip()]
        for first in range(0, len(lines), 1000):
            body = b"\n".join(lines[first : first + 1000])
            _, done = intake.take_body(body, "ndjson", by=f"tail {tail.path.name}", default_shop=shop_id)
            done.result()

    try:
        return tail.read(keep)
    except (Backlogged, UsageError) as error:
        _LOG.warning("%s is not followed for now: %s", tail.path, error.message())
        return 0


def flush_all(shop: Shop, *, by: str) -> Flushed:
    """Bring both journals of a shop into the lake. Raises WarehouseBusy, and what the intake refuses."""
    done = Flushed()
    if (shop.data_dir / "journal" / "events").exists():
        done += flush_events(shop, by=by)
    if (shop.data_dir / "journal" / "webhooks").exists():
        done += flush_webhooks(shop, by=by)
    return done
