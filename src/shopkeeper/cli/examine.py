"""The checks behind `shopkeeper doctor`. Each looks at one thing and says what to do; none changes anything."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from shopkeeper.cli.context import ShopContext
from shopkeeper.errors import ShopkeeperError

if TYPE_CHECKING:
    from shopkeeper.warehouse.lake import Lake

Verdict = Literal["ok", "warning", "failed"]
_LOW_DISK_BYTES = 1 << 30


@dataclass(frozen=True)
class Finding:
    """What one check saw."""

    check: str
    verdict: Verdict
    found: str
    next_command: str = ""


def examine(here: ShopContext) -> list[Finding]:
    """Run every check in order; one that cannot run reports its own error instead of stopping the rest."""
    findings: list[Finding] = []
    checks: list[tuple[str, Callable[[ShopContext], Iterator[Finding]]]] = [
        ("installation", _installation), ("settings", _settings), ("folders", _folders), ("disk", _disk),
        ("warehouse", _warehouse), ("sources", _sources), ("engine", _engine), ("state", _state), ("port", _port),
        ("assets", _assets),
    ]  # fmt: skip
    for name, check in checks:
        try:
            findings.extend(check(here))
        except ShopkeeperError as error:
            findings.append(Finding(name, "failed", error.message(), error.next_command))
        except OSError as error:
            findings.append(Finding(name, "failed", f"{error.strerror}: {error.filename}"))
    return findings


def _installation(_: ShopContext) -> Iterator[Finding]:
    import duckdb

    from shopkeeper import __version__
    from shopkeeper.warehouse.extensions import load_extension

    connection = duckdb.connect()
    try:
        for name in ("ducklake", "sqlite", "postgres", "mysql"):
            load_extension(connection, name)
    finally:
        connection.close()
    python = ".".join(str(n) for n in sys.version_info[:3])
    yield Finding(
        "installation",
        "ok",
        f"Shopkeeper {__version__}, Python {python}, DuckDB {duckdb.__version__} with its extensions",
    )


def _settings(here: ShopContext) -> Iterator[Finding]:
    from shopkeeper.ingest.mapping import read_sources
    from shopkeeper.kpi.coverage import checked_tables
    from shopkeeper.kpi.own.compiled import compile_texts
    from shopkeeper.kpi.own.folder import texts_of

    settings = here.settings
    checked_tables(settings.coverage.required)
    sources = read_sources(settings, here.folder)
    compiled = compile_texts(texts_of(here.folder), settings.shop.currency)
    for problem in compiled.problems:
        yield Finding("settings", "failed", problem.message(), problem.next_command)
    unknown = [name for name in settings.targets if name not in compiled.definitions.indicators]
    if unknown:
        yield Finding(
            "settings", "failed", f"[targets.{unknown[0]}] names no indicator", "shopkeeper kpis --format json"
        )
    told = (
        f"shop {settings.shop.id}, {settings.shop.currency}, {settings.shop.timezone}, {len(sources)} source mappings"
    )
    yield Finding("settings", "ok", told)


def _folders(here: ShopContext) -> Iterator[Finding]:
    for name in ("inbox", "data"):
        folder = here.folder / name
        if not folder.exists():
            yield Finding("folders", "warning", f"{folder} is not there yet", f"mkdir {folder}")
        elif not os.access(folder, os.W_OK | os.X_OK):
            yield Finding("folders", "failed", f"{folder} cannot be written", f"ls -ld {folder}")
        else:
            yield Finding("folders", "ok", f"{folder} can be written")


def _disk(here: ShopContext) -> Iterator[Finding]:
    free = shutil.disk_usage(here.folder if here.folder.exists() else Path()).free
    verdict: Verdict = "ok" if free > _LOW_DISK_BYTES else "warning"
    yield Finding("disk", verdict, f"{free / (1 << 30):.1f} GiB free", "" if verdict == "ok" else "free some space")


def _warehouse(here: ShopContext) -> Iterator[Finding]:
    if not here.settings.warehouse.catalog and not (here.folder / "data" / "catalog.sqlite").exists():
        yield Finding("warehouse", "warning", "nothing has been loaded yet", "shopkeeper ingest FILE --dry-run")
        return
    shop = here.open()
    try:
        lake = shop.lake
        snapshots = lake.snapshots()
        yield Finding(
            "warehouse", "ok", f"{len(lake.table_names())} tables, snapshot {snapshots[-1].id}, {len(snapshots)} kept"
        )
        yield _files(lake)
        yield from _ledger(lake.rows(
            "SELECT count(*) AS files, coalesce(sum(rows_read), 0) AS read, coalesce(sum(rows_loaded + rows_unchanged + "
            "rows_quarantined), 0) AS told, (SELECT count(*) FROM quarantine WHERE resolved IS NULL) AS waiting FROM load_files"
        )[0])  # fmt: skip
        note = shop.data_dir / "writer.json"
        if note.exists():
            yield Finding("warehouse", "warning", f"a writer is at work or was stopped: {note.read_text()[:200]}")
    finally:
        shop.close()


def _files(lake: Lake) -> Finding:
    listed = [
        (Path(path), size)
        for name in lake.table_names()
        for path, size in lake.query(
            "SELECT data_file, data_file_size_bytes FROM ducklake_list_files('lake', ?)", [name]
        ).fetchall()
    ]
    wrong = [path for path, size in listed if not path.exists() or path.stat().st_size != size]
    if wrong:
        found = f"{len(wrong)} of {len(listed)} data files are gone or not whole, first: {wrong[0]}"
        return Finding("warehouse", "failed", found, "restore the data folder from a backup")
    return Finding("warehouse", "ok", f"{len(listed)} data files, all whole")


def _ledger(totals: dict[str, int]) -> Iterator[Finding]:
    if not totals["files"]:
        yield Finding("loads", "warning", "nothing has been loaded yet", "shopkeeper ingest FILE --dry-run")
        return
    if totals["read"] != totals["told"]:
        yield Finding(
            "loads", "failed", f"{totals['read']} rows read but {totals['told']} accounted for", "report this"
        )
    yield Finding("loads", "ok", f"{totals['read']:,} rows read, all accounted for")
    if totals["waiting"]:
        told = f"{totals['waiting']:,} rows are set aside and wait for a decision"
        yield Finding("loads", "warning", told, "shopkeeper quarantine list")


def _sources(here: ShopContext) -> Iterator[Finding]:
    """Whether every source that is pulled answers; what it says holds no secret."""
    from shopkeeper.ingest.pull.declared import read_pulls

    for source in read_pulls(here.settings, here.folder):
        try:
            yield Finding("sources", "ok", f"{source.name} at {source.place} answers: {source.answer()}")
        except ShopkeeperError as error:
            yield Finding("sources", "failed", error.message(), error.next_command)


def _engine(here: ShopContext) -> Iterator[Finding]:
    """What computes the matrix, and whether it answers."""
    if here.settings.engine.name == "duckdb":
        yield Finding("engine", "ok", "DuckDB on this machine computes the matrix")
        return
    from shopkeeper.warehouse.engines import reading
    from shopkeeper.warehouse.engines.lake_files import files_at
    from shopkeeper.warehouse.model import TABLES

    shop = here.open()
    try:
        with reading(shop.lake, here.settings.engine) as engine:
            version = engine.rows("SELECT version()").rows[0][0]
            yield Finding("engine", "ok", f"Spark {str(version).split()[0]} at {here.settings.engine.master} answers")
            for name in engine.filled_tables() & TABLES.keys():
                files_at(shop.lake, name, engine.snapshot)
    finally:
        shop.close()


def _state(here: ShopContext) -> Iterator[Finding]:
    from shopkeeper.access.audit import verify_audit
    from shopkeeper.access.users import has_any_user

    if not here.settings.state.url and not (here.folder / "data" / "state.sqlite").exists():
        demo = here.settings.shop.demo
        yield Finding("state", "ok" if demo else "warning", "no user yet", "" if demo else "shopkeeper user add NAME")
        return
    with here.state() as state:
        verdict = verify_audit(state)
        if not verdict.ok:
            yield Finding("state", "failed", f"the audit trail is broken: {verdict}", "shopkeeper user audit")
        else:
            yield Finding("state", "ok", "the audit trail is whole")
        if not has_any_user(state):
            demo = here.settings.shop.demo
            yield Finding(
                "state", "ok" if demo else "warning", "no user yet", "" if demo else "shopkeeper user add NAME"
            )


def _port(here: ShopContext) -> Iterator[Finding]:
    import socket

    host, port = here.settings.serve.host, here.settings.serve.port
    with socket.socket() as probe:
        probe.settimeout(0.5)
        if probe.connect_ex((host, port)) == 0:
            yield Finding("port", "warning", f"{host}:{port} is in use: the dashboard may be running already",
                          f"shopkeeper serve --port {port + 1}")  # fmt: skip
        else:
            yield Finding("port", "ok", f"{host}:{port} is free")


def _assets(_: ShopContext) -> Iterator[Finding]:
    from importlib import resources

    vendor = resources.files("shopkeeper.web") / "static" / "vendor" / "manifest.json"
    if vendor.is_file():
        yield Finding("assets", "ok", "browser assets are installed")
    else:
        yield Finding(
            "assets",
            "failed",
            "browser assets are missing from the installation",
            "pip install --force-reinstall shopkeeper-ops",
        )
