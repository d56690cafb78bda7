"""Two years of the twin by platform and week, as an expert writes it by hand for this one shop: what the engine is held to.

It knows what the engine may not: that the twin has one shop a platform, of the same name, so that no dimension need be joined;
which of its tables are filled and which of an indicator's parts can be missing. Every statement was
written in several ways and the quickest kept: sums by day apart from what is counted once, buyers' days once for all.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb

from benchmarks.by_hand import Cells, Part, Rows

GENUINE = "WHERE NOT coalesce(is_brushing, false)"
_PASSED = """
    2::TINYINT * (p.sku_id IS NOT NULL)::TINYINT + 2::TINYINT * coalesce(quantity > 0, false)::TINYINT
    + 2::TINYINT * coalesce(payable_amount >= 0, false)::TINYINT
    + 2::TINYINT * coalesce(list_amount - coalesce(discount_merchant, 0) - coalesce(discount_platform, 0)
        - coalesce(discount_influencer, 0) - coalesce(discount_supplier, 0) - coalesce(discount_unattributed, 0)
        = payable_amount, false)::TINYINT
    + (customer_id IS NOT NULL)::TINYINT + coalesce(paid_at >= ordered_at, false)::TINYINT"""
_RUN = "9 * count(*) + count(paid_at)"  # of one who has found no line without amounts, and no paid one without a time of order

SUMS = f"""
CREATE OR REPLACE TEMP TABLE sums AS
SELECT shop_id AS shop, paid_day, ordered_day, sum(payable_amount) AS payable,
    sum(payable_amount) FILTER (customer_id IS NOT NULL) AS known, sum(receivable_amount) AS receivable,
    sum(list_amount) AS listed, sum(list_amount - payable_amount) AS taken_off, sum(discount_merchant) AS merchant,
    sum(discount_platform) AS platform, sum(discount_influencer) AS influencer, sum(discount_supplier) AS supplier,
    sum(quantity) FILTER (quantity_unit IS NULL) AS units, sum({_PASSED}) AS passed, {_RUN} AS run
FROM order_lines LEFT JOIN (SELECT sku_id FROM products) p USING (sku_id) {GENUINE} GROUP BY ALL"""
PAID = """
SELECT date_trunc('week', paid_day)::DATE AS w, shop, sum(payable), coalesce(sum(known), 0), sum(receivable), sum(listed),
    sum(taken_off), sum(merchant), sum(platform), sum(influencer), sum(supplier), coalesce(sum(units), 0),
    coalesce(sum(payable) FILTER (is_online), 0), coalesce(sum(payable) FILTER (is_direct), 0)
FROM sums LEFT JOIN platforms ON platform_id = shop WHERE paid_day IS NOT NULL GROUP BY ALL"""
ORDERED = """
SELECT date_trunc('week', ordered_day)::DATE AS w, shop, sum(payable), sum(payable) FILTER (paid_day IS NOT NULL),
    sum(passed), sum(run)
FROM sums GROUP BY ALL"""
ORDERS = f"""
SELECT w, shop_id, count(*) FROM (
    SELECT DISTINCT date_trunc('week', paid_day)::DATE AS w, shop_id, order_id
    FROM order_lines {GENUINE} AND paid_day IS NOT NULL
) GROUP BY ALL"""
ORDERING = f"""
SELECT w, shop_id, count(*), count(*) FILTER (paid) FROM (
    SELECT date_trunc('week', ordered_day)::DATE AS w, shop_id, customer_id, bool_or(paid_day IS NOT NULL) AS paid
    FROM order_lines {GENUINE} AND customer_id IS NOT NULL GROUP BY ALL
) GROUP BY ALL"""
MEMBERS = f"""
SELECT w, shop_id, count(*), count(*) FILTER (tier) FROM (
    SELECT date_trunc('week', paid_day)::DATE AS w, shop_id, customer_id, bool_or(member_tier IS NOT NULL) AS tier
    FROM orders {GENUINE} AND customer_id IS NOT NULL AND paid_day IS NOT NULL GROUP BY ALL
) GROUP BY ALL"""

BRUSHED = "CREATE OR REPLACE TEMP TABLE brushed AS SELECT DISTINCT order_id FROM order_lines WHERE is_brushing"
REFUNDS = """
CREATE OR REPLACE TEMP TABLE refund_sums AS
SELECT shop_id AS shop, ordered_day, refunded_day, sum(amount) FILTER (status = 'refunded') AS amount,
    sum(quantity) FILTER (kind = 'return' AND status = 'refunded') AS returned,
    sum((ordered_day IS NOT NULL)::TINYINT + 2::TINYINT * coalesce(amount >= 0, false)::TINYINT) AS passed,
    count(*) + 2 * count(amount) AS run
