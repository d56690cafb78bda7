"""Events for tests: written into a shop's journal as a sender's would be, and flushed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from shopkeeper.ingest.events.flush import Flushed, flush_events
from shopkeeper.ingest.events.intake import EventIntake
from shopkeeper.warehouse.shop import Shop


def event(event_id: str, at: str, visitor: str | None = "Li", name: str = "view", **more: object) -> dict[str, object]:
    """An event at a moment of the shop's clock, such as 2026-03-01 10:00."""
    return {
        "event_id": event_id,
        "happened_at": f"{at.replace(' ', 'T')}:00+08:00",
        "name": name,
        "visitor_id": visitor,
        **more,
    }


def sent(shop: Shop, events: Sequence[object]) -> None:
    """Put events into the journal."""
    intake = EventIntake(shop)
    try:
        _, done = intake.take_body(json.dumps(list(events)).encode(), "json", by="tests")
        done.result(30)
    finally:
        intake.close()


def flushed(shop: Shop, events: Sequence[object]) -> Flushed:
    """Put events into the journal and bring them into the lake."""
    sent(shop, events)
    return flush_events(shop, by="tests")
