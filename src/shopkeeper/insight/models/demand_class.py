"""Model 7: how evenly each article is asked for: X, Y, Z, and smooth, erratic, intermittent or lumpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.articles import INPUTS, SOLD, article, level_option, names, require_level
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Said, refusal, say
from shopkeeper.methods.concentration import CLASSES, INTERVAL_CUT, VARIATION_CUT, Demand, abc_classes, demand_classes

QUIET_WEEKS = 13
LISTED = 60


def estimate(ask: Ask) -> ModelResult:
    """Weekly demand of every article that still sells, classed by its interval and its variation, beside ABC."""
    level = ask.text("level")
    require_level(ask, level)
    keys, paid, quiet, (who, units, periods) = _weeks(ask, level)
    found = demand_classes(who, units, periods)
    told = found.kind >= 0
    if int(told.sum()) < 20:
        raise refusal("model.demand_few", [say("model.need_weeks", n=12)], n=int(told.sum()))
    rank = abc_classes(paid)
    volume = np.bincount(who, units, len(keys)).astype(np.float64)
    figures = [
        Figure("articles", say("model.demand_told"), int(told.sum()), "count"),
        Figure("unknown", say("model.demand_unknown"), int((~told).sum()), "count"),
        Figure("quiet", say("model.demand_quiet", n=QUIET_WEEKS), quiet, "count"),
        *(
            Figure(
                name, say(f"model.demand_{name}"), float(volume[found.kind == i].sum() / volume[told].sum()), "share"
            )
            for i, name in enumerate(CLASSES)
        ),
    ]
    remarks: list[Said] = [say("model.demand_xyz_remark")]
    if ask.rows("SELECT 1 FROM stock_levels LIMIT 1"):
        remarks.append(say("model.demand_stock_remark"))
    return ModelResult(
        say("model.demand_method", level=say(f"model_choice.{level}")),
        ask.basis(("order_lines", int(len(who))), first=ask.covered[0], last=ask.covered[1]),
        tuple(figures),
        (_kinds(found, volume, told), _matrix(found, rank, paid), _articles(ask, level, keys, found, rank, volume)),
        (_picture(found, told),),
        tuple(remarks),
    )


Weeks = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]


def _weeks(ask: Ask, level: str) -> tuple[NDArray[np.object_], NDArray[np.float64], int, Weeks]:
    """Keys and paid amounts of articles that still sell, how many no longer do, and their (article, units, weeks on sale)."""
    first, last = ask.covered
    if first is None or last is None:
        raise refusal("model.demand_few", [say("model.need_weeks", n=12)], n=0)
    cells = (
        f"SELECT {article(level)} AS key, date_diff('week', DATE '{first}', l.paid_day) AS week, "
        f"sum(CAST(l.quantity AS DOUBLE)) AS units, sum(CAST(l.payable_amount AS DOUBLE)) AS paid "
        f"FROM order_lines l LEFT JOIN products p USING (sku_id) WHERE {SOLD} AND {ask.days('l.paid_day')} "
        f"GROUP BY 1, 2 HAVING key IS NOT NULL"
    )
    got = ask.arrays(f"SELECT dense_rank() OVER (ORDER BY key) - 1 AS who, week, units, paid FROM ({cells})")
    keys = np.array([str(k) for (k,) in ask.rows(f"SELECT DISTINCT key FROM ({cells}) ORDER BY key")], dtype=object)
    who, week, units = got["who"].astype(np.int64), got["week"].astype(np.int64), got["units"].astype(np.float64)
    # the last week is rarely whole
    end = int(np.max(week, initial=0))
    whole = week < end
    who, week, units, paid = who[whole], week[whole], units[whole], got["paid"].astype(np.float64)[whole]
    began, ended = np.full(len(keys), end), np.full(len(keys), -1)
    np.minimum.at(began, who, week)
    np.maximum.at(ended, who, week)
    sells = ended >= end - QUIET_WEEKS
    row = np.cumsum(sells) - 1
    keep = sells[who]
    amounts = np.bincount(row[who[keep]], paid[keep], int(sells.sum())).astype(np.float64)
    return (
        keys[sells], amounts, int((~sells).sum()),
        (row[who[keep]], units[keep], (end - began)[sells].astype(np.int64)),
    )  # fmt: skip


def _kinds(found: Demand, volume: NDArray[np.float64], told: NDArray[np.bool_]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            say(f"model.demand_{name}"), int((found.kind == i).sum()), float((found.kind == i).sum() / told.sum()),
            float(volume[found.kind == i].sum() / volume[told].sum()), say(f"model.demand_{name}_how"),
        )
        for i, name in enumerate(CLASSES)
    ]  # fmt: skip
    return Table(
        "classes", say("model.demand_table"),
        (
            Column("class", say("model.demand_class_heading")), Column("articles", say("model.articles"), "count"),
            Column("articles_share", say("model.of_articles"), "share"),
            Column("units_share", say("model.of_units"), "share"), Column("how", say("model.demand_how")),
        ),
        tuple(rows), say("model.demand_cuts", interval=INTERVAL_CUT, variation=VARIATION_CUT),
    )  # fmt: skip


def _matrix(found: Demand, rank: NDArray[np.int64], paid: NDArray[np.float64]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for a, first in enumerate("ABC"):
        for x, second in enumerate("XYZ"):
            mine = (rank == a) & (found.xyz == x)
            rows.append(
                (f"{first}{second}", int(mine.sum()), float(paid[mine].sum()), float(paid[mine].sum() / paid.sum()))
            )
    return Table(
        "matrix", say("model.demand_matrix"),
        (
            Column("class", say("model.demand_class_heading")), Column("articles", say("model.articles"), "count"),
            Column("paid", say("model.paid"), "money"), Column("paid_share", say("model.of_paid"), "share"),
        ),
        tuple(rows), say("model.demand_matrix_note"),
    )  # fmt: skip


def _articles(
    ask: Ask, level: str, keys: NDArray[np.object_], found: Demand, rank: NDArray[np.int64], volume: NDArray[np.float64]
) -> Table:
    order = np.argsort(-volume, kind="stable")[:LISTED]
    called = names(ask, [str(k) for k in keys[order]], level)
    rows: list[tuple[Cell, ...]] = []
    for i in order.tolist():
        known = found.kind[i] >= 0
        rows.append(
            (
                called[str(keys[i])],
                float(volume[i]),
                int(found.periods[i]),
                int(found.active[i]),
                float(found.interval[i]) if known else None,
                float(found.size_variation[i]) if known else None,
                float(found.variation[i]) if known else None,
                f"{'ABC'[rank[i]]}{'XYZ'[found.xyz[i]]}" if known else None,
                say(f"model.demand_{CLASSES[found.kind[i]]}") if known else None,
            )  # fmt: skip
        )
    return Table(
        "articles", say("model.articles"),
        (
            Column("article", say("model.article")), Column("units", say("model.units"), "number"),
            Column("weeks", say("model.weeks"), "count"), Column("active", say("model.demand_active"), "count"),
            Column("interval", say("model.demand_interval"), "number"),
            Column("size_variation", say("model.demand_size"), "number"),
            Column("variation", say("model.demand_variation"), "number"),
            Column("abc_xyz", say("model.demand_matrix")), Column("class", say("model.demand_class_heading")),
        ),
        tuple(rows), say("model.first_of", n=len(rows), of=len(keys)),
    )  # fmt: skip


def _picture(found: Demand, told: NDArray[np.bool_]) -> Picture:
    series = []
    for i, name in enumerate(CLASSES):
        # a few hundred points tell the picture
        mine = np.flatnonzero(told & (found.kind == i))[:250]
        series.append(
            Series(
                say(f"model.demand_{name}"),
                tuple(float(v) for v in found.size_variation[mine]),
                tuple(float(v) for v in found.interval[mine]),
            )  # fmt: skip
        )
    return Picture(
        "map", "scatter", say("model.demand_picture"), say("model.demand_interval"), say("model.demand_size"),
        tuple(series), x_unit="number", y_unit="number",
    )  # fmt: skip


MODEL = Model(
    number=7,
    id="demand_class",
    group="baskets",
    inputs=(*INPUTS, "order_lines.quantity"),
    references=("Syntetos, Boylan & Croston 2005, Journal of the Operational Research Society 56(5), 495–503",),
    checks=(
        PublishedCheck(
            "Syntetos, Boylan & Croston 2005", "the cut-offs themselves", "p = 1.32, CV² = 0.49",
            "tests/golden/test_concentration.py",
        ),
    ),
    estimate=estimate,
    options=(level_option("product"),),
    helps=("stock_levels",),
)  # fmt: skip
