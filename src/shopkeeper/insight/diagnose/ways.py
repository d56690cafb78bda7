"""Ways to what is missing: which known export brings it, the template to fill, or how long to wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from shopkeeper.ingest.sources import layouts
from shopkeeper.insight.diagnose.finding import Export, Way
from shopkeeper.warehouse.model import COMMERCE_TABLES

SHOWN_EXPORTS = 6
"""How many exports are named; the shop's own platforms come first."""

_COLUMNS = {"visits.visitors": ("visitors", "visitor_id"), "ledger_entries.fees": ("amount",)}
"""Needs that are more than one column: any of these brings it."""

_BY_ITSELF = {"decision_log", "alert_log", "procedure_runs", "customer_scores"}
"""Tables that Shopkeeper writes while it is used."""


def ways_to(need: str, platforms: Iterable[str | None], last_day: dt.date) -> tuple[Way, ...]:
    """Every way to one missing thing, the surest first. `need` is an entry of a cell's `missing`."""
    kind, _, detail = need.partition(":")
    match kind:
        case "follow_up":
            return (Way("wait", day=last_day + dt.timedelta(days=int(detail))),)
        case "history" | "previous":
            return (Way("earlier", command="shopkeeper ingest"),)
        case "currency":
            return (Way("rates", command="shopkeeper template fx_rates"),)
        case "visits_twice":
            return (Way("one_count"),)
        case "daily_only":
            return (Way("events"), *_exports("visits", ("visitor_id",), platforms))
        case "empty" | "no_slice":
            return ()
    table, _, column = need.partition(".")
    if need == "ad_spend.is_acquisition":
        return (Way("setting", command="ingest.ad_spend_is_acquisition"),)
    if need == "order_lines.unpaid":
        return (Way("unpaid"),)
    if table in _BY_ITSELF:
        return (Way("itself"),)
    if table not in COMMERCE_TABLES:
        return ()
    columns = _COLUMNS.get(need, (column,) if column else ())
    return (*_exports(table, columns, platforms), Way("template", command=f"shopkeeper template {table}"))


def _exports(table: str, columns: tuple[str, ...], platforms: Iterable[str | None]) -> tuple[Way, ...]:
    """The layouts that fill a table, and of it one of some columns where any are named."""
    mine = {platform for platform in platforms if platform}
    found = [
        Export(layout.id, layout.platform, layout.platform in mine)
        for layout in layouts()
        if any(part.name == table and (not columns or set(columns) & set(part.columns)) for part in layout.tables)
    ]
    found.sort(key=lambda export: not export.yours)
    return (Way("export", tuple(found[:SHOWN_EXPORTS]), max(len(found) - SHOWN_EXPORTS, 0)),) if found else ()
