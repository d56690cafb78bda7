"""Model 21: at which stock to order each article, how much, and whether past demand would have been covered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.insight.models.stock_days import Articles, articles
from shopkeeper.methods.intervals import wilson
from shopkeeper.methods.inventory.newsvendor import safety_stock
from shopkeeper.methods.inventory.policy import (
    Continuous,
    reorder_quantity,
    with_safety_stock,
    with_waiting_customers,
)

Floats = NDArray[np.float64]
MOST_ARTICLES, SHOWN = 2000, 60
FEWEST_SALES = 12
"""Days with a sale without which nothing is proposed for an article."""
_BOOK = "Snyder & Shen, Fundamentals of Supply Chain Theory, 2nd edition"


@dataclass(frozen=True)
class _Plan:
    """Policies by article, arrays of shape (n,): daily demand, lead time, reorder point, order size, stock now."""

    mean: Floats
    sd: Floats
    lead: Floats
    lead_sd: Floats
    safety: Floats
    point: Floats
    size: Floats
    position: Floats
    sold_days: NDArray[np.int64]


def estimate(ask: Ask) -> ModelResult:
    """Reorder point r = demand of the lead time + safety stock, order size Q = economic quantity; (s, S) = (r, r + Q).

    The rule is tried on the past: set on the first half of the days, asked whether windows as long as the lead time in the
    second half stayed below r.
    """
    found = articles(ask, MOST_ARTICLES, ask.whole("stock_days"))
    level = ask.number("service_level")
    lead, lead_sd = _lead_times(ask, found)
    plan = _plan(ask, found, lead, lead_sd, level)
    usable = (plan.sold_days >= FEWEST_SALES) & np.isfinite(found.cost) & np.isfinite(plan.position)
    if not usable.any():
        raise refusal("model.policy_nothing", [say("model.policy_need", n=FEWEST_SALES), "sku_costs.unit_cost"])
    covered, windows = _tried(found, plan, usable, level)
    low, high = wilson(covered, windows) if windows else (None, None)
    due = usable & (plan.position <= plan.point)
    order = np.where(due, np.ceil(plan.point + plan.size - plan.position), 0.0)
    value = float((order * np.nan_to_num(found.cost))[due].sum())
    last = found.first + dt.timedelta(days=len(found.units) - 1)
    return ModelResult(
        say("model.policy_method", level=f"{level:.0%}"),
        ask.basis(("order_lines", int(found.units.sum())), first=found.first, last=last),
        (
            Figure(
                "due",
                say("model.policy_due"),
                int(due.sum()),
                "count",
                note=say("model.policy_due_note", n=int(usable.sum())),
            ),
            Figure("value", say("model.policy_value"), value, "money"),
            Figure(
                "covered",
                say("model.policy_covered"),
                covered / windows if windows else None,
                "share",
                low,
                high,
                note=say("model.policy_covered_note", n=windows, level=f"{level:.0%}"),
            ),
            Figure(
                "safety",
                say("model.policy_safety_value"),
                float((plan.safety * np.nan_to_num(found.cost))[usable].sum()),
                "money",
            ),
        ),
        (_table(found, plan, order, usable), *_policies(ask, found, plan, usable, level)),
        (_picture(found, plan, usable),),
        _remarks(covered / windows if windows else None, level),
    )


def _lead_times(ask: Ask, found: Articles) -> tuple[Floats, Floats]:
    """Mean days from order to arrival and their spread: of the article with five arrivals, else of all. Raises NotEstimable."""
    rows = ask.rows(
        "SELECT sku_id, avg(d), stddev_samp(d), count(*) FROM (SELECT sku_id, date_diff('day', ordered_day, received_day) AS d "
        f"FROM purchase_orders WHERE received_day IS NOT NULL AND {ask.days('ordered_day')}) GROUP BY sku_id"
    )
    every = ask.rows(
        "SELECT avg(d), stddev_samp(d), count(*) FROM (SELECT date_diff('day', ordered_day, received_day) AS d "
        f"FROM purchase_orders WHERE received_day IS NOT NULL AND {ask.days('ordered_day')})"
    )[0]
    if not every[2]:
        raise refusal("model.policy_no_arrivals", ["purchase_orders.received_day"])
    own = {sku: (float(mean), float(sd or 0.0)) for sku, mean, sd, n in rows if n >= 5}
    pairs = [own.get(sku, (float(every[0]), float(every[1] or 0.0))) for sku in found.sku]
    return np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])


def _plan(ask: Ask, found: Articles, lead: Floats, lead_sd: Floats, level: float) -> _Plan:
    mean, sd = found.units.mean(axis=0), found.units.std(axis=0, ddof=1)
    safety = safety_stock(sd, lead, level, demand_mean=mean, lead_time_sd=lead_sd)
    yearly, held = mean * 365, np.nan_to_num(found.cost, nan=1.0) * ask.number("holding_share")
    size = np.sqrt(2 * ask.number("order_cost") * yearly / np.maximum(held, 1e-9))
    return _Plan(
        mean,
        sd,
        lead,
        lead_sd,
        safety,
        mean * lead + safety,
        np.maximum(size, 1.0),
        _position(ask, found),
        (found.units > 0).sum(axis=0),
    )


def _position(ask: Ask, found: Articles) -> Floats:
    """Stock and what is on the way at the newest count: as told there, or the open purchase orders where that is more.

    NaN where an article was not counted.
    """
    newest = f"(SELECT max(stock_day) FROM stock_levels WHERE {ask.days('stock_day')})"
    rows = ask.rows(
        "WITH held AS (SELECT sku_id, sum(CAST(on_hand AS DOUBLE)) AS held, "
        "sum(coalesce(CAST(in_transit AS DOUBLE), 0)) AS moving "
        f"FROM stock_levels WHERE stock_day = {newest} GROUP BY sku_id), "
        "due AS (SELECT sku_id, sum(CAST(quantity AS DOUBLE) - coalesce(CAST(received_quantity AS DOUBLE), 0)) AS due "
        f"FROM purchase_orders WHERE ordered_day <= {newest} AND (received_day IS NULL OR received_day > {newest}) "
        "GROUP BY sku_id) "
        "SELECT h.sku_id, h.held + greatest(h.moving, coalesce(d.due, 0)) FROM held h LEFT JOIN due d ON d.sku_id = h.sku_id"
    )
    held = dict(rows)
    return np.array([np.nan if held.get(sku) is None else float(held[sku]) for sku in found.sku])


def _tried(found: Articles, plan: _Plan, usable: NDArray[np.bool_], level: float) -> tuple[int, int]:
    """Windows of the second half that r from the first half would have covered, of how many; windows do not overlap."""
    half = len(found.units) // 2
    past, future = found.units[:half], found.units[half:]
    mean, sd = past.mean(axis=0), past.std(axis=0, ddof=1)
    point = mean * plan.lead + safety_stock(sd, plan.lead, level, demand_mean=mean, lead_time_sd=plan.lead_sd)
    covered = windows = 0
    length = np.maximum(np.round(plan.lead).astype(np.int64), 1)
    for days in np.unique(length[usable]).tolist():  # a handful of different lead times
        mine = usable & (length == days) & ((past > 0).sum(axis=0) >= FEWEST_SALES)
        count = len(future) // days
        if not count or not mine.any():
            continue
        sums = future[: count * days, mine].reshape(count, days, -1).sum(axis=1)
        covered += int((sums <= point[mine]).sum())
        windows += sums.size
    return covered, windows


def _remarks(share: float | None, level: float) -> tuple:  # type: ignore[type-arg]
    told = [say("model.policy_remark")]
    if share is not None and share < level - 0.05:
        told.append(say("model.policy_short_of"))
    return tuple(told)


def _table(found: Articles, plan: _Plan, order: Floats, usable: NDArray[np.bool_]) -> Table:
    worth = np.where(usable, order * np.nan_to_num(found.cost), -1.0)
    error = plan.sd / np.sqrt(len(found.units)) * 1.96 * plan.lead
    rows: list[tuple[Cell, ...]] = [
        (
            found.sku[n],
            found.name[n],
            float(plan.mean[n]),
            float(plan.lead[n]),
            float(plan.position[n]),
            float(plan.point[n]),
            float(max(plan.point[n] - error[n], 0)),
            float(plan.point[n] + error[n]),
            float(plan.safety[n]),
            float(np.ceil(plan.size[n])),
            float(order[n]),
            float(order[n] * found.cost[n]),
        )
        for n in np.argsort(-worth, kind="stable")[:SHOWN]
        if usable[n]
    ]
    return Table(
        "articles",
        say("model.policy_table"),
        (
            Column("sku", say("model.stock_sku")),
            Column("name", say("model.stock_name")),
            Column("demand", say("model.policy_demand"), "number"),
            Column("lead", say("model.policy_lead"), "days"),
            Column("position", say("model.policy_position"), "count"),
            Column("point", say("model.policy_point"), "count"),
            Column("low", say("model.low"), "count"),
            Column("high", say("model.high"), "count"),
            Column("safety", say("model.policy_safety"), "count"),
            Column("size", say("model.policy_size"), "count"),
            Column("order", say("model.policy_order"), "count"),
            Column("money", say("model.policy_money"), "money"),
        ),
        tuple(rows),
        say("model.policy_table_note", n=SHOWN),
    )


def _policies(ask: Ask, found: Articles, plan: _Plan, usable: NDArray[np.bool_], level: float) -> tuple[Table, ...]:
    """For one article, the one asked for or else the one that sells most: the textbook policies and their yearly cost.

    A unit short costs what makes the service level worth its stock: p = h·α ÷ (1 − α). The spread of the lead time is folded
    into that of demand.
    """
    wanted = ask.text("compare_sku")
    if wanted and wanted not in found.sku:
        raise refusal("model.policy_no_article", [say("model.policy_need_article")])
    n = found.sku.index(wanted) if wanted else int(np.argmax(np.where(usable, plan.mean, -1.0)))
    years = float(plan.lead[n]) / 365
    spread = float(plan.lead[n] * plan.sd[n] ** 2 + (plan.mean[n] * plan.lead_sd[n]) ** 2)
    holding = float(np.nan_to_num(found.cost[n])) * ask.number("holding_share")
    if not (usable[n] and years > 0 and spread > 0 and holding > 0):
        return ()
    costs = Continuous(
        ask.number("order_cost"), holding, holding * level / (1 - level), float(plan.mean[n]) * 365,
        float(np.sqrt(spread / years)),
        years,
    )  # fmt: skip
    named = {
        "exact": reorder_quantity(costs), "backorders": with_waiting_customers(costs), "safety": with_safety_stock(costs),
    }  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (say(f"model.policy_rule_{name}"), p.reorder_point, p.quantity, p.up_to, p.cost) for name, p in named.items()
    ]
    return (
        Table(
            "policies", say("model.policy_policies", sku=found.sku[n], name=found.name[n]),
            (
                Column("policy", say("model.policy_rule")), Column("point", say("model.policy_point"), "count"),
                Column("quantity", say("model.policy_size"), "count"), Column("up_to", say("model.policy_up_to"), "count"),
                Column("cost", say("model.policy_yearly"), "money"),
            ),
            tuple(rows), say("model.policy_policies_note"),
        ),
    )  # fmt: skip


def _picture(found: Articles, plan: _Plan, usable: NDArray[np.bool_]) -> Picture:
    order = [n for n in np.argsort(-plan.mean) if usable[n]][:12]
    return Picture(
        "stock",
        "bar",
        say("model.policy_picture"),
        say("model.stock_sku"),
        say("model.policy_units"),
        (
            Series(say("model.policy_position"), tuple(float(plan.position[n]) for n in order)),
            Series(say("model.policy_point"), tuple(float(plan.point[n]) for n in order)),
        ),
        labels=tuple(found.sku[n] for n in order),
        y_unit="count",
    )


MODEL = Model(
    number=21,
    id="stock_policy",
    group="stock",
    inputs=(
        "order_lines.sku_id",
        "order_lines.quantity",
        "stock_levels.on_hand",
        "purchase_orders.received_day",
        "sku_costs.unit_cost",
    ),
    references=("Arrow, Harris & Marschak 1951, Econometrica 19(3)", _BOOK),
    checks=(
        PublishedCheck(
            _BOOK,
            "Examples 3.1, 3.5, 3.6",
            "EOQ 304.0468 and 68.4105; EOQ with backorders 310.813 and 66.921; EPQ 626.808 and 33.184",
            "tests/golden/test_inventory_figures.py",
        ),
        PublishedCheck(
            _BOOK,
            "Examples 4.3, 4.7, 4.8",
            "newsvendor 56.604 and 1.9976; (s, S) = (4, 10), 8.0341; power approximation 40.195, 74.290",
            "tests/golden/test_inventory_figures.py",
        ),
        PublishedCheck(
            _BOOK,
            "Example 5.1",
            "(r, Q): 190.337, 304.047; exact cost 87.0484 and 78.2024",
            "tests/golden/test_inventory_figures.py",
        ),
    ),
    estimate=estimate,
    options=(
        Option("stock_days", "whole", 180, low=60, high=1095),
        Option("service_level", "number", 0.95, low=0.5, high=0.999),
        Option("order_cost", "number", 100.0, low=0.01, high=1e6),
        Option("holding_share", "number", 0.2, low=0.01, high=2),
        Option("compare_sku", "text", ""),
    ),
)