FROM refunds ANTI JOIN brushed USING (order_id) GROUP BY ALL"""
REFUNDED = """
SELECT date_trunc('week', refunded_day)::DATE AS w, shop, coalesce(sum(amount), 0), sum(passed), sum(run)
FROM refund_sums WHERE refunded_day IS NOT NULL GROUP BY ALL"""
COHORTS = """
SELECT date_trunc('week', ordered_day)::DATE AS w, shop, coalesce(sum(amount), 0), coalesce(sum(returned), 0)
FROM refund_sums WHERE ordered_day IS NOT NULL GROUP BY ALL"""
SHIPMENTS = """
CREATE OR REPLACE TEMP TABLE shipment_sums AS
SELECT shop_id AS shop, ordered_day, due_day, sum(quantity) FILTER (shipped_at IS NOT NULL) AS units, count(due_at) AS due,
    count(*) FILTER (shipped_at <= due_at) AS in_time
FROM shipments ANTI JOIN brushed USING (order_id) GROUP BY ALL"""
SHIPPED = """
SELECT date_trunc('week', ordered_day)::DATE AS w, shop, sum(units) FROM shipment_sums
WHERE ordered_day IS NOT NULL GROUP BY ALL"""
DUE = """
SELECT date_trunc('week', due_day)::DATE AS w, shop, sum(due), sum(in_time) FROM shipment_sums
WHERE due_day IS NOT NULL GROUP BY ALL"""
SPENT = """
SELECT date_trunc('week', spent_day)::DATE AS w, shop_id, sum(amount) FILTER (is_acquisition) FROM ad_spend GROUP BY ALL"""
# Stock is kept for all platforms together: it has none.
SOLD = """
SELECT date_trunc('week', moved_day)::DATE AS w, 'None', sum(cost) FROM stock_moves WHERE kind = 'sale' GROUP BY ALL"""
STOCK = """
SELECT date_trunc('week', stock_day)::DATE AS w, 'None', sum(value), count(DISTINCT stock_day),
    coalesce(sum(value) FILTER (unsold AND stock_day >= last_received_day + 90), 0),
    coalesce(sum(value) FILTER (NOT unsold OR last_received_day IS NOT NULL), 0)
FROM (SELECT *, coalesce(stock_day >= last_sold_day + 90, true) AS unsold FROM stock_levels) GROUP BY ALL"""
COVERED = """
WITH traded AS (SELECT DISTINCT shop_id, ordered_day AS day FROM order_lines), cells AS (
    SELECT shop_id, day FROM traded
    UNION ALL SELECT shop_id, day FROM traded JOIN (SELECT shop_id, min(valid_from) AS since FROM sku_costs GROUP BY 1) c
        USING (shop_id) WHERE since <= day
    UNION ALL SELECT DISTINCT shop_id, ordered_day FROM orders
    UNION ALL SELECT DISTINCT shop_id, refunded_day FROM refunds
    UNION ALL SELECT DISTINCT shop_id, due_day FROM shipments
    UNION ALL SELECT DISTINCT shop_id, visited_day FROM visits
    UNION ALL SELECT DISTINCT shop_id, spent_day FROM ad_spend
)
SELECT date_trunc('week', day)::DATE AS w, shop_id, count(*) FROM cells WHERE day BETWEEN $1 AND $2 GROUP BY ALL"""

BUYER_DAYS = f"""
CREATE OR REPLACE TEMP TABLE bought AS
SELECT shop, buyer, day, lag(day) OVER of_buyer AS previous, lead(day) OVER of_buyer AS next, date_trunc('week', day)::DATE AS w
FROM (
    SELECT DISTINCT shop_id AS shop, customer_id AS buyer, paid_day AS day
    FROM order_lines {GENUINE} AND customer_id IS NOT NULL AND paid_day IS NOT NULL
) WINDOW of_buyer AS (PARTITION BY shop, buyer ORDER BY day)"""
OPENED = "CREATE OR REPLACE TEMP TABLE opened AS SELECT * FROM bought WHERE previous IS NULL OR previous < w"
BUYERS = """
SELECT w, shop, count(*), count(*) FILTER (previous >= w - 7), count(*) FILTER (previous IS NULL OR previous < day - 365),
    count(*) FILTER (previous IS NULL),
    count(*) FILTER (day <= $1 - 7), count(*) FILTER (day <= $1 - 30), count(*) FILTER (next = day + 7),
    count(*) FILTER (next = day + 30)
