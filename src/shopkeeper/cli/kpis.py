"""`shopkeeper kpis`: the KPI matrix in the terminal, as JSON by the contract, or as CSV."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.period import Grain
from shopkeeper.core.settings import EngineName

if TYPE_CHECKING:
    from shopkeeper.core.period import Period
    from shopkeeper.kpi.definitions import Definitions
    from shopkeeper.kpi.result import Matrix, Request
    from shopkeeper.kpi.score import Score
    from shopkeeper.warehouse.shop import Shop


def kpis(
    ctx: typer.Context,
    period: Annotated[Grain, typer.Option("--period", help="Length of one period.")] = "month",
    from_: Annotated[
        str | None, typer.Option("--from", metavar="D", help="First day or period, such as 2017-10.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Last day or period, included.")] = None,
    by: Annotated[list[str] | None, typer.Option("--by", help="Cut by platform, shop, category or channel.")] = None,
    kpi: Annotated[list[str] | None, typer.Option("--kpi", metavar="ID", help="Only these indicators.")] = None,
    filter_: Annotated[
        list[str] | None, typer.Option("--filter", metavar="DIM=VALUE", help="Only this part of the business.")
    ] = None,
    pack: Annotated[
        str | None, typer.Option("--pack", metavar="PLATFORM", help="A platform's own indicators, in its own words.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="WHAT", help="Beside previous, year, festival, baseline or target."),
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="SNAPSHOT|DAY", help="As it was known then.")] = None,
    engine: Annotated[
        EngineName | None, typer.Option("--engine", help="What computes it, instead of the shop's own setting.")
    ] = None,
    companions: Annotated[
        bool, typer.Option("--companions", help="In the table, show the figures beside the 25 too.")
    ] = False,
    score: Annotated[bool, typer.Option("--score", help="Only the 0-5 score of each period and slice.")] = False,
    explain_plan: Annotated[
        bool,
        typer.Option("--explain-plan", help="What is read of each fact and how days add up, instead of the cells."),
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Score the business on the KPI matrix: 7 dimensions, 25 indicators and the figures beside them."""
    from shopkeeper.cli.comparison_table import emit_compared
    from shopkeeper.cli.matrix_table import print_matrix
    from shopkeeper.cli.pack_table import emit_pack
    from shopkeeper.kpi.matrix import matrix_for
    from shopkeeper.kpi.own.folder import definitions_of

    shop = (here := current_shop(ctx)).open(as_of).computed_by(engine)
    try:
        definitions = definitions_of(shop)
        request = _request(period, from_, to, by, kpi, filter_, definitions)
        if pack:
            return emit_pack(shop, pack, request, here.lang, format)
        if explain_plan:
            return _emit_plan(shop, request, format)
        matrix = matrix_for(shop, request, definitions)
        if against:
            emit_compared(matrix, shop, against, here.lang, format, meta_of(matrix, shop))
        elif score:
            _emit_scores(_scores(matrix, shop), format, meta_of(matrix, shop))
        elif format == "table":
            scores = _whole_scores(matrix, shop)
            print_matrix(matrix, scores, here.lang, shop.settings.shop, definitions, companions=companions or bool(kpi))
        else:
            _emit_cells(matrix, shop, format)
    finally:
        shop.close()


def _whole_scores(matrix: Matrix, shop: Shop) -> list[Score]:
    """The score of the latest whole period; none for a part of the matrix or of the business."""
    part = matrix.request.kpis or matrix.request.by or matrix.request.filters
    return [] if part else _scores(matrix, shop, matrix.latest_whole)


def _emit_cells(matrix: Matrix, shop: Shop, fmt: Format) -> None:
    rows = [cell.as_json() for cell in matrix.cells]
    emit(
        [{**r, **_flat(r)} for r in rows] if fmt == "csv" else rows,
        columns=[(name, name) for name in _csv_columns(matrix.request)],
        fmt=fmt,
        meta=meta_of(matrix, shop),
    )


def _emit_plan(shop: Shop, request: Request, fmt: Format) -> None:
    from shopkeeper.kpi.explain_plan import explain_plan

    rows = [planned.as_json() for planned in explain_plan(shop, request)]
    if fmt != "json":
        rows = [row | {"wanted_by": " ".join(map(str, row["wanted_by"]))} for row in rows]  # type: ignore[call-overload]
    names = ("fact", "measure", "kind", "day", "over_time", "wanted_by", "read")
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": shop.lake.snapshot(), "warnings": []}
    emit(rows, columns=[(name, name.replace("_", " ")) for name in names], fmt=fmt, meta=meta)


def _request(grain: Grain, from_: str | None, to: str | None, by: list[str] | None, kpi: list[str] | None,
             filters: list[str] | None, definitions: Definitions) -> Request:  # fmt: skip
    from shopkeeper.kpi.asked import parse_request

    return parse_request(grain=grain, from_=from_, to=to, by=by or [], kpis=kpi or [], filters=filters or [],
                         definitions=definitions)  # fmt: skip


def _scores(matrix: Matrix, shop: Shop, only: Period | None = None) -> list[Score]:
    from shopkeeper.kpi.score import score

    periods = [only] if only else matrix.periods
    return [score(matrix, shop, period, dims) for period in periods for dims in matrix.slices()]


def _emit_scores(scores: list[Score], fmt: Format, meta: dict[str, Any]) -> None:
    rows = [found.as_json() for found in scores]
    emit(
        rows,
        columns=[(name, name) for name in ("period", "dims", "total", "confidence", "dimensions")],
        fmt=fmt,
        meta=meta,
    )


def meta_of(matrix: Matrix, shop: Shop) -> dict[str, Any]:
    """What JSON says beside the cells."""
    last: dt.date | None = matrix.last_day
    return {
        "shop": shop.id,
        "as_of": last.isoformat() if last else None,
        "snapshot": matrix.snapshot,
        "warnings": list(matrix.warnings()),
    }


def _csv_columns(request: Request) -> list[str]:
    return ["kpi", "period", *request.by, "value", "unit", "numerator", "denominator", "status", "missing"]


def _flat(row: dict[str, object]) -> dict[str, object]:
    dims, missing = row["dims"], row["missing"]
    assert isinstance(dims, dict)
    assert isinstance(missing, list)
    return {**dims, "missing": " ".join(missing)}
