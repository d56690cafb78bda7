"""Merged identities: a buyer with accounts on two platforms is one buyer once One-ID says so, and two again when it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from shopkeeper.core.period import Period
from shopkeeper.kpi.contributing import contributions
from shopkeeper.kpi.matrix import compute, holdings
from shopkeeper.kpi.result import Request
from tests.contracts.test_engines import differences
from tests.full_shop import make_full, rows_of
from tests.linked_people import link_people
from tests.tiny_shop import Row, TinyShop, line, make_tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    """A lake of its own for each test: who is one person stays in a lake whatever else is put into it."""
    made = make_tiny(tmp_path / "tiny")
    yield made
    made.shop.close()


LI: list[Row] = [
    line("0", "2017-01-01", "Old"),
    line("1", "2018-03-01", "tb_li", shop_id="s1"), line("2", "2018-03-08", "dy_li", shop_id="s2"),
    line("3", "2018-03-09", "wu", shop_id="s2"), line("4", "2018-06-01", "wu", shop_id="s1"),
]  # fmt: skip


def test_one_buyer_on_two_platforms_linked_and_parted_again(tiny: TinyShop) -> None:
    """Li buys on Tmall on the 1st and on the site on the 8th, Wu on the site: 3 buyers, 2 persons, 3 buyers."""
    tiny.put(order_lines=LI)
    apart = {"buyers": 3, "U3": (0, 3), "T2": (0, 3)}
    joined = {"buyers": 2, "U3": (1, 2), "T2": (1, 2)}

    def told() -> dict[str, object]:
        return {
            "buyers": tiny.value("buyers", "2018-03"),
            "U3": tiny.parts("U3", "2018-03"),
            "T2": tiny.parts("T2", "2018-03"),
        }

    assert told() == apart
    link_people(tiny.shop, {"tb_li": "P1", "dy_li": "P1", "wu": None})
    assert told() == joined
    link_people(tiny.shop, {"tb_li": None, "dy_li": None, "wu": None}, "link-2")
    assert told() == apart
    assert holdings(tiny.shop).linked is None


def test_a_person_counts_once_in_each_slice_and_once_in_all(tiny: TinyShop) -> None:
    """Li is one of Tmall's buyers, one of the site's, and one of both: slices need not add up."""
    tiny.put(order_lines=LI)
    link_people(tiny.shop, {"tb_li": "P1", "dy_li": "P1"})
    assert tiny.value("buyers", "2018-03", platform="tmall") == 1
    assert tiny.value("buyers", "2018-03", platform="site") == 2
    assert tiny.value("buyers", "2018-03") == 2


def test_money_and_orders_are_those_of_before(tiny: TinyShop) -> None:
    """Three members of one person multiply no line: 3 orders of 10 in March stay 3."""
    tiny.put(order_lines=LI)
    before = [tiny.value(kpi, "2018-03") for kpi in ("paid_amount", "orders")]
    link_people(tiny.shop, dict.fromkeys(("tb_li", "dy_li", "wu"), "P1"))
    assert [tiny.value(kpi, "2018-03") for kpi in ("paid_amount", "orders")] == before
    assert tiny.value("buyers", "2018-03") == 1


def test_a_customer_who_is_called_like_a_person_is_nobody_else(tiny: TinyShop) -> None:
    """A source may number its customers P1, too: that one is not the person P1."""
    tiny.put(
        order_lines=[line("1", "2018-03-01", "tb_li"), line("2", "2018-03-02", "dy_li"), line("3", "2018-03-03", "P1")]
    )
    link_people(tiny.shop, {"tb_li": "P1", "dy_li": "P1"})
    assert tiny.value("buyers", "2018-03") == 2


def test_a_new_payer_who_bought_elsewhere_before_is_not_new(tiny: TinyShop) -> None:
    """Li paid on Tmall in 2017 and comes to the site in 2018 within a year: new there as an account, not as a person."""
    tiny.put(order_lines=[
        line("0", "2016-01-01", "Old"), line("1", "2017-09-01", "tb_li"), line("2", "2018-03-08", "dy_li", shop_id="s2"),
    ])  # fmt: skip
    assert tiny.value("new_buyers", "2018-03") == 1
    link_people(tiny.shop, {"tb_li": "P1", "dy_li": "P1"})
    assert tiny.value("new_buyers", "2018-03") == 0


def test_a_shop_counted_by_persons_is_one_whose_facts_name_persons(tmp_path: Path) -> None:
    """Every cell of a full shop with links is that of the same shop whose facts carry the person in place of the customer."""
    persons = {f"b{n}": f"P{n % 7}" for n in range(20)} | {f"once{n}": f"P{n % 5}" for n in range(0, 200, 9)}
    linked, renamed = (make_full(tmp_path / name) for name in ("linked", "renamed"))
    link_people(linked.shop, persons)
    rows = rows_of(Random(7))
    for table in rows.values():
        for row in table:
            if row.get("customer_id") in persons:
                row["customer_id"] = persons[str(row["customer_id"])]  # type: ignore[index]
    renamed.put(**rows)
    try:
        plain = compute(make_full(tmp_path / "plain").shop, Request("month"))
        for request in (Request("month"), Request("quarter", by=("shop",)), Request("week", by=("category",))):
            one, other = compute(linked.shop, request), compute(renamed.shop, request)
            wrong = differences(one, other)
            assert not wrong, wrong
            if request.by == ():
                moved = {a.kpi for a, b in zip(one.cells, plain.cells, strict=True) if a.value != b.value}
                assert {"buyers", "U3", "U2"} <= moved, "the links matter"
    finally:
        linked.shop.close()
        renamed.shop.close()


def test_rows_behind_a_count_of_persons_add_up_to_it(tiny: TinyShop) -> None:
    """Three lines of March, two of Li and one of Wu: two persons, and Li's lines carry one number."""
    tiny.put(order_lines=LI)
    link_people(tiny.shop, {"tb_li": "P1", "dy_li": "P1"})
    (buyers,) = contributions(tiny.shop, "buyers", Period.parse("2018-03"))
    assert (buyers.rows, buyers.value) == (3, 2)
    where = buyers.columns.index("customer_id")
    by_order = {row[buyers.columns.index("order_id")]: row[where] for row in buyers.sample}
    assert by_order["1"] == by_order["2"] != by_order["3"]


def test_a_matrix_says_by_which_run_its_buyers_are_persons(tiny: TinyShop) -> None:
    tiny.put(order_lines=LI)
    assert tiny.matrix("buyers").warnings() == ()
    link_people(tiny.shop, {"tb_li": "P1", "dy_li": "P1", "wu": None}, "link-77")
    (said,) = tiny.matrix("buyers").warnings()
    assert "link-77" in said
    assert "2 customers" in said
    assert "1 persons" in said


def test_the_past_is_told_by_what_was_known_then(tiny: TinyShop) -> None:
    """As of the snapshot before the run, Li is two buyers; as of the one after, one."""
    tiny.put(order_lines=LI)
    before = tiny.shop.lake.snapshot()
    link_people(tiny.shop, {"tb_li": "P1", "dy_li": "P1"})
    tiny.add(order_lines=[line("9", "2018-06-02", "later")])
    from shopkeeper.warehouse.shop import open_shop

    for snapshot, wanted in ((before, 3), (before + 1, 2)):
        then = open_shop(tiny.shop.folder, as_of=snapshot)
        try:
            cell = compute(then, Request("month", kpis=("buyers",))).cell("buyers", Period.parse("2018-03"))
            assert cell is not None
            assert cell.value == wanted
        finally:
            then.close()
