"""Visits, costs, refunds, service, content, stock, decisions: figures by hand, and "–" where a source is silent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.tiny_shop import Row, TinyShop, line, noon

MARCH = [line("1", "2017-03-01"), line("2", "2017-03-31", "Wu", 30)]


def visit(number: int, day: str, visitor: str | None, origin: str = "organic", **more: object) -> Row:
    return {"visit_id": f"v{number}", "visited_day": day, "visitor_id": visitor, "origin": origin, **more}


def platform_day(day: str, visitors: int, **more: object) -> Row:
    row = {"grain": "platform_day", "visit_id": f"{day}", "visited_day": day, "visitors": visitors, "sessions": None}
    return row | {"carting_visitors": visitors // 5} | more


def test_visitors_are_distinct_over_the_period(tiny: TinyShop) -> None:
    """Ann comes on two days, Ben once: 2 visitors of March, 3 sessions; Li and Wu paid 40: C1 = 2 ÷ 2, T3 = 40 ÷ 2."""
    visits = [
        visit(1, "2017-03-01", "Ann"),
        visit(2, "2017-03-02", "Ann", added_to_cart=True),
        visit(3, "2017-03-02", "Ben"),
    ]
    tiny.put(order_lines=MARCH, visits=visits, ad_spend=[{"spent_day": "2017-03-04", "amount": 8}])
    assert tiny.parts("C1", "2017-03") == (2, 2)
    assert tiny.parts("C1.sessions", "2017-03") == (2, 3)
    assert tiny.value("T3", "2017-03") == 20
    assert tiny.parts("C2", "2017-03") == (1, 2)
    assert tiny.value("T1", "2017-03") == Decimal("0.25")


def test_a_platforms_daily_visitors_work_by_day_and_are_refused_for_longer(tiny: TinyShop) -> None:
    """100 on the 1st, 50 on the 31st: nobody knows how many of March; on the 1st one buyer of 100, 10 ÷ 100 a visitor."""
    tiny.put(order_lines=MARCH, visits=[platform_day("2017-03-01", 100), platform_day("2017-03-31", 50)])
    assert tiny.value("C1", "2017-03-01") == 0.01
    assert tiny.value("T3", "2017-03-01") == Decimal("0.1")
    assert tiny.value("C2", "2017-03-31") == 0.2
    for period in ("2017-03", "2017-W09", "2017"):
        for kpi in ("C1", "T3", "C2"):
            cell = tiny.cell(kpi, period)
            assert (cell.value, cell.missing) == (None, ("daily_only",)), (kpi, period)


def test_an_articles_visitors_are_not_added_to_the_shops(tiny: TinyShop) -> None:
    """The shop had 100 visitors; its pages of tea 80 and rice 60 are the same people."""
    tiny.put(
        order_lines=MARCH,
        visits=[
            platform_day("2017-03-01", 100), platform_day("2017-03-01", 80, visit_id="tea", sku_id="tea"),
            platform_day("2017-03-01", 60, visit_id="rice", sku_id="rice"),
        ],
    )  # fmt: skip
    assert tiny.parts("C1", "2017-03-01") == (1, 100)


def test_sessions_of_one_shop_and_daily_figures_of_another_are_never_taken_for_all(tiny: TinyShop) -> None:
    """S1 knows its 2 visitors, s2 only a daily 1,000: dividing everything by 2 would be wrong by far."""
    tiny.put(
        order_lines=[line("1", "2017-03-01"), line("2", "2017-03-01", "Wu", 990, shop_id="s2")],
        visits=[
            visit(1, "2017-03-01", "Ann"), visit(2, "2017-03-01", "Ben"),
            dict(platform_day("2017-03-01", 1000, origin="organic")) | {"shop_id": "s2"},
        ],
    )  # fmt: skip
    for period in ("2017-03-01", "2017-03"):
        assert tiny.value("T3", period) in (None, Decimal("0.998"))
        assert tiny.cell("C1", period).denominator in (None, 1002)
    assert tiny.parts("C1", "2017-03-01") == (2, 1002)
    assert tiny.cell("C1", "2017-03").missing == ("daily_only",)
    assert tiny.parts("C1", "2017-03", shop="s1") == (1, 2), "the shop of sessions has its month"
    assert tiny.cell("C1", "2017-03", shop="s2").missing == ("daily_only",)
    assert tiny.parts("C1", "2017-03", filters=(("platform", ("tmall",)),)) == (1, 2)
    assert tiny.cell("T4", "2017-03-01").missing == ("visits.visitor_id",), (
        "origins of the daily 1,000 are not of people"
    )
    assert tiny.cell("C1.sessions", "2017-03-01").missing == ("visits.sessions",)


def test_a_shop_without_visitors_is_left_out_on_both_sides(tiny: TinyShop) -> None:
    """S2 sells 990 and spends 50 but tells no visitors: 10 ÷ 2 and 1 buyer of 2, not 1,000 ÷ 2 and 2 of 2."""
    visits = [visit(1, "2017-03-01", "Ann"), visit(2, "2017-03-01", "Ben")]
    spend = [{"spent_day": "2017-03-01", "amount": 4}, {"spent_day": "2017-03-01", "amount": 50, "shop_id": "s2"}]
    tiny.put(
        order_lines=[line("1", "2017-03-01"), line("2", "2017-03-01", "Wu", 990, shop_id="s2")], visits=visits, ad_spend=spend
    )  # fmt: skip
    assert tiny.parts("T3", "2017-03") == (10, 2)
    assert tiny.parts("C1", "2017-03") == (1, 2)
    assert tiny.parts("T1", "2017-03") == (2, 4)
    assert tiny.value("paid_amount", "2017-03") == 1000
    assert any("s2" in warning for warning in tiny.matrix("T3").warnings("zh"))
    assert tiny.value("C1", "2017-03", shop="s2") is None


def test_a_shop_that_tells_its_visitors_in_two_ways_is_not_added_up(tiny: TinyShop) -> None:
    """The pixel saw Ann, the platform says 100: neither 101 nor one of the two is the truth."""
    tiny.put(
        order_lines=[*MARCH, line("3", "2017-03-01", "Xi", shop_id="s2")],
        visits=[
            visit(1, "2017-03-01", "Ann"), platform_day("2017-03-01", 100),
            dict(visit(1, "2017-03-01", "Eve")) | {"shop_id": "s2"},
        ],
    )  # fmt: skip
    assert tiny.cell("C1", "2017-03-01").missing == ("visits_twice:s1",)
    assert tiny.cell("C1", "2017-03-01", shop="s1").missing == ("visits_twice:s1",)
    assert tiny.parts("C1", "2017-03", shop="s2") == (1, 1)
    assert tiny.parts("C1", "2017-03", filters=(("platform", ("site",)),)) == (1, 1)


def test_visitors_of_a_shop_that_hides_its_buyers_are_divided_by_nobody(tiny: TinyShop) -> None:
    """S1 sold to one of 2 visitors; s2 had 98 and names none of its buyers: 1 ÷ 2 of those who can be told, never 1 ÷ 100."""
    hidden = [line("2", "2017-03-01", None, 990, shop_id="s2")]
    other = dict(platform_day("2017-03-01", 98)) | {"shop_id": "s2"}
    visits = [visit(1, "2017-03-01", "Ann"), visit(2, "2017-03-01", "Ben"), other]
    tiny.put(order_lines=[line("1", "2017-03-01"), *hidden], visits=visits)
    assert tiny.parts("C1", "2017-03-01") == (1, 2)
    assert tiny.cell("C1", "2017-03-01", shop="s2").missing == ("order_lines.customer_id",)
    assert tiny.parts("C1", "2017-03-01", shop="s1") == (1, 2)
    assert tiny.cell("C1", "2017-03-01", shop="s2").value is None
    assert tiny.parts("T3", "2017-03-01") == (1000, 100), "money needs no names"
    assert tiny.parts("C1", "2017-03") == (1, 2), "s2's daily figure, which makes no month, is of nobody counted here"
    assert tiny.cell("T3", "2017-03").missing == ("daily_only",)


def test_carting_is_set_against_the_visitors_of_those_who_tell_it(tiny: TinyShop) -> None:
    """S1: 20 of 100 put something in; s2's 900 visitors are known, their carts are not."""
    other = dict(platform_day("2017-03-01", 900, carting_visitors=None)) | {"shop_id": "s2"}
    tiny.put(order_lines=MARCH, visits=[platform_day("2017-03-01", 100), other])
    assert tiny.parts("C2", "2017-03-01") == (20, 100)


