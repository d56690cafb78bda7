"""Does Lanting look like a real shop? Its figures beside published ones, computed from its records alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from shopkeeper.twin import codes
from shopkeeper.twin.world import World

NEEDED = (
    "orders",
    "order_lines",
    "refunds",
    "shipments",
    "ad_days",
    "stock_days",
    "visitor_days",
    "settlements",
    "calendar",
)
_BRIEF = "the blueprint's base"
_UCI = "UCI Online Retail 2010–11 (a wholesaler's web shop), recomputed"
_TRADE = "trade press: online, by category"
_OURS = "our own span: no published figure at hand"


@dataclass(frozen=True)
class Published:
    """The span a real shop lies in: the published range, or ours around a published number; `source` says which."""

    low: float
    high: float
    source: str


@dataclass(frozen=True)
class Figure:
    """One figure of the twin beside its published span."""

    id: str
    value: float
    published: Published

    @property
    def inside(self) -> bool:
        """Whether the value lies in the span."""
        return self.published.low <= self.value <= self.published.high


PUBLISHED: dict[str, Published] = {
    "acquisition cost, CNY a new payer": Published(150, 300, _BRIEF),
    "12-month margin ÷ acquisition cost": Published(1.2, 1.5, _BRIEF),
    "stock turns a year": Published(3.9, 4.7, f"{_BRIEF}: 4.3"),
    "dead stock share": Published(0.18, 0.28, f"{_BRIEF}: 0.23"),
    "sales of the best fifth of articles": Published(0.65, 0.85, f"{_UCI}: 0.79"),
    "sales of the best fifth of buyers": Published(0.45, 0.75, f"{_UCI}: 0.75"),
    "buyers who return within 90 days": Published(0.15, 0.46, f"{_UCI}: 0.45"),
    "buyers with a second order": Published(0.25, 0.74, f"{_UCI}: 0.64 of all buyers"),
    "order amount: 90th percentile ÷ median": Published(2.0, 3.5, f"{_UCI}: 2.7"),
    "pay conversion": Published(0.015, 0.045, _OURS),
    "weekend day ÷ weekday": Published(1.02, 1.25, _OURS),
    "main day of Double 11 ÷ ordinary day": Published(3.0, 12.0, _OURS),
    "lunar New Year's week ÷ ordinary week": Published(0.25, 0.75, _OURS),
    "returns of dresses": Published(0.30, 0.60, f"{_TRADE}: apparel 30–40 %, women's wear in China 50–60 %"),
    "returns of skincare": Published(0.04, 0.12, f"{_TRADE}: beauty 5–12 %"),
    "returns of tableware": Published(0.05, 0.10, f"{_TRADE}: home 5–10 %"),
    "returns of tea": Published(0.01, 0.06, f"{_TRADE}: food, a few percent"),
}


def figures(world: World) -> list[Figure]:
    """Run the world to its end and compute every figure. The world needs two years and the records of `NEEDED`."""
    stretches = list(world.run(world.start + dt.timedelta(world.length)))
    con = duckdb.connect()
    try:
        con.execute("SET TimeZone = 'Asia/Shanghai'")
        con.execute("SET enable_progress_bar = false")
        for name in NEEDED:
            con.register(name, pa.concat_tables([s.tables[name] for s in stretches]))
        values = _values(con, world)
    finally:
        con.close()
    return [Figure(name, values[name], published) for name, published in PUBLISHED.items()]


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> float:
    row = con.execute(sql).fetchone()
    return float("nan") if row is None or row[0] is None else float(row[0])


def _values(con: duckdb.DuckDBPyConnection, world: World) -> dict[str, float]:
    con.execute(
        "CREATE TABLE sold AS SELECT *, placed_at::DATE AS day FROM orders WHERE NOT is_brushing AND order_type <> 'subscription'"
    )
    con.execute("CREATE TABLE firsts AS SELECT person, min(day) AS first FROM sold GROUP BY 1")
    found = {**_shape(con), **_people(con, world), **_stock(con, world)}
    for name in ("dresses", "skincare", "tableware", "tea"):
        found[f"returns of {name}"] = _returns(con, world, name)
    return found


def _shape(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Concentration, spread and rhythm."""
    fifth = (
        "WITH k AS (SELECT {key}, sum(payable_fen) AS v FROM {table} GROUP BY 1), "
        "r AS (SELECT v, row_number() OVER (ORDER BY v DESC) AS n, count(*) OVER () AS all_ FROM k) "
        "SELECT sum(v) FILTER (n <= 0.2 * all_) / sum(v) FROM r"
    )
    daily = "(SELECT day, count(*) AS n FROM sold GROUP BY 1)"
    plain = f"(SELECT * FROM {daily} WHERE day NOT IN (SELECT day FROM calendar) AND day NOT IN (SELECT day + 5 FROM calendar))"
    ordinary = f"(SELECT median(n) FROM {plain})"
    spread = "SELECT quantile_cont(payable_fen, 0.9) / median(payable_fen) FROM sold"
    weekend = (
        f"SELECT avg(n) FILTER (isodow(day) >= 6) / avg(n) FILTER (isodow(day) BETWEEN 2 AND 4) "
        f"FROM {plain} WHERE isodow(day) <> 1"
    )
    eleven = f"SELECT avg(n) / {ordinary} FROM {daily} WHERE month(day) = 11 AND day(day) = 11"
    new_year = (
        f"SELECT avg(n) / {ordinary} FROM {daily} WHERE day IN "
        "(SELECT day FROM calendar WHERE name = '春节') AND day >= (SELECT min(day) + 2 FROM sold)"
    )
    return {
        "sales of the best fifth of articles": _one(con, fifth.format(key="sku", table="order_lines")),
        "sales of the best fifth of buyers": _one(con, fifth.format(key="person", table="sold")),
        "order amount: 90th percentile ÷ median": _one(con, spread),
        "weekend day ÷ weekday": _one(con, weekend),
        "main day of Double 11 ÷ ordinary day": _one(con, eleven),
        "lunar New Year's week ÷ ordinary week": _one(con, new_year),
        "pay conversion": _one(
            con,
            "SELECT (SELECT count(*) FROM sold) / sum(visitors) FROM visitor_days",
        ),
    }


