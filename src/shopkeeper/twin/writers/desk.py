"""The desk at which files are written: all that has become true so far, in DuckDB, and the orders that an export tells of."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from shopkeeper.twin import codes
from shopkeeper.twin.fields import MOMENT
from shopkeeper.twin.records import RECORDS, Stretch

_EAST = 8 * 3600
_RENAMED = {"order": "order_no", "at": "moment", "day": "date"}  # words that SQL keeps to itself
_MACROS = """
CREATE MACRO cny(fen) AS CAST(CAST(fen AS BIGINT) * CAST(0.01 AS DECIMAL(3,2)) AS DECIMAL(18,2));
CREATE MACRO yuan(fen) AS CAST(cny(fen) AS VARCHAR);
CREATE MACRO grouped(fen) AS CASE WHEN abs(fen) < 100000 THEN yuan(fen) ELSE format('{:,.2f}', fen / 100.0) END;
CREATE MACRO said(moment) AS CAST(moment AS VARCHAR);
CREATE MACRO full_province(name) AS CASE WHEN name IN ('北京', '上海', '天津', '重庆') THEN name || '市'
    WHEN name IN ('内蒙古', '西藏') THEN name || '自治区' WHEN name = '广西' THEN '广西壮族自治区'
    WHEN name = '宁夏' THEN '宁夏回族自治区' WHEN name = '新疆' THEN '新疆维吾尔自治区' ELSE name || '省' END;
CREATE MACRO jd_number(sku) AS '100' || lpad(CAST(sku AS VARCHAR), 9, '0');
-- Kuaishou and Pinduoduo know one article an order: further articles are orders of their own.
CREATE MACRO order_id(shop, order_no, line, placed_at) AS CASE shop
    WHEN 'pinduoduo' THEN strftime(placed_at, '%y%m%d') || '-' || order_no || CASE WHEN line > 1 THEN CAST(line AS
        VARCHAR) ELSE '' END
    WHEN 'kuaishou' THEN order_no || CASE WHEN line > 1 THEN CAST(line AS VARCHAR) ELSE '' END
    WHEN 'xiaohongshu' THEN 'P' || order_no WHEN 'site' THEN '#' || order_no ELSE CAST(order_no AS VARCHAR) END;
-- A child order of an order with several articles has a number of its own.
CREATE MACRO child_no(order_no, line, lines) AS CASE WHEN lines = 1 THEN order_no ELSE order_no * 10 + line END;
"""
# What a shop knows a buyer by; a store knows its members alone.
_CUSTOMER = """
CASE shop WHEN 'site' THEN coalesce(sha256(lower(email)), sha256('86' || phone))
    WHEN 'store' THEN CASE WHEN is_member THEN handle END ELSE handle END"""
_PLACES = {
    "accounts": f", {_CUSTOMER} AS customer",
    "skus": ", split_part(code, '-', 1) || '-' || split_part(code, '-', 2) || '-' || split_part(code, '-', 3) AS product_code",
}


class Desk:
    """Every record so far as a table of the same name; `sheet` and `sheet_lines` hold the orders of the present exports.

    `order`, `at` and `day` are called order_no, moment and date; moments are the shop's clock without a zone. The truth
    (people, `true_` columns) is left out.
    """

    def __init__(self, scratch: Path, start: dt.date, threads: int | None = None) -> None:
        self.connection = duckdb.connect()
        self.run("SET temp_directory = ?", [str(scratch)])
        self.run("SET enable_progress_bar = false")
        if threads:
            self.run("SET threads = ?", [threads])
        self.run("SET TimeZone = 'UTC'")
        self.run(_MACROS)
        words = " ".join(f"WHEN '{c}' THEN '{w}'" for c, w in zip(codes.CATEGORIES, codes.CATEGORY_WORDS, strict=True))
        self.run(f"CREATE MACRO category_word(category) AS CASE category {words} END")
        self.start = start
        self.first = self.until = start
        for name, record in RECORDS.items():
            if not _is_truth(name):
                self._create(name, _plain(record.schema.empty_table()))

    def run(self, sql: str, parameters: list[Any] | None = None) -> duckdb.DuckDBPyConnection:
        """Run SQL."""
        return self.connection.execute(sql, parameters) if parameters else self.connection.execute(sql)

    def add(self, stretch: Stretch) -> None:
        """Take what became true."""
        self.run("BEGIN")
        for name, table in stretch.tables.items():
            if not _is_truth(name) and table.num_rows:
                self.connection.register("incoming", _plain(table))
                self.run(f"INSERT INTO {name} SELECT *{_PLACES.get(name, '')} FROM incoming")
                self.connection.unregister("incoming")
        self.run("COMMIT")

    def lay_out(self, first: dt.date, until: dt.date) -> None:
        """Lay out the orders that files of the days from `first` up to now tell of."""
        self.first, self.until = first, until
        self.run("SET VARIABLE first = CAST(? AS TIMESTAMP)", [first])
        self.run("SET VARIABLE until = CAST(? AS TIMESTAMP)", [until])
        self.run(_HIDDEN)
        self.run(_SCOPE)
        self.run(_SHEET)
        self.run(_SHEET_LINES)

    def close(self) -> None:
        """Let the desk go."""
        self.connection.close()

    def _create(self, name: str, empty: pa.Table) -> None:
        self.connection.register("incoming", empty)
        self.run(f"CREATE TABLE {name} AS SELECT *{_PLACES.get(name, '')} FROM incoming")
        self.connection.unregister("incoming")


def _is_truth(record: str) -> bool:
    return record == "people" or record.startswith("true_")


def _plain(table: pa.Table) -> pa.Table:
    """Columns as files need them: no truth, wall clock instead of zoned moments, names that SQL takes."""
    kept = [n for n in table.column_names if n not in ("person", "household") and not n.startswith("true_")]
    columns = []
    for name in kept:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        elif column.type == MOMENT:
            clock = pc.add(column.cast(pa.int64()), pa.scalar(_EAST, pa.int64()))
            column = clock.cast(pa.timestamp("s"))
        columns.append(column)
    return pa.table(columns, names=[_RENAMED.get(n, n) for n in kept])


_HIDDEN = """
CREATE OR REPLACE TEMP TABLE hidden AS
SELECT key AS order_no, mended_at FROM reporting_faults WHERE record = 'orders' AND fault = 'late'"""
# Orders placed in these days, told late until now, or changed since the last files.
_SCOPE = """
CREATE OR REPLACE TEMP TABLE scope AS
WITH touched AS (
    SELECT order_no FROM order_states WHERE moment >= getvariable('first')
    UNION SELECT order_no FROM refunds WHERE moment >= getvariable('first')
    UNION SELECT order_no FROM shipments WHERE shipped_at >= getvariable('first') OR delivered_at >= getvariable('first')
        AND delivered_at < getvariable('until')
    UNION SELECT order_no FROM hidden WHERE mended_at >= getvariable('first') AND mended_at < getvariable('until'))
