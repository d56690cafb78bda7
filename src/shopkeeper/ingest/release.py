"""Load rows again that were set aside, with their corrections, through the mapping that their load used: one snapshot.

The whole file is staged, since lines are numbered within their order over the file; then only the released lines go on, with
the file's other rows of the same key. Before → after, lines of order X (line, line_no):

    1 → 1 · 2 had no order number · 3 → 2       line 2 is given order X: 1 → 1 · 2 → 2 · 3 → 3
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

import shopkeeper
from shopkeeper.core.clock import utc_now
from shopkeeper.errors import ConfigError, UsageError
from shopkeeper.ingest import assembly
from shopkeeper.ingest.assembly import Job
from shopkeeper.ingest.fields import NUMBERED_WITHIN
from shopkeeper.ingest.quarantine import HeldRow, Wanted, corrections, held_by_id, held_rows, log, set_resolved
from shopkeeper.ingest.raw_rows import (
    RELEASE,
    LoadedFile,
    Mappings,
    job_of_copy,
    loaded_files,
    require_raw,
    telling_files,
)
from shopkeeper.ingest.report import Silent, TableReport
from shopkeeper.ingest.set_aside import HELD, HELD_COLUMNS
from shopkeeper.ingest.staging import Staged, apart
from shopkeeper.warehouse.interrupts import interruptible
from shopkeeper.warehouse.loads import FileRows, Note, record_load
from shopkeeper.warehouse.merge import file_hash_sql
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal

LINES = "released_lines"
_LATER = "a later file states this row"
_SAME = "nothing was changed"


@dataclass(frozen=True)
class ReleaseReport:
    """One release: rows that are in the warehouse now, and rows that stay in quarantine with the reason of today."""

    load_id: str
    snapshot: int
    seconds: float
    released: tuple[HeldRow, ...]
    refused: tuple[HeldRow, ...]
    tables: tuple[TableReport, ...]
    present_mapping: tuple[str, ...]


@dataclass(frozen=True)
class _Plan:
    """The rows to release, their files by number, and how each file is read."""

    rows: tuple[HeldRow, ...]
    files: dict[int, LoadedFile]
    jobs: dict[int, Job]
    changed: tuple[str, ...]

    @property
    def number_of(self) -> dict[str, int]:
        return {file.file_hash: number for number, file in self.files.items()}


def release(
    shop: Shop,
    *,
    ids: Sequence[str] = (),
    load: str = "",
    all_edited: bool = False,
    by: str,
    present_mapping: bool = False,
) -> ReleaseReport:
    """Load rows again: those named, all that wait of one load, or all that were edited. A row that fails again stays, refused.

    All rows set aside of the same line of a file go together. `present_mapping` reads with the mapping of today where that
    has changed since the load.

    Raises UsageError when nothing is named or waits, ConfigError when a mapping has changed or is gone, SourceError when a
    raw copy is gone; then nothing was changed.
    """
    started_at, clock = utc_now(), time.perf_counter()
    connection = shop.lake.connection
    with shop.lake.locked(by, "release"), interruptible(connection) as check:
        plan = _planned(shop, _chosen(shop, ids, load, all_edited), present_mapping)
        with assembly.running(shop, check) as run:
            try:
                _stage(run, shop, plan)
                with shop.lake.writing(
                    by, f"release of {len(plan.rows)} rows", extra={"load": run.load_id}
                ) as snapshot:
                    parts = _load(run, shop, plan)
                    failed = _failed(run, plan)
                    _record(run, shop, plan, parts, snapshot, by, started_at, time.perf_counter() - clock)
                    released, refused = _settle(run, shop, plan, failed, by)
                    check()
            finally:
                connection.execute(f"DROP TABLE IF EXISTS temp.{LINES}")
            load_id = run.load_id
        tables = tuple(
            TableReport(p.file_name, p.table_name, p.read, p.loaded, p.unchanged, p.quarantined) for p in parts
        )
        rows = {row.id: row for row in held_rows(shop.lake, Wanted(ids=(*released, *refused), status="all"))}
    return ReleaseReport(
        load_id, snapshot, time.perf_counter() - clock, tuple(rows[i] for i in released), tuple(rows[i] for i in refused),
        tables, plan.changed,
    )  # fmt: skip


def _chosen(shop: Shop, ids: Sequence[str], load: str, all_edited: bool) -> tuple[HeldRow, ...]:
    """The rows meant, with every waiting row of the same lines."""
    if sum([bool(ids), bool(load), all_edited]) != 1:
        raise UsageError("say which rows", allowed="ids, or --load ID, or --all-edited", state=_SAME,
                         next_command="shopkeeper quarantine list")  # fmt: skip
    if ids:
        meant = list(held_by_id(shop.lake, ids))
        for row in meant:
            if row.status not in ("open", "edited"):
                raise UsageError("this row does not wait any more", where=row.id, received=row.status, state=_SAME)
    else:
        meant = list(held_rows(shop.lake, Wanted(load=load, status="waiting" if load else "edited")))
    if not meant:
        raise UsageError("no row waits there", received=load or "no row is edited", state=_SAME,
                         next_command="shopkeeper quarantine list")  # fmt: skip
    lines = {(row.file_hash, row.source_line) for row in meant}
    return tuple(row for row in held_rows(shop.lake, Wanted()) if (row.file_hash, row.source_line) in lines)


def _planned(shop: Shop, rows: tuple[HeldRow, ...], present_mapping: bool) -> _Plan:
    hashes = dict.fromkeys(row.file_hash for row in rows)
    require_raw(shop, {row.file_hash: row.file_name for row in rows})
    known = {file.file_hash: file for file in loaded_files(shop)}
    mappings, changed = Mappings(shop), []
    files, jobs = {}, {}
    for number, digest in enumerate((d for d in known if d in hashes), start=1):
        file, job = known[digest], mappings.job(known[digest])
        if job is None or job.mapping_hash != file.mapping_hash and not present_mapping:
            raise ConfigError(
                "the mapping that read this file is gone" if job is None else "the mapping has changed since this file was read",
                where=f"{file.file_name}, source {', '.join(file.sources)}", received=file.mapping_hash,
                allowed=f"a [[source]] for {file.file_name}" if job is None else f"{job.mapping_hash} is the one of today",
                state=_SAME,
                next_command="edit shopkeeper.toml" if job is None else
                "shopkeeper replay reads whole files anew; or release with --present-mapping",
            )  # fmt: skip
        if job.mapping_hash != file.mapping_hash:
            changed.append(file.file_name)
        files[number], jobs[number] = file, job
    return _Plan(rows, files, jobs, tuple(changed))


def _stage(run: assembly.Run, shop: Shop, plan: _Plan) -> None:
    """Stage the files whole, with every correction released before or now, and note which lines are meant."""
    files = plan.files.values()
    cells = corrections(shop.lake, [f.file_hash for f in files], released=True)
    now = corrections(shop.lake, [f.file_hash for f in files])
    for row in plan.rows:
        if row.source_line in now.get(row.file_hash, {}):
            cells.setdefault(row.file_hash, {})[row.source_line] = now[row.file_hash][row.source_line]
    copies: dict[Path, str] = {}
    with telling_files(lambda: copies):
        jobs = []
        for number, file in plan.files.items():
            jobs.append(job_of_copy(shop, file, plan.jobs[number], cells.get(file.file_hash, {}), run.scratch))
            copies[jobs[-1].path] = file.file_name
        assembly.stage_all(run, shop, RawStore(shop.data_dir), jobs, Silent(), pool=False)
    name_as_dropped(run, plan.files)
    run.notes.clear()
    run.connection.execute(f"CREATE OR REPLACE TEMP TABLE {LINES} (file_no INTEGER, line BIGINT, table_name VARCHAR)")
    lines = [f"({plan.number_of[r.file_hash]}, {r.source_line}, {literal(r.table)})" for r in plan.rows]
    run.connection.execute(f"INSERT INTO {LINES} VALUES {', '.join(lines)}")


def name_as_dropped(run: assembly.Run, files: dict[int, LoadedFile]) -> None:
    """From here on the staged raw copies count as the files that they are copies of."""
    for number, file in files.items():
        run.opened[number] = replace(
            run.opened[number], path=Path(file.file_name), digest=file.file_hash, bytes=file.bytes
        )


def _load(run: assembly.Run, shop: Shop, plan: _Plan) -> list[FileRows]:
    """Merge the released lines; returns the ledger's rows, which count them and the rows that their keys touch."""
    connection = run.connection
    meant = f"(h.file_no, h.source_line) IN (SELECT (file_no, line) FROM {LINES})"
    connection.execute(f"DELETE FROM {HELD} h WHERE NOT ({meant})")
    for count in run.counts.values():
        count.read = 0
    run.staged = [apart(connection, staged) for staged in run.staged]
    for staged in run.staged:
        _narrow(connection, staged, plan)
        run.count(staged.file_no, staged.table.name).read += _count(connection, staged.name)
    for number, table_name, held in _held_counts(connection, "true"):
        run.count(number, table_name).read += held
    assembly.merge_all(run, shop)
    for number, table_name, held in _held_counts(connection, f"NOT ({meant})"):  # rows beside, set aside as before
        run.count(number, table_name).read -= held
    connection.execute(f"DELETE FROM {HELD} h WHERE NOT ({meant})")
    released = [
        replace(part, mapping_hash=f"{part.mapping_hash}/released") for part in assembly.file_rows(run, shop.inbox)
    ]
    return [part for part in released if part.read]


