"""A row of values as one small inline SVG: no script, prints and scales well."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT, _MARGIN = 80, 22, 3


def sparkline(values: Sequence[float | None]) -> str:
    """A line over the values, broken where one is unknown, with a dot on the last; empty text without two known values.

    >>> sparkline([1.0, None])
    ''
    >>> sparkline([1.0, 2.0]).startswith('<svg class="spark"')
    True
    """
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    rise = (HEIGHT - 2 * _MARGIN) / ((high - low) or 1)
    step = (WIDTH - 2 * _MARGIN) / max(len(values) - 1, 1)
    runs: list[list[str]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            middle = HEIGHT / 2 if high == low else _MARGIN + (high - value) * rise
            runs[-1].append(f"{_MARGIN + index * step:.1f},{middle:.1f}")
    lines = "".join(f'<polyline points="{" ".join(run)}"/>' for run in runs if len(run) > 1)
    dots = "".join(
        f'<circle cx="{run[0].split(",")[0]}" cy="{run[0].split(",")[1]}" r="1"/>' for run in runs if len(run) == 1
    )
    end = next(run[-1] for run in reversed(runs) if run).split(",")
    return (
        f'<svg class="spark" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f'{lines}{dots}<circle class="end" cx="{end[0]}" cy="{end[1]}" r="2"/></svg>'
    )
