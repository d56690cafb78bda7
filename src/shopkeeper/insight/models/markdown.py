"""Model 23: at which price to sell off what lies dead, by a day, and what that brings against holding on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.insight.models.stock_days import COSTS, GROUPS
from shopkeeper.methods.markdown import Sensitivity, best_path, expected_sales, price_sensitivity

Floats = NDArray[np.float64]
FEWEST_ARTICLES, SHOWN, MOST_UNITS = 20, 40, 2000
_DEAD_DAYS = 90


@dataclass(frozen=True)
class _Dead:
    """One article that lies dead: stock, usual price, what it cost, and the weekly rate that it once sold at."""

    sku: str
    name: str
    units: int
    price: float
    cost: float
    rate: float


def estimate(ask: Ask) -> ModelResult:
    """Price sensitivity from every article's own price changes; then the best price path for each article that lies dead.

    Demand of a dead article is what it sold in its last year, at its usual price: an article that nobody ever bought has no
    rate, and no price is proposed for it.
    """
    last = ask.covered[1]
    if last is None:
        raise refusal("model.markdown_no_prices", ["order_lines.paid_day"])
    slope = _sensitivity(ask)
    if slope.low <= 0.2:
        raise refusal("model.markdown_flat", [say("model.markdown_need_changes")])
    dead, without = _dead(ask, last)
    if not dead:
        raise refusal(
            "model.markdown_nothing", ["stock_levels.last_sold_day", say("model.markdown_need_dead", n=_DEAD_DAYS)]
        )
    weeks = ask.whole("sell_weeks")
    rows = [_row(d, slope, weeks, ask.number("salvage_share")) for d in dead]
    rows.sort(key=lambda r: -(r[9] - r[8]))  # type: ignore[operator]
    gain = float(sum(r[9] - r[8] for r in rows))  # type: ignore[operator, misc]
    ends = [
        float(sum(r[9] - r[8] for r in (_row(d, _at(slope, s), weeks, ask.number("salvage_share")) for d in dead)))  # type: ignore[operator, misc]
        for s in (slope.low, slope.high)
    ]
    tied = float(sum(d.units * d.cost for d in dead))
    return ModelResult(
        say("model.markdown_method", weeks=weeks),
        ask.basis(("stock_levels", len(dead)), ("order_lines", slope.cells), last=last),
        (
            Figure(
                "elasticity",
                say("model.markdown_elasticity"),
                -slope.slope,
                "number",
                -slope.high,
                -slope.low,
                note=say("model.markdown_elasticity_note", n=slope.items),
            ),
            Figure("articles", say("model.markdown_articles"), len(dead), "count"),
            Figure("tied", say("model.markdown_tied"), tied, "money"),
            Figure(
                "gain",
                say("model.markdown_gain", weeks=weeks),
                gain,
                "money",
                min(gain, *ends),
                max(gain, *ends),
                note=say("model.markdown_gain_note"),
            ),
        ),
        (_table(rows[:SHOWN]),),
        (_picture(dead, slope, weeks, ask.number("salvage_share")),),
        (say("model.markdown_remark"), *((say("model.markdown_without", n=without),) if without else ())),
    )


def _at(slope: Sensitivity, value: float) -> Sensitivity:
    return Sensitivity(value, slope.error, slope.items, slope.cells)


def _sensitivity(ask: Ask) -> Sensitivity:
    """One slope over all articles and weeks; weeks are weighed by what the whole shop sold, articles by themselves."""
    got = ask.arrays(
        "WITH weeks AS (SELECT l.shop_id, l.sku_id, date_trunc('week', l.paid_day) AS week, "
        "sum(CAST(l.quantity AS DOUBLE)) AS units, "
        "sum(CAST(l.payable_amount AS DOUBLE)) / nullif(sum(CAST(l.quantity AS DOUBLE)), 0) AS price FROM order_lines l "
        f"WHERE l.paid_day IS NOT NULL AND l.is_brushing IS NOT TRUE AND l.quantity_unit IS NULL AND {ask.days('l.paid_day')} "
        "GROUP BY ALL HAVING sum(l.quantity) > 0), "
        "known AS (SELECT *, count(*) OVER a AS n, median(price) OVER a AS usual FROM weeks "
        "WINDOW a AS (PARTITION BY shop_id, sku_id)), "
        "level AS (SELECT shop_id, week, sum(units) AS sold FROM weeks GROUP BY ALL) "
        "SELECT dense_rank() OVER (ORDER BY k.shop_id, k.sku_id) - 1 AS item, k.units, k.price / k.usual AS price, "
        "l.sold / avg(l.sold) OVER (PARTITION BY k.shop_id) AS level FROM known k "
        "JOIN level l ON l.shop_id = k.shop_id AND l.week = k.week "
        "WHERE k.n >= 12 AND k.usual > 0 AND k.price / k.usual BETWEEN 0.3 AND 1.7"
    )
    item = got["item"].astype(np.int64)
    if len(item) == 0 or len(np.unique(item)) < FEWEST_ARTICLES:
        raise refusal("model.markdown_no_prices", [say("model.markdown_need_articles", n=FEWEST_ARTICLES)])
    _, item = np.unique(item, return_inverse=True)
    try:
        return price_sensitivity(
            got["units"].astype(np.float64), got["price"].astype(np.float64), got["level"].astype(np.float64), item
        )
    except ValueError:
        raise refusal("model.markdown_flat", [say("model.markdown_need_changes")]) from None


def _dead(ask: Ask, last: dt.date) -> tuple[list[_Dead], int]:
    """Articles in stock at the newest count that were not sold for ninety days, and how many of them have no rate or price."""
    sold = "l.paid_day IS NOT NULL AND l.is_brushing IS NOT TRUE"
    rows = ask.rows(
        "WITH newest AS (SELECT max(stock_day) AS day FROM stock_levels), "
        "held AS (SELECT sku_id, CAST(sum(on_hand) AS BIGINT) AS units, max(last_sold_day) AS sold, "
        "max(last_received_day) AS got, "
        "max(stock_day) AS day FROM stock_levels, newest WHERE stock_day = newest.day GROUP BY sku_id HAVING sum(on_hand) > 0), "
        "sales AS (SELECT l.sku_id, max(l.paid_day) AS until, sum(CAST(l.payable_amount AS DOUBLE)) / "
        f"nullif(sum(CAST(l.quantity AS DOUBLE)), 0) AS price FROM order_lines l WHERE {sold} GROUP BY 1), "
        "rates AS (SELECT l.sku_id, sum(CAST(l.quantity AS DOUBLE)) / 52 AS rate FROM order_lines l "
        f"JOIN sales s ON s.sku_id = l.sku_id WHERE {sold} AND l.paid_day > s.until - 364 GROUP BY 1) "
        "SELECT h.sku_id, coalesce(g.name, h.sku_id), h.units, s.price, c.cost, r.rate FROM held h "
        f"LEFT JOIN {GROUPS} g ON g.sku_id = h.sku_id LEFT JOIN {COSTS} c ON c.sku_id = h.sku_id "
        "LEFT JOIN sales s ON s.sku_id = h.sku_id LEFT JOIN rates r ON r.sku_id = h.sku_id "
        f"WHERE coalesce(h.sold, s.until, DATE '1900-01-01') <= h.day - {_DEAD_DAYS} "
        f"AND (h.got IS NULL OR h.got <= h.day - {_DEAD_DAYS}) ORDER BY h.units * c.cost DESC NULLS LAST, h.sku_id"
    )
    told = [
        _Dead(str(sku), str(name), min(int(units), MOST_UNITS), float(price), float(cost), float(rate))
        for sku, name, units, price, cost, rate in rows
        if price and cost and rate
    ]
    return told, len(rows) - len(told)


def _row(d: _Dead, slope: Sensitivity, weeks: int, salvage_share: float) -> tuple[Cell, ...]:
    """What holding the usual price, the best single price and the best path bring in so many weeks."""
    alpha = slope.slope / d.price
    at_zero = d.rate * float(np.exp(slope.slope))
    salvage = salvage_share * d.cost
    path = best_path(d.units, float(weeks), at_zero, alpha, salvage)
    sold = expected_sales(d.units, d.rate * weeks)
    holding = d.price * sold + salvage * (d.units - sold)
    best = max(path.fixed_revenue, holding)
    fixed = path.fixed_price if path.fixed_revenue > holding else d.price
    return (
        d.sku,
        d.name,
        d.units,
        d.price,
        d.rate,
        float(path.price[-1]),
        fixed,
        1 - fixed / d.price,
        holding,
        best,
        float(path.revenue[-1]),
    )


def _table(rows: list[tuple[Cell, ...]]) -> Table:
    return Table(
        "articles",
        say("model.markdown_table"),
        (
            Column("sku", say("model.stock_sku")),
            Column("name", say("model.stock_name")),
            Column("units", say("model.markdown_units"), "count"),
            Column("price", say("model.markdown_price"), "money"),
            Column("rate", say("model.markdown_rate"), "number"),
            Column("first", say("model.markdown_first"), "money"),
            Column("fixed", say("model.markdown_fixed"), "money"),
            Column("off", say("model.markdown_off"), "share"),
            Column("holding", say("model.markdown_holding"), "money"),
            Column("revenue", say("model.markdown_revenue"), "money"),
            Column("path", say("model.markdown_path"), "money"),
        ),
        tuple(rows),
        say("model.markdown_table_note", n=SHOWN),
    )


def _picture(dead: list[_Dead], slope: Sensitivity, weeks: int, salvage_share: float) -> Picture:
    """The price of the article with most money tied up, by units left."""
    d = dead[0]
    path = best_path(
        d.units, float(weeks), d.rate * float(np.exp(slope.slope)), slope.slope / d.price, salvage_share * d.cost
    )
    return Picture(
        "path",
        "line",
        say("model.markdown_picture", sku=d.sku),
        say("model.markdown_left"),
        say("model.markdown_price"),
        (Series(say("model.markdown_first"), tuple(path.price.tolist()), tuple(float(n + 1) for n in range(d.units))),),
        x_unit="count",
        y_unit="money",
    )


MODEL = Model(
    number=23,
    id="markdown",
    group="stock",
    inputs=(
        "stock_levels.on_hand",
        "stock_levels.last_sold_day",
        "order_lines.quantity",
        "order_lines.payable_amount",
        "sku_costs.unit_cost",
    ),
    references=(
        "Gallego & van Ryzin 1994, Management Science 40(8)",
        "Hausman, Hall & Griliches 1984, Econometrica 52(4)",
    ),
    checks=(
        PublishedCheck(
            "Gallego & van Ryzin 1994, section 2.3",
            "closed form for exponential demand",
            "it solves their equation (3) to 1e-4",
            "tests/recovery/test_stock_truth.py",
        ),
    ),
    estimate=estimate,
    options=(Option("sell_weeks", "whole", 12, low=1, high=52), Option("salvage_share", "number", 0.0, low=0, high=1)),
)
