"""Customers, content and service: U1–U4, N1–N3."""

from __future__ import annotations

from shopkeeper.kpi.definition import Indicator, Slice

_NO_CATEGORY: tuple[Slice, ...] = ("platform", "shop", "channel")
_BUYERS = ("order_lines.paid_day", "order_lines.customer_id")

INDICATORS: tuple[Indicator, ...] = (
    Indicator("U1", "days", -1, _BUYERS, "median_gap", dimension="U", starred=True),
    Indicator("U1.within30", "share", 1, _BUYERS, "km_share", companion_of="U1", horizon_days=30),
    Indicator("U1.within90", "share", 1, _BUYERS, "km_share", companion_of="U1", horizon_days=90),
    Indicator("U1.within365", "share", 1, _BUYERS, "km_share", companion_of="U1", horizon_days=365),
    Indicator(
        "U2", "share", 1, ("orders.member_tier", "orders.customer_id", "orders.paid_day"), dimension="U", starred=True,
        numerator=("order_buyers_in_tier",), denominator=("order_buyers",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "U3", "share", 1, _BUYERS, dimension="U", numerator=("repeat_90",), denominator=("buyers_90",), history_days=90,
    ),
    Indicator(
        "U3.within30", "share", 1, _BUYERS, companion_of="U3", numerator=("repeat_30",), denominator=("buyers_30",),
        history_days=30,
    ),
    Indicator(
        "U3.within365", "share", 1, _BUYERS, companion_of="U3", numerator=("repeat_365",), denominator=("buyers_365",),
        history_days=365,
    ),
    Indicator(
        "U3.returning", "share", 1, _BUYERS, companion_of="U3", numerator=("returning",), denominator=("previous_buyers",),
    ),
    Indicator(
        "U4", "share", 1, ("tickets.first_response_seconds",), dimension="U", numerator=("conversations_fast",),
        denominator=("conversations",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "U4.bot", "share", 1, ("tickets.first_response_seconds", "tickets.answered_by_bot"), companion_of="U4",
        numerator=("conversations_bot_fast",), denominator=("conversations_bot",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "U4.human", "share", 1, ("tickets.first_response_seconds", "tickets.answered_by_bot"), companion_of="U4",
        numerator=("conversations_human_fast",), denominator=("conversations_human",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "N1", "times", 1, ("content_stats.attributed_margin", "content_stats.cost"), "excess_ratio", dimension="N",
        starred=True, numerator=("content_margin",), denominator=("content_cost",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "N2", "share", 1, ("content_stats.impressions", "content_stats.likes"), dimension="N", starred=True,
        numerator=("engagements",), denominator=("impressions",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "N3", "share", 1, ("content_stats.plays", "content_stats.completed_plays"), dimension="N",
        numerator=("completed_plays",), denominator=("plays",), slices=_NO_CATEGORY,
    ),
)  # fmt: skip
