"""Supply and data: S1–S3, D1–D3."""

from __future__ import annotations

from shopkeeper.kpi.definition import Indicator, Slice

_NO_CATEGORY: tuple[Slice, ...] = ("platform", "shop", "channel")
_SHOPWISE: tuple[Slice, ...] = ("platform", "shop")
_STOCKED: tuple[Slice, ...] = ("platform", "shop", "category")

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "S1", "times_per_year", 1, ("stock_levels.value", "stock_moves.cost"), "turnover", dimension="S", starred=True,
        numerator=("cost_of_goods_sold",), denominator=("stock_value",), minus=("stock_days",),
        slices=_STOCKED,
    ),
    Indicator(
        "S2", "share", 1, ("shipments.due_at", "shipments.shipped_at"), dimension="S", starred=True,
        numerator=("parcels_on_time",), denominator=("parcels_due",), slices=_SHOPWISE,
    ),
    Indicator(
        "S3", "share", -1, ("stock_levels.value", "stock_levels.last_sold_day", "stock_levels.last_received_day"),
        dimension="S", numerator=("stock_value_dead",), denominator=("stock_value_judged",), slices=_STOCKED,
    ),
    Indicator(
        "D1", "share", 1, ("order_lines.ordered_day",), dimension="D", starred=True,
        numerator=("checks_passed_lines", "checks_passed_refunds"),
        denominator=("checks_run_lines", "checks_run_refunds", "checks_run_quarantined"),
    ),
    Indicator(
        "D2", "share", 1, ("decision_log.decision_id",), dimension="D", starred=True, numerator=("decisions_by_model",),
        denominator=("decisions",), slices=(),
    ),
    Indicator(
        "D3", "share", 1, ("order_lines.ordered_day",), dimension="D", numerator=("coverage_fresh",),
        denominator=("coverage_required",), slices=("platform",),
    ),
)  # fmt: skip
