"""Cuts and filters: they agree with each other, and an indicator without a dimension says so instead of guessing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shopkeeper.kpi.catalogue import INDICATORS
from shopkeeper.kpi.definition import SLICES
from tests.tiny_shop import TinyShop, line


@pytest.fixture
def two_platforms(tiny: TinyShop) -> TinyShop:
    """March at Tmall: tea 10, rice 20, an article without category 40, an unknown article 80; at the site: tea 100."""
    return tiny.put(
        order_lines=[
            line("1", "2017-03-01", "Li", 10, channel_id="live"), line("2", "2017-03-02", "Wu", 20, sku_id="rice"),
            line("3", "2017-03-03", "Li", 40, sku_id="gift"), line("4", "2017-03-03", "Li", 80, sku_id="?"),
            line("5", "2017-03-04", "Li", 100, shop_id="s2"), line("6", "2017-03-31", "Li", 0, paid=None, shop_id="s2"),
        ],
        ledger_entries=[{"entry_id": "e", "booked_day": "2017-03-01", "kind": "labour", "amount": 25}],
    )  # fmt: skip


def test_articles_without_a_category_are_a_slice_of_their_own(two_platforms: TinyShop) -> None:
    assert two_platforms.value("paid_amount", "2017-03", category=None) == 120
    assert two_platforms.value("paid_amount", "2017-03", category="Drinks") == 110
    assert two_platforms.value("paid_amount", "2017-03", category="Food") == 20


@pytest.mark.parametrize(
    ("values", "amount"), [(("Drinks",), 110), (("Drinks", "Food"), 130), ((None,), 120), (("Food", None), 140)]
)
def test_a_filter_takes_several_values_and_the_unknown_one(
    two_platforms: TinyShop, values: tuple[str | None, ...], amount: int
) -> None:
    assert two_platforms.value("paid_amount", "2017-03", filters=(("category", values),)) == amount


def test_filters_of_two_dimensions_both_hold(two_platforms: TinyShop) -> None:
    both = (("category", ("Drinks",)), ("platform", ("site",)))
    assert two_platforms.value("paid_amount", "2017-03", filters=both) == 100


def test_a_filter_that_nothing_meets_is_unknown_and_no_error(two_platforms: TinyShop) -> None:
    cell = two_platforms.cell("paid_amount", "2017-03", filters=(("category", ("Shoes",)),))
    assert (cell.value, cell.status, cell.missing) == (None, "missing", ("empty",))


@pytest.mark.parametrize("kpi", ["paid_amount", "orders", "buyers", "C4", "T2", "D1", "U1"])
def test_a_cut_and_the_same_filter_give_the_same_cell(two_platforms: TinyShop, kpi: str) -> None:
    for name, value in (("platform", "site"), ("category", None), ("channel", "live"), ("shop", "s1")):
        cut = two_platforms.cell(kpi, "2017-03", **{name: value})
        kept = two_platforms.cell(kpi, "2017-03", filters=((name, (value,)),))  # type: ignore[arg-type]
        assert (cut.value, cut.numerator, cut.denominator) == (kept.value, kept.numerator, kept.denominator)


@pytest.mark.parametrize("slice_", SLICES)
def test_an_indicator_that_cannot_be_cut_cannot_be_filtered_either(two_platforms: TinyShop, slice_: str) -> None:
    """Else K4 by category is 0 %: the costs have no category and fall away."""
    wanted = tuple(i.id for i in INDICATORS.values() if slice_ not in i.slices)
    matrix = two_platforms.matrix(*wanted, filters=((slice_, ("Drinks",)),))  # type: ignore[arg-type]
    assert {c.kpi: c.status for c in matrix.cells if c.status != "not_sliceable"} == {}


@pytest.mark.parametrize("slice_", SLICES)
def test_an_indicator_that_cannot_be_cut_says_so(two_platforms: TinyShop, slice_: str) -> None:
    wanted = tuple(i.id for i in INDICATORS.values() if slice_ not in i.slices)
    cells = two_platforms.matrix(*wanted, "paid_amount", by=(slice_,)).cells  # type: ignore[arg-type]
    assert {(c.status, c.value, c.missing) for c in cells if c.kpi != "paid_amount"} == {
        ("not_sliceable", None, (f"no_slice:{slice_}",))
    }


def test_data_coverage_of_one_platform_is_the_same_cut_or_filtered(two_platforms: TinyShop) -> None:
    shop = two_platforms.with_settings('[coverage]\nrequired = ["order_lines"]\n')
    assert shop.parts("D3", "2017-03", platform="tmall") == (3, 31)
    assert shop.parts("D3", "2017-03", platform="site") == (2, 31)
    kept = shop.cell("D3", "2017-03", filters=(("platform", ("tmall",)),))
    assert (kept.numerator, kept.denominator) == (3, 31)


def test_amounts_of_all_slices_add_up_to_the_whole(two_platforms: TinyShop) -> None:
    for slice_ in SLICES:
        cells = two_platforms.matrix("paid_amount", by=(slice_,)).cells
        assert sum(c.value for c in cells if isinstance(c.value, Decimal)) == 250, slice_


def test_two_cuts_at_once_show_only_combinations_that_occur(two_platforms: TinyShop) -> None:
    matrix = two_platforms.matrix("paid_amount", by=("platform", "category"))
    assert {tuple(v for _, v in dims) for dims in matrix.slices()} == {
        ("tmall", "Drinks"), ("tmall", "Food"), ("tmall", None), ("site", "Drinks"),
    }  # fmt: skip
