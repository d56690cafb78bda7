"""Slowing down whoever guesses passwords, over all processes.

Three counters fail together: one person from one address (5 free tries), one address over all names (20: the same
password tried on everybody), one name over all addresses (100: many machines on one account; high, so that a stranger
cannot easily lock a person out). Past the free tries each failure doubles the wait, from 1 s to 15 minutes. A counter
is forgotten after an hour of peace.

A try is charged *before* the password is checked and given back when it was right: parallel guesses cannot all slip
through on the same old count.
Source: OWASP ASVS 4.0.3 §2.2.1 (at most 100 failed attempts an hour on one account).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from shopkeeper.state.tables.access import SIGN_IN_THROTTLE as THROTTLE

FREE_TRIES = {"person": 5, "address": 20, "name": 100}
LONGEST_WAIT = dt.timedelta(minutes=15)
FORGET_AFTER = dt.timedelta(hours=1)


def wait_after(failures: int, free: int) -> dt.timedelta:
    """How long the next try must wait after so many failures in a row.

    >>> [wait_after(n, free=5).seconds for n in (5, 6, 7, 8, 30)]
    [0, 1, 2, 4, 900]
    """
    if failures <= free:
        return dt.timedelta(0)
    return min(dt.timedelta(seconds=2 ** min(failures - free - 1, 20)), LONGEST_WAIT)


def charge(connection: Connection, name: str, address: str, at: dt.datetime) -> dt.datetime | None:
    """Count a try as failed until proven right. When it must wait: until when, and nothing is counted."""
    keys = _keys(name, address)
    rows = select(THROTTLE).where(THROTTLE.c.key.in_(keys)).order_by(THROTTLE.c.key)
    if (until := _latest(connection.execute(rows), at)) > at:
        return until
    new = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(THROTTLE).on_conflict_do_nothing()
    connection.execute(new, [{"key": key, "failures": 0, "blocked_until": at} for key in keys])
    locked = connection.execute(rows.with_for_update()).all()  # in the order of keys, so that two never wait in a ring
    if (until := _latest(locked, at)) > at:
        return until
    for row in locked:
        failures = 1 if row.blocked_until < at - FORGET_AFTER else row.failures + 1
        _write(connection, row.key, failures, at + wait_after(failures, FREE_TRIES[keys[row.key]]))
    return None


def refund(connection: Connection, name: str, address: str, at: dt.datetime) -> None:
    """The try was right: forget this person's failures here, and give the two wider counters this one try back.

    They are not cleared: whoever owns one account could otherwise reset the address between guesses at others.
    """
    keys = _keys(name, address)
    rows = select(THROTTLE).where(THROTTLE.c.key.in_(keys)).order_by(THROTTLE.c.key).with_for_update()
    for row in connection.execute(rows).all():
        scope = keys[row.key]
        failures = 0 if scope == "person" else max(row.failures - 1, 0)
        _write(connection, row.key, failures, min(row.blocked_until, at + wait_after(failures, FREE_TRIES[scope])))


def forget(connection: Connection, at: dt.datetime) -> None:
    """Remove counters that have had an hour of peace."""
    stale = select(THROTTLE.c.key).where(THROTTLE.c.blocked_until < at - FORGET_AFTER).with_for_update(skip_locked=True)
    connection.execute(delete(THROTTLE).where(THROTTLE.c.key.in_(stale)))


def _latest(rows: Iterable[Row[Any]], at: dt.datetime) -> dt.datetime:
    return max((row.blocked_until for row in rows), default=at)


def _write(connection: Connection, key: str, failures: int, blocked_until: dt.datetime) -> None:
    values = {"failures": failures, "blocked_until": blocked_until}
    connection.execute(update(THROTTLE).where(THROTTLE.c.key == key).values(**values))


def _keys(name: str, address: str) -> dict[str, str]:
    """Hash → scope, in order. Hashed because people type their password into the name field."""
    parts = {"person": f"{name}\0{address}", "address": address, "name": name}
    hashed = {hashlib.sha256(f"{scope}\0{text}".encode()).hexdigest(): scope for scope, text in parts.items()}
    return dict(sorted(hashed.items()))