def test_slices_are_listed_although_nothing_asked_for_can_be_told(tiny: TinyShop) -> None:
    tiny.put(order_lines=[*MARCH, line("3", "2017-03-01", shop_id="s2")])
    cells = tiny.matrix("T3", by=("shop",)).cells
    assert [(dict(c.dims)["shop"], c.missing) for c in cells] == [("s1", ("visits",)), ("s2", ("visits",))]


def test_organic_share_needs_one_known_origin_for_every_visit(tiny: TinyShop) -> None:
    """Ann organic, Ben paid, Cai owned: 2 of 3. One visit of unknown origin: unknown."""
    visits = [
        visit(1, "2017-03-01", "Ann"),
        visit(2, "2017-03-01", "Ben", "paid"),
        visit(3, "2017-03-01", "Cai", "owned"),
    ]
    tiny.put(order_lines=MARCH, visits=visits)
    assert tiny.parts("T4", "2017-03") == (2, 3)
    tiny.put(order_lines=MARCH, visits=[*visits, visit(4, "2017-03-09", "Dai", "unknown")])
    assert tiny.cell("T4", "2017-03").missing == ("visits.origin",)
    tiny.put(order_lines=MARCH, visits=[*visits, dict(visit(4, "2017-03-09", "Dai")) | {"origin": None}])
    assert tiny.value("T4", "2017-03") is None


