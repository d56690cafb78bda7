"""Has the source changed its shape since it was last pulled? A column that the mapping reads must not vanish in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shopkeeper.errors import DataQualityError
from shopkeeper.ingest.pull.source import Stream
from shopkeeper.warehouse.loads import Note


def drift_notes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Note]:
    """What is said about columns that came, went or changed their type. Nothing was seen before: nothing has changed."""
    if not before:
        return
    added = [f"{name} ({kind})" for name, kind in now.items() if name not in before]
    dropped = [f"{name} ({kind})" for name, kind in before.items() if name not in now]
    changed = [f"{n} ({before[n]} → {kind})" for n, kind in now.items() if n in before and before[n] != kind]
    for topic, columns in (("pull.added", added), ("pull.dropped", dropped), ("pull.changed", changed)):
        if columns:
            yield Note(topic, len(columns), detail=", ".join(columns))


def refuse_lost_columns(name: str, stream: Stream, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise DataQualityError when a column that the mapping or the key names was there and is gone."""
    folded = {column.casefold() for column in now}
    named = {value.header for part in stream.mapping.tables for value in part.columns.values() if value.header}
    lost = [
        column for column in before
        if column.casefold() not in folded
        and (any(column.casefold() == header.casefold() for header in named) or column in stream.key)
    ]  # fmt: skip
    if lost:
        raise DataQualityError(
            "the source has lost a column that is mapped", where=f"source {name}", received=", ".join(now),
            allowed=[f"also {column} ({before[column]})" for column in lost], state="nothing was changed",
            next_command="edit its [[source]] in shopkeeper.toml, or bring the column back",
        )  # fmt: skip
