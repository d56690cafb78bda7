"""Model 1: recency, frequency and money; eight groups of customers, and whether the groups really differ afterwards."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.buying import INPUTS, buyers_sql, days_sql, left_out, lines
from shopkeeper.insight.models.declared import Model, Option
from shopkeeper.insight.models.result import Cell, Column, Exit, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Amount, refusal, say
from shopkeeper.methods.intervals import wilson

FEWEST_BUYERS = 30
GROUPS = (7, 5, 3, 1, 6, 4, 2, 0)
"""Groups in the order shown; bit 2 = bought lately, bit 1 = often, bit 0 = much."""


@dataclass(frozen=True)
class Cuts:
    """From where on somebody bought lately (at most this many days ago), often (orders) and much (amount)."""

    recency_days: int
    orders: int
    paid: float


def estimate(ask: Ask) -> ModelResult:
    """Which customers bought lately, often and much, and what each group did in the days that followed.

    Cuts are at the best two fifths of buyers; equal values are never parted. Groups as of `follow_days` before the end are
    looked at again at the end: a grouping whose groups buy alike afterwards tells nothing.
    """
    last = ask.covered[1]
    if last is None:
        raise refusal("model.few_buyers", [say("model.need_buyers", n=FEWEST_BUYERS)], n=0)
    follow = ask.whole("follow_days")
    recency, orders, paid = _buyers(ask, last)
    if len(recency) < FEWEST_BUYERS:
        raise refusal("model.few_buyers", [say("model.need_buyers", n=FEWEST_BUYERS)], n=len(recency))
    cuts = _cuts(recency, orders, paid)
    group = _groups(cuts, recency, orders, paid)
    again = _again(ask, last, follow)
    rows = [_row(g, group, orders, paid, again) for g in GROUPS]
    remarks = [say("model.rfm_cuts", days=cuts.recency_days, orders=cuts.orders, paid=Amount(cuts.paid, "money"))]
    if again is None:
        remarks.append(say("model.rfm_no_follow_up", days=follow))
    count = {g: int((group == g).sum()) for g in GROUPS}
    return ModelResult(
        say("model.rfm_method", days=follow),
        ask.basis(("order_lines", lines(ask)), last=last),
        (
            Figure("buyers", say("model.buyers"), len(recency), "count"),
            Figure("best_share", say("model.rfm_best_share"), count[7] / len(recency), "share"),
            Figure("best_paid_share", say("model.rfm_best_paid"), float(paid[group == 7].sum() / paid.sum()), "share"),
        ),
        (_table(rows, follow),),
        (
            Picture(
                "groups", "bar", say("model.rfm_picture"), say("model.rfm_group"), say("model.share"),
                (
                    Series(say("model.rfm_of_buyers"), tuple(count[g] / len(recency) for g in GROUPS)),
                    Series(say("model.rfm_of_paid"), tuple(float(paid[group == g].sum() / paid.sum()) for g in GROUPS)),
                ),
                labels=tuple(say(f"model.rfm_group_{g}") for g in GROUPS), y_unit="share",
            ),
        ),
        (*left_out(ask), *remarks),
        tuple(Exit(f"group_{g}", "segment", say(f"model.rfm_group_{g}"), _rule(cuts, g)) for g in GROUPS if count[g]),
    )  # fmt: skip


def _buyers(ask: Ask, until: dt.date) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    got = ask.arrays(
        f"SELECT date_diff('day', last_day, DATE '{until}') AS recency, CAST(orders AS BIGINT) AS orders, paid "
        f"FROM ({buyers_sql(ask, until)}) ORDER BY person"
    )
    return got["recency"].astype(np.int64), got["orders"].astype(np.int64), got["paid"].astype(np.float64)


def _cuts(recency: NDArray[np.int64], orders: NDArray[np.int64], paid: NDArray[np.float64]) -> Cuts:
    often = int(np.quantile(orders, 0.6, method="higher"))
    return Cuts(
        int(np.quantile(recency, 0.4, method="lower")),
        max(often, int(orders.min()) + 1),  # who bought once, like most others, did not buy often
        round(float(np.quantile(paid, 0.6, method="higher")), 2),
    )


def _groups(
    cuts: Cuts, recency: NDArray[np.int64], orders: NDArray[np.int64], paid: NDArray[np.float64]
) -> NDArray[np.int64]:
    lately, often, much = recency <= cuts.recency_days, orders >= cuts.orders, paid.round(2) >= cuts.paid
    return (4 * lately + 2 * often + much).astype(np.int64)


def _again(ask: Ask, last: dt.date, follow: int) -> dict[int, tuple[int, int]] | None:
    """By group as it was `follow` days before the end: (how many bought afterwards, of how many)."""
    until = last - dt.timedelta(days=follow)
    got = ask.arrays(
        f"SELECT date_diff('day', b.last_day, DATE '{until}') AS recency, CAST(b.orders AS BIGINT) AS orders, b.paid, "
        f"a.person IS NOT NULL AS again FROM ({buyers_sql(ask, until)}) b LEFT JOIN "
        f"(SELECT DISTINCT person FROM ({days_sql(ask)}) WHERE day > DATE '{until}') a USING (person) ORDER BY b.person"
    )
    if len(got["recency"]) < FEWEST_BUYERS:
        return None
    past = got["recency"].astype(np.int64), got["orders"].astype(np.int64), got["paid"].astype(np.float64)
    group = _groups(_cuts(*past), *past)
    again = got["again"].astype(bool)
    return {g: (int(again[group == g].sum()), int((group == g).sum())) for g in GROUPS}


def _row(
    g: int, group: NDArray[np.int64], orders: NDArray[np.int64], paid: NDArray[np.float64],
    again: dict[int, tuple[int, int]] | None,
) -> tuple[Cell, ...]:  # fmt: skip
    mine = group == g
    n = int(mine.sum())
    did, of = again[g] if again else (0, 0)
    low, high = wilson(did, of) if of else (None, None)
    return (
        say(f"model.rfm_group_{g}"), n, n / len(group), float(paid[mine].sum() / paid.sum()),
        float(paid[mine].mean()) if n else None, float(orders[mine].mean()) if n else None,
        did / of if of else None, low, high,
    )  # fmt: skip


def _table(rows: list[tuple[Cell, ...]], follow: int) -> Table:
    return Table(
        "groups", say("model.rfm_table"),
        (
            Column("group", say("model.rfm_group")), Column("buyers", say("model.buyers"), "count"),
            Column("buyers_share", say("model.rfm_of_buyers"), "share"),
            Column("paid_share", say("model.rfm_of_paid"), "share"),
            Column("paid_each", say("model.paid_each"), "money"),
            Column("orders_each", say("model.orders_each"), "number"),
            Column("bought_again", say("model.bought_again", days=follow), "share"),
            Column("low", say("model.low"), "share"), Column("high", say("model.high"), "share"),
        ),
        tuple(rows), say("model.rfm_table_note", days=follow),
    )  # fmt: skip


def _rule(cuts: Cuts, g: int) -> str:
    """The rule over profile dimensions that takes a group."""
    rules = [
        {"recency_days": f"{'<=' if g & 4 else '>'} {cuts.recency_days}"},
        {"orders": f"{'>=' if g & 2 else '<'} {cuts.orders}"},
        {"paid": f"{'>=' if g & 1 else '<'} {cuts.paid}"},
    ]
    return json.dumps({"all": [*rules, {"orders": ">= 1"}]})


MODEL = Model(
    number=1,
    id="rfm",
    group="customers",
    inputs=INPUTS,
    references=(
        "Hughes 1994, Strategic Database Marketing", "Fader, Hardie & Lee 2005, Journal of Marketing Research 42(4)",
    ),
    checks=(),
    estimate=estimate,
    options=(Option("follow_days", "whole", 90, low=7, high=365),),
)  # fmt: skip
