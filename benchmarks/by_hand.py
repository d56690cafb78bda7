"""The matrix of the benchmark as an expert writes it by hand for this one shop: the figure the engine is held to.

It knows what the engine may not: that households and baskets are numbers, that a basket belongs to one store, which
departments are asked for and how many, that the year begins on the first of January, what can be missing. One scan of
the lake leaves one row a (department, day, household, basket); everything else is counted from that.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb

Part = Decimal | float | int | None
Cells = dict[tuple[str, dt.date, str], tuple[Part, Part, Part]]
"""(indicator, first day of the month, department) → value, numerator, denominator."""

LAST = "DATE '2017-12-31'"

_PASSED = """
    2::TINYINT * (quantity > 0)::TINYINT + 2::TINYINT * (payable_amount >= 0)::TINYINT
    + 2::TINYINT * coalesce(list_amount - coalesce(discount_merchant, 0) - coalesce(discount_platform, 0)
        - coalesce(discount_influencer, 0) - coalesce(discount_supplier, 0) = payable_amount, false)::TINYINT
    + (customer_id IS NOT NULL)::TINYINT + coalesce(paid_at >= ordered_at, false)::TINYINT"""
_RUN = "2::TINYINT * (list_amount IS NOT NULL)::TINYINT + (paid_at >= ordered_at IS NOT NULL)::TINYINT"


def _scan(departments: str) -> str:
    return f"""
CREATE OR REPLACE TEMP TABLE scanned AS
SELECT category, paid_day, ordered_day, customer_id::INT AS buyer, order_id::BIGINT AS basket, is_online, is_direct,
    sum(payable_amount) AS payable, sum(receivable_amount) AS receivable, sum(list_amount) AS listed,
    sum(list_amount - payable_amount) AS taken_off, sum(discount_merchant) AS merchant, sum(discount_supplier) AS supplier,
    sum(quantity) FILTER (quantity_unit IS NULL) AS units, count(*) AS lines, sum({_PASSED}) AS passed, sum({_RUN}) AS run
FROM order_lines
JOIN (SELECT sku_id, category::ENUM({departments}) AS category FROM products WHERE category IN ({departments}))
    USING (sku_id)
LEFT JOIN (SELECT shop_id, is_online, is_direct FROM shops LEFT JOIN platforms USING (platform_id)) USING (shop_id)
WHERE NOT coalesce(is_brushing, false)
GROUP BY ALL"""


PAID = """
SELECT date_trunc('month', day)::DATE, category::VARCHAR, sum(payable), coalesce(sum(known), 0), sum(receivable), sum(listed),
    sum(taken_off), sum(merchant), sum(supplier), coalesce(sum(units), 0), coalesce(sum(online), 0), coalesce(sum(direct), 0)
FROM (
    SELECT paid_day AS day, category, sum(payable) AS payable, sum(payable) FILTER (buyer IS NOT NULL) AS known,
        sum(receivable) AS receivable, sum(listed) AS listed, sum(taken_off) AS taken_off, sum(merchant) AS merchant,
        sum(supplier) AS supplier, sum(units) AS units, sum(payable) FILTER (is_online) AS online,
        sum(payable) FILTER (is_direct) AS direct
    FROM scanned WHERE paid_day IS NOT NULL GROUP BY ALL
) GROUP BY ALL"""
ORDERED = """
SELECT date_trunc('month', day)::DATE, category::VARCHAR, sum(payable), sum(passed), sum(run) FROM (
    SELECT ordered_day AS day, category, sum(payable) AS payable, sum(passed) + 2 * sum(lines) AS passed,
        sum(run) + 7 * sum(lines) AS run
    FROM scanned GROUP BY ALL
) GROUP BY ALL"""
BASKETS = """
SELECT m, category::VARCHAR, count(*)
FROM (SELECT DISTINCT date_trunc('month', paid_day)::DATE AS m, category, basket FROM scanned) GROUP BY ALL"""

HISTORY = """
CREATE OR REPLACE TEMP TABLE bought AS
SELECT category, number, unnest(days) AS day, unnest([NULL::DATE] || days[:-2]) AS previous, unnest(days[2:]) AS next,
    date_trunc('month', day)::DATE AS m
FROM (
    SELECT category, row_number() OVER () AS number, list_sort(days) AS days FROM (
        SELECT category, buyer, list(DISTINCT paid_day) AS days FROM scanned
        WHERE buyer IS NOT NULL AND paid_day IS NOT NULL GROUP BY ALL
    )
)"""
OPENED = """
CREATE OR REPLACE TEMP TABLE opened AS SELECT * FROM bought WHERE previous IS NULL OR previous < m"""
BUYERS = f"""
SELECT m, category::VARCHAR, count(*), count(*) FILTER (previous >= date_trunc('month', m - 1)),
    count(*) FILTER (day <= {LAST} - 7), count(*) FILTER (day <= {LAST} - 30)
FROM opened GROUP BY ALL"""
CAME_BACK = """
SELECT m, category::VARCHAR, count(*) FILTER (after = 7), count(*) FILTER (after = 30)
FROM (SELECT category, number, m, after, day + after AS day FROM opened, (VALUES (7), (30)) AS v(after))
SEMI JOIN bought USING (number, day) GROUP BY ALL"""
WINDOWS = """
SELECT e.m, category::VARCHAR, count(*) FILTER (day > last - 30), count(*) FILTER (previous > last - 30),
    count(*) FILTER (day > last - 90), count(*) FILTER (previous > last - 90),
    count(*) FILTER (day > last - 365), count(*) FILTER (previous > last - 365)
