"""Model 25: the groups that customers fall into by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.buying import INPUTS, buyers_sql, left_out, lines
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Exit, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Amount, Said, refusal, say
from shopkeeper.insight.models.scores import Scores
from shopkeeper.methods.clusters import Clusters, clusters

FEWEST_BUYERS = 200
WEAKEST = 0.25
"""Mean silhouette below which there is no substantial structure (Kaufman & Rousseeuw 1990, p. 88)."""
MOST_POINTS = 600


@dataclass(frozen=True)
class Told:
    """What is told of each buyer: days since the last purchase, purchase days, amount a purchase day, usual pause."""

    people: NDArray[Any]
    recency: NDArray[np.float64]
    days: NDArray[np.float64]
    paid_each: NDArray[np.float64]
    paid: NDArray[np.float64]

    def scaled(self) -> NDArray[np.float64]:
        """Logs, each with mean 0 and spread 1: amounts and counts differ by factors."""
        logs = np.column_stack((np.log1p(self.recency), np.log(self.days), np.log(np.maximum(self.paid_each, 0.01))))
        spread = logs.std(axis=0)
        return np.asarray((logs - logs.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def estimate(ask: Ask) -> ModelResult:
    """Into how many groups do buyers fall by recency, frequency and amount, and what is each like?"""
    told, found = _parted(ask)
    order = _by_worth(told, found)
    rows = [_row(n, found.labels == c, told) for n, c in enumerate(order, start=1)]
    remarks = []
    if found.agreement < 0.8:
        remarks.append(say("model.segmentation_unstable", r=round(found.agreement, 3)))
    return ModelResult(
        say("model.segmentation_method", k=len(order)),
        ask.basis(("order_lines", lines(ask)), first=ask.covered[0], last=ask.covered[1]),
        (
            Figure("buyers", say("model.buyers"), len(told.people), "count"),
            Figure("clusters", say("model.segmentation_clusters"), len(order), "count"),
            Figure("silhouette", say("model.segmentation_silhouette"), found.silhouette, "number",
                   note=say("model.segmentation_silhouette_note")),
            Figure("agreement", say("model.segmentation_agreement"), found.agreement, "number",
                   note=say("model.segmentation_agreement_note")),
        ),
        (_table(rows), _tried(found)),
        (_points(told, found, order),),
        (*left_out(ask), *remarks),
        (Exit("scores", "scores", say("model.segmentation_publish")),),
    )  # fmt: skip


def scores(ask: Ask) -> tuple[Scores, ...]:
    """The group of each buyer, 1 being the one that paid most."""
    told, found = _parted(ask)
    number = np.zeros(len(found.centres))
    for n, cluster in enumerate(_by_worth(told, found), start=1):
        number[cluster] = n
    return (Scores("cluster", told.people, number[found.labels]),)


def _parted(ask: Ask) -> tuple[Told, Clusters]:
    last = ask.covered[1]
    got = ask.arrays(
        f"SELECT person, CAST(date_diff('day', last_day, DATE '{last}') AS DOUBLE) AS recency, CAST(days AS DOUBLE) AS days, "
        f"paid FROM ({buyers_sql(ask)}) ORDER BY person"
    ) if last else {"person": np.array([])}  # fmt: skip
    if len(got["person"]) < FEWEST_BUYERS:
        raise refusal("model.few_buyers", [say("model.need_buyers", n=FEWEST_BUYERS)], n=len(got["person"]))
    told = Told(got["person"], got["recency"], got["days"], got["paid"] / got["days"], got["paid"])
    most = ask.whole("most_clusters")
    found = clusters(told.scaled(), tuple(range(2, most + 1)))
    if found.silhouette < WEAKEST:
        raise refusal(
            "model.segmentation_none", [say("model.need_groups")], s=round(found.silhouette, 3), most=WEAKEST,
        )  # fmt: skip
    return told, found


def _by_worth(told: Told, found: Clusters) -> list[int]:
    """Clusters, the one that paid most first: so their numbers mean the same from run to run."""
    paid = np.bincount(found.labels, told.paid, len(found.centres))
    return [int(c) for c in np.argsort(-paid, kind="stable")]


def _row(number: int, mine: NDArray[np.bool_], told: Told) -> tuple[Cell, ...]:
    return (
        say("model.segmentation_group", n=number), int(mine.sum()), float(mine.mean()),
        float(told.paid[mine].sum() / told.paid.sum()), float(np.median(told.recency[mine])),
        float(np.median(told.days[mine])), float(np.median(told.paid_each[mine])),
    )  # fmt: skip


def _table(rows: list[tuple[Cell, ...]]) -> Table:
    columns = (
        Column("group", say("model.segmentation_which")), Column("buyers", say("model.buyers"), "count"),
        Column("buyers_share", say("model.rfm_of_buyers"), "share"), Column("paid_share", say("model.rfm_of_paid"), "share"),
        Column("recency", say("model.segmentation_recency"), "days"), Column("days", say("model.segmentation_days"), "number"),
        Column("paid_each", say("model.segmentation_paid"), "money"),
    )  # fmt: skip
    return Table("groups", say("model.segmentation_table"), columns, tuple(rows), say("model.segmentation_table_note"))


def _tried(found: Clusters) -> Table:
    rows = tuple((k, s) for k, s in sorted(found.silhouettes.items()))
    columns = (
        Column("clusters", say("model.segmentation_clusters"), "count"),
        Column("silhouette", say("model.segmentation_silhouette"), "number"),
    )
    return Table("tried", say("model.segmentation_tried"), columns, rows)


def _points(told: Told, found: Clusters, order: list[int]) -> Picture:
    """Some buyers of each group, evenly taken: purchase days beside the amount of each."""
    pick = np.linspace(0, len(told.people) - 1, min(MOST_POINTS, len(told.people))).astype(np.int64)
    series = []
    for n, cluster in enumerate(order, start=1):
        mine = pick[found.labels[pick] == cluster]
        name: Said = say("model.segmentation_group", n=n)
        series.append(
            Series(name, tuple(float(v) for v in told.paid_each[mine]), tuple(float(v) for v in told.recency[mine]))
        )
    return Picture(
        "points", "scatter", say("model.segmentation_points", n=Amount(len(pick), "count")), say("model.segmentation_recency"),
        say("model.segmentation_paid"), tuple(series), x_unit="number", y_unit="money",
    )  # fmt: skip


MODEL = Model(
    number=25,
    id="segmentation",
    group="customers",
    inputs=INPUTS,
    references=(
        "MacQueen 1967", "Rousseeuw 1987, Journal of Computational and Applied Mathematics 20", "Kaufman & Rousseeuw 1990",
    ),
    checks=(
        PublishedCheck(
            "Rousseeuw 1987; Kaufman & Rousseeuw 1990", "Ruspini's 75 points",
            "4 clusters of 20, 23, 17, 15; mean silhouette .74", "tests/golden/test_groups_and_uplift.py",
        ),
    ),
    estimate=estimate,
    options=(Option("most_clusters", "whole", 8, low=2, high=12),),
    scores=scores,
)  # fmt: skip
