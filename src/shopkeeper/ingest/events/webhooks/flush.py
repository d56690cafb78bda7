"""Bring the journal of webhooks into the lake by the mapping of the exports, each message once and never backwards.

message → known already, or older than what is known of its order: written down, not loaded · else rows of the export
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.core.ids import new_id
from shopkeeper.ingest.assembly import Alongside, Job, Run, load_jobs
from shopkeeper.ingest.events.flush import Flushed, Stretch, flushing, record_positions, sweep, unread, waiting_lines
from shopkeeper.ingest.events.webhooks.shopify import (
    REFUND_HEADERS,
    Order,
    Refund,
    changed_at,
    order_rows,
    read_body,
    refund_rows,
)
from shopkeeper.ingest.plan import SourceMapping, fits_name
from shopkeeper.ingest.recognise import recogniser
from shopkeeper.ingest.sources.shopify.layout import ORDERS
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import listed

_MESSAGES = 5_000_000


@dataclass(frozen=True)
class Message:
    """One webhook as it was kept."""

    webhook: str
    webhook_id: str
    topic: str
    received_at: dt.datetime
    told: Order | Refund

    @property
    def subject(self) -> str:
        """What it is about: every topic of one order is about the order, a refund is about itself."""
        return f"order {self.told.id}" if isinstance(self.told, Order) else f"refund {self.told.id}"


@dataclass(frozen=True)
class Seen:
    """What the lake knows of webhooks: the messages, how new each subject is, and the orders' names."""

    ids: frozenset[tuple[str, str]]
    newest: Mapping[tuple[str, str], dt.datetime]
    names: Mapping[tuple[str, str], str]


def message_line(webhook: str, webhook_id: str, topic: str, received_at: dt.datetime, body: bytes) -> bytes:
    """A checked message as a line of the journal."""
    head = json.dumps(
        {"webhook": webhook, "webhook_id": webhook_id, "topic": topic, "received_at": received_at.isoformat()},
        ensure_ascii=False,
    )
    return head[:-1].encode() + b', "body":' + body.replace(b"\r", b" ").replace(b"\n", b" ") + b"}"


def read_message(line: bytes) -> Message:
    """The message behind a line."""
    told = json.loads(line)
    body = line[line.index(b'"body":') + len(b'"body":') : -1]
    return Message(
        told["webhook"], told["webhook_id"], told["topic"], dt.datetime.fromisoformat(told["received_at"]),
        read_body(told["topic"], body),
    )  # fmt: skip


def flush_webhooks(shop: Shop, *, by: str) -> Flushed:
    """Bring every waiting webhook into the lake. Raises as `flush_events` does, and when the intake refuses the orders."""
    done = Flushed()
    with flushing(shop, "webhooks") as folder:
        while stretches := unread(shop, folder, limit=_MESSAGES):
            done += _flush_chunk(shop, folder, stretches, by)
        sweep(shop, folder)
    return done


def site_of(shop: Shop, webhook: str) -> str:
    """The shop that a sender's orders belong to: by the `[[shops]]` rules that its export would fall under."""
    path, inbox = Path(f"webhook-{webhook}-orders.csv"), shop.inbox.resolve()
    for rule in shop.settings.shops:
        fits = fits_name(path, inbox, rule.files or ["*"]) and fits_name(Path(ORDERS.id), inbox, [rule.layouts])
        if fits and not rule.column:
            return rule.shop_id
    return ORDERS.platform


def _flush_chunk(shop: Shop, folder: Path, stretches: Sequence[Stretch], by: str) -> Flushed:
    messages = [read_message(line) for stretch in stretches for line in waiting_lines(stretch)]
    seen = _seen(shop, messages)
    taken, stale = sorted_out(messages, seen)
    files = _written(shop, folder, taken, seen)

    def within(run: Run, _: int) -> None:
        record_positions(run, "webhooks", stretches)
        _remember(run, taken, stale)

    try:
        if not files:
            return _only_remembered(shop, within, len(messages), by)
        known = recogniser(shop)
        jobs = [Job(path, SourceMapping("", (), ()), known.digest(), choose=known.mapping_of) for path in files]
        report = load_jobs(shop, "", jobs, by=by, alongside=Alongside(merged=within))
    finally:
        for path in files:
            path.unlink(missing_ok=True)
    return Flushed(
        report.load_id, report.snapshot, len(messages), report.loaded, report.unchanged, report.quarantined, 0, report.seconds
    )  # fmt: skip


