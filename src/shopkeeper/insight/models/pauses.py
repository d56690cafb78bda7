"""Pauses between two purchases of a person: what churn, repurchase and cohorts are told by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.buying import days_sql
from shopkeeper.insight.models.said import Said, say
from shopkeeper.methods.survival import SurvivalCurve, kaplan_meier

CLASSES = (1, 2, 3, 6)
"""Purchase days so far from which on a class begins: once, twice, three to five times, six times and more."""


def class_name(begin: int) -> Said:
    """What a class of customers is called."""
    return say(f"model.pauses_class_{begin}")


def classes_sql(column: str) -> str:
    """SQL of the class of a number of purchase days."""
    return f"CASE WHEN {column} >= 6 THEN 6 WHEN {column} >= 3 THEN 3 ELSE {column} END"


def pauses(ask: Ask) -> dict[str, NDArray[Any]]:
    """Every pause: (class, days, ended, n), grouped. One that has not ended runs to the last day of the facts."""
    days = days_sql(ask)
    return ask.arrays(
        f"SELECT {classes_sql('nth')} AS class, days, ended, count(*) AS n FROM (SELECT row_number() OVER w AS nth, "
        f"date_diff('day', day, coalesce(lead(day) OVER w, (SELECT max(day) FROM ({days})))) AS days, "
        f"lead(day) OVER w IS NOT NULL AS ended FROM ({days}) WINDOW w AS (PARTITION BY person ORDER BY day)) "
        "GROUP BY ALL ORDER BY ALL"
    )


def curve_of(got: dict[str, NDArray[Any]], begin: int | None = None) -> SurvivalCurve:
    """The curve of buying again, of one class or of all. Raises NotEstimable where nobody is in it."""
    mine = np.ones(len(got["days"]), dtype=bool) if begin is None else got["class"] == begin
    return kaplan_meier(
        got["days"][mine].astype(np.int64), got["ended"][mine].astype(bool), got["n"][mine].astype(np.int64)
    )


def at_risk_of(
    got: dict[str, NDArray[Any]], begin: int | None, days: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """On each of these days of a pause: how many were still pausing, and how many of them bought."""
    mine = np.ones(len(got["days"]), dtype=bool) if begin is None else got["class"] == begin
    length, n, ended = (
        got["days"][mine].astype(np.int64),
        got["n"][mine].astype(np.int64),
        got["ended"][mine].astype(bool),
    )
    size = int(max(length.max(initial=0), days.max(initial=0))) + 1
    every = np.bincount(length, n, size)
    at_risk = every[::-1].cumsum()[::-1]
    return at_risk[days], np.bincount(length[ended], n[ended], size)[days]


def usual_pause(ask: Ask, share: float = 0.9) -> int | None:
    """The pause that this share of those who came back never exceeded, in days; None where nobody came back.

    Each customer counts once, by their longest pause: among all pauses those of the few who buy every day would decide.
    """
    row = ask.rows(
        f"SELECT quantile_cont(longest, {share}) FROM (SELECT max(gap) AS longest FROM (SELECT person, "
        "date_diff('day', lag(day) OVER (PARTITION BY person ORDER BY day), day) AS gap "
        f"FROM ({days_sql(ask)})) WHERE gap IS NOT NULL GROUP BY person)"
    )[0]
    return None if row[0] is None else max(1, int(row[0]))
