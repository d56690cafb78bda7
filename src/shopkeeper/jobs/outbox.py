"""Everything that leaves the house: written with its cause in one transaction, delivered at least once.

A message has an idempotency key, which says what caused it: the same cause writes one message. Its id is the receiver's
key, the same on every attempt, so that a receiver who saw it already can leave it. A channel's handler sends it and says
what became of it; while one worker sends it, no other does.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Row, select

from shopkeeper.core.ids import new_id
from shopkeeper.errors import Undelivered
from shopkeeper.jobs.backoff import backoff
from shopkeeper.jobs.failure import error_parts, may_pass
from shopkeeper.jobs.job import as_text
from shopkeeper.jobs.lease import give_back, insert_new, take
from shopkeeper.state import State
from shopkeeper.state.tables.jobs import OUTBOX

LEASE = dt.timedelta(seconds=90)
"""Longer than any handler takes to send a message: a channel's time limits must end well before."""

MOST_ATTEMPTS = 12
_ANSWER_LENGTH = 500


@dataclass(frozen=True)
class Message:
    """One message. `body` is the text that is sent, byte for byte the same on every attempt."""

    id: str
    shop_id: str
    channel: str
    idempotency_key: str
    body: str
    status: str
    attempts: int
    most_attempts: int
    next_at: dt.datetime
    fence: int
    created_at: dt.datetime
    ended_at: dt.datetime | None
    answer: str | None
    error: dict[str, Any] | None


class Channel(Protocol):
    """A way out of the house."""

    def send(self, message: Message, at: dt.datetime) -> str:
        """Send one message, and return what the receiver answered. Raises Undelivered with the channel's judgement."""


def put(
    connection: Connection, shop_id: str, channel: str, idempotency_key: str, payload: Mapping[str, object], *,
    at: dt.datetime, most_attempts: int = MOST_ATTEMPTS,
) -> str | None:  # fmt: skip
    """Write a message in the caller's write transaction. Returns its id, or None when its cause has written it before."""
    message_id = new_id("msg")
    added = insert_new(
        connection,
        OUTBOX,
        {
            "id": message_id, "shop_id": shop_id, "channel": channel, "idempotency_key": idempotency_key,
            "payload": as_text(dict(payload)), "status": "waiting", "attempts": 0, "most_attempts": most_attempts,
            "next_at": at, "fence": 0, "created_at": at,
        },
    )  # fmt: skip
    return message_id if added else None


def deliver_next(
    state: State, shop_id: str, channels: Mapping[str, Channel], *, worker: str, at: dt.datetime, dice: random.Random,
    lease: dt.timedelta = LEASE,
) -> str | None:  # fmt: skip
    """Send the message that has been due longest; returns its id, or None when none is due or others were faster.

    Messages of channels without a handler here wait for a worker that has one.
    """
    message = _claimed(state, shop_id, channels, worker, at, lease)
    if message is None:
        return None
    try:
        answer = channels[message.channel].send(message, at)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is what became of the message
        _failed(state, message, error, at, dice)
    else:
        with state.writing() as connection:
            give_back(
                connection, OUTBOX, message.id, message.fence, "done", ended_at=at, answer=answer[:_ANSWER_LENGTH],
                error=None,
            )  # fmt: skip
    return message.id


def take_back(state: State, shop_id: str, *, at: dt.datetime, dice: random.Random) -> None:
    """Messages whose sender ended without a word wait again: whether they arrived is not known, so they are sent again."""
    expired = select(OUTBOX).where(
        OUTBOX.c.shop_id == shop_id, OUTBOX.c.status == "running", OUTBOX.c.leased_until <= at
    )
    with state.reading() as connection:
        if connection.execute(expired.limit(1)).first() is None:
            return
    with state.writing() as connection:
        for row in connection.execute(expired.with_for_update()).all():
            last = row.attempts >= row.most_attempts
            lost = Undelivered("its sender was not heard of any more", final=last, where=row.leased_to)
            give_back(
                connection, OUTBOX, row.id, row.fence, "dead" if last else "waiting",
                next_at=at if row.attempts < 2 else at + backoff(row.attempts - 1, dice),
                ended_at=at if last else None, error=as_text(error_parts(lost)),
            )  # fmt: skip


def message_of(row: Row[Any]) -> Message:
    """A row of the table as a message."""
    error = None if row.error is None else json.loads(row.error)
    return Message(
        row.id, row.shop_id, row.channel, row.idempotency_key, row.payload, row.status, row.attempts, row.most_attempts,
        row.next_at, row.fence, row.created_at, row.ended_at, row.answer, error,
    )  # fmt: skip


def _claimed(
    state: State, shop_id: str, channels: Mapping[str, Channel], worker: str, at: dt.datetime, lease: dt.timedelta
) -> Message | None:
    due = (
        select(OUTBOX.c.id, OUTBOX.c.fence)
        .where(
            OUTBOX.c.shop_id == shop_id, OUTBOX.c.status == "waiting", OUTBOX.c.next_at <= at,
            OUTBOX.c.channel.in_(channels),
        )
        .order_by(OUTBOX.c.next_at, OUTBOX.c.id)
        .limit(5)
    )  # fmt: skip
    with state.reading() as connection:
        found = connection.execute(due).all()
    for row in found:
        with state.writing() as connection:
            if take(connection, OUTBOX, row.id, row.fence, to=worker, until=at + lease):
                return message_of(connection.execute(select(OUTBOX).where(OUTBOX.c.id == row.id)).one())
    return None


def _failed(state: State, message: Message, error: Exception, at: dt.datetime, dice: random.Random) -> None:
    final = error.final if isinstance(error, Undelivered) else not may_pass(error)
    last = final or message.attempts >= message.most_attempts
    wait = backoff(message.attempts, dice)
    if isinstance(error, Undelivered):
        wait = max(wait, dt.timedelta(seconds=error.wait_seconds))
    with state.writing() as connection:
        give_back(
            connection, OUTBOX, message.id, message.fence, "dead" if last else "waiting", next_at=at + wait,
            ended_at=at if last else None, error=as_text(error_parts(error)),
        )  # fmt: skip
