"""What advertising brings: effects that carry over and saturate, with what the data leave open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]

FEWEST_PERIODS = 52
MOST_ALIKE = 0.95
LEAST_OWN = 0.02
DECAYS = np.linspace(0.0, 0.95, 20)
HALVES = np.geomspace(0.1, 6.0, 14)


@dataclass(frozen=True)
class MediaMix:
    """Draws from the posterior; `draws` = (kept draws), c = channels.

    `decay`: of the carry-over a period, shape (draws, c). `half`: spend, in means of its channel, at which half of the
    greatest effect is reached, shape (draws, c). `top`: the greatest effect a period, in units of sales, shape (draws, c).
    `noise`: standard deviation, shape (draws,). `mean_spend`: shape (c,). `r_hat`: largest of the chains' disagreement.
    `explained`: share of the variance left by the controls that advertising explains, shape (draws,).
    `own_variation`: share of each channel's variance that neither controls nor other channels have, shape (c,).
    """

    decay: Floats
    half: Floats
    top: Floats
    noise: Floats
    mean_spend: Floats
    r_hat: float
    explained: Floats
    own_variation: Floats

    def response(self, spend: Floats) -> Floats:
        """Sales a period that a steady spend brings, shape (draws, c, points) for spend of shape (c, points)."""
        level = spend[None] / self.mean_spend[None, :, None]
        found: Floats = self.top[:, :, None] * level / (level + self.half[:, :, None])
        return found

    def marginal(self, spend: Floats) -> Floats:
        """Sales that one more unit of steady spend brings, shape (draws, c) for spend of shape (c,)."""
        level = spend / self.mean_spend
        found: Floats = self.top * self.half / (level + self.half) ** 2 / self.mean_spend
        return found


def adstock(spend: Floats, decay: float) -> Floats:
    """Spend with what earlier periods carry over, scaled so that a steady spend stays what it is.

    a[t] = (1 − decay) · x[t] + decay · a[t − 1], beginning at the first period's own level. Shape (t, c).
    Source: Broadbent 1979; Jin, Wang, Sun, Chan & Koehler 2017, eq. (1), with weights that go on for ever.

    >>> adstock(np.array([[4.0], [0.0], [0.0]]), 0.5).ravel().tolist()
    [4.0, 2.0, 1.0]
    """
    from scipy.signal import lfilter

    first = spend[:1] * decay
    found: Floats = lfilter([1.0 - decay], [1.0, -decay], spend, axis=0, zi=first)[0]
    return found


def media_mix(
    sales: Floats, spend: Floats, controls: Floats, *, draws: int = 2000, chains: int = 4, seed: int = 1
) -> MediaMix:  # fmt: skip
    """What does each channel's advertising bring, now and for the next unit of money?

    Model: sales = controls · g + Σ top · a ÷ (a + half) + noise, where a is the adstock of the channel's spend in its own
    means. Priors: top half-normal with the mean sales as its scale; decay and half even over a grid;
    g flat. Draws come by Gibbs sampling: a channel's (decay, half, top) together, given the others. It breaks where spend
    follows expected sales: then it takes the season's merit.

    Args:
        sales: of each period, shape (t,).
        spend: >= 0, shape (t, c).
        controls: shape (t, k), a constant among them.
        draws: kept, of all chains together.
        chains: begun at random places.
        seed: of the draws.

    Raises:
        NotEstimable: fewer than 52 periods; no spend; channels that all move together (rank correlations above 0.95); spend of
        which under 2 % varies apart from controls and other channels; chains that disagree.
    Source: Jin, Wang, Sun, Chan & Koehler 2017, "Bayesian methods for media mix modeling with carryover and shape effects",
        with its Hill exponent at 1, which that paper finds hard to identify.
    """
    own = _require(sales, spend, controls)
    mean_spend = spend.mean(axis=0)
    basis, _ = np.linalg.qr(controls)
    left = sales - basis @ (basis.T @ sales)
    columns = np.stack([_saturated(adstock(spend / mean_spend, d), h) for d in DECAYS for h in HALVES])  # (k, t, c)
    columns = columns - np.einsum("tp,kpc->ktc", basis, np.einsum("tp,ktc->kpc", basis, columns))
    flat = columns.transpose(2, 0, 1).reshape(-1, len(sales))
    gram, moment = flat @ flat.T, flat @ left
    free = len(sales) - controls.shape[1]
    rng = np.random.default_rng(seed)
    kept = [
        _chain(
            gram, moment, float(left @ left), free, spend.shape[1], float(np.abs(sales).mean()), draws // chains, rng
        )
        for _ in range(chains)
    ]
    shape, top, noise = (np.stack(part) for part in zip(*kept, strict=True))
    r_hat = float(max(_disagreement(top[:, :, c]) for c in range(spend.shape[1])))
    if not r_hat < 1.2:
        raise NotEstimable(
            "the chains disagree", [f"more periods with different spend; R-hat is {r_hat:.2f}, at most 1.2"]
        )
    shape, top, noise = shape.reshape(-1, spend.shape[1]), top.reshape(-1, spend.shape[1]), noise.ravel()
    at = shape + np.arange(spend.shape[1]) * len(columns)
    fitted = np.einsum("dc,dc->d", top, moment[at])
    square = np.einsum("dc,de,dce->d", top, top, gram[at[:, :, None], at[:, None, :]])
    return MediaMix(
        DECAYS[shape // len(HALVES)], HALVES[shape % len(HALVES)], top, noise, mean_spend, r_hat,
        (2 * fitted - square) / float(left @ left), own,
    )  # fmt: skip


def _require(sales: Floats, spend: Floats, controls: Floats) -> Floats:
    """Share of each channel's variance that nothing else has, a twentieth of odd weeks apart, shape (c,)."""
    from scipy.stats import rankdata

    if len(sales) < FEWEST_PERIODS:
        raise NotEstimable("too short a span", [f"{FEWEST_PERIODS} periods; found {len(sales)}"])
    if not (spend.mean(axis=0) > 0).all() or not (spend.std(axis=0) > 0).all():
        raise NotEstimable("a channel's spend never changes", ["weeks in which each channel spends more and less"])
    if spend.shape[1] > 1:
        # ranks: one week in which a channel's report is missing must not pass for variation
        alike = np.corrcoef(rankdata(spend, axis=0).T)[np.triu_indices(spend.shape[1], 1)]
        if alike.min() > MOST_ALIKE:
            raise NotEstimable(
                "all channels spend in step, so nothing tells one from another, nor any from the season",
                [f"weeks in which channels differ: the least alike two have a rank correlation of {alike.min():.3f}"],
            )
    own = np.empty(spend.shape[1])
    for c in range(spend.shape[1]):
        rest = np.column_stack([controls, np.delete(spend, c, axis=1)])
        left = spend[:, c] - rest @ np.linalg.lstsq(rest, spend[:, c], rcond=None)[0]
        usual = np.sort(np.abs(left))[: int(0.95 * len(left))]
        own[c] = float((usual**2).mean() / spend[:, c].var())
    if own.max() < LEAST_OWN:
        raise NotEstimable(
            "spend follows the calendar or other channels",
            [f"spend that varies by itself: the best channel has {own.max():.1%}, at least {LEAST_OWN:.0%} is needed"],
        )
    return own


