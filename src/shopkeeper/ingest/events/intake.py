"""Where this process takes events in for one shop: its journals, and the rules that events are held to."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import Future

from shopkeeper.core.clock import utc_now
from shopkeeper.core.settings import ShopSettings
from shopkeeper.ingest.events.accept import BodyKind, Judged, Rules, judge
from shopkeeper.ingest.events.flush import JournalName, journal_folder
from shopkeeper.ingest.events.journal import Journal
from shopkeeper.ingest.events.webhooks.flush import message_line
from shopkeeper.ingest.events.webhooks.shopify import read_body
from shopkeeper.warehouse.shop import Shop

_RULES_SECONDS = 30.0


class EventIntake:
    """The events and webhooks of one shop, on their way to the disk. Close it to write what waits."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        backlog = shop.settings.live.backlog_mb * 1024 * 1024
        names: tuple[JournalName, ...] = ("events", "webhooks")
        self._journals = {name: Journal(journal_folder(shop.data_dir, name), backlog_bytes=backlog) for name in names}
        self._rules: Rules | None = None
        self._read_at = -1.0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Write what waits, and let go of the segments."""
        for journal in self._journals.values():
            journal.close()

    def rules(self) -> Rules:
        """What events are held to; shops that a load brings are known half a minute later."""
        with self._lock:
            if self._rules is None or time.monotonic() - self._read_at > _RULES_SECONDS:
                rows = self.shop.lake.query("SELECT DISTINCT shop_id FROM shops").fetchall()
                self._rules = rules_of(self.shop.settings, {name for (name,) in rows})
                self._read_at = time.monotonic()
            return self._rules

    def knows_rules(self) -> Rules | None:
        """The rules when they are fresh: asking costs nothing."""
        return self._rules if time.monotonic() - self._read_at <= _RULES_SECONDS else None

    def take(self, judged: Judged) -> Future[None]:
        """Put a judged batch into the journal; the future is done when it cannot be lost any more. Raises Backlogged."""
        return self._journals["events"].append(judged.line)

    def take_body(
        self, body: bytes, kind: BodyKind, *, by: str, strict: bool = False, default_shop: str = ""
    ) -> tuple[Judged, Future[None]]:
        """Judge a body and put it into the journal. Raises what `judge` and `take` do."""
        rules = self.rules()
        if default_shop:
            rules = Rules(rules.shops, default_shop, rules.ahead, rules.late)
        judged = judge(body, kind, rules, received_at=utc_now(), by=by, strict=strict)
        return judged, self.take(judged)

    def take_webhook(self, webhook: str, webhook_id: str, topic: str, body: bytes) -> Future[None]:
        """Put a checked webhook of Shopify into its journal. Raises UsageError or DataQualityError for what cannot be read."""
        read_body(topic, body)
        return self._journals["webhooks"].append(message_line(webhook, webhook_id, topic, utc_now(), body))


def rules_of(settings: ShopSettings, in_lake: set[str]) -> Rules:
    """The rules of a shop's settings: known shops are those of the lake and those that the settings name."""
    named = {settings.shop.id, *settings.live.shops, *in_lake, *(rule.shop_id for rule in settings.shops)}
    named |= {entry.shop_id for entry in settings.events if entry.shop_id}
    named |= {entry.shop_id for entry in settings.webhooks if entry.shop_id}
    live = settings.live
    return Rules(
        frozenset(named), settings.shop.id, dt.timedelta(seconds=live.ahead_seconds), dt.timedelta(days=live.late_days)
    )  # fmt: skip
