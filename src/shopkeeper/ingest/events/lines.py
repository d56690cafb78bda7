"""How lines of the journal of events become rows: a Parquet file, and the mapping that reads it, today and in a replay."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb

from shopkeeper.ingest.events.accept import FIELDS
from shopkeeper.ingest.plan import SourceMapping, TableMapping, Value
from shopkeeper.warehouse.lake import explained_engine_errors
from shopkeeper.warehouse.sql import literal

LIVE_EVENTS = "live_events"
_FAULTS = ("told", "fault", "fault_column", "fault_received", "fault_allowed")
_SHAPE = json.dumps(
    {"batch": "VARCHAR", "received_at": "VARCHAR", "by": "VARCHAR", "events": [dict.fromkeys((*FIELDS, *_FAULTS), "VARCHAR")]}
)  # fmt: skip
_LONGEST = 64 * 1024 * 1024
_TYPED = {"happened_at": "TIMESTAMPTZ", "value": "DOUBLE"}

EVENT_ROWS = SourceMapping(
    LIVE_EVENTS, (), (TableMapping("events", {name: Value(header=name) for name in FIELDS}, where="fault IS NULL"),)
)
MAPPING_HASH = hashlib.sha256(f"{EVENT_ROWS.digest()} {_SHAPE}".encode()).hexdigest()[:16]


def rows_of_lines(objects: str) -> str:
    """SQL of the events in journal lines, in their order: typed, with batch, moment of receipt and fault.

    `objects` is a relation with the lines in its column `json`.
    """
    listed = ", ".join(
        f"TRY_CAST(e.{name} AS {_TYPED[name]}) AS {name}" if name in _TYPED else f"e.{name} AS {name}"
        for name in (*FIELDS, *_FAULTS)
    )
    batches = f"SELECT from_json(json, {literal(_SHAPE)}) AS b FROM {objects}"
    return (
        f"SELECT {listed}, b.batch AS batch, CAST(b.received_at AS TIMESTAMPTZ) AS received_at, b.by AS sent_by "
        f"FROM (SELECT b, unnest(b.events) AS e FROM ({batches}))"
    )


def write_rows(connection: duckdb.DuckDBPyConnection, lines: Path, parquet: Path) -> None:
    """Turn a file of journal lines into a Parquet file of their events."""
    objects = f"read_ndjson_objects({literal(str(lines))}, maximum_object_size = {_LONGEST})"
    with explained_engine_errors("journal of events"):
        connection.execute(
            f"COPY ({rows_of_lines(objects)}) TO {literal(str(parquet))} (FORMAT parquet, COMPRESSION zstd)"
        )


def name_faults(connection: duckdb.DuckDBPyConnection, held: str) -> None:
    """Give rows set aside the fault that they were accepted with, in place of the mapping's own reason."""
    told = "json_extract_string(raw, '$.{}')"
    fault = told.format("fault")
    connection.execute(
        f"UPDATE {held} SET column_name = {told.format('fault_column')}, received = {told.format('fault_received')}, "
        f"reason = {fault} || ': ' || {told.format('fault_allowed')} WHERE {fault} IS NOT NULL"
    )
