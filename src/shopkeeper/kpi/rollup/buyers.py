"""Purchase histories, kept: what every buyer adds to each period, mended by the buyers whose days changed.

Each figure of `kpi/history.py` is a sum over buyers, so a refresh takes away what the changed buyers added before and adds
what they add now. What also depends on the last day of the data is kept so that it can move on without them:

    cohorts      openings by day: those up to N days before the last day are in the cohort
    spells       those still waiting grow by as many days as the last day moved
    windows      the current period's, from each buyer's last and last but one paid day

`state` has a row a slice and buyer: its paid days in order and, where margins are kept, what its orders left, by day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from shopkeeper.core.period import Grain, Period, periods_between
from shopkeeper.kpi import history
from shopkeeper.kpi.compiler import HISTORIES, FactPlan
from shopkeeper.kpi.rollup import dated
from shopkeeper.kpi.rollup.changes import CHANGED_BUYERS
from shopkeeper.kpi.rollup.facts import FIRST, runs_of, whole, with_histories
from shopkeeper.kpi.rollup.people import OTHERS, PART
from shopkeeper.kpi.rollup.table import PERIOD, RolledTable, summed
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.sql import literal

OPENINGS, OPENING_DAYS, WINDOWS, SPELLS = "openings", "opening_days", "windows", "spells"
LAST_DAYS, PREVIOUS_DAYS = "last_days", "previous_days"
_COHORTS = tuple(f"cohort_{n}" for n in history.RETENTION_DAYS)


@dataclass(frozen=True)
class Keys:
    """By what the tables are cut."""

    by: tuple[str, ...]

    @property
    def listed(self) -> str:
        """The slice's columns for a list of columns, each with a comma after it."""
        return "".join(f'"{name}", ' for name in self.by)

    def of(self, name: str) -> tuple[str, ...]:
        """Columns that tell a row of a table from all others."""
        return {
            OPENINGS: (PERIOD, *self.by), WINDOWS: (PERIOD, *self.by), OPENING_DAYS: (PERIOD, *self.by, "day"),
            SPELLS: (PERIOD, *self.by, "happened", "duration_days"), LAST_DAYS: (*self.by, "day"),
            PREVIOUS_DAYS: (*self.by, "day"),
        }[name]  # fmt: skip


def counted(
    lake: Lake, plan: FactPlan, grain: Grain, first_day: dt.date, last_day: dt.date
) -> dict[str, pa.Table]:  # fmt: skip
    """What the buyers whose histories are there add to every table of a grain, as of the last day of the data.

    `first_day`: no period is closed before it.
    """
    keys = Keys(plan.by)
    start, current = Period.containing(first_day, grain).start, Period.containing(last_day, grain)
    openings = lake.query(dated.openings_sql(plan, grain, FIRST, current.end)).to_arrow_table()
    found = {OPENINGS: openings.drop_columns(list(_COHORTS)), WINDOWS: _no_windows(openings, keys)}
    if start < current.start:
        found[WINDOWS] = lake.query(dated.windows_sql(plan, grain, start, current.start)).to_arrow_table()
    spells = dated.spells_sql(plan, grain, FIRST, current.end, last_day)
    simple = {
        SPELLS: f"SELECT {PERIOD}, {keys.listed}unnest(happened) AS happened, unnest(duration_days) AS duration_days, "
        f"unnest(spells) AS spells FROM ({spells})",
        OPENING_DAYS: f"SELECT {PERIOD}, {keys.listed}day, count(*) AS openings FROM {HISTORIES} "
        f"WHERE previous IS NULL OR previous < {PERIOD} GROUP BY ALL",
        LAST_DAYS: f"SELECT {keys.listed}day, count(*) AS buyers FROM {HISTORIES} WHERE next IS NULL GROUP BY ALL",
        PREVIOUS_DAYS: f"SELECT {keys.listed}previous AS day, count(*) AS buyers FROM {HISTORIES} "
        "WHERE next IS NULL AND previous IS NOT NULL GROUP BY ALL",
    }
    for name, sql in simple.items():
        found[name] = lake.query(sql).to_arrow_table()
    return {name: _whole_numbers(table, keys.of(name)) for name, table in found.items()}


def _no_windows(like: pa.Table, keys: Keys) -> pa.Table:
    fields = [like.schema.field(name) for name in (PERIOD, *keys.by)] + [
        pa.field(n, pa.int64()) for n in history.WINDOW_COUNTS
    ]
    return pa.schema(fields).empty_table()


