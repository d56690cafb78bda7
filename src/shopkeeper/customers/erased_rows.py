"""The rows of one person: under which keys, in which tables and lines of files; and how they are rewritten."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.personal import ABOUT, KEYS, SAYINGS, shop_salt
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import listed, literal, quoted
from shopkeeper.warehouse.suppression import surrogate_sql

SHORTEST_WORD = 6
"""A shorter key is only looked for as a whole cell: as a part it would be found in other people's words."""

_OF_ORDERS = tuple(
    t.name
    for t in TABLES.values()
    if "order_id" in t.column_names and "customer_id" not in t.column_names and t.kind == "fact"
)
"""Facts that belong to somebody by their order alone: payments, parcels, statements."""


@dataclass(frozen=True)
class Keys:
    """`keys` are customer keys of the sources; `others` their identities, hashes, devices and name."""

    keys: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that would name the person."""
        return tuple(dict.fromkeys(word for word in (*self.keys, *self.others) if word.strip()))

    def counts(self, shop: Shop) -> dict[str, int]:
        """Rows of each table that are the person's."""
        stored = set(shop.lake.table_names())
        given = listed(self.keys)
        parts = [
            f"SELECT {literal(table)} AS name, count(*) AS n FROM {table} "
            f"WHERE {' OR '.join(f'{column} IN ({given})' for column in columns)}"
            for table, columns in KEYS.items()
            if table in stored
        ]
        return {name: int(n) for name, n in shop.lake.query(" UNION ALL ".join(parts)).fetchall() if n}


def rows_of(shop: Shop, keys: tuple[str, ...]) -> Keys:
    """All that names a person, from their customer keys: identities, hashes, names and devices."""
    stored, given = set(shop.lake.table_names()), listed(keys)
    asked = {
        "identities": "SELECT identity FROM identities WHERE customer_id IN ({keys})",
        "customers": "SELECT unnest([name, phone_hash, email_hash]) FROM customers WHERE customer_id IN ({keys})",
        "visits": "SELECT DISTINCT visitor_id FROM visits WHERE customer_id IN ({keys})",
        "events": "SELECT DISTINCT visitor_id FROM events WHERE customer_id IN ({keys})",
    }
    others: dict[str, None] = {}
    for table, sql in asked.items():
        if table in stored:
            others |= dict.fromkeys(str(v) for (v,) in shop.lake.query(sql.format(keys=given)).fetchall() if v)
    return Keys(keys, tuple(word for word in others if word not in keys))


def collect(shop: Shop, keys: Keys) -> dict[str, set[int]]:
    """Lines of files that the person's facts came from: file hash → lines; those of their orders' payments and parcels too."""
    lake, stored, given = shop.lake, set(shop.lake.table_names()), listed(keys.keys)
    parts = [
        f"SELECT file_hash, source_line FROM {table} WHERE {columns[0]} IN ({given})"
        for table, columns in KEYS.items()
        if table in stored and TABLES[table].kind != "ledger"
    ]
    orders = f"SELECT shop_id, order_id FROM orders WHERE customer_id IN ({given})"
    parts += [
        f"SELECT t.file_hash, t.source_line FROM {table} t SEMI JOIN ({orders}) o "
        f"ON t.shop_id = o.shop_id AND t.order_id = o.order_id"
        for table in _OF_ORDERS
        if table in stored
    ]
    rows = lake.query(f"SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)}) WHERE source_line IS NOT NULL").fetchall()
    found: dict[str, set[int]] = {}
    for digest, line in rows:
        found.setdefault(digest, set()).add(int(line))
    return found


def rewrite_rows(shop: Shop, keys: Keys, by: str) -> int:
    """Put the surrogate in place of the person in every table, as one snapshot; returns its number."""
    lake, salt = shop.lake, shop_salt(shop.data_dir)
    with lake.writing(by, "erase a customer") as snapshot:
        mine = keys.counts(shop)
        for table in mine:
            _rewrite_facts(shop, table, keys, salt)
        _rewrite_orders(shop, set(lake.table_names()), keys)
        for table, column in _columns_with_words(shop, keys):
            _rewrite_words(shop, table, column, keys, salt)
    return snapshot


