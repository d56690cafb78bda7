"""Figures of one platform: a source that it lacks is never a 0, and both sides of a share rest on the same rows."""

from __future__ import annotations

import pytest

from shopkeeper.kpi.packs import PACKS, pack_of, pack_request, platforms_of, with_platform_needs
from shopkeeper.kpi.result import Request
from tests.tiny_shop import TinyShop, line, noon


def test_a_platform_that_hides_its_buyers_has_no_conversion_instead_of_none(tiny: TinyShop) -> None:
    """s1 (tmall) names its buyers, s2 (site) names none: 0 buyers of 50 visitors would be a conversion of 0 %."""
    tiny.put(
        order_lines=[line("1", "2018-03-01", "Li"), line("2", "2018-03-01", None, shop_id="s2")],
        visits=[
            {"visit_id": f"v{n}", "visited_day": "2018-03-01", "visitor_id": f"w{n}", "shop_id": shop}
            for n, shop in enumerate(["s1"] * 4 + ["s2"] * 50)
        ],
    )
    assert tiny.parts("C1", "2018-03", platform="tmall") == (1, 4)
    hidden = tiny.cell("C1", "2018-03", platform="site")
    assert (hidden.value, hidden.missing) == (None, ("order_lines.customer_id",))
    assert tiny.cell("buyers", "2018-03", platform="site").missing == ("order_lines.customer_id",)
    assert tiny.value("buyers", "2018-03", platform="tmall") == 1
    assert tiny.value("orders", "2018-03", platform="site") == 1


def test_a_share_of_clicks_rests_on_rows_that_tell_both_sides(tiny: TinyShop) -> None:
    """5 of 100 from the row that tells both; 7 clicks without impressions and 900 impressions without clicks are left out."""
    tiny.put(
        order_lines=[line("1", "2018-03-01")],
        ad_spend=[
            {"ad_id": "a", "spent_day": "2018-03-01", "amount": "10", "clicks": 5, "impressions": 100},
            {"ad_id": "b", "spent_day": "2018-03-02", "amount": "4", "clicks": 7, "impressions": None},
            {"ad_id": "c", "spent_day": "2018-03-03", "amount": "100", "clicks": None, "impressions": 900},
        ],
    )
    assert tiny.parts("ad_click_rate", "2018-03") == (5, 100)
    cost = tiny.cell("ad_click_cost", "2018-03")
    assert (str(cost.numerator), cost.denominator, str(cost.value)) == ("14.00", 12, "1.1667")
    assert str(tiny.value("ad_cost_share", "2018-03")) == "11.4"


def test_seeding_takes_saves_of_content_that_is_read(tiny: TinyShop) -> None:
    """A video saved 50 times and never a text that is read says nothing about readers: 3 of 40, read by 40 of 200."""
    tiny.put(
        order_lines=[line("1", "2018-03-01")],
        content_stats=[
            {"content_id": "n", "stat_day": "2018-03-01", "kind": "note", "reads": 40, "saves": 3, "impressions": 200},
            {"content_id": "v", "stat_day": "2018-03-01", "plays": 900, "saves": 50, "impressions": 5000},
        ],
    )
    assert tiny.parts("N3.seeding", "2018-03") == (3, 40)
    assert tiny.parts("content_read_rate", "2018-03") == (40, 200)


def test_parcels_still_on_the_way_do_not_shorten_the_delivery_time(tiny: TinyShop) -> None:
    """One parcel took a day and a half, one has not arrived: 1.5 days."""
    tiny.put(
        order_lines=[line("1", "2018-03-01")],
        shipments=[
            {"shipment_id": "p1", "order_id": "1", "due_day": "2018-03-02", "shipped_at": noon("2018-03-02"),
             "delivered_at": "2018-03-03 16:00:00+00"},
            {"shipment_id": "p2", "order_id": "1", "due_day": "2018-03-02", "shipped_at": noon("2018-03-02")},
        ],
    )  # fmt: skip
    assert tiny.value("delivery_days", "2018-03") == pytest.approx(1.5, rel=1e-12)
    assert tiny.parts("delivery_days", "2018-03")[1] == 1


def test_reviews_of_brushing_orders_praise_nothing(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[line("1", "2018-03-01"), line("fake", "2018-03-01", "Wu", is_brushing=True)],
        reviews=[
            {"review_id": name, "order_id": order, "reviewed_day": "2018-03-05", "reviewed_at": noon("2018-03-05"),
             "stars": stars, "sku_id": "tea"}
            for name, order, stars in (("r1", "1", 2), ("r2", "fake", 5), ("r3", None, 4), ("r4", "1", None))
        ],
    )  # fmt: skip
    assert tiny.parts("good_review_share", "2018-03") == (1, 2)


def test_interactions_and_content_sales_stand_beside_orders(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[line("1", "2018-03-01", None, 30), line("2", "2018-03-02", None, 50)],
        content_stats=[
            {"content_id": "n", "stat_day": "2018-03-01", "likes": 5, "saves": 3, "attributed_amount": "20"},
        ],
    )
    assert tiny.parts("interaction_conversion", "2018-03") == (2, 8)
    assert tiny.value("content_sales_share", "2018-03") == pytest.approx(0.25, rel=1e-15)
    assert tiny.value("units_per_order", "2018-03") == 1


def test_a_new_buyer_share_needs_a_year_before_and_counts_each_buyer_once(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[
            line("0", "2016-01-01", "Old"), line("1", "2018-03-01", "Old"), line("2", "2018-03-02", "New"),
            line("3", "2017-12-24", "Li"), line("4", "2018-03-02", "Li"), line("5", "2018-03-09", "New"),
        ]
    )  # fmt: skip
    assert tiny.parts("new_buyer_share", "2018-03") == (2, 3)
    assert tiny.cell("new_buyer_share", "2016-01").missing[0].startswith("history:")


def test_a_pack_says_which_source_its_own_platform_lacks(tiny: TinyShop) -> None:
    """Tmall tells ads and content, the site nothing of either: there "–" names them, though the shop has both tables."""
    tiny.put(
        order_lines=[line("1", "2018-03-01"), line("2", "2018-03-01", None, shop_id="s2")],
        ad_spend=[
            {"spent_day": "2018-03-01", "amount": "10", "clicks": 5, "impressions": 100, "attributed_amount": "30"}
        ],
    )
    request = pack_request(pack_of("site"), Request("month"), ("site",))
    told = with_platform_needs(tiny.shop, tiny.matrix(*request.kpis, filters=request.filters), ("site",))
    assert {c.kpi: c.missing for c in told.cells if c.kpi in ("roas", "C4")} == {
        "roas": ("ad_spend",), "C4": ("order_lines.customer_id",),
    }  # fmt: skip
    bought = next(c for c in told.cells if c.kpi == "paid_amount")
    assert (str(bought.value), bought.missing) == ("10.00", ())


def test_each_pack_finds_its_platforms_by_name_or_by_kind(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[line("1", "2018-03-01")],
        platforms=[
            {"platform_id": "taobao", "is_online": True, "is_direct": False},
            {"platform_id": "tmall", "is_online": True, "is_direct": False},
            {"platform_id": "app", "is_online": True, "is_direct": True},
            {"platform_id": "till", "is_online": False, "is_direct": True},
            {"platform_id": "unknown"},
        ],
    )
    found = {pack.id: platforms_of(tiny.shop, pack) for pack in PACKS.values()}
    assert {k: v for k, v in found.items() if v} == {
        "tmall": ("tmall", "taobao"),
        "site": ("app",),
        "stores": ("till",),
    }