def test_acquisition_cost_waits_for_the_purpose_of_all_spend(tiny: TinyShop) -> None:
    """8 to win buyers, 92 of which nobody says what for: neither 8 nor 100 is the cost of acquisition."""
    known = {"spent_day": "2017-03-04", "amount": 8}
    told = [known, {"spent_day": "2017-03-04", "amount": 92, "is_acquisition": None, "campaign_id": "q"}]
    tiny.put(order_lines=MARCH, visits=[visit(1, "2017-03-01", "Ann")], ad_spend=told)
    assert tiny.cell("T1", "2017-03").missing == ("ad_spend.is_acquisition",)
    tiny.put(order_lines=MARCH, visits=[visit(1, "2017-03-01", "Ann")], ad_spend=[known])
    assert tiny.parts("T1", "2017-03") == (1, 8)


def test_months_without_any_visit_data_have_no_conversion(tiny: TinyShop) -> None:
    tiny.put(order_lines=[*MARCH, line("3", "2017-04-30")], visits=[visit(1, "2017-03-01", "Ann")])
    assert [c.value for c in tiny.matrix("C1").cells] == [2.0, None]


def test_operating_cost_is_set_against_revenue_after_refunds(tiny: TinyShop) -> None:
    """Costs 10 + 5 (rent is not operating), receivable 100 + 60, refunded 10 in March: 15 ÷ 150 and net revenue 150."""
    tiny.put(
        order_lines=[
            line("1", "2017-03-01", amount=90, receivable_amount=100), line("2", "2017-03-31", "Wu", 60, receivable_amount=60)
        ],
        refunds=[
            {"refund_id": "a", "order_id": "1", "ordered_day": "2017-03-01", "refunded_day": "2017-03-09",
             "refunded_at": noon("2017-03-09"), "amount": 10},
            {"refund_id": "b", "order_id": "2", "ordered_day": "2017-03-31", "refunded_day": "2017-03-31",
             "refunded_at": noon("2017-03-31"), "amount": 60, "status": "requested"},
        ],
        ledger_entries=[
            {"entry_id": "1", "booked_day": "2017-03-02", "kind": "labour", "amount": 10},
            {"entry_id": "2", "booked_day": "2017-03-03", "kind": "platform_fee", "amount": 5},
            {"entry_id": "3", "booked_day": "2017-03-03", "kind": "rent", "amount": 500},
        ],
    )  # fmt: skip
    assert tiny.parts("K4", "2017-03") == (15, 150)
    assert tiny.value("K4", "2017-03") == 0.1
    assert tiny.value("net_revenue", "2017-03") == 150
    assert tiny.value("receivable", "2017-03") == 160


def test_a_month_without_booked_costs_has_no_cost_ratio(tiny: TinyShop) -> None:
    """Bookkeeping begins in April: March's ratio is unknown, not 0 %."""
    tiny.put(
        order_lines=[line("1", "2017-03-01", receivable_amount=10), line("2", "2017-04-30", receivable_amount=10)],
        refunds=[{"refund_id": "a", "refunded_day": "2017-03-09", "refunded_at": noon("2017-03-09"), "amount": 1}],
        ledger_entries=[{"entry_id": "1", "booked_day": "2017-04-02", "kind": "labour", "amount": 5}],
    )
    march, april = tiny.matrix("K4").cells
    assert (march.value, march.missing) == (None, ("empty",))
    assert april.value == 0.5