FROM (SELECT * FROM bought WHERE next IS NULL OR date_trunc('month', next)::DATE > m) b
JOIN (SELECT x::DATE AS m, last_day(x::DATE) AS last FROM range(DATE '2017-01-01', DATE '2018-01-01', INTERVAL 1 MONTH) r(x)) e
    ON e.m >= b.m AND (next IS NULL OR e.last < next)
GROUP BY ALL"""
SPELLS = f"""
WITH lengths AS (
    SELECT m, category, coalesce(next, {LAST}) - day AS length, count(next) AS ended, count(*) AS n
    FROM opened GROUP BY ALL
),
at_risk AS (
    SELECT *, sum(n) OVER slower AS waiting, sum(ended) OVER faster AS done FROM lengths
    WINDOW slower AS (PARTITION BY m, category ORDER BY length DESC), faster AS (PARTITION BY m, category ORDER BY length)
),
totals AS (SELECT m, category, sum(ended) AS ended, sum(n) AS n, max(length) AS longest FROM lengths GROUP BY ALL)
SELECT m, category::VARCHAR, any_value(t.ended), any_value(t.n), any_value(t.longest),
    min(length) FILTER (done >= (t.ended + 1) // 2), min(length) FILTER (done >= t.ended // 2 + 1),
    1 - product((waiting - a.ended) / waiting) FILTER (length <= 30),
    1 - product((waiting - a.ended) / waiting) FILTER (length <= 90)
FROM at_risk a JOIN totals t USING (m, category) GROUP BY m, category"""


def by_hand(connection: duckdb.DuckDBPyConnection, departments: tuple[str, ...]) -> Cells:
    """Every cell of the benchmark's matrix, from hand-written SQL."""
    listed = ", ".join("'" + name.replace("'", "''") + "'" for name in departments)
    connection.execute("BEGIN")
    try:
        connection.execute(_scan(listed))
        cells: Cells = {}
        bought = _rows(connection, BASKETS)
        _amounts(cells, _rows(connection, PAID), bought)
        _checks(cells, _rows(connection, ORDERED))
        connection.execute(HISTORY)
        connection.execute(OPENED)
        _buyers(cells, _rows(connection, BUYERS), _rows(connection, CAME_BACK), _rows(connection, WINDOWS))
        _spells(cells, _rows(connection, SPELLS))
    finally:
        connection.execute("ROLLBACK")
    return cells


Rows = dict[tuple[dt.date, str], tuple[Any, ...]]


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    return {(row[0], row[1]): row[2:] for row in connection.execute(sql).fetchall()}


def _share(top: Part, bottom: Part) -> tuple[Part, Part, Part]:
    return (float(top / bottom) if bottom else None, top, bottom)  # type: ignore[operator]


def _amounts(cells: Cells, paid: Rows, baskets: Rows) -> None:
    for (m, cat), (payable, known, receivable, listed, off, merchant, supplier, units, online, direct) in paid.items():
        (orders,) = baskets[m, cat]
        cells["paid_amount", m, cat] = (payable, None, None)
        cells["receivable", m, cat] = (receivable, None, None)
        cells["units", m, cat] = (units, None, None)
        cells["orders", m, cat] = (orders, None, None)
        cells["C4.orders", m, cat] = (payable / orders, payable, orders)
        cells["C4", m, cat] = (None, known, None)  # divided by the buyers when they are counted
        cells["discount_rate", m, cat] = _share(off, listed)
        cells["discount_rate.merchant", m, cat] = _share(merchant, listed)
        cells["discount_rate.supplier", m, cat] = _share(supplier, listed)
        cells["online_share", m, cat] = _share(online, payable)
        cells["direct_share", m, cat] = _share(direct, payable)


def _checks(cells: Cells, ordered: Rows) -> None:
    for (m, cat), (payable, passed, run) in ordered.items():
        cells["gmv", m, cat] = (payable, None, None)
        cells["D1", m, cat] = _share(passed, run)


def _buyers(cells: Cells, opened: Rows, came_back: Rows, windows: Rows) -> None:
    first = dt.date(2017, 1, 1)
    for (m, cat), (buyers, returning, seen_7, seen_30) in opened.items():
        cells["buyers", m, cat] = (buyers, None, None)
        known = cells["C4", m, cat][1]
        cells["C4", m, cat] = (known / buyers, known, buyers)
        again = came_back.get((m, cat), (0, 0))
        for kpi, seen, came in (("T2", seen_7, again[0]), ("T2.day30", seen_30, again[1])):
            # The first days' buyers alone are no sample of a month's.
            cells[kpi, m, cat] = _share(came, seen) if seen >= 0.9 * buyers else (None, came, seen)
        before = opened.get(((m - dt.timedelta(days=1)).replace(day=1), cat))
        cells["U3.returning", m, cat] = _share(returning, before[0]) if before else (None, None, None)
    for (m, cat), counts in windows.items():
        after = (m + dt.timedelta(days=31)).replace(day=1)
        for kpi, days, buyers, repeat in (
            ("U3.within30", 30, counts[0], counts[1]),
            ("U3", 90, counts[2], counts[3]),
            ("U3.within365", 365, counts[4], counts[5]),
        ):
            whole = after - dt.timedelta(days=days) >= first
            cells[kpi, m, cat] = _share(repeat, buyers) if whole else (None, None, None)


def _spells(cells: Cells, spells: Rows) -> None:
    for (m, cat), (ended, n, longest, low, high, by_30, by_90) in spells.items():
        cells["U1", m, cat] = ((low + high) / 2 if ended else None, ended, n)
        cells["U1.within30", m, cat] = (by_30 if longest >= 30 else None, ended, n)
        cells["U1.within90", m, cat] = (by_90 if longest >= 90 else None, ended, n)
