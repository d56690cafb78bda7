"""How much does the engine cost over SQL that an expert writes by hand for the same cells?

Twelve months × the eight largest departments × every indicator that the panel carries. Before anything is timed, every
value, numerator and denominator of the two must agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.by_hand import Cells, Part, by_hand
from benchmarks.harness import Figure, in_child, interleaved, journey_folder, ratio_of_pairs, report, runs, timed
from shopkeeper.kpi.matrix import compute, slice_values
from shopkeeper.kpi.result import Cell, Request
from shopkeeper.warehouse.shop import Shop, open_shop

# The columns of order_lines that the matrix needs: amounts summed, the rest looked at.
RAW_SCAN = """
SELECT sum(payable_amount), sum(receivable_amount), sum(list_amount), sum(discount_merchant), sum(discount_platform),
    sum(discount_influencer), sum(discount_supplier), sum(quantity), max(quantity_unit), max(paid_day), max(ordered_day),
    max(paid_at), max(ordered_at), max(order_id), max(customer_id), max(sku_id), max(shop_id), max(is_brushing)
FROM order_lines"""


def asked(shop: Shop) -> Request:
    """The benchmark's request: by month and department, all that has a value; D3 has no departments."""
    departments = tuple(v.value for v in slice_values(shop, "category")[:8])
    computable = dict.fromkeys(
        c.kpi for c in compute(shop, Request("month")).cells if c.value is not None and c.kpi != "D3"
    )
    return Request("month", by=("category",), kpis=tuple(computable), filters=(("category", departments),))


def departments_of(request: Request) -> tuple[str, ...]:
    """The departments that a request is narrowed to."""
    return tuple(name for _, values in request.filters for name in values if name is not None)


def disagreements(cells: Iterable[Cell], written: Cells) -> list[str]:
    """Every cell in which the engine and the hand-written SQL differ, in words."""
    wrong = []
    left = dict(written)
    for cell in cells:
        key = (cell.kpi, cell.period.start, str(cell.dims[0][1]))
        value, top, bottom = left.pop(key, (None, None, None))
        parts = [("value", cell.value, value)]
        if cell.value is not None:
            parts += [("numerator", cell.numerator, top), ("denominator", cell.denominator, bottom)]
        wrong += [f"{key} {name}: {got} by the engine, {own} by hand" for name, got, own in parts if not same(got, own)]
    wrong += [f"{key}: not in the engine's matrix" for key, parts in left.items() if parts[0] is not None]
    return wrong


def same(got: Part, own: Part) -> bool:
    """Equal; a quotient of money to the hundredth of a cent that the engine keeps, a share to the last bits."""
    if got is None or own is None:
        return got is own
    if isinstance(got, float):
        return abs(got - float(own)) <= 1e-12 * max(1.0, abs(got))
    difference = abs(Decimal(str(got)) - Decimal(str(own)))
    return difference <= (Decimal("0.00005") if isinstance(got, Decimal) else 0)


def only_engine(folder: Path, repeat: int) -> dict[str, float]:
    """In a process of its own: seconds of the first matrix, compiling included, and of the others' median."""
    shop = open_shop(folder)
    try:
        request = asked(shop)
        # The plans of another reach are not these: clear nothing, the first call of this request compiles its SQL.
        _, first, _ = timed(lambda: compute(shop, request))
        others = interleaved(repeat, {"engine": lambda: compute(shop, request)})
        return {"first": first, "others": others["engine"].seconds}
    finally:
        shop.close()


def compared(folder: Path, repeat: int) -> dict[str, Any]:
    """In a process of its own: assert that the cells agree, then let the three take turns."""
    shop = open_shop(folder)
    try:
        request = asked(shop)
        departments = departments_of(request)
        connection = shop.lake.connection
        matrix = compute(shop, request)
        wrong = disagreements(matrix.cells, by_hand(connection, departments))
        if wrong:
            raise AssertionError(f"{len(wrong)} differences:\n" + "\n".join(wrong[:20]))
        found = interleaved(
            repeat,
            {
                "engine": lambda: compute(shop, request),
                "hand": lambda: by_hand(connection, departments),
                "raw": lambda: connection.execute(RAW_SCAN).fetchall(),
            },
        )
        return {"timings": found, "cells": len(matrix.cells), "kpis": len(request.kpis)}
    finally:
        shop.close()


def figures(result: dict[str, Any], alone: dict[str, float], peak: float) -> list[Figure]:
    """The table's rows."""
    engine, hand, raw = (result["timings"][name] for name in ("engine", "hand", "raw"))
    return [
        Figure("engine ÷ hand-written", ratio_of_pairs(engine, hand), "×", 1.3, against="same cells, same connection"),
        Figure("engine ÷ hand-written, processors", engine.cpu_seconds / hand.cpu_seconds, "×"),
        Figure(
            "engine ÷ raw scan", ratio_of_pairs(engine, raw), "×", against="the needed columns of order_lines, once"
        ),
        Figure("engine", engine.seconds, "s", against=f"{result['cells']} cells of {result['kpis']} indicators"),
        Figure("hand-written", hand.seconds, "s"),
        Figure("raw scan", raw.seconds, "s"),
        Figure("engine, first call", alone["first"], "s", against="SQL compiled on the way"),
        Figure("engine, peak memory", peak, "GB", 1.5, against="resident, a process that does nothing else"),
    ]


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    with journey_folder() as folder:
        alone, peak = in_child(only_engine, folder, runs(3, 9))
        result, _ = in_child(compared, folder, runs(15, 41))
    return report("matrix", figures(result, alone, peak))


if __name__ == "__main__":
    raise SystemExit(main())
