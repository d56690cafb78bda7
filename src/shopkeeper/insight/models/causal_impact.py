"""Model 16: what did a change on one platform or in one category do, against what would have happened without it?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Said, refusal, say
from shopkeeper.methods.causal import Impact, Synthetic, causal_impact, synthetic_control

Floats = NDArray[np.float64]
_BY = {"by_platform": "s.platform_id", "by_category": "p.category", "by_shop": "l.shop_id"}
FEWEST_BEFORE, MOST_DAYS, MOST_AFTER = 42, 365, 90
MOST_CONTROLS = 8


@dataclass(frozen=True)
class _Series:
    """Paid amount a day of the part that changed and of the others, largest first; `change` is the index of the day."""

    days: list[dt.date]
    treated: Floats
    controls: Floats
    names: list[str]
    change: int


def estimate(ask: Ask) -> ModelResult:
    """The effect on paid amount after a day, by two methods: a local level with untouched parts, and a mixture of them.

    What changed is asked for: `part` (a platform, category or shop) and `day`. Without them there is nothing to measure.
    """
    found = _series(ask)
    impact = causal_impact(found.treated, found.controls, found.change)
    mixture = _mixture(found)
    after = found.days[found.change :]
    placebo = _placebo(found)
    expected = float(impact.expected[found.change :].sum())
    relative = [v / expected if expected > 0 else None for v in (impact.effect, impact.effect_low, impact.effect_high)]
    figures = [
        Figure(
            "effect",
            say("model.impact_effect", days=len(after)),
            impact.effect,
            "money",
            impact.effect_low,
            impact.effect_high,
            note=_verdict(impact),
        ),
        Figure("relative", say("model.impact_relative"), relative[0], "share", relative[1], relative[2]),
        Figure("p", say("model.impact_p"), impact.p_value, "number"),
        Figure(
            "placebo",
            say("model.impact_placebo"),
            placebo.effect if placebo else None,
            "money",
            placebo.effect_low if placebo else None,
            placebo.effect_high if placebo else None,
            note=say("model.impact_placebo_note"),
        ),
        Figure("explained", say("model.impact_explained"), max(impact.explained, 0.0), "share"),
    ]
    if mixture:
        figures.append(
            Figure(
                "synthetic",
                say("model.impact_synthetic"),
                mixture.effect,
                "money",
                note=say("model.impact_synthetic_note", p=f"{mixture.p_value:.2f}", n=len(mixture.weights) + 1),
            )
        )
    return ModelResult(
        say("model.impact_method", part=ask.text("part"), day=found.days[found.change].isoformat()),
        ask.basis(("order_lines", _lines(ask, found)), first=found.days[0], last=found.days[-1]),
        tuple(figures),
        _tables(found, mixture),
        (_picture(found, impact),),
        _remarks(placebo),
    )


def _series(ask: Ask) -> _Series:
    by, part = ask.text("cut_by"), ask.text("part")
    first, last = ask.covered
    if first is None or last is None:
        raise refusal("model.impact_no_sales", ["order_lines.paid_day"])
    got = ask.rows(
        f"SELECT coalesce(CAST({_BY[by]} AS VARCHAR), '–'), l.paid_day, sum(CAST(l.payable_amount AS DOUBLE)) FROM order_lines l "
        "LEFT JOIN shops s ON s.shop_id = l.shop_id LEFT JOIN (SELECT sku_id, max(category) AS category FROM products "
        f"GROUP BY sku_id) p ON p.sku_id = l.sku_id WHERE l.paid_day IS NOT NULL AND l.is_brushing IS NOT TRUE "
        f"AND {ask.days('l.paid_day')} GROUP BY ALL"
    )
    parts = sorted({name for name, _, _ in got})
    change = _day(ask.text("change_day"))
    if part not in parts or change is None:
        raise refusal(
            "model.impact_what",
            [say("model.impact_need_part", parts="、".join(parts[:12])), say("model.impact_need_day")],
        )
    start = max(first, change - dt.timedelta(days=MOST_DAYS))
    end = min(last, change + dt.timedelta(days=ask.whole("after_days") - 1))
    before = (change - start).days
    if before < FEWEST_BEFORE or end < change:
        raise refusal("model.impact_short", [say("model.impact_need_days", n=FEWEST_BEFORE)], n=max(before, 0))
    n = (end - start).days + 1
    table = {name: np.zeros(n) for name in parts}
    for name, day, paid in got:  # days × parts, not rows of the warehouse
        if start <= day <= end:
            table[name][(day - start).days] = paid
    others = sorted((p for p in parts if p != part), key=lambda p: -table[p][:before].sum())
    kept = [p for p in others if (table[p][:before] > 0).mean() >= 0.8][:MOST_CONTROLS]
    if not kept:
        raise refusal("model.impact_alone", [say("model.impact_need_others")])
    days = [start + dt.timedelta(days=k) for k in range(n)]
    return _Series(days, table[part], np.column_stack([table[p] for p in kept]), kept, before)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _mixture(found: _Series) -> Synthetic | None:
    """The synthetic control over weekly sums, every part on the scale of its own mean before; None with too few donors."""
    if len(found.names) < 3:
        return None
    before_weeks = found.change // 7
    skip = found.change - 7 * before_weeks
    weeks = (len(found.days) - skip) // 7
    if weeks <= before_weeks:
        return None

    def weekly(values: Floats) -> Floats:
        sums: Floats = values[skip : skip + 7 * weeks].reshape(weeks, 7, -1).sum(axis=1)
        return sums

    treated, donors = weekly(found.treated[:, None])[:, 0], weekly(found.controls)
    scale = treated[:before_weeks].mean()
    if not scale > 0:
        return None
    result = synthetic_control(treated / scale, donors / donors[:before_weeks].mean(axis=0), before_weeks)
    return Synthetic(
        result.weights,
        result.expected * scale,
        result.effect * float(scale),
        result.ratio,
        result.p_value,
        result.placebo_ratios,
        result.fit * float(scale),
    )


def _placebo(found: _Series) -> Impact | None:
    """The same, as if the change had come earlier by as many days as were looked at afterwards: nothing should be found."""
    length = len(found.days) - found.change
    earlier = found.change - length
    if earlier < FEWEST_BEFORE:
        return None
    return causal_impact(found.treated[: found.change], found.controls[: found.change], earlier)


def _verdict(impact: Impact) -> Said:
    if impact.p_value >= 0.05:
        return say("model.impact_within")
    return say("model.impact_more" if impact.effect > 0 else "model.impact_less")


def _remarks(placebo: Impact | None) -> tuple[Said, ...]:
    told = [say("model.impact_remark")]
    if placebo is not None and placebo.p_value < 0.05:
        told.append(say("model.impact_placebo_fails"))
    return tuple(told)


def _tables(found: _Series, mixture: Synthetic | None) -> tuple[Table, ...]:
    rows: list[tuple[Cell, ...]] = []
    for n, name in enumerate(found.names):
        fits = float(np.corrcoef(found.treated[: found.change], found.controls[: found.change, n])[0, 1])
        weight = float(mixture.weights[n]) if mixture else None
        rows.append((name, fits if np.isfinite(fits) else None, weight))
    return (
        Table(
            "controls",
            say("model.impact_controls"),
            (
                Column("part", say("model.impact_part")),
                Column("correlation", say("model.impact_correlation"), "number"),
                Column("weight", say("model.impact_weight"), "share"),
            ),
            tuple(rows),
        ),
    )


def _picture(found: _Series, impact: Impact) -> Picture:
    show = slice(max(found.change - 84, 0), None)
    return Picture(
        "series",
        "line",
        say("model.impact_picture"),
        say("model.impact_date"),
        say("model.impact_paid"),
        (
            Series(say("model.impact_actual"), tuple(found.treated[show].tolist())),
            Series(
                say("model.impact_expected"),
                tuple(impact.expected[show].tolist()),
                low=tuple(impact.low[show].tolist()),
                high=tuple(impact.high[show].tolist()),
            ),
        ),
        labels=tuple(found.days[show]),
        x_unit="day",
        y_unit="money",
    )


def _lines(ask: Ask, found: _Series) -> int:
    sql = f"SELECT count(*) FROM order_lines WHERE paid_day BETWEEN DATE '{found.days[0]}' AND DATE '{found.days[-1]}'"
    return int(ask.rows(sql)[0][0])


MODEL = Model(
    number=16,
    id="causal_impact",
    group="causes",
    inputs=("order_lines.paid_day", "order_lines.payable_amount"),
    helps=("campaigns.start_day",),
    references=(
        "Brodersen et al. 2015, Annals of Applied Statistics 9(1)",
        "Abadie, Diamond & Hainmueller 2010, JASA 105",
    ),
    checks=(),
    estimate=estimate,
    options=(
        Option("cut_by", "choice", "by_platform", choices=("by_platform", "by_category", "by_shop")),
        Option("part", "text", ""),
        Option("change_day", "text", ""),
        Option("after_days", "whole", 28, low=7, high=MOST_AFTER),
    ),
)
