"""Which tables of a lake hold anything: its catalog knows at once, a count of every table takes half a second."""

from __future__ import annotations

from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import TABLES


def with_files(lake: Lake) -> list[str]:
    """The tables of the model that have data files; all others are empty."""
    rows = lake.query("SELECT table_name FROM ducklake_table_info('lake') WHERE file_count > 0").fetchall()
    named = {name for (name,) in rows}
    return [name for name in TABLES if name in named]


def row_counts(lake: Lake) -> dict[str, int]:
    """Rows of every table of the model."""
    filled = with_files(lake)
    if not filled:
        return dict.fromkeys(TABLES, 0)
    union = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in filled)
    return dict.fromkeys(TABLES, 0) | dict(lake.query(union).fetchall())
