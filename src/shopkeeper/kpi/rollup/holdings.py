"""What the warehouse holds, kept and brought up to date: a load's rows are counted, not all that were there before.

order_lines 10,000,000 rows, 9,800,000 of a known buyer + came 27,000, 26,500 − went 300, 290
"""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from dataclasses import asdict, replace
from pathlib import Path

from shopkeeper.kpi.availability import (
    Counted,
    CountedLines,
    Holdings,
    count,
    count_lines,
    holdings_of,
    needs_by_table,
    read_holdings,
)
from shopkeeper.kpi.definitions import BUILT_IN, Definitions
from shopkeeper.kpi.rollup.store import FOLDER
from shopkeeper.warehouse.changes import AFTER, BEFORE, changed_rows, touched_tables
from shopkeeper.warehouse.engines import DuckdbEngine
from shopkeeper.warehouse.lake import Lake

_FILE = "holdings.json"


def kept_holdings(lake: Lake, engine: DuckdbEngine, least_lines: int, definitions: Definitions = BUILT_IN) -> Holdings:
    """Holdings at the engine's snapshot; from those kept when the shop is large enough to keep any."""
    path = lake.data_dir / FOLDER / _FILE
    kept = _take(path)
    if kept is None and _lines(lake) < least_lines:
        return read_holdings(engine, definitions)
    first, counts = kept or (-1, {})
    touched = touched_tables(lake, first, engine.snapshot) if 0 <= first <= engine.snapshot else None
    fresh: dict[str, Counted] = {}
    filled = engine.filled_tables()
    for table, needs in needs_by_table(definitions).items():
        if table in filled:
            fresh[table] = _now(engine, table, needs, counts.get(table), touched, first)
    if first < engine.snapshot or first == engine.snapshot and fresh != counts:
        _keep(path, engine.snapshot, fresh)
    lines = fresh.pop("order_lines", None)
    return holdings_of(engine, fresh, lines if isinstance(lines, CountedLines) else None, filled)


def _lines(lake: Lake) -> int:
    """Order lines, by the record of the lake's files."""
    row = lake.query(
        "SELECT coalesce(sum(record_count), 0) FROM ducklake_table_info('lake') i "
        f"JOIN {lake.catalog_schema}.ducklake_data_file f ON f.table_id = i.table_id AND f.end_snapshot IS NULL "
        "WHERE i.table_name = 'order_lines'"
    ).fetchone()
    return int(row[0]) if row else 0


def _now(
    engine: DuckdbEngine, table: str, needs: list[str], kept: Counted | None, touched: set[str] | None, first: int
) -> Counted:  # fmt: skip
    def counted(rows: str) -> Counted:
        return count_lines(engine, rows, needs) if table == "order_lines" else count(engine, table, rows, needs)

    if kept is None or touched is None or kept.needs.keys() != set(needs):
        return counted(table)
    if table not in touched:
        return kept
    changed = changed_rows(table, first, engine.snapshot)
    came, went = (counted(f"(SELECT * FROM {changed} WHERE change_type IN {kind})") for kind in (AFTER, BEFORE))
    if isinstance(went, CountedLines) and isinstance(kept, CountedLines) and went.rows:
        edges = {went.first_day, went.last_day} - {None}
        if edges and (min(edges) <= kept.first_day or max(edges) >= kept.last_day):  # type: ignore[type-var,operator]
            return counted(table)
    return _moved(kept, came, went)


def _moved(kept: Counted, came: Counted, went: Counted) -> Counted:
    needs = {need: kept.needs[need] + came.needs[need] - went.needs[need] for need in kept.needs}
    of_shop = {
        shop: _added(kept.of_shop.get(shop, {}), came.of_shop.get(shop, {}), went.of_shop.get(shop, {}))
        for shop in {*kept.of_shop, *came.of_shop}
    }
    found = replace(kept, rows=kept.rows + came.rows - went.rows, needs=needs, of_shop=of_shop)
    if not isinstance(found, CountedLines):
        return found
    assert isinstance(came, CountedLines)
    assert isinstance(went, CountedLines)
    return replace(
        found, genuine=found.genuine + came.genuine - went.genuine, unknown=found.unknown + came.unknown - went.unknown,
        first_day=min((d for d in (found.first_day, came.first_day) if d), default=None),
        last_day=max((d for d in (found.last_day, came.last_day) if d), default=None),
    )  # fmt: skip


def _added(kept: dict[str, int], came: dict[str, int], went: dict[str, int]) -> dict[str, int]:
    return {name: kept.get(name, 0) + came.get(name, 0) - went.get(name, 0) for name in {*kept, *came}}


def _take(path: Path) -> tuple[int, dict[str, Counted]] | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        counts: dict[str, Counted] = {}
        for table, row in said["tables"].items():
            if table == "order_lines":
                days = {
                    name: dt.date.fromisoformat(row[name]) if row[name] else None for name in ("first_day", "last_day")
                }
                counts[table] = CountedLines(**(row | days))
            else:
                counts[table] = Counted(**row)
        return int(said["snapshot"]), counts
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(path: Path, snapshot: int, counts: dict[str, Counted]) -> None:
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f"{_FILE}.{uuid.uuid4().hex[:8]}")
    said = {"snapshot": snapshot, "tables": {table: asdict(found) for table, found in counts.items()}}
    draft.write_text(json.dumps(said, default=str), encoding="utf-8")
    os.replace(draft, path)
