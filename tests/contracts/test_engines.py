"""Whoever computes the matrix, its cells are the same: every indicator × period × dimension, by DuckDB and by Spark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import get_args

import pytest

from shopkeeper.core.period import Grain
from shopkeeper.kpi.availability import Holdings, read_holdings
from shopkeeper.kpi.catalogue import INDICATORS
from shopkeeper.kpi.definition import SLICES, Slice
from shopkeeper.kpi.matrix import compute
from shopkeeper.kpi.result import Cell, Filters, Matrix, Request
from shopkeeper.warehouse.engines import reading
from tests.full_shop import make_full
from tests.linked_people import link_people
from tests.spark_shops import by_spark
from tests.tiny_shop import TinyShop

pytestmark = pytest.mark.spark
FULL_GRID = os.environ.get("ENGINE_GRID") == "full"

# Indicators whose cells differ, and why nothing can be done about it here. One that agrees after all fails the test.
GAPS: dict[str, str] = {}
# Sums of measured numbers, whose last digits depend on the order of adding.
MEASURED = {"detection_latency"}
CUTS: tuple[tuple[Slice, ...], ...] = ((), *((slice_,) for slice_ in SLICES))
# Every grain and every cut once; ENGINE_GRID=full holds each grain to each cut, which takes Spark some minutes.
GRID = [(grain, by) for n, grain in enumerate(get_args(Grain)) for m, by in enumerate(CUTS) if n == m or FULL_GRID]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyShop]:
    made = make_full(tmp_path_factory.mktemp("full") / "shop")
    yield made
    made.shop.close()


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyShop]:
    """Of more than two years: a cohort that had no earlier purchase for one has been followed for another."""
    made = make_full(tmp_path_factory.mktemp("long") / "shop", days=850)
    yield made
    made.shop.close()


def same(one: object, other: object, *, measured: bool) -> bool:
    """Equal and of one type; what was never exact, to twelve digits."""
    if type(one) is type(other) and (isinstance(one, float) or (measured and isinstance(one, Decimal))):
        return abs(float(one) - float(str(other))) <= 1e-12 * max(1.0, abs(float(one)))
    return type(one) is type(other) and one == other


def differences(one: Matrix, other: Matrix) -> dict[str, list[str]]:
    """What two matrices tell differently, by indicator."""
    found: dict[str, list[str]] = {}
    assert one.slices() == other.slices()
    for a, b in zip(one.cells, other.cells, strict=True):
        assert (a.kpi, a.period, a.dims) == (b.kpi, b.period, b.dims)
        measured = a.kpi in MEASURED
        if not all(same(getattr(a, f.name), getattr(b, f.name), measured=measured) for f in fields(Cell)):
            found.setdefault(a.kpi, []).append(f"{a} by DuckDB, {b} by Spark")
    return found


def compared(full: TinyShop, request: Request) -> Matrix:
    """The matrix, when both engines agree on all but the known gaps."""
    by_duckdb = compute(full.shop, request)
    found = differences(by_duckdb, compute(by_spark(full.shop), request))
    assert set(found) == set(GAPS), {kpi: told[:3] for kpi, told in found.items()}
    return by_duckdb


@pytest.mark.parametrize(
    ("grain", "by"), GRID, ids=lambda told: told if isinstance(told, str) else "-".join(told) or "whole"
)
def test_every_cell_is_the_same(full: TinyShop, grain: Grain, by: tuple[Slice, ...]) -> None:
    matrix = compared(full, Request(grain, by=by))
    assert len({c.kpi for c in matrix.cells}) == len(INDICATORS)
    assert sum(isinstance(c.value, Decimal) for c in matrix.cells) > 10


def test_every_indicator_that_can_be_computed_has_been(full: TinyShop) -> None:
    told = {
        c.kpi
        for grain, by in (("month", ()), ("month", ("shop",)), ("day", ()))
        for c in compute(full.shop, Request(grain, by=by)).cells
        if c.value is not None
    }
    assert set(INDICATORS) - told == {"K3"}, "two years before a cohort has been followed for one; see below"


@pytest.mark.parametrize(("grain", "by"), [("month", ()), ("week", ("platform",)), ("quarter", ("category",))])
def test_both_count_the_same_persons(full: TinyShop, grain: Grain, by: tuple[Slice, ...]) -> None:
    """After a run of One-ID that takes customers of several shops for one person."""
    kpis = ("buyers", "new_buyers", "U2", "U3", "T2", "K1")
    link_people(full.shop, {f"b{n}": f"P{n % 6}" for n in range(20)})
    joined = compared(full, Request(grain, by=by, kpis=kpis))
    assert read_holdings_of(full).linked
    link_people(full.shop, {f"b{n}": None for n in range(20)}, "link-2")
    apart = compared(full, Request(grain, by=by, kpis=kpis))
    assert joined.cells != apart.cells


def read_holdings_of(full: TinyShop) -> Holdings:
    with reading(full.shop.lake, by_spark(full.shop).settings.engine) as engine:
        return read_holdings(engine)


@pytest.mark.parametrize("by", [(), ("shop",), ("channel",)], ids=lambda by: "-".join(by) or "whole")
def test_what_new_payers_left_in_their_year_is_the_same(long: TinyShop, by: tuple[Slice, ...]) -> None:
    matrix = compared(long, Request("month", by=by, kpis=("K3", "gross_margin", "contribution_margin")))
    assert any(c.kpi == "K3" and c.value for c in matrix.cells)


@pytest.mark.parametrize(
    "filters",
    [(("category", ("Drinks", None)),), (("platform", ("site",)), ("shop", ("s2", "it's"))), (("channel", (None,)),)],
)
def test_part_of_the_business_is_the_same(full: TinyShop, filters: Filters) -> None:
    compared(full, Request("quarter", by=("shop",), filters=filters))


def test_several_dimensions_at_once_are_the_same(full: TinyShop) -> None:
    compared(full, Request("week", by=("platform", "category", "channel")))


def test_both_see_the_same_holdings(full: TinyShop) -> None:
    shops = (full.shop, by_spark(full.shop))
    found = []
    for shop in shops:
        with reading(shop.lake, shop.settings.engine) as engine:
            found.append(read_holdings(engine))
    assert found[0] == found[1]
    assert len(found[0].filled) > 30