def _narrow(connection: duckdb.DuckDBPyConnection, staged: Staged, plan: _Plan) -> None:
    """Leave the released lines and the file's rows of the same key; of rows without a line those that are new.

    Rows that a file read later has stated since are taken out: the released ones with a reason.
    """
    name, table = staged.name, staged.table
    key = ("shop_id", NUMBERED_WITHIN[table.name]) if staged.numbered else table.key
    same = " AND ".join(f'k."{column}" IS NOT DISTINCT FROM s."{column}"' for column in key)
    listed = ", ".join(f'"{column}"' for column in key)
    lines = f"SELECT line FROM {LINES} WHERE file_no = {staged.file_no}"
    known = " AND ".join(f't."{column}" = s."{column}"' for column in table.key)
    connection.execute(
        f"DELETE FROM {name} WHERE rowid NOT IN (SELECT s.rowid FROM {name} s JOIN "
        f"(SELECT DISTINCT {listed} FROM {name} WHERE source_line IN ({lines})) k ON {same} WHERE s.source_line IS NOT NULL "
        f"UNION ALL SELECT s.rowid FROM {name} s ANTI JOIN {table.name} t ON {known} WHERE s.source_line IS NULL)"
    )
    file = plan.files[staged.file_no]
    later = (
        f"SELECT s.rowid FROM {name} s JOIN {table.name} t ON {known} WHERE t.file_hash <> {literal(file.file_hash)} "
        "AND t.source_line IS NOT NULL AND t.file_hash IN (SELECT f.file_hash FROM load_files f JOIN loads l "
        f"ON l.load_id = f.load_id WHERE NOT starts_with(l.source, '{RELEASE}') AND l.started_at > "
        f"(SELECT started_at FROM loads WHERE load_id = {literal(file.load_id)}))"
    )
    connection.execute(
        f"INSERT INTO {HELD} SELECT {staged.file_no}, {literal(table.name)}, source_line, {literal(table.key[-1])}, "
        f"{literal(_LATER)}, NULL, NULL, NULL FROM {name} WHERE rowid IN ({later}) "
        f"AND source_line IN ({lines} AND table_name = {literal(table.name)})"
    )
    connection.execute(f"DELETE FROM {name} WHERE rowid IN ({later})")


