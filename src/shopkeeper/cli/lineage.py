"""`shopkeeper lineage`: where one cell of the matrix comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format

if TYPE_CHECKING:
    from shopkeeper.core.period import Period
    from shopkeeper.kpi.result import Dims, Filters
    from shopkeeper.views.lineage import Lineage
    from shopkeeper.warehouse.shop import Shop


def lineage(
    ctx: typer.Context,
    kpi: Annotated[str, typer.Argument(metavar="KPI", help="An indicator.")],
    period: Annotated[str, typer.Option("--period", metavar="P", help="Which period, such as 2017-10 or 2017-W40.")],
    filter_: Annotated[
        list[str] | None, typer.Option("--filter", metavar="DIM=VALUE", help="Only this part of the business.")
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=0, max=1000, help="How many rows of each part to show.")] = 10,
    part: Annotated[
        str | None, typer.Option("--part", metavar="NAME", help="With --to: the rows of this part.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write all rows of a part as CSV.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="SNAPSHOT|DAY", help="As it was known then.")] = None,
    format: Annotated[Format, typer.Option("--format", help="How it is printed; csv prints the rows.")] = "table",
) -> None:
    """Trace one cell: formula with its numbers, rows, files, loads, checks and SQL. People are masked."""
    from shopkeeper.core.period import Period
    from shopkeeper.kpi.asked import parse_request
    from shopkeeper.views.lens import Lens
    from shopkeeper.views.lineage import lineage as trace
    from shopkeeper.views.overview import freshness

    here = current_shop(ctx)
    wanted = Period.parse(period)
    filters = parse_request(filters=filter_ or []).filters
    shop = here.open(as_of)
    try:
        if to is not None:
            _export(shop, kpi, wanted, filters, part, to)
            return
        fresh = freshness(shop, shop.lake.snapshot(), Lens(shop.id, here.lang))
        _print(trace(shop, kpi, wanted, single(filters), here.lang, fresh, rows), format)
    finally:
        shop.close()


def single(filters: Filters) -> Dims:
    """Filters of one value each as the dimensions of one cell. Raises UsageError for several values of one dimension."""
    from shopkeeper.errors import UsageError

    for name, values in filters:
        if len(values) > 1:
            raise UsageError("one cell has one value of a dimension", received=f"{name}: {len(values)} values")
    return tuple((name, values[0]) for name, values in filters)


def _export(shop: Shop, kpi: str, period: Period, filters: Filters, name: str | None, to: Path) -> None:
    from shopkeeper.errors import UsageError
    from shopkeeper.kpi.contributing import part_named, parts_of, rows_sql
    from shopkeeper.kpi.own.folder import definitions_of
    from shopkeeper.warehouse.sql import literal

    parts = parts_of(shop, definitions_of(shop).indicator(kpi), period, filters)
    if not parts:
        raise UsageError("no row of a table makes up this indicator", received=kpi, state="nothing was written")
    found = part_named(parts, name) if name else parts[0]
    if not to.absolute().parent.is_dir():
        raise UsageError("the folder to write into is not there", received=str(to.parent), state="nothing was written")
    sql = rows_sql(found, filters, None)
    row = shop.lake.query(f"COPY ({sql}) TO {literal(str(to))} (FORMAT csv, HEADER)").fetchone()
    typer.echo(f"{to}: {row[0] if row else 0:,} rows of {found.measure.fact} for {found.measure.id}")


def _print(found: Lineage, fmt: Format) -> None:
    from shopkeeper.cli.output import emit
    from shopkeeper.views.plain import as_plain

    meta: dict[str, object] = {
        "shop": found.shop, "as_of": as_plain(found.freshness.last_day), "snapshot": found.freshness.snapshot, "warnings": [],
    }  # fmt: skip
    if fmt == "json":
        document = as_plain(found)
        assert isinstance(document, dict)
        emit([document], columns=[], fmt="json", meta=meta)
        return
    if fmt == "csv":
        rows = [{"part": p.measure, **dict(zip(p.columns, row, strict=True))} for p in found.parts for row in p.sample]
        names = dict.fromkeys(["part", *(c for p in found.parts for c in p.columns)])
        emit(rows, columns=[(n, n) for n in names], fmt="csv", meta=meta)
        return
    _print_parts(found)


def _print_parts(found: Lineage) -> None:
    from shopkeeper.cli.output import emit

    cut = f" · {found.cut}" if found.cut else ""
    typer.echo(f"{found.name} ({found.kpi}) · {found.period}{cut} = {found.value}  {found.missing or found.state}")
    typer.echo(f"{found.definition}\n{found.formula.words}")
    f = found.formula
    if f.numerator:
        less = " − 1" if f.subtract_one else ""
        typer.echo(f"{f.numerator} {f.numerator_text} ÷ {f.denominator} {f.denominator_text}{less} = {f.value_text}")
    for part in found.parts:
        files = [{"file": s.file, "load": s.load, "snapshot": s.snapshot, "rows": s.rows} for s in part.files]
        title = f"{part.name} ({part.measure}) = {part.value} · {part.rows:,} rows · {part.table}.{part.day}"
        emit(files, columns=[(n, n) for n in ("file", "load", "snapshot", "rows")], fmt="table", meta={}, title=title)
        sample = [dict(zip(part.columns, row, strict=True)) for row in part.sample]
        if sample:
            emit(sample, columns=[(n, n) for n in part.columns], fmt="table", meta={})
    if found.persons:
        typer.echo(found.persons.says)
    verdicts = [
        {"table": v.table, "checks": v.status_word, "passed": v.passed, "failed": ", ".join(v.failed), "set aside": v.set_aside}
        for v in found.verdicts
    ]  # fmt: skip
    names = ("table", "checks", "passed", "failed", "set aside")
    emit(verdicts, columns=[(n, n) for n in names], fmt="table", meta={})
    typer.echo(found.sql or found.no_sql)
