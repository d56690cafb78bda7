"""Rows of one load that have the same key: equal ones count once, of different ones the last wins and the others say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from shopkeeper.ingest.readers import OpenedFile
from shopkeeper.ingest.set_aside import LATER_FILE, hold
from shopkeeper.ingest.staging import Staged, discard, owned
from shopkeeper.warehouse.merge import file_hash_sql
from shopkeeper.warehouse.sql import literal


def united(connection: duckdb.DuckDBPyConnection, group: Sequence[Staged], name: str) -> str:
    """One temp table of the rows of several files; that of the only file as it is."""
    names = list(dict.fromkeys(staged.name for staged in group))
    if len(names) == 1:
        return names[0]
    columns = ", ".join(f'"{column}"' for column in group[0].provided)
    union = " UNION ALL ".join(f"SELECT {columns}, source_line, file_no FROM {one}" for one in names)
    connection.execute(f"CREATE TEMP TABLE {name} AS {union}")
    for one in names:
        discard(connection, one)
    return name


def one_a_key(
    connection: duckdb.DuckDBPyConnection, rows: str, group: Sequence[Staged], stated: Mapping[int, Staged]
) -> bool:
    """Whether no two of the rows have the same key. What holds for the orders of the same rows (`stated`) is not looked up."""
    table = group[0].table
    if group[0].numbered and len(group) == 1:
        return True
    orders = [(staged, stated.get(staged.file_no)) for staged in group]
    if all(order and order.whole and _key(order) <= _key(staged) for staged, order in orders):
        return True
    keys = ", ".join(f'"{column}"' for column in table.key)
    return connection.execute(f"SELECT 1 FROM {rows} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1").fetchone() is None


def _key(staged: Staged) -> set[str]:
    """The values that the key is made of; of no others than its own when it shares none."""
    return {staged.cells.get(column, f"{staged.name}.{column}") for column in staged.table.key}


def settle(
    connection: duckdb.DuckDBPyConnection, rows: str, group: Sequence[Staged], opened: dict[int, OpenedFile]
) -> dict[int, int]:
    """Leave one row a key. Returns, by file number, how many equal rows were dropped; others are set aside with a reason."""
    first = group[0]
    if first.numbered and first.table.name == "order_lines":
        _refuse_split_orders(connection, rows, opened)
        if one_a_key(connection, rows, group, {}):
            return {}
    owned(connection, rows)
    keys = ", ".join(f'"{column}"' for column in first.table.key)
    if first.repeats or first.table.kind == "dimension":
        return _fold(connection, rows, first)
    facts = [column for column in first.provided if column not in first.table.key]
    same = " AND ".join(f'l."{column}" IS NOT DISTINCT FROM w."{column}"' for column in facts) or "true"
    joined = " AND ".join(f'l."{column}" = w."{column}"' for column in first.table.key)
    # Keys are counted first: only the few that came twice are ranked and held against each other with all their columns.
    connection.execute(
        f"CREATE TEMP TABLE {rows}_again AS SELECT {keys} FROM {rows} GROUP BY {keys} HAVING count(*) > 1"
    )
    again = " AND ".join(f'r."{column}" = a."{column}"' for column in first.table.key)
    connection.execute(
        f"CREATE TEMP TABLE {rows}_losers AS WITH ranked AS (SELECT *, row_number() OVER (PARTITION BY {keys} "
        f"ORDER BY file_no DESC, source_line DESC) AS place FROM (SELECT r.*, r.rowid AS row_no FROM {rows} r "
        f"SEMI JOIN {rows}_again a ON {again})) "
        f"SELECT l.row_no, l.file_no, l.source_line, {same} AS same, w.source_line AS winner, w.file_no AS winner_file "
        f"FROM ranked l JOIN ranked w ON {joined} AND w.place = 1 WHERE l.place > 1"
    )
    dropped = connection.execute(f"SELECT file_no, count(*) FROM {rows}_losers WHERE same GROUP BY 1").fetchall()
    others = connection.execute(f"SELECT DISTINCT file_no FROM {rows}_losers WHERE NOT same ORDER BY 1").fetchall()
    for file_no, file in ((n, opened[n]) for (n,) in others):
        place = "'superseded by line ' || winner"
        reason = f"{place} || CASE WHEN winner_file = file_no THEN '' ELSE '{LATER_FILE}' END"
        hold(
            connection, file, file_no, first.table.name,
            f"SELECT source_line, {literal(first.table.key[-1])} AS column_name, {reason} AS reason, "
            "CAST(NULL AS VARCHAR) AS received, CAST(NULL AS DATE) AS day "
            f"FROM {rows}_losers WHERE NOT same AND file_no = {file_no}",
        )  # fmt: skip
    connection.execute(f"DELETE FROM {rows} WHERE rowid IN (SELECT row_no FROM {rows}_losers)")
    connection.execute(f"DROP TABLE {rows}_losers")
    connection.execute(f"DROP TABLE {rows}_again")
    return {int(file_no): int(count) for file_no, count in dropped}


def _fold(connection: duckdb.DuckDBPyConnection, rows: str, first: Staged) -> dict[int, int]:
    """One row an article or customer that a file of facts names again and again: each column's last value that is not empty.

    Before → after, (sku, name): (A, Mug) (A, –) (A, Blue mug) → (A, Blue mug), the other two unchanged
    """
    keys = ", ".join(f'"{column}"' for column in first.table.key)
    facts = "".join(
        f', arg_max("{column}", (source_line IS NOT NULL, file_no, source_line)) AS "{column}"'
        for column in first.provided
        if column not in first.table.key
    )
    before = connection.execute(f"SELECT file_no, count(*) FROM {rows} GROUP BY 1").fetchall()
    connection.execute(
        f"CREATE TEMP TABLE {rows}_folded AS SELECT {keys}{facts}, arg_max(source_line, (file_no, source_line)) AS source_line, "
        f"max(file_no) AS file_no FROM {rows} GROUP BY {keys}"
    )
    discard(connection, rows)
    connection.execute(f"ALTER TABLE {rows}_folded RENAME TO {rows}")
    after = dict(connection.execute(f"SELECT file_no, count(*) FROM {rows} GROUP BY 1").fetchall())
    return {int(file_no): int(count) - int(after.get(file_no, 0)) for file_no, count in before}


def refuse_clashes(
    connection: duckdb.DuckDBPyConnection, rows: str, group: Sequence[Staged], opened: dict[int, OpenedFile]
) -> None:
    """Set aside rows whose number is ours and another row's in another file: lines of a split order, spend without ids."""
    first = group[0]
    if first.table.name == "ad_spend":
        _refuse_counted_spend(connection, rows, first, opened)
    if not first.numbered or first.table.name != "order_lines" or "sku_id" not in first.provided:
        return
    digest = file_hash_sql({file_no: file.digest for file_no, file in opened.items()}, "s.file_no")
    _hold_split(
        connection, rows, opened,
        f"SELECT s.file_no, s.source_line, t.sku_id AS other FROM {rows} s JOIN order_lines t ON t.shop_id = s.shop_id "
        f"AND t.order_id = s.order_id AND t.line_no = s.line_no "
        f"WHERE t.file_hash <> {digest} AND t.sku_id IS DISTINCT FROM s.sku_id",
    )  # fmt: skip