def _whole_numbers(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Figures as 64-bit integers: an engine's wide sums of counts are smaller than that."""
    columns = [table[n] if n in keys else pc.cast(table[n], pa.int64()) for n in table.column_names]
    return pa.table(columns, names=table.column_names)


# --- the state --------------------------------------------------------------------------------------------------------


def write_state(lake: Lake, plan: FactPlan, path: Path) -> None:
    """Keep each buyer's paid days, as they are there."""
    lake.query(f"COPY ({_days_sql(plan)}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")


def _days_sql(plan: FactPlan) -> str:
    return _state_rows(plan, plan.buyer_days, plan.profits)


def _state_rows(plan: FactPlan, days: str, profits: str) -> str:
    """A row a slice and buyer of these paid days and profits."""
    keys = Keys(plan.by)
    paid, left = "list_sort(list(paid_day)) AS days", ""
    rows = days
    if plan.with_profits:
        paid = "coalesce(list_sort(list(paid_day) FILTER (paid_day IS NOT NULL)), []) AS days, "
        left = f"coalesce(list({_PROFIT}) FILTER (day IS NOT NULL), []) AS profits"
        rows = f"(FROM {days} UNION ALL BY NAME FROM {profits})"
    return f"SELECT {keys.listed}customer_id, {paid}{left} FROM {rows} GROUP BY {keys.listed}customer_id"


_PROFIT = "{'day': day, 'profit': profit, 'costed': costed}"


def state_sql(base: Path, overlays: Sequence[Path]) -> str:
    """The state's rows: a buyer stands as its newest overlay has it."""
    layers = [base, *overlays]
    parts = []
    for number, path in enumerate(layers):
        newer = [f"SELECT customer_id FROM read_parquet({literal(str(p))})" for p in layers[number + 1 :]]
        gone = f" WHERE customer_id NOT IN ({' UNION '.join(newer)})" if newer else ""
        parts.append(f"SELECT * FROM read_parquet({literal(str(path))}){gone}")
    return f"SELECT * FROM ({' UNION ALL '.join(parts)})"


@dataclass(frozen=True)
class Moved:
    """The changed buyers' days and profits, before and after, as temp tables, and the state's newest layer."""

    before: str = "rollup_before"
    after: str = "rollup_after"
    profits_before: str = "rollup_profits_before"
    profits_after: str = "rollup_profits_after"

    @property
    def tables(self) -> tuple[str, ...]:
        """All of them."""
        return self.before, self.after, self.profits_before, self.profits_after


@dataclass(frozen=True)
class Touched:
    """Touched days of order lines, and of lines or refunds; whether some customers are other persons now."""

    paid: tuple[dt.date, ...]
    days: tuple[dt.date, ...]
    regrouped: bool


def moved_buyers(lake: Lake, plan: FactPlan, state: str, touched: Touched, overlay: Path) -> Moved:
    """Work out the changed buyers' days and profits: as kept, but on the touched days as the lake has them now.

    Of buyers who are others than they were, all days are as the lake has them. Writes the overlay.
    """
    moved, listed = Moved(), Keys(plan.by).listed
    changed = f"WHERE customer_id IN (SELECT customer_id FROM {CHANGED_BUYERS})"
    same = f" AND customer_id NOT IN (SELECT customer_id FROM {OTHERS})" if touched.regrouped else ""
    theirs = replace(whole(plan), measures=(), part=PART)
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {moved.before} AS SELECT {listed}customer_id, unnest(days) AS paid_day "
        f"FROM ({state}) {changed}"
    )
    _keep_untouched(lake, moved.before, moved.after, "paid_day", touched.paid, same)
    for start, end in runs_of(touched.paid, "day"):
        scan = dated.buyer_days_sql(replace(plan, measures=(), first_day=start, end_day=end))
        lake.query(f"INSERT INTO {moved.after} BY NAME SELECT * FROM ({scan}) {changed}{same}")
    if touched.regrouped:
        lake.query(f"INSERT INTO {moved.after} BY NAME {dated.buyer_days_sql(theirs)}")
    if plan.with_profits:
        lake.query(
            f"CREATE OR REPLACE TEMP TABLE {moved.profits_before} AS SELECT {listed}customer_id, "
            f"unnest(profits, recursive := true) FROM ({state}) {changed}"
        )
        _keep_untouched(lake, moved.profits_before, moved.profits_after, "day", touched.days, same)
        for start, end in runs_of(touched.days, "day"):
            scan = dated.profits_sql(replace(plan, measures=(), first_day=start, end_day=end))
            lake.query(f"INSERT INTO {moved.profits_after} BY NAME SELECT * FROM ({scan}) {changed}{same}")
        if touched.regrouped:
            lake.query(f"INSERT INTO {moved.profits_after} BY NAME {dated.profits_sql(theirs)}")
    _write_overlay(lake, plan, moved, overlay)
    return moved


def _keep_untouched(lake: Lake, before: str, after: str, column: str, days: Sequence[dt.date], same: str) -> None:
    touched = ", ".join(f"DATE '{day}'" for day in days) or "NULL"
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {after} AS SELECT * FROM {before} "
        f"WHERE coalesce({column} NOT IN ({touched}), true){same}"
    )


def _write_overlay(lake: Lake, plan: FactPlan, moved: Moved, overlay: Path) -> None:
    """A buyer without a row any more stays in the overlay, empty, so that the older layers' row does not count."""
    rows = _state_rows(plan, moved.after, moved.profits_after)
    empty = f"{'NULL, ' * len(plan.by)}customer_id, []::DATE[]{', []' if plan.with_profits else ''}"
    lake.query(
        f"COPY (SELECT * FROM ({rows}) UNION ALL SELECT {empty} FROM {CHANGED_BUYERS} "
        f"WHERE customer_id NOT IN (SELECT customer_id FROM ({rows})) GROUP BY customer_id) "
        f"TO {literal(str(overlay))} (FORMAT parquet)"
    )


