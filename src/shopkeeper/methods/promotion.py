"""What a promotion's extra sales are made of: taken from other articles, from other weeks, or really new."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.price_response import taken_out

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

WIDEST, OUTSIDE = 1.0, 0.1
PARTS = ("from_others", "from_other_periods", "new")


@dataclass(frozen=True)
class Decomposition:
    """Parts of the extra own sales at a discount of 100 % (multiply by a depth). Each a (value, low, high).

    `own` = `from_others` + `from_other_periods` + `new`, exactly. `shares`: the three as parts of `own`.
    """

    own: tuple[float, float, float]
    parts: dict[str, tuple[float, float, float]]
    shares: dict[str, tuple[float, float, float]]
    cells: int
    clusters: int


@dataclass(frozen=True)
class Panel:
    """Sales by article and period, complete: shape (n_articles, n_periods).

    `sales`: in one unit that adds up over articles. `depth`: discount off the regular price, 0 to 1, NaN where the article's
    price is unknown or it was not on sale. `group`: the articles among which buyers choose (category in a shop), shape
    (n_articles,). `market`: what shares a period's ups and downs (the shop), shape (n_articles,). `season`: part of the span
    that each period lies in, shape (n_periods,): an article's constant holds for one, so that slow changes (a new article,
    clearance) are nobody's effect.
    """

    sales: Floats
    depth: Floats
    group: Indices
    market: Indices
    season: Indices


def decompose(panel: Panel, before: int = 1, after: int = 4, rounds: int = 1000, seed: int = 1) -> Decomposition:
    """Where do the extra sales of a discounted article come from?

    Model: four linear regressions with the same columns: own sales; other articles' sales with a minus; the group's sales
    in the periods around with a minus; the group's sales over the whole window. The dependent variables add up, hence the
    coefficients do. Columns: own depth in the period and, because windows hold their effects too, in those around; and the
    mean depth of the group's other articles.
    Constants: article × season; market × period. It breaks when discounts are given just when an article would have sold
    otherwise, or are known long before.

    Args:
        panel: see Panel.
        before: periods before the discount that buyers may hold back in.
        after: periods after it that they may have bought for.
        rounds: of drawing groups anew for the intervals (95 %).
        seed: of these draws.

    Raises:
        NotEstimable: under 20 groups with a discount; own sales do not rise measurably; the parts are known to less than 100
        points; or a part lies clearly below 0 or above 1, so that discounts go along with something else.
    Source: van Heerde, Leeflang & Wittink 2004, Marketing Science 23(3), 317–334, eqs. (1)–(6).
    """
    y, x, article, period, group = _long(panel, before, after)
    own_depth = np.bincount(group, weights=x[:, 0] > 0) if len(group) else np.zeros(0)
    if (own_depth > 0).sum() < 20:
        raise NotEstimable(
            "too few groups of articles had discounts", [f"20 groups; found {int((own_depth > 0).sum())}"]
        )
    ones = np.ones(len(y))
    article_season = article * (int(panel.season.max()) + 1) + panel.season[period]
    market_period = period + (int(period.max()) + 1) * panel.market[article]
    effects = tuple(np.unique(e, return_inverse=True)[1] for e in (article_season, market_period))
    y_out, x_out = taken_out(y, ones, effects), taken_out(x, ones, effects)
    beta, again = _clustered(x_out, y_out, np.unique(group, return_inverse=True)[1], rounds, seed)
    low, high = np.quantile(again[:, 0], [0.025, 0.975])
    if not low > 0:
        raise NotEstimable(
            "discounted articles do not sell measurably more", ["more or deeper discounts, or a longer span"]
        )
    shares = again[:, 1:] / again[:, :1]
    _require_sense(shares)
    return Decomposition(
        (float(beta[0]), float(low), float(high)),
        {n: _with(float(beta[i + 1]), again[:, i + 1]) for i, n in enumerate(PARTS)},
        {n: _with(float(beta[i + 1] / beta[0]), shares[:, i]) for i, n in enumerate(PARTS)},
        len(y), int(len(np.unique(group))),
    )  # fmt: skip


def _require_sense(shares: Floats) -> None:
    """Refuse parts that are too unsure to read, or that no split of extra sales can have."""
    low, high = np.quantile(shares, [0.025, 0.975], axis=0)
    if (high - low).max() > WIDEST:
        raise NotEstimable(
            "the parts cannot be told apart",
            [f"more discounts of single articles: an interval spans {(high - low).max():.0%}, at most {WIDEST:.0%}"],
        )
    if (high < -OUTSIDE).any() or (low > 1.0 + OUTSIDE).any():
        raise NotEstimable(
            "discounts go along with something else: others move by more than a discount can move them",
            ["discounts given at other times than campaigns, launches and clearance"],
        )


def _long(panel: Panel, before: int, after: int) -> tuple[Floats, Floats, Indices, Indices, Indices]:
    """The four dependent variables and the columns of every cell whose windows lie inside the span."""
    if panel.sales.shape[1] <= 3 * (before + after):
        raise NotEstimable(
            "too few periods", [f"more than {3 * (before + after)} periods; found {panel.sales.shape[1]}"]
        )
    n_groups = int(panel.group.max()) + 1
    belongs = np.zeros((n_groups, len(panel.group)))
    belongs[panel.group, np.arange(len(panel.group))] = 1.0
    together = belongs @ panel.sales
    width = before + after + 1
    padded = np.concatenate([np.zeros((n_groups, 1)), np.cumsum(together, axis=1)], axis=1)
    window = padded[:, width:] - padded[:, :-width]  # window[:, t] covers t … t + width − 1
    reach = before + after
    inner = slice(reach, panel.sales.shape[1] - reach)
    own, now = panel.sales[:, inner], together[panel.group][:, inner]
    around = window[panel.group][:, reach - before : reach - before + own.shape[1]]
    known = ~np.isnan(panel.depth)
    filled = np.where(known, panel.depth, 0.0)
    total, count = (belongs @ filled)[panel.group], (belongs @ known)[panel.group]
    others = np.where(count - known > 0, (total - filled) / np.maximum(count - known, 1), 0.0)
    beside = [filled[:, reach + s : reach + s + own.shape[1]] for s in range(-reach, reach + 1) if s]
    use = known[:, inner]
    y = np.stack([own, own - now, now - around, around], axis=2)[use]
    x = np.stack([filled[:, inner], others[:, inner], *beside], axis=2)[use]
    article, period = np.nonzero(use)
    return y, x, article, period + reach, panel.group[article]


def _clustered(x: Floats, y: Floats, group: Indices, rounds: int, seed: int) -> tuple[Floats, Floats]:
    """Coefficients of the first column, shape (4,), and again with groups drawn anew, shape (rounds, 4)."""
    n, k, m = int(group.max()) + 1, x.shape[1], y.shape[1]
    gram, moment = np.zeros((n, k, k)), np.zeros((n, k, m))
    np.add.at(gram, group, x[:, :, None] * x[:, None, :])
    np.add.at(moment, group, x[:, :, None] * y[:, None, :])
    whole = gram.sum(axis=0)
    scale = np.sqrt(np.diag(whole))
    if not (scale > 0).all() or np.linalg.cond(whole / np.outer(scale, scale)) > 1e10:
        raise NotEstimable("discounts do not vary within articles", ["discounts that come and go"])
    beta = np.linalg.solve(whole, moment.sum(axis=0))[0]
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), rounds).astype(np.float64)
    grams, moments = np.einsum("rn,nij->rij", times, gram), np.einsum("rn,nij->rij", times, moment)
    return beta, np.linalg.solve(grams, moments)[:, 0, :]


def _with(value: float, again: Floats) -> tuple[float, float, float]:
    low, high = np.quantile(again, [0.025, 0.975])
    return value, float(low), float(high)