def _saturated(level: Floats, half: float) -> Floats:
    found: Floats = level / (level + half)
    return found


def _chain(
    gram: Floats, moment: Floats, total: float, free: int, channels: int, scale: float, keep: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], Floats, Floats]:  # fmt: skip
    """One chain: after as many rounds of warming up, `keep` draws of (shape, top, noise)."""
    from scipy.special import log_ndtr, ndtri_exp

    grid = len(gram) // channels
    shape = rng.integers(grid, size=channels)
    top = np.abs(rng.normal(0.0, scale, channels))
    variance = total / free
    shapes, tops, noises = np.empty((keep, channels), dtype=np.int64), np.empty((keep, channels)), np.empty(keep)
    offset = np.arange(channels) * grid
    for round_ in range(2 * keep):
        for c in range(channels):
            mine = slice(c * grid, (c + 1) * grid)
            top[c] = 0.0
            pull = moment[mine] - gram[mine][:, offset + shape] @ top
            precision = gram[np.arange(mine.start, mine.stop), np.arange(mine.start, mine.stop)] / variance + scale**-2
            centre = pull / variance / precision
            # the integral over top >= 0 of likelihood times prior, for every shape of the grid
            score = 0.5 * centre**2 * precision - 0.5 * np.log(precision) + log_ndtr(centre * np.sqrt(precision))
            chance = np.exp(score - score.max())
            shape[c] = min(int(np.searchsorted(np.cumsum(chance), rng.random() * chance.sum())), grid - 1)
            mean, deviation = centre[shape[c]], precision[shape[c]] ** -0.5
            # a normal cut at 0 from below, by its upper tail
            tail = log_ndtr(mean / deviation) + np.log(rng.random())
            top[c] = max(mean - deviation * float(ndtri_exp(tail)), 0.0)
        at = offset + shape
        rest = total - 2 * top @ moment[at] + top @ gram[np.ix_(at, at)] @ top
        variance = float(max(rest, 1e-12) / rng.chisquare(free))
        if round_ >= keep:
            shapes[round_ - keep], tops[round_ - keep], noises[round_ - keep] = shape, top, variance**0.5
    return shapes, tops, noises


def _disagreement(chains: Floats) -> float:
    """Split R-hat of draws of shape (chains, draws). Source: Gelman et al. 2013, Bayesian Data Analysis, 11.4."""
    half = chains.shape[1] // 2
    parts = np.concatenate([chains[:, :half], chains[:, half : 2 * half]])
    within, between = parts.var(axis=1, ddof=1).mean(), half * parts.mean(axis=1).var(ddof=1)
    if within <= 0:
        return 1.0
    return float(np.sqrt(((half - 1) / half * within + between / half) / within))
