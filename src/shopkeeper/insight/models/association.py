"""Model 5: what is bought together, more often than by chance, and how much money that is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.articles import INPUTS, LEVELS, SOLD, article, names, require_level
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.retold import retold
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.methods.baskets import Rules, frequent_sets, rules, support_of_pairs

LISTED = 60
PAIRS = 1000
FEWEST_SHARED = 500
SPLITTING = (
    "SELECT shop_id FROM order_lines GROUP BY shop_id HAVING count(DISTINCT order_id) = count(*) AND count(*) > 100"
)
"""Shops that make every article an order of its own: their orders cannot show what goes together."""


def estimate(ask: Ask) -> ModelResult:
    """Rules of the form "who takes these also takes that" that chance does not explain, with lift and money."""
    level = _level(ask)
    require_level(ask, level)
    lines = (
        f"SELECT l.shop_id, l.order_id, {article(level)} AS key, CAST(l.payable_amount AS DOUBLE) AS paid "
        f"FROM order_lines l LEFT JOIN products p USING (sku_id) WHERE {SOLD} AND {ask.days('l.paid_day')} "
        f"AND l.shop_id NOT IN ({SPLITTING})"
    )
    known = f"SELECT DISTINCT key FROM ({lines}) WHERE key IS NOT NULL"
    got = ask.arrays(
        f"SELECT dense_rank() OVER (ORDER BY s.shop_id, s.order_id) - 1 AS basket, coalesce(k.item, -1) AS item, s.paid "
        f"FROM ({lines}) s LEFT JOIN (SELECT key, row_number() OVER (ORDER BY key) - 1 AS item FROM ({known})) k USING (key)"
    )
    keys = [str(key) for (key,) in ask.rows(f"{known} ORDER BY key")]
    n = int(got["basket"].max()) + 1 if len(got["basket"]) else 0
    told = got["item"] >= 0
    basket, item = got["basket"][told].astype(np.int64), got["item"][told].astype(np.int64)
    paid = got["paid"][told].astype(np.float64)
    shared = int((np.bincount(np.unique(np.stack([basket, item]), axis=1)[0], minlength=max(n, 1)) > 1).sum())
    if shared < FEWEST_SHARED:
        raise refusal("model.baskets_few", [say("model.baskets_need", n=FEWEST_SHARED)], n=shared)
    support = ask.number("support") or support_of_pairs(basket, item, n, PAIRS)
    with retold():
        sets = frequent_sets(basket, item, n, support, ask.whole("longest"))
        every = rules(sets, n, ask.number("confidence"))
    sure = np.flatnonzero((every.p_value < 0.05) & (every.lift_low > 1.0))
    if not len(sure):
        raise refusal("model.baskets_chance", [say("model.baskets_need_lower")], n=len(every.right))
    each = np.bincount(item, paid, len(keys)) / np.bincount(item, minlength=len(keys))
    beyond = _beyond(every, each)
    order = sure[np.argsort(-beyond[sure], kind="stable")]
    figures = (
        Figure("baskets", say("model.baskets"), n, "count"),
        Figure("shared", say("model.baskets_shared"), shared / n, "share"),
        Figure("support", say("model.support_used"), support, "share", note=say("model.support_note", n=PAIRS)),
        Figure("rules", say("model.baskets_rules"), len(every.right), "count"),
        Figure("sure", say("model.baskets_sure"), len(sure), "count"),
    )
    return ModelResult(
        say("model.baskets_method", level=say(f"model_choice.{level}")),
        ask.basis(("order_lines", int(len(got["basket"]))), first=ask.covered[0], last=ask.covered[1]),
        figures,
        (_table(ask, level, keys, every, order, beyond),),
        (
            Picture(
                "rules", "scatter", say("model.baskets_picture"), say("model.baskets_support"), say("model.baskets_lift"),
                (
                    Series(
                        say("model.baskets_sure"), tuple(float(v) for v in every.lift[order[:400]]),
                        tuple(float(v) for v in every.support[order[:400]]),
                    ),
                ),
                x_unit="share", y_unit="number",
            ),
        ),
        (say("model.baskets_claim"),),
    )  # fmt: skip


def _level(ask: Ask) -> str:
    """The level asked for; by itself the product types, where the catalogue has any, else products."""
    chosen = ask.text("items")
    if chosen != "auto":
        return chosen
    return "product_type" if ask.rows("SELECT 1 FROM products WHERE product_type IS NOT NULL LIMIT 1") else "product"


def _beyond(found: Rules, each: NDArray[np.float64]) -> NDArray[np.float64]:
    """Paid amount of the right article in baskets beyond those that chance would give the rule."""
    amount: NDArray[np.float64] = found.baskets * (1.0 - 1.0 / found.lift) * each[found.right]
    return amount


def _table(
    ask: Ask, level: str, keys: list[str], found: Rules, order: NDArray[np.int64], beyond: NDArray[np.float64]
) -> Table:
    shown = order[:LISTED]
    used = sorted({i for r in shown.tolist() for i in (*found.left[r], int(found.right[r]))})
    called = names(ask, [keys[i] for i in used], level)
    rows: list[tuple[Cell, ...]] = [
        (
            " + ".join(called[keys[i]] for i in found.left[r]), called[keys[int(found.right[r])]],
            int(found.baskets[r]), float(found.support[r]), float(found.confidence[r]), float(found.lift[r]),
            float(found.lift_low[r]), float(found.lift_high[r]), float(beyond[r]),
        )
        for r in shown.tolist()
    ]  # fmt: skip
    return Table(
        "rules", say("model.baskets_table"),
        (
            Column("left", say("model.baskets_left")), Column("right", say("model.baskets_right")),
            Column("baskets", say("model.baskets"), "count"), Column("support", say("model.baskets_support"), "share"),
            Column("confidence", say("model.baskets_confidence"), "share"),
            Column("lift", say("model.baskets_lift"), "number"), Column("lift_low", say("model.low"), "number"),
            Column("lift_high", say("model.high"), "number"), Column("beyond", say("model.baskets_beyond"), "money"),
        ),
        tuple(rows), say("model.first_of", n=len(rows), of=len(order)),
    )  # fmt: skip


MODEL = Model(
    number=5,
    id="association",
    group="baskets",
    inputs=INPUTS,
    references=(
        "Agrawal & Srikant 1994, VLDB, Fast algorithms for mining association rules", "Brin, Motwani, Ullman & Tsur 1997, SIGMOD",
    ),
    checks=(
        PublishedCheck(
            "Hahsler, Grün & Hornik 2005, arules", "Groceries, 9,835 baskets", "463 rules at support .006, confidence .25",
            "tests/golden/test_baskets.py",
        ),
    ),
    estimate=estimate,
    options=(
        Option("items", "choice", "auto", choices=("auto", *LEVELS)),
        Option("support", "number", 0.0, low=0.0, high=0.5), Option("confidence", "number", 0.05, low=0.001, high=1.0),
        Option("longest", "whole", 3, low=2, high=5),
    ),
    helps=("products.product_type",),
)  # fmt: skip