def _held_counts(connection: duckdb.DuckDBPyConnection, where: str) -> list[tuple[int, str, int]]:
    return connection.execute(
        f"SELECT file_no, table_name, count(*) FROM {HELD} h WHERE {where} GROUP BY ALL"
    ).fetchall()


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
    return int(row[0]) if row else 0


def _failed(run: assembly.Run, plan: _Plan) -> dict[str, tuple[str, str | None, str]]:
    """Row id → column, value and reason of the rows that cannot be loaded now either."""
    held = {
        (number, table, line): (column or "", received, reason)
        for number, table, line, column, reason, received in run.connection.execute(
            f"SELECT file_no, table_name, source_line, column_name, reason, received FROM {HELD}"
        ).fetchall()
    }
    failed = {}
    for row in plan.rows:
        number = plan.number_of[row.file_hash]
        found = held.get((number, row.table, row.source_line))
        elsewhere = {table: told for (n, table, line), told in held.items() if (n, line) == (number, row.source_line)}
        if (
            found or elsewhere and ("" in elsewhere or not row.table)
        ):  # no table takes it, or another takes it and refuses
            failed[row.id] = found or next(iter(elsewhere.values()))
    return failed


def _record(
    run: assembly.Run, shop: Shop, plan: _Plan, parts: list[FileRows], snapshot: int, by: str, started_at: dt.datetime,
    seconds: float,
) -> None:  # fmt: skip
    names = ", ".join(dict.fromkeys(job.mapping.name for job in plan.jobs.values()))
    notes = [Note("quarantine.present_mapping", detail=", ".join(plan.changed))] if plan.changed else []
    record_load(
        run.connection, load_id=run.load_id, source=f"{RELEASE}{names}", by=by, started_at=started_at,
        seconds=seconds, snapshot=snapshot, version=f"shopkeeper {shopkeeper.__version__}", files=parts,
        notes=notes,
    )  # fmt: skip


def _settle(
    run: assembly.Run, shop: Shop, plan: _Plan, failed: dict[str, tuple[str, str | None, str]], by: str
) -> tuple[list[str], list[str]]:
    """Mark what is through, give what is not its new reason, and set aside anew what other tables refuse of these lines."""
    through = [row for row in plan.rows if row.id not in failed]
    refused = [row for row in plan.rows if row.id in failed]
    if through:
        set_resolved(shop, through, "released")
        log(shop, through, "released", by=by, load_id=run.load_id)
    for row in refused:
        run.connection.execute(
            "UPDATE quarantine SET column_name = ?, received = ?, reason = ? "
            "WHERE resolved IS NULL AND file_hash = ? AND table_name = ? AND source_line = ?",
            [*failed[row.id], row.file_hash, row.table, row.source_line],
        )
    if refused:
        log(shop, refused, "refused", by=by, load_id=run.load_id, reason={i: told[2] for i, told in failed.items()})
    digest = file_hash_sql({number: file.file_hash for number, file in plan.files.items()}, "h.file_no")
    run.connection.execute(
        f"INSERT INTO quarantine (load_id, file_hash, {HELD_COLUMNS}) SELECT {literal(run.load_id)}, {digest}, "
        f"{', '.join(f'h.{name.strip()}' for name in HELD_COLUMNS.split(','))} FROM {HELD} h ANTI JOIN quarantine q "
        f"ON q.resolved IS NULL AND q.file_hash = {digest} AND q.source_line = h.source_line"
    )
    return [row.id for row in through], [row.id for row in refused]
