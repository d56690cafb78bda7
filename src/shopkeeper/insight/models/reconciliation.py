"""Model 20: forecasts of articles, categories, platforms and the whole that add up; which way of making them agree erred less."""

from __future__ import annotations

from shopkeeper.errors import UsageError
from shopkeeper.insight.forecast.articles import LEVELS_OF_SUMS, Articles, forecast_articles
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option
from shopkeeper.insight.models.forecasting import unit_of
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table, Unit
from shopkeeper.insight.models.said import say


def estimate(ask: Ask) -> ModelResult:
    """The sums of all articles over the days ahead, and the backtest error of both ways at each level."""
    if ask.first_day is not None or ask.last_day is not None:
        raise UsageError("a forecast learns from all days", received="--from, --to", allowed="neither of them")
    found = forecast_articles(ask.shop, ask.text("measure"), horizon=ask.whole("ahead_days"))
    unit = unit_of(found.unit)
    total = found.sums[0].expected
    lines = int(ask.rows("SELECT count(*) FROM order_lines")[0][0])
    first, last = ask.covered
    return ModelResult(
        say(f"model.reconciled_{found.method}"),
        ask.basis(("order_lines", lines), first=first, last=last),
        (
            Figure("total", say("model.reconciled_total"), total.mean, unit, total.low95, total.high95),
            Figure("series", say("model.reconciled_series"), len(found.articles), "count"),
            Figure("error_up", say("model.reconciled_error_up"), found.tried[0], "share"),
            Figure("error_agreed", say("model.reconciled_error_agreed"), found.tried[1], "share"),
            Figure("covered80", say("forecast.covered", level=80), _known(found.covered80), "share"),
            Figure("covered95", say("forecast.covered", level=95), _known(found.covered95), "share"),
            Figure("trials", say("forecast.origins"), found.origins, "count"),
        ),
        (_levels(found), _sums(found, unit)), (_picture(found),), (say("model.reconciled_remark"),),
    )  # fmt: skip


def _known(value: float) -> float | None:
    return None if value != value else value


def _levels(found: Articles) -> Table:
    names = [*(say(f"forecast.level_{level}") for level in LEVELS_OF_SUMS), say("forecast.articles")]
    rows: list[tuple[Cell, ...]] = [
        (name, _known(up), _known(agreed)) for name, (up, agreed) in zip(names, found.by_level, strict=True)
    ]
    return Table(
        "levels", say("model.reconciled_levels"),
        (
            Column("level", say("forecast_heading.level")),
            Column("bottom_up", say("model.reconciled_error_up"), "share"),
            Column("reconciled", say("model.reconciled_error_agreed"), "share"),
        ),
        tuple(rows), say("model.reconciled_levels_note"),
    )  # fmt: skip


def _sums(found: Articles, unit: Unit) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            say(f"forecast.level_{s.level}"), s.platform or None, s.category or None, s.expected.mean, s.expected.low80,
            s.expected.high80, s.expected.low95, s.expected.high95, s.before,
        )
        for s in found.sums
    ]  # fmt: skip
    return Table(
        "sums", say("forecast.sums"),
        (
            Column("level", say("forecast_heading.level")), Column("platform", say("forecast_heading.platform")),
            Column("category", say("forecast_heading.category")), Column("mean", say("forecast_heading.mean"), unit),
            Column("low80", say("forecast_heading.low80"), unit), Column("high80", say("forecast_heading.high80"), unit),
            Column("low95", say("model.low"), unit), Column("high95", say("model.high"), unit),
            Column("before", say("forecast_heading.before"), unit),
        ),
        tuple(rows), say("model.reconciled_sums_note"),
    )  # fmt: skip


def _picture(found: Articles) -> Picture:
    names = (*(say(f"forecast.level_{level}") for level in LEVELS_OF_SUMS), say("forecast.articles"))
    return Picture(
        "levels", "bar", say("model.reconciled_levels"), say("forecast_heading.level"), say("model.reconciled_error"),
        (
            Series(say("model.reconciled_error_up"), tuple(_known(up) for up, _ in found.by_level)),
            Series(say("model.reconciled_error_agreed"), tuple(_known(agreed) for _, agreed in found.by_level)),
        ),
        labels=names, y_unit="share",
    )  # fmt: skip


MODEL = Model(
    number=20,
    id="reconciliation",
    group="forecast",
    inputs=("order_lines.paid_day", "order_lines.sku_id"),
    references=("Wickramasuriya, Athanasopoulos & Hyndman 2019, Journal of the American Statistical Association 114, 804–819",),
    checks=(),
    estimate=estimate,
    options=(
        Option("measure", "choice", "units", choices=("units", "paid_amount")),
        Option("ahead_days", "whole", 28, low=1, high=90),
    ),
    helps=("products.category",),
)  # fmt: skip
