"""What each kind of job does. A new kind is a line in `HANDLERS` here and one in `shopkeeper.jobs.kinds.KINDS`."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shopkeeper.core.clock import utc_now
from shopkeeper.jobs.listing import forget_old
from shopkeeper.jobs.task import Done, Handler, Task
from shopkeeper.state import State

if TYPE_CHECKING:
    from shopkeeper.ingest.report import LoadReport
    from shopkeeper.warehouse.shop import Shop

KEPT_DAYS = 90
"""Jobs and messages that ended well are forgotten by `maintain` after so long."""

ACTOR = "worker"
"""Under this name the ledgers keep what jobs did."""


def handlers(folder: Path, state: State) -> dict[str, Handler]:
    """Every kind bound to one shop folder; each job opens the shop anew, so that edited settings apply."""

    def bound(work: Callable[[Task, Shop, State], Done]) -> Handler:
        def run(task: Task) -> Done:
            with _opened(folder) as shop:
                return work(task, shop, state)

        return run

    return {kind: bound(work) for kind, work in HANDLERS.items()}


def load(task: Task, shop: Shop, _: State) -> Done:
    """Load the inbox, the files of one mapping, or a source known by name. An empty inbox is nothing to do.

    A file that was refused, and has not changed since, does not keep the others out: it waits on the Data page.
    """
    from shopkeeper.errors import SourceError
    from shopkeeper.ingest.load import SOURCES, data_files, load_paths
    from shopkeeper.ingest.pull.declared import pull_names
    from shopkeeper.ingest.refusals import refused_as_they_are

    source = task.job.source
    if source in SOURCES or source in pull_names(shop.settings):
        return pull(task, shop, _)
    try:
        files = data_files([shop.inbox]) if shop.inbox.is_dir() else []
    except SourceError:  # the only refusal of a folder that is there: it holds nothing to load
        files = []
    if source:
        files = _of_mapping(shop, source, files)
    refused = refused_as_they_are(shop, files)
    files = [file for file in files if file not in refused]
    told: dict[str, object] = {"refused": len(refused)} if refused else {}
    if not files:
        return Done({"files": 0, "loaded": 0, **told})
    done = _reported(load_paths(shop, files, source=source or None, by=ACTOR, progress=_Told(task)), len(files))
    return replace(done, result={**done.result, **told})


def pull(task: Task, shop: Shop, _: State) -> Done:
    """Fetch a named source and load what is new: a database or platform of shopkeeper.toml, or a source known by name."""
    from shopkeeper.ingest.load import load_source
    from shopkeeper.ingest.pull.declared import pull_names
    from shopkeeper.ingest.pull.run import pull as pulled

    name, progress = task.job.source, _Told(task)
    if name in pull_names(shop.settings):
        return _reported(pulled(shop, name, by=ACTOR, progress=progress))
    return _reported(load_source(shop, name, by=ACTOR, progress=progress))


def flush(task: Task, shop: Shop, _: State) -> Done:
    """Bring what waits in the journal of events into the warehouse; a server does so by itself."""
    from shopkeeper.ingest.events.keeper import flush_all

    task.report("flush", 0)
    done = flush_all(shop, by=ACTOR)
    told = {"loaded": done.loaded, "unchanged": done.unchanged, "quarantined": done.set_aside}
    return Done(told, changed=done.loaded + done.set_aside > 0)


def check(task: Task, shop: Shop, _: State) -> Done:
    """Run every rule and record the run; what the rules find is no failure of the job."""
    from shopkeeper.errors import WarehouseBusy
    from shopkeeper.quality.checkup import as_of_today, check_shop, checked_rules

    rules = checked_rules(shop)
    task.report("check", 0, len(rules))
    found = check_shop(shop, rules, as_of_today(shop.settings.shop.timezone), by=ACTOR)
    if found.busy:
        raise WarehouseBusy("the run of the checks is not recorded", received=found.busy, state="nothing was changed")
    failed = [result for result in found.results if result.status == "fail"]
    errors = sum(result.rule.severity == "error" for result in failed)
    return Done({"run": found.run_id, "rules": len(rules), "failed": len(failed), "errors": errors})


def rollup(task: Task, shop: Shop, _: State) -> Done:
    """Bring the KPI roll-ups to the newest snapshot."""
    from shopkeeper.kpi.refreshing import refresh_rollups

    task.report("roll up", 0)
    done = refresh_rollups(shop)
    return Done({"snapshot": done.snapshot, "cuts": done.cuts, "mended": done.mended})


def link(task: Task, shop: Shop, state: State) -> Done:
    """Look for customers that are one person, among those that changed."""
    from shopkeeper.customers.oneid.linking import link as run_link

    task.report("link", 0)
    run = run_link(shop, state, by=ACTOR)
    return Done({"run": run.run_id, "touched": run.touched, "moved": run.moved}, changed=run.moved > 0)


def maintain(task: Task, shop: Shop, state: State) -> Done:
    """Keep the lake small and quick, and forget jobs that ended well long ago."""
    from shopkeeper.kpi.rollup.store import pins
    from shopkeeper.warehouse.maintenance import maintain_lake

    task.report("maintain", 0)
    steps = maintain_lake(
        shop.lake, keep_days=shop.settings.warehouse.keep_snapshots_days, author=ACTOR,
        every_deletion=shop.settings.engine.name == "spark", pins=pins(shop.data_dir),
    )  # fmt: skip
    forgotten = forget_old(state, shop.id, before=utc_now() - dt.timedelta(days=KEPT_DAYS))
    return Done({**{step.name: step.count for step in steps}, "forgotten_jobs": forgotten})


HANDLERS: dict[str, Callable[[Task, Shop, State], Done]] = {
    "load": load,
    "pull": pull,
    "flush": flush,
    "check": check,
    "rollup": rollup,
    "link": link,
    "maintain": maintain,
}


class _Told:
    """Progress of a load, as the Jobs page shows it; each step is a chance to be called off."""

    def __init__(self, task: Task) -> None:
        self._task, self._step, self._done, self._total = task, "", 0, 0

    def start(self, what: str, total: int) -> None:
        self._step, self._done, self._total = what, 0, total
        self._task.report(what, 0, total)

    def advance(self, n: int) -> None:
        self._done += n
        self._task.report(self._step, self._done, self._total)

    def done(self) -> None:
        self._task.check()


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[Shop]:
    from shopkeeper.warehouse.shop import open_shop

    shop = open_shop(folder)
    try:
        yield shop
    finally:
        shop.close()


def _of_mapping(shop: Shop, name: str, files: list[Path]) -> list[Path]:
    """The files in the inbox that a declared mapping takes. Raises NotFound for another name."""
    from shopkeeper.errors import NotFound
    from shopkeeper.ingest.load import SOURCES
    from shopkeeper.ingest.mapping import read_sources

    mappings = {mapping.name: mapping for mapping in read_sources(shop.settings, shop.folder)}
    if name not in mappings:
        raise NotFound("source", name, [*mappings, *SOURCES], where="shopkeeper.toml")
    return [file for file in files if mappings[name].takes(file, shop.inbox.resolve())]


def _reported(report: LoadReport, files: int | None = None) -> Done:
    told: dict[str, object] = {
        "load": report.load_id or None, "loaded": report.loaded, "unchanged": report.unchanged,
        "quarantined": report.quarantined, "snapshot": report.snapshot,
    }  # fmt: skip
    # rows set aside change data coverage and accuracy, so what follows a change follows them too
    gone = sum(note.rows or 0 for note in report.notes if note.topic == "pull.withdrawn")
    changed = not report.already_loaded and report.loaded + report.quarantined + gone > 0
    return Done(told if files is None else {"files": files, **told}, changed=changed)
