"""Model 24: which way of recommending would have shown people what they bought next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.articles import INPUTS, SOLD, article, level_option, names, require_level
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.methods.recommend import Purchases, Scoring, best, ease, ndcg, neighbours, own_past, popularity

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

METHODS = ("popularity", "own_past", "neighbours", "ease")
SHOWN = 20
FEWEST_USERS = 100
MOST_USERS = 4000
ROUNDS = 1000
FEWEST_BUYERS = 3


@dataclass(frozen=True)
class Backtest:
    """What was known before the cut, what was bought after it, and the names of the items."""

    known: Purchases
    truth: csr_matrix
    fresh: csr_matrix
    keys: list[str]
    cut: dt.date
    lines: int
    people: int


def estimate(ask: Ask) -> ModelResult:
    """Four ways of ranking articles, judged by what the same people bought in the days held back."""
    test = backtest(ask)
    scores: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    lists: dict[str, NDArray[np.int64]] = {}
    for name in METHODS:
        scoring = scoring_of(name, test.known)
        lists[name], fresh = best(scoring, test.known, SHOWN)
        scores[name] = ndcg(lists[name], test.truth), ndcg(fresh, test.fresh)
    rows: dict[str, tuple[float, ...]] = {name: (*_mean(one), *_mean(other)) for name, (one, other) in scores.items()}
    winner = max(METHODS, key=lambda name: rows[name][0])
    newest = max(METHODS, key=lambda name: rows[name][3])
    return ModelResult(
        say("model.recommend_method", n=SHOWN, days=ask.whole("days_held_back"), users=test.known.n_users),
        ask.basis(("order_lines", test.lines), first=ask.covered[0], last=ask.covered[1]),
        (
            _figure("all", "best", winner, rows[winner][:3]),
            _figure("new", "best_new", newest, rows[newest][3:]),
            Figure("users", say("model.recommend_users"), test.known.n_users, "count"),
            Figure("items", say("model.articles"), test.known.n_items, "count"),
        ),
        (_table(test, rows, lists), _shown(ask, test, scores, lists)),
        (
            Picture(
                "ndcg", "bar", say("model.recommend_picture"), say("model.recommend_way"), say("model.recommend_ndcg"),
                (
                    Series(say("model.recommend_all"), tuple(rows[m][0] for m in METHODS)),
                    Series(say("model.recommend_new"), tuple(rows[m][3] for m in METHODS)),
                ),
                labels=tuple(say(f"model.recommend_{m}") for m in METHODS), y_unit="number",
            ),
        ),
        (say("model.recommend_offline"), say("model.recommend_all_and_new")),
    )  # fmt: skip


def _figure(name: str, word: str, way: str, told: tuple[float, ...]) -> Figure:
    value, low, high = told
    return Figure(
        name, say(f"model.recommend_{word}", method=say(f"model.recommend_{way}")), value, "number", low, high
    )


def scoring_of(name: str, known: Purchases) -> Scoring:
    """A way of recommending, by its name in METHODS."""
    ways: dict[str, Callable[[Purchases], Scoring]] = {
        "popularity": popularity, "own_past": own_past, "neighbours": neighbours, "ease": ease,
    }  # fmt: skip
    return ways[name](known)


def backtest(ask: Ask) -> Backtest:
    """Purchases before the cut of people who bought on both sides of it, the most recent buyers first when there are many."""
    level = ask.text("level")
    require_level(ask, level)
    first, last = ask.covered
    held = ask.whole("days_held_back")
    if first is None or last is None or (last - first).days < 3 * held:
        raise refusal("model.recommend_short", [say("model.recommend_need_days", n=3 * held)])
    cut = last - dt.timedelta(held)
    bought = (
        f"SELECT DISTINCT coalesce(m.person_id, l.customer_id) AS person, {article(level)} AS key, l.paid_day AS day "
        f"FROM order_lines l "
        f"LEFT JOIN products p USING (sku_id) LEFT JOIN person_members m USING (customer_id) "
        f"WHERE {SOLD} AND l.customer_id IS NOT NULL AND l.payable_amount > 0 AND {ask.days('l.paid_day')} AND key IS NOT NULL"
    )
    people = (
        f"SELECT person FROM ({bought}) GROUP BY 1 HAVING count(*) FILTER (day <= DATE '{cut}') >= 2 "
        f"AND count(*) FILTER (day > DATE '{cut}') >= 1 "
        f"ORDER BY max(day) FILTER (day <= DATE '{cut}') DESC, person LIMIT {MOST_USERS}"
    )
    chosen = f"SELECT b.* FROM ({bought}) b JOIN ({people}) USING (person)"
    items = f"SELECT key FROM ({chosen}) WHERE day <= DATE '{cut}' GROUP BY 1 HAVING count(DISTINCT person) >= {FEWEST_BUYERS}"
    got = ask.arrays(
        f"SELECT dense_rank() OVER (ORDER BY c.person) - 1 AS person, coalesce(i.item, -1) AS item, "
        f"date_diff('day', c.day, DATE '{cut}') AS ago FROM ({chosen}) c LEFT JOIN "
        f"(SELECT key, row_number() OVER (ORDER BY key) - 1 AS item FROM ({items})) i USING (key)"
    )
    keys = [str(k) for (k,) in ask.rows(f"{items} ORDER BY key")]
    users = int(got["person"].max()) + 1 if len(got["person"]) else 0
    if users < FEWEST_USERS or len(keys) < 5 * SHOWN:
        raise refusal(
            "model.recommend_few",
            [say("model.recommend_need", users=FEWEST_USERS, items=5 * SHOWN)],
            users=users,
            items=len(keys),
        )
    return _split(got, users, keys, cut)


def _split(got: dict[str, NDArray[np.generic]], users: int, keys: list[str], cut: dt.date) -> Backtest:
    from scipy.sparse import csr_matrix

    person, item, ago = (got[n].astype(np.int64) for n in ("person", "item", "ago"))
    past, later = (ago >= 0) & (item >= 0), (ago < 0) & (item >= 0)
    known = Purchases(person[past], item[past], ago[past].astype(np.float64), users, len(keys))
    truth = csr_matrix((np.ones(int(later.sum())), (person[later], item[later])), (users, len(keys)))
    truth.data[:] = 1.0
    fresh = (truth - truth.multiply(known.matrix() > 0)).tocsr()
    fresh.eliminate_zeros()
    return Backtest(known, truth, fresh, keys, cut, len(person), users)


def _mean(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean over users who bought something, with a 95 % interval by drawing users anew."""
    told = values[~np.isnan(values)]
    if not len(told):
        return float("nan"), float("nan"), float("nan")
    draws = np.random.default_rng(1).integers(len(told), size=(ROUNDS, len(told)))
    low, high = np.quantile(told[draws].mean(axis=1), [0.025, 0.975])
    return float(told.mean()), float(low), float(high)


