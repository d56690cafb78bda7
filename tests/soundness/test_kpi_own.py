"""Own measures fall into none of the traps that built-in ones avoid: doubled rows, added people, mixed currencies, mixed grains.

The shop of the fan-out trap, whose refunds must not multiply its sales:

    order_lines                       refunds
    order  line  buyer  amount        refund  order  amount
    o1     1     Li     60            r1      o1     5
    o1     2     Li     40            r2      o1     5
    o2     1     Wu     100           r3      o2     10
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from shopkeeper.errors import KpiDefinitionError
from tests.kpi_definitions import compiled, declare, indicator, measure, target
from tests.tiny_shop import TinyShop, line, noon


def test_refunds_beside_sales_multiply_nothing(tiny: TinyShop) -> None:
    declare(
        tiny.shop.folder,
        measure(
            "small_refunds", "amount", fact="refunds", day="ordered_day",
            more="where = \"amount < 8 and status = 'refunded'\"",
        ),
        measure("placed", day="ordered_day"),
        indicator("small_refund_share", "small_refunds", "placed"),
    )  # fmt: skip
    tiny.put(
        order_lines=[line("o1", "2017-03-01", "Li", 60), line("o1", "2017-03-01", "Li", 40, line_no=2),
                     line("o2", "2017-03-02", "Wu", 100)],
        refunds=[{"refund_id": f"r{n}", "order_id": order, "ordered_day": day, "refunded_day": "2017-03-09",
                  "refunded_at": noon("2017-03-09"), "amount": amount}
                 for n, (order, day, amount) in enumerate([("o1", "2017-03-01", 5), ("o1", "2017-03-01", 5),
                                                           ("o2", "2017-03-02", 10)])],
    )  # fmt: skip
    assert tiny.parts("small_refund_share", "2017-03") == (Decimal("10.00"), Decimal("200.00"))
    assert tiny.value("small_refund_share", "2017-03") == 0.05


def test_a_condition_on_platform_or_article_multiplies_no_row(tiny: TinyShop) -> None:
    declare(
        tiny.shop.folder,
        measure("own_site", more='where = "is_direct and is_online"'),
        measure("drinks", more="where = \"category = 'Drinks' and platform in ('tmall', 'site')\""),
        indicator("own_site_share", "own_site", "paid_amount"), indicator("drinks_paid", "drinks", unit="money"),
    )  # fmt: skip
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li", 10), line("o2", "2017-03-01", "Li", 30, shop_id="s2", sku_id="rice"),
                          line("o3", "2017-03-02", "Wu", 20, shop_id="s2", sku_id="coffee")])  # fmt: skip
    assert tiny.parts("own_site_share", "2017-03") == (Decimal("50.00"), Decimal("60.00"))
    assert tiny.value("drinks_paid", "2017-03") == Decimal("30.00")
    assert tiny.value("drinks_paid", "2017-03", category="Drinks") == Decimal("30.00")
    assert tiny.value("own_site_share", "2017-03", platform="site") == 1.0


def test_one_buyer_on_two_days_is_one_buyer_of_the_week(tiny: TinyShop) -> None:
    declare(
        tiny.shop.folder,
        measure("big_buyers", "customer_id", more='kind = "distinct"\nwhere = "payable_amount >= 10"'),
        indicator("big_buyer_count", "big_buyers", unit="count"), indicator("big_buyer_share", "big_buyers", "buyers"),
    )  # fmt: skip
    tiny.put(order_lines=[line("o1", "2017-03-06", "Li", 10), line("o2", "2017-03-07", "Li", 20),
                          line("o3", "2017-03-08", "Wu", 5), line("o4", "2017-03-09", "Wu", 4)])  # fmt: skip
    assert [tiny.value("big_buyer_count", f"2017-03-0{d}") for d in (6, 7, 8)] == [1, 1, 0]
    assert tiny.value("big_buyer_count", "2017-W10") == 1
    assert tiny.value("big_buyer_share", "2017-W10") == 0.5


def test_numbers_that_each_shop_gives_out_are_counted_within_their_shop(tiny: TinyShop) -> None:
    declare(
        tiny.shop.folder, measure("refund_cases", "refund_id", fact="refunds", day="refunded_day", more='kind = "distinct"'),
        indicator("refund_case_count", "refund_cases", unit="count"),
    )  # fmt: skip
    refund = {
        "refund_id": "r1", "order_id": "o1", "ordered_day": "2017-03-01", "refunded_day": "2017-03-02",
        "refunded_at": noon("2017-03-02"), "amount": 1,
    }  # fmt: skip
    tiny.put(order_lines=[line("o1", "2017-03-01")], refunds=[refund, refund | {"shop_id": "s2"}])
    assert tiny.value("refund_case_count", "2017-03") == 2


def test_days_and_articles_are_the_same_in_every_shop(tiny: TinyShop) -> None:
    declare(
        tiny.shop.folder, measure("articles", "sku_id", more='kind = "distinct"'),
        indicator("article_count", "articles", unit="count"),
    )  # fmt: skip
    tiny.put(
        order_lines=[line("o1", "2017-03-01"), line("o2", "2017-03-01", shop_id="s2")],
        stock_levels=[{"sku_id": "tea", "stock_day": "2017-03-01", "value": 50, "shop_id": s} for s in ("s1", "s2")],
        stock_moves=[{"move_id": "m1", "sku_id": "tea", "moved_at": noon("2017-03-01"), "moved_day": "2017-03-01",
                      "kind": "sale", "quantity": 1, "cost": 10, "warehouse_id": ""}],
    )  # fmt: skip
    assert tiny.value("article_count", "2017-03") == 1
    turnover = tiny.cell("S1", "2017-03-01")
    assert turnover.denominator == Decimal("100.00")  # the stock of one day, however many shops keep some


def test_a_level_has_days_and_never_a_week(tiny: TinyShop) -> None:
    declare(
        tiny.shop.folder,
        measure("lying", "value", fact="stock_levels", day="stock_day", more='over_time = "daily"'),
        indicator("stock_lying", "lying", unit="money"),
    )  # fmt: skip
    tiny.put(order_lines=[line("o1", "2017-03-06"), line("o2", "2017-03-07")],
             stock_levels=[{"sku_id": "tea", "stock_day": f"2017-03-0{d}", "value": 50} for d in (6, 7)])  # fmt: skip
    assert tiny.value("stock_lying", "2017-03-06") == Decimal("50.00")
    week = tiny.cell("stock_lying", "2017-W10")
    assert (week.value, week.missing) == (None, ("daily_only",))


def test_amounts_of_two_currencies_make_no_own_amount(tiny: TinyShop) -> None:
    declare(tiny.shop.folder, measure("own_paid"), indicator("own_paid_total", "own_paid", unit="money"))
    tiny.put(
        shops=[{"shop_id": s, "platform_id": p, "currency": c, "timezone": "Asia/Shanghai"}
               for s, p, c in (("s1", "tmall", "CNY"), ("s2", "site", "USD"))],
        order_lines=[line("o1", "2017-03-01", amount=10), line("o2", "2017-03-01", amount=20, shop_id="s2")],
    )  # fmt: skip
    assert tiny.cell("own_paid_total", "2017-03").missing == ("currency:CNY/USD",)
    assert tiny.cell("own_paid_total", "2017-03", shop="s2").unit == "USD"


def test_visits_that_only_some_shops_tell_by_session_make_no_own_count(tiny: TinyShop) -> None:
    declare(
        tiny.shop.folder,
        measure("carting", "visitor_id", fact="visits", day="visited_day", more='kind = "distinct"\nwhere = "added_to_cart"'),
        indicator("carting_people", "carting", unit="count"),
    )  # fmt: skip
    session = {"visit_id": "v1", "visited_day": "2017-03-01", "visitor_id": "a", "added_to_cart": True}
    daily = {
        "visit_id": "v2",
        "visited_day": "2017-03-01",
        "visitors": 9,
        "grain": "platform_day",
        "shop_id": "s2",
        "sessions": None,
    }
    lines = [line("o1", "2017-03-01"), line("o2", "2017-03-01", shop_id="s2")]
    assert tiny.put(order_lines=lines, visits=[session]).value("carting_people", "2017-03-01") == 1
    tiny.put(order_lines=lines, visits=[session, daily])
    whole = tiny.cell("carting_people", "2017-03-01")
    assert (whole.value, whole.missing) == (None, ("visits.visitor_id",))
    assert tiny.value("carting_people", "2017-03-01", shop="s1") == 1


def test_brushing_is_left_out_and_what_nobody_told_is_unknown(tiny: TinyShop) -> None:
    declare(
        tiny.shop.folder, measure("listed", "list_amount"), measure("filled", "coalesce(list_amount, 0) * 0.5"),
        indicator("listed_total", "listed", unit="money"), indicator("half_listed", "filled", unit="money"),
    )  # fmt: skip
    tiny.put(order_lines=[line("o1", "2017-03-01"), line("o2", "2017-03-01", is_brushing=True, list_amount=99)])
    assert tiny.value("half_listed", "2017-03") == Decimal("0.00")
    tiny.put(order_lines=[line("o1", "2017-03-01")])
    lacking = tiny.cell("listed_total", "2017-03")
    assert (lacking.value, lacking.missing) == (None, ("order_lines.list_amount",))
    tiny.put(
        order_lines=[line("o1", "2017-03-01", list_amount="0.0333"), line("o2", "2017-03-01", list_amount="0.0333")]
    )
    assert tiny.value("listed_total", "2017-03") == Decimal("0.0666")
    assert tiny.value("half_listed", "2017-03") == Decimal("0.0334")


def test_a_changed_file_changes_cells_at_once_and_a_broken_one_stops_them(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("o1", "2017-03-01", "Li", 10), line("o1", "2017-03-01", "Li", 5, line_no=2)])
    assert tiny.value("C4", "2017-03") == Decimal("15.00")
    path = declare(
        tiny.shop.folder, measure("lines_paid", "1"), indicator("!C4", "paid_amount", "lines_paid", unit="money")
    )
    assert tiny.value("C4", "2017-03") == Decimal("7.50")
    path.write_text("[[indicator]]", encoding="utf-8")
    with pytest.raises(KpiDefinitionError, match="kpis/own.toml"):
        tiny.value("C4", "2017-03")
    path.unlink()
    assert tiny.value("C4", "2017-03") == Decimal("15.00")


def test_two_versions_are_never_taken_for_each_other(tiny: TinyShop) -> None:
    from shopkeeper.kpi.matrix import matrix_for
    from shopkeeper.kpi.result import Request

    tiny.put(order_lines=[line("o1", "2017-03-01", "Li", 10), line("o2", "2017-03-01", "Wu", 5)])
    total = indicator("big", "big_paid", unit="money")
    versions = [compiled(measure("big_paid", more=f'where = "payable_amount > {n}"'), total).whole() for n in (7, 3)]
    values = [matrix_for(tiny.shop, Request("month", kpis=("big",)), v).cells[0].value for v in (*versions, *versions)]
    assert values == [Decimal(v) for v in ("10.00", "15.00", "10.00", "15.00")]


def test_a_target_of_a_platform_does_not_judge_another(tiny: TinyShop) -> None:
    from shopkeeper.core.period import Period
    from shopkeeper.kpi.score import score

    declare(
        tiny.shop.folder, target("C4", "2017-03-01", floor=1, baseline=5, target=10),
        target("C4", "2017-03-01", floor=10, baseline=20, target=30, more='platform = "site"'),
    )  # fmt: skip
    tiny.put(
        order_lines=[
            line("o0", "2017-02-01"),
            line("o1", "2017-03-01", "Li", 10),
            line("o2", "2017-03-31", "Wu", 20, shop_id="s2"),
        ]
    )
    matrix = tiny.matrix(by=("platform",))
    points = {
        (period, platform): score(matrix, tiny.shop, Period.parse(period), (("platform", platform),)).rows["C4"].points
        for period, platform in (("2017-02", "tmall"), ("2017-03", "tmall"), ("2017-03", "site"))
    }
    assert points == {("2017-02", "tmall"): None, ("2017-03", "tmall"): 1.0, ("2017-03", "site"): 0.6}


def test_roll_ups_hold_the_definitions_in_force_and_no_other(tiny: TinyShop) -> None:
    from shopkeeper.kpi.matrix import compute, matrix_for
    from shopkeeper.kpi.result import Request

    rolled = tiny.with_settings("[warehouse]\nrollups_from_lines = 0\n")
    tiny.put(
        order_lines=[
            line("o1", "2017-03-01", "Li", 10),
            line("o2", "2017-04-01", "Wu", 5),
            line("o3", "2017-04-02", "Wu", 8),
        ]
    )
    request = Request("month", by=("platform",), kpis=("big", "buyers_big"))
    for limit in (7, 3):
        text = (
            measure("big_paid", more=f'where = "payable_amount > {limit}"'), indicator("big", "big_paid", unit="money"),
            measure("big_people", "customer_id", more=f'kind = "distinct"\nwhere = "payable_amount > {limit}"'),
            indicator("buyers_big", "big_people", unit="count"),
        )  # fmt: skip
        declare(tiny.shop.folder, *text)
        assert matrix_for(rolled.shop, request).cells == compute(rolled.shop, request).cells
    assert [c.value for c in matrix_for(rolled.shop, request).cells] == [Decimal("10.00"), 1, Decimal("13.00"), 1]
    tiny.add(order_lines=[line("o4", "2017-03-09", "Wu", 4), line("o5", "2017-05-01", "Li", 2)])
    assert matrix_for(rolled.shop, request).cells == compute(rolled.shop, request).cells
    assert [c.value for c in matrix_for(rolled.shop, request).cells] == [
        Decimal("14.00"),
        2,
        Decimal("13.00"),
        1,
        Decimal("0.00"),
        0,
    ]
    home = tiny.shop.data_dir / "rollups" / "platform" / "current"
    version = home.read_text(encoding="utf-8")
    draft = compiled(measure("big_paid"), indicator("big", "big_paid", unit="money")).whole()
    values = [c.value for c in matrix_for(rolled.shop, Request("month", by=("platform",), kpis=("big",)), draft).cells]
    assert values == [Decimal("14.00"), Decimal("13.00"), Decimal("2.00")]
    assert home.read_text(encoding="utf-8") == version
