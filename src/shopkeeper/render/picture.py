"""A picture of an analysis as plain data in one language, and as SVG: for print, reports and pages without script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

WIDTH, HEIGHT = 720, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 26, 34
_TICKS = 4


@dataclass(frozen=True)
class DrawnSeries:
    """One line, one colour of bars or points, or one row of a heatmap."""

    name: str
    values: tuple[float | None, ...]
    at: tuple[float, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class DrawnPicture:
    """A picture whose every word is said. Units are those of `Formats`."""

    id: str
    kind: Literal["line", "bar", "scatter", "heatmap"]
    title: str
    x_name: str
    y_name: str
    series: tuple[DrawnSeries, ...]
    labels: tuple[str, ...] = ()
    x_unit: str = "text"
    y_unit: str = "number"
    stacked: bool = False


def picture_svg(picture: DrawnPicture, y_text: Callable[[float], str], x_text: Callable[[float], str]) -> str:
    """The picture as SVG; empty text where nothing of it is known. Classes s0, s1 and so on colour it.

    >>> one = DrawnPicture("a", "bar", "A", "x", "y", (DrawnSeries("n", (1.0, 3.0)),), ("p", "q"))
    >>> picture_svg(one, str, str).count("<rect")
    2
    """
    height = HEIGHT
    known = [v for s in picture.series for v in (*s.values, *s.low, *s.high) if v is not None]
    if not known:
        return ""
    if picture.kind == "heatmap":
        body, height = _cells(picture, max(abs(v) for v in known) or 1.0, y_text), _CELL * (len(picture.series) + 1)
    else:
        low, high = _range(picture, known)
        body = _axis(low, high, y_text) + _x_axis(picture, x_text) + _drawn(picture, low, high)
    names = "".join(
        f'<text class="s{n % 8}" x="{_LEFT + 150 * n}" y="12">{escape(s.name[:22])}</text>'
        for n, s in enumerate(picture.series[:4])
        if len(picture.series) > 1 and picture.kind != "heatmap"
    )
    return (
        f'<svg class="picture {picture.kind}" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(picture.title)}">{names}{body}</svg>'
    )


def _range(picture: DrawnPicture, known: Sequence[float]) -> tuple[float, float]:
    low, high = min(known), max(known)
    if picture.kind == "bar":
        if picture.stacked:
            width = max(len(s.values) for s in picture.series)
            high = max(sum(max(_value(s, i), 0.0) for s in picture.series) for i in range(width))
        low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _value(series: DrawnSeries, index: int) -> float:
    return (series.values[index] or 0.0) if index < len(series.values) else 0.0


def _y(value: float, low: float, high: float) -> float:
    return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - (value - low) / (high - low))


def _axis(low: float, high: float, y_text: Callable[[float], str]) -> str:
    parts = []
    for n in range(_TICKS + 1):
        value = low + (high - low) * n / _TICKS
        y = _y(value, low, high)
        parts.append(
            f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(y_text(value))}</text>'
        )
    return "".join(parts)


def _x_axis(picture: DrawnPicture, x_text: Callable[[float], str]) -> str:
    y = HEIGHT - _BOTTOM + 16
    inner = WIDTH - _LEFT - _RIGHT
    if picture.labels:
        n = len(picture.labels)
        step = max(1, -(-n // 10))
        return "".join(
            f'<text x="{_LEFT + inner * (i + 0.5) / n:.1f}" y="{y}" text-anchor="middle">'
            f"{escape(picture.labels[i][: max(6, 72 // min(n, 10))])}</text>"
            for i in range(0, n, step)
        )
    low, high = _x_range(picture)
    return "".join(
        f'<text x="{_LEFT + inner * i / _TICKS:.1f}" y="{y}" text-anchor="middle">'
        f"{escape(x_text(low + (high - low) * i / _TICKS))}</text>"
        for i in range(_TICKS + 1)
    )


def _x_range(picture: DrawnPicture) -> tuple[float, float]:
    places = [x for s in picture.series for x in s.at] or [0.0, 1.0]
    low, high = min(places), max(places)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _x(picture: DrawnPicture, series: DrawnSeries, index: int) -> float:
    inner = WIDTH - _LEFT - _RIGHT
    if series.at:
        low, high = _x_range(picture)
        return _LEFT + inner * (series.at[index] - low) / (high - low)
    return _LEFT + inner * (index + 0.5) / max(len(picture.labels), len(series.values), 1)


def _drawn(picture: DrawnPicture, low: float, high: float) -> str:
    if picture.kind == "bar":
        return _bars(picture, low, high)
    parts = []
    for n, series in enumerate(picture.series):
        places = [
            (_x(picture, series, i), _y(v, low, high)) if v is not None else None for i, v in enumerate(series.values)
        ]
        if picture.kind == "scatter":
            parts += [f'<circle class="s{n % 8}" cx="{p[0]:.1f}" cy="{p[1]:.1f}" r="3"/>' for p in places if p]
        else:
            parts.append(_band(picture, series, low, high, n) + _line(places, n))
    return "".join(parts)


def _line(places: Sequence[tuple[float, float] | None], n: int) -> str:
    path, broken = "", True
    for place in places:
        if place is not None:
            path += f"{'M' if broken else 'L'}{place[0]:.1f} {place[1]:.1f}"
        broken = place is None
    return f'<path class="line s{n % 8}" d="{path}"/>' if path else ""


def _band(picture: DrawnPicture, series: DrawnSeries, low: float, high: float, n: int) -> str:
    both = [
        (i, a, b)
        for i, (a, b) in enumerate(zip(series.low, series.high, strict=False))
        if a is not None and b is not None
    ]
    if len(both) < 2:
        return ""
    upper = [f"{_x(picture, series, i):.1f},{_y(b, low, high):.1f}" for i, _, b in both]
    lower = [f"{_x(picture, series, i):.1f},{_y(a, low, high):.1f}" for i, a, _ in reversed(both)]
    return f'<polygon class="band s{n % 8}" points="{" ".join(upper + lower)}"/>'


def _bars(picture: DrawnPicture, low: float, high: float) -> str:
    count = max(len(s.values) for s in picture.series)
    room = (WIDTH - _LEFT - _RIGHT) / max(count, 1) * 0.8
    width = room if picture.stacked else room / len(picture.series)
    base = [0.0] * count
    parts = []
    for n, series in enumerate(picture.series):
        for i, value in enumerate(series.values):
            if value is None:
                continue
            start = base[i] if picture.stacked else 0.0
            top, bottom = sorted((_y(start + value, low, high), _y(start, low, high)))
            left = _LEFT + room / 0.8 * (i + 0.1) + (0 if picture.stacked else width * n)
            base[i] = start + value
            parts.append(
                f'<rect class="s{n % 8}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{max(bottom - top, 0.5):.1f}"/>'
            )
    return "".join(parts)


_NAMES, _CELL = 140, 20


def _cells(picture: DrawnPicture, most: float, y_text: Callable[[float], str]) -> str:
    """Rows of cells, the fuller the larger; each says its value, also to a pointer that rests on it."""
    columns = max((len(s.values) for s in picture.series), default=1)
    width = (WIDTH - _NAMES) / max(columns, 1)
    shown = width >= 36
    parts = []
    for r, row in enumerate(picture.series):
        top = _CELL * (r + 1)
        parts.append(f'<text x="{_NAMES - 8}" y="{top + 14}" text-anchor="end">{escape(row.name[:20])}</text>')
        for c, value in enumerate(row.values):
            if value is None:
                continue
            left, text = _NAMES + width * c, escape(y_text(value))
            name = escape(picture.labels[c]) if c < len(picture.labels) else ""
            parts.append(
                f'<rect class="s0" x="{left:.1f}" y="{top}" width="{width - 1:.1f}" height="{_CELL - 1}" '
                f'fill-opacity="{0.06 + 0.6 * min(abs(value) / most, 1):.3f}"><title>{escape(row.name)} · {name}: {text}</title>'
                "</rect>"
            )
            if shown:
                parts.append(
                    f'<text class="cell" x="{left + width / 2:.1f}" y="{top + 14}" text-anchor="middle">{text}</text>'
                )
    step = max(1, -(-columns // 14))
    parts += [
        f'<text x="{_NAMES + width * (c + 0.5):.1f}" y="13" text-anchor="middle">{escape(picture.labels[c][:10])}</text>'
        for c in range(0, min(columns, len(picture.labels)), step)
    ]
    return "".join(parts)
