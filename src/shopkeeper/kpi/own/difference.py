"""Two versions of a definition on the same data: which cells differ, by how much, and which rows make them differ."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from shopkeeper.core.period import Period
from shopkeeper.errors import NotFound, WarehouseBusy
from shopkeeper.kpi.definition import Indicator, Measure
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.relation import base, carries
from shopkeeper.kpi.result import Cell, Dims, Filters, Request, Value
from shopkeeper.warehouse.engines.dialect import compiled
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.shop import Shop

if TYPE_CHECKING:
    import ibis.expr.types as ir

Side = Literal["numerator", "denominator"]
SAMPLES = 8
_ATTEMPTS = 5
_Key = tuple[Period, Dims]


@dataclass(frozen=True)
class CellChange:
    """One cell under both versions; None where a version does not declare the indicator or the slice has no rows."""

    period: Period
    dims: Dims
    before: Cell | None
    after: Cell | None

    @property
    def differs(self) -> bool:
        """Whether the value is another, or is unknown for another reason."""
        return _told(self.before) != _told(self.after)

    @property
    def change(self) -> Value:
        """After less before; None when either is unknown."""
        before, after = (cell.value if cell else None for cell in (self.before, self.after))
        if before is None or after is None:
            return None
        if isinstance(before, Decimal) and isinstance(after, Decimal):
            return after - before
        return float(after) - float(before)


@dataclass(frozen=True)
class Cause:
    """Rows of one table that count in another way on one side of the quotient, in one cell.

    `before` and `after` are what the rows add up to; None where they are counted and not added up. `samples` are rows
    that differ most: names of columns with values, then what each version makes of the row.
    """

    side: Side
    fact: str
    measures_before: tuple[str, ...]
    measures_after: tuple[str, ...]
    only_before: int
    only_after: int
    otherwise: int
    before: Value
    after: Value
    samples: tuple[dict[str, object], ...]


@dataclass(frozen=True)
class Difference:
    """An indicator under two versions: every cell, and the rows behind the cell that was looked at closely."""

    kpi: str
    unit: str
    snapshot: int
    cells: tuple[CellChange, ...]
    looked_at: CellChange | None
    causes: tuple[Cause, ...]

    @property
    def changed(self) -> tuple[CellChange, ...]:
        """The cells that differ."""
        return tuple(c for c in self.cells if c.differs)


def difference(
    shop: Shop, kpi: str, before: Definitions, after: Definitions, request: Request, *, at: Period | None = None
) -> Difference:
    """Compute an indicator under two versions over the same periods and slices of the same snapshot.

    The rows are those of the newest cell that differs, or of the period `at`. Raises NotFound when neither knows the
    indicator.
    """
    named = [d.indicator(kpi) for d in (before, after) if kpi.casefold() in {k.casefold() for k in d.indicators}]
    if not named:
        raise NotFound(
            "indicator", kpi, {**before.indicators, **after.indicators}, next_command="shopkeeper define list"
        )
    wanted = replace(request, kpis=(named[0].id,))
    for _ in range(_ATTEMPTS):  # a load may commit between the two; then both are asked again
        matrices = [matrix_for(shop, wanted, d) if wanted.kpis[0] in d.indicators else None for d in (before, after)]
        cells = _beside(*({(c.period, c.dims): c for c in m.cells} if m else {} for m in matrices))
        closely = next((c for c in reversed(cells) if c.differs and at in (None, c.period)), None)
        with shop.lake.reading() as snapshot:
            causes = _causes(shop, wanted.kpis[0], before, after, wanted, closely) if closely else ()
        if {m.snapshot for m in matrices if m} == {snapshot}:
            return Difference(named[-1].id, named[-1].unit, snapshot, cells, closely, causes)
    raise WarehouseBusy(
        "the warehouse changes faster than two versions can be compared", where=f"shop {shop.id}", state="nothing was changed",
        next_command="run the same command again when the loads have finished",
    )  # fmt: skip


def _beside(before: dict[_Key, Cell], after: dict[_Key, Cell]) -> tuple[CellChange, ...]:
    keys = sorted({*before, *after}, key=lambda key: (key[0].start, [(v is None, v or "") for _, v in key[1]]))
    return tuple(
        CellChange(period, dims, before.get((period, dims)), after.get((period, dims))) for period, dims in keys
    )


def _told(cell: Cell | None) -> object:
    return None if cell is None else (cell.value, cell.missing)


def _causes(
    shop: Shop, kpi: str, before: Definitions, after: Definitions, request: Request, cell: CellChange
) -> tuple[Cause, ...]:
    filters: Filters = (*request.filters, *((name, (value,)) for name, value in cell.dims))
    sides: tuple[Side, ...] = ("numerator", "denominator")
    found = []
    for side in sides:
        parts = [_parts(d, kpi, side) for d in (before, after)]
        for fact in dict.fromkeys(m.fact for side_parts in parts for _, m in side_parts):
            mine = [tuple(p for p in side_parts if p[1].fact == fact) for side_parts in parts]
            if mine[0] != mine[1] and all(carries(fact, name) for name, _ in filters):
                found.append(_cause(shop, side, fact, mine[0], mine[1], cell.period, filters))
    return tuple(found)


Part = tuple[int, Measure]


def _parts(definitions: Definitions, kpi: str, side: Side) -> tuple[Part, ...]:
    """The measures of one side with their signs; counts of buyers by history have no rows of their own."""
    declared: Indicator | None = definitions.indicators.get(kpi)
    if declared is None:
        return ()
    less = declared.minus if side == declared.minus_of else ()
    named = [(1, name) for name in getattr(declared, side)] + [(-1, name) for name in less]
    return tuple((sign, definitions.measures[n]) for sign, n in named if n in definitions.measures)


def _cause(
    shop: Shop,
    side: Side,
    fact: str,
    before: tuple[Part, ...],
    after: tuple[Part, ...],
    period: Period,
    filters: Filters,
) -> Cause:
    measures = tuple(m for _, m in (*before, *after))
    t = base(fact, measures, (), filters, vat_share=shop.settings.shop.vat_share)
    t = t.mutate(counts_before=_counted(t, before, period), counts_after=_counted(t, after, period))
    t = t.mutate(made_before=_made(t, before, period), made_after=_made(t, after, period))
    t = t.filter(t.counts_before | t.counts_after)
    otherwise = t.counts_before & t.counts_after & (t.made_before != t.made_after)
    totals = t.aggregate(
        only_before=(t.counts_before & ~t.counts_after).sum(), only_after=(~t.counts_before & t.counts_after).sum(),
        otherwise=otherwise.sum(), before=t.made_before.sum(), after=t.made_after.sum(),
    )  # fmt: skip
    row = shop.lake.query(compiled(totals, "duckdb")).fetchone()
    assert row is not None
    sums = [any(m.kind == "sum" for _, m in parts) for parts in (before, after)]
    return Cause(
        side, fact, tuple(m.id for _, m in before), tuple(m.id for _, m in after), int(row[0] or 0), int(row[1] or 0),
        int(row[2] or 0), _plain(row[3]) if sums[0] else None, _plain(row[4]) if sums[1] else None,
        _samples(shop, fact, t, otherwise),
    )  # fmt: skip


def _samples(shop: Shop, fact: str, t: ir.Table, otherwise: ir.Value) -> tuple[dict[str, object], ...]:
    import ibis

    differing = t.filter((t.counts_before != t.counts_after) | otherwise)
    differing = differing.mutate(size=(differing.made_after - differing.made_before).abs())
    table = TABLES[fact]
    keys = [
        name for name in dict.fromkeys((*table.key, *(n for n in ("sku_id", "channel_id") if n in table.column_names)))
    ]
    ordered = differing.order_by([ibis.desc("size"), *keys]).limit(SAMPLES)
    shown = ordered.select(*keys, "counts_before", "counts_after", "made_before", "made_after")
    cursor = shop.lake.query(compiled(shown, "duckdb"))
    names = [d[0] for d in cursor.description or []]
    return tuple(dict(zip(names, map(_plain, row), strict=True)) for row in cursor.fetchall())


def _applies(t: ir.Table, measure: Measure, period: Period) -> Any:
    """Whether a row counts for a measure in a period."""
    import ibis

    day = t[measure.day]
    inside = (day >= ibis.literal(period.start)) & (day < ibis.literal(period.end)) & measure.of(t).notnull()
    return inside & measure.where(t).fill_null(False) if measure.where else inside


def _counted(t: ir.Table, parts: tuple[Part, ...], period: Period) -> Any:
    import ibis

    conditions = [_applies(t, m, period).fill_null(False) for _, m in parts]
    return functools.reduce(lambda a, b: a | b, conditions) if conditions else ibis.literal(False)


def _made(t: ir.Table, parts: tuple[Part, ...], period: Period) -> Any:
    """What a row adds: its amounts, and 1 where it is counted for a distinct count."""
    import ibis

    amounts = [
        ibis.ifelse(_applies(t, m, period), (m.of(t) if m.kind == "sum" else ibis.literal(1)) * sign, 0).fill_null(0)
        for sign, m in parts
    ]
    return functools.reduce(lambda a, b: a + b, amounts) if amounts else ibis.literal(0)


def _plain(value: Any) -> Any:
    """Amounts without the storage zeros beyond two decimals."""
    if isinstance(value, Decimal):
        two = value.quantize(Decimal("0.01"))
        return two if two == value else value.normalize()
    return value
