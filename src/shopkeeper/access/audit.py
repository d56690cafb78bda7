"""The audit trail: append-only, each row bound to the one before by its hash.

What it proves: no row was changed, removed or slipped in by anyone who does not also rewrite every later row and the
head. Someone with full control of the database could do that, so note `AuditVerdict.anchor` outside from time to time
(`shopkeeper user audit` prints it) and give it back as `anchor`: then a rewritten past is found too.
Source: Haber and Stornetta, "How to Time-Stamp a Digital Document" (1991), linking; OWASP ASVS 4.0.3 §7.3.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from shopkeeper.errors import InternalError, UsageError
from shopkeeper.state import State
from shopkeeper.state.columns import utc_text
from shopkeeper.state.tables.access import AUDIT_EVENTS, AUDIT_HEAD

GENESIS_HASH = "0" * 64
_LIMITS = {"actor": 120, "shop": 40, "action": 64, "target": 200}

Problem = Literal["changed", "unlinked", "missing", "tail_missing", "beyond_head", "head_missing", "anchor_differs"]


@dataclass(frozen=True)
class AuditEvent:
    """One row of the trail. `details` holds only JSON values; amounts are decimal strings."""

    seq: int
    at: dt.datetime
    actor: str
    shop: str | None
    action: str
    target: str
    details: dict[str, Any]
    prev_hash: str
    hash: str


@dataclass(frozen=True)
class AuditVerdict:
    """Whether the trail is whole. When not: the first broken row and what is wrong with it."""

    rows: int
    head_hash: str
    broken_seq: int | None = None
    problem: Problem | None = None

    @property
    def ok(self) -> bool:
        """Nothing is broken."""
        return self.problem is None

    @property
    def anchor(self) -> str:
        """The state of the trail in one line, to be noted elsewhere: `rows:hash`."""
        return f"{self.rows}:{self.head_hash}"


def record(
    state: State, action: str, target: str, *, actor: str, at: dt.datetime, shop: str | None = None, **details: object
) -> int:
    """Append one row in a transaction of its own; returns its number. For changes, prefer `append` in the same one."""
    with state.writing() as connection:
        return append(connection, action, target, actor=actor, at=at, shop=shop, **details)


def append(
    connection: Connection,
    action: str,
    target: str,
    *,
    actor: str,
    at: dt.datetime,
    shop: str | None = None,
    **details: object,
) -> int:
    """Append one row inside the caller's write transaction, so that a change and its trace commit together.

    The head row is locked until the commit (on SQLite the whole database is), so concurrent writers form one chain.
    Raises InternalError when the head row is gone; ValueError for details with floats, which would round amounts.
    """
    head = connection.execute(select(AUDIT_HEAD.c.last_seq, AUDIT_HEAD.c.hash).with_for_update()).first()
    if head is None:
        raise InternalError(
            "the audit trail has lost its head row",
            where="table audit_head",
            state="nothing was changed",
            next_command="shopkeeper user audit",
        )
    row: dict[str, Any] = {
        "seq": head.last_seq + 1,
        "at": at,
        "actor": actor[: _LIMITS["actor"]],
        "shop": shop,
        "action": action,
        "target": target[: _LIMITS["target"]],
        "details": _canonical(details),
        "prev_hash": head.hash,
    }
    row["hash"] = row_hash(row)
    connection.execute(insert(AUDIT_EVENTS).values(row))
    connection.execute(update(AUDIT_HEAD).values(last_seq=row["seq"], hash=row["hash"]))
    return int(row["seq"])


def row_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of every field but the hash itself; `details` enters as the text that is stored."""
    fields = {name: row[name] for name in ("seq", "actor", "shop", "action", "target", "details", "prev_hash")}
    return hashlib.sha256(_canonical({**fields, "at": utc_text(row["at"])}).encode()).hexdigest()


def recent_events(state: State, *, shop: str | None = None, limit: int = 50) -> list[AuditEvent]:
    """The newest rows first; with `shop`, those of that shop and those that concern every shop."""
    query = select(AUDIT_EVENTS).order_by(AUDIT_EVENTS.c.seq.desc()).limit(limit)
    if shop is not None:
        query = query.where((AUDIT_EVENTS.c.shop == shop) | AUDIT_EVENTS.c.shop.is_(None))
    with state.reading() as connection:
        return [_event(row) for row in connection.execute(query)]


def verify_audit(state: State, *, anchor: str | None = None) -> AuditVerdict:
    """Whether the whole trail is as it was written, read in one snapshot and constant memory.

    With `anchor`, an earlier `AuditVerdict.anchor`, that row must also still have that hash. `tail_missing` and
    `beyond_head` come from comparing with the head row: a chain cut at its end is still a valid chain, so only a count
    kept elsewhere shows it. Raises UsageError for an anchor that cannot be read.
    """
    anchor_seq, anchor_hash = _parsed_anchor(anchor)
    count, previous = 0, GENESIS_HASH
    with state.reading() as connection:
        head = connection.execute(select(AUDIT_HEAD.c.last_seq, AUDIT_HEAD.c.hash)).first()
        for row in _rows(connection):
            problem = _problem_of(row, count + 1, previous)
            if problem is None and count + 1 == anchor_seq and row.hash != anchor_hash:
                problem = "anchor_differs"
            if problem is not None:
                return AuditVerdict(count, previous, count + 1, problem)
            count, previous = row.seq, row.hash
    if head is None:
        return AuditVerdict(count, previous, count + 1, "head_missing")
    if head.last_seq > count or anchor_seq > count:
        return AuditVerdict(count, previous, count + 1, "tail_missing")
    if head.last_seq < count or head.hash != previous:
        return AuditVerdict(count, previous, min(head.last_seq + 1, count), "beyond_head")
    return AuditVerdict(count, previous)


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    query = select(AUDIT_EVENTS).order_by(AUDIT_EVENTS.c.seq).execution_options(yield_per=2000)
    yield from connection.execute(query)


def _problem_of(row: Row[Any], expected_seq: int, previous: str) -> Problem | None:
    if row.seq != expected_seq:
        return "missing"
    if row.prev_hash != previous:
        return "unlinked"
    return None if row_hash(dict(row._mapping)) == row.hash else "changed"


def _parsed_anchor(anchor: str | None) -> tuple[int, str]:
    if anchor is None:
        return 0, ""
    rows, _, hash_text = anchor.strip().partition(":")
    if not rows.isdecimal() or len(hash_text) != 64:
        raise UsageError(
            "the anchor cannot be read",
            received=anchor,
            allowed="ROWS:HASH as an earlier `shopkeeper user audit` printed it",
            state="nothing was changed",
        )
    return int(rows), hash_text.lower()


def _canonical(value: object) -> str:
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ValueError(f"{value} is a float; amounts enter the audit trail as decimal strings")
    if isinstance(value, Mapping):
        for key, part in value.items():
            if not isinstance(key, str):
                raise ValueError(f"{key!r} is not a text key")
            _refuse_floats(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _refuse_floats(part)


def _event(row: Row[Any]) -> AuditEvent:
    return AuditEvent(
        row.seq, row.at, row.actor, row.shop, row.action, row.target, json.loads(row.details), row.prev_hash, row.hash
    )
