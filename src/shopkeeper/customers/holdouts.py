"""Who gets no messages so that one can tell what messages do: a share of all customers, drawn by hash, the same for ever.

    salt 5d1…, share 0.1      c1a… → 0.0312 held out      c2f… → 0.7714 not

Nobody is written down: the reference and the salt tell. So a customer who comes later is assigned too, and a send that is
tried again meets the same people.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from shopkeeper.access.audit import append
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.state import State
from shopkeeper.state.tables.customers import HOLDOUTS
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.sql import listed, literal

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_DIGITS = 13  # hexadecimal; fewer bits than a double holds exactly
_STEPS = float(16**_DIGITS)


@dataclass(frozen=True)
class Holdout:
    """One declared holdout. Empty `purpose` or `channel` means every one; without `ends_at` it goes on."""

    name: str
    share: float
    purpose: str
    channel: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    note: str
    declared_at: dt.datetime
    declared_by: str
    salt: str


def declare(
    state: State, shop_id: str, name: str, share: float, *, purpose: str = "", channel: str = "", note: str = "",
    starts_at: dt.datetime | None = None, ends_at: dt.datetime | None = None, salt: str = "", by: str, at: dt.datetime,
) -> Holdout:  # fmt: skip
    """Declare a holdout; its salt is drawn unless an experiment brings its own. Raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError("this is no name for a holdout", received=name[:60], allowed="1 to 40 of a-z, 0-9, - and _",
                         state="nothing was changed")  # fmt: skip
    if not 0 < share < 1:
        raise UsageError("a holdout is a part of the customers", where="share", received=f"{share:g}",
                         allowed="more than 0, less than 1", state="nothing was changed")  # fmt: skip
    begins = starts_at or at
    if ends_at is not None and ends_at <= begins:
        raise UsageError(
            "the holdout ends before it begins", received=f"{begins} to {ends_at}", state="nothing was changed"
        )
    made = Holdout(name, share, purpose, channel, begins, ends_at, note[:400], at, by, salt or secrets.token_hex(16))
    with state.writing() as connection:
        known = connection.execute(
            select(HOLDOUTS.c.name).where(HOLDOUTS.c.shop_id == shop_id, HOLDOUTS.c.name == name)
        ).first()
        if known is not None:
            raise UsageError("a holdout of this name is there", received=name, allowed="a name of its own: who is held out "
                             "never changes", state="nothing was changed")  # fmt: skip
        connection.execute(insert(HOLDOUTS).values(shop_id=shop_id, **vars(made)))
        append(connection, "holdout.declared", name, actor=by, at=at, shop=shop_id, share=f"{share:g}")
    return made


def end(state: State, shop_id: str, name: str, *, by: str, at: dt.datetime) -> None:
    """Hold nobody out any more from now on; the record stays. Raises NotFound for one that is not there or is over."""
    running = [one.name for one in holdouts(state, shop_id) if one.ends_at is None or one.ends_at > at]
    if name not in running:
        raise NotFound("holdout that goes on", name, running)
    with state.writing() as connection:
        connection.execute(
            update(HOLDOUTS).where(HOLDOUTS.c.shop_id == shop_id, HOLDOUTS.c.name == name).values(ends_at=at)
        )
        append(connection, "holdout.ended", name, actor=by, at=at, shop=shop_id)


def holdouts(state: State, shop_id: str) -> tuple[Holdout, ...]:
    """Every holdout ever declared, by name."""
    query = select(HOLDOUTS).where(HOLDOUTS.c.shop_id == shop_id).order_by(HOLDOUTS.c.name)
    with state.reading() as connection:
        return tuple(_holdout(row) for row in connection.execute(query))


def holdouts_at(state: State, shop_id: str, purpose: str, channel: str, at: dt.datetime) -> tuple[Holdout, ...]:
    """The holdouts that a message of this purpose by this channel at this moment falls under."""
    return tuple(
        one for one in holdouts(state, shop_id)
        if one.starts_at <= at and (one.ends_at is None or at < one.ends_at)
        and one.purpose in ("", purpose) and one.channel in ("", channel)
    )  # fmt: skip


def held_out(lake: Lake, held: Sequence[Holdout], refs: Sequence[str]) -> dict[str, str]:
    """Which of these customers are held out, by the first holdout that does: reference → its name."""
    if not held or not refs:
        return {}
    cases = " ".join(f"WHEN {_draw_sql(one.salt)} < {one.share!r} THEN {literal(one.name)}" for one in held)
    rows = lake.query(
        f"SELECT ref, CASE {cases} END AS held FROM (SELECT unnest([{listed(refs)}]) AS ref) WHERE held IS NOT NULL"
    ).fetchall()
    return {str(ref): str(name) for ref, name in rows}


def draw(salt: str, ref: str) -> float:
    """The number from 0 up to 1 that a reference draws; held out is whose number is below the share.

    >>> round(draw("5d1", "c000000000000001"), 4) == round(draw("5d1", "c000000000000001"), 4)
    True
    """
    return int(hashlib.sha256(f"{salt}{ref}".encode()).hexdigest()[:_DIGITS], 16) / _STEPS


def _draw_sql(salt: str) -> str:
    return f"CAST('0x' || left(sha256({literal(salt)} || ref), {_DIGITS}) AS BIGINT) / {_STEPS!r}"


def _holdout(row: Any) -> Holdout:
    return Holdout(
        row.name, row.share, row.purpose, row.channel, row.starts_at, row.ends_at, row.note, row.declared_at, row.declared_by,
        row.salt,
    )  # fmt: skip
