"""The DuckDB extensions that the warehouse needs, loaded from their pip wheels: nothing is downloaded at run time."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

import duckdb

from shopkeeper.errors import InternalError
from shopkeeper.warehouse.sql import literal

# DuckDB derives an extension's entry point from its file name, and three wheels name the file by an alias.
_ENTRY_NAMES = {
    "ducklake": "ducklake", "sqlite": "sqlite_scanner", "postgres": "postgres_scanner", "mysql": "mysql_scanner",
}  # fmt: skip


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load one extension into a connection. Raises InternalError naming the wheel to install when it is absent."""
    wheel = f"duckdb-extension-{name}"
    spec = importlib.util.find_spec(wheel.replace("-", "_"))
    folder = Path(next(iter(spec.submodule_search_locations or []), "")) if spec else None
    version = f"v{duckdb.__version__}"
    file = folder / "extensions" / version / f"{name}.duckdb_extension" if folder else None
    if file is None or not file.exists():
        raise InternalError(
            "a part of the database engine is not installed",
            where=f"Python package {wheel}",
            received="missing" if folder is None else f"no build for DuckDB {version}",
            allowed=f"{wheel}=={duckdb.__version__}",
            next_command=f"pip install '{wheel}=={duckdb.__version__}'",
        )
    entry = f"{_ENTRY_NAMES[name]}.duckdb_extension"
    if file.name == entry:
        connection.execute(f"LOAD {literal(str(file))}")
        return
    with tempfile.TemporaryDirectory(prefix="shopkeeper-") as scratch:
        renamed = Path(scratch, entry)
        try:
            os.symlink(file, renamed)
        except OSError:  # Windows without the right to link
            shutil.copyfile(file, renamed)
        connection.execute(f"LOAD {literal(str(renamed))}")