def _refuse_split_orders(connection: duckdb.DuckDBPyConnection, rows: str, opened: dict[int, OpenedFile]) -> None:
    """The same among the files of one load: the first file that numbers a line keeps it."""
    while _hold_split(
        connection, rows, opened,
        f"SELECT s.file_no, s.source_line, any_value(e.sku_id) AS other FROM {rows} s JOIN {rows} e ON e.shop_id = s.shop_id "
        "AND e.order_id = s.order_id AND e.line_no = s.line_no AND e.file_no < s.file_no "
        "WHERE e.sku_id IS DISTINCT FROM s.sku_id GROUP BY 1, 2 QUALIFY s.file_no = min(s.file_no) OVER ()",
    ):  # fmt: skip
        pass


def _refuse_counted_spend(
    connection: duckdb.DuckDBPyConnection, rows: str, first: Staged, opened: dict[int, OpenedFile]
) -> None:
    """Set aside all spend that a file only counts (#1, #2 …) when another file of the day has counted otherwise.

    Two accounts' reports look the same as two reports of one account: neither may take the other's place in silence.
    """
    facts = [column for column in first.provided if column not in first.table.key]
    differs = " OR ".join(f't."{column}" IS DISTINCT FROM s."{column}"' for column in facts)
    joined = " AND ".join(f't."{column}" = s."{column}"' for column in first.table.key)
    counted = rf"regexp_matches(s.ad_id, '#\d+$') AND ({differs})"
    digest = file_hash_sql({file_no: file.digest for file_no, file in opened.items()}, "s.file_no")
    lake = f"SELECT s.file_no FROM {rows} s JOIN ad_spend t ON {joined} WHERE {counted} AND t.file_hash <> {digest}"
    load = f"SELECT s.file_no FROM {rows} s JOIN {rows} t ON {joined} AND t.file_no < s.file_no WHERE {counted}"
    while found := connection.execute(f"SELECT min(file_no) FROM ({lake} UNION ALL {load})").fetchone():
        if found[0] is None:
            return
        of_file = rf"file_no = {found[0]} AND regexp_matches(ad_id, '#\d+$')"
        hold(
            connection, opened[found[0]], found[0], first.table.name,
            "SELECT source_line, 'ad_id' AS column_name, 'another file has spend of this day without ids: export it with ids, "
            "or give each account a shop of its own' AS reason, ad_id AS received, spent_day AS day "
            f"FROM {rows} WHERE {of_file}",
        )  # fmt: skip
        owned(connection, rows)
        connection.execute(f"DELETE FROM {rows} WHERE {of_file}")


def _hold_split(connection: duckdb.DuckDBPyConnection, rows: str, opened: dict[int, OpenedFile], clash: str) -> bool:
    """Set aside the lines that a query of file_no, source_line and other finds; returns whether there were any."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {rows}_split AS {clash}")
    found = [n for (n,) in connection.execute(f"SELECT DISTINCT file_no FROM {rows}_split ORDER BY 1").fetchall()]
    for file_no in found:
        hold(
            connection, opened[file_no], file_no, "order_lines",
            "SELECT source_line, 'line_no' AS column_name, 'the order is split over files, and this line''s number is another "
            "article''s there: map line_no' AS reason, other AS received, CAST(NULL AS DATE) AS day "
            f"FROM {rows}_split WHERE file_no = {file_no}",
        )  # fmt: skip
    if found:
        owned(connection, rows)
        connection.execute(
            f"DELETE FROM {rows} WHERE (file_no, source_line) IN (SELECT (file_no, source_line) FROM {rows}_split)"
        )
    connection.execute(f"DROP TABLE {rows}_split")
    return bool(found)
