"""Indicators that a shop declares itself agree with SQL that a person wrote against the raw files, like built-in ones."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import duckdb
import pytest

from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.own.compiled import compile_texts
from shopkeeper.kpi.result import Request
from shopkeeper.warehouse.shop import Shop
from tests.kpi_cases.test_cases import BY, cut, expected_cells, raw, same, shop

__all__ = ["cut", "raw", "shop"]
CASES = sorted((Path(__file__).parent / "own").glob("*.toml"))


def definitions_of_cases() -> Definitions:
    """What all cases declare, as one shop would have it."""
    texts = {f"kpis/{p.name}": tomllib.loads(p.read_text(encoding="utf-8"))["definitions"] for p in CASES}
    return compile_texts(texts, "USD").whole()


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_every_own_cell_agrees_with_independent_sql(
    path: Path, cut: str, shop: Shop, raw: duckdb.DuckDBPyConnection
) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    definitions = definitions_of_cases()
    wanted_ids = tuple(sorted(set(definitions.sources)))
    cells = [
        c
        for c in matrix_for(shop, Request("month", by=BY[cut], kpis=wanted_ids), definitions).cells
        if c.kpi == case["kpi"]
    ]
    wanted = expected_cells(raw, case["sql"])
    assert len(wanted) >= 12
    wrong = []
    for cell in cells:
        row = wanted.pop((cell.period.start, cell.dims[0][1] if cell.dims else "everything"), None)
        parts = [("value", cell.value)]
        if row is not None and "numerator" in row:
            parts += [("numerator", cell.numerator), ("denominator", cell.denominator)]
        wrong += [
            f"{cell.period.label} {cell.dims} {name}: {got} instead of {row and row[name]} ({cell.status} {cell.missing})"
            for name, got in parts if not same(got, row and row[name], 1e-12)
        ]  # fmt: skip
    assert not wrong, "\n".join(wrong[:10])
    assert not wanted, f"cells that the matrix lacks: {list(wanted)[:5]}"


def test_own_distinct_buyers_of_weeks_are_counted_in_each_week(
    shop: Shop, raw: duckdb.DuckDBPyConnection, cut: str
) -> None:
    if cut != "nothing":
        return
    rows = raw.execute(
        "SELECT date_trunc('week', d)::DATE, count(DISTINCT household_id) FILTER (coupon > 0) FROM t GROUP BY 1"
    ).fetchall()
    request = Request("week", dt.date(2017, 1, 2), dt.date(2017, 12, 25), kpis=("coupon_reach",))
    cells = matrix_for(shop, request, definitions_of_cases()).cells
    wanted = dict(rows)
    assert [c.numerator for c in cells] == [wanted[c.period.start] for c in cells]
    days = raw.execute("SELECT count(DISTINCT (d, household_id)) FILTER (coupon > 0) FROM t").fetchone()
    assert days is not None
    assert sum(int(c.numerator or 0) for c in cells) < days[0]