SELECT order_no FROM touched ANTI JOIN (SELECT order_no FROM hidden WHERE mended_at >= getvariable('until')) USING (order_no)"""
_SHEET = """
CREATE OR REPLACE TEMP TABLE sheet AS
WITH states AS (
    SELECT order_no, max(moment) FILTER (state = 'paid') AS paid_at, max(moment) FILTER (state = 'deposit_paid') AS deposit_at,
        max(moment) FILTER (state = 'completed') AS completed_at, max(moment) FILTER (state = 'closed') AS closed_at,
        max(moment) FILTER (state = 'cancelled') AS cancelled_at, max(moment) FILTER (state = 'shipped') AS shipped_at
    FROM order_states SEMI JOIN scope USING (order_no) GROUP BY order_no),
back AS (
    SELECT order_no, sum(amount_fen) AS refunded_fen FROM refunds SEMI JOIN scope USING (order_no)
    WHERE status = 'refunded' GROUP BY order_no),
sums AS (
    SELECT order_no, sum(list_fen) AS list_fen, sum(merchant_fen) AS merchant_fen, sum(platform_fen) AS platform_fen,
        sum(influencer_fen) AS influencer_fen, sum(payable_fen) AS goods_fen, sum(quantity) AS quantity
    FROM order_lines SEMI JOIN scope USING (order_no) GROUP BY order_no)
SELECT o.*, s.* EXCLUDE (order_no), b.* EXCLUDE (order_no, list_fen), b.list_fen AS list_fen,
    coalesce(k.refunded_fen, 0) AS refunded_fen, a.handle, a.email, a.phone, a.customer, a.account % 47 = 5 AS is_masked,
    h.carrier, h.parcel, coalesce(h.due_at, s.paid_at + INTERVAL 1 HOUR * p.promise_hours) AS due_at,
    CASE WHEN s.cancelled_at IS NOT NULL THEN 'cancelled' WHEN s.closed_at IS NOT NULL THEN 'closed'
        WHEN s.completed_at IS NOT NULL THEN 'completed' WHEN s.shipped_at IS NOT NULL THEN 'shipped'
        WHEN s.paid_at IS NOT NULL THEN 'paid' WHEN s.deposit_at IS NOT NULL THEN 'deposit_paid' ELSE 'placed' END AS status,
    o.placed_at >= getvariable('first') AS is_new
FROM orders o JOIN scope USING (order_no) JOIN states s USING (order_no) JOIN sums b USING (order_no)
LEFT JOIN back k USING (order_no) LEFT JOIN accounts a USING (account) LEFT JOIN shipments h USING (order_no)
LEFT JOIN shops p ON p.shop = o.shop"""
_SHEET_LINES = """
CREATE OR REPLACE TEMP TABLE sheet_lines AS
WITH back AS (
    SELECT order_no, line, sum(amount_fen) FILTER (status = 'refunded') AS back_fen,
        sum(quantity) FILTER (status = 'refunded') AS back_quantity
    FROM refunds SEMI JOIN scope USING (order_no) GROUP BY order_no, line)
SELECT l.* EXCLUDE (unit_cost_fen), s.* EXCLUDE (order_no, list_fen, merchant_fen, platform_fen, influencer_fen, payable_fen,
        quantity), s.list_fen AS order_list_fen, s.payable_fen AS order_payable_fen, s.quantity AS order_quantity,
    s.goods_fen + s.platform_fen + s.influencer_fen AS order_receivable_fen,
    CASE WHEN l.line = 1 THEN s.freight_fen ELSE 0 END AS line_freight_fen, k.code, k.product, k.product_code, k.name, k.variant,
    k.barcode, k.weight_g, k.category, coalesce(b.back_fen, 0) AS back_fen, coalesce(b.back_quantity, 0) AS back_quantity,
    order_id(s.shop, l.order_no, l.line, s.placed_at) AS order_id
FROM order_lines l JOIN sheet s USING (order_no) JOIN skus k USING (sku) LEFT JOIN back b USING (order_no, line)"""
