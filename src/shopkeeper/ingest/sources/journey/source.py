"""The panel as a source: its jobs and its notes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from shopkeeper.ingest.assembly import Job
from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.ingest.sources.journey.layout import ZONE, folder
from shopkeeper.ingest.sources.journey.mapping import mappings


def jobs(options: frozenset[str]) -> tuple[Path, list[Job]]:
    """The package's folder, and one job a file. Raises SourceError when the package is missing."""
    place = folder()

    def bound(mapping: SourceMapping) -> SourceMapping:
        """Expressions that look up another file of the panel get its folder; the mapping's digest does not know it."""
        path = str(place).replace("'", "''")
        parts = tuple(
            dataclasses.replace(
                part,
                columns={
                    column: dataclasses.replace(value, sql=value.sql.replace("{folder}", path))
                    for column, value in part.columns.items()
                },
            )
            for part in mapping.tables
        )
        return dataclasses.replace(mapping, tables=parts)

    found = mappings(options).items()
    return place, [Job(place / f"{name}.parquet", mapping, mapping.digest(ZONE), bound) for name, mapping in found]
