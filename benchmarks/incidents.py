"""The 45 real incidents of ../shared/data/root_cause: one ratio, up to five dimensions, and the cause that people found.

Scoring rule: a named cause is right when its set of (dimension, value) pairs equals one of the incident's, no pair more and
no pair less.
Precision, recall and F1 are over all named and all true causes of all incidents. An incident's truth is "among the first
three" when every one of its causes is among the first three combinations ranked.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from shopkeeper.methods.root_cause import Cause, Found, Search, expected_counts, search

Floats = NDArray[np.float64]
Named = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Incident:
    """One incident: leaves of its minute, and of the minutes before, newest last."""

    file: str
    dimensions: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    codes: NDArray[np.int64]
    value: Floats
    size: Floats
    before_value: Floats
    before_size: Floats
    truth: frozenset[Named]

    def name(self, cause: Cause) -> Named:
        """A combination by the names of the data."""
        pairs = zip(cause.dimensions, cause.values, strict=True)
        return frozenset((self.dimensions[d], self.values[d][v]) for d, v in pairs)


@dataclass(frozen=True)
class Choice:
    """What is chosen on other incidents: the search, how many minutes before show the rate, and how far it is shrunk."""

    search: Search = Search()
    minutes: int = 5
    prior: float = 50.0


@dataclass(frozen=True)
class Outcome:
    """One incident's score: causes right, named wrongly, missed; whether all true ones are among the first three."""

    right: int
    wrong: int
    missed: int
    among_three: bool


def incidents(folder: Path) -> list[Incident]:
    """All incidents."""
    told = json.loads((folder / "causes.json").read_text(encoding="utf-8"))
    return [_incident(folder, one) for one in told]


def _incident(folder: Path, told: dict[str, object]) -> Incident:
    with gzip.open(folder / str(told["file"]), "rt", encoding="utf-8") as lines:
        reader = csv.reader(lines)
        head, rows = next(reader), list(reader)
    columns = dict(zip(head, zip(*rows, strict=True), strict=True))
    minute = np.array(columns.pop("min"), dtype=np.int64)
    value, size = (np.array(columns.pop(name), dtype=np.float64) for name in ("value", "cnt"))
    names, inverse = zip(*(np.unique(np.array(c), return_inverse=True) for c in columns.values()), strict=True)
    shape = tuple(len(n) for n in names)
    flat = np.ravel_multi_index(tuple(inverse), shape)
    total = int(np.prod(shape))

    def by_leaf(which: NDArray[np.bool_], what: Floats) -> Floats:
        return np.bincount(flat[which], what[which], total).astype(np.float64)

    now = minute == int(str(told["timestamp"]))
    earlier = sorted(set(minute[minute < int(str(told["timestamp"]))].tolist()))
    here = np.flatnonzero(by_leaf(now, size) > 0)
    found = told["cause"] if isinstance(told["cause"], list) else [told["cause"]]
    truth = frozenset(frozenset((d, str(v)) for d, v in cast(dict[str, object], one).items()) for one in found)
    return Incident(
        str(told["file"]), tuple(columns), tuple(tuple(map(str, n)) for n in names),
        np.stack(np.unravel_index(here, shape), axis=1), by_leaf(now, value)[here], by_leaf(now, size)[here],
        np.stack([by_leaf(minute == m, value)[here] for m in earlier]),
        np.stack([by_leaf(minute == m, size)[here] for m in earlier]), truth,
    )  # fmt: skip


def found(incident: Incident, choice: Choice) -> Found:
    """What the search names; leaves that were not there in the minute itself hold nothing and are left out."""
    return search(
        incident.codes,
        incident.value,
        expected_of(incident, choice),
        incident.size,
        direction=1,
        settings=choice.search,
    )


def expected_of(incident: Incident, choice: Choice) -> Floats:
    """What each leaf would have counted at the rate of the minutes before."""
    before = [side[-choice.minutes :].sum(axis=0) for side in (incident.before_value, incident.before_size)]
    return expected_counts(before[0], before[1], incident.size, choice.prior)


def outcome(incident: Incident, choice: Choice) -> Outcome:
    """How well the search does on one incident."""
    answer = found(incident, choice)
    named = {incident.name(c) for c in answer.causes}
    first = {incident.name(c) for c in answer.ranked[:3]}
    right = len(named & incident.truth)
    return Outcome(right, len(named) - right, len(incident.truth) - right, incident.truth <= first)


def f1(outcomes: Sequence[Outcome]) -> float:
    """2·right ÷ (2·right + wrong + missed)."""
    right, others = sum(o.right for o in outcomes), sum(o.wrong + o.missed for o in outcomes)
    return 2 * right / (2 * right + others) if right else 0.0
