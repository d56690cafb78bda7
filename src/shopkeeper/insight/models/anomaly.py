"""Model 27: hours of orders that were higher or lower than anything in memory, as they would have been told on-line."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.methods.anomaly.records import QUIET, score_records

Floats = NDArray[np.float64]
WEEK = 168
FEWEST_HOURS = QUIET.learning + 2 * WEEK
LISTED = 50
_WEEKS_BEFORE = 4


def estimate(ask: Ask) -> ModelResult:
    """Which hours stood out; hours without an order between the first and the last count as none."""
    first, orders = _hours(ask)
    scores = score_records(orders, QUIET, season=WEEK).scores
    alerts = np.flatnonzero(scores >= 1.0)
    judged = len(orders) - QUIET.learning
    return ModelResult(
        say("model.anomaly_method", memory=QUIET.memory),
        ask.basis(
            ("orders", int(orders.sum())), first=first.date(), last=(first + dt.timedelta(hours=len(orders) - 1)).date()
        ),
        (
            Figure("alerts", say("model.anomaly_alerts"), len(alerts), "count"),
            Figure("hours", say("model.anomaly_hours"), judged, "count"),
            Figure("rate", say("model.anomaly_rate"), 1000 * len(alerts) / judged, "number"),
        ),
        (_table(first, orders, scores, alerts),),
        (_picture(first, orders, alerts),),
    )


def _hours(ask: Ask) -> tuple[dt.datetime, Floats]:
    """Orders by hour of the shop's own clock, from the first hour with one to the last."""
    zone = ask.shop.settings.shop.timezone
    got = ask.arrays(
        f"SELECT epoch(date_trunc('hour', timezone('{zone}', ordered_at)))::BIGINT // 3600 AS hour, count(*)::DOUBLE AS n, "
        f"count(*) FILTER (WHERE date_trunc('day', timezone('{zone}', ordered_at)) <> timezone('{zone}', ordered_at)) "
        f"AS timed FROM orders WHERE ordered_at IS NOT NULL AND {ask.days('ordered_day')} GROUP BY 1 ORDER BY 1"
    )
    hours = got["hour"].astype(np.int64)
    length = int(hours[-1] - hours[0]) + 1 if len(hours) else 0
    if length < FEWEST_HOURS:
        raise refusal("model.anomaly_few_hours", [say("model.anomaly_need_hours", n=FEWEST_HOURS)], n=length)
    if len(np.unique(hours % 24)) < 3:
        raise refusal("model.anomaly_no_hours", [say("model.anomaly_need_times")])
    orders = np.zeros(length)
    orders[hours - hours[0]] = got["n"]
    return dt.datetime(1970, 1, 1) + dt.timedelta(hours=int(hours[0])), orders


def _table(first: dt.datetime, orders: Floats, scores: Floats, alerts: NDArray[np.int64]) -> Table:
    strongest = alerts[np.argsort(-scores[alerts], kind="stable")][:LISTED]
    rows: list[tuple[Cell, ...]] = []
    for at in strongest.tolist():
        moment = first + dt.timedelta(hours=at)
        before = [orders[at - WEEK * n] for n in range(1, _WEEKS_BEFORE + 1) if at >= WEEK * n]
        usual = float(np.mean(before)) if before else None
        rows.append((moment.date(), f"{moment:%H:00}", int(orders[at]), usual, float(scores[at])))
    return Table(
        "alerts", say("model.anomaly_table"),
        (
            Column("day", say("model.anomaly_day"), "day"), Column("hour", say("model.anomaly_hour")),
            Column("orders", say("model.anomaly_orders"), "count"), Column("usual", say("model.anomaly_usual"), "number"),
            Column("score", say("model.anomaly_score"), "number"),
        ),
        tuple(rows),
    )  # fmt: skip


def _picture(first: dt.datetime, orders: Floats, alerts: NDArray[np.int64]) -> Picture:
    day = (np.arange(len(orders)) + first.hour) // 24
    totals = np.bincount(day, orders)
    told = np.zeros(len(totals), dtype=bool)
    told[day[alerts]] = True
    marked = told | np.concatenate([told[1:], [False]])  # a line needs two points to be seen
    labels = tuple(first.date() + dt.timedelta(days=n) for n in range(len(totals)))
    return Picture(
        "days", "line", say("model.anomaly_picture"), say("model.anomaly_day"), say("model.anomaly_orders"),
        (
            Series(say("model.anomaly_orders"), tuple(float(n) for n in totals)),
            Series(say("model.anomaly_alert_days"), tuple(float(n) if m else None for n, m in zip(totals, marked, strict=True))),
        ),
        labels=labels, y_unit="count",
    )  # fmt: skip


MODEL = Model(
    27, "anomaly", "causes", ("orders.ordered_at",),
    (
        "Arnold, Balakrishnan & Nagaraja 1998, Records",
        "Lavin & Ahmad 2015, Evaluating real-time anomaly detection algorithms: the Numenta anomaly benchmark",
    ),
    (
        PublishedCheck(
            "Lavin & Ahmad 2015; scoreboard of the benchmark", "58 series, 116 windows, standard profile",
            "windowed Gaussian 39.6 by our scorer; profile benchmark 71.4 (HTM 70.1)", "tests/golden/test_nab.py",
        ),
    ),
    estimate,
)  # fmt: skip
