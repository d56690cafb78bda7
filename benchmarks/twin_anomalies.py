"""How many of the twin's incidents are found, how soon, and how often does nothing stand behind what is told?

Worlds run with and without their incidents from the same seed; draws do not shift, so the difference is the effect. The
matching rule and the measure of effects are written down in docs/anomalies.md. WORLDS names a folder in which simulated
days are kept from run to run; SEEDS takes fewer seeds.
"""

from __future__ import annotations

import datetime as dt
import functools
import os
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Figure, report, scratch, timed
from benchmarks.twin_days import WorldDays, kept_world_days
from benchmarks.twin_panel import panel_of
from shopkeeper.core.festivals import festival_on
from shopkeeper.insight.anomalies.incidents import Incident, find_incidents
from shopkeeper.insight.anomalies.judge import LEARNING_DAYS, judge
from shopkeeper.insight.anomalies.signals import Panel, Signal
from shopkeeper.kpi.result import Dims
from shopkeeper.twin import codes
from shopkeeper.twin.incidents import Incident as Truth

Floats = NDArray[np.float64]
SCALE, DAYS, FIRST_SEED, SEEDS = 0.3, 400, 107, 20
CLEAR = 4.0
_SALES = frozenset({"orders", "buyers", "units", "paid_amount", "gross_profit"})
FIGURES: dict[str, frozenset[str]] = {
    "tracking_break": frozenset({"visitors", "T1", "T3", "C1", "C2"}),
    "conversion_drop": frozenset({"C1", "T3"}) | _SALES,
    "price_typo": frozenset({"discount_rate", "gross_margin", "C4.orders"}),
    "return_wave": frozenset({"refunds"}),
    "refund_fraud": frozenset({"refunds"}),
    "late_carrier": frozenset({"delivery_days"}),
    "cac_jump": frozenset({"ad_click_cost", "T1", "roas"}),
    "stock_out": _SALES,
    "payment_failure": frozenset({"C1", "C3", "T3"}) | _SALES,
}
"""The figures in which a kind of incident shows."""
TAIL_DAYS = {"return_wave": 21, "refund_fraud": 14, "late_carrier": 9}
"""Days after an incident's last on which its effect may still be told; 2 for the others."""


@dataclass(frozen=True)
class Matched:
    """A true incident: the size of its effect in deviations, whether it was found and after how many days."""

    kind: str
    effect: float
    days: int | None


@dataclass(frozen=True)
class Outcome:
    """What became of one world."""

    seed: int
    matched: tuple[Matched, ...]
    false: tuple[tuple[str, str], ...]
    told: int
    weeks: float
    harmless: int
    seconds: float


def outcome(folder: Path, seed: int, *, categories: bool = True) -> Outcome:
    """Judge one world as its days come in, and hold it against the truth."""
    world = kept_world_days(folder, seed, SCALE, DAYS, with_incidents=True)
    quiet = kept_world_days(folder, seed, SCALE, DAYS, with_incidents=False)
    panel = panel_of(world, categories=categories)
    found, _, seconds = timed(lambda: find_incidents(judge(panel)))
    calm = panel_of(quiet, categories=categories)
    real = [truth for truth in world.incidents if not truth.harmless]
    matched = tuple(_matched(truth, found, panel, calm) for truth in real)
    idle = [i for i in found if not any(_hits(i, truth, panel) for truth in real)]
    silly = [
        t for t in world.incidents
        if t.harmless and any(_in_place(e.dims, e.found, t, panel) for i in idle for e in i.evidence)
    ]  # fmt: skip
    told = tuple((i.cause, f"{i.start} {i.places[0]}") for i in idle)
    return Outcome(seed, matched, told, len(found), (DAYS - LEARNING_DAYS) / 7.0, len(silly), seconds)


def _matched(truth: Truth, found: list[Incident], panel: Panel, calm: Panel) -> Matched:
    first = min((day for i in found for day in _hits(i, truth, panel)), default=None)
    days = None if first is None else max((first - panel.days[truth.days()[0]]).days, 0)
    return Matched(truth.kind, effect_of(truth, panel, calm), days)


def _span(truth: Truth, n_days: int) -> range:
    last = min(truth.days()[-1] + TAIL_DAYS.get(truth.kind, 2), n_days - 1)
    return range(min(truth.days()[0], n_days - 1), last + 1)


def _hits(incident: Incident, truth: Truth, panel: Panel) -> list[dt.date]:
    """The days on which an incident saw a true one: one of its figures, at its place, within its days."""
    figures = FIGURES.get(truth.kind, frozenset())
    return [e.found for e in incident.evidence if e.kpi in figures and _in_place(e.dims, e.found, truth, panel)]


def _in_place(dims: Dims, day: dt.date, truth: Truth, panel: Panel) -> bool:
    span = _span(truth, len(panel.days))
    place = dict(dims).get("platform")
    here = truth.shop < 0 or place is None or place == codes.PLATFORMS[truth.shop]
    return here and panel.days[span[0]] <= day <= panel.days[span[-1]]


