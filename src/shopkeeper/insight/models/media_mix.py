"""Model 15: what each channel's advertising brings, and what the next yuan would."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.retold import retold
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.methods.media_mix import FEWEST_PERIODS, LEAST_OWN, MediaMix, media_mix

LEAST_WEEKS = 13
LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Weeks:
    """Weekly sales, spend by channel, and controls. `left_out`: channels with too little spend to be told."""

    monday: list[dt.date]
    sales: NDArray[np.float64]
    spend: NDArray[np.float64]
    controls: NDArray[np.float64]
    channels: list[str]
    left_out: list[str]


def estimate(ask: Ask) -> ModelResult:
    """Carry-over and saturation of every channel, what it brought, and its marginal return at present spend."""
    weeks = _weeks(ask)
    with retold():
        found = media_mix(weeks.sales, weeks.spend, weeks.controls)
    now = weeks.spend[-4:].mean(axis=0)
    marginal, brought = found.marginal(now), found.response(weeks.spend.mean(axis=0)[:, None])[:, :, 0]
    roi = brought / weeks.spend.mean(axis=0)
    told = (found.own_variation >= LEAST_OWN) & _narrow(marginal) & _narrow(roi)
    if not told.any():
        raise refusal("model.mix_wide", [say("model.mix_need_weeks_that_differ")])
    low, high = np.quantile(found.explained, [0.025, 0.975])
    remarks = [say("model.mix_meaning")]
    if weeks.left_out:
        remarks.append(say("model.mix_left_out", channels=", ".join(weeks.left_out)))
    if not told.all():
        names = ", ".join(n for n, ok in zip(weeks.channels, told, strict=True) if not ok)
        remarks.append(say("model.mix_untold", channels=names))
    return ModelResult(
        say("model.mix_method"),
        ask.basis(("ad_spend", len(weeks.monday)), first=weeks.monday[0], last=weeks.monday[-1] + dt.timedelta(6)),
        (
            Figure("explained", say("model.mix_explained"), float(np.median(found.explained)), "share", float(low), float(high)),
            Figure("weeks", say("model.weeks"), len(weeks.monday), "count"),
            Figure("r_hat", say("model.mix_r_hat"), found.r_hat, "number", note=say("model.mix_r_hat_note")),
        ),
        (_table(weeks, found, now, marginal, roi, told),),
        (_picture(weeks, found, told),),
        tuple(remarks),
    )  # fmt: skip


def _narrow(returns: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each channel's 95 % interval says something: at most twice as wide as its middle, or as two yuan a yuan."""
    low, middle, high = np.quantile(returns, [0.025, 0.5, 0.975], axis=0)
    narrow: NDArray[np.bool_] = high - low <= np.maximum(2.0, 2.0 * middle)
    return narrow


def _weeks(ask: Ask) -> Weeks:
    """Whole weeks in which both sales and spend are told. Raises NotEstimable where there are too few."""
    shop = ask.text("shop_id")
    where = " AND shop_id = ?" if shop else ""
    asked = [shop] if shop else []
    bounds = ask.rows(
        f"SELECT min(spent_day), max(spent_day) FROM ad_spend WHERE {ask.days('spent_day')}{where}", asked
    )[0]
    first, last = ask.covered
    if first is None or last is None or bounds[0] is None:
        raise refusal("model.mix_short", [say("model.mix_need_weeks", n=FEWEST_PERIODS)], n=0)
    begin, end = max(first, bounds[0]), min(last, bounds[1])
    begin += dt.timedelta(-begin.weekday() % 7)
    n = (end - begin).days // 7 + ((end - begin).days % 7 == 6)
    if n < FEWEST_PERIODS:
        raise refusal("model.mix_short", [say("model.mix_need_weeks", n=FEWEST_PERIODS)], n=max(n, 0))
    inside = f"BETWEEN DATE '{begin}' AND DATE '{begin + dt.timedelta(7 * n - 1)}'{where}"
    sold = ask.arrays(
        f"SELECT date_diff('day', DATE '{begin}', paid_day) // 7 AS week, sum(CAST(payable_amount AS DOUBLE)) AS paid, "
        f"sum(CAST(list_amount AS DOUBLE)) AS listed FROM order_lines WHERE is_brushing IS NOT TRUE "
        f"AND paid_day {inside} GROUP BY 1",
        asked,
    )
    spent = ask.arrays(
        f"SELECT date_diff('day', DATE '{begin}', spent_day) // 7 AS week, channel_id AS channel, "
        f"sum(CAST(amount AS DOUBLE)) AS spend "
        f"FROM ad_spend WHERE spent_day {inside} GROUP BY 1, 2", asked,
    )  # fmt: skip
    sales, listed = np.zeros(n), np.zeros(n)
    sales[sold["week"].astype(int)] = sold["paid"].astype(np.float64)
    listed[sold["week"].astype(int)] = sold["listed"].astype(np.float64)
    names, which = np.unique(spent["channel"].astype(str), return_inverse=True)
    spend = np.zeros((n, len(names)))
    spend[spent["week"].astype(int), which] = spent["spend"].astype(np.float64)
    keep = ((spend > 0).sum(axis=0) >= LEAST_WEEKS) & (spend.sum(axis=0) >= LEAST_SHARE * spend.sum())
    if not keep.any():
        raise refusal(
            "model.mix_short", [say("model.mix_need_weeks", n=FEWEST_PERIODS)], n=int((spend > 0).sum(axis=0).max())
        )
    monday = [begin + dt.timedelta(7 * i) for i in range(n)]
    depth = 1.0 - np.divide(sales, listed, out=np.ones(n), where=listed > 0)
    return Weeks(
        monday,
        sales,
        spend[:, keep],
        _controls(ask, monday, depth),
        [str(c) for c in names[keep]],
        [str(c) for c in names[~keep]],
    )


