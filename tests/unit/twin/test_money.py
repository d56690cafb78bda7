"""Settlements: what a platform holds, keeps back and pays out."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.daily.rows import DAY
from shopkeeper.twin.money.settlement import Settlement
from shopkeeper.twin.parameters import Parameters

TMALL, JD, DOUYIN = 0, 1, 2
WEDNESDAY, THURSDAY = 2, 3


def _sale(shop: int, *, live: bool = False) -> dict[str, np.ndarray]:
    """One order: 100 yuan of goods and 8 of freight paid by the buyer, 10 more borne by the platform."""
    return {
        "order": np.array([77]),
        "shop": np.array([shop]),
        "payable_fen": np.array([10_800]),
        "goods_fen": np.array([10_000]),
        "receivable_fen": np.array([11_000]),
        "live": np.array([live]),
    }


def _told(lines: dict[str, np.ndarray]) -> dict[str, int]:
    return {
        codes.SETTLEMENT_KINDS[k]: int(a)
        for k, a in zip(lines["kind"].tolist(), lines["amount_fen"].tolist(), strict=True)
    }


def test_a_sale_is_settled_with_its_subsidy_and_fees_and_paid_out() -> None:
    settlement = Settlement(Parameters())
    settlement.expect_sales(np.array([3 * DAY + 5]), _sale(TMALL))
    lines, fees, payouts = settlement.day(3, THURSDAY)
    assert _told(lines) == {"sale": 10_800, "subsidy": 1_000, "commission": -550, "service_fee": -66, "payout": -11_184}
    assert fees[TMALL] == 616
    assert payouts[TMALL] == 11_184
    assert settlement.held[TMALL] == 0


def test_a_live_sale_costs_its_influencer() -> None:
    settlement = Settlement(Parameters())
    settlement.expect_sales(np.array([3 * DAY]), _sale(DOUYIN, live=True))
    assert _told(settlement.day(3, THURSDAY)[0])["influencer_fee"] == -1760


def test_a_refund_takes_everything_back() -> None:
    settlement = Settlement(Parameters())
    settlement.expect_sales(np.array([3 * DAY]), _sale(JD))
    settlement.expect_refunds(np.array([3 * DAY + 9]), _sale(JD))
    lines, fees, payouts = settlement.day(3, THURSDAY)
    assert settlement.held[JD] == fees[JD] == payouts[JD] == 0
    assert len(lines["amount_fen"]) == 8


def test_a_weekly_platform_holds_until_its_day() -> None:
    settlement = Settlement(Parameters())
    settlement.expect_sales(np.array([3 * DAY]), _sale(JD))
    assert settlement.day(3, THURSDAY)[2].sum() == 0
    held = int(settlement.held[JD])
    assert held > 0
    assert settlement.day(9, WEDNESDAY)[2][JD] == held