def test_booked_costs_of_other_kinds_are_an_operating_cost_of_zero(tiny: TinyShop) -> None:
    """March has books, with rent alone: 0 ÷ 9."""
    tiny.put(
        order_lines=[line("1", "2017-03-01", receivable_amount=10)],
        refunds=[{"refund_id": "a", "refunded_day": "2017-03-09", "refunded_at": noon("2017-03-09"), "amount": 1}],
        ledger_entries=[{"entry_id": "1", "booked_day": "2017-03-02", "kind": "rent", "amount": 5}],
    )
    assert tiny.parts("K4", "2017-03") == (0, 9)
    assert tiny.value("K4", "2017-03") == 0.0


def test_a_discount_that_one_months_export_lacks_is_unknown_there(tiny: TinyShop) -> None:
    """March says who bears what, April does not: April's merchant share is not 0 %."""
    tiny.put(
        order_lines=[
            line("1", "2017-03-01", amount=8, list_amount=10, discount_merchant=2),
            line("2", "2017-04-30", amount=8, list_amount=10),
        ]
    )
    assert [c.value for c in tiny.matrix("discount_rate.merchant").cells] == [0.2, None]


def test_refunds_belong_to_the_orders_month_and_none_is_zero(tiny: TinyShop) -> None:
    """Ordered in March for 40, 4 refunded in April: March 10 %; April's orders of 20 were not refunded: 0 %."""
    tiny.put(
        order_lines=[*MARCH, line("3", "2017-04-30", amount=20)],
        refunds=[
            {"refund_id": "a", "order_id": "1", "ordered_day": "2017-03-01", "refunded_day": "2017-04-09",
             "refunded_at": noon("2017-04-09"), "amount": 4},
        ],
    )  # fmt: skip
    march, april = tiny.matrix("K2.refund_rate").cells
    assert (march.value, march.numerator, march.denominator) == (0.1, 4, 40)
    assert april.value == 0.0


def test_a_refund_that_names_no_order_is_still_counted(tiny: TinyShop) -> None:
    """Leaving out brushing orders may not lose refunds whose order is not named."""
    refund = {"refund_id": "a", "refunded_day": "2017-03-09", "refunded_at": noon("2017-03-09"), "amount": 4}
    brushing = line("9", "2017-03-02", "Zoe", 99, is_brushing=True)
    tiny.put(order_lines=[line("1", "2017-03-01", receivable_amount=10), brushing], refunds=[refund])
    assert tiny.value("net_revenue", "2017-03") == 6


def test_content_roi_is_the_excess_over_its_cost(tiny: TinyShop) -> None:
    """Margin 90 + 60, cost 50 + 50: 150 ÷ 100 − 1 = 0.5. Nothing earned: −1."""
    content: list[Row] = [
        {"content_id": "a", "stat_day": "2017-03-01", "cost": 50, "attributed_margin": 90, "impressions": 1000, "likes": 20,
         "comments": 5, "shares": None, "saves": 5, "plays": 400, "completed_plays": 100},
        {"content_id": "b", "stat_day": "2017-03-02", "cost": 50, "attributed_margin": 60, "impressions": 1000},
    ]  # fmt: skip
    tiny.put(order_lines=MARCH, content_stats=content)
    assert tiny.value("N1", "2017-03") == 0.5
    assert tiny.parts("N2", "2017-03") == (30, 2000)
    assert tiny.parts("N3", "2017-03") == (100, 400)
    tiny.put(order_lines=MARCH, content_stats=[dict(content[0]) | {"attributed_margin": 0}])
    assert tiny.value("N1", "2017-03") == -1.0


def test_service_is_good_when_it_answers_within_15_seconds(tiny: TinyShop) -> None:
    """15.0 s is in time, 15.1 s is not, never answered is not: 1 of 3."""
    tickets = [
        {
            "ticket_id": str(n),
            "opened_at": noon("2017-03-02"),
            "opened_day": "2017-03-02",
            "first_response_seconds": seconds,
        }
        for n, seconds in enumerate([15.0, 15.1, None])
    ]
    tiny.put(order_lines=MARCH, tickets=tickets)
    assert tiny.parts("U4", "2017-03") == (1, 3)


