"""Model 23: at which price to sell off what lies dead, by a day, and what that brings against holding on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.insight.models.stock_days import COSTS, GROUPS
from shopkeeper.methods.markdown import Sensitivity, best_path, best_single_price, expected_sales, price_sensitivity

Floats = NDArray[np.float64]
FEWEST_ARTICLES, SHOWN, MOST_UNITS = 20, 40, 2000
_DEAD_DAYS = 90


@dataclass(frozen=True)
class _Dead:
    """One article that lies dead: stock, usual price, what it cost, and how many weeks nobody has bought it."""

    sku: str
    name: str
    units: int
    price: float
    cost: float
    silent_weeks: float

    def rate(self, level: float = 0.0) -> float:
        """Units a week at the usual price, after so many weeks without one: (0 + ½) ÷ weeks, or that quantile of the belief."""
        units = float(gammaincinv(0.5, level)) if level else 0.5
        return units / self.silent_weeks


def estimate(ask: Ask) -> ModelResult:
    """Price sensitivity from every article's own price changes; then the best price path for each article that lies dead.

    What a dead article would sell is judged from its silence: nobody bought it for so many weeks at about its usual price, so
    its rate is ½ ÷ weeks (Jeffreys). Prices stay between the lowest that articles were commonly asked at and the usual one.
    """
    last = ask.covered[1]
    if last is None:
        raise refusal("model.markdown_no_prices", ["order_lines.paid_day"])
    slope, lowest = _sensitivity(ask)
    if slope.low <= 0.2:
        raise refusal("model.markdown_flat", [say("model.markdown_need_changes")])
    dead, without = _dead(ask, last)
    if not dead:
        raise refusal(
            "model.markdown_nothing", ["stock_levels.last_sold_day", say("model.markdown_need_dead", n=_DEAD_DAYS)]
        )
    weeks = ask.whole("sell_weeks")
    reach = _Reach(weeks, ask.number("salvage_share"), lowest)
    rows = sorted((_row(d, slope, reach) for d in dead), key=_gain, reverse=True)
    gain = sum(_gain(row) for row in rows)
    ends = [
        sum(_gain(_row(d, replace(slope, slope=s), reach, level)) for d in dead)
        for s, level in ((slope.low, 0.025), (slope.high, 0.975))
    ]
    cut = sum(_gain(row) >= 1 for row in rows)  # a cent more is the grid's, not the market's
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
            Figure("cut", say("model.markdown_cut"), cut, "count"),
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
        (_picture(slope, lowest),),
        (say("model.markdown_remark"), *((say("model.markdown_without", n=without),) if without else ())),
    )


@dataclass(frozen=True)
class _Reach:
    """How long there is, what a leftover brings of its cost, and the lowest price that was commonly asked, of the usual."""

    weeks: int
    salvage_share: float
    lowest: float


def _gain(row: tuple[Cell, ...]) -> float:
    """What the best price brings beyond the usual one."""
    best, usual = row[8], row[7]
    return float(best) - float(usual) if isinstance(best, float) and isinstance(usual, float) else 0.0


def _sensitivity(ask: Ask) -> tuple[Sensitivity, float]:
    """One slope over all articles and weeks from first to last sale, weeks without a sale too, at the prices asked.

    A week is weighed by what its shop sold in it, so a festival on which everything is cheaper and sells more tells nothing.
    """
    got = ask.arrays(
        "WITH sold AS (SELECT l.shop_id, l.sku_id, CAST(date_trunc('week', l.paid_day) AS DATE) AS week, "
        "sum(CAST(l.quantity AS DOUBLE)) AS units FROM order_lines l WHERE l.paid_day IS NOT NULL AND l.is_brushing IS NOT TRUE "
        f"AND l.quantity_unit IS NULL AND l.sku_id IS NOT NULL AND {ask.days('l.paid_day')} GROUP BY ALL), "
        "spans AS (SELECT shop_id, sku_id, min(week) AS since, max(week) AS until FROM sold GROUP BY ALL HAVING count(*) >= 12), "
        "weeks AS (SELECT shop_id, sku_id, CAST(unnest(generate_series(since, until, INTERVAL 7 DAY)) AS DATE) AS week "
        "FROM spans), "
        "asked AS (SELECT w.shop_id, w.sku_id, w.week, CAST(p.sale_price AS DOUBLE) AS price FROM weeks w ASOF JOIN prices p "
        "ON p.shop_id = w.shop_id AND p.sku_id = w.sku_id AND p.valid_from <= w.week + INTERVAL 84 HOUR WHERE p.sale_price > 0), "
        "known AS (SELECT *, median(price) OVER (PARTITION BY shop_id, sku_id) AS usual FROM asked), "
        "level AS (SELECT shop_id, week, sum(units) AS sold FROM sold GROUP BY ALL) "
        "SELECT dense_rank() OVER (ORDER BY k.shop_id, k.sku_id) - 1 AS item, coalesce(s.units, 0) AS units, "
        "k.price / k.usual AS price, "
        "l.sold / avg(l.sold) OVER (PARTITION BY k.shop_id) AS level FROM known k "
        "JOIN level l ON l.shop_id = k.shop_id AND l.week = k.week "
        "LEFT JOIN sold s ON s.shop_id = k.shop_id AND s.sku_id = k.sku_id AND s.week = k.week "
        "WHERE k.price / k.usual BETWEEN 0.3 AND 1.7 ORDER BY k.shop_id, k.sku_id, k.week"
    )
    item = got["item"].astype(np.int64)
    if len(item) == 0 or len(np.unique(item)) < FEWEST_ARTICLES:
        raise refusal(
            "model.markdown_no_prices", ["prices.sale_price", say("model.markdown_need_articles", n=FEWEST_ARTICLES)]
        )
    _, item = np.unique(item, return_inverse=True)
    units, price, level = (got[name].astype(np.float64) for name in ("units", "price", "level"))
    try:
        return price_sensitivity(units, price, level, item), min(float(np.quantile(price, 0.01)), 1.0)
    except ValueError:
        raise refusal("model.markdown_flat", [say("model.markdown_need_changes")]) from None


def _dead(ask: Ask, last: dt.date) -> tuple[list[_Dead], int]:
    """Articles in stock at the newest count that were not sold for ninety days, and how many more lack price, cost or day."""
    rows = ask.rows(
        "WITH newest AS (SELECT max(stock_day) AS day FROM stock_levels), held AS (SELECT sku_id, "
        "CAST(sum(on_hand) AS BIGINT) AS units, max(last_sold_day) AS sold, max(last_received_day) AS got, "
        "max(stock_day) AS day FROM stock_levels, newest WHERE stock_day = newest.day GROUP BY sku_id HAVING sum(on_hand) > 0), "
        "sales AS (SELECT l.sku_id, max(l.paid_day) AS until FROM order_lines l "
        "WHERE l.paid_day IS NOT NULL AND l.is_brushing IS NOT TRUE GROUP BY 1), "
        "tags AS (SELECT sku_id, median(CAST(sale_price AS DOUBLE)) AS price FROM prices GROUP BY 1), "
        "told AS (SELECT h.*, greatest(coalesce(h.sold, s.until), coalesce(h.got, h.sold, s.until)) AS since FROM held h "
        "LEFT JOIN sales s ON s.sku_id = h.sku_id) "
        "SELECT h.sku_id, coalesce(g.name, h.sku_id), h.units, t.price, c.cost, "
        "date_diff('day', h.since, h.day) / 7.0 FROM told h "
        f"LEFT JOIN {GROUPS} g ON g.sku_id = h.sku_id LEFT JOIN {COSTS} c ON c.sku_id = h.sku_id "
        f"LEFT JOIN tags t ON t.sku_id = h.sku_id WHERE h.since IS NULL OR h.since <= h.day - {_DEAD_DAYS} "
        "ORDER BY h.units * c.cost DESC NULLS LAST, h.sku_id"
    )
    told = [
        _Dead(str(sku), str(name), min(int(units), MOST_UNITS), float(price), float(cost), float(weeks))
        for sku, name, units, price, cost, weeks in rows
        if price and cost and weeks
    ]
    return told, len(rows) - len(told)


def _row(d: _Dead, slope: Sensitivity, reach: _Reach, level: float = 0.0) -> tuple[Cell, ...]:
    """What holding the usual price and the best price bring in so many weeks, and where the free optimum would lie."""
    rate, alpha = d.rate(level), slope.slope / d.price
    at_zero, salvage = rate * float(np.exp(slope.slope)), reach.salvage_share * d.cost
    sold = expected_sales(d.units, rate * reach.weeks)
    holding = d.price * sold + salvage * (d.units - sold)
    price, best = best_single_price(
        d.units, float(reach.weeks), at_zero, alpha, salvage, reach.lowest * d.price, d.price
    )
    first = float(best_path(d.units, float(reach.weeks), at_zero, alpha, salvage).price[-1])
    return (
        d.sku,
        d.name,
        d.units,
        d.price,
        rate,
        price,
        1 - price / d.price,
        holding,
        max(best, holding),
        first if first <= d.price else None,
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
            Column("fixed", say("model.markdown_fixed"), "money"),
            Column("off", say("model.markdown_off"), "share"),
            Column("holding", say("model.markdown_holding"), "money"),
            Column("revenue", say("model.markdown_revenue"), "money"),
            Column("first", say("model.markdown_first"), "money"),
        ),
        tuple(rows),
        say("model.markdown_table_note", n=SHOWN),
    )


def _picture(slope: Sensitivity, lowest: float) -> Picture:
    """How revenue answers to the price, as measured over all articles: below 1 a cut does not pay for itself."""
    grid = np.linspace(lowest, 1.0, 21)

    def revenue(s: float) -> tuple[float, ...]:
        return tuple((grid * np.exp(-s * (grid - 1))).tolist())

    return Picture(
        "revenue",
        "line",
        say("model.markdown_picture"),
        say("model.markdown_relative"),
        say("model.markdown_revenue_relative"),
        (
            Series(
                say("model.markdown_revenue_relative"),
                revenue(slope.slope),
                tuple(grid.tolist()),
                revenue(slope.low),
                revenue(slope.high),
            ),
        ),
        x_unit="share",
        y_unit="share",
    )


MODEL = Model(
    number=23,
    id="markdown",
    group="stock",
    inputs=(
        "stock_levels.on_hand",
        "prices.sale_price",
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
