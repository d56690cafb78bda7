"""Model 11: how units answer to an article's own price, by category, with partial pooling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, PublishedCheck
from shopkeeper.insight.models.price_weeks import SEASON_WEEKS, PriceWeeks, long_cuts, price_weeks
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Said, refusal, say
from shopkeeper.methods.price_response import Fit, Pooled, partial_pooling, poisson_fixed_effects

Z = 1.959963984540054
FEWEST_GROUPS = 3
WIDEST = 2.0


@dataclass(frozen=True)
class Group:
    """One category: its number, how many articles and cells it used, and its own estimate."""

    number: int
    fit: Fit
    ahead: float
    ahead_error: float


def estimate(ask: Ask) -> ModelResult:
    """Elasticities by category from price changes of single articles, against other articles of the same category and week."""
    cells = price_weeks(ask)
    found = _groups(cells)
    if len(found) < FEWEST_GROUPS:
        raise refusal("model.price_few_groups", [say("model.price_need_groups", n=FEWEST_GROUPS)], n=len(found))
    effect = np.array([g.fit.coefficient[0] for g in found])
    error = np.array([g.fit.error[0] for g in found])
    pooled = partial_pooling(effect, error)
    ahead = partial_pooling(np.array([g.ahead for g in found]), np.array([g.ahead_error for g in found]))
    low, high = pooled.mean - Z * pooled.mean_error, pooled.mean + Z * pooled.mean_error
    if high - low > WIDEST:
        raise refusal("model.price_wide", [say("model.price_need_changes")])
    remarks = [say("model.price_meaning"), say("model.price_asked" if cells.asked else "model.price_paid")]
    if abs(ahead.mean) > Z * ahead.mean_error:
        remarks.append(say("model.price_anticipates"))
    return ModelResult(
        say("model.elasticity_method", n=len(found)),
        ask.basis(("order_lines", cells.lines), first=ask.covered[0], last=ask.covered[1]),
        (
            Figure("elasticity", say("model.price_common"), pooled.mean, "number", low, high),
            _weighted(cells, found, pooled),
            Figure("between", say("model.price_between"), pooled.between, "number"),
            Figure("ahead", say("model.price_ahead"), ahead.mean, "number", ahead.mean - Z * ahead.mean_error,
                   ahead.mean + Z * ahead.mean_error, note=say("model.price_ahead_note")),
            Figure("articles", say("model.articles"), sum(g.fit.clusters for g in found), "count"),
        ),
        (_table(cells, found, pooled, error),),
        (_picture(cells, found, pooled),),
        tuple(remarks),
    )  # fmt: skip


def _weighted(cells: PriceWeeks, found: list[Group], pooled: Pooled) -> Figure:
    """The mean of the pooled elasticities by units sold: what a cut of every single article in turn would have brought."""
    units = np.bincount(cells.group, cells.units)[[g.number for g in found]]
    share = units / units.sum()
    value, error = float(share @ pooled.effect), float(np.sqrt(share**2 @ pooled.error**2))
    return Figure("weighted", say("model.price_weighted"), value, "number", value - Z * error, value + Z * error)


def _groups(cells: PriceWeeks) -> list[Group]:
    """Every category whose articles' prices changed enough for an estimate of its own."""
    following = _ahead(cells)
    order = np.argsort(cells.group, kind="stable")
    edges = np.searchsorted(cells.group[order], np.arange(len(cells.groups) + 1))
    seasonal = cells.article * (int(cells.week.max()) // SEASON_WEEKS + 1) + cells.week // SEASON_WEEKS
    exposure = cells.days * _elsewhere(cells)
    logs = np.log(cells.price)
    cleared = long_cuts(cells)
    found = []
    for number in range(len(cells.groups)):
        mine = order[edges[number] : edges[number + 1]]
        mine = mine[~cleared[mine]]
        told = mine[~np.isnan(following[mine])]
        try:
            fit = _fit(cells, mine, logs[mine][:, None], seasonal, exposure)
            test = _fit(cells, told, np.stack([logs[told], following[told]], axis=1), seasonal, exposure)
        except NotEstimable:
            continue
        if fit.error[0] > 0 and test.error[1] > 0:
            found.append(Group(number, fit, float(test.coefficient[1]), float(test.error[1])))
    return found


def _fit(
    cells: PriceWeeks, rows: NDArray[np.int64], columns: NDArray[np.float64], seasonal: NDArray[np.int64],
    exposure: NDArray[np.float64],
) -> Fit:  # fmt: skip
    return poisson_fixed_effects(
        cells.units[rows], columns, (seasonal[rows], cells.week[rows]), cells.article[rows], exposure[rows]
    )


def _elsewhere(cells: PriceWeeks) -> NDArray[np.float64]:
    """Units of the shop's other categories in the week: how busy it was, without what the article's price moves beside it."""
    weeks = int(cells.week.max()) + 1
    place = cells.shop * weeks + cells.week
    whole = np.bincount(place, cells.units)[place]
    key = place * len(cells.groups) + cells.group
    which = np.unique(key, return_inverse=True)[1]
    own = np.bincount(which, cells.units)[which]
    busy: NDArray[np.float64] = whole - own + 1.0
    return busy


def _ahead(cells: PriceWeeks) -> NDArray[np.float64]:
    """Logarithm of each article's price a week later; NaN where it is not known."""
    order = np.lexsort((cells.week, cells.article))
    logs = np.log(cells.price[order])
    found = np.full(len(order), np.nan)
    next_week = (cells.article[order][1:] == cells.article[order][:-1]) & (
        cells.week[order][1:] == cells.week[order][:-1] + 1
    )
    found[order[:-1][next_week]] = logs[1:][next_week]
    return found


def _table(cells: PriceWeeks, found: list[Group], pooled: Pooled, error: NDArray[np.float64]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for i in np.argsort(pooled.effect).tolist():
        own = float(found[i].fit.coefficient[0])
        rows.append(
            (
                cells.groups[found[i].number],
                found[i].fit.clusters,
                found[i].fit.cells,
                own,
                own - Z * float(error[i]),
                own + Z * float(error[i]),
                float(pooled.effect[i]),
                float(pooled.effect[i] - Z * pooled.error[i]),
                float(pooled.effect[i] + Z * pooled.error[i]),
                float(pooled.weight[i]),
            )  # fmt: skip
        )
    return Table(
        "categories", say("model.price_table"),
        (
            Column("category", say("model.category")), Column("articles", say("model.articles"), "count"),
            Column("weeks", say("model.price_cells"), "count"), Column("own", say("model.price_own"), "number"),
            Column("own_low", say("model.low"), "number"), Column("own_high", say("model.high"), "number"),
            Column("pooled", say("model.price_pooled"), "number"), Column("low", say("model.low"), "number"),
            Column("high", say("model.high"), "number"), Column("kept", say("model.price_kept"), "share"),
        ),
        tuple(rows), _left_out(len(cells.groups) - len(found)),
    )  # fmt: skip


def _left_out(n: int) -> Said:
    return say("model.price_table_note", n=n)


def _picture(cells: PriceWeeks, found: list[Group], pooled: Pooled) -> Picture:
    order = np.argsort(pooled.effect)[:40].tolist()
    return Picture(
        "categories", "line", say("model.price_table"), say("model.category"), say("model.price_pooled"),
        (
            Series(
                say("model.price_pooled"), tuple(float(pooled.effect[i]) for i in order),
                low=tuple(float(pooled.effect[i] - Z * pooled.error[i]) for i in order),
                high=tuple(float(pooled.effect[i] + Z * pooled.error[i]) for i in order),
            ),
        ),
        labels=tuple(cells.groups[found[i].number] for i in order), y_unit="number",
    )  # fmt: skip


MODEL = Model(
    number=11,
    id="elasticity",
    group="prices",
    inputs=("order_lines.sku_id", "order_lines.quantity", "order_lines.list_amount", "products.category"),
    references=(
        "Bijmolt, van Heerde & Pieters 2005, Journal of Marketing Research 42(2)",
        "Correia, Guimarães & Zylkin 2020, Stata Journal 20(1)", "Morris 1983, JASA 78",
    ),
    checks=(
        PublishedCheck(
            "scikit-learn 1.7, PoissonRegressor with a column a level", "simulated panels", "coefficients to 1e-5",
            "tests/oracle/test_price_response.py",
        ),
    ),
    estimate=estimate,
    helps=("prices.sale_price", "products.subcategory"),
)  # fmt: skip
