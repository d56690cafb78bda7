"""Model 2: cohorts by their first purchase: how many buy again in each later period, and how long customers stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.buying import INPUTS, days_sql, left_out, lines
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.pauses import usual_pause
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Amount, Said, refusal, say
from shopkeeper.methods.hazards import survival_band
from shopkeeper.methods.retention import RetentionFit, fit_retention
from shopkeeper.methods.survival import SurvivalCurve, kaplan_meier

FEWEST_BUYERS = 100
FEWEST_PERIODS = 6
SHOWN_AGES = 12
FEWEST_FITTED = 3
WORST_FIT = 0.05
"""Largest gap between the fitted and the observed curve at which the fitted one is still believed."""

Counts = NDArray[np.int64]


_PERIOD_DAYS = {"month": 30.4375, "week": 7.0}


@dataclass(frozen=True)
class Stays:
    """Customers by how long they stayed: `lost[u]` did not buy after period u; `staying[u]` did, and are not seen further."""

    lost: Counts
    staying: Counts


def estimate(ask: Ask) -> ModelResult:
    """What share of each cohort bought in each later period, and for how many periods customers stay.

    A customer has left who pauses longer than nine in ten of those who came back ever did. So whether somebody stayed is
    known only up to that long before the end: each is followed to there and no further, who came later not at all.
    """
    grain = ask.text("grain")
    grid = ask.arrays(_grid_sql(ask, grain))
    periods = int(grid["age"].max()) + 1 if len(grid["age"]) else 0
    buyers = int(grid["buyers"][grid["age"] == 0].sum()) if periods else 0
    if buyers < FEWEST_BUYERS or periods < FEWEST_PERIODS:
        raise refusal(
            "model.cohorts_few", [say("model.need_buyers", n=FEWEST_BUYERS), say("model.need_periods", n=FEWEST_PERIODS)],
            buyers=buyers, periods=periods,
        )  # fmt: skip
    pause, stays = _stays(ask, grain)
    curve, low, high = _observed(stays)
    fit, refused = _fitted(stays, curve)
    remarks = [say("model.cohorts_left", days=pause), *([refused] if refused else [])]
    return ModelResult(
        say("model.cohorts_method" if fit else "model.cohorts_method_plain"),
        ask.basis(("order_lines", lines(ask)), first=ask.covered[0], last=ask.covered[1]),
        tuple(_figures(buyers, curve, low, high, fit)),
        (_cohort_table(grid, grain),),
        (_heatmap(grid, grain), _curve_picture(curve, low, high, fit, grain)),
        (*left_out(ask), *remarks),
    )


def _grid_sql(ask: Ask, grain: str) -> str:
    """Query of (cohort, age, buyers, orders): cohort and age in periods."""
    return (
        f"SELECT epoch(cohort)::BIGINT AS cohort, date_diff('{grain}', cohort, period) AS age, count(*) AS buyers, "
        "CAST(sum(orders) AS BIGINT) AS orders FROM (SELECT person, period, min(period) OVER (PARTITION BY person) AS cohort, "
        f"orders FROM (SELECT person, date_trunc('{grain}', day) AS period, sum(orders) AS orders FROM ({days_sql(ask)}) "
        "GROUP BY ALL)) GROUP BY ALL ORDER BY 1, 2"
    )


def _stays(ask: Ask, grain: str) -> tuple[int, Stays]:
    """The pause after which somebody has left, in days, and how long customers stayed."""
    days = days_sql(ask)
    pause = max(usual_pause(ask) or 60, round(_PERIOD_DAYS[grain]))
    length = _PERIOD_DAYS[grain]
    got = ask.arrays(
        f"SELECT least(stayed, followed) AS age, stayed >= followed AS still, count(*) AS n FROM (SELECT "
        f"CAST(floor(date_diff('day', min(day), max(day)) / {length}) AS BIGINT) AS stayed, "
        f"CAST(floor((date_diff('day', min(day), (SELECT max(day) FROM ({days}))) - {pause}) / {length}) AS BIGINT) AS followed "
        f"FROM ({days}) GROUP BY person) WHERE followed >= 1 GROUP BY ALL"
    )
    if not len(got["age"]) or int(got["age"].max()) < 3:
        raise refusal("model.cohorts_short", [say("model.need_follow_up", days=pause + round(4 * length))], days=pause)
    size = int(got["age"].max()) + 1
    still = got["still"].astype(bool)
    n = got["n"].astype(np.int64)
    lost = np.bincount(got["age"][~still].astype(np.int64), n[~still], size).astype(np.int64)
    staying = np.bincount(got["age"][still].astype(np.int64), n[still], size).astype(np.int64)
    return pause, Stays(lost, staying)


def _observed(stays: Stays) -> tuple[SurvivalCurve, Any, Any]:
    """Kaplan–Meier by period: the share that left in their 1st, 2nd … period after the first purchase."""
    ages = np.arange(1, len(stays.lost) + 1)
    durations = np.concatenate((ages, ages - 1))
    happened = np.concatenate((np.ones(len(ages), dtype=bool), np.zeros(len(ages), dtype=bool)))
    count = np.concatenate((stays.lost, stays.staying))
    curve = kaplan_meier(durations[count > 0], happened[count > 0], count[count > 0])
    total = stays.lost + stays.staying
    at_risk = total.sum() - np.cumsum(total) + total - stays.staying
    places = curve.days - 1
    low, high = survival_band(
        curve.share_done, stays.lost[places].astype(float), np.maximum(at_risk[places], 1).astype(float)
    )
    return curve, low, high


def _fitted(stays: Stays, curve: SurvivalCurve) -> tuple[RetentionFit | None, Said | None]:
    """The sBG where it may be believed, or why not.

    Fitted to the first half of the periods it has to tell the last one, and fitted to all it has to lie close to all.
    """
    last = int(curve.days[-1])
    if last < 2 * FEWEST_FITTED:
        return None, say("model.cohorts_too_short", n=2 * FEWEST_FITTED)
    half = last // 2
    early, late = _shortened(stays, half), 1.0 - curve.share_by(last)
    whole = _shortened(stays, len(stays.lost))
    if min((part.lost > 0).sum() for part in (early, whole)) < FEWEST_FITTED:
        return None, say("model.cohorts_too_short", n=2 * FEWEST_FITTED)
    told = float(fit_retention(early.lost, early.staying).surviving(last)[last])
    fit = fit_retention(whole.lost, whole.staying)
    off = float(np.abs(fit.surviving(last)[curve.days] - (1.0 - curve.share_done)).max())
    gap = max(abs(told - late), off)
    if fit.at_bound:
        return None, say("model.cohorts_at_bound")
    if gap > WORST_FIT:
        return None, say("model.cohorts_no_fit", gap=Amount(gap, "share"), most=Amount(WORST_FIT, "share"), n=half)
    return fit, None


def _shortened(stays: Stays, periods: int) -> Stays:
    """The same customers, seen for at most so many periods: `lost` and `staying` of periods 1 to that."""
    lost = stays.lost[:periods]
    staying = np.append(stays.staying[1:periods], stays.staying[periods:].sum() + stays.lost[periods:].sum())
    return Stays(lost, staying)


def _figures(buyers: int, curve: SurvivalCurve, low: Any, high: Any, fit: RetentionFit | None) -> list[Figure]:
    found = [Figure("buyers", say("model.buyers"), buyers, "count")]
    for age in (1, 3, 6, 12):
        place = np.flatnonzero(curve.days == age)
        if len(place):
            i = int(place[0])
            found.append(
                Figure(
                    f"staying_{age}", say("model.cohorts_staying", n=age), float(1 - curve.share_done[i]), "share",
                    float(min(low[i], 1 - curve.share_done[i])), float(max(high[i], 1 - curve.share_done[i])),
                )
            )  # fmt: skip
    if fit is not None:
        far = 2 * int(curve.days[-1])  # no further than twice what was seen
        found.append(
            Figure("projected", say("model.cohorts_projected", n=far), float(fit.surviving(far)[far]), "share",
                   note=say("model.cohorts_parameters", a=fit.alpha, b=fit.beta))
        )  # fmt: skip
    return found


def _cohorts(grid: dict[str, Any]) -> list[tuple[int, dict[int, int]]]:
    """Each cohort, newest last, with its buyers by age."""
    found: dict[int, dict[int, int]] = {}
    for cohort, age, n in zip(grid["cohort"], grid["age"], grid["buyers"], strict=True):
        found.setdefault(int(cohort), {})[int(age)] = int(n)
    return sorted(found.items())[-24:]


def _shares(ages: dict[int, int], oldest: int) -> list[float | None]:
    """Share of the cohort that bought at each age; None where that age lies in the future."""
    return [ages.get(age, 0) / ages[0] if age <= oldest else None for age in range(SHOWN_AGES + 1)]


def _named(cohort: int, grain: str) -> str:
    """A cohort's period: 2017-03, or the Monday of a week."""
    day = np.datetime64(cohort, "s").astype("datetime64[D]")
    return str(day.astype("datetime64[M]")) if grain == "month" else str(day)