def _people(con: duckdb.DuckDBPyConnection, world: World) -> dict[str, float]:
    """Acquisition, margin and return of buyers. New payers of the second year: nothing bought in 365 days before."""
    middle = world.start + dt.timedelta(365)
    new = (
        "WITH k AS (SELECT person, day, lag(day) OVER (PARTITION BY person ORDER BY day) AS before FROM sold) "
        f"SELECT count(*) FROM k WHERE day >= DATE '{middle}' AND (before IS NULL OR day - before > 365)"
    )
    spend = f"SELECT sum(spend_fen) / 100 FROM ad_days WHERE is_acquisition AND day >= DATE '{middle}'"
    early = f"first BETWEEN DATE '{world.start + dt.timedelta(60)}' AND DATE '{middle}'"
    early_spend = f"SELECT sum(spend_fen) / 100 FROM ad_days WHERE {early.replace('first', 'day')}"
    cost = _one(con, early_spend) / _one(con, f"SELECT count(*) FROM firsts WHERE {early}")
    again = (
        "WITH k AS (SELECT person, day, row_number() OVER w AS n, lead(day) OVER w AS next FROM (SELECT DISTINCT person, day "
        f"FROM sold) WINDOW w AS (PARTITION BY person ORDER BY day)) SELECT avg((next IS NOT NULL {{}})::INT) FROM k "
        f"WHERE n = 1 AND day <= DATE '{middle}'"
    )
    return {
        "acquisition cost, CNY a new payer": _one(con, spend) / _one(con, new),
        "12-month margin ÷ acquisition cost": _margin(con, world, early) / cost,
        "buyers who return within 90 days": _one(con, again.format("AND next - day <= 90")),
        "buyers with a second order": _one(con, again.format("")),
    }


