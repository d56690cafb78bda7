"""Model 9: who leaves, and when: survival of customers, what of their first purchase tells it, and today's risk of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.buying import INPUTS, bought, days_sql, left_out, lines
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.pauses import CLASSES, classes_sql, curve_of, pauses, usual_pause
from shopkeeper.insight.models.result import Cell, Column, Exit, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Said, refusal, say
from shopkeeper.insight.models.scores import Scores
from shopkeeper.methods.hazards import CoxFit, cox, survival_band
from shopkeeper.methods.survival import SurvivalCurve, kaplan_meier

FEWEST_BUYERS = 100
FEWEST_LEFT = 30


@dataclass(frozen=True)
class Followed:
    """Customers that were followed for a while: weeks until they left or were last seen, and their first purchase."""

    weeks: NDArray[np.int64]
    left: NDArray[np.bool_]
    paid: NDArray[np.float64]
    articles: NDArray[np.float64]
    discounted: NDArray[np.float64]


def estimate(ask: Ask) -> ModelResult:
    """How long customers stay, and which first purchases announce a short stay.

    Whoever pauses longer than most of those who came back ever did has left; everybody is followed until that long before
    the last day, because later nobody can tell leaving from a pause.
    """
    pause = _pause(ask)
    followed = _followed(ask, pause)
    n, left = len(followed.weeks), int(followed.left.sum())
    if n < FEWEST_BUYERS or left < FEWEST_LEFT:
        needs = [say("model.need_buyers", n=FEWEST_BUYERS), say("model.need_follow_up", days=2 * pause)]
        raise refusal("model.churn_few", needs, n=n, left=left)
    curve, low, high = _curve(followed.weeks, followed.left)
    fit, names = _cox(followed)
    remarks = [say("model.churn_left", days=pause)]
    if fit is None:
        remarks.append(say("model.churn_no_cox"))
    elif fit.concordance < 0.55:
        remarks.append(say("model.churn_weak", c=round(fit.concordance, 3)))
    return ModelResult(
        say("model.churn_method"),
        ask.basis(("order_lines", lines(ask)), first=ask.covered[0], last=ask.covered[1]),
        tuple(_figures(n, left, curve, low, high, fit)),
        (_ratios(fit, names),) if fit is not None else (),
        (_picture(followed, curve, low, high),),
        (*left_out(ask), *remarks),
        (Exit("scores", "scores", say("model.churn_publish")),),
    )


def scores(ask: Ask) -> tuple[Scores, ...]:
    """For each customer the chance of not buying within the usual pause from now on.

    S(d + pause) ÷ S(d) of the pauses of customers who bought as often, d being the present pause; who cannot be followed
    that far has no score.
    """
    pause = _pause(ask)
    got = pauses(ask)
    days = days_sql(ask)
    now = ask.arrays(
        f"SELECT person, {classes_sql('count(*)')} AS class, date_diff('day', max(day), (SELECT max(day) FROM ({days}))) AS days "
        f"FROM ({days}) GROUP BY person ORDER BY person"
    )
    if len(now["person"]) < FEWEST_BUYERS:
        raise refusal("model.few_buyers", [say("model.need_buyers", n=FEWEST_BUYERS)], n=len(now["person"]))
    value = np.full(len(now["person"]), np.nan)
    for begin in CLASSES:
        mine = now["class"] == begin
        ended = got["n"][(got["class"] == begin) & got["ended"].astype(bool)].sum()
        if not mine.any() or ended < FEWEST_LEFT:
            continue
        curve = curve_of(got, begin)
        present = now["days"][mine].astype(np.int64)
        waiting = np.concatenate(([1.0], 1.0 - curve.share_done))
        here = waiting[np.searchsorted(curve.days, present, side="right")]
        then = waiting[np.searchsorted(curve.days, present + pause, side="right")]
        known = (present + pause <= curve.longest_follow_up) & (here > 0)
        value[mine] = np.where(known, then / np.maximum(here, 1e-12), np.nan)
    told = np.isfinite(value)
    return (Scores("churn_risk", now["person"][told], value[told]),) if told.any() else ()


def _pause(ask: Ask) -> int:
    pause = usual_pause(ask, ask.number("pause_share"))
    if pause is None:
        raise refusal("model.churn_nobody", [say("model.need_returning")])
    return pause


def _followed(ask: Ask, pause: int) -> Followed:
    days = days_sql(ask)
    got = ask.arrays(
        f"WITH d AS ({days}), p AS (SELECT person, min(day) AS first, max(day) AS last FROM d GROUP BY person), "
        f"e AS (SELECT max(day) - {pause} AS ends FROM d), "
        "f AS (SELECT p.*, date_diff('day', first, last) AS stayed, date_diff('day', first, ends) AS seen FROM p, e "
        "WHERE first < ends) "
        "SELECT CAST(floor(least(stayed, seen) / 7) AS BIGINT) AS weeks, stayed < seen AS gone, l.paid, l.articles, l.discounted "
        f"FROM f JOIN ({_first_sql(ask)}) l USING (person, first) ORDER BY person"
    )
    return Followed(
        got["weeks"].astype(np.int64), got["gone"].astype(bool), got["paid"].astype(np.float64),
        got["articles"].astype(np.float64), got["discounted"].astype(np.float64),
    )  # fmt: skip


def _first_sql(ask: Ask) -> str:
    """Query of (person, first, paid, articles, discounted): what was bought on each day."""
    members = "person_members" in set(ask.shop.lake.table_names())
    person = "coalesce(m.person_id, l.customer_id)" if members else "l.customer_id"
    join = "LEFT JOIN person_members m USING (customer_id)" if members else ""
    return (
        f"SELECT {person} AS person, l.paid_day AS first, CAST(sum(l.payable_amount) AS DOUBLE) AS paid, "
        "CAST(count(DISTINCT l.sku_id) AS DOUBLE) AS articles, "
        "CASE WHEN bool_and(l.list_amount IS NOT NULL) "
        "THEN CAST(sum(l.payable_amount) < 0.99 * sum(l.list_amount) AS DOUBLE) END "
        f"AS discounted FROM order_lines l {join} WHERE {bought(ask)} GROUP BY ALL"
    )


def _curve(weeks: NDArray[np.int64], left: NDArray[np.bool_]) -> tuple[SurvivalCurve, Any, Any]:
    curve = kaplan_meier(weeks, left, np.ones(len(weeks), dtype=np.int64))
    size = int(weeks.max()) + 1
    at_risk = np.bincount(weeks, minlength=size)[::-1].cumsum()[::-1][curve.days]
    gone = np.bincount(weeks[left], minlength=size)[curve.days]
    low, high = survival_band(curve.share_done, gone.astype(float), at_risk.astype(float))
    return curve, low, high


def _cox(followed: Followed) -> tuple[CoxFit | None, list[Said]]:
    """Cox's regression on the first purchase; None where the data cannot carry it."""
    parts, names = [np.log2(np.maximum(followed.paid, 0.01))], [say("model.churn_by_paid")]
    parts.append(np.log2(np.maximum(followed.articles, 1.0)))
    names.append(say("model.churn_by_articles"))
    if np.isfinite(followed.discounted).all():
        parts.append(followed.discounted)
        names.append(say("model.churn_by_discounted"))
    kept = [i for i, part in enumerate(parts) if part.std() > 0]
    if not kept:
        return None, []
    try:
        fit = cox(followed.weeks, followed.left, np.column_stack([parts[i] for i in kept]))
    except NotEstimable:
        return None, []
    return fit, [names[i] for i in kept]


