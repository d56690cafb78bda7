"""Make a cut's roll-ups, or bring them up to a newer snapshot by what has changed since."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import shopkeeper.kpi
from shopkeeper.core.period import GRAINS, Grain
from shopkeeper.kpi.availability import Holdings
from shopkeeper.kpi.compiler import HISTORIES, FactPlan
from shopkeeper.kpi.definition import Slice
from shopkeeper.kpi.rollup import buyers, covered, facts, people, store
from shopkeeper.kpi.rollup.changes import CHANGED_BUYERS, Changes, changes_between
from shopkeeper.kpi.rollup.store import Unit
from shopkeeper.kpi.rollup.table import PERIOD, RolledTable
from shopkeeper.warehouse.lake import Lake

MOST_DAYS = 200
"""Touched days of one fact beyond which all of it is made anew."""
_MOST_LAYERS = 8
_log = logging.getLogger(__name__)
_units: dict[tuple[Path, tuple[Slice, ...]], Unit] = {}
_locks: dict[tuple[Path, tuple[Slice, ...]], threading.Lock] = {}
_guard = threading.Lock()


def rolled_up(
    lake: Lake, by: tuple[Slice, ...], grain: Grain, plans: Mapping[str, FactPlan], required: tuple[str, ...], found: Holdings
) -> Unit | None:  # fmt: skip
    """The roll-ups of a cut, as of the snapshot that the open reading transaction sees, with this grain among them.

    None when newer ones are kept: a reader of an older snapshot computes for itself.
    """
    place = (lake.data_dir, by)
    with _guard:
        lock = _locks.setdefault(place, threading.Lock())
    with lock:
        unit = _units.get(place)
        wanted = Wanted(by, plans, required, found)
        key = wanted.key
        if unit is None or unit.snapshot < found.snapshot:
            kept = store.take(lake.data_dir, by)
            unit = kept if unit is None or kept is not None and kept.snapshot > unit.snapshot else unit
        if unit is not None and unit.snapshot > found.snapshot:
            return None
        fresh = unit
        if unit is None or unit.key != key:
            fresh = _made(lake, wanted, _grains(unit, grain))
        elif unit.snapshot < found.snapshot:
            fresh = _mended(lake, unit, wanted) or _made(lake, wanted, _grains(unit, grain))
        assert fresh is not None
        if grain not in fresh.tables:
            more = _made(lake, wanted, (grain,))
            fresh = replace(more, tables={**fresh.tables, **more.tables})
        if fresh is not unit:
            store.keep(lake.data_dir, fresh)
        _units[place] = fresh
        return fresh


def forget() -> None:
    """Let go of what is kept in memory; what lies on disk stays."""
    _units.clear()


def _grains(unit: Unit | None, more: Grain) -> tuple[Grain, ...]:
    return tuple(g for g in GRAINS if g == more or unit is not None and g in unit.tables)


@cache
def _source_digest() -> str:
    """Of everything that decides what a figure means."""
    folder = Path(shopkeeper.kpi.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Wanted:
    """What a cut's roll-ups are made for: what to read of each fact, which tables are required, what there is."""

    by: tuple[Slice, ...]
    plans: Mapping[str, FactPlan]
    required: tuple[str, ...]
    found: Holdings

    @property
    def key(self) -> str:
        """Definitions, the measures asked of each fact, and who tells visitors: roll-ups of another key are of no use."""
        said = [
            _source_digest(),
            sorted(
                (p.fact, p.measures, p.with_buyers, repr(p.own), p.speaking, str(p.vat_share), p.with_profits, p.persons)
                for p in self.plans.values()
            ),
            self.required,
            sorted(self.found.telling.by_session), sorted(self.found.telling.by_day), self.found.untold,
        ]  # fmt: skip
        return hashlib.sha256(repr(said).encode()).hexdigest()

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """First and last day of the data."""
        assert self.found.first_day is not None
        assert self.found.last_day is not None
        return self.found.first_day, self.found.last_day