# --- refresh ----------------------------------------------------------------------------------------------------------


def refreshed(
    lake: Lake, plan: FactPlan, grain: Grain, tables: dict[str, RolledTable], moved: Moved,
    days: tuple[dt.date, dt.date, dt.date],
) -> None:  # fmt: skip
    """Move a grain's tables from one last day to another and from the changed buyers' old days to their new ones.

    `days`: the data's first day and both last days.
    """
    first_day, old_last, new_last = days
    keys = Keys(plan.by)
    parts = []
    for name, left, last in (
        (moved.before, moved.profits_before, old_last), (moved.after, moved.profits_after, new_last),
    ):  # fmt: skip
        lake.query(f"CREATE OR REPLACE TEMP TABLE {plan.buyer_days} AS SELECT * FROM {name}")
        if plan.with_profits:
            lake.query(f"CREATE OR REPLACE TEMP TABLE {plan.profits} AS SELECT * FROM {left}")
        with_histories(lake, plan, grain)
        parts.append(counted(lake, plan, grain, first_day, last))
    before, after = parts
    rest = {
        name: summed([(tables[name].data, 1), (before[name].cast(tables[name].data.schema), -1)], keys.of(name))
        for name in (LAST_DAYS, PREVIOUS_DAYS, SPELLS, OPENINGS, OPENING_DAYS, WINDOWS)
    }
    rest[SPELLS] = _grown(rest[SPELLS], (new_last - old_last).days)
    closing = _closed_since(
        rest[LAST_DAYS], rest[PREVIOUS_DAYS], keys, grain, (old_last, new_last), rest[WINDOWS].schema
    )
    rest[WINDOWS] = pa.concat_tables([rest[WINDOWS], closing]) if closing.num_rows else rest[WINDOWS]
    for name, table in rest.items():
        found = summed([(table, 1), (after[name].cast(table.schema), 1)], keys.of(name))
        tables[name] = RolledTable.sorted(found, keys.of(name))


def _grown(spells: pa.Table, days: int) -> pa.Table:
    """Spells still waiting, some days later."""
    kind = spells["duration_days"].type
    longer = pc.multiply(pc.cast(pc.invert(spells["happened"]), pa.int64()), pa.scalar(days, pa.int64()))
    longer = pc.add(spells["duration_days"], pc.cast(longer, kind))
    return spells.set_column(spells.schema.get_field_index("duration_days"), "duration_days", longer)


def _closed_since(
    last_days: pa.Table, previous_days: pa.Table, keys: Keys, grain: Grain, days: tuple[dt.date, dt.date], schema: pa.Schema
) -> pa.Table:  # fmt: skip
    """Windows of the periods that were open and are over now, of buyers whose days did not change."""
    old_last, new_last = days
    first, end = Period.containing(old_last, grain).start, Period.containing(new_last, grain).start
    if first >= end:
        return schema.empty_table()
    made = [
        windows_at(last_days, previous_days, keys.by, period, period.last_day)
        for period in periods_between(first, end, grain)
    ]
    return pa.concat_tables([table.select(schema.names).cast(schema) for table in made])


def windows_at(
    last_days: pa.Table, previous_days: pa.Table, by: tuple[str, ...], period: Period, final_day: dt.date
) -> pa.Table:  # fmt: skip
    """Buyers, and buyers with two paid days, within N days before a day, if nobody has paid since."""
    counts = []
    for n in history.WINDOW_DAYS:
        since = pa.scalar(final_day - dt.timedelta(days=n), pa.date32())
        for kind, table in (("buyers", last_days), ("repeat", previous_days)):
            inside = table.filter(pc.greater(table["day"], since))
            counts.append((f"{kind}_{n}", inside))
    names = [name for name, _ in counts]
    parts = []
    for name, inside in counts:
        columns = {by_name: inside[by_name] for by_name in by}
        columns |= {
            other: inside["buyers"] if other == name else pa.nulls(inside.num_rows, pa.int64()) for other in names
        }
        parts.append(pa.table(columns))
    whole = pa.concat_tables(parts)
    grouped = whole.group_by(list(by)).aggregate([(name, "sum") for name in names])
    grouped = grouped.select([*by, *(f"{name}_sum" for name in names)]).rename_columns([*by, *names])
    filled = [grouped[n] if n in by else pc.fill_null(grouped[n], 0) for n in grouped.column_names]
    grouped = pa.table(filled, names=grouped.column_names)
    grouped = grouped.filter(pc.greater(grouped["buyers_365"], 0))
    start = pa.array([period.start] * grouped.num_rows, pa.date32())
    return grouped.add_column(0, PERIOD, start)


def compact(lake: Lake, state: str, path: Path) -> None:
    """Write all layers of the state as one."""
    lake.query(f"COPY ({state}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
