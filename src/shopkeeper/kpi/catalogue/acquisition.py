"""Traffic, conversion and cost: T1–T4, C1–C4, K1–K4 (../shared definitions are restated in docs/kpis.md)."""

from __future__ import annotations

from shopkeeper.kpi.definition import Indicator, Slice

_NO_CATEGORY: tuple[Slice, ...] = ("platform", "shop", "channel")
_SHOPWISE: tuple[Slice, ...] = ("platform", "shop")
_PAID = ("order_lines.paid_day", "order_lines.payable_amount")
_COSTED = ("order_lines.receivable_amount", "sku_costs.unit_cost", "sku_costs.vat_share")
_BUYERS = (*_PAID, "order_lines.customer_id")

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "T1", "visitors_per_money", 1, ("visits.visitors", "ad_spend.is_acquisition"), dimension="T", starred=True,
        numerator=("visitors",), denominator=("acquisition_spend",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "T2", "share", 1, _BUYERS, dimension="T", starred=True, numerator=("active_7",), denominator=("cohort_7",),
        horizon_days=7,
    ),
    Indicator(
        "T2.day30", "share", 1, _BUYERS, companion_of="T2", numerator=("active_30",), denominator=("cohort_30",),
        horizon_days=30,
    ),
    Indicator(
        "T3", "money", 1, ("visits.visitors", *_PAID), dimension="T", numerator=("paid_amount",), denominator=("visitors",),
        slices=_NO_CATEGORY,
    ),
    Indicator(
        "T4", "share", 1, ("visits.visitor_id", "visits.origin"), dimension="T", numerator=("visitors_not_paid",),
        denominator=("visitors",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "C1", "share", 1, ("visits.visitors", *_BUYERS), dimension="C", starred=True, numerator=("buyers",),
        denominator=("visitors",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "C1.sessions", "share", 1, ("visits.sessions", *_BUYERS), companion_of="C1", numerator=("buyers",),
        denominator=("sessions",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "C2", "share", 1, ("visits.visitors", "visits.carting_visitors"), dimension="C", numerator=("visitors_carting",),
        denominator=("visitors",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "C3", "share", 1, ("order_lines.customer_id", "order_lines.unpaid"), dimension="C",
        numerator=("ordering_buyers_paid",), denominator=("ordering_buyers",),
    ),
    Indicator(
        "C4", "money", 1, _BUYERS, dimension="C", starred=True, numerator=("paid_amount_known",), denominator=("buyers",),
    ),
    Indicator(
        "C4.orders", "money", 1, _PAID, companion_of="C4", numerator=("paid_amount",), denominator=("orders",),
    ),
    Indicator(
        "K1", "money", -1, ("ad_spend.is_acquisition", *_BUYERS), dimension="K", starred=True,
        numerator=("acquisition_spend",), denominator=("new_buyers",), slices=_NO_CATEGORY, history_days=365,
        history_from="start",
    ),
    Indicator(
        "K1.first", "money", -1, ("ad_spend.is_acquisition", *_BUYERS), companion_of="K1", numerator=("acquisition_spend",),
        denominator=("first_buyers",), slices=_NO_CATEGORY, history_days=365, history_from="start",
    ),
    Indicator(
        "K2", "share", -1, ("refunds.ordered_day", "refunds.quantity", "shipments.ordered_day", "shipments.quantity"),
        dimension="K", starred=True, numerator=("units_returned",), denominator=("units_shipped",), slices=_SHOPWISE,
        mature_days=45,
    ),
    Indicator(
        "K2.refund_rate", "share", -1, ("refunds.ordered_day", "refunds.amount", *_PAID), companion_of="K2",
        numerator=("refund_amount_of_cohort",), denominator=("paid_amount_of_cohort",), mature_days=45, slices=_NO_CATEGORY,
    ),
    Indicator(
        "K3", "times", 1, ("ad_spend.is_acquisition", "refunds.customer_id", *_COSTED, *_BUYERS), dimension="K",
        numerator=("realised",), denominator=("acquisition_spend",), slices=_NO_CATEGORY, history_days=365,
        history_from="start", horizon_days=365,
    ),
    Indicator(
        "K4", "share", -1, ("ledger_entries.amount", "refunds.amount", "order_lines.receivable_amount"), dimension="K",
        numerator=("operating_cost",), denominator=("receivable_amount",), minus=("refund_amount",), slices=_SHOPWISE,
    ),
)  # fmt: skip
