"""Ridge regressions of the next steps on the last ones: one for all series together, and one for each series."""

from __future__ import annotations

import numpy as np

from shopkeeper.methods.forecast.accuracy import Floats

_CHUNK = 48


def pooled_ridge(history: Floats, origins: tuple[int, ...], horizon: int, *, lags: int, season: int,
                 penalty: float = 0.003, stride: int = 4) -> Floats:  # fmt: skip
    """What do the last `lags` values of every series, learned together, say of the next ones?

    Model: each window less the mean of its last season, ÷ its mean deviation there; one linear map from lags to all steps
    of the horizon, its squared size held back. At an origin it has learned only from windows that ended by then.

    Args:
        history: shape (n_series, length), NaN where unknown; windows with unknowns are left out.
        origins: how many values are known at each origin, ascending.
        horizon: how many steps to say.
        lags: how many values to look back.
        season: how many last values give a window its level and scale.
        penalty: share of the mean diagonal added to it.
        stride: steps between the windows that are learned from.

    Returns:
        Shape (n_origins, n_series, horizon); NaN where the last `lags` values are not all known or nothing was learned.
    """
    n, _ = history.shape
    out = np.full((len(origins), n, horizon), np.nan)
    gram, cross = np.zeros((lags + 1, lags + 1)), np.zeros((lags + 1, horizon))
    last = origins[-1] - horizon
    ends = (
        [e for e in range(last - (last - lags) // stride * stride, last + 1, stride) if e >= lags]
        if last >= lags
        else []
    )
    for i, origin in enumerate(origins):
        while ends and ends[0] + horizon <= origin:
            end = ends.pop(0)
            x, mean, scale = _window(history[:, end - lags : end], season)
            y = (history[:, end : end + horizon] - mean) / scale
            fit = ~np.isnan(x).any(axis=1) & ~np.isnan(y).any(axis=1)
            x, y = x[fit], np.clip(y[fit], -8.0, 8.0)
            gram += x.T @ x
            cross += x.T @ y
        if origin < lags or not gram.any():
            continue
        held = np.eye(lags + 1) * penalty * np.trace(gram) / (lags + 1)
        coefficients = np.linalg.solve(gram + held, cross)
        x, mean, scale = _window(history[:, origin - lags : origin], season)
        out[i] = x @ coefficients * scale + mean
    return out


def _window(values: Floats, season: int) -> tuple[Floats, Floats, Floats]:
    """Lags in their own scale and a column of ones, the level and the scale, each with a row a series."""
    recent = values[:, -season:]
    mean = recent.mean(axis=1, keepdims=True)
    scale = np.abs(recent - mean).mean(axis=1, keepdims=True)
    scale = np.where(scale > 0, scale, 1.0)
    x = np.clip((values - mean) / scale, -8.0, 8.0)
    return np.hstack([x, np.ones((len(x), 1))]), mean, scale


def own_ridge(history: Floats, origins: tuple[int, ...], horizon: int, *, lags: int, penalty: float = 0.01) -> Floats:
    """What do the last `lags` values of a series, learned from that series alone, say of the next ones?

    Model: each window less its mean; one linear map a series. Windows begin at every step and have ended by the origin.

    Args:
        history: shape (n_series, length), NaN where unknown; windows with unknowns weigh nothing.
        origins: how many values are known at each origin, ascending.
        horizon: how many steps to say.
        lags: how many values to look back.
        penalty: share of the mean diagonal added to it.

    Returns:
        Shape (n_origins, n_series, horizon); NaN where the last `lags` values are not all known or nothing was learned.
    """
    parts = [
        _own_ridge(history[i : i + _CHUNK], origins, horizon, lags, penalty) for i in range(0, len(history), _CHUNK)
    ]
    return np.concatenate(parts, axis=1)


def _own_ridge(history: Floats, origins: tuple[int, ...], horizon: int, lags: int, penalty: float) -> Floats:
    n, _ = history.shape
    out = np.full((len(origins), n, horizon), np.nan)
    gram, cross = np.zeros((n, lags, lags)), np.zeros((n, lags, horizon))
    done = lags
    for i, origin in enumerate(origins):
        upto = origin - horizon
        if upto >= done:
            windows = np.lib.stride_tricks.sliding_window_view(history[:, done - lags : origin], lags + horizon, axis=1)
            mean = windows[..., :lags].mean(axis=2, keepdims=True)
            # a window with an unknown value becomes all zeros, which teaches nothing
            known = ~np.isnan(windows).any(axis=2, keepdims=True)
            centred = np.where(known, windows - mean, 0.0)
            x, y = centred[..., :lags], centred[..., lags:]
            turned = x.transpose(0, 2, 1)
            gram += turned @ x
            cross += turned @ y
            done = upto + 1
        recent = history[:, origin - lags : origin] if origin >= lags else np.full((n, lags), np.nan)
        size = np.trace(gram, axis1=1, axis2=2) / lags
        able = (size > 0) & ~np.isnan(recent).any(axis=1)
        if not able.any():
            continue
        held = gram[able] + np.eye(lags) * (penalty * size[able])[:, None, None]
        coefficients = np.linalg.solve(held, cross[able])
        level = recent[able].mean(axis=1, keepdims=True)
        out[i, able] = ((recent[able] - level)[:, None, :] @ coefficients)[:, 0] + level
    return out
