"""Every kind of incident leaves the trace it should, in its hours and its place, and nowhere before."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from shopkeeper.twin import codes
from shopkeeper.twin.calendar import Days
from shopkeeper.twin.draws import Draws
from shopkeeper.twin.incidents import HARMLESS, Incident, plan
from shopkeeper.twin.parameters import Parameters, SupplySide
from shopkeeper.twin.world import START, World

DAY = 1440
# Nothing runs out by itself, so that an incident at one article can be seen.
PLENTY = Parameters(supply=SupplySide(cover_days=300.0, buyer_error=0.0, least_units=800.0))
FIRST, DAYS, SCALE = dt.date(2024, 4, 1), 30, 0.02


@cache
def _world(incidents: tuple[Incident, ...]) -> dict[str, pa.Table]:
    return World(9, SCALE, FIRST, days=DAYS, incidents=incidents, parameters=PLENTY).step(DAYS).tables


def _one(kind: str, size: float, *, days: int = 5, **place: int) -> Incident:
    return Incident(kind, 10 * DAY + 9 * 60, 10 * DAY + 9 * 60 + days * DAY, size, **place)  # type: ignore[arg-type]


def _orders(tables: dict[str, pa.Table], shop: str) -> int:
    return pc.sum(pc.equal(tables["orders"]["shop"].cast(pa.string()), shop)).as_py()


def _sums(tables: dict[str, pa.Table], record: str, column: str, shop: str) -> float:
    table = tables[record]
    rows = table.filter(pc.equal(table["shop"].cast(pa.string()), shop))
    return float(pc.sum(rows[column]).as_py() or 0)


def test_conversion_drops_where_it_should() -> None:
    hit = _world((_one("conversion_drop", 0.9, days=15, shop=0, category=0),))
    assert _orders(hit, "tmall") < _orders(_world(()), "tmall")
    assert _orders(hit, "jd") == pytest.approx(_orders(_world(()), "jd"), rel=0.03)


def test_a_tracking_break_changes_what_is_told_and_nothing_else() -> None:
    hit, plain = _world((_one("tracking_break", 0.8, shop=0),)), _world(())
    assert _sums(hit, "visitor_days", "told_visitors", "tmall") < _sums(plain, "visitor_days", "told_visitors", "tmall")
    assert _sums(hit, "visitor_days", "visitors", "tmall") == _sums(plain, "visitor_days", "visitors", "tmall")
    assert hit["orders"].equals(plain["orders"])


def test_a_wrong_price_is_told_and_draws_a_crowd() -> None:
    sku = _best_seller(_world(()))
    hit = _world((_one("price_typo", 0.1, days=1, shop=0, sku=sku),))
    units = [_units(t, sku) for t in (_world(()), hit)]
    assert units[1] > units[0] + 5
    asked = hit["prices"].filter(
        pc.and_(pc.equal(hit["prices"]["sku"], sku), pc.equal(hit["prices"]["shop"].cast("string"), "tmall"))
    )
    assert min(r["sale_fen"] / r["list_fen"] for r in asked.to_pylist()) == pytest.approx(0.1, abs=0.01)


def _best_seller(tables: dict[str, pa.Table]) -> int:
    sold = (
        tables["order_lines"].group_by("sku").aggregate([("quantity", "sum")]).sort_by([("quantity_sum", "descending")])
    )
    return int(sold["sku"][0].as_py())


def _units(tables: dict[str, pa.Table], sku: int) -> int:
    lines = tables["order_lines"]
    return pc.sum(lines.filter(pc.equal(lines["sku"], sku))["quantity"]).as_py() or 0


def test_a_bad_batch_comes_back() -> None:
    sku = _best_seller(_world(()))
    hit = _world((_one("return_wave", 0.9, days=1, sku=sku),))
    causes = [
        sum(r["true_cause"] == "defect" for r in t["refunds"].to_pylist() if r["sku"] == sku) for t in (_world(()), hit)
    ]
    assert causes[1] > causes[0] + 2


def test_a_late_carrier_is_late() -> None:
    hit, plain = _world((_one("late_carrier", 6.0, carrier=0),)), _world(())
    assert _transit(hit, "中通快递") > _transit(plain, "中通快递") + 0.5
    assert _transit(hit, "圆通速递") == pytest.approx(_transit(plain, "圆通速递"), abs=0.05)


def _transit(tables: dict[str, pa.Table], carrier: str) -> float:
    rows = [r for r in tables["shipments"].to_pylist() if r["carrier"] == carrier]
    return sum((r["delivered_at"] - r["shipped_at"]).total_seconds() for r in rows) / len(rows) / 86_400


def test_dearer_advertising_is_shown_less_for_the_same_money() -> None:
    hit, plain = _world((_one("cac_jump", 2.5, days=15, shop=2),)), _world(())
    assert _sums(hit, "ad_days", "spend_fen", "douyin") == _sums(plain, "ad_days", "spend_fen", "douyin")
    assert _sums(hit, "ad_days", "impressions", "douyin") < 0.85 * _sums(plain, "ad_days", "impressions", "douyin")


def test_lost_stock_is_a_loss_and_stays_away() -> None:
    sku = _best_seller(_world(()))
    hit = _world((_one("stock_out", 1.0, days=1, sku=sku),))
    lost = [r for r in hit["stock_moves"].to_pylist() if r["kind"] == "loss"]
    assert [r["sku"] for r in lost] == [sku]
    assert lost[0]["quantity"] < 0
    assert _units(hit, sku) < _units(_world(()), sku)


def test_false_claims_burst_at_one_shop() -> None:
    hit, plain = (_false_claims(_world(i)) for i in ((_one("refund_fraud", 0.3, shop=5),), ()))
    assert hit["pinduoduo"] > plain["pinduoduo"] + 3
    assert hit - Counter(pinduoduo=hit["pinduoduo"]) == plain - Counter(pinduoduo=plain["pinduoduo"])


def _false_claims(tables: dict[str, pa.Table]) -> Counter[str]:
    return Counter(r["shop"] for r in tables["refunds"].to_pylist() if r["true_cause"] == "fraud")


def test_failing_payment_leaves_orders_unpaid() -> None:
    hit, plain = _world((_one("payment_failure", 0.9, shop=0),)), _world(())
    assert _unpaid(hit) > _unpaid(plain) + 10


def _unpaid(tables: dict[str, pa.Table]) -> int:
    return sum(r["state"] == "cancelled" and r["shop"] == "tmall" for r in tables["order_states"].to_pylist())


@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_harmless_surprises_bring_visitors(kind: str) -> None:
    hit, plain = _world((_one(kind, 2.5, days=3, shop=0, harmless=1),)), _world(())
    assert _sums(hit, "visitor_days", "visitors", "tmall") > 1.05 * _sums(plain, "visitor_days", "visitors", "tmall")


def test_a_plan_has_every_kind_in_order_inside_the_world() -> None:
    world = World(7, 0.001)
    found: Sequence[Incident] = plan(Draws(7), Days(START, 731), world.catalogue)
    assert {i.kind for i in found} == {
        "conversion_drop", "tracking_break", "price_typo", "return_wave", "late_carrier", "cac_jump", "stock_out",
        "refund_fraud", "payment_failure", "festival", "stunt",
    }  # fmt: skip
    assert [i.start_minute for i in found] == sorted(i.start_minute for i in found)
    assert all(60 * DAY <= i.start_minute < i.end_minute and i.start_minute < 731 * DAY for i in found)
    assert {i.kind for i in found if i.harmless} == HARMLESS
    told = found[0].told(START)
    assert told["shop"] in (None, *codes.PLATFORMS)