FROM opened GROUP BY ALL"""
# Those whose next purchase was on the day itself are in BUYERS; who bought in between may have come on it, too.
CAME_BACK = """
SELECT w, shop, count(*) FILTER (after = 7), count(*) FILTER (after = 30)
FROM (SELECT shop, buyer, w, after, day + after AS day FROM opened, (VALUES (7), (30)) AS v(after) WHERE next < day + after)
SEMI JOIN bought USING (shop, buyer, day) GROUP BY ALL"""
# A buyer counts from the week of a purchase until it is too old at a week's end, or another takes its place.
WINDOWS = """
WITH counted AS (
    SELECT shop, w, 0 AS kind, day AS since, date_trunc('week', next)::DATE AS replaced, count(*) AS n FROM bought
    WHERE next IS NULL OR next >= w + 7 GROUP BY ALL
    UNION ALL
    SELECT shop, w, 1, previous, date_trunc('week', next)::DATE, count(*) FROM bought
    WHERE previous IS NOT NULL AND (next IS NULL OR next >= w + 7) GROUP BY ALL
), spans AS (
    SELECT shop, w, kind, days, n, least(date_trunc('week', since + days)::DATE, replaced) AS until
    FROM counted, (VALUES (30), (90), (365)) AS v(days)
), moves AS (
    SELECT shop, kind, days, w, sum(n) AS n FROM spans WHERE until > w GROUP BY ALL
    UNION ALL SELECT shop, kind, days, until, -sum(n) FROM spans WHERE until > w GROUP BY ALL
), weeks AS (
    SELECT DISTINCT shop, kind, days, x::DATE AS w, 0 AS n
    FROM moves, range($1::TIMESTAMP, $2::TIMESTAMP, INTERVAL 7 DAY) AS r(x)
), standing AS (
    SELECT w, shop, kind, days, sum(sum(n)) OVER (PARTITION BY shop, kind, days ORDER BY w) AS n
    FROM (FROM moves UNION ALL BY NAME FROM weeks) GROUP BY w, shop, kind, days
)
SELECT w, shop, sum(n) FILTER (kind = 0 AND days = 30), sum(n) FILTER (kind = 1 AND days = 30),
    sum(n) FILTER (kind = 0 AND days = 90), sum(n) FILTER (kind = 1 AND days = 90),
    sum(n) FILTER (kind = 0 AND days = 365), sum(n) FILTER (kind = 1 AND days = 365)
FROM standing WHERE w < $2 GROUP BY ALL"""
LAST_WINDOW = """
SELECT date_trunc('week', $1)::DATE AS w, shop, count(*) FILTER (day > $1 - 30), count(*) FILTER (previous > $1 - 30),
    count(*) FILTER (day > $1 - 90), count(*) FILTER (previous > $1 - 90),
    count(*) FILTER (day > $1 - 365), count(*) FILTER (previous > $1 - 365)