def _oldest(cohorts: list[tuple[int, dict[int, int]]], grain: str) -> dict[int, int]:
    """For each cohort, the age that the newest period of anybody's buying has for it."""
    unit = "M" if grain == "month" else "W"
    begun = {c: int(np.datetime64(c, "s").astype(f"datetime64[{unit}]").astype(int)) for c, _ in cohorts}
    newest = max(begun[c] + max(by_age) for c, by_age in cohorts)
    return {c: newest - at for c, at in begun.items()}


def _cohort_table(grid: dict[str, Any], grain: str) -> Table:
    cohorts = _cohorts(grid)
    oldest = _oldest(cohorts, grain)
    ages = tuple(range(1, SHOWN_AGES + 1))
    rows: list[tuple[Cell, ...]] = [
        (_named(c, grain), by_age[0], *_shares(by_age, oldest[c])[1:]) for c, by_age in cohorts
    ]
    columns = (
        Column("cohort", say("model.cohorts_cohort")), Column("buyers", say("model.buyers"), "count"),
        *(Column(f"age_{n}", say("model.cohorts_age", n=n), "share") for n in ages),
    )  # fmt: skip
    return Table("cohorts", say("model.cohorts_table"), columns, tuple(rows), say("model.cohorts_table_note"))


def _heatmap(grid: dict[str, Any], grain: str) -> Picture:
    cohorts = _cohorts(grid)
    oldest = _oldest(cohorts, grain)
    return Picture(
        "cohorts", "heatmap", say("model.cohorts_table"), _age_name(grain), say("model.cohorts_cohort"),
        tuple(Series(_named(c, grain), tuple(_shares(by_age, oldest[c])[1:])) for c, by_age in cohorts),
        labels=tuple(str(n) for n in range(1, SHOWN_AGES + 1)), y_unit="share",
    )  # fmt: skip