def _rewrite_facts(shop: Shop, table: str, keys: Keys, salt: str) -> None:
    given, named = listed(keys.keys), KEYS[table]
    emptied = [
        name for name in (*SAYINGS.get(table, ()), *(ABOUT if table == "customers" else ())) if name not in named
    ]
    sets = [f"{name} = {surrogate_sql(salt, name) if _is_key(table, name) else 'NULL'}" for name in emptied]
    sets += [f"{key} = CASE WHEN {key} IN ({given}) THEN {surrogate_sql(salt, key)} ELSE {key} END" for key in named]
    hit = " OR ".join(f"{key} IN ({given})" for key in named)
    shop.lake.connection.execute(f"UPDATE {table} SET {', '.join(sets)} WHERE {hit}")


def _rewrite_orders(shop: Shop, stored: set[str], keys: Keys) -> None:
    """Remarks of payments and statements for the person's orders; the orders are under the surrogate by now."""
    salt = shop_salt(shop.data_dir)
    surrogates = ", ".join(surrogate_sql(salt, literal(key)) for key in keys.keys)
    for table in _OF_ORDERS:
        if table in stored and table in SAYINGS:
            sets = ", ".join(f"{name} = NULL" for name in SAYINGS[table])
            shop.lake.connection.execute(
                f"UPDATE {table} SET {sets} WHERE (shop_id, order_id) IN "
                f"(SELECT (shop_id, order_id) FROM orders WHERE customer_id IN ({surrogates}))"
            )


def _columns_with_words(shop: Shop, keys: Keys) -> list[tuple[str, str]]:
    """Columns of any table in which a key still stands, found by one statement: each costs a look at the catalog."""
    stored = _text_columns(shop)
    parts = []
    for table, columns in stored.items():
        hits = ", ".join(f"coalesce(bool_or({_hit(column, keys)}), false)" for column in columns)
        parts.append(f"SELECT {literal(table)} AS name, [{hits}] AS hits FROM {table}")
    rows = shop.lake.connection.execute(" UNION ALL ".join(parts)).fetchall()
    return [(table, column) for table, hits in rows for column, hit in zip(stored[table], hits, strict=True) if hit]


def _whole(column: str, keys: Keys) -> str:
    return f"lower(trim({quoted(column)})) IN ({listed(sorted({word.strip().lower() for word in keys.words}))})"


def _hit(column: str, keys: Keys) -> str:
    long = "|".join(re.escape(word) for word in keys.words if len(word) >= SHORTEST_WORD)
    return (
        f"{_whole(column, keys)} OR regexp_matches({quoted(column)}, {literal(long)})" if long else _whole(column, keys)
    )


def _rewrite_words(shop: Shop, table: str, column: str, keys: Keys, salt: str) -> None:
    """Whatever else holds a key: a cell that is one becomes the surrogate; one that has it among words is emptied if it may."""
    cell, removed = quoted(column), quoted(column)
    for word in sorted((w for w in keys.words if len(w) >= SHORTEST_WORD), key=len, reverse=True):
        removed = f"replace({removed}, {literal(word)}, {surrogate_sql(salt, literal(word))})"
    emptied = _EMPTY_JSON.get((table, column), "NULL") if (table, column) in _MAY_BE_EMPTY else removed
    shop.lake.connection.execute(
        f"UPDATE {table} SET {cell} = CASE WHEN {_whole(column, keys)} THEN {surrogate_sql(salt, cell)} ELSE {emptied} END "
        f"WHERE {_hit(column, keys)}"
    )


_EMPTY_JSON = {
    ("quarantine", "raw"): "'{}'",
    ("quarantine_actions", "edits"): "'{}'",
    ("check_runs", "samples"): "'[]'",
}
"""What an emptied cell holds where readers expect JSON."""

_MAY_BE_EMPTY = {
    (table, column)
    for table, columns in SAYINGS.items()
    for column in columns
    if table in TABLES and column not in TABLES[table].key and not TABLES[table].column(column).required
}


def _is_key(table: str, column: str) -> bool:
    return table in TABLES and (column in TABLES[table].key or TABLES[table].column(column).required)


def _text_columns(shop: Shop) -> dict[str, tuple[str, ...]]:
    """Text columns of every table that the lake holds, whether or not the model knows it."""
    rows = shop.lake.query(
        "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE database_name = 'lake' AND NOT internal "
        "AND data_type = 'VARCHAR' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {str(table): tuple(columns) for table, columns in rows}
