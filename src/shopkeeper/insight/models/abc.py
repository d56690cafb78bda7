"""Model 6: which articles carry the business, and whether they still do later."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.articles import INPUTS, SOLD, article, level_option, names, require_level
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.methods.concentration import abc_classes, gini
from shopkeeper.methods.intervals import wilson

FEWEST = 20
CLASSES = ("A", "B", "C")
LISTED = 60


def estimate(ask: Ask) -> ModelResult:
    """Articles by paid amount in classes A (to 80 %), B (to 95 %) and C; and how many A articles were A half a span before."""
    level = ask.text("level")
    require_level(ask, level)
    got = _amounts(ask, level)
    keys, paid = got["key"], got["paid"].astype(np.float64)
    if len(keys) < FEWEST:
        raise refusal("model.few_articles", [say("model.need_articles", n=FEWEST)], n=len(keys))
    classes = abc_classes(paid)
    early, late = got["early"].astype(np.float64), got["late"].astype(np.float64)
    kept = _kept(early, late)
    order = np.argsort(-paid, kind="stable")
    share = np.cumsum(paid[order]) / paid.sum()
    fifth = max(1, round(len(paid) / 5))
    figures = [
        Figure("articles", say("model.articles"), len(keys), "count"),
        Figure("a_articles", say("model.abc_a_articles"), int((classes == 0).sum()), "count"),
        Figure("top_fifth", say("model.abc_top_fifth"), float(share[fifth - 1]), "share"),
        Figure("gini", say("model.abc_gini"), gini(paid), "number"),
    ]
    if kept is not None:
        of, did = kept
        low, high = wilson(did, of)
        figures.append(Figure("kept", say("model.abc_kept"), did / of, "share", low, high))
    called = names(ask, [str(k) for k in keys[order][:LISTED]], level)
    at = np.unique(np.linspace(0, len(order) - 1, min(len(order), 200)).astype(int))
    return ModelResult(
        say("model.abc_method", level=say(f"model_choice.{level}")),
        ask.basis(("order_lines", int(got["lines"].sum())), first=ask.covered[0], last=ask.covered[1]),
        tuple(figures),
        (_classes(classes, paid), _articles(keys[order], paid[order], share, classes[order], called)),
        (
            Picture(
                "curve", "line", say("model.abc_picture"), say("model.abc_rank"), say("model.abc_cumulative"),
                (
                    Series(
                        say("model.abc_cumulative"), tuple(float(v) for v in share[at]),
                        tuple(float(a + 1) / len(order) for a in at),
                    ),
                ),
                x_unit="share", y_unit="share",
            ),
        ),
        () if kept is not None else (say("model.abc_no_halves"),),
    )  # fmt: skip


def _amounts(ask: Ask, level: str) -> dict[str, NDArray[np.object_]]:
    first, last = ask.covered
    if first is None or last is None:
        raise refusal("model.few_articles", [say("model.need_articles", n=FEWEST)], n=0)
    middle = first + (last - first) / 2
    late = f"l.paid_day > DATE '{middle}'"
    return ask.arrays(
        f"SELECT {article(level)} AS key, sum(CAST(l.payable_amount AS DOUBLE)) AS paid, count(*) AS lines, "
        f"coalesce(sum(CAST(l.payable_amount AS DOUBLE)) FILTER (NOT {late}), 0) AS early, "
        f"coalesce(sum(CAST(l.payable_amount AS DOUBLE)) FILTER ({late}), 0) AS late "
        f"FROM order_lines l LEFT JOIN products p USING (sku_id) WHERE {SOLD} AND {ask.days('l.paid_day')} "
        f"GROUP BY 1 HAVING key IS NOT NULL AND paid > 0 ORDER BY 1"
    )


def _kept(early: NDArray[np.float64], late: NDArray[np.float64]) -> tuple[int, int] | None:
    """(A articles of the first half, how many of them are A in the second); None when a half sold nothing."""
    if not (early > 0).any() or not (late > 0).any():
        return None
    first, second = abc_classes(early) == 0, abc_classes(late) == 0
    return int(first.sum()), int((first & second).sum())


def _classes(classes: NDArray[np.int64], paid: NDArray[np.float64]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for number, name in enumerate(CLASSES):
        mine = classes == number
        rows.append(
            (name, int(mine.sum()), float(mine.mean()), float(paid[mine].sum()), float(paid[mine].sum() / paid.sum()))
        )
    return Table(
        "classes", say("model.abc_classes"),
        (
            Column("class", say("model.abc_class")), Column("articles", say("model.articles"), "count"),
            Column("articles_share", say("model.of_articles"), "share"), Column("paid", say("model.paid"), "money"),
            Column("paid_share", say("model.of_paid"), "share"),
        ),
        tuple(rows),
    )  # fmt: skip


def _articles(
    keys: NDArray[np.object_], paid: NDArray[np.float64], share: NDArray[np.float64], classes: NDArray[np.int64],
    called: dict[str, str],
) -> Table:  # fmt: skip
    rows = tuple(
        (called[str(keys[i])], float(paid[i]), float(share[i]), CLASSES[classes[i]])
        for i in range(min(len(keys), LISTED))
    )
    return Table(
        "articles", say("model.articles"),
        (
            Column("article", say("model.article")), Column("paid", say("model.paid"), "money"),
            Column("cumulative", say("model.abc_cumulative"), "share"), Column("class", say("model.abc_class")),
        ),
        rows, say("model.first_of", n=len(rows), of=len(keys)),
    )  # fmt: skip


MODEL = Model(
    number=6,
    id="abc",
    group="baskets",
    inputs=INPUTS,
    references=("Dickie 1951, Factory Management and Maintenance 109(7)", "Gini 1912, Variabilità e mutabilità"),
    checks=(),
    estimate=estimate,
    options=(level_option("product"),),
    helps=("products.product_id",),
)