def _curve_picture(curve: SurvivalCurve, low: Any, high: Any, fit: RetentionFit | None, grain: str) -> Picture:
    seen = Series(
        say("model.cohorts_seen"), (1.0, *(float(1 - s) for s in curve.share_done)),
        (0.0, *(float(d) for d in curve.days)), (1.0, *(float(v) for v in low)), (1.0, *(float(v) for v in high)),
    )  # fmt: skip
    series = [seen]
    if fit is not None:
        ages = 2 * int(curve.days[-1])
        series.append(
            Series(
                say("model.cohorts_fitted"),
                tuple(float(v) for v in fit.surviving(ages)),
                tuple(float(n) for n in range(ages + 1)),
            )
        )
    return Picture(
        "staying", "line", say("model.cohorts_curve"), _age_name(grain), say("model.share"), tuple(series),
        x_unit="number", y_unit="share",
    )  # fmt: skip


def _age_name(grain: str) -> Said:
    return say("model.cohorts_months" if grain == "month" else "model.cohorts_weeks")


MODEL = Model(
    number=2,
    id="cohorts",
    group="customers",
    inputs=INPUTS,
    references=("Fader & Hardie 2007, Journal of Interactive Marketing 21(1)", "Kaplan & Meier 1958, JASA 53"),
    checks=(
        PublishedCheck(
            "Fader & Hardie 2007, table 2", "Regular and High End customers",
            "α .704, β 1.182; α .668, β 3.806", "tests/golden/test_retention_and_hazards.py",
        ),
    ),
    estimate=estimate,
    options=(Option("grain", "choice", "month", choices=("month", "week")),),
)  # fmt: skip
