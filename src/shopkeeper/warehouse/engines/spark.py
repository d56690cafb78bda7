"""Spark over the lake's own Parquet files: those of one pinned snapshot, as views that go by the tables' names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from shopkeeper.core.ids import new_id
from shopkeeper.core.settings import EngineSection
from shopkeeper.warehouse.engines.dialect import Dialect, tables_named
from shopkeeper.warehouse.engines.duckdb import tables_with_files
from shopkeeper.warehouse.engines.engine import Answer
from shopkeeper.warehouse.engines.lake_files import LakeFiles, files_at
from shopkeeper.warehouse.engines.spark_session import explained_spark_errors, new_session
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.model.table import Type

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_FIELD_ID = "parquet.field.id"
_TYPES: dict[Type, str] = {
    "text": "string", "integer": "long", "money": "decimal(18,4)", "quantity": "decimal(18,3)", "number": "double",
    "instant": "timestamp", "day": "date", "flag": "boolean",
}  # fmt: skip


class SparkEngine:
    """A Spark session of its own on one snapshot of a lake. Use it as a context manager."""

    dialect: Dialect = "spark"

    def __init__(self, lake: Lake, snapshot: int, settings: EngineSection) -> None:
        self.lake = lake
        self.snapshot = snapshot
        self.settings = settings
        self._registered: set[str] = set()
        self._kept: dict[str, DataFrame] = {}
        self._tag = new_id("matrix")

    def __enter__(self) -> SparkEngine:
        self._session = new_session(self.settings, self.lake)
        self._session.addTag(self._tag)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with explained_spark_errors():
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                self._session.interruptTag(self._tag)
            self.drop(*self._kept)
            self._session.removeTag(self._tag)
            if self.settings.master.startswith("sc://"):
                self._session.stop()  # each one has its own connection

    def filled_tables(self) -> frozenset[str]:
        """Tables that have any data file."""
        return tables_with_files(self.lake)

    def rows(self, sql: str) -> Answer:
        """Run one reading statement."""
        with explained_spark_errors():
            found = self._frame(sql)
            return Answer(tuple(found.columns), list(found.collect()))

    def keep(self, name: str, sql: str) -> None:
        """Keep a result in the memory, or else on the disks, of Spark."""
        self.drop(name)
        with explained_spark_errors():
            found = self._frame(sql).persist()
            self._kept[name] = found
            found.count()  # now, so that its time is not told as that of the first statement that reads it
            found.createOrReplaceTempView(name)

    def drop(self, *names: str) -> None:
        """Let go of kept results."""
        for name in names:
            found = self._kept.pop(name, None)
            if found is not None:
                self._session.catalog.dropTempView(name)
                found.unpersist()

    def _frame(self, sql: str) -> DataFrame:
        for name in tables_named(sql, self.dialect) & TABLES.keys() - self._registered:
            self._register(files_at(self.lake, name, self.snapshot))
            self._registered.add(name)
        return self._session.sql(sql)

    def _register(self, files: LakeFiles) -> None:
        """A view of exactly these files, with all columns of the model; those that a snapshot lacks are empty."""
        lacking = [c for c in TABLES[files.table].all_columns if not files.paths or c.name not in files.field_ids]
        empty = [f"CAST(NULL AS {_TYPES[c.type]}) AS `{c.name}`" for c in lacking]
        if files.paths:
            stored = self._session.read.schema(self._schema(files)).parquet(*map(self._path, files.paths))
            found = stored.selectExpr("*", *empty)
        else:
            found = self._session.sql(f"SELECT {', '.join(empty)} WHERE false")
        found.createOrReplaceTempView(files.table)

    def _schema(self, files: LakeFiles) -> Any:
        """Columns by the numbers that the files know them by, so that neither a renamed nor an added one is misread."""
        from pyspark.sql.types import StructType

        columns = [c for c in TABLES[files.table].all_columns if c.name in files.field_ids]
        fields = [
            {"name": c.name, "type": _TYPES[c.type], "nullable": True, "metadata": {_FIELD_ID: files.field_ids[c.name]}}
            for c in columns
        ]
        return StructType.fromJson({"fields": fields})

    def _path(self, path: str) -> str:
        """A file's address as Spark's own machines see it; what would be a pattern to Spark is taken as it is."""
        address = f"file://{path}"
        if self.settings.lake:
            address = f"{self.settings.lake.rstrip('/')}/{path.removeprefix(f'{self.lake.data_dir}/lake/')}"
        return re.sub(r"([\[\]{}*?,\\])", r"\\\1", address)
