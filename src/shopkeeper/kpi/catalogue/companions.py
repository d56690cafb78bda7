"""Figures beside the matrix: amounts, counts and shares that explain it."""

from __future__ import annotations

from shopkeeper.kpi.definition import Indicator, Slice

_NO_CATEGORY: tuple[Slice, ...] = ("platform", "shop", "channel")
_PAID = ("order_lines.paid_day", "order_lines.payable_amount")
_BUYERS = ("order_lines.paid_day", "order_lines.customer_id")
_COSTED = ("order_lines.paid_day", "order_lines.receivable_amount", "sku_costs.unit_cost", "sku_costs.vat_share")
_LIST = ("order_lines.paid_day", "order_lines.list_amount")


def _discount(bearer: str) -> Indicator:
    return Indicator(
        f"discount_rate.{bearer}", "share", -1, (*_LIST, f"order_lines.discount_{bearer}"), companion_of="discount_rate",
        numerator=(f"discount_{bearer}",), denominator=("list_amount",),
    )  # fmt: skip


INDICATORS: tuple[Indicator, ...] = (
    Indicator("gmv", "money", 1, ("order_lines.ordered_day",), "total", numerator=("ordered_amount",)),
    Indicator("paid_amount", "money", 1, _PAID, "total", numerator=("paid_amount",)),
    Indicator(
        "receivable", "money", 1, ("order_lines.paid_day", "order_lines.receivable_amount"), "total",
        numerator=("receivable_amount",),
    ),
    Indicator(
        "net_revenue", "money", 1, ("order_lines.receivable_amount", "refunds.amount"), "total",
        numerator=("receivable_amount",), minus=("refund_amount",), slices=_NO_CATEGORY,
    ),
    Indicator("gross_profit", "money", 1, _COSTED, "total", numerator=("goods_net",), minus=("goods_cost",)),
    Indicator(
        "gross_margin", "share", 1, _COSTED, "margin", numerator=("goods_net",), minus=("goods_cost",),
        denominator=("goods_net",),
    ),
    Indicator(
        "contribution_margin", "money", 1, (*_COSTED, "refunds.amount", "ledger_entries.fees"), "total",
        numerator=("goods_net", "goods_back"), minus=("goods_cost", "refund_net", "selling_cost"),
        slices=("platform", "shop"),
    ),
    Indicator("orders", "count", 1, ("order_lines.paid_day",), "total", numerator=("orders",)),
    Indicator("buyers", "count", 1, _BUYERS, "total", numerator=("buyers",)),
    Indicator(
        "new_buyers", "count", 1, _BUYERS, "total", numerator=("new_buyers",), history_days=365, history_from="start",
    ),
    Indicator("units", "units", 1, ("order_lines.paid_day", "order_lines.quantity"), "total", numerator=("units",)),
    Indicator(
        "discount_rate", "share", -1,
        (*_LIST, "order_lines.payable_amount"), numerator=("discount_amount",), denominator=("list_amount",),
    ),
    _discount("merchant"),
    _discount("platform"),
    _discount("influencer"),
    _discount("supplier"),
    Indicator(
        "roas", "times", 1, ("ad_spend.amount", "ad_spend.attributed_amount"), numerator=("ad_attributed_amount",),
        denominator=("ad_amount",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "online_share", "share", 1, (*_PAID, "platforms.is_online"), numerator=("paid_amount_online",),
        denominator=("paid_amount",),
    ),
    Indicator(
        "direct_share", "share", 1, (*_PAID, "platforms.is_direct"), numerator=("paid_amount_direct",),
        denominator=("paid_amount",),
    ),
    Indicator(
        "bot_resolution", "share", 1, ("tickets.is_simple", "tickets.resolved_by_bot"), numerator=("simple_queries_bot",),
        denominator=("simple_queries",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "automation_coverage", "share", 1, ("decision_log.automatic",), numerator=("decisions_automatic",),
        denominator=("decisions",), slices=(),
    ),
    Indicator(
        "detection_latency", "minutes", -1, ("alert_log.detection_minutes",), numerator=("detection_minutes",),
        denominator=("alerts_timed",), slices=(),
    ),
    Indicator(
        "alert_precision", "share", 1, ("alert_log.was_right",), numerator=("alerts_right",), denominator=("alerts_judged",),
        slices=(),
    ),
    Indicator(
        "alert_recall", "share", 1, ("alert_log.was_missed",), numerator=("alerts_right",), denominator=("incidents_real",),
        slices=(),
    ),
)  # fmt: skip
