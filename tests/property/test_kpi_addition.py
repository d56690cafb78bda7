"""Laws of the matrix, on random shops: parts add up to wholes, the order of rows says nothing, and counts are never added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopkeeper.kpi.catalogue import INDICATORS
from shopkeeper.kpi.definition import SLICES
from shopkeeper.kpi.result import Cell
from tests.tiny_shop import Row, TinyShop, line, make_tiny

FIRST = dt.date(2017, 1, 1)
ADDITIVE = tuple(
    i.id for i in INDICATORS.values() if i.additive and i.id in ("gmv", "paid_amount", "units", "receivable")
)
FEW = settings(
    max_examples=5, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


@st.composite
def shops(draw: st.DrawFn) -> list[Row]:
    """Ten to forty order lines within eighty days: unpaid, late, anonymous, brushing and uncategorised ones among them."""
    rows: list[Row] = []
    for number in range(draw(st.integers(10, 40))):
        ordered = FIRST + dt.timedelta(days=draw(st.integers(0, 79)))
        wait = draw(st.sampled_from([0, 0, 0, 1, 40, None]))
        paid = None if wait is None else (ordered + dt.timedelta(days=wait)).isoformat()
        amount = Decimal(draw(st.integers(0, 10**7))) / 100
        rows.append(
            line(
                f"o{draw(st.integers(0, 15))}", ordered.isoformat(), draw(st.sampled_from(["Li", "Wu", "Xu", "Zoe", None])),
                str(amount), line_no=number, paid=paid, sku_id=draw(st.sampled_from(["tea", "rice", "gift", "?"])),
                shop_id=draw(st.sampled_from(["s1", "s2", "s3"])), channel_id=draw(st.sampled_from(["live", None])),
                quantity=draw(st.integers(1, 9)), receivable_amount=str(amount),
                is_brushing=draw(st.sampled_from([None, None, False, True])),
            )
        )  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyShop]:
    made = make_tiny(tmp_path_factory.mktemp("random") / "tiny")
    yield made
    made.shop.close()


def total(cells: tuple[Cell, ...], kpi: str) -> Decimal:
    return sum((Decimal(str(c.value)) for c in cells if c.kpi == kpi and c.value is not None), Decimal(0))


@given(shops())
@FEW
def test_parts_of_additive_figures_add_up_to_the_whole_over_slices_and_over_time(
    tiny: TinyShop, rows: list[Row]
) -> None:
    tiny.put(order_lines=rows)
    asked: Any = {"start": "2017-01-01", "end": "2018-01-01"}
    whole = tiny.matrix(*ADDITIVE, grain="year", **asked).cells
    for grain in ("day", "month"):
        cells = tiny.matrix(*ADDITIVE, grain=grain, **asked).cells
        assert {k: total(cells, k) for k in ADDITIVE} == {k: total(whole, k) for k in ADDITIVE}
    for slice_ in SLICES:
        cells = tiny.matrix(*ADDITIVE, grain="year", by=(slice_,), **asked).cells
        assert {k: total(cells, k) for k in ADDITIVE} == {k: total(whole, k) for k in ADDITIVE}


@given(shops())
@FEW
def test_sums_agree_with_adding_up_by_hand(tiny: TinyShop, rows: list[Row]) -> None:
    tiny.put(order_lines=rows)
    real = [r for r in rows if not r["is_brushing"]]
    paid = [r for r in real if str(r["paid_day"] or "").startswith("2017-02")]
    cells = {c.kpi: c for c in tiny.matrix(start="2017-02-01", end="2017-03-01").cells}
    if paid:
        assert cells["paid_amount"].value == sum(Decimal(str(r["payable_amount"])) for r in paid)
        assert cells["orders"].value == len({(r["shop_id"], r["order_id"]) for r in paid})
    buyers = {r["customer_id"] for r in paid} - {None}
    assert (cells["buyers"].value or 0) == len(buyers)
    ordered = [r for r in real if str(r["ordered_day"]).startswith("2017-02")]
    if ordered:
        assert cells["gmv"].value == sum(Decimal(str(r["payable_amount"])) for r in ordered)


@given(shops())
@FEW
def test_distinct_counts_of_a_year_lie_between_the_largest_and_the_sum_of_its_months(
    tiny: TinyShop, rows: list[Row]
) -> None:
    tiny.put(order_lines=rows)
    for kpi in ("buyers", "orders"):
        months = [int(c.value) for c in tiny.matrix(kpi).cells if c.value is not None]
        (year,) = tiny.matrix(kpi, grain="year", start="2017-01-01", end="2018-01-01").cells
        if months:
            assert max(months) <= int(year.value or 0) <= sum(months)


@given(shops(), st.randoms(use_true_random=False))
@FEW
def test_the_order_of_rows_says_nothing(tiny: TinyShop, rows: list[Row], random: Any) -> None:
    before = tiny.put(order_lines=rows).matrix(by=("category",)).cells
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert tiny.put(order_lines=shuffled).matrix(by=("category",)).cells == before


@given(shops())
@FEW
def test_shares_lie_between_nothing_and_everything(tiny: TinyShop, rows: list[Row]) -> None:
    cells = tiny.put(order_lines=rows).matrix(by=("platform",)).cells
    for cell in cells:
        if cell.unit == "share" and cell.value is not None:
            assert 0 <= cell.value <= 1, cell
    by_day = {(c.period, c.dims): [] for c in cells}  # type: ignore[var-annotated]
    for cell in cells:
        if cell.kpi in ("U1.within30", "U1.within90", "U1.within365") and cell.value is not None:
            by_day[cell.period, cell.dims].append(cell.value)
    assert all(a <= b for shares in by_day.values() for a, b in pairwise(shares))
