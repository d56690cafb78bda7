"""Model 12: what a promotion's extra sales are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.price_weeks import SEASON_WEEKS, PriceWeeks, long_cuts, price_weeks, regular_prices
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.retold import retold
from shopkeeper.insight.models.said import say
from shopkeeper.methods.promotion import PARTS, Decomposition, Panel, decompose

DEPTH = 0.2
LEAST_DEPTH = 0.03


def estimate(ask: Ask) -> ModelResult:
    """Extra sales of discounted articles, split into what others lose, what other weeks lose, and what is new."""
    cells = price_weeks(ask)
    with retold():
        found = decompose(_panel(cells), ask.whole("weeks_before"), ask.whole("weeks_after"))
    typical = float(np.median(_typical(cells)))
    own = _scaled(found.own)
    remarks = [say("model.promotion_meaning"), say("model.price_asked" if cells.asked else "model.price_paid")]
    if found.shares["new"][1] <= 0 <= found.shares["new"][2]:
        remarks.insert(0, say("model.promotion_new_unsure"))
    return ModelResult(
        say("model.promotion_method", before=ask.whole("weeks_before"), after=ask.whole("weeks_after")),
        ask.basis(("order_lines", cells.lines), first=ask.covered[0], last=ask.covered[1]),
        (
            Figure("own", say("model.promotion_own"), own[0], "money", own[1], own[2], note=say("model.promotion_own_note")),
            *(Figure(p, say(f"model.promotion_{p}"), found.shares[p][0], "share", *found.shares[p][1:]) for p in PARTS),
            Figure("typical", say("model.promotion_typical"), typical, "money"),
        ),
        (_table(found),),
        (
            Picture(
                "parts", "bar", say("model.promotion_picture"), say("model.promotion_part"), say("model.share"),
                (Series(say("model.promotion_share"), tuple(found.shares[p][0] for p in PARTS)),),
                labels=tuple(say(f"model.promotion_{p}") for p in PARTS), y_unit="share",
            ),
        ),
        tuple(remarks),
    )  # fmt: skip


def _scaled(told: tuple[float, float, float]) -> tuple[float, float, float]:
    return told[0] * DEPTH, told[1] * DEPTH, told[2] * DEPTH


def _panel(cells: PriceWeeks) -> Panel:
    """Sales at regular prices and depths as tables of article × week."""
    articles, weeks = int(cells.article.max()) + 1, int(cells.week.max()) + 1
    regular = regular_prices(cells)
    sales, depth = np.zeros((articles, weeks)), np.full((articles, weeks), np.nan)
    sales[cells.article, cells.week] = cells.units * regular[cells.article]
    off = 1.0 - cells.price / regular[cells.article]
    # clearance is not a promotion: such weeks say nothing
    depth[cells.article, cells.week] = np.where(long_cuts(cells), np.nan, np.where(off >= LEAST_DEPTH, off, 0.0))
    shop, group = np.zeros(articles, dtype=np.int64), np.zeros(articles, dtype=np.int64)
    shop[cells.article], group[cells.article] = cells.shop, cells.group
    return Panel(
        sales,
        depth,
        np.unique(group * (int(shop.max()) + 1) + shop, return_inverse=True)[1],
        shop,
        np.arange(weeks) // SEASON_WEEKS,
    )


def _typical(cells: PriceWeeks) -> NDArray[np.float64]:
    """Mean weekly sales of each article at its regular price."""
    amount = cells.units * regular_prices(cells)[cells.article]
    typical: NDArray[np.float64] = np.bincount(cells.article, amount) / np.bincount(cells.article)
    return typical


def _table(found: Decomposition) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (say("model.promotion_all"), *_scaled(found.own), 1.0, None, None),
        *((say(f"model.promotion_{p}"), *_scaled(found.parts[p]), *found.shares[p]) for p in PARTS),
    ]  # fmt: skip
    return Table(
        "parts", say("model.promotion_table"),
        (
            Column("part", say("model.promotion_part")), Column("amount", say("model.promotion_amount"), "money"),
            Column("low", say("model.low"), "money"), Column("high", say("model.high"), "money"),
            Column("share", say("model.promotion_share"), "share"), Column("share_low", say("model.low"), "share"),
            Column("share_high", say("model.high"), "share"),
        ),
        tuple(rows), say("model.promotion_table_note", cells=found.cells, groups=found.clusters),
    )  # fmt: skip


MODEL = Model(
    number=12,
    id="promotion",
    group="prices",
    inputs=("order_lines.sku_id", "order_lines.quantity", "order_lines.list_amount", "products.category"),
    references=("van Heerde, Leeflang & Wittink 2004, Marketing Science 23(3), 317–334",),
    checks=(
        PublishedCheck(
            "van Heerde et al. 2004, eqs. (1)–(6)", "simulated panels", "parts add up to the whole to 1e-9; known shares found",
            "tests/recovery/test_promotion.py",
        ),
    ),
    estimate=estimate,
    options=(
        Option("weeks_before", "whole", 1, low=0, high=4), Option("weeks_after", "whole", 4, low=1, high=12),
    ),
    helps=("prices.sale_price", "products.subcategory"),
)  # fmt: skip