def test_a_parcel_is_on_time_up_to_the_very_moment_promised(tiny: TinyShop) -> None:
    """Shipped at the promised moment: in time. A second later or not at all: late. 1 of 3."""
    due = "2017-03-03 10:00:00+00"
    shipped = [due, "2017-03-03 10:00:01+00", None]
    tiny.put(
        order_lines=MARCH,
        shipments=[
            {"shipment_id": str(n), "order_id": "1", "due_day": "2017-03-03", "due_at": due, "shipped_at": at}
            for n, at in enumerate(shipped)
        ],
    )
    assert tiny.parts("S2", "2017-03") == (1, 3)


def test_minutes_of_detection_keep_their_fractions(tiny: TinyShop) -> None:
    """12.5 and 0.4 minutes: mean 6.45."""
    tiny.put(
        order_lines=MARCH,
        alert_log=[
            {"alert_id": "a", "raised_day": "2017-03-02", "detection_minutes": 12.5},
            {"alert_id": "b", "raised_day": "2017-03-02", "detection_minutes": 0.4},
            {"alert_id": "c", "raised_day": "2017-03-02"},
        ],
    )
    assert tiny.value("detection_latency", "2017-03") == pytest.approx(6.45, rel=1e-15)


def test_alert_precision_and_recall_count_missed_incidents_only_in_recall(tiny: TinyShop) -> None:
    """Two right, one wrong, one missed, one unjudged: precision 2 of 3, recall 2 of 3."""
    judged: list[Row] = [{"was_right": True}, {"was_right": True}, {"was_right": False}, {"was_missed": True}, {}]
    tiny.put(
        order_lines=MARCH,
        alert_log=[{"alert_id": str(n), "raised_day": "2017-03-02", **row} for n, row in enumerate(judged)],
    )
    assert tiny.parts("alert_precision", "2017-03") == (2, 3)
    assert tiny.parts("alert_recall", "2017-03") == (2, 3)


def test_decisions_are_shares_of_all_in_scope(tiny: TinyShop) -> None:
    """Four decisions, three carried out a model's output, one automatic; one flag unknown: 3 of 4 and 1 of 4."""
    flags = [(True, True), (True, False), (True, None), (None, False)]
    tiny.put(
        order_lines=MARCH,
        decision_log=[
            {"decision_id": str(n), "decided_day": "2017-03-02", "executed_model_output": m, "automatic": a}
            for n, (m, a) in enumerate(flags)
        ],
    )
    assert tiny.parts("D2", "2017-03") == (3, 4)
    assert tiny.parts("automation_coverage", "2017-03") == (1, 4)


def test_stock_turnover_scales_cost_of_sales_to_a_year_over_the_mean_level(tiny: TinyShop) -> None:
    """April, 30 days: sold at cost 60, level 100 on the 10th and 140 on the 20th (two articles each 50 + 50, 70 + 70).

    Yearly 60 × 365 ÷ 30 = 730, mean level 120: 6.0833 times a year.
    """
    tiny.put(
        order_lines=[line("1", "2017-04-01"), line("2", "2017-04-30")],
        stock_levels=[
            {"sku_id": s, "stock_day": f"2017-04-{d}", "value": v} for d, v in ((10, 50), (20, 70)) for s in ("tea", "rice")
        ],
        stock_moves=[
            {"move_id": str(n), "sku_id": "tea", "moved_at": noon("2017-04-05"), "moved_day": "2017-04-05", "quantity": q,
             "kind": k, "cost": c}
            for n, (k, q, c) in enumerate([("sale", -2, -40), ("sale", -1, -20), ("receipt", 9, 900)])
        ],
    )  # fmt: skip
    cell = tiny.cell("S1", "2017-04")
    assert (cell.numerator, cell.denominator) == (730, 120)
    assert cell.value == pytest.approx(730 / 120, rel=1e-12)


def test_stock_turnover_of_a_month_that_began_before_the_data_counts_only_days_of_data(tiny: TinyShop) -> None:
    """Data from 21 April: 10 days of it, so 10 sold at cost are 10 × 365 ÷ 10 = 365 a year, not 121.67."""
    tiny.put(
        order_lines=[line("1", "2017-04-21"), line("2", "2017-04-30")],
        stock_levels=[{"sku_id": "tea", "stock_day": "2017-04-25", "value": 100}],
        stock_moves=[
            {"move_id": "m", "sku_id": "tea", "moved_at": noon("2017-04-25"), "moved_day": "2017-04-25", "quantity": -1,
             "kind": "sale", "cost": -10}
        ],
    )  # fmt: skip
    assert tiny.value("S1", "2017-04") == pytest.approx(3.65, rel=1e-12)


