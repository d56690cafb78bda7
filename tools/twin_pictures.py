"""Draws the pictures of docs/twin.md from a run of the twin: `python -m tools.twin_pictures`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopkeeper.twin.actions import SetBudget
from shopkeeper.twin.world import World

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
SEED, SCALE = 7, 0.05
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 820, 260, 52, 30, 34
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """One line of a picture."""

    name: str
    values: Numbers
    colour: str


def picture(title: str, lines: Sequence[Line], marks: Sequence[tuple[float, str]], unit: str) -> str:
    """Lines over days as an SVG; `marks` are texts at places of the x axis (0–1)."""
    top = max(float(np.nanmax(line.values)) for line in lines) * 1.08
    inner = WIDTH - LEFT - 12
    height = HEIGHT - BOTTOM - TOP

    def y(value: float) -> float:
        return TOP + height * (1 - value / top)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="18" font-size="14" fill="#222222">{title}</text>',
    ]
    for share in (0.0, 0.5, 1.0):
        value = top / 1.08 * share
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - 12}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#dddddd"/>'
            f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#555555">{value:,.0f}</text>'
        )
    for place, text in marks:
        x = LEFT + inner * place
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle" fill="#555555">{text}</text>')
    for number, line in enumerate(lines):
        step = inner / max(len(line.values) - 1, 1)
        points = " ".join(f"{LEFT + n * step:.1f},{y(float(v)):.1f}" for n, v in enumerate(line.values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{line.colour}" stroke-width="1.4"/>')
        parts.append(
            f'<text x="{WIDTH - 14}" y="{18 + 15 * number}" text-anchor="end" fill="{line.colour}">{line.name}</text>'
        )
    parts.append(f'<text x="6" y="{TOP - 4}" fill="#555555">{unit}</text></svg>')
    return "\n".join(parts) + "\n"


def daily(tables: Sequence[pa.Table], days: int, start: dt.date) -> Numbers:
    """Orders a day."""
    placed = pa.concat_tables(tables)["placed_at"]
    day = pc.cast(pc.local_timestamp(placed), pa.date32())
    numbers = pc.subtract(day.cast(pa.int32()), (start - dt.date(1970, 1, 1)).days).to_numpy()
    return np.bincount(numbers[numbers >= 0], minlength=days).astype(float)


def rhythm() -> None:
    """Two years of orders and of stock."""
    world = World(SEED, SCALE, records=("orders", "stock_days"))
    stretches = list(world.run(world.start + dt.timedelta(world.length)))
    orders = daily([s.tables["orders"] for s in stretches], world.length, world.start)
    marks = [
        ((d - world.start).days / world.length, f"{d:%Y-%m}")
        for d in (dt.date(y, m, 15) for y in (2024, 2025) for m in (2, 6, 11))
    ]
    write(
        "orders",
        picture(
            "Orders a day: weekends, 618, Double 11, lunar New Year",
            [Line("orders", orders, "#1f6f54")],
            marks,
            "orders",
        ),
    )
    stock = pa.concat_tables([s.tables["stock_days"] for s in stretches])
    sums = stock.group_by("day").aggregate([("value_fen", "sum")]).sort_by("day")
    value = sums["value_fen_sum"].to_numpy() / 1e6
    dead = stock.filter(
        pc.fill_null(
            pc.greater(pc.subtract(stock["day"].cast(pa.int32()), stock["last_sold_day"].cast(pa.int32())), 90), True
        )
    )
    lost = dead.group_by("day").aggregate([("value_fen", "sum")]).sort_by("day")["value_fen_sum"].to_numpy() / 1e6
    lines = [Line("stock value", value, "#31507f"), Line("of it unsold for 90 days", lost, "#b3402a")]
    write(
        "stock",
        picture("Stock at cost; what is off the shelf out of season or retired lies dead", lines, marks, "10,000 CNY"),
    )


def carry_over() -> None:
    """Advertising stops for six weeks: the same world with and without."""
    days, at, span = 120, 40, 42
    found = []
    for acts in (False, True):
        world = World(SEED, 0.2, dt.date(2024, 3, 20), days=days, records=("orders",), incidents=())
        tables = [world.step(at).tables["orders"]]
        tables.append(world.step(days - at, (SetBudget(0.0, days=span),) if acts else ()).tables["orders"])
        found.append(daily(tables, days, world.start))
    week = np.ones(7) / 7
    lines = [
        Line("as planned", np.convolve(found[0], week, "valid"), "#1f6f54"),
        Line("no advertising for 42 days", np.convolve(found[1], week, "valid"), "#b3402a"),
    ]
    marks = [(at / days, "off"), ((at + span) / days, "on again")]
    write(
        "advertising",
        picture("Orders, mean of 7 days: advertising fades and comes back slowly", lines, marks, "orders a day"),
    )


def write(name: str, svg: str) -> None:
    """Write one picture."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"twin-{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    rhythm()
    carry_over()
