"""Which channels the conversions are credited to: paths as a Markov chain, and shares by Shapley."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

FEWEST_CONVERSIONS = 50
MOST_PLAYERS = 16


@dataclass(frozen=True)
class Paths:
    """Paths of visitors, equal ones counted once.

    Args:
        channel: channels touched, path after path in order of time, shape (n_touches,), 0 … n_channels − 1.
        first: where each path begins in `channel`, shape (n_paths + 1,); every path has a touch.
        converted: how many visitors of each path converted at its end, shape (n_paths,).
        left: how many did not, shape (n_paths,).
    """

    channel: Indices
    first: Indices
    converted: Floats
    left: Floats
    n_channels: int

    def owner(self) -> Indices:
        """The path of each touch, shape (n_touches,)."""
        return np.repeat(np.arange(len(self.converted)), np.diff(self.first))


@dataclass(frozen=True)
class Credit:
    """Share of all conversions credited to each channel, with an interval; each of shape (n_channels,)."""

    share: Floats
    low: Floats
    high: Floats


def collected(channel: Indices, first: Indices, converted: NDArray[np.bool_], n_channels: int) -> Paths:
    """Paths of single visitors → the same with equal ones counted together, neighbours of one channel kept.

    >>> paths = collected(np.array([0, 1, 0, 1]), np.array([0, 2, 4]), np.array([True, False]), 2)
    >>> paths.channel.tolist(), paths.converted.tolist(), paths.left.tolist()
    ([0, 1], [1.0], [1.0])
    """
    lengths = np.diff(first)
    parts: list[tuple[Indices, Indices, Floats, Floats]] = []
    for length in np.unique(lengths):
        mine = np.flatnonzero(lengths == length)
        table = channel[first[mine][:, None] + np.arange(length)]
        unique, which = np.unique(table, axis=0, return_inverse=True)
        yes = np.bincount(which.ravel(), weights=converted[mine], minlength=len(unique)).astype(np.float64)
        every = np.bincount(which.ravel(), minlength=len(unique)).astype(np.float64)
        parts.append((unique.ravel(), np.full(len(unique), length, dtype=np.int64), yes, every - yes))
    flat, sizes = (np.concatenate([part[i] for part in parts]).astype(np.int64) for i in (0, 1))
    yes, no = (np.concatenate([part[i] for part in parts]).astype(np.float64) for i in (2, 3))
    return Paths(flat, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), yes, no, n_channels)


def removal_effects(paths: Paths) -> Floats:
    """What share of conversions would be lost without each channel, if its visitors then went nowhere?

    Model: a first-order Markov chain over channels with a start and two ends. Removing a channel sends whoever comes to it
    to the end without conversion. It breaks where the next step depends on more than the present channel.

    Returns:
        Removal effect of each channel, 0 to 1, shape (n_channels,). They do not add up to 1.
    Source: Anderl, Becker, von Wangenheim & Schumann 2016, International Journal of Research in Marketing 33(3), 3.2–3.3.

    >>> both = Paths(np.array([0, 1, 0]), np.array([0, 2, 3]), np.array([1.0, 0.0]), np.array([0.0, 1.0]), 2)
    >>> removal_effects(both).tolist()
    [1.0, 1.0]
    """
    ones = np.ones((1, len(paths.converted)))
    effect: Floats = _removal(*_transitions(paths, ones * paths.converted, ones * paths.left))[0]
    return effect


def markov_credit(paths: Paths, rounds: int = 400, seed: int = 1, level: float = 0.95) -> Credit:
    """How are conversions shared among channels by their removal effects?

    Intervals: visitors are drawn anew (each path's count from a Poisson distribution), so they hold chance in who came, not
    whether the model is right.

    Raises:
        NotEstimable: fewer than 50 conversions, no path without one, or a single channel.
    Source: Anderl et al. 2016, eq. (5); Poisson bootstrap as in Chamandy, Muralidharan, Najmi & Naidu 2012.
    """
    _require(paths)
    effect = removal_effects(paths)
    draws = np.random.default_rng(seed)
    yes, no = (
        draws.poisson(paths.converted, (rounds, len(paths.converted))),
        draws.poisson(paths.left, (rounds, len(paths.left))),
    )
    again = _removal(*_transitions(paths, yes.astype(np.float64), no.astype(np.float64)))
    return _credit(effect, again, level)


def shapley_of_paths(paths: Paths) -> Floats:
    """How many conversions does each channel get when every path's conversion is parted evenly among its channels?

    That is the Shapley value of the game in which a set of channels is worth the conversions of visitors who touched no
    other: adding up over paths, each a game of mutual need, which the axioms share evenly.

    Returns:
        Conversions of each channel, shape (n_channels,); they add up to all conversions.
    Source: Shapley 1953; Zhao, Mahboobi & Bagheri 2018, "Shapley value methods for attribution modeling", eq. (6);
        the game after Dalessandro, Perlich, Stitelman & Provost 2012, with worth = conversions.
    """
    found: Floats = _members(paths).T @ paths.converted
    return found


def shapley_credit(paths: Paths, rounds: int = 400, seed: int = 1, level: float = 0.95) -> Credit:
    """The same as shares of all conversions, with intervals by drawing visitors anew. Raises as `markov_credit`."""
    _require(paths)
    members = _members(paths)
    draws = np.random.default_rng(seed).poisson(paths.converted, (rounds, len(paths.converted))).astype(np.float64)
    return _credit(members.T @ paths.converted, draws @ members, level)


def shapley(worth: Floats) -> Floats:
    """The Shapley value of any game: each player's mean contribution over all orders of arrival.

    Args:
        worth: of every set of players, shape (2 ** n,); set s holds player i where bit i of s is 1; worth[0] is 0.

    Returns:
        Value of each player, shape (n,); they add up to worth[-1].

    Raises:
        ValueError: the length is no power of two, or more than 16 players.
    Source: Shapley 1953, "A value for n-person games", eq. (13).

    >>> shapley(np.array([0.0, 0.0, 0.0, 1.0])).tolist()
    [0.5, 0.5]
    """
    n = len(worth).bit_length() - 1
    if len(worth) != 1 << n or not 1 <= n <= MOST_PLAYERS:
        raise ValueError(f"{len(worth)} sets; needs 2 to the power of 1 … {MOST_PLAYERS}")
    sets = np.arange(1 << n)
    size = np.bitwise_count(sets.astype(np.uint64)).astype(np.int64)
    factorial = np.cumprod(np.concatenate([[1.0], np.arange(1, n + 1)]))
    weight = factorial[size] * factorial[np.maximum(n - size - 1, 0)] / factorial[n]
    value = np.empty(n)
    for player in range(n):
        without = sets[(sets >> player) & 1 == 0]
        value[player] = (weight[without] * (worth[without | (1 << player)] - worth[without])).sum()
    return value


def conversion_game(paths: Paths) -> Floats:
    """Worth of every set of channels: conversions of those who touched no other, shape (2 ** n_channels,).

    For `shapley`, as a check of `shapley_of_paths` and for at most 16 channels.
    """
    if paths.n_channels > MOST_PLAYERS:
        raise ValueError(f"{paths.n_channels} channels; at most {MOST_PLAYERS}")
    bits = (_members(paths) > 0) @ (1 << np.arange(paths.n_channels))
    worth = np.bincount(bits, weights=paths.converted, minlength=1 << paths.n_channels).astype(np.float64)
    for player in range(paths.n_channels):  # sums over subsets, one player after another
        folded = worth.reshape(-1, 2, 1 << player)
        folded[:, 1] += folded[:, 0]
    return worth


def last_touch(paths: Paths) -> Floats:
    """Conversions of each channel when the last touch gets all, shape (n_channels,)."""
    return np.bincount(paths.channel[paths.first[1:] - 1], paths.converted, paths.n_channels).astype(np.float64)


def first_touch(paths: Paths) -> Floats:
    """Conversions of each channel when the first touch gets all, shape (n_channels,)."""
    return np.bincount(paths.channel[paths.first[:-1]], paths.converted, paths.n_channels).astype(np.float64)


def channels_differ(paths: Paths) -> float:
    """Does the last channel tell who converts? The p-value of a G-test of independence; 1 where nothing can differ.

    Channels with fewer than five expected conversions are left out: the test is not made for them, and one of a few
    visitors would speak for all.
    Source: Woolf 1957; Sokal & Rohlf, Biometry, 17.4; Cochran 1954 (the rule of five).
    """
    from scipy.stats import chi2

    ends = paths.channel[paths.first[1:] - 1]
    table = np.stack([np.bincount(ends, w, paths.n_channels) for w in (paths.converted, paths.left)])
    rate = table.sum(axis=1) / max(float(table.sum()), 1.0)
    table = table[:, (table.sum(axis=0) * rate.min()) >= 5.0]
    if table.shape[1] < 2 or (table.sum(axis=1) == 0).any():
        return 1.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    g = 2.0 * np.where(table > 0, table * np.log(np.where(table > 0, table, 1.0) / expected), 0.0).sum()
    return float(chi2.sf(g, table.shape[1] - 1))


def _require(paths: Paths) -> None:
    conversions = float(paths.converted.sum())
    if conversions < FEWEST_CONVERSIONS:
        raise NotEstimable(
            "too few conversions", [f"{FEWEST_CONVERSIONS} paths that end in a conversion; found {conversions:.0f}"]
        )
    if not paths.left.sum():
        raise NotEstimable("every path converted", ["paths of visitors who did not buy"])
    if len(np.unique(paths.channel)) < 2:
        raise NotEstimable("a single channel leaves nothing to share", ["touches of at least two channels"])


def _members(paths: Paths) -> Floats:
    """Even shares of each path's own channels, shape (n_paths, n_channels); rows add up to 1."""
    seen = np.zeros((len(paths.converted), paths.n_channels))
    seen[paths.owner(), paths.channel] = 1.0
    even: Floats = seen / seen.sum(axis=1, keepdims=True)
    return even


def _transitions(paths: Paths, yes: Floats, no: Floats) -> tuple[Floats, Floats, Floats]:
    """Counts by round: start → channel (r, c), channel → channel (r, c, c), channel → conversion or end (r, c, 2)."""
    c, every = paths.n_channels, yes + no
    rounds = len(yes)
    begin, end = paths.channel[paths.first[:-1]], paths.channel[paths.first[1:] - 1]
    inner = np.ones(len(paths.channel), dtype=bool)
    inner[paths.first[1:] - 1] = False
    at = np.flatnonzero(inner)
    pair = paths.channel[at] * c + paths.channel[at + 1]
    weight = np.zeros((len(paths.converted), c * c))
    np.add.at(weight, (paths.owner()[at], pair), 1.0)
    start = every @ np.eye(c)[begin]
    ends = np.stack([yes @ np.eye(c)[end], no @ np.eye(c)[end]], axis=2)
    return start, (every @ weight).reshape(rounds, c, c), ends


def _removal(start: Floats, between: Floats, ends: Floats) -> Floats:
    """Removal effects by round from counts, shape (rounds, channels)."""
    c = start.shape[1]
    leaving = between.sum(axis=2) + ends.sum(axis=2)
    leaving = np.where(leaving > 0, leaving, 1.0)
    go, convert = between / leaving[:, :, None], ends[:, :, 0] / leaving
    begin = start / start.sum(axis=1, keepdims=True)
    whole = _reaching(begin, go, convert)
    left = np.empty_like(start)
    for channel in range(c):
        keep = np.arange(c) != channel
        left[:, channel] = _reaching(begin[:, keep], go[:, keep][:, :, keep], convert[:, keep])
    effect: Floats = 1.0 - left / np.where(whole > 0, whole, 1.0)[:, None]
    return effect


def _reaching(begin: Floats, go: Floats, convert: Floats) -> Floats:
    """Probability of ever converting from the start, shape (rounds,)."""
    if not begin.shape[1]:
        return np.zeros(len(begin))
    solved = np.linalg.solve(np.eye(begin.shape[1]) - go, convert[:, :, None])[:, :, 0]
    found: Floats = (begin * solved).sum(axis=1)
    return found


def _credit(value: Floats, again: Floats, level: float) -> Credit:
    shares = again / again.sum(axis=1, keepdims=True)
    low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Credit(value / value.sum(), low, high)
