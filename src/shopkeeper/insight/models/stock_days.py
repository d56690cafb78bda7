"""Units sold and stock of the articles that matter, by day: what the stock models read.

Stock is that of all warehouses together, which sell through every shop. Between two counts at most nine days apart an article
was *there* when both found some and *out* when both found none and nothing was sold between; other days are neither.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.said import refusal, say

Floats = NDArray[np.float64]
FEWEST_DAYS = 60
_MOST_GAP = 9
SALES = "order_lines l WHERE l.paid_day IS NOT NULL AND l.is_brushing IS NOT TRUE AND l.quantity_unit IS NULL"
COSTS = "(SELECT sku_id, CAST(arg_max(unit_cost, valid_from) AS DOUBLE) AS cost FROM sku_costs GROUP BY sku_id)"
"""The newest cost of each article."""

GROUPS = "(SELECT sku_id, max(coalesce(category, '–')) AS grp, max(name) AS name FROM products GROUP BY sku_id)"


@dataclass(frozen=True)
class Articles:
    """The articles with most sales. `units` has the shape (n_days, n_articles); a day without a row sold nothing."""

    first: dt.date
    sku: list[str]
    name: list[str]
    group: NDArray[np.int64]
    group_names: list[str]
    units: Floats
    cost: Floats
    margin: Floats
    """Paid amount a unit less its cost (with VAT in the price); NaN where the cost is unknown."""
    price: Floats


def articles(ask: Ask, most: int, days: int) -> Articles:
    """The newest days of the best-selling articles. Raises NotEstimable for fewer than sixty days."""
    first, last = ask.covered
    if first is None or last is None or (last - first).days + 1 < FEWEST_DAYS:
        raise refusal("model.stock_short", [say("model.stock_need_days", n=FEWEST_DAYS)])
    start = max(first, last - dt.timedelta(days=days - 1))
    inside = f"l.paid_day BETWEEN DATE '{start}' AND DATE '{last}'"
    top = ask.rows(
        "SELECT l.sku_id, any_value(g.name), any_value(coalesce(g.grp, '–')), any_value(c.cost), "
        f"sum(CAST(l.payable_amount AS DOUBLE)) / nullif(sum(CAST(l.quantity AS DOUBLE)), 0) FROM {SALES.split(' WHERE ')[0]} "
        f"LEFT JOIN {GROUPS} g ON g.sku_id = l.sku_id LEFT JOIN {COSTS} c ON c.sku_id = l.sku_id "
        f"WHERE {SALES.split(' WHERE ')[1]} AND {inside} AND l.sku_id IS NOT NULL GROUP BY l.sku_id "
        f"ORDER BY sum(l.quantity) DESC NULLS LAST, l.sku_id LIMIT {most}"
    )
    place = {sku: n for n, (sku, *_) in enumerate(top)}
    sold = ask.arrays(
        f"SELECT l.sku_id AS sku, date_diff('day', DATE '{start}', l.paid_day) AS day, sum(CAST(l.quantity AS DOUBLE)) AS units "
        f"FROM {SALES} AND {inside} AND l.sku_id IS NOT NULL GROUP BY ALL"
    )
    units = np.zeros(((last - start).days + 1, len(top)))
    at = np.array([place.get(sku, -1) for sku in sold["sku"].tolist()], dtype=np.int64)
    kept = at >= 0
    units[sold["day"][kept].astype(np.int64), at[kept]] = np.maximum(sold["units"][kept], 0.0)
    names, group = np.unique([str(row[2]) for row in top], return_inverse=True)
    cost = np.array([np.nan if row[3] is None else float(row[3]) for row in top])
    price = np.array([np.nan if row[4] is None else float(row[4]) for row in top])
    return Articles(
        start, [str(row[0]) for row in top], [str(row[1] or row[0]) for row in top], group.astype(np.int64), names.tolist(),
        units, cost, price - cost, price,
    )  # fmt: skip


def presence(ask: Ask, found: Articles) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Days on which each article was there, and on which it was out, of the shape of its units."""
    end = found.first + dt.timedelta(days=len(found.units) - 1)
    spans = ask.arrays(
        "WITH counted AS (SELECT sku_id, stock_day, sum(CAST(on_hand AS DOUBLE)) AS held FROM stock_levels "
        f"WHERE stock_day BETWEEN DATE '{found.first}' - {_MOST_GAP} AND DATE '{end}' GROUP BY ALL), "
        "spans AS (SELECT sku_id, stock_day, held, lead(stock_day) OVER w AS until, lead(held) OVER w AS then_held FROM counted "
        "WINDOW w AS (PARTITION BY sku_id ORDER BY stock_day)) "
        f"SELECT sku_id AS sku, date_diff('day', DATE '{found.first}', stock_day) + 1 AS start, "
        f"date_diff('day', DATE '{found.first}', until) + 1 AS stop, held > 0 AND then_held > 0 AS there, "
        f"held <= 0 AND then_held <= 0 AS gone FROM spans WHERE until IS NOT NULL AND until - stock_day <= {_MOST_GAP}"
    )
    place = {sku: n for n, sku in enumerate(found.sku)}
    at = np.array([place.get(sku, -1) for sku in spans["sku"].tolist()], dtype=np.int64)
    n = len(found.units)
    start, stop = (np.clip(spans[name].astype(np.int64), 0, n) for name in ("start", "stop"))
    shape = (n + 1, len(found.sku))
    masks = []
    sold = np.vstack([np.zeros(len(found.sku)), np.cumsum(found.units, axis=0)])
    for flag in ("there", "gone"):
        use = (at >= 0) & spans[flag].astype(bool) & (stop > start)
        if flag == "gone":
            use &= np.where(at >= 0, sold[stop, np.maximum(at, 0)] == sold[start, np.maximum(at, 0)], False)
        change = np.zeros(shape, dtype=np.int64)
        np.add.at(change, (start[use], at[use]), 1)
        np.add.at(change, (stop[use], at[use]), -1)
        masks.append(np.cumsum(change, axis=0)[:-1] > 0)
    return masks[0], masks[1]
