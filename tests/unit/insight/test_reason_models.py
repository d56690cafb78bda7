"""Models of causes, experiments, stock and money over tiny shops whose answers are known by construction."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.registry import model
from shopkeeper.insight.models.result import ModelResult
from shopkeeper.insight.models.run import estimate, read_asked
from shopkeeper.insight.models.voice import causes
from tests.tiny_shop import Row, TinyShop, line, make_tiny, noon

FIRST = dt.date(2024, 1, 1)
SKUS = ("tea", "coffee", "rice")


@pytest.fixture
def tiny(tmp_path: Path) -> TinyShop:
    return make_tiny(tmp_path / "tiny")


def asked(tiny: TinyShop, name: str, **options: str) -> ModelResult:
    return estimate(tiny.shop, model(name), read_asked(options))


def figures(result: ModelResult) -> dict[str, object]:
    return {f.id: f.value for f in result.figures}


def day(n: int) -> str:
    return (FIRST + dt.timedelta(n)).isoformat()


def daily(days: int, skus: tuple[str, ...] = SKUS, skip: dict[str, range] | None = None) -> list[Row]:
    """Each article sells two pieces a day, but on days that are left out."""
    return [
        line(f"{n}-{sku}", day(n), f"b{n % 17}", 40, sku_id=sku, quantity=2, list_amount="50", receivable_amount="40")
        for n in range(days) for sku in skus if n not in (skip or {}).get(sku, ())
    ]  # fmt: skip


def test_the_waterfall_ends_at_the_matrixs_own_figures_to_the_cent(tiny: TinyShop) -> None:
    costs = [{"sku_id": sku, "valid_from": "2023-01-01", "unit_cost": "7.33", "vat_share": "0.115044"} for sku in SKUS]
    entries = [{"entry_id": f"{k}{n}", "booked_day": day(n), "kind": k, "amount": a} for n in (5, 40)
               for k, a in (("platform_fee", "11.11"), ("marketing", "20"), ("rent", "5"))]  # fmt: skip
    refunds = [{"refund_id": "r", "order_id": "3-tea", "sku_id": "tea", "ordered_day": day(3), "refunded_at": noon(day(9)),
                "refunded_day": day(9), "quantity": 2, "amount": "40", "kind": "return"}]  # fmt: skip
    tiny.put(order_lines=daily(60), sku_costs=costs, ledger_entries=entries, refunds=refunds)
    found = asked(tiny, "contribution")
    rows = {row[0].key.removeprefix("model.contribution_"): row for row in found.tables[0].rows}  # type: ignore[union-attr]
    months = ("2024-01", "2024-02")
    for step, kpi in (
        ("receivable", "receivable"),
        ("gross_profit", "gross_profit"),
        ("contribution", "contribution_margin"),
    ):
        assert rows[step][2] == sum(Decimal(str(tiny.value(kpi, m))) for m in months), step
    assert rows["list"][1] == Decimal(60 * 3 * 50)
    assert rows["operating"][2] == rows["contribution"][2] - Decimal(50)  # type: ignore[operator]
    assert figures(found)["cycle"] is None  # nobody says when suppliers are paid
    with pytest.raises(NotEstimable):
        asked(tiny.put(order_lines=daily(60), ledger_entries=entries), "contribution")


def test_days_until_the_platform_pays_are_weighed_by_amount(tiny: TinyShop) -> None:
    costs = [{"sku_id": sku, "valid_from": "2023-01-01", "unit_cost": "7", "vat_share": "0"} for sku in SKUS]
    settled = [
        {"statement_id": "s", "line_no": n, "issuer": "platform", "order_id": order, "settled_at": f"{day(at)} 04:00:00+00",
         "settled_day": day(at), "kind": "sale", "amount": amount}
        for n, (order, at, amount) in enumerate((("0-tea", 10, "30"), ("1-tea", 31, "10")))
    ]  # fmt: skip
    entries = [{"entry_id": f"f{m}", "booked_day": day(m), "kind": "platform_fee", "amount": "1"} for m in (3, 33)]
    tiny.put(order_lines=daily(60), sku_costs=costs, settlements=settled, ledger_entries=entries, refunds=[])
    back = {"refund_id": "r", "order_id": "9-tea", "sku_id": "tea", "ordered_day": day(9), "refunded_day": day(12)}
    tiny.add(refunds=[back | {"refunded_at": noon(day(12)), "quantity": 0, "amount": "1", "kind": "refund_only"}])
    assert figures(asked(tiny, "contribution", supplier_days="30"))["receivable_days"] == Decimal(
        "15.0"
    )  # (30·10 + 10·30) ÷ 40


def test_a_change_on_one_platform_is_found_with_the_others_as_controls(tiny: TinyShop) -> None:
    rng = np.random.default_rng(1)
    rows: list[Row] = []
    for n in range(140):
        level = 1 + 0.3 * np.sin(n / 5)
        for k, shop in enumerate(("s1", "s2", "s3")):
            amount = 1000 * level * (1 + 0.02 * rng.normal()) + (300 if shop == "s1" and n >= 112 else 0)
            rows.append(line(f"{n}-{k}", day(n), "li", f"{amount:.2f}", shop_id=shop))
    tiny.put(order_lines=rows)
    found = asked(tiny, "causal_impact", cut_by="by_shop", part="s1", change_day=day(112))
    effect = next(f for f in found.figures if f.id == "effect")
    assert effect.low is not None
    assert effect.high is not None
    assert effect.low < 28 * 300 < effect.high
    assert effect.low > 0
    placebo = next(f for f in found.figures if f.id == "placebo")
    assert placebo.low is not None
    assert placebo.high is not None
    assert placebo.low < 0 < placebo.high
    with pytest.raises(NotEstimable) as refused:
        asked(tiny, "causal_impact")
    assert any("s1" in text for text in refused.value.missing) or refused.value.needed
    with pytest.raises(NotEstimable):
        asked(tiny, "causal_impact", cut_by="by_shop", part="s1", change_day=day(20))


def test_an_experiment_with_a_holdout_is_measured_and_one_without_is_refused(tiny: TinyShop) -> None:
    people = [f"p{n}" for n in range(400)]
    members = [
        {"campaign_id": "c", "customer_id": p, "arm": "control" if n % 2 else "mail", "sent_day": "2024-04-01"}
        for n, p in enumerate(people)
    ]
    before = [line(f"b{n}", "2024-03-01", p, 20 + n % 50) for n, p in enumerate(people)]
    after = [
        line(f"a{n}", "2024-04-10", p, 20 + n % 50 + n * 7919 % 13 + (15 if n % 2 == 0 else 0))
        for n, p in enumerate(people)
    ]
    end = [line("end", "2024-08-01", "x", 1)]
    tiny.put(order_lines=[*before, *after, *end], campaign_members=members)
    found = asked(tiny, "ab_test")
    row = found.tables[0].rows[0]
    assert row[1:4] == ("mail", 200, 200)
    assert row[4] == pytest.approx(15 - 0, abs=1.5)
    assert row[5] < 15 < row[6]  # type: ignore[operator]
    assert row[10] > 0.9  # type: ignore[operator]
    assert figures(found)["sure"] == 1
    with pytest.raises(NotEstimable):
        asked(tiny.put(order_lines=before, campaign_members=[m | {"arm": "mail"} for m in members]), "ab_test")


def test_advertisements_that_are_alike_are_not_told_apart(tiny: TinyShop) -> None:
    def spend(rates: dict[str, float], seed: int) -> list[Row]:
        rng = np.random.default_rng(seed)
        return [
            {"spent_day": day(n), "amount": "10", "campaign_id": "c", "ad_id": ad, "impressions": 5000,
             "clicks": int(rng.binomial(5000, rate))}
            for n in range(28) for ad, rate in rates.items()
        ]  # fmt: skip

    tiny.put(order_lines=daily(3), ad_spend=spend({"a": 0.02, "b": 0.02, "c": 0.02, "d": 0.02}, 1))
    alike = asked(tiny, "bandit")
    assert figures(alike)["decided"] == 0
    tiny.put(order_lines=daily(3), ad_spend=spend({"a": 0.02, "b": 0.03, "c": 0.02, "d": 0.02}, 2))
    apart = asked(tiny, "bandit")
    assert figures(apart)["decided"] == 1
    assert apart.tables[0].rows[0][1] == "b"


def test_lost_sales_are_those_of_the_days_between_two_empty_counts(tiny: TinyShop) -> None:
    """Tea sells 2 a day and is out from day 60 to day 79: 20 days × 2, at 20 − 7 a piece."""
    gone = range(60, 80)
    stock = [
        {"sku_id": sku, "stock_day": day(n), "on_hand": 0 if sku == "tea" and 59 <= n <= 79 else 50}
        for n in range(120) for sku in SKUS
    ]  # fmt: skip
    costs = [{"sku_id": sku, "valid_from": "2023-01-01", "unit_cost": "7"} for sku in SKUS]
    tiny.put(order_lines=daily(120, skip={"tea": gone}), stock_levels=stock, sku_costs=costs)
    found = asked(tiny, "lost_sales", stock_days="120")
    row = found.tables[0].rows[0]
    assert row[0] == "tea"
    assert row[3] == 20
    assert row[4] == pytest.approx(40, rel=0.1)
    assert figures(found)["money"] == pytest.approx(40 * 13 * 365 / 120, rel=0.1)


def test_a_policy_orders_what_has_run_low_and_says_how_it_would_have_done(tiny: TinyShop) -> None:
    """Two a day without any spread, ten days of lead time: reorder at 20."""
    arrivals = [{"purchase_id": f"p{n}", "sku_id": sku, "ordered_day": day(n), "received_day": day(n + 10), "quantity": 9}
                for n in range(6) for sku in SKUS]  # fmt: skip
    stock = [
        {"sku_id": sku, "stock_day": day(119), "on_hand": held}
        for sku, held in (("tea", 15), ("coffee", 21), ("rice", 400))
    ]
    costs = [{"sku_id": sku, "valid_from": "2023-01-01", "unit_cost": "7"} for sku in SKUS]
    tiny.put(order_lines=daily(120), stock_levels=stock, sku_costs=costs, purchase_orders=arrivals)
    found = asked(tiny, "stock_policy", stock_days="120")
    rows = {row[0]: row for row in found.tables[0].rows}
    assert rows["tea"][5] == pytest.approx(20)
    assert rows["tea"][10] > 0  # type: ignore[operator]
    assert rows["coffee"][10] == 0
    assert figures(found)["due"] == 1
    assert figures(found)["covered"] == 1.0
    with pytest.raises(NotEstimable):
        asked(tiny, "stock_policy", compare_sku="nothing")


def test_the_exact_policy_is_the_cheapest_of_those_compared(tiny: TinyShop) -> None:
    rng = np.random.default_rng(3)
    rows = [line(f"{n}", day(n), "li", 40, quantity=int(q)) for n, q in enumerate(rng.poisson(6, 120)) if q]
    arrivals = [
        {
            "purchase_id": f"p{n}",
            "sku_id": "tea",
            "ordered_day": day(n),
            "received_day": day(n + 8 + n % 5),
            "quantity": 9,
        }
        for n in range(6)
    ]
    stock = [{"sku_id": "tea", "stock_day": day(119), "on_hand": 60}]
    tiny.put(order_lines=rows, stock_levels=stock, sku_costs=[{"sku_id": "tea", "valid_from": "2023-01-01", "unit_cost": "7"}],
             purchase_orders=arrivals)  # fmt: skip
    costs = [row[4] for row in asked(tiny, "stock_policy", compare_sku="tea").tables[1].rows]
    assert costs[0] == min(costs)  # type: ignore[type-var]


def test_complaints_in_two_languages_fall_under_their_causes_and_praise_under_none(tiny: TinyShop) -> None:
    texts = {
        "quality": ("用了一次就坏了", "Broke after two days"), "damage": ("收到时已经碎了", "arrived broken"),
        "fit": ("尺码偏小", "too small for me"), "late": ("发货慢", "slow delivery"),
        "other": ("没有质量问题，就是不开心", "meh"),
    }  # fmt: skip
    reviews = [
        {"review_id": f"{cause}{n}", "reviewed_at": noon(day(1)), "reviewed_day": day(1), "stars": 1, "text": pair[n % 2]}
        for cause, pair in texts.items() for n in range(10)
    ]  # fmt: skip
    reviews += [
        {
            "review_id": f"g{n}",
            "reviewed_at": noon(day(1)),
            "reviewed_day": day(1),
            "stars": 5,
            "text": "质量很好",
        }
        for n in range(20)
    ]
    tiny.put(order_lines=daily(5), reviews=reviews)
    found = asked(tiny, "voice")
    counts = {row[0].key.removeprefix("model.voice_"): row[1] for row in found.tables[0].rows}  # type: ignore[union-attr]
    assert counts == dict.fromkeys(texts, 10)
    assert figures(found)["bad"] == pytest.approx(50 / 70)
    assert {c.id for c in causes()} >= set(texts) - {"other"}


def test_returns_of_one_bad_article_are_avoidable_and_carry_their_cost(tiny: TinyShop) -> None:
    skus = [f"k{n}" for n in range(6)]
    products = [{"sku_id": sku, "category": "Ware"} for sku in skus]
    lines = [
        line(f"{sku}-{n}", day(n % 60), "li", 100, sku_id=sku, receivable_amount="100")
        for sku in skus
        for n in range(300)
    ]
    bad = {"k0": 60} | dict.fromkeys(skus[1:], 3)
    refunds = [
        {"refund_id": f"{sku}{n}", "order_id": f"{sku}-{n}", "sku_id": sku, "ordered_day": day(n % 60),
         "refunded_at": noon(day(59)), "refunded_day": day(59), "quantity": 1, "amount": "100",
         "kind": "return", "reason": "质量问题"}
        for sku, n in ((sku, n) for sku, count in bad.items() for n in range(count))
    ]  # fmt: skip
    costs = [{"sku_id": sku, "valid_from": "2023-01-01", "unit_cost": "40", "vat_share": "0"} for sku in skus]
    tiny.put(products=products, order_lines=lines, refunds=refunds, sku_costs=costs)
    found = asked(tiny, "voice")
    quality = found.tables[0].rows[0]
    assert quality[1] == 75
    assert quality[3] == pytest.approx(75 * 60)  # the margin lost: 60 of 100
    assert quality[5] == pytest.approx((60 - 300 * 15 / 1500) * 60)
    assert [row[0] for row in found.tables[1].rows] == ["k0"]
    assert figures(found)["avoidable"] == quality[5]


def test_markdown_learns_from_price_changes_and_prices_what_lies_dead(tiny: TinyShop) -> None:
    rng = np.random.default_rng(5)
    rows: list[Row] = []
    prices: list[Row] = []
    skus = [f"m{n}" for n in range(24)]
    for week in range(30):
        for k, sku in enumerate(skus):
            price = 100 * (0.7 if (week + k) % 4 == 0 else 1.0)
            prices.append({"sku_id": sku, "valid_from": noon(day(7 * week)), "sale_price": price})
            units = int(rng.poisson(6 * np.exp(-2.0 * (price / 100 - 1))))
            if units and not (k == 0 and week >= 14):
                rows.append(
                    line(f"{week}-{k}", day(7 * week), "li", f"{price * units:.2f}", sku_id=sku, quantity=units)
                )
    costs = [{"sku_id": sku, "valid_from": "2023-01-01", "unit_cost": "60"} for sku in skus]
    stock = [{"sku_id": sku, "stock_day": day(203), "on_hand": 80, "last_received_day": day(0),
              "last_sold_day": day(7 * (13 if n == 0 else 29))}
             for n, sku in enumerate(skus)]  # fmt: skip
    tiny.put(order_lines=rows, sku_costs=costs, stock_levels=stock, prices=prices)
    found = asked(tiny, "markdown", sell_weeks="8")
    slope = next(f for f in found.figures if f.id == "elasticity")
    assert slope.low is not None
    assert slope.high is not None
    assert slope.low < -2.0 < slope.high
    row = found.tables[0].rows[0]
    assert row[0] == "m0"
    assert row[4] == pytest.approx(0.5 / (112 / 7))  # nobody bought it for sixteen weeks
    assert row[5] == pytest.approx(70, abs=0.5)  # elasticity −2: as low as was ever asked
    assert row[8] > row[7]  # type: ignore[operator]
