"""A person in the operational state: what names them in jobs, messages, decisions and notes gives way to the surrogate.

outbox   waiting for ming_88    →  called off, its payload empty
jobs     dead letter of ming_88 →  dead letter of erased_4f…
identity_decision_sides ming_88 →  erased_4f…, so that what people decided still holds

The audit trail is a chain of digests and is not rewritten: it never names anybody but by reference.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping

from sqlalchemy import Column, Connection, String, Text, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from shopkeeper.customers.erased_rows import SHORTEST_WORD, Keys
from shopkeeper.state import State
from shopkeeper.state.tables import METADATA
from shopkeeper.state.tables.access import AUDIT_EVENTS, AUDIT_HEAD
from shopkeeper.state.tables.jobs import OUTBOX
from shopkeeper.warehouse.suppression import surrogate

_CHAINED = {AUDIT_EVENTS.name, AUDIT_HEAD.name}
_EMPTY = json.dumps({"erased": True})


def rewrite_state(state: State, keys: Keys, salt: str, at: dt.datetime) -> dict[str, int]:
    """Put the surrogate in place of the person in every text of the state, in one transaction; returns rows by table.

    A message that names the person is emptied, and called off if it has not been sent.
    """
    words = _forms(keys, salt)
    found: dict[str, int] = {}
    if not words:
        return found
    with state.writing() as connection:
        if rows := _call_off(connection, words, at):
            found[OUTBOX.name] = rows
        for column in _texts():
            rows = _rewrite(connection, column, words)
            if rows:
                found[column.table.name] = found.get(column.table.name, 0) + rows
    return found


def named_in_state(state: State, keys: Keys, salt: str) -> tuple[str, ...]:
    """Columns of the state, the audit trail among them, in which the person is still named."""
    words = _forms(keys, salt)
    columns = [*_texts(), AUDIT_EVENTS.c.target, AUDIT_EVENTS.c.details]
    with state.reading() as connection:
        return tuple(
            f"{column.table.name}.{column.name}"
            for column in columns
            if words and connection.execute(select(func.count()).where(_names(column, words))).scalar()
        )


def _texts() -> Iterator[Column[str]]:
    for table in METADATA.sorted_tables:
        if table.name not in _CHAINED:
            yield from (column for column in table.columns if isinstance(column.type, String | Text))


def _forms(keys: Keys, salt: str) -> dict[str, str]:
    """Every way in which a word may stand in a text, with what takes its place; the longest first.

    A short word is meant only as a whole cell or a whole JSON text: as a part it would be found in other people's.
    """
    forms: dict[str, str] = {}
    for word in sorted(keys.words, key=len, reverse=True):
        instead = surrogate(salt, word)
        spelt = (word, json.dumps(word)[1:-1]) if len(word) >= SHORTEST_WORD else ()
        quoted = (json.dumps(word), json.dumps(word, ensure_ascii=False))
        forms |= dict.fromkeys(spelt, instead) | dict.fromkeys(quoted, json.dumps(instead))
    return forms


def _names(column: Column[str], words: Mapping[str, str]) -> ColumnElement[bool]:
    whole = [json.loads(word) for word in words if word.startswith('"')]
    within = [column.contains(word, autoescape=True) for word in words]
    return or_(column.in_(list(dict.fromkeys(whole))), *within)


def _call_off(connection: Connection, words: Mapping[str, str], at: dt.datetime) -> int:
    named = _names(OUTBOX.c.payload, words)
    unsent = OUTBOX.c.status.in_(("waiting", "dead"))
    connection.execute(update(OUTBOX).where(named, unsent).values(status="cancelled", ended_at=at))
    return int(connection.execute(update(OUTBOX).where(named).values(payload=_EMPTY)).rowcount)


def _rewrite(connection: Connection, column: Column[str], words: Mapping[str, str]) -> int:
    """Rows of a column that named the person."""
    hit = _names(column, words)
    rows = connection.execute(select(func.count()).select_from(column.table).where(hit)).scalar() or 0
    if rows:
        for word, instead in words.items():
            if word.startswith('"'):
                whole = json.loads(word)
                connection.execute(update(column.table).where(column == whole).values({column: json.loads(instead)}))
            cleaned = func.replace(column, word, instead)
            connection.execute(
                update(column.table).where(column.contains(word, autoescape=True)).values({column: cleaned})
            )
    return int(rows)