def effect_of(truth: Truth, panel: Panel, calm: Panel) -> float:
    """How large an incident was on one day of one figure (of refunds: on its whole span), in deviations of a plain forecast.

    With and without the incident, log rate against log rate, in the bad direction; a deviation is 1.4826 × the median
    distance, in the world without incidents, from the median of the same weekday of four weeks: of ordinary days for an
    ordinary day, of festivals' days and the week after them for one of those.
    """
    other, best = calm.index, 0.0
    for signal in panel.signals:
        if signal.kpi not in FIGURES[truth.kind] or not signal.bad or not _at(signal, truth):
            continue
        beside = other.get((signal.kpi, signal.dims))
        if beside is None:
            continue
        late = truth.kind in ("return_wave", "refund_fraud")
        days = list(_span(truth, len(panel.days))) if late else list(truth.days())
        days = [day for day in days if day < len(panel.days)]
        near = _festive(panel.days)
        festive = near[days]
        moved = (_log_rate(signal) - _log_rate(beside))[days] * signal.bad
        if "refunds" in signal.topics:  # lumpy: the whole span against the noise of its mean
            moved = np.array([np.nanmean(moved) * np.sqrt(len(days))] * len(days))
        sizes = np.nan_to_num(moved) / np.where(festive, _noise(beside, near), _noise(beside, ~near))
        best = max(best, float(sizes.max(initial=0.0)))
    return best


def _at(signal: Signal, truth: Truth) -> bool:
    place = dict(signal.dims)
    if "category" in place and (truth.category < 0 or place["category"] != codes.CATEGORIES[truth.category]):
        return False
    if truth.shop < 0:
        return len(place) <= 1
    return place.get("platform") == codes.PLATFORMS[truth.shop]


def _log_rate(signal: Signal) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.log((signal.happened + 0.5) / signal.exposure))


@functools.cache
def _festive(days: tuple[dt.date, ...]) -> NDArray[np.bool_]:
    """Days of a festival and the week after it."""
    past = [any(festival_on(day - dt.timedelta(n)) is not None for n in range(8)) for day in days]
    return np.array(past, dtype=bool)


def _noise(signal: Signal, days: NDArray[np.bool_]) -> float:
    rate = _log_rate(signal)
    past = np.stack([np.concatenate([np.full(lag, np.nan), rate[:-lag]]) for lag in (7, 14, 21, 28)])
    off = (rate - np.median(past, axis=0))[days & (np.arange(len(rate)) >= 28)]
    off = off[np.isfinite(off)]
    return float(max(1.4826 * np.median(np.abs(off)), 1e-9)) if len(off) else float("inf")


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    count = int(os.environ.get("SEEDS", SEEDS))
    with scratch() as made:
        folder = Path(os.environ.get("WORLDS", made))
        with ProcessPoolExecutor(2) as pool:
            found = list(pool.map(outcome, [folder] * count, range(FIRST_SEED, FIRST_SEED + count)))
    every = [m for one in found for m in one.matched]
    clear = [m for m in every if m.effect >= CLEAR]
    weeks = sum(one.weeks for one in found)
    figures = [
        Figure(f"recall at {CLEAR:g} deviations and more", _share(clear), "share", 0.95, "higher", f"{len(clear)} incidents"),
        Figure(
            "false incidents a shop-week", sum(len(o.false) for o in found) / weeks, "incidents", 0.2,
            against=f"{count} shops, {weeks:.0f} weeks",
        ),
        Figure("harmless festivals and stunts that alarmed", float(sum(o.harmless for o in found)), "incidents"),
        Figure("incidents told a shop-week", sum(o.told for o in found) / weeks, "incidents"),
        Figure("judging a shop of 400 days", statistics.median(o.seconds for o in found), "processor s"),
    ]  # fmt: skip
    for low, high in ((0.0, 2.0), (2.0, 4.0), (4.0, 6.0), (6.0, 10.0), (10.0, float("inf"))):
        these = [m for m in every if low <= m.effect < high]
        days = [m.days for m in these if m.days is not None]
        name = f"effect {low:g}–{high:g}"
        figures.append(
            Figure(f"{name}: recall", _share(these), "share", better="higher", against=f"{len(these)} incidents")
        )
        if days:
            figures.append(Figure(f"{name}: median time to detection", statistics.median(days), "days"))
    for kind in FIGURES:
        these = [m for m in clear if m.kind == kind]
        if these:
            figures.append(Figure(f"{kind}: recall at {CLEAR:g} and more", _share(these), "share", better="higher",
                                  against=f"{len(these)} incidents"))  # fmt: skip
    return report("twin_anomalies", figures, [f"twin at scale {SCALE}, {DAYS} days, seeds {FIRST_SEED} and on"])


def _share(these: list[Matched]) -> float:
    return sum(m.days is not None for m in these) / len(these) if these else float("nan")


__all__ = ["FIGURES", "Matched", "Outcome", "WorldDays", "effect_of", "main", "outcome"]

if __name__ == "__main__":
    raise SystemExit(main())
