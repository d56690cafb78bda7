"""The rows behind a cell are those that made it: they add up to its parts, and show nobody."""

from __future__ import annotations

import pytest

from shopkeeper.core.period import Period
from shopkeeper.kpi.catalogue import INDICATORS, MEASURES
from shopkeeper.kpi.contributing import CONTRIBUTION, PEOPLE, contributions
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Filters, Request
from tests.full_shop import make_full
from tests.tiny_shop import TinyShop, line


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> TinyShop:
    return make_full(tmp_path_factory.mktemp("lineage") / "shop")


@pytest.mark.parametrize("filters", [(), (("platform", ("site",)),)])
def test_the_rows_of_every_ratio_add_up_to_its_numerator_and_denominator(full: TinyShop, filters: Filters) -> None:
    """Each part is counted anew from its rows; a cell that its own rows do not explain would be a second definition."""
    period = Period.parse("2020-06")
    able = [
        i for i in INDICATORS.values()
        if i.how == "ratio" and not i.minus and all(n in MEASURES for n in (*i.numerator, *i.denominator))
        and all(name in i.slices for name, _ in filters)
    ]  # fmt: skip
    request = Request("month", period.start, period.end, (), tuple(i.id for i in able), filters)
    matrix = matrix_for(full.shop, request)
    compared = 0
    for declared in able:
        cell = matrix.cell(declared.id, period)
        if cell is None or cell.value is None:
            continue
        values = {
            c.part.measure.id: c.value or 0 for c in contributions(full.shop, declared.id, period, filters, limit=1)
        }
        if not {*declared.numerator, *declared.denominator} <= set(values):
            continue  # told by another measure in this shop, such as platform visitors by day
        for names, part in ((declared.numerator, cell.numerator), (declared.denominator, cell.denominator)):
            told = sum(float(values[name]) for name in names)
            assert told == pytest.approx(float(part or 0), rel=1e-12), declared.id
            compared += 1
    assert compared >= 20


def test_people_are_numbers_that_still_tell_them_apart(tiny: TinyShop) -> None:
    """Three lines of two buyers, brushing left out: #1 and #2, and no name anywhere in the answer."""
    tiny.put(
        order_lines=[
            line("1", "2018-03-01", "Li Mei"), line("2", "2018-03-02", "Wang Wu"), line("3", "2018-03-03", "Li Mei"),
            line("4", "2018-03-04", "Fake", is_brushing=True), line("5", "2018-04-01", "Later"),
        ]
    )  # fmt: skip
    (buyers,) = contributions(tiny.shop, "buyers", Period.parse("2018-03"))
    assert (buyers.rows, buyers.value) == (3, 2)
    where = {name: buyers.columns.index(name) for name in (*PEOPLE[:1], CONTRIBUTION)}
    assert [row[where["customer_id"]] for row in buyers.sample] == ["#1", "#2", "#1"]
    assert {row[where[CONTRIBUTION]] for row in buyers.sample} == {"#1", "#2"}
    assert not any(name in str(buyers.sample) for name in ("Li Mei", "Wang", "Fake", "Later"))


def test_the_largest_rows_come_first_and_no_more_than_asked(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line(str(n), "2018-03-01", "Li", 10 + n) for n in range(9)])
    paid = contributions(tiny.shop, "paid_amount", Period.parse("2018-03"), limit=3)[0]
    assert [int(row[-1]) for row in paid.sample] == [18, 17, 16]  # type: ignore[call-overload]
    assert paid.rows == 9
    assert sum(f.rows for f in paid.files) == 9


def test_an_order_counts_once_within_its_shop(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[
            line("1", "2018-03-01"), line("1", "2018-03-01", line_no=2), line("1", "2018-03-01", shop_id="s2"),
        ]
    )  # fmt: skip
    orders = contributions(tiny.shop, "orders", Period.parse("2018-03"))[0]
    assert (orders.rows, orders.value) == (3, 2)
