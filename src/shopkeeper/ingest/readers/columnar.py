"""Parquet and JSON lines, read by DuckDB. JSON values are kept as the text they were written as."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from shopkeeper.errors import DataQualityError, SourceError
from shopkeeper.ingest.readers.delimited import checked_headers
from shopkeeper.ingest.readers.encodings import detect_encoding
from shopkeeper.warehouse.sql import literal

_MAGIC = b"PAR1"
_MAX_OBJECT = 4_000_000


def refuse_broken_parquet(copy: Path, shown: Path) -> None:
    """Raise SourceError unless the file begins and ends as a Parquet file does: a cut one has lost its footer."""
    with copy.open("rb") as stream:
        head = stream.read(4)
        stream.seek(max(0, copy.stat().st_size - 4))
        tail = stream.read(4)
    if head == b"PARE" or tail == b"PARE":
        raise SourceError("the Parquet file is encrypted", where=str(shown), state="nothing was changed")
    if head != _MAGIC or tail != _MAGIC or copy.stat().st_size < 12:
        raise SourceError(
            "the Parquet file is cut off, or not Parquet", where=str(shown),
            received="no footer" if head == _MAGIC else "no Parquet mark at the beginning", allowed="a whole Parquet file",
            state="nothing was changed", next_command="download or export the file again",
        )  # fmt: skip


def convert_json(connection: duckdb.DuckDBPyConnection, path: Path, shown: Path, parquet: Path) -> dict[str, object]:
    """Write objects, one a line or in one array, as Parquet: a column a key, every value as text."""
    codec = detect_encoding(path, shown)
    if codec not in ("utf-8", "utf-8-sig"):
        raise DataQualityError(
            "JSON must be UTF-8", where=str(shown), received=codec, allowed="UTF-8", state="nothing was changed"
        )
    objects = f"(SELECT json FROM read_json_objects({literal(str(path))}, format = 'auto', maximum_object_size = {_MAX_OBJECT}))"
    try:
        kinds = {kind for (kind,) in connection.execute(f"SELECT DISTINCT json_type(json) FROM {objects}").fetchall()}
        if kinds - {"OBJECT"}:
            raise DataQualityError(
                "a row is not an object", where=str(shown), received=", ".join(sorted(kinds - {"OBJECT"})),
                allowed='objects such as {"order_id": "1"}, one a line or in one array', state="nothing was changed",
            )  # fmt: skip
        keys = [
            key for (key,) in connection.execute(
                f"SELECT key FROM (SELECT unnest(json_keys(json)) AS key, generate_subscripts(json_keys(json), 1) AS place "
                f"FROM {objects}) GROUP BY key ORDER BY min(place), key"
            ).fetchall()
        ]  # fmt: skip
        if not keys:
            raise DataQualityError(
                "the file has no rows", where=str(shown), received="no keys", state="nothing was changed"
            )
        names = checked_headers(keys, shown)
        shape = json.dumps(dict.fromkeys(keys, "VARCHAR"), ensure_ascii=False)
        picked = ", ".join(
            f'row_[{literal(key)}] AS "{name.replace(chr(34), chr(34) * 2)}"'
            for key, name in zip(keys, names, strict=True)
        )
        connection.execute(
            f"COPY (SELECT {picked} FROM (SELECT from_json(json, {literal(shape)}) AS row_ FROM {objects})) "
            f"TO {literal(str(parquet))} (FORMAT parquet, COMPRESSION zstd)"
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise SourceError(
            "the file is not whole JSON", where=str(shown), received=str(error).splitlines()[0],
            allowed="one object a line, or one array of objects", state="nothing was changed",
            next_command="download or export the file again",
        ) from None  # fmt: skip
    return {"encoding": codec}
