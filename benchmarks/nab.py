"""The Numenta Anomaly Benchmark: its series, its windows and its score, by rules that its paper and code describe.

A detection counts where it first falls into a labelled window, the earlier the more: with the place in the window y running
from −1 at its left edge to 0 at its right one, it is worth s(y) = 2 ÷ (1 + e^5y) − 1, divided by s(−1). Every detection
outside the windows costs 0.11 · s(y), y being its distance from the last window in that window's widths: next to nothing
just behind it, 0.11 far away or before the first. A window without a detection costs 1. The first 15 % of a series, at most
750 points, are for learning: nothing counts there. One threshold, the best, holds for all series.
The score is 100 · (raw − of nothing) ÷ (of everything − of nothing).

Source: A. Lavin, S. Ahmad, "Evaluating real-time anomaly detection algorithms: the Numenta anomaly benchmark" (2015).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FALSE_POSITIVE_WEIGHT = 0.11  # the standard profile; a hit and a miss weigh 1


@dataclass(frozen=True)
class Labelled:
    """A series with its windows: first and last index of each, both included."""

    name: str
    values: Floats
    windows: tuple[tuple[int, int], ...]

    @property
    def probation(self) -> int:
        """How many points at the start count for nothing."""
        return int(min(np.floor(0.15 * len(self.values)), 750))


@dataclass(frozen=True)
class NabScore:
    """The score at the best threshold: 0 = says nothing, 100 = everything at once and nothing else."""

    score: float
    threshold: float
    found: int
    windows: int
    false_alarms: int


def read_series(folder: Path) -> list[Labelled]:
    """The 58 series below a folder with `data/` and `labels/`, in the order of their names."""
    windows = json.loads((folder / "labels" / "combined_windows.json").read_text(encoding="utf-8"))
    found = []
    for name, spans in sorted(windows.items()):
        lines = (folder / "data" / name).read_text(encoding="utf-8").splitlines()[1:]
        rows = [line.split(",") for line in lines if line]
        times = np.array([row[0] for row in rows], dtype="datetime64[us]")
        values = np.array([row[1] for row in rows], dtype=np.float64)
        places = tuple(_place(times, start, end) for start, end in spans)
        found.append(Labelled(name, values, places))
    return found


def _place(times: NDArray[np.datetime64], start: str, end: str) -> tuple[int, int]:
    inside = np.flatnonzero((times >= np.datetime64(start)) & (times <= np.datetime64(end)))
    return int(inside[0]), int(inside[-1])


def _worth(y: Floats) -> Floats:
    return np.where(y > 3.0, -1.0, 2.0 / (1.0 + np.exp(5.0 * np.minimum(y, 3.0))) - 1.0)


def point_worth(series: Labelled) -> tuple[Floats, NDArray[np.int64]]:
    """What a detection at each point is worth, and its window's number (−1 outside); 0 and −2 while learning."""
    at = np.arange(len(series.values))
    worth = np.full(len(at), -FALSE_POSITIVE_WEIGHT)
    inside: NDArray[np.int64] = np.full(len(at), -1, dtype=np.int64)
    for left, right in series.windows:
        width = right - left + 1
        after = at > right
        if width > 1:
            worth[after] = FALSE_POSITIVE_WEIGHT * _worth((at[after] - right) / (width - 1))
    for number, (left, right) in enumerate(series.windows):
        width = right - left + 1
        span = slice(left, right + 1)
        worth[span] = _worth(-(right - at[span] + 1) / width) / _worth(np.array([-1.0]))
        inside[span] = number
    worth[: series.probation] = 0.0
    inside[: series.probation] = -2
    return worth, inside


def nab_score(series: Sequence[Labelled], scores: Sequence[Floats], threshold: float | None = None) -> NabScore:
    """The benchmark's score of a detector's scores (0 to 1, one a point), at a threshold or at the best one.

    Every threshold is tried in one sweep: points of all series from the highest score down, each adding what it is worth;
    in a window the best so far stays.
    """
    worths, keys, flat, offset = [], [], [], 0
    for labelled, found in zip(series, scores, strict=True):
        worth, inside = point_worth(labelled)
        counted = inside > -2
        worths.append(worth[counted])
        keys.append(np.where(inside[counted] >= 0, inside[counted] + offset, -1))
        flat.append(found[counted])
        offset += len(labelled.windows)
    worth, key, score = np.concatenate(worths), np.concatenate(keys), np.concatenate(flat)
    order = np.argsort(-score, kind="stable")
    worth, key, score = worth[order], key[order], score[order]
    gain = np.where(key < 0, worth, 0.0)
    fresh = np.zeros(len(key), dtype=bool)
    for window in range(offset):  # as many as there are windows, not rows
        places = np.flatnonzero(key == window)
        best = np.maximum.accumulate(worth[places])
        before = np.concatenate([[-1.0], best[:-1]])  # a miss costs 1 until the first point of the window is in
        gain[places] = best - before if len(places) else 0.0
        fresh[places[:1]] = True
    totals = np.concatenate([[0.0], np.cumsum(gain)]) - offset
    last = np.concatenate([[True], np.append(score[1:] != score[:-1], True)])
    if threshold is None:
        candidates = np.flatnonzero(last)
        at = int(candidates[np.argmax(totals[candidates])])
    else:
        at = int(np.searchsorted(-score, -threshold, side="right"))
    limit = float(score[at - 1]) if at else float("inf")
    return NabScore(
        100.0 * (totals[at] + offset) / (2.0 * offset), limit, int(fresh[:at].sum()), offset, int((key[:at] < 0).sum())
    )


def windowed_gaussian(values: Floats, window: int = 6400, step: int = 100) -> Floats:
    """The benchmark's own simple detector, to check the score by: 1 − the tail probability under a trailing normal."""
    from scipy.special import erfc

    n = len(values)
    used = np.where(np.arange(n) <= window, np.arange(n), window + (np.arange(n) - window) // step * step)
    first = np.maximum(used - window, 0)
    sums = np.concatenate([[0.0], np.cumsum(values - values[0])])
    squares = np.concatenate([[0.0], np.cumsum((values - values[0]) ** 2)])
    count = np.maximum(used - first, 1)
    mean = (sums[used] - sums[first]) / count
    spread = np.sqrt(np.maximum((squares[used] - squares[first]) / count - mean**2, 0.0))
    spread[spread < 1e-12 * (1.0 + np.abs(mean))] = 1e-6
    tail: Floats = 0.5 * erfc(np.abs(values - values[0] - mean) / spread / np.sqrt(2.0))
    scores: Floats = np.round(1.0 - tail, 12)  # as the published figure was: its files hold twelve digits
    scores[0] = 0.0
    return scores
