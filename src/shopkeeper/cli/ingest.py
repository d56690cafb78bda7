"""`shopkeeper ingest`: load files, folders, known sources, or pull a source by its name; or say what a load would do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.ingest.preview import Preview
    from shopkeeper.ingest.report import LoadReport
    from shopkeeper.warehouse.shop import Shop

FINDINGS = 1


def ingest(
    ctx: typer.Context,
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH|SOURCE]...", help="Default: inbox/.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read, and change nothing.")] = False,
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="The mapping that reads the files.")
    ] = None,
    with_: Annotated[
        list[str] | None, typer.Option("--with", metavar="PART", help="A part loaded only when asked for: promotions.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept", metavar="LAYOUT", help="Confirm a layout that was put together without a whole export."
        ),
    ] = None,
    date: Annotated[
        dt.datetime | None,
        typer.Option("--date", metavar="D", formats=["%Y-%m-%d"], help="Day of files that have none, in rows or name."),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Load files, folders or a source into the warehouse: each call is one snapshot, or nothing.

    A source with a kind (a database, a platform) is pulled from where it stands: a snapshot a window, kept with its cursor.
    """
    from shopkeeper.cli.load_progress import told_progress
    from shopkeeper.ingest.load import SOURCES, data_files, load_paths, load_source
    from shopkeeper.ingest.preview import preview
    from shopkeeper.ingest.pull.declared import pull_names
    from shopkeeper.ingest.pull.run import pull
    from shopkeeper.ingest.recognise import recogniser

    here = current_shop(ctx)
    shop = here.open()
    try:
        pulled = [path for path in paths or [] if path in pull_names(shop.settings) and not Path(path).exists()]
        named = [path for path in paths or [] if path in SOURCES and not Path(path).exists()]
        files = [Path(path) for path in paths or [] if path not in (*named, *pulled)]
        files = files or ([] if named or pulled else [shop.inbox])
        day = date.date() if date else None
        if dry_run:
            known = recogniser(shop, accept=accept or (), day=day)
            found = [preview(shop, file, source, known) for file in data_files(files)]
            _show_previews(found, shop, here.lang, format)
            if any(part.quarantined for one in found for part in one.tables) or any(one.needed for one in found):
                raise typer.Exit(FINDINGS)
            return
        options, reports = frozenset(with_ or []), []
        with told_progress() as progress:
            reports += [pull(shop, name, by=here.actor, progress=progress) for name in pulled]
            for name in named:
                reports.append(load_source(shop, name, by=here.actor, options=options, progress=progress))
            if files:
                unused = frozenset() if named else options
                reports.append(
                    load_paths(shop, files, source=source, by=here.actor, options=unused, accept=accept or (), day=day,
                               progress=progress)
                )  # fmt: skip
        _show_reports(reports, shop, here.lang, format)
        if any(report.quarantined for report in reports):
            raise typer.Exit(FINDINGS)
    finally:
        shop.close()


def _show_reports(reports: list[LoadReport], shop: Shop, lang: Language, fmt: Format) -> None:
    """One row a file and table; for people also the summary and the notes."""
    from shopkeeper.ingest.report import note_text

    headings = [
        ("file", word("ingest.file", lang)), ("table", word("ingest.table", lang)), ("rows_read", word("ingest.rows_read", lang)),
        ("loaded", word("ingest.loaded", lang)), ("unchanged", word("ingest.unchanged", lang)),
        ("quarantined", word("ingest.quarantined", lang)),
    ]  # fmt: skip
    rows = [{name: getattr(part, name) for name, _ in headings} for report in reports for part in report.tables]
    if fmt == "table":
        rows = [row | {"table": row["table"] or word("ingest.no_table", lang)} for row in rows]
    if rows or fmt != "table":
        warnings = [note_text(note, lang) for report in reports for note in report.notes]
        meta = {
            "shop": shop.id, "as_of": None, "snapshot": max(report.snapshot for report in reports), "warnings": warnings,
            "loads": [report.load_id for report in reports if report.load_id],
            "known_files": [name for report in reports for name in report.known_files],
        }  # fmt: skip
        emit(rows, columns=headings, fmt=fmt, meta=meta)
    if fmt == "table":
        for report in reports:
            typer.echo(report.summary(lang))
        if any(report.quarantined for report in reports):
            typer.echo(word("ingest.set_aside", lang))


