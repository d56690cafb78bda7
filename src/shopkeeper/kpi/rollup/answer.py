"""A request's parts out of a roll-up: the same tables that the engine's finishing queries would have brought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from shopkeeper.core.period import Grain, Period
from shopkeeper.kpi import history
from shopkeeper.kpi.catalogue import MEASURES
from shopkeeper.kpi.compiler import FactPlan
from shopkeeper.kpi.coverage import Coverage
from shopkeeper.kpi.definition import Indicator, Slice
from shopkeeper.kpi.finish import Fetched, Spells
from shopkeeper.kpi.result import Dims, Request
from shopkeeper.kpi.rollup import buyers
from shopkeeper.kpi.rollup.covered import COVERED
from shopkeeper.kpi.rollup.facts import axes_of, table_name
from shopkeeper.kpi.rollup.store import Unit
from shopkeeper.kpi.rollup.table import PERIOD, RolledTable

OPENING_COUNTS = frozenset(
    {
        "new_buyers", "first_buyers", "returning", "realised",
        *(f"{kind}_{n}" for kind in ("cohort", "active") for n in history.RETENTION_DAYS),
    }
)  # fmt: skip


def cut_of(request: Request) -> tuple[Slice, ...] | None:
    """By what a roll-up must be cut to answer a request; None when none does.

    One dimension at most: the request's own, filtered or not, or one that is filtered to a single value.
    """
    named = tuple(dict.fromkeys((*request.by, *(name for name, _ in request.filters))))
    if len(named) > 1 or len(request.filters) > 1:
        return None
    if not request.by and request.filters and len(request.filters[0][1]) != 1:
        return None
    return named


def has_measure(unit: Unit, grain: Grain, measure: str) -> bool:
    """Whether a roll-up holds a measure: of what no row tells, it holds nothing."""
    declared = MEASURES[measure]
    table = unit.tables[grain].get(table_name(declared.fact, declared.day))
    return table is not None and measure in table.data.column_names


def fill(
    unit: Unit, request: Request, plans: Sequence[FactPlan], able: Sequence[Indicator], periods: Sequence[Period],
    fetched: Fetched, coverage: tuple[tuple[str, ...], tuple[str, ...]] | None,
) -> None:  # fmt: skip
    """Put the parts of a request's cells where the finisher looks for them.

    `coverage`: required tables and selling platforms, when data coverage is among what is asked.
    """
    filler = _Filler(unit, request, periods, fetched)
    if coverage is not None:
        fetched.coverage = filler.coverage(*coverage)
    names = {n for i in able for n in (*i.numerator, *i.denominator)}
    for plan in plans:
        for axis in axes_of(plan):
            measures = [m.id for m in plan.declared() if m.day == axis]
            back = "buyers" in measures and axis == "paid_day"
            filler.take(table_name(plan.fact, axis), measures, back=back)
        if plan.with_buyers and periods[0].start <= unit.last_day:
            filler.histories(names, spells=any(i.how in ("median_gap", "km_share") for i in able))


class _Filler:
    """One request's way through the tables of a grain."""

    def __init__(self, unit: Unit, request: Request, periods: Sequence[Period], fetched: Fetched) -> None:
        self.unit, self.request, self.periods, self.fetched = unit, request, periods, fetched
        self.tables = unit.tables[request.grain]
        self.wanted: dict[str, set[str | None]] = {name: set(values) for name, values in request.filters}

    def take(self, name: str, measures: Sequence[str], *, back: bool = False) -> None:
        """Rows of one table as totals; `back`: those of the period before, too."""
        table = self.tables[name]
        if back:
            before = self.periods[0].previous().start
            self._take_rows(table, measures, [before], listed=False)
        self._take_rows(table, measures, [p.start for p in self.periods], listed=True)

    def _take_rows(
        self, table: RolledTable, measures: Sequence[str], starts: Sequence[dt.date], *, listed: bool
    ) -> None:
        for period, row, dims in self._rows(table, starts):
            if listed:
                self.fetched.slices.setdefault(dims)
            for measure in measures:
                self.fetched.totals.setdefault(measure, {})[period, dims] = table.column(measure)[row]

    def _rows(self, table: RolledTable, starts: Sequence[dt.date]) -> list[tuple[dt.date, int, Dims]]:
        found = []
        cut = self.unit.by[0] if self.unit.by else ""
        values = table.column(cut) if cut else []
        wanted = self.wanted.get(cut) if cut else None
        for start in starts:
            for row in range(*table.spans.get(start, (0, 0))):
                if wanted is not None and values[row] not in wanted:
                    continue
                dims: Dims = ((self.request.by[0], values[row]),) if self.request.by else ()
                found.append((start, row, dims))
        return found

    def histories(self, names: set[str], *, spells: bool) -> None:
        """What rests on buyers' purchase histories."""
        if names & OPENING_COUNTS:
            counts = [n for n in self.tables[buyers.OPENINGS].data.column_names if n not in (PERIOD, *self.unit.by)]
            self.take(buyers.OPENINGS, counts)
            self._cohorts()
        if names & set(history.WINDOW_COUNTS):
            self.take(buyers.WINDOWS, history.WINDOW_COUNTS)
            self._current_windows()
        if spells:
            self._spells()

    def _cohorts(self) -> None:
        """Openings whose day N lies inside the data."""
        table = self.tables[buyers.OPENING_DAYS]
        limits = [(f"cohort_{n}", self.unit.last_day - dt.timedelta(days=n)) for n in history.RETENTION_DAYS]
        days, counts = table.column("day"), table.column("openings")
        for period, row, dims in self._rows(table, [p.start for p in self.periods]):
            for name, limit in limits:
                totals = self.fetched.totals.setdefault(name, {})
                held = totals.get((period, dims))
                totals[period, dims] = (held if isinstance(held, int) else 0) + (
                    counts[row] if days[row] <= limit else 0
                )

    def _current_windows(self) -> None:
        """Windows that end on the last day of the data, of the period that it lies in."""
        current = Period.containing(self.unit.last_day, self.request.grain)
        if current not in self.periods:
            return
        last_days, previous_days = (self.tables[name].data for name in (buyers.LAST_DAYS, buyers.PREVIOUS_DAYS))
        rows = buyers.windows_at(last_days, previous_days, self.unit.by, current, self.unit.last_day)
        if rows.num_rows:
            table = RolledTable.sorted(rows, (PERIOD, *self.unit.by))
            self._take_rows(table, history.WINDOW_COUNTS, [current.start], listed=True)

    def _spells(self) -> None:
        table = self.tables[buyers.SPELLS]
        cut = self.unit.by[0] if self.unit.by else ""
        wanted, asked = self.wanted.get(cut), {p.start for p in self.periods}
        columns = [table.numbers(name) for name in ("duration_days", "happened", "spells")]
        for (period, value), (begin, end) in table.groups(cut).items():
            if period in asked and (wanted is None or value in wanted):
                dims: Dims = ((self.request.by[0], value),) if self.request.by else ()
                self.fetched.slices.setdefault(dims)
                duration, happened, spells = (column[begin:end] for column in columns)
                self.fetched.spells[period, dims] = Spells(
                    duration.astype(np.int64), happened.astype(bool), spells.astype(np.int64)
                )

    def coverage(self, required: tuple[str, ...], platforms: tuple[str, ...]) -> Coverage:
        """Fresh cells of the request's periods."""
        table = self.tables[COVERED]
        names, fresh = table.column("platform_id"), table.column("fresh")
        found: dict[tuple[dt.date, str], int] = {}
        for day, (begin, end) in table.spans.items():
            start = Period.containing(day, self.request.grain).start
            for row in range(begin, end):
                found[start, names[row]] = found.get((start, names[row]), 0) + int(fresh[row])
        return Coverage(found, platforms, required)
