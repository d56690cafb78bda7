"""`shopkeeper anomalies`: what stood out in the indicators, gathered into incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit

if TYPE_CHECKING:
    from shopkeeper.core.wording import Language
    from shopkeeper.insight.anomalies.find import AnomalyReport
    from shopkeeper.warehouse.shop import Shop


def anomalies(
    ctx: typer.Context,
    from_: Annotated[
        str, typer.Option("--from", metavar="D", help="First day or period, such as 2017-10; else the last 90 days.")
    ] = "",
    to: Annotated[str, typer.Option("--to", metavar="D", help="Last day or period, included.")] = "",
    kpi: Annotated[list[str] | None, typer.Option("--kpi", metavar="ID", help="Only incidents that it shows.")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="Watch platform × category, channel or shop, too."),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Find what went wrong: every indicator by platform, judged day by day, gathered into incidents.

    Exit code 1 when an incident is still on; 0 otherwise.
    """
    from shopkeeper.insight.anomalies.find import find_anomalies, parse_ask

    ask = parse_ask(from_, to, kpi or [], by or [])
    here = current_shop(ctx)
    shop = here.open()
    try:
        report = find_anomalies(shop, ask)
        _print(report, shop, here.lang, format)
    finally:
        shop.close()
    if any(incident.ongoing for incident in report.incidents):
        raise typer.Exit(1)


def _print(report: AnomalyReport, shop: Shop, lang: Language, fmt: Format) -> None:
    from shopkeeper.core.wording import word
    from shopkeeper.views.anomalies import incident_lines, incident_row, report_meta

    meta = report_meta(report, shop.id)
    if fmt == "json":
        emit([incident_row(i) for i in report.incidents], columns=[], fmt=fmt, meta=meta)
        return
    if fmt == "csv":
        rows = [incident_row(i) for i in report.incidents]
        columns = ("id", "cause", "fault", "severity", "start", "found", "end", "places", "strength", "effect", "money")
        emit(rows, columns=[(name, name) for name in columns], fmt=fmt, meta=meta)
        return
    keys = {
        "when": "anomalies.when", "cause": "anomalies.cause", "place": "anomalies.place", "change": "anomalies.change",
        "money": "anomalies.money", "severity": "anomalies.severity",
    }  # fmt: skip
    emit(
        incident_lines(report, shop, lang), columns=[(name, word(key, lang)) for name, key in keys.items()], fmt=fmt,
        meta=meta,
    )  # fmt: skip
    if not report.incidents:
        typer.echo(word("anomalies.none", lang))
