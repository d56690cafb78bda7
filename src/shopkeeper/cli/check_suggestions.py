"""The part of `shopkeeper check` that suggests rules and keeps those that a person accepts."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from shopkeeper.cli.context import ShopContext
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.clock import utc_now
from shopkeeper.core.wording import word
from shopkeeper.errors import NotFound

if TYPE_CHECKING:
    import duckdb

    from shopkeeper.core.wording import Language
    from shopkeeper.quality.rule import AsOf
    from shopkeeper.quality.suggest import Suggestion
    from shopkeeper.warehouse.shop import Shop

_OURS = ("file_hash", "source_line", "file_row_number")


def is_file(name: str) -> bool:
    """Whether an argument names a file rather than a table."""
    from shopkeeper.ingest.readers import format_of

    return bool(format_of(Path(name))) or "/" in name


def for_files(here: ShopContext, names: Sequence[str], fmt: Format) -> None:
    """Suggest rules for files that need not be loaded; nothing is kept."""
    import duckdb

    from shopkeeper.quality.rule import AsOf
    from shopkeeper.quality.suggest import suggest
    from shopkeeper.warehouse.lake import explained_engine_errors

    settings, lang = here.settings, here.lang
    today = utc_now().date()
    found: dict[str, tuple[Suggestion, ...]] = {}
    connection = duckdb.connect()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            for number, name in enumerate(names):
                table = Path(name).name.split(".")[0]
                _view(connection, Path(name), Path(scratch) / f"{number}.parquet", table)
                with explained_engine_errors(name):
                    found[table] = suggest(connection, table, AsOf(today, today))
    finally:
        connection.close()
    _print(found, lang, fmt, {"shop": settings.shop.id, "as_of": None, "snapshot": None, "warnings": []})
    if fmt == "table":
        typer.echo(word("check.load_first", lang))


def _view(connection: duckdb.DuckDBPyConnection, path: Path, parquet: Path, table: str) -> None:
    """Rows of a file as a view with the two columns that say where a row came from."""
    from shopkeeper.ingest.readers import open_file
    from shopkeeper.warehouse.sql import literal, quoted

    opened = open_file(connection, path, parquet)
    names = ", ".join(quoted(name) for name in opened.columns if name not in _OURS)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {quoted(table)} AS SELECT {names}, {literal(opened.digest)} AS file_hash, "
        f"file_row_number + 1 AS source_line FROM {opened.relation}"
    )
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS load_files (file_hash VARCHAR, file_name VARCHAR)")
    connection.execute("INSERT INTO load_files VALUES (?, ?)", [opened.digest, path.name])


def for_tables(shop: Shop, lang: Language, tables: Sequence[str], day: AsOf, fmt: Format) -> None:
    """Suggest rules for tables of the lake."""
    found, snapshot = _suggested(shop, tables, day)
    meta: dict[str, object] = {"shop": shop.id, "as_of": day.day.isoformat(), "snapshot": snapshot, "warnings": []}
    _print(found, lang, fmt, meta)
    first = next((s.rule.id for suggestions in found.values() for s in suggestions), "")
    if fmt == "table" and first:
        typer.echo(word("check.accept_next", lang, rule=first))


def decide(shop: Shop, lang: Language, ids: Sequence[str], day: AsOf, *, by: str, keep: bool) -> None:
    """Write suggested rules into checks.toml, or that they are not wanted. Raises NotFound when one is not suggested now."""
    from shopkeeper.quality import checkup
    from shopkeeper.warehouse.model import COMMERCE_TABLES

    tables = list(dict.fromkeys(ident.split(".")[0] for ident in ids))
    for table in tables:
        if table not in COMMERCE_TABLES:
            raise NotFound("table", table, COMMERCE_TABLES, where="the part of the id before the first point")
    found = [one for table in tables for one in checkup.suggestions(shop, table, day)]
    write = checkup.accept if keep else checkup.dismiss
    path = write(shop, found, ids, day.day, lang, by=by)
    typer.echo(word("check.accepted" if keep else "check.dismissed", lang, rules=len(set(ids)), path=path))


def _suggested(shop: Shop, tables: Sequence[str], day: AsOf) -> tuple[dict[str, tuple[Suggestion, ...]], int]:
    from shopkeeper.quality import checkup

    found = {table: checkup.undecided(shop.folder, checkup.suggestions(shop, table, day)) for table in tables}
    return {table: suggestions for table, suggestions in found.items() if suggestions}, shop.lake.snapshot()


def _print(found: dict[str, tuple[Suggestion, ...]], lang: Language, fmt: Format, meta: dict[str, object]) -> None:
    from shopkeeper.quality.describe import says

    if fmt != "table":
        rows = [s.as_json() for suggestions in found.values() for s in suggestions]
        names = ("rule", "table", "kind", "severity", "rows", "checked", "expected_violations", "share", "settings")
        emit(rows, columns=[(name, name) for name in names], fmt=fmt, meta=meta)
        return
    if not any(found.values()):
        typer.echo(word("check.no_suggestion", lang))
    for table, suggestions in found.items():
        shown = [
            {
                "rule": s.rule.id, "checked": f"{s.result.checked:,}", "violations": f"{s.result.violations:,}",
                "share": f"{s.result.share or 0:.2%}", "says": says(s.rule, lang),
                "first": s.result.samples[0].value if s.result.samples else "",
            }
            for s in suggestions
        ]  # fmt: skip
        columns = [
            (name, word(f"check.{name}", lang)) for name in ("rule", "checked", "violations", "share", "says", "first")
        ]
        emit(shown, columns=columns, fmt="table", meta=meta, title=word("check.suggested", lang, table=table))
