"""A table of the warehouse as a file that is whole or not there."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal

from shopkeeper.errors import InternalError, UsageError
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import Table
from shopkeeper.warehouse.sql import literal

_OPTIONS = {"csv": "FORMAT csv, HEADER", "json": "FORMAT json", "parquet": "FORMAT parquet, COMPRESSION zstd"}


def export_table(lake: Lake, table: Table, target: Path, form: Literal["csv", "json", "parquet"]) -> int:
    """Write every row of a table, in key order; returns how many. `-` writes to standard output.

    The file appears under its name only when it is whole. Raises InternalError when it cannot be written.
    """
    to_stdout = str(target) == "-"
    partial = Path("/dev/stdout") if to_stdout else target.with_name(f".{target.name}.partial")
    if not to_stdout and not target.absolute().parent.is_dir():
        raise UsageError(
            "the folder to export into is not there",
            where=str(target.absolute().parent),
            state="nothing was changed",
            next_command=f"mkdir -p {target.parent}",
        )
    order = ", ".join(f'"{name}"' for name in table.key)
    source = f"SELECT * FROM {table.name} ORDER BY {order}"
    try:
        row = lake.query(f"COPY ({source}) TO {literal(str(partial))} ({_OPTIONS[form]})").fetchone()
        if not to_stdout:
            partial.replace(target)
    except OSError as error:
        raise InternalError("the file cannot be written", where=str(target), received=error.strerror) from None
    finally:
        if not to_stdout:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
    return int(row[0]) if row else 0