def _figures(n: int, left: int, curve: SurvivalCurve, low: Any, high: Any, fit: CoxFit | None) -> list[Figure]:
    found = [
        Figure("followed", say("model.churn_followed"), n, "count"),
        Figure("left", say("model.churn_left_share"), left / n, "share"),
    ]
    for weeks in (13, 26, 52):
        if weeks <= curve.longest_follow_up:
            at = int(np.searchsorted(curve.days, weeks, side="right")) - 1
            if at >= 0:
                value = float(1 - curve.share_done[at])
                found.append(Figure(f"staying_{weeks}", say("model.churn_staying", n=weeks), value, "share",
                                    min(float(low[at]), value), max(float(high[at]), value)))  # fmt: skip
    half = np.flatnonzero(curve.share_done >= 0.5)
    if len(half):
        found.append(Figure("half_weeks", say("model.churn_half"), int(curve.days[half[0]]), "count"))
    if fit is not None:
        found.append(Figure("concordance", say("model.churn_concordance"), fit.concordance, "number"))
    return found


def _ratios(fit: CoxFit | None, names: list[Said]) -> Table:
    assert fit is not None
    low, high = fit.interval()
    rows: list[tuple[Cell, ...]] = [
        (name, float(np.exp(fit.coefficients[i])), float(low[i]), float(high[i])) for i, name in enumerate(names)
    ]
    columns = (
        Column("told", say("model.churn_told")), Column("ratio", say("model.churn_ratio"), "number"),
        Column("low", say("model.low"), "number"), Column("high", say("model.high"), "number"),
    )  # fmt: skip
    return Table("ratios", say("model.churn_ratios"), columns, tuple(rows), say("model.churn_ratios_note"))


def _picture(followed: Followed, curve: SurvivalCurve, low: Any, high: Any) -> Picture:
    """The curve of all, and those of the thirds by the amount of the first purchase."""
    series = [
        Series(say("model.churn_all"), (1.0, *(float(1 - s) for s in curve.share_done)), (0.0, *(float(d) for d in curve.days)),
               (1.0, *(float(v) for v in low)), (1.0, *(float(v) for v in high))),
    ]  # fmt: skip
    order = np.argsort(followed.paid, kind="stable")
    for name, part in zip(("low", "middle", "top"), np.array_split(order, 3), strict=True):
        if followed.left[part].any():
            one = kaplan_meier(followed.weeks[part], followed.left[part], np.ones(len(part), dtype=np.int64))
            values = (1.0, *(float(1 - s) for s in one.share_done))
            series.append(Series(say(f"model.churn_third_{name}"), values, (0.0, *(float(d) for d in one.days))))
    return Picture(
        "staying", "line", say("model.churn_curve"), say("model.cohorts_weeks"), say("model.share"), tuple(series),
        x_unit="number", y_unit="share",
    )  # fmt: skip


MODEL = Model(
    number=9,
    id="churn",
    group="customers",
    inputs=INPUTS,
    helps=("order_lines.list_amount",),
    references=("Kaplan & Meier 1958, JASA 53", "Cox 1972, JRSS B 34", "Efron 1977, JASA 72"),
    checks=(
        PublishedCheck(
            "Venables & Ripley, Modern Applied Statistics, section 13", "42 remissions (Freireich 1963)",
            "Cox 1.5721 (.4124)", "tests/golden/test_retention_and_hazards.py",
        ),
    ),
    estimate=estimate,
    options=(Option("pause_share", "number", 0.9, low=0.5, high=0.99),),
    scores=scores,
)  # fmt: skip