def _table(test: Backtest, rows: dict[str, tuple[float, ...]], lists: dict[str, NDArray[np.int64]]) -> Table:
    shown: list[tuple[Cell, ...]] = [
        (say(f"model.recommend_{m}"), *rows[m], len(np.unique(lists[m])) / test.known.n_items) for m in METHODS
    ]
    return Table(
        "methods", say("model.recommend_table"),
        (
            Column("method", say("model.recommend_way")), Column("ndcg", say("model.recommend_all"), "number"),
            Column("low", say("model.low"), "number"), Column("high", say("model.high"), "number"),
            Column("new", say("model.recommend_new"), "number"), Column("new_low", say("model.low"), "number"),
            Column("new_high", say("model.high"), "number"), Column("coverage", say("model.recommend_coverage"), "share"),
        ),
        tuple(shown), say("model.recommend_table_note", n=SHOWN, day=test.cut.isoformat()),
    )  # fmt: skip


def _shown(
    ask: Ask,
    test: Backtest,
    scores: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    lists: dict[str, NDArray[np.int64]],
) -> Table:
    """What popularity shows, beside how many of the lists of the other ways hold it: what personal lists do differently."""
    top = lists["popularity"][0][:SHOWN]
    called = names(ask, [test.keys[i] for i in top.tolist()], ask.text("level"))
    rows: list[tuple[Cell, ...]] = [
        (called[test.keys[i]], *(float((lists[m] == i).any(axis=1).mean()) for m in METHODS[1:])) for i in top.tolist()
    ]
    return Table(
        "popular", say("model.recommend_popular"),
        (
            Column("article", say("model.article")),
            *(Column(m, say(f"model.recommend_{m}"), "share") for m in METHODS[1:]),
        ),
        tuple(rows), say("model.recommend_popular_note"),
    )  # fmt: skip


MODEL = Model(
    number=24,
    id="recommendation",
    group="baskets",
    inputs=(*INPUTS, "order_lines.customer_id"),
    references=(
        "Linden, Smith & York 2003, IEEE Internet Computing 7(1)",
        "Steck 2019, The Web Conference, Embarrassingly shallow autoencoders",
        "Järvelin & Kekäläinen 2002, ACM TOIS 20(4)",
    ),
    checks=(
        PublishedCheck(
            "Steck 2019, eqs. (5)–(8)", "random purchases", "scores equal the items' side to 1e-4",
            "tests/oracle/test_recommend.py",
        ),
    ),
    estimate=estimate,
    options=(level_option("product"), Option("days_held_back", "whole", 28, low=7, high=120)),
    helps=("products.product_id",),
)  # fmt: skip
