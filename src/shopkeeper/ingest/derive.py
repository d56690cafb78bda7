"""Rows that follow from others: orders from their lines, bare keys of dimensions, and what lines take from their order.

Derived rows have no `source_line`; a row that a file states is never overwritten by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from shopkeeper.core.settings import ShopSection
from shopkeeper.ingest.fields import FROM_ORDER
from shopkeeper.ingest.staging import Staged, discard, owned
from shopkeeper.warehouse.model import COMMERCE_TABLES, table
from shopkeeper.warehouse.sql import literal

WHOLE_ORDER = -1  # line number of a line that stands for its whole order, where a source tells no articles
_OF_LINES = (  # what an order's lines say of it
    "shop_id, order_id, arg_min(customer_id, (ordered_at, line_no)) AS customer_id, "
    "arg_min(channel_id, (ordered_at, line_no)) AS channel_id, min(ordered_at) AS ordered_at, "
    "min(ordered_day) AS ordered_day, max(paid_at) AS paid_at, max(paid_day) AS paid_day, "
    "CASE WHEN max(paid_at) IS NULL THEN 'placed' ELSE 'paid' END AS status, bool_or(is_brushing) AS is_brushing"
)
_DIMENSIONS = {"products": "sku_id", "customers": "customer_id", "channels": "channel_id"}


def orders_from_lines(connection: duckdb.DuckDBPyConnection, lines: Sequence[Staged], name: str) -> Staged:
    """One order a shop and order number: its first moment, last payment and first named buyer, over all its lines.

    Lines that are in the lake already count too, so that it does not matter how an order was split over files.
    Before → after: (A, 10:00, Bob) (A, 10:05, –) → (A, 10:00, Bob, paid when a line is)
    """
    columns = ("shop_id", "order_id", "line_no", *FROM_ORDER["order_lines"])
    names = dict.fromkeys(staged.name for staged in lines)
    union = " UNION ALL ".join(f"SELECT {', '.join(columns)}, file_no FROM {staged}" for staged in names)
    earlier = ""
    if connection.execute("SELECT 1 FROM order_lines LIMIT 1").fetchone() is not None:
        earlier = (
            f" UNION ALL SELECT {', '.join(f'l.{column}' for column in columns)}, NULL FROM order_lines l "
            f"SEMI JOIN ({union}) s ON s.shop_id = l.shop_id AND s.order_id = l.order_id "
            f"ANTI JOIN ({union}) k ON k.shop_id = l.shop_id AND k.order_id = l.order_id AND k.line_no = l.line_no"
        )
    connection.execute(
        f"CREATE TEMP TABLE {name} AS SELECT {_OF_LINES}, min(file_no) AS file_no, CAST(NULL AS BIGINT) AS source_line "
        f"FROM ({union}{earlier}) WHERE ordered_at IS NOT NULL GROUP BY shop_id, order_id"
    )
    provided = ("shop_id", "order_id", *FROM_ORDER["order_lines"], "status")
    return Staged(name, table("orders"), lines[0].file_no, provided, numbered=False, read=_count(connection, name))


def orders_without_lines(connection: duckdb.DuckDBPyConnection, touched: str, load_id: str) -> None:
    """Bring orders that followed from their lines up to the lines that are left; those without any go.

    `touched` is a relation of the (shop_id, order_id) whose lines were taken out.
    """
    derived = f"o.source_line IS NULL AND (o.shop_id, o.order_id) IN (SELECT (shop_id, order_id) FROM {touched})"
    connection.execute(
        f"DELETE FROM orders o WHERE {derived} AND (o.shop_id, o.order_id) NOT IN (SELECT (l.shop_id, l.order_id) "
        f"FROM order_lines l SEMI JOIN {touched} t ON t.shop_id = l.shop_id AND t.order_id = l.order_id)"
    )
    names = (*FROM_ORDER["order_lines"], "status")
    differs = " OR ".join(f"o.{column} IS DISTINCT FROM n.{column}" for column in names)
    connection.execute(
        f"UPDATE orders o SET {', '.join(f'{column} = n.{column}' for column in names)}, load_id = {literal(load_id)} "
        f"FROM (SELECT {_OF_LINES} FROM order_lines l SEMI JOIN {touched} t ON t.shop_id = l.shop_id "
        f"AND t.order_id = l.order_id GROUP BY shop_id, order_id) n "
        f"WHERE o.source_line IS NULL AND n.shop_id = o.shop_id AND n.order_id = o.order_id AND ({differs})"
    )


def dimension_keys(
    connection: duckdb.DuckDBPyConnection, staged: Sequence[Staged], mapped: set[str], placed: set[int], shop: ShopSection,
    prefix: str,
) -> list[Staged]:  # fmt: skip
    """Bare rows for the shops, products, customers and channels that facts name, unless a mapping fills those tables.

    `placed` are the numbers of files whose own mapping states their shops.
    """
    found = []
    for dimension, key in _DIMENSIONS.items():
        union = _distinct(staged, key)
        if dimension not in mapped and union:
            found.append(
                _keys(connection, dimension, f"{prefix}_{dimension}", f"SELECT {key}, file_no FROM ({union})", key)
            )
    union = _distinct([part for part in staged if part.file_no not in placed], "shop_id")
    if union:
        name = f"CASE WHEN shop_id = {literal(shop.id)} THEN {literal(shop.name)} ELSE shop_id END"
        facts = (
            f"SELECT shop_id, {name} AS name, 'own' AS platform_id, {literal(shop.currency)} AS currency, "
            f"{literal(shop.timezone)} AS timezone, file_no FROM ({union})"
        )
        found.append(_keys(connection, "shops", f"{prefix}_shops", facts, "shop_id"))
        if "platforms" not in mapped or placed:
            platform = f"SELECT DISTINCT 'own' AS platform_id, file_no FROM ({union})"
            found.append(_keys(connection, "platforms", f"{prefix}_platforms", platform, "platform_id"))
    return found


def tell_what_orders_do(lines: Sequence[Staged], stated: Mapping[int, Staged]) -> bool:
    """Whether lines say already all that their orders state: both were read from the same cells of the same rows."""
    pairs = [(line, stated.get(line.file_no)) for line in lines]
    return lines[0].table.name == "order_lines" and all(
        order is not None
        and line.cells
        and all(c not in order.cells or order.cells[c] == line.cells.get(c) for c in FROM_ORDER["order_lines"])
        for line, order in pairs
    )


def fill_from_orders(connection: duckdb.DuckDBPyConnection, rows: str, table_name: str) -> None:
    """Give staged lines the buyer, channel and days that their order states; others take only what they lack."""
    stated = "o.source_line IS NOT NULL" if table_name == "order_lines" else "true"
    if connection.execute(f"SELECT 1 FROM orders o WHERE {stated} LIMIT 1").fetchone() is None:
        return
    first, second = ("o", "s") if table_name == "order_lines" else ("s", "o")
    filled = ", ".join(
        f"coalesce({first}.{column}, {second}.{column}) AS {column}" for column in FROM_ORDER[table_name]
    )
    connection.execute(
        f"CREATE TEMP TABLE {rows}_filled AS SELECT s.* REPLACE ({filled}) FROM {rows} s "
        f"LEFT JOIN (SELECT * FROM orders o WHERE {stated}) o ON o.shop_id = s.shop_id AND o.order_id = s.order_id"
    )
    discard(connection, rows)
    connection.execute(f"ALTER TABLE {rows}_filled RENAME TO {rows}")


def give_way(connection: duckdb.DuckDBPyConnection, rows: str) -> dict[int, int]:
    """Let lines that stand for whole orders make room for lines of articles, whichever came first.

    Staged whole orders whose articles are known are dropped: returns how many by file number. Whole orders in the lake go
    when these rows state their articles. Before → after, line_no: lake −1, staged 7 8 → lake 7 8; lake 7 8, staged −1 → 7 8
    """
    whole, same = f"line_no = {WHOLE_ORDER}", "a.shop_id = w.shop_id AND a.order_id = w.order_id"
    articles = f"(SELECT shop_id, order_id FROM {{}} WHERE line_no <> {WHOLE_ORDER})"
    dropped = {}
    if connection.execute(f"SELECT 1 FROM {rows} WHERE {whole} LIMIT 1").fetchone() is not None:
        owned(connection, rows)
        known = f"SELECT w.rowid, w.file_no FROM {rows} w SEMI JOIN {articles.format('order_lines')} a ON {same} WHERE {whole}"
        dropped = dict(connection.execute(f"SELECT file_no, count(*) FROM ({known}) GROUP BY 1").fetchall())
        if dropped:
            connection.execute(f"DELETE FROM {rows} WHERE rowid IN (SELECT rowid FROM ({known}))")
    stated = f"(SELECT w.shop_id, w.order_id FROM order_lines w SEMI JOIN {articles.format(rows)} a ON {same} WHERE w.{whole})"
    if connection.execute(f"SELECT 1 FROM {stated} LIMIT 1").fetchone() is not None:
        connection.execute(f"DELETE FROM order_lines WHERE {whole} AND (shop_id, order_id) IN {stated}")
    return {int(n): int(count) for n, count in dropped.items()}


def mirror_orders(connection: duckdb.DuckDBPyConnection, load_id: str, earlier: frozenset[str]) -> None:
    """Bring lines, refunds and shipments that were loaded earlier up to the orders that this load has brought.

    An order that follows from its lines tells them nothing new.
    """
    for name, gives in FROM_ORDER.items():
        if name not in earlier:
            continue
        of_files = " AND source_line IS NOT NULL" if name == "order_lines" else ""
        stated = f"(SELECT * FROM orders WHERE load_id = '{load_id}'{of_files})"
        first, second = ("o", "t") if name == "order_lines" else ("t", "o")
        new = {column: f"coalesce({first}.{column}, {second}.{column})" for column in gives}
        differs = " OR ".join(f"t.{column} IS DISTINCT FROM {value}" for column, value in new.items())
        matched = f"o.shop_id = t.shop_id AND o.order_id = t.order_id AND ({differs})"
        if connection.execute(f"SELECT 1 FROM {name} t JOIN {stated} o ON {matched} LIMIT 1").fetchone() is None:
            continue
        sets = ", ".join(f"{column} = {value}" for column, value in new.items())
        connection.execute(f"UPDATE {name} t SET {sets}, load_id = '{load_id}' FROM {stated} o WHERE {matched}")


def _distinct(staged: Sequence[Staged], key: str) -> str:
    """All values of a key column in the staged facts, with the file that named each first."""
    named: dict[str, str] = {}  # what reads the same cells names the same
    for rows in staged:
        if key in rows.provided and rows.table.kind == "fact":
            cell = rows.cells.get(key, rows.name) if rows.whole else rows.name
            named.setdefault(
                cell, f"SELECT {key}, min(file_no) AS file_no FROM {rows.name} WHERE {key} IS NOT NULL GROUP BY {key}"
            )
    return " UNION ALL ".join(named.values())


def _keys(connection: duckdb.DuckDBPyConnection, dimension: str, name: str, rows: str, key: str) -> Staged:
    provided = tuple(
        column for column in COMMERCE_TABLES[dimension].column_names
        if column == key or dimension == "shops" and column in ("name", "platform_id", "currency", "timezone")
    )  # fmt: skip
    facts = "".join(f", any_value({column}) AS {column}" for column in provided if column != key)
    connection.execute(
        f"CREATE TEMP TABLE {name} AS SELECT {key}{facts}, min(file_no) AS file_no, CAST(NULL AS BIGINT) AS source_line "
        f"FROM ({rows}) GROUP BY {key}"
    )
    return Staged(name, table(dimension), 0, provided, numbered=False, read=_count(connection, name))


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
    return int(row[0]) if row else 0
