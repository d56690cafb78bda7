"""Model 22: what was not sold because it was out of stock, what of it other articles took, and what it cost."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.insight.models.stock_days import Articles, articles, presence
from shopkeeper.methods.lost_sales import LostSales
from shopkeeper.methods.lost_sales import lost_sales as lost_of

Floats = NDArray[np.float64]
MOST_ARTICLES, SHOWN = 3000, 40


def estimate(ask: Ask) -> ModelResult:
    """Lost units by article on the days it was out, valued at its margin; substitution as a share of each category."""
    found = articles(ask, MOST_ARTICLES, ask.whole("stock_days"))
    there, away = presence(ask, found)
    gone = away & _recently(there, ask.whole("longest_out"))
    long = int((away & ~gone).any(axis=0).sum())
    if not gone.any() or not there.any():
        raise refusal("model.lost_nothing", ["stock_levels.on_hand", say("model.lost_need")])
    by_group = {g: _of_group(found, there, gone, g) for g in range(len(found.group_names))}
    lost, low, high = (np.full(len(found.sku), np.nan) for _ in range(3))
    for g, result in by_group.items():
        if result is not None:
            mine = found.group == g
            lost[mine], low[mine], high[mine] = result.lost, result.low, result.high
    days_out = gone.sum(axis=0)
    told = np.isfinite(lost) & (days_out > 0)
    if not told.any():
        raise refusal("model.lost_nothing", ["stock_levels.on_hand", say("model.lost_need")])
    valued = told & np.isfinite(found.margin)
    money = np.where(valued, lost * np.maximum(found.margin, 0), 0.0)
    spread = float(np.sqrt((((high - low) / 2 * np.maximum(np.nan_to_num(found.margin), 0))[valued] ** 2).sum()))
    total, yearly = float(money.sum()), 365 / len(found.units)
    untold = int(((days_out > 0) & ~told).sum())
    last = found.first + dt.timedelta(days=len(found.units) - 1)
    return ModelResult(
        say("model.lost_method"),
        ask.basis(
            ("stock_levels", _counts(ask)), ("order_lines", int(found.units.sum())), first=found.first, last=last
        ),
        (
            Figure(
                "money",
                say("model.lost_money"),
                total * yearly if valued.any() else None,
                "money",
                max(total - spread, 0) * yearly if valued.any() else None,
                (total + spread) * yearly if valued.any() else None,
                note=say("model.lost_money_note"),
            ),
            Figure("units", say("model.lost_units"), float(lost[told].sum()), "count"),
            Figure("articles", say("model.lost_articles"), int(told.sum()), "count"),
            Figure("out_share", say("model.lost_out_share"), float(gone.sum() / max((gone | there).sum(), 1)), "share"),
        ),
        (_article_table(found, lost, low, high, money, days_out, told), _group_table(found, by_group, money, lost)),
        (_picture(found, money),),
        (
            say("model.lost_remark"),
            *((say("model.lost_long", n=long, days=ask.whole("longest_out")),) if long else ()),
            *((say("model.lost_untold", n=untold),) if untold else ()),
        ),
    )


def _recently(there: NDArray[np.bool_], days: int) -> NDArray[np.bool_]:
    """Days that lie at most so many after one on which the article was there: one that stays away may have been given up."""
    at = np.where(there, np.arange(len(there))[:, None], -(10**6))
    return np.arange(len(there))[:, None] - np.maximum.accumulate(at, axis=0) <= days


def _of_group(found: Articles, there: NDArray[np.bool_], gone: NDArray[np.bool_], g: int) -> LostSales | None:
    """One category, its days weighed by what the other categories sold; None where there are none."""
    mine = found.group == g
    if not gone[:, mine].any() or mine.all():
        return None
    steady = ~mine & (gone.mean(axis=0) < 0.02)
    others = found.units[:, steady if steady.any() else ~mine].sum(axis=1)
    if others.sum() <= 0:
        return None
    kernel = np.ones(7) / 7  # weekdays and chance out, festivals in
    smooth = np.convolve(np.pad(others, 3, mode="edge"), kernel, mode="valid")
    intensity = np.maximum(smooth / smooth.mean(), 1e-6)
    return lost_of(found.units[:, mine], there[:, mine], gone[:, mine], intensity)


def _article_table(
    found: Articles,
    lost: Floats,
    low: Floats,
    high: Floats,
    money: Floats,
    days_out: NDArray[np.int64],
    told: NDArray[np.bool_],
) -> Table:
    order = [n for n in np.lexsort((-np.nan_to_num(lost), -money)) if told[n]][:SHOWN]
    rows: list[tuple[Cell, ...]] = [
        (
            found.sku[n],
            found.name[n],
            found.group_names[found.group[n]],
            int(days_out[n]),
            float(lost[n]),
            float(low[n]),
            float(high[n]),
            float(money[n]) if np.isfinite(found.margin[n]) else None,
        )
        for n in order
    ]
    return Table(
        "articles",
        say("model.lost_table"),
        (
            Column("sku", say("model.stock_sku")),
            Column("name", say("model.stock_name")),
            Column("group", say("model.stock_group")),
            Column("days_out", say("model.lost_days_out"), "count"),
            Column("lost", say("model.lost_units"), "number"),
            Column("low", say("model.low"), "number"),
            Column("high", say("model.high"), "number"),
            Column("money", say("model.lost_margin"), "money"),
        ),
        tuple(rows),
        say("model.lost_table_note", n=SHOWN),
    )


def _group_table(found: Articles, by_group: dict[int, LostSales | None], money: Floats, lost: Floats) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for g, result in sorted(by_group.items(), key=lambda item: -money[found.group == item[0]].sum()):
        if result is None:
            continue
        mine = found.group == g
        share, least = result.recaptured, result.recaptured_low
        sure = share is not None and least is not None and least > 0 and share <= 1
        rows.append(
            (
                found.group_names[g],
                float(np.nansum(lost[mine])),
                float(money[mine].sum()),
                result.recaptured if sure else None,
                result.recaptured_low if sure else None,
                result.recaptured_high if sure else None,
                result.dispersion,
            )
        )
    return Table(
        "groups",
        say("model.lost_groups"),
        (
            Column("group", say("model.stock_group")),
            Column("lost", say("model.lost_units"), "number"),
            Column("money", say("model.lost_margin"), "money"),
            Column("recaptured", say("model.lost_recaptured"), "share"),
            Column("low", say("model.low"), "share"),
            Column("high", say("model.high"), "share"),
            Column("noise", say("model.lost_noise"), "number"),
        ),
        tuple(rows),
        say("model.lost_groups_note"),
    )


def _picture(found: Articles, money: Floats) -> Picture:
    order = [n for n in np.argsort(-money)[:12] if money[n] > 0]
    return Picture(
        "articles",
        "bar",
        say("model.lost_picture"),
        say("model.stock_sku"),
        say("model.lost_margin"),
        (Series(say("model.lost_margin"), tuple(float(money[n]) for n in order)),),
        labels=tuple(found.sku[n] for n in order),
        y_unit="money",
    )


def _counts(ask: Ask) -> int:
    return int(ask.rows(f"SELECT count(*) FROM stock_levels WHERE {ask.days('stock_day')}")[0][0])


MODEL = Model(
    number=22,
    id="lost_sales",
    group="stock",
    inputs=("stock_levels.on_hand", "order_lines.sku_id", "order_lines.paid_day", "order_lines.quantity"),
    helps=("sku_costs.unit_cost", "products.category"),
    references=("Conlon & Mortimer 2013, American Economic Journal: Microeconomics 5(4)",),
    checks=(),
    estimate=estimate,
    options=(
        Option("stock_days", "whole", 365, low=60, high=1095),
        Option("longest_out", "whole", 28, low=1, high=365),
    ),
)
