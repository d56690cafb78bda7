"""Rows that a source no longer has, or states under another key now, leave the warehouse with the load that finds out.

A row's older versions are found by their lineage: the raw copies of what was pulled before say which lines had its key.
Before → after, key (id), natural key (sku, day):

    lake  1: A 5 Jan · 2: B 5 Jan · 3: C 5 Jan      source  1: A 5 Jan · 2: B 6 Jan        (2 has moved, 3 is gone)
    lake  1: A 5 Jan · 2: B 6 Jan
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shopkeeper.errors import DataQualityError, SourceError
from shopkeeper.ingest import derive
from shopkeeper.ingest.pull.source import Stream
from shopkeeper.ingest.set_aside import HELD
from shopkeeper.ingest.staging import Staged
from shopkeeper.warehouse.model import COMMERCE_TABLES, Table
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.sql import listed, literal

NEW, GONE, OLD, OUT, ORDERS = "pulled_new", "pulled_gone", "pulled_old", "pulled_out", "pulled_orders"
_FEW = 20  # so few rows may go, whatever share they are


@dataclass(frozen=True)
class Place:
    """Where rows are taken out: a stream's files in their order (hash → snapshot of their last pull), and by which load.

    `replays` is the table of rows that a replay has set aside; empty in a pull.
    """

    connection: duckdb.DuckDBPyConnection
    store: RawStore
    stream: Stream
    files: Mapping[str, int]
    load_id: str
    replays: str = ""

    @property
    def lines(self) -> str:
        """SQL of every line of the stream's raw copies with its key."""
        paths = [self.store.path(file_hash) for file_hash in self.files]
        gone = [path.name for path in paths if not path.exists()]
        if gone:
            raise SourceError(
                "the raw copy of a pull is missing", where=str(self.store.folder), received=", ".join(gone[:5]),
                allowed="the copies that loads keep: restore them from a backup", state="nothing was changed",
            )  # fmt: skip
        return (
            f"(SELECT {key_of(self.stream.key)} AS row_key, parse_filename(filename, true) AS file_hash, "
            f"file_row_number + 1 AS line FROM read_parquet([{listed(paths)}], filename = true, file_row_number = true, "
            "union_by_name = true))"
        )


def key_of(columns: Sequence[str]) -> str:
    """SQL of a row's key as one text: types that drift keep it."""
    cells = ", ".join(f'CAST("{column.replace(chr(34), chr(34) * 2)}" AS VARCHAR)' for column in columns)
    return f"CAST(to_json([{cells}]) AS VARCHAR)"


def files_pulled(connection: duckdb.DuckDBPyConnection, source: str, stream: str) -> dict[str, int]:
    """Hash → snapshot of its last pull, oldest first."""
    rows = connection.execute(
        "SELECT file_hash, max(snapshot) FROM pulls WHERE source = ? AND stream = ? AND file_hash <> '' GROUP BY 1 ORDER BY 2",
        [source, stream],
    ).fetchall()
    return {file_hash: int(snapshot) for file_hash, snapshot in rows}


def note_new(connection: duckdb.DuckDBPyConnection, stream: Stream, rows: str) -> None:
    """Note the keys of the rows that were read now. `rows` is SQL of them with `file_row_number`; empty: there are none."""
    found = f"SELECT {key_of(stream.key)} AS row_key, file_row_number + 1 AS line FROM {rows}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {NEW} AS {found if rows else 'SELECT NULL::VARCHAR AS row_key, 0::BIGINT AS line LIMIT 0'}"
    )


