"""Model 8: what customers will buy and be worth in the days ahead, by the forecast that did best at earlier cut-offs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.buying import INPUTS, days_sql, left_out, lines
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Exit, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Amount, Said, refusal, say
from shopkeeper.insight.models.scores import Scores
from shopkeeper.methods.buying_process import Fit, Floats, SpendFit, drop_out_gain, fit_process, fit_spend
from shopkeeper.methods.purchase_forecasts import (
    CANDIDATES,
    MEMORY_DAYS,
    Candidate,
    Customers,
    Judged,
    best,
    captured,
    forecast,
    judge,
    worst_total,
)
from shopkeeper.warehouse.sql import literal

FEWEST_BUYERS = 100
ROUNDS = 2
WORST_TOTAL = 0.15
"""A total whose error at an earlier cut-off was larger is not shown."""
SURE_OF_DROP_OUT = 5.99
"""Twice the log-likelihood that drop-out has to add before anybody is called lost (χ² with 2 df, 5 %)."""


@dataclass(frozen=True)
class At:
    """Customers as they were known on a day, and what they did in the days that followed."""

    day: dt.date
    customers: Customers
    mean_paid: Floats
    next_days: Floats
    next_paid: Floats
    people: Any


@dataclass(frozen=True)
class Chosen:
    """The forecast that was picked, its judgement, and what it says of each customer now."""

    now: At
    rounds: tuple[tuple[Judged, ...], ...]
    candidate: Candidate
    purchases: Floats
    fit: Fit | None
    spend: SpendFit | None
    value: Floats | None
    alive: Floats | None
    paid_errors: tuple[float, ...]
    top_share: float
    before: At
    said_before: Floats


def estimate(ask: Ask) -> ModelResult:
    """How many purchases, and how much, to expect of each customer in the days ahead.

    A purchase is a shop day on which somebody bought. Each candidate is fitted as of two earlier days and held to what came;
    the best one is fitted anew on everything. Values of purchases are expected by the Gamma-Gamma.
    """
    ahead = ask.whole("horizon_days")
    chosen = _chosen(ask, ahead)
    now = chosen.now
    rows = [_row(c, chosen.rounds) for c in CANDIDATES]
    return ModelResult(
        say("model.clv_method", candidate=_name(chosen.candidate), rounds=ROUNDS, days=ahead),
        ask.basis(("order_lines", lines(ask)), first=ask.covered[0], last=now.day),
        tuple(_figures(chosen, ahead)),
        (_judged_table(rows, ahead), _deciles(chosen)),
        (_calibration(chosen),),
        (*left_out(ask), *_remarks(chosen, (now.day - (ask.covered[0] or now.day)).days < 365 + ahead)),
        (Exit("scores", "scores", say("model.clv_publish")),) if chosen.value is not None else (),
    )


def scores(ask: Ask) -> tuple[Scores, ...]:
    """The value expected of each customer, and the chance that they still buy where the data tell it."""
    chosen = _chosen(ask, ask.whole("horizon_days"))
    found = []
    if chosen.value is not None:
        found.append(Scores("clv", chosen.now.people, chosen.value))
    if chosen.alive is not None:
        found.append(Scores("p_alive", chosen.now.people, chosen.alive))
    return tuple(found)


def _chosen(ask: Ask, ahead: int) -> Chosen:
    first, last = ask.covered
    needed = (ROUNDS + 1) * ahead
    if first is None or last is None or (last - first).days + 1 < needed:
        days = (last - first).days + 1 if first and last else 0
        raise refusal("model.clv_short", [say("model.need_days", n=needed)], days=days, takes=needed)
    earlier = [_known(ask, last - dt.timedelta(days=ahead * n), ahead) for n in range(ROUNDS, 0, -1)]
    now = _known(ask, last, ahead)
    fewest = min(len(one.people) for one in (*earlier, now))
    if fewest < FEWEST_BUYERS:
        raise refusal("model.few_buyers", [say("model.need_buyers", n=FEWEST_BUYERS)], n=fewest)
    if not all((one.customers.x > 0).any() and one.next_days.sum() > 0 for one in earlier):
        raise refusal("model.clv_nobody_returns", [say("model.need_returning")])
    said = [[forecast(c, one.customers, ahead)[0] for c in CANDIDATES] for one in earlier]
    rounds = tuple(
        tuple(judge(c, s, one.next_days) for c, s in zip(CANDIDATES, told, strict=True))
        for one, told in zip(earlier, said, strict=True)
    )
    picked = best(rounds)
    purchases, fit = forecast(picked, now.customers, ahead)
    spend = _spend(now)
    value = None if spend is None else purchases * _each(spend, now)
    place = CANDIDATES.index(picked)
    return Chosen(
        now, rounds, picked, purchases, fit, spend, value, _alive(now),
        tuple(_paid_error(one, told[place]) for one, told in zip(earlier, said, strict=True)),
        captured(said[-1][place], np.maximum(earlier[-1].next_paid, 0.0)) if earlier[-1].next_paid.max() > 0 else 0.0,
        earlier[-1], said[-1][place],
    )  # fmt: skip


def customers_sql(days: str, day: dt.date, ahead: int) -> str:
    """Query of everybody who had bought by a day, as they were known then, and what they did in the days ahead.

    `days` is a query of (person, day, paid): one row a person and day of buying.
    """
    at, later = f"DATE {literal(day.isoformat())}", f"DATE {literal((day + dt.timedelta(days=ahead)).isoformat())}"
    start = f"DATE {literal((day - dt.timedelta(days=ahead)).isoformat())}"
    return (
        f"SELECT person, date_diff('day', min(day), max(day) FILTER (day <= {at})) AS last, "
        f"date_diff('day', min(day), {at}) AS seen, count(*) FILTER (day <= {at}) AS n, "
        f"count(*) FILTER (day <= {at} AND day > {start}) AS recent, "
        f"sum(exp(date_diff('day', {at}, day) / {MEMORY_DAYS})) FILTER (day <= {at}) AS weighted, "
        f"CAST(sum(paid) FILTER (day <= {at}) AS DOUBLE) / count(*) FILTER (day <= {at}) AS mean_paid, "
        f"count(*) FILTER (day > {at}) AS next_days, "
        f"CAST(coalesce(sum(paid) FILTER (day > {at}), 0) AS DOUBLE) AS next_paid "
        f"FROM ({days}) WHERE day <= {later} GROUP BY person HAVING min(day) <= {at} ORDER BY person"
    )


def customers_at(got: Mapping[str, Any], day: dt.date) -> At:
    """Customers from the columns of `customers_sql`."""
    seen = got["seen"].astype(np.float64)
    first = np.exp(-seen / MEMORY_DAYS)  # the first purchase starts the clock and is none of the repeats
    customers = Customers(
        got["n"].astype(np.float64) - 1.0, got["last"].astype(np.float64), seen, got["recent"].astype(np.float64),
        np.maximum(got["weighted"].astype(np.float64) - first, 0.0).round(9),
    )  # fmt: skip
    return At(
        day, customers, got["mean_paid"].astype(np.float64), got["next_days"].astype(np.float64),
        got["next_paid"].astype(np.float64), got["person"],
    )  # fmt: skip


def _known(ask: Ask, day: dt.date, ahead: int) -> At:
    return customers_at(ask.arrays(customers_sql(days_sql(ask), day, ahead)), day)


def _spend(at: At) -> SpendFit | None:
    again = (at.customers.x > 0) & (at.mean_paid > 0)
    try:
        fit = fit_spend(at.customers.x[again] + 1.0, at.mean_paid[again])
    except NotEstimable:
        return None
    return fit if fit.p + fit.q > 1.0 else None


def _each(spend: SpendFit, at: At) -> Floats:
    """The value of a next purchase of each; who was never worth anything counts as one purchase of the mean of all."""
    paid = np.maximum(at.mean_paid, 0.0)
    return spend.expected(at.customers.x + 1.0, paid)


def _paid_error(at: At, purchases: Floats) -> float:
    """Error in the total of what was paid after an earlier cut-off; infinite where it cannot be told."""
    spend = _spend(at)
    total = float(at.next_paid.sum())
    return float((purchases * _each(spend, at)).sum()) / total - 1.0 if spend is not None and total > 0 else np.inf


def _alive(at: At) -> Floats | None:
    """Chance that each still buys by MBG/NBD; None where drop-out adds too little likelihood to be told from a pause."""
    history = at.customers.history()
    fit = fit_process("mbgnbd", history)
    sure = drop_out_gain(fit, fit_process("gamma_poisson", history)) > SURE_OF_DROP_OUT and not fit.at_bound
    return fit.alive(history) if sure else None


def _figures(chosen: Chosen, ahead: int) -> list[Figure]:
    wrong = worst_total(chosen.rounds, chosen.candidate)
    total = float(chosen.purchases.sum())
    found = [Figure("buyers", say("model.buyers"), len(chosen.now.people), "count")]
    found.append(_total("purchases", say("model.clv_purchases", days=ahead), total, "number", wrong))
    if chosen.value is not None:
        wrong = max(abs(e) for e in chosen.paid_errors)
        found.append(_total("value", say("model.clv_value", days=ahead), float(chosen.value.sum()), "money", wrong))
        found.append(
            Figure("top_share", say("model.clv_top"), chosen.top_share, "share", note=say("model.clv_top_note"))
        )
    if chosen.alive is not None:
        found.append(Figure("alive", say("model.clv_alive"), float(chosen.alive.mean()), "share"))
    return found


def _total(name: str, label: Said, total: float, unit: Any, wrong: float) -> Figure:
    """A total between what it would be with the largest earlier error either way, or none where that error was too large."""
    if not wrong <= WORST_TOTAL:
        note = say(
            "model.clv_withheld",
            error=Amount(wrong if np.isfinite(wrong) else None, "share"),
            most=Amount(WORST_TOTAL, "share"),
        )
        return Figure(name, label, None, unit, note=note)
    note = say("model.clv_range", error=Amount(wrong, "share"))
    return Figure(name, label, total, unit, total / (1.0 + wrong), total / (1.0 - wrong), level=0.0, note=note)


def _remarks(chosen: Chosen, short: bool) -> list[Said]:
    found = [say("model.clv_no_year")] if short else []
    found += [say("model.clv_alive_shown" if chosen.alive is not None else "model.clv_alive_hidden")]
    if chosen.fit is not None and chosen.fit.at_bound:
        found.append(say("model.clv_at_bound"))
    if chosen.spend is None:
        found.append(say("model.clv_no_spend"))
    else:
        again = chosen.now.customers.x > 0
        tie = (
            float(np.corrcoef(chosen.now.customers.x[again], chosen.now.mean_paid[again])[0, 1])
            if again.sum() > 2
            else 0.0
        )
        if abs(tie) > 0.3:
            found.append(say("model.clv_tie", r=round(tie, 3)))
    return found


def _name(candidate: Candidate) -> Said:
    return say(f"model.clv_by_{candidate}")


def _row(candidate: Candidate, rounds: tuple[tuple[Judged, ...], ...]) -> tuple[Cell, ...]:
    mine = [next(j for j in one if j.candidate == candidate) for one in rounds]
    return (
        _name(candidate), *(j.total_error for j in mine), float(np.mean([j.mean_error for j in mine])),
        float(np.mean([j.correlation for j in mine])),
    )  # fmt: skip


def _judged_table(rows: list[tuple[Cell, ...]], ahead: int) -> Table:
    errors = tuple(
        Column(f"total_error_{n}", say("model.clv_total_error", days=ahead * n), "share") for n in range(ROUNDS, 0, -1)
    )
    columns = (
        Column("candidate", say("model.clv_candidate")), *errors,
        Column("mean_error", say("model.clv_mean_error"), "number"),
        Column("correlation", say("model.clv_correlation"), "number"),
    )  # fmt: skip
    return Table(
        "candidates", say("model.clv_candidates"), columns, tuple(rows), say("model.clv_candidates_note", days=ahead)
    )


def _deciles(chosen: Chosen) -> Table:
    """Customers in ten equal groups by what is expected of them."""
    worth = chosen.value if chosen.value is not None else chosen.purchases
    order = np.argsort(-worth, kind="stable")
    rows: list[tuple[Cell, ...]] = []
    for n, part in enumerate(np.array_split(order, 10), start=1):
        rows.append((
            n, len(part), float(chosen.purchases[part].mean()),
            float(chosen.value[part].mean()) if chosen.value is not None else None,
            float(worth[part].sum() / worth.sum()),
            float(chosen.alive[part].mean()) if chosen.alive is not None else None,
        ))  # fmt: skip
    columns = (
        Column("group", say("model.clv_tenth"), "count"), Column("buyers", say("model.buyers"), "count"),
        Column("purchases_each", say("model.clv_purchases_each"), "number"),
        Column("value_each", say("model.clv_value_each"), "money"),
        Column("share", say("model.clv_share"), "share"), Column("alive", say("model.clv_alive"), "share"),
    )  # fmt: skip
    return Table("tenths", say("model.clv_tenths"), columns, tuple(rows))


def _calibration(chosen: Chosen) -> Picture:
    """Forecast of the last cut-off beside what came, by tenths of the forecast."""
    at, said = chosen.before, chosen.said_before
    parts = np.array_split(np.argsort(-said, kind="stable"), 10)
    return Picture(
        "calibration", "bar", say("model.clv_calibration", day=at.day), say("model.clv_tenth"), say("model.clv_purchases_each"),
        (
            Series(say("model.clv_said"), tuple(float(said[p].mean()) for p in parts)),
            Series(say("model.clv_came"), tuple(float(at.next_days[p].mean()) for p in parts)),
        ),
        labels=tuple(str(n) for n in range(1, 11)),
    )  # fmt: skip


MODEL = Model(
    number=8,
    id="clv",
    group="customers",
    inputs=INPUTS,
    references=(
        "Fader, Hardie & Lee 2005, Marketing Science 24(2) (BG/NBD)", "Batislam, Denizel & Filiztekin 2007 (MBG/NBD)",
        "Fader & Hardie 2013 (Gamma-Gamma)", "Ehrenberg 1959 (gamma-Poisson)",
    ),
    checks=(
        PublishedCheck(
            "Fader, Hardie & Lee 2005, table 2", "CDNOW, 2,357 customers",
            "r .243, α 4.414, a .793, b 2.426, LL −9582.4", "tests/golden/test_cdnow.py",
        ),
        PublishedCheck(
            "Fader & Hardie 2013", "CDNOW, 946 repeat buyers", "p 6.25, q 3.74, γ 15.44", "tests/golden/test_cdnow.py",
        ),
    ),
    estimate=estimate,
    options=(Option("horizon_days", "whole", 90, low=14, high=365),),
    scores=scores,
)  # fmt: skip
