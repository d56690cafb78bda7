"""Weeks of articles with what was asked for them and what was sold: the panel of the price models.

    prices (asked, from a moment on)  ─┐
    order_lines (paid)                ─┴→  one row an article of a shop and week: price, days, units

Without price lists the price is what buyers paid a unit; weeks without a sale then have none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.articles import SOLD
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.said import refusal, say

FEWEST_WEEKS = 26
CUT, LONG_CUT_WEEKS = 0.05, 4
"""A price this much below the regular one for so many weeks is clearance: it follows sales that had faded before."""
SEASON_WEEKS = 13
"""An article's constant holds for so many weeks: clearance and fading interest are slower than offers."""
SOLD_SHARE = 0.8


@dataclass(frozen=True)
class PriceWeeks:
    """The panel; arrays of shape (n_cells,). `asked`: whether prices are those asked, not those paid.

    `article`, `shop`, `group`, `week`: 0-based. `groups`: names of the categories. `price`, `list_price`: a unit. `days`: of
    the week on which the price is known. `units`: sold.
    """

    asked: bool
    article: NDArray[np.int64]
    shop: NDArray[np.int64]
    group: NDArray[np.int64]
    week: NDArray[np.int64]
    price: NDArray[np.float64]
    list_price: NDArray[np.float64]
    days: NDArray[np.float64]
    units: NDArray[np.float64]
    groups: list[str]
    lines: int


def price_weeks(ask: Ask) -> PriceWeeks:
    """Whole weeks of every article between its first and its last sale.

    Raises NotEstimable when the span is shorter than half a year or nothing has a category.
    """
    first, last = ask.covered
    if first is None or last is None or (last - first).days < FEWEST_WEEKS * 7:
        raise refusal("model.price_short", [say("model.price_need_weeks", n=FEWEST_WEEKS)])
    asked = bool(ask.rows("SELECT 1 FROM prices LIMIT 1"))
    group = "subcategory" if ask.rows("SELECT 1 FROM products WHERE subcategory IS NOT NULL LIMIT 1") else "category"
    cells = _asked(ask, group) if asked else _paid(ask, group)
    got = ask.arrays(
        f"SELECT dense_rank() OVER (ORDER BY shop, sku_id) - 1 AS article, dense_rank() OVER (ORDER BY shop) - 1 AS shop, "
        f"dense_rank() OVER (ORDER BY grp) - 1 AS grp, date_diff('week', DATE '{first}', week) AS week, price, list_price, "
        f"days, units, lines FROM ({cells})"
    )
    names = [str(g) for (g,) in ask.rows(f"SELECT DISTINCT grp FROM ({cells}) ORDER BY grp")]
    if not names:
        raise refusal("model.price_nothing", ["prices.sale_price", "order_lines.list_amount", f"products.{group}"])
    ints = {n: got[n].astype(np.int64) for n in ("article", "shop", "grp", "week")}
    floats = {n: got[n].astype(np.float64) for n in ("price", "list_price", "days", "units")}
    return PriceWeeks(
        asked, ints["article"], ints["shop"], ints["grp"], ints["week"], floats["price"], floats["list_price"],
        floats["days"], floats["units"], names, int(np.nansum(got["lines"].astype(np.float64))),
    )  # fmt: skip


def regular_prices(cells: PriceWeeks) -> NDArray[np.float64]:
    """The regular price of every article: the one in the upper quarter of its weeks. Shape (n_articles,)."""
    order = np.lexsort((cells.price, cells.article))
    sizes = np.bincount(cells.article)
    starts = np.cumsum(sizes) - sizes
    prices: NDArray[np.float64] = cells.price[order][starts + (0.75 * (sizes - 1)).astype(np.int64)]
    return prices


def long_cuts(cells: PriceWeeks) -> NDArray[np.bool_]:
    """Whether each cell lies in a price cut of four weeks or more, shape (n_cells,)."""
    order = np.lexsort((cells.week, cells.article))
    low = (cells.price < (1.0 - CUT) * regular_prices(cells)[cells.article])[order]
    article = cells.article[order]
    begins = np.concatenate([[True], (np.diff(article) != 0) | (low[1:] != low[:-1])])
    run = np.cumsum(begins) - 1
    found = np.empty(len(low), dtype=bool)
    found[order] = low & (np.bincount(run)[run] >= LONG_CUT_WEEKS)
    return found