def note_gone(place: Place, source: str, keys: Path | None) -> int:
    """Note the keys that are known and alive but not in the file of all keys; returns how many."""
    connection = place.connection
    if keys is None or not place.files:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {GONE} (row_key VARCHAR)")
        return 0
    order = ", ".join(f"({literal(file_hash)}, {snapshot})" for file_hash, snapshot in place.files.items())
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {GONE} AS
        WITH files (file_hash, snapshot) AS (VALUES {order}),
        known AS (SELECT row_key, max(snapshot) AS snapshot FROM {place.lines} JOIN files USING (file_hash) GROUP BY row_key),
        withdrawn AS (SELECT row_key, max(snapshot) AS snapshot FROM pull_withdrawals
            WHERE source = {literal(source)} AND stream = {literal(place.stream.name)} GROUP BY row_key)
        SELECT row_key FROM known ANTI JOIN withdrawn w ON w.row_key = known.row_key AND w.snapshot >= known.snapshot
        ANTI JOIN (SELECT {key_of(place.stream.key)} AS row_key FROM read_parquet({literal(keys)})) n USING (row_key)
        """
    )
    row = connection.execute(f"SELECT count(*) FROM {GONE}").fetchone()
    return int(row[0]) if row else 0


def take_out(place: Place, staged: Sequence[Staged], *, whole: bool, source: str) -> dict[str, int]:
    """Delete what the source no longer states, in the running transaction, before the new rows are merged.

    A row stays when the new rows state its natural key, or when the new version of it was set aside. Returns rows by table.
    Raises DataQualityError when that is more of a table than the stream allows.
    """
    connection = place.connection
    if not place.files:
        return {}
    held = connection.execute(f"SELECT 1 FROM {HELD} WHERE table_name <> '' LIMIT 1").fetchone() is not None
    if not whole or held:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {OLD} AS SELECT l.* FROM {place.lines} l SEMI JOIN "
            f"(SELECT row_key FROM {NEW} UNION SELECT row_key FROM {GONE}) k ON k.row_key = l.row_key"
        )
    _read_again(place, whole)
    taken = {}
    for table in dict.fromkeys(part.table for part in place.stream.mapping.tables if not part.relation):
        rows = _out(place, table, [s for s in staged if s.table is table], whole=whole, held=held)
        if rows and not place.replays:
            _refuse_too_many(place, table, rows, source)
        if rows:
            _delete(place, table)
            taken[table.name] = rows
    return taken


def _read_again(place: Place, whole: bool) -> None:
    """Older versions of these rows wait in quarantine no more."""
    meant = (
        f"file_hash IN ({listed(place.files)})" if whole
        else f"(file_hash, source_line) IN (SELECT (file_hash, line) FROM {OLD})"
    )  # fmt: skip
    if place.replays:
        place.connection.execute(f"DELETE FROM {place.replays} WHERE {meant}")
        return
    waiting = f"resolved IS NULL AND {meant}"
    if place.connection.execute(f"SELECT 1 FROM quarantine WHERE {waiting} LIMIT 1").fetchone():
        place.connection.execute(f"UPDATE quarantine SET resolved = 'read again' WHERE {waiting}")


def _out(place: Place, table: Table, staged: Sequence[Staged], *, whole: bool, held: bool) -> int:
    """Note the natural keys that go; returns how many."""
    keys = ", ".join(f't."{column}"' for column in table.key)
    meant = (
        f"t.file_hash IN ({listed(place.files)})" if whole
        else f"(t.file_hash, t.source_line) IN (SELECT (file_hash, line) FROM {OLD})"
    )  # fmt: skip
    if held:  # its new version is unreadable: the one before stays
        meant += (
            f" AND (t.file_hash, t.source_line) NOT IN (SELECT (o.file_hash, o.line) FROM {OLD} o JOIN {NEW} n USING (row_key) "
            f"JOIN {HELD} h ON h.source_line = n.line AND h.table_name = {literal(table.name)})"
        )
    joined = " AND ".join(f's."{column}" = t."{column}"' for column in table.key)
    stays = "".join(f" ANTI JOIN {name} s ON {joined}" for name in dict.fromkeys(s.name for s in staged))
    place.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {OUT} AS SELECT {keys} FROM {table.name} t{stays} "
        f"WHERE t.source_line IS NOT NULL AND {meant}"
    )
    if table.kind == "dimension" and len(table.key) == 1:
        _keep_referenced(place.connection, table)
    row = place.connection.execute(f"SELECT count(*) FROM {OUT}").fetchone()
    return int(row[0]) if row else 0


def _keep_referenced(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """An article or buyer that some row still refers to stays."""
    key = table.key[0]
    others = [t.name for t in COMMERCE_TABLES.values() if key in t.column_names and t.name != table.name]
    if connection.execute(f"SELECT 1 FROM {OUT} LIMIT 1").fetchone() is None:
        return
    for name in others:
        connection.execute(f'DELETE FROM {OUT} WHERE "{key}" IN (SELECT "{key}" FROM {name})')


def _refuse_too_many(place: Place, table: Table, rows: int, source: str) -> None:
    found = place.connection.execute(
        f"SELECT count(*) FROM {table.name} WHERE source_line IS NOT NULL AND file_hash IN ({listed(place.files)})"
    ).fetchone()
    known, share = int(found[0]) if found else 0, place.stream.withdraw_at_most
    if rows >= _FEW and rows > share * known:
        raise DataQualityError(
            "too many rows of the source are gone", where=f"source {source}, table {table.name}",
            received=f"{rows:,} of {known:,} rows would be taken out", allowed=f"a share of at most {share:g}",
            state="nothing was changed",
            next_command=f"look at the source; if it is right, say withdraw_at_most = 1.0 in its [[source]] and run "
            f"shopkeeper ingest {source}",
        )  # fmt: skip


def _delete(place: Place, table: Table) -> None:
    connection = place.connection
    joined = " AND ".join(f't."{column}" = o."{column}"' for column in table.key)
    connection.execute(f"DELETE FROM {table.name} t USING {OUT} o WHERE {joined}")
    if table.name == "order_lines":
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {ORDERS} AS SELECT DISTINCT shop_id, order_id FROM {OUT}")
        derive.orders_without_lines(connection, ORDERS, place.load_id)


def record_gone(connection: duckdb.DuckDBPyConnection, pull_id: str, source: str, stream: str, snapshot: int) -> None:
    """Write the keys that are gone into the ledger, for replays."""
    if connection.execute(f"SELECT 1 FROM {GONE} LIMIT 1").fetchone():
        connection.execute(
            f"INSERT INTO pull_withdrawals (pull_id, source, stream, row_key, snapshot) "
            f"SELECT {literal(pull_id)}, {literal(source)}, {literal(stream)}, row_key, {snapshot} FROM {GONE}"
        )


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the notes of a pull go."""
    for name in (NEW, GONE, OLD, OUT, ORDERS):
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
