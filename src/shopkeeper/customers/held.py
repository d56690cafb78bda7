"""All that is held of one person, for the person: the rights of access of PIPL article 45 and GDPR article 15."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from shopkeeper.customers import tags as tagging
from shopkeeper.customers.erased_rows import collect, rows_of
from shopkeeper.customers.profiles import find, people_of, profile
from shopkeeper.customers.segments import FOLDER
from shopkeeper.state import State
from shopkeeper.state.tables.customers import SEGMENT_REFRESHES
from shopkeeper.warehouse.loads import file_names
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.personal import KEYS
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import listed, literal

_PURPOSES = {
    "orders": "contract", "order_lines": "contract", "refunds": "contract", "payments": "contract", "shipments": "contract",
    "subscriptions": "contract", "coupon_uses": "contract", "tickets": "service", "reviews": "service",
    "customers": "relationship", "identities": "relationship", "consents": "duty", "contacts": "marketing",
    "campaign_members": "marketing", "visits": "analysis", "events": "analysis", "customer_scores": "analysis",
}  # fmt: skip
"""What each table is held for: a word of the catalogue."""


@dataclass(frozen=True)
class HeldTable:
    """Rows of one table: column names, rows, and what they are held for."""

    table: str
    purpose: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Held:
    """Everything about a person: what sources say, what was computed, where it came from, and the lists they are on."""

    ref: str
    made_at: dt.datetime
    keys: tuple[str, ...]
    profile: dict[str, Any]
    tables: tuple[HeldTable, ...]
    raw: tuple[tuple[str, int, dict[str, Any]], ...]
    tags: tuple[str, ...]
    segments: tuple[tuple[str, dt.datetime], ...]


def held_of(shop: Shop, state: State, asked: str, *, at: dt.datetime) -> Held:
    """All that is held of a customer. Raises NotFound."""
    people = people_of(shop)
    known = profile(shop, people, find(shop, people, asked))
    keys = rows_of(shop, known.keys)
    stored, given = set(shop.lake.table_names()), listed(keys.keys)
    tables = []
    for table, (key, *_) in KEYS.items():
        if table in stored and TABLES[table].kind != "ledger":
            columns = TABLES[table].column_names
            rows = shop.lake.query(
                f"SELECT {', '.join(columns)} FROM {table} WHERE {key} IN ({given}) ORDER BY ALL"
            ).fetchall()
            if rows:
                tables.append(HeldTable(table, _PURPOSES.get(table, "relationship"), columns, tuple(rows)))
    return Held(
        known.ref, at, keys.words, known.values, tuple(tables), _raw_rows(shop, collect(shop, keys)),
        tagging.tags_of(state, shop, known.ref), _lists(shop, state, known.ref),
    )  # fmt: skip


def _raw_rows(shop: Shop, lines: dict[str, set[int]]) -> tuple[tuple[str, int, dict[str, Any]], ...]:
    """The rows as they were read from files, whole."""
    store, names = RawStore(shop.data_dir), file_names(shop.lake)
    found = []
    for digest, numbers in sorted(lines.items()):
        path = store.path(digest)
        if path.exists():
            source = f"read_parquet({literal(str(path))}, file_row_number = true)"
            for row in shop.lake.rows(
                f"SELECT * FROM {source} WHERE file_row_number + 1 IN ({listed(sorted(numbers))})"
            ):
                line = int(row.pop("file_row_number")) + 1
                found.append((names.get(digest, digest[:12]), line, {k: v for k, v in row.items() if v is not None}))
    return tuple(found)


def _lists(shop: Shop, state: State, ref: str) -> tuple[tuple[str, dt.datetime], ...]:
    """Segments whose kept members the person is among."""
    t = SEGMENT_REFRESHES
    with state.reading() as connection:
        rows = list(connection.execute(select(t.c.name, t.c.file, t.c.refreshed_at).where(t.c.shop_id == shop.id)))
    found = []
    for name, file, at in rows:
        path = shop.data_dir / FOLDER / file
        if path.exists():
            source = f"read_parquet({literal(str(path))})"
            if shop.lake.query(f"SELECT 1 FROM {source} WHERE ref = ? LIMIT 1", [ref]).fetchone() is not None:
                found.append((name, at))
    return tuple(sorted(found))
