"""What a profile must not get wrong: those who only returned, never ordered, got back more than they paid, and those unknown."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.customers import profiles
from shopkeeper.customers.history import history
from shopkeeper.customers.profiles import find, people_of, profile, shop_completeness
from shopkeeper.customers.store import forget
from shopkeeper.errors import NotFound, UsageError
from tests.full_shop import make_full
from tests.tiny_shop import TinyShop, line, make_tiny, noon


@pytest.fixture
def tiny(tmp_path: Path) -> TinyShop:
    return make_tiny(tmp_path / "shop")


def values(tiny: TinyShop, buyer: str) -> dict[str, Any]:
    people = people_of(tiny.shop)
    return profile(tiny.shop, people, find(tiny.shop, people, buyer)).values


def refund(number: str, order: str, buyer: str, amount: float, day: str = "2017-03-05") -> dict[str, object]:
    return {"refund_id": number, "order_id": order, "customer_id": buyer, "amount": amount, "refunded_at": noon(day),
            "refunded_day": day}  # fmt: skip


def test_a_customer_without_orders_has_zero_of_what_the_shop_counts_and_nothing_of_what_needs_an_order(
    tiny: TinyShop,
) -> None:
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li", 10)], customers=[{"customer_id": "Hong", "region": "Xian"}])
    found = values(tiny, "Hong")
    assert (found["orders"], found["paid"], found["lifecycle"], found["region"]) == (0, 0, "prospect", "Xian")
    assert not {"aov", "recency_days", "rfm_money", "top_category", "refunds"} & found.keys()


def test_a_buyer_who_only_returned_is_known_by_the_refund_alone(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li", 10)], refunds=[refund("r1", "o9", "Wang", 7)])
    found = values(tiny, "Wang")
    assert (found["orders"], found["refunds"], found["refund_amount"]) == (0, 1, Decimal(7))
    assert "refund_share" not in found


def test_refunds_above_what_was_paid_stay_above_one(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li", 10)], refunds=[refund("r1", "o1", "Li", 25)])
    assert values(tiny, "Li")["refund_share"] == pytest.approx(2.5)


def test_without_a_table_its_counts_are_unknown_and_do_not_lessen_completeness(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li", 10)])
    people = people_of(tiny.shop)
    known = profile(tiny.shop, people, find(tiny.shop, people, "Li"))
    assert not {"tickets", "reviews", "sessions", "refunds", "coupon_uses", "margin"} & (
        known.values.keys() | known.applicable
    )
    assert known.completeness == 1.0


def test_brushing_and_unpaid_orders_are_nobodys_buying(tiny: TinyShop) -> None:
    tiny.put(order_lines=[
        line("o1", "2017-03-01", "Li", 10), line("o2", "2017-03-02", "Li", 99, is_brushing=True),
        line("o3", "2017-03-03", "Li", 88, paid=None),
    ])  # fmt: skip
    assert (values(tiny, "Li")["orders"], values(tiny, "Li")["paid"]) == (1, Decimal(10))


def test_two_orders_of_one_number_in_two_shops_are_two(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li", 10), line("o1", "2017-03-11", "Li", 20, shop_id="s2")])
    found = values(tiny, "Li")
    assert (found["orders"], found["order_gap_days"], found["platforms"]) == (2, 10.0, 2)


def test_one_line_without_a_cost_leaves_the_margin_unknown(tiny: TinyShop) -> None:
    cost = {"sku_id": "tea", "valid_from": "2017-01-01", "unit_cost": 4}
    later = {"sku_id": "tea", "valid_from": "2017-03-02", "unit_cost": 6}
    rows = [
        line("o1", "2017-03-01", "Li", 10),
        line("o2", "2017-03-02", "Li", 10),
        line("o3", "2017-03-02", "Wang", 10, sku_id="gift"),
    ]
    tiny.put(order_lines=rows, sku_costs=[cost, later])
    assert values(tiny, "Li")["margin"] == Decimal(10)
    assert "margin" not in values(tiny, "Wang")


def test_a_load_mends_the_people_it_touched_as_if_all_were_made_anew(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[line("o1", "2017-03-01", "Li", 10), line("o2", "2017-03-02", "Wang", 20)],
        customers=[{"customer_id": "Li"}, {"customer_id": "Wang"}],
    )  # fmt: skip
    first = people_of(tiny.shop)
    tiny.add(order_lines=[line("o3", "2017-03-09", "Li", 30)], customers=[{"customer_id": "Zhao"}])
    second = people_of(tiny.shop)
    assert (second.layers, second.people, second.snapshot > first.snapshot) == (2, 3, True)
    columns = "* EXCLUDE (layer)"
    mended = tiny.shop.lake.query(f"SELECT {columns} FROM {second.profiles} ORDER BY ref").fetchall()
    found = history(tiny.shop.lake, second, find(tiny.shop, second, "Li"), 1)
    assert found == ()  # order lines alone: this shop was told of no orders
    (tiny.shop.data_dir / "people" / "current").unlink()
    anew = people_of(tiny.shop)
    assert anew.layers == 1
    assert tiny.shop.lake.query(f"SELECT {columns} FROM {anew.profiles} ORDER BY ref").fetchall() == mended


def test_a_search_takes_whole_keys_and_repeats_nothing(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("o1", "2017-03-01", "secret_name_1", 10)])
    people = people_of(tiny.shop)
    assert find(tiny.shop, people, " secret_name_1 ").startswith("c")
    with pytest.raises(NotFound) as told:
        find(tiny.shop, people, "secret_name_")
    assert "secret" not in str(told.value)
    with pytest.raises(UsageError):
        find(tiny.shop, people, " ")


def test_an_empty_shop_has_no_completeness(tiny: TinyShop) -> None:
    people = people_of(tiny.shop)
    assert (people.people, shop_completeness(tiny.shop, people)) == (0, (None, {}))


def test_people_made_few_at_a_time_are_those_made_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seventy-five people, seven at a time, made and then mended: every profile, rank and happening in its place."""
    made = make_full(tmp_path / "shop")

    def told() -> tuple[list[object], list[object]]:
        people = people_of(made.shop)
        rows = made.shop.lake.query(f"SELECT * EXCLUDE layer FROM {people.profiles}").fetchall()
        happened: list[object] = []
        for layer in range(people.layers):
            happened += made.shop.lake.query(
                f"SELECT h.* FROM {people.history(layer)} h SEMI JOIN (SELECT ref FROM {people.profiles} WHERE layer = {layer}) "
                "p USING (ref)"
            ).fetchall()
        assert rows == sorted(rows, key=lambda row: row[0])
        assert {path.name[0] for path in people.folder.iterdir()} & {"."} == set(), "no part is left"
        return rows, sorted(map(repr, happened))

    whole = told()
    assert len(whole[0]) == 75
    forget(made.shop.data_dir)
    monkeypatch.setattr(profiles, "PEOPLE_AT_ONCE", 7)
    assert told() == whole
    made.add(order_lines=[line(f"more{n}", "2021-02-20", f"b{n}", 30) for n in range(15)])
    mended = told()
    forget(made.shop.data_dir)
    monkeypatch.setattr(profiles, "PEOPLE_AT_ONCE", 10**6)
    assert told() == mended != whole
    made.shop.close()