def _sales(ask: Ask, shop: str) -> str:
    """Paid lines by shop, article and week of the order."""
    return (
        f"SELECT {shop} AS shop, l.sku_id, CAST(date_trunc('week', l.ordered_day) AS DATE) AS week, "
        f"sum(CAST(l.quantity AS DOUBLE)) AS units, count(*) AS lines, "
        f"sum(CAST(l.list_amount AS DOUBLE)) AS listed, "
        f"sum(CAST(l.list_amount AS DOUBLE) - coalesce(CAST(l.discount_merchant AS DOUBLE), 0)) AS paid "
        f"FROM order_lines l WHERE {SOLD} AND {ask.days('l.ordered_day')} GROUP BY ALL"
    )


def _span(ask: Ask) -> tuple[str, str]:
    """First and last whole week, as SQL of Mondays."""
    first, last = ask.covered
    return (
        f"CAST(date_trunc('week', DATE '{first}' + 6) AS DATE)",
        f"CAST(date_trunc('week', DATE '{last}' - 6) AS DATE)",
    )


def _asked(ask: Ask, group: str) -> str:
    first, last = _span(ask)
    return f"""
WITH weeks AS (SELECT CAST(unnest(generate_series({first}, {last}, INTERVAL 7 DAY)) AS DATE) AS week),
told AS (SELECT p.shop_id, p.sku_id, CAST(p.sale_price AS DOUBLE) AS price, CAST(p.list_price AS DOUBLE) AS list_price,
  CAST(timezone(s.timezone, p.valid_from) AS DATE) AS from_day,
  coalesce(lead(CAST(timezone(s.timezone, p.valid_from) AS DATE)) OVER (PARTITION BY p.shop_id, p.sku_id ORDER BY p.valid_from),
    DATE '9999-12-31') AS to_day FROM prices p JOIN shops s USING (shop_id) WHERE p.sale_price > 0),
known AS (SELECT t.shop_id AS shop, t.sku_id, w.week,
  sum(least(t.to_day, w.week + 7) - greatest(t.from_day, w.week)) AS days,
  sum((least(t.to_day, w.week + 7) - greatest(t.from_day, w.week)) * ln(t.price)) AS logs, max(t.list_price) AS list_price
  FROM told t JOIN weeks w ON t.from_day < w.week + 7 AND t.to_day > w.week GROUP BY ALL),
sold AS ({_sales(ask, "l.shop_id")}),
spans AS (SELECT shop, sku_id, min(week) AS began, max(week) AS ended FROM sold GROUP BY ALL)
SELECT k.shop, k.sku_id, p.{group} AS grp, k.week, exp(k.logs / k.days) AS price, k.list_price, CAST(k.days AS DOUBLE) AS days,
  coalesce(s.units, 0) AS units, s.lines FROM known k JOIN spans n ON k.shop = n.shop AND k.sku_id = n.sku_id
  AND k.week BETWEEN n.began AND n.ended JOIN products p ON k.sku_id = p.sku_id
  LEFT JOIN sold s ON k.shop = s.shop AND k.sku_id = s.sku_id AND k.week = s.week
WHERE k.days > 0 AND p.{group} IS NOT NULL"""


def _paid(ask: Ask, group: str) -> str:
    """All shops as one: what a household panel buys in a single shop and week is too little to be an article's price."""
    first, last = _span(ask)
    return f"""
WITH sold AS ({_sales(ask, "'all'")}),
regular AS (SELECT * FROM sold WHERE units > 0 AND paid > 0 AND listed > 0 AND week BETWEEN {first} AND {last}),
often AS (SELECT sku_id FROM regular GROUP BY 1
  HAVING count(*) >= {FEWEST_WEEKS} AND count(*) >= {SOLD_SHARE} * (date_diff('week', min(week), max(week)) + 1))
SELECT r.shop, r.sku_id, p.{group} AS grp, r.week, r.paid / r.units AS price, r.listed / r.units AS list_price, 7.0 AS days,
  r.units, r.lines FROM regular r JOIN often USING (sku_id) JOIN products p USING (sku_id) WHERE p.{group} IS NOT NULL"""