def test_stock_is_dead_when_neither_sold_nor_received_for_ninety_days(tiny: TinyShop) -> None:
    """On 30 June, by value: 1 dead to the day (90 days), 2 sold 89 days ago, 4 received 89 days ago, 8 never sold and old,
    16 never sold, come nobody knows when, 32 of unknown receipt but sold. Judged are 1 + 2 + 4 + 8 + 32 = 47, dead 1 + 8.
    On 29 June 1 was sold 89 days ago: of 2 articles worth 1 + 3, 3 were dead. June: (9 + 3) ÷ (47 + 4)."""
    june = [
        ("a", 1, "2017-04-01", "2017-04-01"), ("b", 2, "2017-04-02", "2017-01-01"), ("c", 4, "2016-01-01", "2017-04-02"),
        ("d", 8, None, "2017-01-01"), ("e", 16, None, None), ("f", 32, "2017-06-29", None),
    ]  # fmt: skip
    before = [("a", 1, "2017-04-01", "2017-04-01"), ("z", 3, "2016-04-01", "2016-05-01")]
    tiny.put(
        order_lines=[line("1", "2017-06-01"), line("2", "2017-06-30")],
        stock_levels=[
            {"sku_id": s, "stock_day": day, "value": v, "last_sold_day": sold, "last_received_day": got}
            for day, rows in (("2017-06-30", june), ("2017-06-29", before)) for s, v, sold, got in rows
        ],
    )  # fmt: skip
    assert tiny.parts("S3", "2017-06-30") == (9, 47)
    assert tiny.parts("S3", "2017-06-29") == (3, 4)
    assert tiny.parts("S3", "2017-06") == (12, 51)
    assert tiny.value("S3", "2017-06") == 12 / 51
    assert tiny.cell("S3", "2017-06", channel=None).status == "not_sliceable"


def test_nothing_dead_is_zero_and_what_tells_no_receipts_is_unknown(tiny: TinyShop) -> None:
    sold = {"sku_id": "tea", "stock_day": "2017-06-30", "value": 5, "last_sold_day": "2017-06-01"}
    lines = [line("1", "2017-06-01"), line("2", "2017-06-30")]
    tiny.put(order_lines=lines, stock_levels=[sold | {"last_received_day": "2017-01-01"}])
    assert tiny.value("S3", "2017-06") == 0
    tiny.put(order_lines=lines, stock_levels=[sold])
    assert tiny.cell("S3", "2017-06").missing == ("stock_levels.last_received_day",)


def test_the_return_rate_sets_returned_units_against_shipped_ones_of_the_same_orders(tiny: TinyShop) -> None:
    """Ordered in March: 10 units shipped, 2 came back in April; one refund was money only, one return was refused: 2 of 10."""
    refund = {"ordered_day": "2017-03-01", "refunded_day": "2017-04-02", "refunded_at": noon("2017-04-02"), "amount": 1}
    tiny.put(
        order_lines=[*MARCH, line("9", "2017-06-30")],
        shipments=[
            {"shipment_id": "a", "order_id": "1", "ordered_day": "2017-03-01", "due_day": "2017-04-01", "quantity": 10,
             "shipped_at": noon("2017-04-01")},
            {"shipment_id": "b", "order_id": "2", "ordered_day": "2017-03-01", "due_day": "2017-04-01", "quantity": 99},
        ],
        refunds=[
            refund | {"refund_id": "1", "kind": "return", "quantity": 2},
            refund | {"refund_id": "2", "kind": "refund_only", "quantity": 5},
            refund | {"refund_id": "3", "kind": "return", "quantity": 7, "status": "rejected"},
        ],
    )  # fmt: skip
    cell = tiny.cell("K2", "2017-03")
    assert (cell.numerator, cell.denominator, cell.value, cell.status) == (2, 10, 0.2, "ok")


def returned(number: str, order: str, amount: int, units: int, **more: object) -> Row:
    row = {"refund_id": number, "order_id": order, "ordered_day": "2017-03-01", "refunded_at": noon("2017-03-05")}
    goods = {"refunded_day": "2017-03-05", "amount": amount, "quantity": units, "kind": "return", "status": "refunded"}
    return row | goods | more


