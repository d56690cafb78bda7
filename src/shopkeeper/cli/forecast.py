"""`shopkeeper forecast KPI`: what an indicator or every article will be, with intervals and how earlier forecasts did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.period import Grain
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.insight.forecast.articles import Articles
    from shopkeeper.insight.forecast.indicator import Outlook
    from shopkeeper.insight.forecast.result import Forecast
    from shopkeeper.kpi.definition import Indicator


def forecast(
    ctx: typer.Context,
    kpi: Annotated[str, typer.Argument(metavar="KPI", help="An indicator, such as C4 or paid_amount.")],
    period: Annotated[Grain, typer.Option("--period", help="Length of one period.")] = "month",
    horizon: Annotated[
        int | None, typer.Option("--horizon", metavar="N", help="Periods ahead; days with --by sku.")
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="DIM", help="Cut by platform, shop, category, channel or sku.")
    ] = "",
    filter_: Annotated[
        list[str] | None, typer.Option("--filter", metavar="DIM=VALUE", help="Only this part of the business.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Forecast an indicator with 80 % and 95 % bands, the chance of its target, and the backtest behind them."""
    from shopkeeper.insight.forecast.articles import forecast_articles
    from shopkeeper.insight.forecast.indicator import forecast_indicator
    from shopkeeper.kpi.asked import parse_request
    from shopkeeper.kpi.own.folder import definitions_of

    here = current_shop(ctx)
    shop = here.open()
    try:
        definitions = definitions_of(shop)
        request = parse_request(
            grain=period, by=[] if by == "sku" else [by], filters=filter_ or [], definitions=definitions
        )
        meta: dict[str, Any] = {"shop": shop.id, "as_of": None, "snapshot": shop.lake.snapshot(), "warnings": []}
        if by == "sku":
            _emit_articles(
                forecast_articles(shop, kpi, horizon=horizon, filters=request.filters), here.lang, format, meta
            )
            return
        found = forecast_indicator(shop, kpi, grain=period, horizon=horizon, by=request.by, filters=request.filters)
        currency = shop.settings.shop.currency
        _emit(
            found,
            definitions.indicator(kpi),
            here.lang,
            currency,
            format,
            meta | {"as_of": found.known_until.isoformat()},
        )
    finally:
        shop.close()


def _emit(
    found: Outlook, indicator: Indicator, lang: Language, currency: str, fmt: Format, meta: dict[str, Any]
) -> None:
    rows = [row for f in found.forecasts for row in f.as_json()]
    if fmt == "json":
        meta["tried"] = [_tried(f) for f in found.forecasts]
        meta["festivals"] = [{"name": name, "day": day.isoformat()} for name, day in found.festivals]
        emit(rows, columns=[], fmt="json", meta=meta)
        return
    if fmt == "csv":
        names = (
            "kpi",
            "period",
            "dims",
            "mean",
            "low80",
            "high80",
            "low95",
            "high95",
            "unit",
            "begun",
            "target",
            "probability",
        )
        emit(rows, columns=[(n, n) for n in names], fmt="csv", meta=meta)
        return
    from shopkeeper.render.formats import Formats
    from shopkeeper.views.forecast import chance_text, festival_words, method_words

    formats = Formats(lang, currency)
    shown = []
    for f in found.forecasts:
        cut = " · ".join(v or "–" for _, v in f.dims) or word("forecast.whole", lang)
        for p in f.ahead:
            chance = f.chance.probability if p.period == f.chance.period else None
            shown.append({
                "cut": cut, "period": p.period.label + ("*" if p.begun else ""), "mean": formats.value(p.mean, indicator.unit),
                "within80": _between(p.low80, p.high80, indicator, formats),
                "within95": _between(p.low95, p.high95, indicator, formats),
                "target": formats.value(f.chance.target, indicator.unit), "chance": chance_text(chance, formats),
            })  # fmt: skip
    heads = ("cut", "period", "mean", "within80", "within95", "target", "chance")
    emit(shown, columns=[(n, word(f"forecast_heading.{n}", lang)) for n in heads], fmt="table", meta=meta)
    if any(p.begun for f in found.forecasts for p in f.ahead):
        typer.echo("* " + word("forecast.begun", lang))
    for f in found.forecasts[-1:]:
        typer.echo(method_words(f, lang))
        typer.echo(_tried_words(f, lang))
        for name in f.unseen:
            typer.echo(word("forecast.unseen", lang, name=word(f"festival.{name}", lang)))
    if found.festivals:
        typer.echo(word("forecast.festivals", lang) + ": " + festival_words(found, formats))