def sorted_out(messages: Sequence[Message], seen: Seen) -> tuple[list[Message], list[Message]]:
    """The messages that say something new, the newest of each subject alone; and those that are older than what is known.

    A message that was taken before is in neither.
    """
    fresh: dict[tuple[str, str], Message] = {}
    for message in messages:
        if (message.webhook, message.webhook_id) not in seen.ids:
            fresh.setdefault((message.webhook, message.webhook_id), message)
    newest: dict[tuple[str, str], Message] = {}
    stale = []
    for message in fresh.values():
        key = (message.webhook, message.subject)
        known = seen.newest.get(key)
        rival = newest.get(key)
        at = changed_at(message.told)
        if (known is not None and at < known) or (rival is not None and at < changed_at(rival.told)):
            stale.append(message)
        else:
            if rival is not None:
                stale.append(rival)
            newest[key] = message
    return list(newest.values()), stale


def _seen(shop: Shop, messages: Sequence[Message]) -> Seen:
    ids = listed({m.webhook_id for m in messages})
    subjects = listed({m.subject for m in messages})
    orders = listed({f"order {m.told.order_id if isinstance(m.told, Refund) else m.told.id}" for m in messages})
    query = shop.lake.query
    known = query(f"SELECT webhook, webhook_id FROM webhooks WHERE webhook_id IN ({ids})").fetchall()
    newest = query(
        f"SELECT webhook, subject, max(changed_at) FROM webhooks WHERE subject IN ({subjects}) GROUP BY ALL"
    ).fetchall()
    names = query(
        f"SELECT webhook, subject, any_value(order_id) FROM webhooks WHERE subject IN ({orders}) GROUP BY ALL"
    ).fetchall()
    return Seen(frozenset(known), {(w, s): at for w, s, at in newest}, {(w, s): name for w, s, name in names})


def _written(shop: Shop, folder: Path, messages: Sequence[Message], seen: Seen) -> list[Path]:
    """The rows of the messages as files: a sender's orders, and its refunds."""
    files = []
    for webhook in dict.fromkeys(message.webhook for message in messages):
        own = [message for message in messages if message.webhook == webhook]
        site, batch = site_of(shop, webhook), new_id("chunk")
        names = {key: name for (of, key), name in seen.names.items() if of == webhook}
        names |= {m.subject: m.told.name for m in own if isinstance(m.told, Order)}
        orders = [row for m in own if isinstance(m.told, Order) for row in order_rows(m.told, m.webhook_id)]
        refunds: dict[object, Mapping[str, object]] = {}
        for message in own:
            for refund in (message.told,) if isinstance(message.told, Refund) else message.told.refunds:
                for row in refund_rows(refund, site, names.get(f"order {refund.order_id}", "")):
                    refunds[row["refund_id"]] = row
        told = (("orders", ORDERS.headers, orders), ("refunds", REFUND_HEADERS, list(refunds.values())))
        for kind, headers, rows in told:
            if rows:
                path = folder / f"webhook-{webhook}-{kind}-{batch.removeprefix('chunk_')}.csv"
                with path.open("w", encoding="utf-8", newline="") as stream:
                    writer = csv.DictWriter(stream, headers)
                    writer.writeheader()
                    writer.writerows(rows)
                files.append(path)
    return files


def _remember(run: Run, taken: Sequence[Message], stale: Sequence[Message]) -> None:
    rows = [
        [m.webhook, m.webhook_id, m.topic, m.subject, m.told.name if isinstance(m.told, Order) else None, changed_at(m.told),
         m.received_at, m in stale]
        for m in (*taken, *stale)
    ]  # fmt: skip
    if rows:
        holders = ", ".join("(?, ?, ?, ?, ?, ?, ?, ?)" for _ in rows)
        run.connection.execute(
            "INSERT INTO webhooks (webhook, webhook_id, topic, subject, order_id, changed_at, received_at, stale) "
            f"VALUES {holders}",
            [cell for row in rows for cell in row],
        )


def _only_remembered(shop: Shop, within: Callable[[Run, int], None], read: int, by: str) -> Flushed:
    """Nothing new was told: only the place in the journal moves."""
    run = Run(shop.lake.connection, "", lambda: None)
    with shop.lake.writing(by, "webhooks without news") as snapshot:
        within(run, snapshot)
    return Flushed("", snapshot, read, 0, read)