def _controls(ask: Ask, monday: list[dt.date], depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """A constant, a trend, the year's wave, the share of festival days in the week, and how much was taken off prices."""
    n = len(monday)
    turn = 2 * np.pi * np.array([day.timetuple().tm_yday for day in monday]) / 365.25
    columns = [np.ones(n), np.linspace(-1, 1, n)]
    if n >= 78:  # a year's wave needs more than a year
        columns += [f(k * turn) for k in (1, 2) for f in (np.sin, np.cos)]
    days = {str(day) for (day,) in ask.rows("SELECT DISTINCT day FROM calendar WHERE kind = 'retail'")}
    festival = np.array([sum(str(day + dt.timedelta(i)) in days for i in range(7)) / 7 for day in monday])
    columns += [c for c in (festival, depth) if c.std() > 1e-6]
    return np.column_stack(columns)


def _table(
    weeks: Weeks, found: MediaMix, now: NDArray[np.float64], marginal: NDArray[np.float64], roi: NDArray[np.float64],
    told: NDArray[np.bool_],
) -> Table:  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for c, name in enumerate(weeks.channels):
        low, middle, high = (float(v) for v in np.quantile(marginal[:, c], [0.025, 0.5, 0.975]))
        whole = [float(v) for v in np.quantile(roi[:, c], [0.025, 0.5, 0.975])]
        half_life = float(np.median(np.log(0.5) / np.log(np.maximum(found.decay[:, c], 1e-9))))
        known = bool(told[c])
        rows.append(
            (
                name,
                float(now[c]),
                float(found.own_variation[c]),
                middle if known else None,
                low if known else None,
                high if known else None,
                whole[1] if known else None,
                whole[0] if known else None,
                whole[2] if known else None,
                half_life if known else None,
            )  # fmt: skip
        )
    return Table(
        "channels", say("model.mix_table"),
        (
            Column("channel", say("model.channel")), Column("spend", say("model.mix_spend"), "money"),
            Column("own", say("model.mix_own"), "share"), Column("marginal", say("model.mix_marginal"), "number"),
            Column("low", say("model.low"), "number"), Column("high", say("model.high"), "number"),
            Column("mean", say("model.mix_mean"), "number"), Column("mean_low", say("model.low"), "number"),
            Column("mean_high", say("model.high"), "number"), Column("half_life", say("model.mix_half_life"), "number"),
        ),
        tuple(rows), say("model.mix_table_note"),
    )  # fmt: skip


def _picture(weeks: Weeks, found: MediaMix, told: NDArray[np.bool_]) -> Picture:
    top = weeks.spend.max(axis=0)
    points = np.linspace(0.0, 1.0, 25)[None, :] * top[:, None]
    low, middle, high = np.quantile(found.response(points), [0.025, 0.5, 0.975], axis=0)
    return Picture(
        "response", "line", say("model.mix_picture"), say("model.mix_spend"), say("model.mix_brought"),
        tuple(
            Series(
                name, tuple(float(v) for v in middle[c]), tuple(float(v) for v in points[c]),
                tuple(float(v) for v in low[c]), tuple(float(v) for v in high[c]),
            )
            for c, name in enumerate(weeks.channels) if told[c]
        ),
        x_unit="money", y_unit="money",
    )  # fmt: skip


MODEL = Model(
    number=15,
    id="media_mix",
    group="marketing",
    inputs=("ad_spend.amount", "order_lines.payable_amount"),
    references=("Jin, Wang, Sun, Chan & Koehler 2017, Bayesian methods for media mix modeling with carryover and shape effects",),
    checks=(
        PublishedCheck(
            "Jin et al. 2017", "simulated weeks with known carry-over and saturation",
            "marginal returns inside 90 % intervals in at least 75 % of cases",
            "tests/recovery/test_media_mix.py",
        ),
    ),
    estimate=estimate,
    options=(Option("shop_id", "text", ""),),
    helps=("calendar", "order_lines.list_amount"),
)  # fmt: skip
