"""What is settled today and happens on another day: needs that come back, parcels under way, rows not yet true."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from shopkeeper.twin.draws import Array

Frame = dict[str, Array]
_BUCKET = 16  # days: far days are kept together and told apart when they come near


class Later:
    """A queue by day of frames with the same columns.

    >>> later = Later()
    >>> later.put(np.array([3, 40, 3]), {"person": np.array([7, 8, 9])})
    >>> later.take(3)["person"]
    array([7, 9])
    """

    def __init__(self) -> None:
        self._near: dict[int, list[Frame]] = defaultdict(list)
        self._far: dict[int, list[tuple[Array, Frame]]] = defaultdict(list)
        self._bucket = 0

    def put(self, days: Array, frame: Frame) -> None:
        """Keep each row for its day, which must not have been taken."""
        if len(days) == 0:
            return
        buckets = days // _BUCKET
        for bucket, rows in _groups(np.maximum(buckets, self._bucket)):
            part = chosen(frame, rows)
            if bucket == self._bucket:
                self._put_near(days[rows], part)
            else:
                self._far[bucket].append((days[rows], part))

    def _put_near(self, days: Array, frame: Frame) -> None:
        for day, rows in _groups(days):
            self._near[day].append(chosen(frame, rows))

    def take(self, day: int) -> Frame:
        """All rows of a day, in the order in which they were put; an empty dict when there are none."""
        if day // _BUCKET > self._bucket:
            self._bucket = day // _BUCKET
            for bucket in sorted(b for b in self._far if b <= self._bucket):
                kept = self._far.pop(bucket)
                self._put_near(np.concatenate([days for days, _ in kept]), joined([frame for _, frame in kept]))
        return joined(self._near.pop(day, []))

    def rest(self) -> list[Frame]:
        """Everything that is still kept, for looking at."""
        return [f for frames in self._near.values() for f in frames] + [f for fs in self._far.values() for _, f in fs]


def _groups(keys: Array) -> list[tuple[int, Array]]:
    """(key, positions) for each distinct key, positions in their order."""
    if keys[0] == keys[-1] and bool((keys == keys[0]).all()):
        return [(int(keys[0]), np.arange(len(keys)))]
    # Days fit 16 bits, whose stable sort is a radix sort, several times faster.
    small = keys.astype(np.int16) if keys.min() >= 0 and keys.max() < 2**15 else keys
    order = np.argsort(small, kind="stable")
    ranked = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    ends = np.append(starts[1:], len(keys))
    return [(int(ranked[a]), order[a:b]) for a, b in zip(starts, ends, strict=True)]


def joined(frames: list[Frame]) -> Frame:
    """Frames with the same columns, one below the other."""
    if not frames:
        return {}
    if len(frames) == 1:
        return frames[0]
    return {name: np.concatenate([f[name] for f in frames]) for name in frames[0]}


def chosen(frame: Frame, rows: Array) -> Frame:
    """Some rows of a frame, by mask or position."""
    if rows.dtype == np.bool_:
        rows = np.flatnonzero(rows)
    return {name: column.take(rows, axis=0) for name, column in frame.items()}


def among(people: Array, some: Array, size: int) -> Array:
    """Which of `people` are among `some`; both are numbers below `size`. Faster than np.isin, which sorts or hashes.

    >>> among(np.array([3, 1, 2]), np.array([2, 3]), size=5)
    array([ True, False,  True])
    """
    marked = np.zeros(size, dtype=bool)
    marked[some] = True
    found: Array = marked[people]
    return found


def length(frame: Frame) -> int:
    """Number of rows; 0 for an empty dict."""
    return len(next(iter(frame.values()))) if frame else 0