def _made(lake: Lake, wanted: Wanted, grains: tuple[Grain, ...]) -> Unit:
    """Everything from the lake: one scan a fact for all grains."""
    by, found, (first_day, last_day) = wanted.by, wanted.found, wanted.days
    folder = store.new_version(lake.data_dir, by, found.snapshot)
    tables: dict[Grain, dict[str, RolledTable]] = {grain: {} for grain in grains}
    layers: tuple[str, ...] = ()
    try:
        for plan in (facts.whole(plan) for plan in wanted.plans.values()):
            facts.scanned(lake, plan)
            if plan.with_buyers:
                layers = ("state.0.parquet",)
                buyers.write_state(lake, plan, folder / layers[0])
            for grain in grains:
                if plan.with_buyers:
                    facts.with_histories(lake, plan, grain)
                    for name, rows in buyers.counted(lake, plan, grain, first_day, last_day).items():
                        tables[grain][name] = RolledTable.sorted(rows, buyers.Keys(by).of(name))
                for name, rows in facts.finished(lake, plan, grain, facts.FIRST, facts.END).items():
                    tables[grain][name] = RolledTable.sorted(rows, (PERIOD, *by))
            for name in (plan.level, plan.buyer_days, plan.profits, HISTORIES):
                lake.query(f"DROP TABLE IF EXISTS temp.{name}")
        fresh = covered.made(lake, wanted.required, wanted.days)
        for grain in grains:
            tables[grain][covered.COVERED] = fresh
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Unit(
        by, found.snapshot, wanted.key, first_day, last_day, frozenset(found.platform_of), tables, folder, layers
    )  # fmt: skip


def _mended(lake: Lake, unit: Unit, wanted: Wanted) -> Unit | None:
    """The unit with what changed since put in place; None when it is cheaper, or the only way, to make it anew."""
    found, (first_day, last_day) = wanted.found, wanted.days
    if last_day < unit.last_day:
        return None
    changes = changes_between(lake, wanted.plans, wanted.required, unit.shops, unit.snapshot, found.snapshot)
    if changes.all_over or any(len(days) > MOST_DAYS for days in changes.days.values()):
        _log.info("roll-ups of %s are made anew: %s", unit.by, changes.all_over or "many days were touched")
        return None
    folder = store.new_version(lake.data_dir, unit.by, found.snapshot)
    tables: dict[Grain, dict[str, RolledTable]] = {grain: dict(kept) for grain, kept in unit.tables.items()}
    fresh = replace(
        unit, snapshot=found.snapshot, first_day=first_day, last_day=last_day, shops=frozenset(found.platform_of),
        tables=tables, folder=folder,
    )  # fmt: skip
    try:
        store.link_layers(unit, folder)
        for fact, days in changes.days.items():
            if days:
                facts.mended(lake, wanted.plans[fact], tuple(tables), days, tables, (PERIOD, *unit.by))
        if changes.regrouped:
            people.keep_rows(lake, wanted.plans.values())
            for fact, plan in wanted.plans.items():
                people.mended(lake, plan, tuple(tables), changes.days.get(fact, ()), tables, (PERIOD, *unit.by))
        _mend_buyers(lake, unit, fresh, wanted, changes)
        held = next(iter(tables.values()))[covered.COVERED]
        before = (unit.first_day, unit.last_day)
        held = covered.mended(lake, wanted.required, held, changes.covered, before, wanted.days)
        for grain in tables:
            tables[grain][covered.COVERED] = held
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        if changes.regrouped:
            people.drop_rows(lake)
    return fresh


def _mend_buyers(lake: Lake, unit: Unit, fresh: Unit, wanted: Wanted, changes: Changes) -> None:
    plan = wanted.plans.get("order_lines")
    paid = sorted(changes.days.get("order_lines", ()))
    days = sorted({*paid, *(changes.days.get("refunds", ()) if plan and plan.with_profits else ())})
    stays = not days and not changes.regrouped and unit.last_day == fresh.last_day
    if plan is None or not plan.with_buyers or stays:
        return
    base, overlays = unit.state
    overlay = f"state.{len(unit.layers)}.parquet"
    touched = buyers.Touched(tuple(paid), tuple(days), changes.regrouped)
    moved = buyers.moved_buyers(lake, plan, buyers.state_sql(base, overlays), touched, fresh.folder / overlay)
    first_day = min(fresh.first_day, unit.first_day)
    for grain in fresh.tables:
        buyers.refreshed(lake, plan, grain, fresh.tables[grain], moved, (first_day, unit.last_day, fresh.last_day))
    fresh.layers = (*unit.layers, overlay)
    if len(fresh.layers) > _MOST_LAYERS:
        whole = f"state.{len(unit.layers) + 1}.parquet"
        buyers.compact(lake, buyers.state_sql(*fresh.state), fresh.folder / whole)
        for name in fresh.layers:
            (fresh.folder / name).unlink()
        fresh.layers = (whole,)
    for name in (*moved.tables, plan.level, plan.buyer_days, plan.profits, HISTORIES, CHANGED_BUYERS):
        lake.query(f"DROP TABLE IF EXISTS temp.{name}")
