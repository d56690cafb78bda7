"""`shopkeeper diagnose`: where the business stands as it is, against benchmarks, ranked by what each gap costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.views.diagnose import DiagnosePage


def diagnose(
    ctx: typer.Context,
    period: Annotated[
        str, typer.Option("--period", metavar="P", help="Assess this period, such as 2025, 2025-Q4 or 2025-11.")
    ] = "",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write a report to send on: .html, .pdf or .xlsx.")
    ] = None,
    benchmarks: Annotated[
        bool, typer.Option("--benchmarks", help="Print the file of benchmarks that ships, to keep as benchmarks.toml.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Assess the business as it is: figures against benchmarks, what each gap costs a year, what is missing.

    Without --period it is the newest whole year, or the newest whole quarter or month where a year says too little. The
    shop's own benchmarks.toml replaces single benchmarks of the file that ships.
    """
    if benchmarks:
        from shopkeeper.insight.diagnose.benchmarks import shipped_text

        typer.echo(shipped_text(), nl=False)
        return
    from shopkeeper.views.diagnose import diagnose_page, diagnosis_data
    from shopkeeper.views.diagnose_report import form_of, report_bytes
    from shopkeeper.views.lens import Lens

    here = current_shop(ctx)
    form = form_of(to.suffix.lower().lstrip(".")) if to else None
    shop = here.open()
    try:
        view = diagnose_page(shop, Lens(shop.id, here.lang), shop.lake.snapshot(), period)
        if to and form and view.period:
            to.write_bytes(report_bytes(shop, view, here.lang, form))
            typer.echo(word("diagnose.written", here.lang, file=to), err=True)
    finally:
        shop.close()
    meta: dict[str, object] = {
        "shop": shop.id, "as_of": view.freshness.last_day.isoformat() if view.freshness.last_day else None,
        "snapshot": view.freshness.snapshot, "warnings": list(view.warnings),
    }  # fmt: skip
    if format == "json":
        typer.echo(json.dumps({"data": diagnosis_data(view), "meta": meta}, ensure_ascii=False))
    elif format == "csv":
        names = (
            "item", "name", "grade", "period", "value", "unit", "low", "high", "good", "poor", "gap", "worth", "worth_low",
            "worth_high", "once", "formula", "source", "missing",
        )  # fmt: skip
        rows = [{name: getattr(f, name) for name in names} | {"missing": " ".join(f.missing)} for f in view.findings]
        emit(rows, columns=[(name, name) for name in names], fmt=format, meta=meta)
    else:
        _print(view, here.lang, meta)


def _print(view: DiagnosePage, lang: Language, meta: dict[str, object]) -> None:
    """The diagnosis for people: the summary, findings by money, what is missing."""
    if not view.period:
        typer.echo(f"{word('diagnose.no_data', lang)}. {word('diagnose.no_data_note', lang)}")
        return
    typer.echo(f"{view.period_text} · {view.lead}")

    def headed(*names: str) -> list[tuple[str, str]]:
        return [(name, word(f"diagnose.{name}", lang)) for name in names]

    rows: list[dict[str, object]] = [
        {
            "grade": f.grade_text, "item": f.name, "now": "; ".join((f.value_text, *f.remarks)), "worth": f.worth_text,
            "benchmark": f.benchmark_text, "formula": "; ".join(t for t in (f.formula, f.worth_range, f.once_text) if t),
        }
        for f in view.findings
    ]  # fmt: skip
    columns = headed("grade", "item", "now", "worth", "benchmark", "formula")
    emit(rows, columns=columns, fmt="table", meta=meta, title=word("diagnose.findings", lang))
    needs: list[dict[str, object]] = [
        {
            "need": n.name,
            "waits": ", ".join(n.waiting),
            "ways": " ".join(f"{w.text} {w.command}".strip() for w in n.ways),
        }
        for n in view.needs
    ]
    if needs:
        emit(
            needs, columns=headed("need", "waits", "ways"), fmt="table", meta=meta, title=word("diagnose.missing", lang)
        )
    for line in (word("diagnose.findings_note", lang), *view.assumed, *(f"! {w}" for w in view.warnings)):
        typer.echo(line)