def _between(low: float, high: float, indicator: Indicator, formats: Any) -> str:
    return f"{formats.value(low, indicator.unit)} – {formats.value(high, indicator.unit)}"


def _tried(found: Forecast) -> dict[str, object]:
    from dataclasses import asdict

    return {"dims": dict(found.dims), **asdict(found.tried), "path": found.path, "members": dict(found.members)}


def _tried_words(found: Forecast, lang: Language) -> str:
    tried = found.tried
    values = {
        "n": tried.origins, "mase": _two(tried.mase), "naive": _two(tried.naive_mase), "smape": _two(tried.smape),
        "c80": _share(tried.covered80), "c95": _share(tried.covered95),
    }  # fmt: skip
    return word("forecast.tried", lang, **values)


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value * 100:.0f}%"


def _emit_table(rows: list[dict[str, Any]], names: tuple[str, ...], lang: Language, meta: dict[str, Any]) -> None:
    emit(rows, columns=[(n, word(f"forecast_heading.{n}", lang)) for n in names], fmt="table", meta=meta)


def _emit_articles(found: Articles, lang: Language, fmt: Format, meta: dict[str, Any]) -> None:
    rows = [
        {
            "platform": a.platform, "category": a.category, "sku": a.sku, "name": a.name, "demand": a.demand,
            "mean": round(a.expected.mean, 3), "low80": round(a.expected.low80, 3), "high80": round(a.expected.high80, 3),
            "low95": round(a.expected.low95, 3), "high95": round(a.expected.high95, 3), "mase": a.mase,
        }
        for a in found.articles
    ]  # fmt: skip
    sums = [
        {"level": s.level, "platform": s.platform, "category": s.category, "mean": round(s.expected.mean, 3),
         "low80": round(s.expected.low80, 3), "high80": round(s.expected.high80, 3), "low95": round(s.expected.low95, 3),
         "high95": round(s.expected.high95, 3), "before": s.before}
        for s in found.sums
    ]  # fmt: skip
    tried = {
        "origins": found.origins, "wape": found.wape, "wape_total": found.wape_total, "covered80": found.covered80,
        "covered95": found.covered95, "method": found.method, "bottom_up": found.tried[0], "reconciled": found.tried[1],
    }  # fmt: skip
    days = {"from": found.first.isoformat(), "to": found.last.isoformat()}
    if fmt == "json":
        emit(rows, columns=[], fmt="json", meta=meta | {"days": days, "unit": found.unit, "sums": sums, "tried": tried})
        return
    names = ("platform", "category", "sku", "name", "demand", "mean", "low80", "high80", "low95", "high95", "mase")
    if fmt == "csv":
        emit(rows, columns=[(n, n) for n in names], fmt="csv", meta=meta)
        return
    shown = [
        {**row, "mase": _two(a.mase), "demand": word(f"forecast_demand.{a.demand}", lang)}
        for a, row in zip(found.articles[:20], rows, strict=False)
    ]
    first = [
        s | {"level": word(f"forecast.level_{s['level']}", lang)} for s in sums if s["level"] != "platform_category"
    ]
    _emit_table(first, ("level", "platform", "category", "mean", "low80", "high80", "before"), lang, meta)
    _emit_table(shown, tuple(n for n in names if n not in ("low95", "high95")), lang, meta)
    up, agreed = _share(found.tried[0]), _share(found.tried[1])
    typer.echo(word(f"forecast_way.{found.method}", lang, up=up, agreed=agreed, n=f"{len(rows):,}"))
    typer.echo(word("forecast.tried_articles", lang, n=found.origins, wape=_share(found.wape), total=_share(found.wape_total),
                    c80=_share(found.covered80), c95=_share(found.covered95), days=f"{days['from']} – {days['to']}"))  # fmt: skip