def _margin(con: duckdb.DuckDBPyConnection, world: World, early: str) -> float:
    """Realised contribution of an early new payer's first 365 days, CNY.

    Receivable net of VAT, goods, refunds, platform fees and freight.
    """
    con.register("vat", pa.table({"sku": np.arange(world.catalogue.size), "vat": world.catalogue.vat}))
    return _one(
        con,
        f"""
        WITH goods AS (
            SELECT "order", sum((payable_fen + platform_fen + influencer_fen) / (1 + vat) - quantity * unit_cost_fen) AS fen
            FROM order_lines JOIN vat USING (sku) GROUP BY 1),
        back AS (
            SELECT r.order, sum(r.amount_fen / (1 + vat) - r.quantity * l.unit_cost_fen) AS fen
            FROM refunds r JOIN order_lines l ON l.order = r.order AND l.line = r.line JOIN vat ON vat.sku = l.sku GROUP BY 1),
        fees AS (
            SELECT "order", -sum(amount_fen) AS fen FROM settlements
            WHERE kind IN ('commission', 'service_fee', 'influencer_fee') GROUP BY 1),
        freight AS (SELECT "order", sum(freight_cost_fen) AS fen FROM shipments GROUP BY 1),
        paid AS (SELECT DISTINCT "order" FROM shipments UNION SELECT "order" FROM refunds)
        SELECT sum(g.fen - coalesce(b.fen, 0) - coalesce(f.fen, 0) - coalesce(t.fen, 0)) / 100 / count(DISTINCT s.person)
        FROM sold s JOIN firsts USING (person) LEFT JOIN paid p ON p.order = s.order
        LEFT JOIN goods g ON g.order = p.order LEFT JOIN back b ON b.order = p.order
        LEFT JOIN fees f ON f.order = p.order LEFT JOIN freight t ON t.order = p.order
        WHERE {early} AND s.day < first + 365
        """,
    )


def _stock(con: duckdb.DuckDBPyConnection, world: World) -> dict[str, float]:
    """Turns over the whole time; dead stock on average of the second year."""
    months = f"day >= DATE '{world.start + dt.timedelta(365)}'"
    value = _one(con, "SELECT avg(v) FROM (SELECT sum(value_fen) AS v FROM stock_days GROUP BY day)")
    goods = _one(
        con, "SELECT sum(l.quantity * l.unit_cost_fen) FROM order_lines l JOIN shipments s ON s.order = l.order"
    )
    dead = (
        "WITH k AS (SELECT day, sku, sum(value_fen) AS v, max(last_sold_day) AS sold, max(last_received_day) AS got "
        f"FROM stock_days WHERE {months} GROUP BY ALL) SELECT sum(v) FILTER ((sold IS NULL OR day - sold >= 90) "
        "AND (got IS NULL OR day - got >= 90)) / sum(v) FROM k"
    )
    return {"stock turns a year": goods / value * 365.0 / world.length, "dead stock share": _one(con, dead)}


def _returns(con: duckdb.DuckDBPyConnection, world: World, category: str) -> float:
    """Units that came back ÷ units shipped online, of orders old enough to be judged."""
    skus = np.flatnonzero(world.catalogue.category == codes.CATEGORIES.index(category))
    con.register("asked", pa.table({"sku": skus}))
    old = world.start + dt.timedelta(world.length - 45)
    shipped = _one(
        con,
        "SELECT sum(l.quantity) FROM order_lines l JOIN shipments s ON s.order = l.order "
        f"JOIN asked USING (sku) WHERE s.shipped_at < DATE '{old}' AND s.shop <> 'store'",
    )
    back = _one(
        con,
        "SELECT sum(r.quantity) FROM refunds r JOIN shipments s ON s.order = r.order "
        f"JOIN asked ON asked.sku = r.sku WHERE s.shipped_at < DATE '{old}' AND s.shop <> 'store'",
    )
    con.unregister("asked")
    return back / shipped
