"""Whom the shop's owner wants told of dead letters, and what they are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from shopkeeper.core.credentials import revealed
from shopkeeper.core.settings import FILE_NAME, ShopSettings, resolved
from shopkeeper.jobs.job import Job
from shopkeeper.jobs.outbox import Channel, put
from shopkeeper.jobs.queue import Told
from shopkeeper.jobs.webhook import Webhook

OWNER = "owner_webhook"
"""Name of the channel of `[notify] webhook`."""


def channels_of(settings: ShopSettings, folder: Path) -> dict[str, Channel]:
    """The channels that a shop has configured. Raises ConfigError when an address or a secret cannot be had."""
    notify = settings.notify
    if not notify.webhook:
        return {}
    url = resolved(notify.webhook, where=f"{FILE_NAME}, key notify.webhook")
    return {OWNER: Webhook(url, revealed(notify.secret, where=f"{FILE_NAME}, key notify.secret", folder=folder))}


def told_of_dead_letters(settings: ShopSettings) -> Told | None:
    """What writes the notice of a dead letter into the outbox; None when nobody wants one."""
    return _dead_letter if settings.notify.webhook else None


def _dead_letter(connection: Connection, job: Job, error: Mapping[str, Any], at: dt.datetime) -> None:
    # what was received may be a cell of a file, with a person in it: it stays in the house
    shown = {part: text for part, text in error.items() if part != "received"}
    notice = {
        "type": "job.dead",
        "timestamp": at.isoformat(),
        "data": {
            "shop": job.shop_id, "job": job.id, "kind": job.kind, "schedule": job.schedule, "source": job.source or None,
            "attempts": job.attempts, "error": shown, "next": f"shopkeeper jobs show {job.id}",
        },
    }  # fmt: skip
    # by its fence, so that the same job dead again after a retry is told again
    put(connection, job.shop_id, OWNER, f"job.dead {job.id} {job.fence}", notice, at=at)