def sent(number: str, order: str, units: int, **more: object) -> Row:
    row = {"shipment_id": number, "order_id": order, "ordered_day": "2017-03-01", "shipped_at": noon("2017-03-02")}
    return row | {"quantity": units, "due_day": "2017-03-03"} | more


def _two_platforms(**of_jd: list[Row]) -> dict[str, list[Row]]:
    """S1 of the site tells everything; s2 sells 10 units at 100 and tells what is named."""
    return {
        "order_lines": [line("1", "2017-03-01", amount=50), line("2", "2017-03-01", "Wu", 100, shop_id="s2", quantity=10)],
        "refunds": [
            returned("a", "1", 5, 1),
            *of_jd.get("refunds", []),
        ],
        "shipments": [
            sent("p", "1", 5),
            *of_jd.get("shipments", []),
        ],
    }  # fmt: skip


BACK = returned("b", "2", 30, 3, shop_id="s2")
SENT = sent("q", "2", 10, shop_id="s2")


def test_units_returned_are_of_shops_that_tell_what_they_shipped(tiny: TinyShop) -> None:
    """S1: 1 of 5. S2 had 3 back of nobody knows how many: never 4 ÷ 5."""
    tiny.put(**_two_platforms(refunds=[BACK]))
    assert tiny.parts("K2", "2017-03") == (1, 5)
    assert tiny.cell("K2", "2017-03", shop="s2").missing == ("shipments.quantity",)
    assert tiny.parts("K2.refund_rate", "2017-03") == (35, 150), "money needs no parcels"
    assert any("s2" in text and "return rate" in text for text in tiny.matrix("K2").warnings())


def test_units_shipped_are_of_shops_that_tell_what_came_back(tiny: TinyShop) -> None:
    """S2 shipped 10 and has no source of refunds: never 1 ÷ 15, nor 5 ÷ 150 of the money."""
    tiny.put(**_two_platforms(shipments=[SENT]))
    assert tiny.parts("K2", "2017-03") == (1, 5)
    assert tiny.parts("K2.refund_rate", "2017-03") == (5, 50)
    assert tiny.cell("K2.refund_rate", "2017-03", shop="s2").missing == ("refunds",)
    tiny.put(**_two_platforms(refunds=[BACK], shipments=[SENT]))
    assert tiny.parts("K2", "2017-03") == (4, 15)
    assert tiny.parts("K2.refund_rate", "2017-03") == (35, 150)


def test_spend_of_a_shop_that_hides_its_buyers_wins_nobody_that_can_be_counted(tiny: TinyShop) -> None:
    """S1 spent 20 on Wu, new in 2018; s2 spent 80 on people it does not name: 20 ÷ 1, never 100 ÷ 1."""
    spent = [{"spent_day": "2018-03-01", "amount": 20}, {"shop_id": "s2", "spent_day": "2018-03-01", "amount": 80}]
    lines = [line("1", "2017-01-02"), line("2", "2018-03-02", "Wu"), line("3", "2018-03-02", None, shop_id="s2")]
    tiny.put(order_lines=lines, ad_spend=spent)
    assert tiny.parts("K1", "2018-03") == (20, 1)
    assert tiny.parts("K1.first", "2018-03") == (20, 1)
    assert tiny.cell("K1", "2018-03", shop="s2").missing == ("order_lines.customer_id",)
    assert tiny.value("ad_cost_share", "2018-03") == 5


def test_buyers_of_a_shop_without_tiers_do_not_thin_those_in_one(tiny: TinyShop) -> None:
    """S1: Li of Li and Wu has a tier. S2 has no members at all: 1 ÷ 2, never 1 ÷ 3."""
    bought = {"ordered_at": noon("2017-03-01"), "ordered_day": "2017-03-01", "paid_day": "2017-03-01"}
    orders: list[Row] = [
        {"order_id": "1", "customer_id": "Li", "member_tier": "gold", **bought}, {"order_id": "2", "customer_id": "Wu", **bought},
        {"shop_id": "s2", "order_id": "3", "customer_id": "Xu", **bought},
    ]  # fmt: skip
    tiny.put(order_lines=[line("1", "2017-03-01"), line("3", "2017-03-01", "Xu", shop_id="s2")], orders=orders)
    assert tiny.parts("U2", "2017-03") == (1, 2)
    assert tiny.cell("U2", "2017-03", shop="s2").missing == ("orders.member_tier",)