def _show_previews(found: list[Preview], shop: Shop, lang: Language, fmt: Format) -> None:
    """Headers with their values and where they would go, then the mapping, and what each indicator would still lack."""
    lacking = _lacking(found, shop, lang)
    rows = [
        {"file": one.file, "header": header.header, "type": header.kind, "samples": " · ".join(header.samples),
         "goes_to": ", ".join(header.goes_to)}
        for one in found for header in one.headers
    ]  # fmt: skip
    columns = [
        ("file", word("ingest.file", lang)), ("header", word("ingest.header", lang)), ("type", word("ingest.type", lang)),
        ("samples", word("ingest.samples", lang)), ("goes_to", word("ingest.goes_to", lang)),
    ]  # fmt: skip
    if fmt != "table":
        meta = {
            "shop": shop.id, "as_of": None, "snapshot": shop.lake.snapshot(), "warnings": [],
            "files": [_facts(one) for one in found], "lacking": lacking,
        }  # fmt: skip
        emit(rows, columns=columns, fmt=fmt, meta=meta)
        return
    for one in found:
        typer.echo(
            word(
                "ingest.would_read",
                lang,
                file=one.file,
                format=one.format,
                rows=f"{one.rows:,}",
                columns=len(one.headers),
            )
        )
        if one.encoding:
            typer.echo(
                word(
                    "ingest.read_as",
                    lang,
                    encoding=one.encoding,
                    delimiter=repr(one.delimiter) if one.delimiter else "–",
                )
            )
        if one.sheets:
            typer.echo(word("ingest.sheets", lang, sheets=", ".join(one.sheets)))
        emit([row for row in rows if row["file"] == one.file], columns=columns[1:], fmt=fmt, meta={})
        _show_mapping(one, lang)
    if lacking:
        typer.echo(word("ingest.lacking", lang))
        for name, needs in lacking.items():
            typer.echo(f"  {name}: {needs}")


def _show_mapping(one: Preview, lang: Language) -> None:
    if one.untaken:
        typer.echo(word("ingest.nobody_takes", lang, columns=", ".join(one.untaken)))
    for table, columns in one.needed.items():
        typer.echo(word("ingest.still_needed", lang, table=table, columns=", ".join(columns)))
    if one.toml:
        typer.echo(word("ingest.proposal", lang) + "\n\n" + one.toml)
        return
    typer.echo(word("ingest.mapped_by", lang, source=one.source))
    for part in one.tables:
        name = part.table or word("ingest.no_table", lang)
        typer.echo(
            word("ingest.would_load", lang, table=name, loaded=f"{part.loaded:,}", quarantined=f"{part.quarantined:,}")
        )


def _facts(one: Preview) -> dict[str, object]:
    return {
        "file": one.file, "format": one.format, "encoding": one.encoding, "delimiter": one.delimiter, "sheets": list(one.sheets),
        "rows": one.rows, "source": one.source, "mapping": one.toml, "untaken": list(one.untaken),
        "needed": {table: list(columns) for table, columns in one.needed.items()}, "provides": sorted(one.provides),
        "tables": [{"table": t.table, "loaded": t.loaded, "quarantined": t.quarantined} for t in one.tables],
    }  # fmt: skip


def _lacking(found: list[Preview], shop: Shop, lang: Language) -> dict[str, str]:
    """Indicator → what it would still lack, counting what the warehouse has and what these files would bring."""
    from shopkeeper.kpi.matrix import holdings
    from shopkeeper.kpi.missing import missing_words
    from shopkeeper.kpi.own.folder import definitions_of

    definitions = definitions_of(shop)
    brought = {name for one in found for name in one.provides}
    held = holdings(shop, definitions).filled | brought | {name.split(".")[0] for name in brought}
    lacking = {}
    for indicator in definitions.matrix:
        needs = [n if n.split(".")[0] in held else n.split(".")[0] for n in indicator.needs if n not in held]
        if needs:
            lacking[indicator.id] = missing_words(list(dict.fromkeys(needs)), lang)
    return lacking