FROM bought WHERE next IS NULL GROUP BY ALL"""
SPELLS = """
WITH lengths AS (
    SELECT w, shop, coalesce(next, $1) - day AS length, count(next) AS ended, count(*) AS n FROM opened GROUP BY ALL
), at_risk AS (
    SELECT *, sum(n) OVER slower AS waiting, sum(ended) OVER faster AS done FROM lengths
    WINDOW slower AS (PARTITION BY w, shop ORDER BY length DESC), faster AS (PARTITION BY w, shop ORDER BY length)
), totals AS (SELECT w, shop, sum(ended) AS ended, sum(n) AS n, max(length) AS longest FROM lengths GROUP BY ALL)
SELECT w, shop, any_value(t.ended), any_value(t.n), any_value(t.longest),
    min(length) FILTER (done >= (t.ended + 1) // 2), min(length) FILTER (done >= t.ended // 2 + 1),
    1 - product((waiting - a.ended) / waiting), 1 - product((waiting - a.ended) / waiting) FILTER (length <= 30),
    1 - product((waiting - a.ended) / waiting) FILTER (length <= 90),
    1 - product((waiting - a.ended) / waiting) FILTER (length <= 365)
FROM at_risk a JOIN totals t USING (w, shop) GROUP BY w, shop"""

# Articles of the twin have costs of their own, and no order has one: the latest of the article is the line's.
MARGINS = f"""
CREATE OR REPLACE TEMP TABLE margins AS
SELECT shop_id AS shop, customer_id AS buyer, paid_day AS day, sum(net) AS net, sum(goods) AS goods FROM (
    SELECT l.shop_id, customer_id, paid_day, (receivable_amount * (1 - vat_share)::DECIMAL(18, 6))::DECIMAL(18, 4) AS net,
        (quantity * unit_cost)::DECIMAL(18, 4) AS goods
    FROM (FROM order_lines {GENUINE} AND paid_day IS NOT NULL) l
    ASOF JOIN sku_costs c ON l.shop_id = c.shop_id AND l.sku_id = c.sku_id AND l.paid_day >= c.valid_from
) GROUP BY ALL"""
PROFITS = """
SELECT date_trunc('week', day)::DATE AS w, shop, sum(net - goods), sum(net) FROM margins GROUP BY ALL"""
LEFT = """
CREATE OR REPLACE TEMP TABLE left_over AS
WITH given AS (
    SELECT r.shop_id, r.customer_id, coalesce(r.ordered_day, refunded_day) AS day, amount, r.sku_id,
        CASE WHEN kind = 'return' OR kind = 'before_shipment' AND r.quantity <> 0 THEN r.quantity
            WHEN kind = 'before_shipment' AND amount >= owed THEN units END AS units
    FROM refunds r ANTI JOIN brushed USING (order_id) LEFT JOIN (
        SELECT shop_id, order_id, sku_id, sum(quantity) AS units, sum(payable_amount) AS owed FROM order_lines
        SEMI JOIN (SELECT order_id FROM refunds WHERE kind = 'before_shipment') USING (order_id) GROUP BY ALL
    ) o ON o.shop_id = r.shop_id AND o.order_id = r.order_id AND o.sku_id = r.sku_id
    WHERE status = 'refunded'
)
SELECT shop, buyer, day, net - goods AS profit FROM margins
UNION ALL SELECT g.shop_id, customer_id, day, coalesce((units * unit_cost)::DECIMAL(18, 4), 0)
    - (amount * (1 - vat_share)::DECIMAL(18, 6))::DECIMAL(18, 4)
FROM given g ASOF JOIN sku_costs c ON g.shop_id = c.shop_id AND g.sku_id = c.sku_id AND g.day >= c.valid_from"""
REALISED = """
SELECT o.w, shop, sum(profit) FROM opened o JOIN left_over l USING (shop, buyer)
WHERE (o.previous IS NULL OR o.previous < o.day - 365) AND l.day BETWEEN o.day AND o.day + 364 GROUP BY ALL"""

REQUIRED_TABLES = 10  # of the default setting, `coverage.required`


def by_hand(connection: duckdb.DuckDBPyConnection, first: dt.date, last: dt.date) -> Cells:
    """Every cell of the benchmark's matrix that has a value, from hand-written SQL; data lies from `first` to `last`."""
    current = last - dt.timedelta(days=last.weekday())
    connection.execute("BEGIN")
    try:
        cells: Cells = {}
        connection.execute(SUMS)
        connection.execute(BRUSHED)
        connection.execute(REFUNDS)
        connection.execute(SHIPMENTS)
        refunded, cohorts = _rows(connection, REFUNDED), _rows(connection, COHORTS)
        ordered = _rows(connection, ORDERED)
        _amounts(cells, _rows(connection, PAID), _rows(connection, ORDERS), refunded)
        _placed(cells, ordered, cohorts, refunded, _rows(connection, ORDERING))
        _sent(cells, _rows(connection, SHIPPED), _rows(connection, DUE), cohorts)
        for key, (members, in_tier) in _rows(connection, MEMBERS).items():
            cells["U2", *key] = _share(in_tier, members)
        for key, (fresh,) in _rows(connection, COVERED, first, last).items():
            cells["D3", *key] = _share(fresh, REQUIRED_TABLES * _days_seen(key[0], first, last))
        _turned(cells, _rows(connection, SOLD), _rows(connection, STOCK), first, last)
        connection.execute(BUYER_DAYS)
        connection.execute(OPENED)
        _buyers(
            cells, _rows(connection, BUYERS, last), _rows(connection, CAME_BACK), _rows(connection, SPENT), first, last
        )
        connection.execute(MARGINS)
        connection.execute(LEFT)
        _margins(cells, _rows(connection, PROFITS), _rows(connection, REALISED), _rows(connection, SPENT), first, last)
        monday = first - dt.timedelta(days=first.weekday())
        _windows(cells, _rows(connection, WINDOWS, monday, current), first, last)
        _windows(cells, _rows(connection, LAST_WINDOW, last), first, last)
        _spells(cells, _rows(connection, SPELLS, last))
    finally:
        connection.execute("ROLLBACK")
    return cells


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, *values: dt.date) -> Rows:
    return {(row[0], row[1]): row[2:] for row in connection.execute(sql, values or None).fetchall()}


