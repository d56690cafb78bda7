"""Model 19: what an indicator will be, by a blend of smoothing, naive and intermittent forecasts, with bands and a backtest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import cast

from shopkeeper.core.period import Grain
from shopkeeper.errors import UsageError
from shopkeeper.insight.forecast.indicator import forecast_indicator
from shopkeeper.insight.forecast.result import Forecast
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table, Unit
from shopkeeper.insight.models.said import Said, say
from shopkeeper.kpi.own.folder import definitions_of

SHOWN_PAST = 26


def estimate(ask: Ask) -> ModelResult:
    """The forecast of the option `kpi` by `grain`, as `shopkeeper forecast` gives it."""
    if ask.first_day is not None or ask.last_day is not None:
        raise UsageError("a forecast learns from all days", received="--from, --to", allowed="neither of them")
    indicator = definitions_of(ask.shop).indicator(ask.text("kpi"))
    grain = cast(Grain, ask.text("grain"))
    # the matrix opens a reading of its own, which a connection that holds one already cannot: another thread has another
    with ThreadPoolExecutor(1) as thread:
        outlook = thread.submit(forecast_indicator, ask.shop, indicator.id, grain=grain).result()
    found = outlook.forecasts[0]
    unit = unit_of(indicator.unit)
    first = found.ahead[0]
    figures = [
        Figure(
            "expected",
            say("model.forecast_next", period=first.period.label),
            first.mean,
            unit,
            first.low95,
            first.high95,
        )
    ]
    if found.chance.probability is not None:
        figures += [
            Figure("target", say("model.forecast_target"), found.chance.target, unit),
            Figure("chance", say("model.forecast_chance"), found.chance.probability, "share"),
        ]
    figures += _tried(found)
    learned = sum(v is not None for _, v in found.past)
    remarks: list[Said] = [say("model.forecast_learned", n=learned)]
    remarks += [say("forecast.unseen", name=say(f"festival.{name}")) for name in found.unseen]
    return ModelResult(
        say(f"model.forecast_method_{found.path}"),
        replace(
            ask.basis(*_rows(ask, indicator.needs), first=found.past[0][0].start, last=found.known_until),
            snapshot=outlook.snapshot,
        ),
        tuple(figures), (_ahead(found, unit), _members(found)), (_picture(found, unit),), tuple(remarks),
    )  # fmt: skip


def unit_of(unit: str) -> Unit:
    """An indicator's unit as models name units.

    >>> unit_of("visitors_per_money"), unit_of("share")
    ('number', 'share')
    """
    known = ("money", "share", "count", "days", "times", "times_per_year", "minutes")
    return cast(Unit, unit) if unit in known else "number"


def _rows(ask: Ask, needs: tuple[str, ...]) -> list[tuple[str, int]]:
    tables = dict.fromkeys(need.partition(".")[0] for need in needs)
    return [(t, int(ask.rows(f"SELECT count(*) FROM {t}")[0][0])) for t in tables]


def _tried(found: Forecast) -> list[Figure]:
    tried = found.tried
    return [
        Figure("mase", say("model.forecast_mase"), tried.mase, "number"),
        Figure("naive_mase", say("model.forecast_naive"), tried.naive_mase, "number"),
        Figure("smape", say("model.forecast_smape"), None if tried.smape is None else tried.smape / 100, "share"),
        Figure("covered80", say("forecast.covered", level=80), tried.covered80, "share"),
        Figure("covered95", say("forecast.covered", level=95), tried.covered95, "share"),
        Figure("trials", say("forecast.origins"), tried.origins, "count"),
    ]


def _ahead(found: Forecast, unit: Unit) -> Table:
    rows: list[tuple[Cell, ...]] = [(p.period.label, p.mean, p.low80, p.high80, p.low95, p.high95) for p in found.ahead]
    return Table(
        "ahead", say("forecast.ahead"),
        (
            Column("period", say("forecast_heading.period")), Column("mean", say("forecast_heading.mean"), unit),
            Column("low80", say("forecast_heading.low80"), unit), Column("high80", say("forecast_heading.high80"), unit),
            Column("low95", say("model.low"), unit), Column("high95", say("model.high"), unit),
        ),
        tuple(rows), say("model.forecast_ahead_note"),
    )  # fmt: skip


def _members(found: Forecast) -> Table:
    rows: list[tuple[Cell, ...]] = [(say(f"forecast_member.{name}"), share) for name, share in found.members]
    columns = (Column("member", say("model.forecast_member")), Column("share", say("model.share"), "share"))
    return Table("members", say("model.forecast_members"), columns, tuple(rows))


def _picture(found: Forecast, unit: Unit) -> Picture:
    past = found.past[-SHOWN_PAST:]
    ahead = found.ahead
    blank: tuple[float | None, ...] = (None,) * len(past)
    after: tuple[float | None, ...] = (None,) * len(ahead)
    return Picture(
        "course", "line", say("model.forecast_picture"), say("forecast_heading.period"), say("forecast_heading.mean"),
        (
            Series(say("forecast.actual"), (*(v for _, v in past), *after)),
            Series(
                say("forecast.mean"), (*blank, *(p.mean for p in ahead)), low=(*blank, *(p.low95 for p in ahead)),
                high=(*blank, *(p.high95 for p in ahead)),
            ),
        ),
        labels=(*(p.label for p, _ in past), *(p.period.label for p in ahead)), y_unit=unit,
    )  # fmt: skip


MODEL = Model(
    number=19,
    id="forecasting",
    group="forecast",
    inputs=("order_lines.ordered_day",),
    references=(
        "Hyndman & Athanasopoulos 2021, Forecasting: principles and practice, 3rd ed.",
        "Taylor 2003, Journal of the Operational Research Society 54, 799–805",
        "Croston 1972, Operational Research Quarterly 23, 289–303",
        "Teunter, Syntetos & Babai 2011, European Journal of Operational Research 214, 606–615",
    ),
    checks=(
        PublishedCheck(
            "Makridakis, Spiliotis & Assimakopoulos 2020 (M4)", "414 hourly series of M4, seasonal naive",
            "sMAPE 13.912, MASE 1.193", "tests/golden/test_m4_hourly.py",
        ),
    ),
    estimate=estimate,
    options=(Option("kpi", "text", "paid_amount"), Option("grain", "choice", "month", choices=("day", "week", "month"))),
)  # fmt: skip
