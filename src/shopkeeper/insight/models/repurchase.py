"""Model 10: when customers come back: the rate of buying again by days since the last purchase."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.buying import INPUTS, left_out, lines
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.pauses import CLASSES, at_risk_of, class_name, curve_of, pauses
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Said, refusal, say
from shopkeeper.methods.hazards import survival_band
from shopkeeper.methods.intervals import wilson
from shopkeeper.methods.survival import SurvivalCurve

FEWEST_RETURNS = 100
FEWEST_AT_RISK = 30
HORIZONS = (30, 60, 90, 180)
WEEKS = 26


def estimate(ask: Ask) -> ModelResult:
    """At what time after a purchase do customers buy again, and does it change with how often they have bought?

    The rate in a week is the share of those still pausing at its start who bought in it. Pauses that have not ended count as
    long as they have lasted, so young customers do not look like lost ones.
    """
    step = ask.whole("step_days")
    got = pauses(ask)
    ended = int(got["n"][got["ended"].astype(bool)].sum()) if len(got["n"]) else 0
    if ended < FEWEST_RETURNS:
        raise refusal("model.repurchase_few", [say("model.need_returns", n=FEWEST_RETURNS)], n=ended)
    classes = [
        c for c in CLASSES if int(got["n"][(got["class"] == c) & got["ended"].astype(bool)].sum()) >= FEWEST_AT_RISK
    ]
    rates = {c: _rates(got, c, step) for c in classes}
    total = _rates(got, None, step)
    peak = int(np.nanargmax(np.array([np.nan if r is None else r[0] for r in total], dtype=float)))
    return ModelResult(
        say("model.repurchase_method", days=step),
        ask.basis(("order_lines", lines(ask)), first=ask.covered[0], last=ask.covered[1]),
        (
            *_shares(got),
            Figure("peak", say("model.repurchase_peak"), peak * step + step / 2, "days", peak * step, (peak + 1) * step,
                   level=0.0, note=say("model.repurchase_peak_note", days=step)),
        ),
        (_table(got, classes),),
        (
            Picture(
                "rate", "line", say("model.repurchase_rate", days=step), say("model.repurchase_since"), say("model.share"),
                tuple(_line(class_name(c), rates[c], step) for c in classes), x_unit="number", y_unit="share",
            ),
            _returned(got, classes),
        ),
        (*left_out(ask), say("model.repurchase_read")),
    )  # fmt: skip


Rates = list[tuple[float, float, float] | None]


def _rates(got: dict[str, NDArray[Any]], begin: int | None, step: int) -> Rates:
    """Share of those still pausing who bought in each step, with its interval; None where too few are left."""
    days = np.arange(WEEKS * step)
    at_risk, bought = at_risk_of(got, begin, days)
    found: Rates = []
    for n in range(WEEKS):
        risk = int(at_risk[n * step])
        did = int(bought[n * step : (n + 1) * step].sum())
        found.append((did / risk, *wilson(did, risk)) if risk >= FEWEST_AT_RISK else None)
    return found


def _line(name: Said, rates: Rates, step: int) -> Series:
    return Series(
        name, tuple(r[0] if r else None for r in rates), tuple(float(n * step) for n in range(len(rates))),
        tuple(r[1] if r else None for r in rates), tuple(r[2] if r else None for r in rates),
    )  # fmt: skip


def _by(
    curve: SurvivalCurve, got: dict[str, NDArray[Any]], begin: int | None, day: int
) -> tuple[float, float, float] | None:
    """Share that had bought again by a day, with its interval; None beyond what was followed."""
    if day > curve.longest_follow_up:
        return None
    at_risk, bought = at_risk_of(got, begin, curve.days)
    low, high = survival_band(curve.share_done, bought.astype(float), at_risk.astype(float))
    at = int(np.searchsorted(curve.days, day, side="right")) - 1
    return (float(curve.share_done[at]), float(1 - high[at]), float(1 - low[at])) if at >= 0 else None


def _shares(got: dict[str, NDArray[Any]]) -> list[Figure]:
    curve = curve_of(got)
    found = []
    for day in HORIZONS:
        share = _by(curve, got, None, day)
        if share is not None:
            found.append(
                Figure(f"by_{day}", say("model.repurchase_by", days=day), share[0], "share", share[1], share[2])
            )
    return found


def _table(got: dict[str, NDArray[Any]], classes: list[int]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for begin in classes:
        curve = curve_of(got, begin)
        mine = got["class"] == begin
        ended = mine & got["ended"].astype(bool)
        order = np.argsort(got["days"][ended], kind="stable")
        reached = np.cumsum(got["n"][ended][order])
        middle = int(got["days"][ended][order][np.searchsorted(reached, reached[-1] / 2)])
        shares = [_by(curve, got, begin, day) for day in HORIZONS]
        rows.append((class_name(begin), int(got["n"][mine].sum()), middle, *(s[0] if s else None for s in shares)))
    columns = (
        Column("class", say("model.pauses_class")), Column("pauses", say("model.repurchase_pauses"), "count"),
        Column("median_days", say("model.repurchase_median"), "days"),
        *(Column(f"by_{d}", say("model.repurchase_by", days=d), "share") for d in HORIZONS),
    )  # fmt: skip
    return Table("classes", say("model.repurchase_table"), columns, tuple(rows), say("model.repurchase_table_note"))


def _returned(got: dict[str, NDArray[Any]], classes: list[int]) -> Picture:
    days = tuple(range(0, WEEKS * 7 + 1, 7))
    series = []
    for begin in classes:
        curve = curve_of(got, begin)
        values = tuple(curve.share_by(d) if d <= curve.longest_follow_up else None for d in days)
        series.append(Series(class_name(begin), values, tuple(float(d) for d in days)))
    return Picture(
        "returned", "line", say("model.repurchase_returned"), say("model.repurchase_since"), say("model.share"), tuple(series),
        x_unit="number", y_unit="share",
    )  # fmt: skip


MODEL = Model(
    number=10,
    id="repurchase",
    group="customers",
    inputs=INPUTS,
    references=("Jain & Vilcassim 1991, Marketing Science 10(1)", "Kaplan & Meier 1958, JASA 53", "Wilson 1927, JASA 22"),
    checks=(
        PublishedCheck(
            "Cox & Oakes 1984, p. 9", "42 remissions (Freireich 1963)",
            ".857, .807, .753, .690, .627, .538, .448", "tests/golden/test_retention_and_hazards.py",
        ),
    ),
    estimate=estimate,
    options=(Option("step_days", "whole", 7, low=1, high=30),),
)  # fmt: skip