def _days_seen(monday: dt.date, first: dt.date, last: dt.date) -> int:
    return (min(monday + dt.timedelta(days=6), last) - max(monday, first)).days + 1


def _turned(cells: Cells, sold: Rows, stock: Rows, first: dt.date, last: dt.date) -> None:
    for key, (value, days, dead, judged) in stock.items():
        cells["S3", *key] = _share(dead, judged)
        cost = sold.get(key, (None,))[0]
        if cost is not None and value:
            yearly, average = round(abs(cost) * 365 / _days_seen(key[0], first, last), 4), round(value / days, 4)
            cells["S1", *key] = (float(yearly / average), yearly, average)


def _margins(cells: Cells, profits: Rows, realised: Rows, spent: Rows, first: dt.date, last: dt.date) -> None:
    for key, (profit, net) in profits.items():
        cells["gross_profit", *key] = (profit, None, None)
        cells["gross_margin", *key] = _share(profit, net)
    year = dt.timedelta(days=365)
    for key, (profit,) in realised.items():
        if key[0] - year >= first and key[0] + dt.timedelta(days=6) + year <= last and key in spent:
            cells["K3", *key] = _share(profit, spent[key][0])


def _share(top: Part, bottom: Part) -> tuple[Part, Part, Part]:
    return (float(top / bottom) if bottom and top is not None else None, top, bottom)  # type: ignore[operator]


def _amounts(cells: Cells, paid: Rows, orders: Rows, refunded: Rows) -> None:
    for key, (payable, known, receivable, listed, off, *bearers, units, online, direct) in paid.items():
        (number,) = orders[key]
        cells["paid_amount", *key] = (payable, None, None)
        cells["receivable", *key] = (receivable, None, None)
        cells["net_revenue", *key] = (receivable - refunded.get(key, (0,))[0], None, None)
        cells["units", *key] = (units, None, None)
        cells["orders", *key] = (number, None, None)
        cells["C4.orders", *key] = (payable / number, payable, number)
        cells["C4", *key] = (None, known, None)  # divided by the buyers when they are counted
        cells["discount_rate", *key] = _share(off, listed)
        for bearer, amount in zip(("merchant", "platform", "influencer", "supplier"), bearers, strict=True):
            cells[f"discount_rate.{bearer}", *key] = _share(amount, listed)
        cells["online_share", *key] = _share(online, payable)
        cells["direct_share", *key] = _share(direct, payable)


def _placed(cells: Cells, ordered: Rows, cohorts: Rows, refunded: Rows, ordering: Rows) -> None:
    for key, (payable, paid, passed, run) in ordered.items():
        _, refunds_passed, refunds_run = refunded.get(key, (0, 0, 0))
        cells["gmv", *key] = (payable, None, None)
        cells["D1", *key] = _share(passed + refunds_passed, run + refunds_run)
        cells["K2.refund_rate", *key] = _share(cohorts.get(key, (0, 0))[0], paid)
        if key in ordering:
            cells["C3", *key] = _share(ordering[key][1], ordering[key][0])
    for key, (_, passed, run) in refunded.items():
        if key not in ordered:  # refunds go on when the last orders have been placed
            cells["D1", *key] = _share(passed, run)


def _sent(cells: Cells, shipped: Rows, due: Rows, cohorts: Rows) -> None:
    for key, (units,) in shipped.items():
        cells["K2", *key] = _share(cohorts.get(key, (0, 0))[1], units)
    for key, (parcels, in_time) in due.items():
        cells["S2", *key] = _share(in_time, parcels)


def _buyers(cells: Cells, opened: Rows, came_back: Rows, spent: Rows, first: dt.date, last: dt.date) -> None:
    for key, (buyers, _, fresh, first_ever, seen_7, seen_30, next_7, next_30) in opened.items():
        monday, shop = key
        cells["buyers", *key] = (buyers, None, None)
        known = cells["C4", *key][1]
        cells["C4", *key] = (known / buyers, known, buyers)
        again = came_back.get(key, (0, 0))
        for kpi, seen, came in (("T2", seen_7, next_7 + again[0]), ("T2.day30", seen_30, next_30 + again[1])):
            # The first days' buyers alone are no sample of a week's.
            cells[kpi, *key] = _share(came, seen) if seen >= 0.9 * buyers else (None, came, seen)
        if monday - dt.timedelta(days=365) >= first:
            cells["new_buyers", *key] = (fresh, None, None)
            for kpi, found in (("K1", fresh), ("K1.first", first_ever)):
                (amount,) = spent.get(key, (None,))
                cells[kpi, *key] = (amount / found if amount is not None and found else None, amount, found)
        following = monday + dt.timedelta(days=7), shop
        if monday >= first and following[0] <= last:
            returning = opened[following][1] if following in opened else 0
            cells["U3.returning", *following] = _share(returning, buyers)


def _windows(cells: Cells, windows: Rows, first: dt.date, last: dt.date) -> None:
    for key, counts in windows.items():
        after = min(key[0] + dt.timedelta(days=6), last) + dt.timedelta(days=1)
        for n, (kpi, days) in enumerate((("U3.within30", 30), ("U3", 90), ("U3.within365", 365))):
            buyers, repeat = (int(count) for count in counts[2 * n : 2 * n + 2])
            if after - dt.timedelta(days=days) >= first:
                cells[kpi, *key] = _share(repeat, buyers)


def _spells(cells: Cells, spells: Rows) -> None:
    for key, (ended, n, longest, low, high, at_all, *shares) in spells.items():
        cells["U1", *key] = ((low + high) / 2 if ended else None, ended, n)
        for days, share in zip((30, 90, 365), shares, strict=True):
            value: Any = share or 0.0
            if longest < days and at_all < 1:
                value = None
            cells[f"U1.within{days}", *key] = (value, ended, n)
