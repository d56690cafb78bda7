"""Figures that the packs of platforms ask for: paid resources, seeding, interaction, delivery, reviews, baskets."""

from __future__ import annotations

from shopkeeper.kpi.definition import Indicator, Slice

_NO_CATEGORY: tuple[Slice, ...] = ("platform", "shop", "channel")
_SHOPWISE: tuple[Slice, ...] = ("platform", "shop")
_PAID = ("order_lines.paid_day", "order_lines.payable_amount")
_BUYERS = ("order_lines.paid_day", "order_lines.customer_id")

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "ad_click_rate", "share", 1, ("ad_spend.clicks", "ad_spend.impressions"), companion_of="roas",
        numerator=("ad_clicks",), denominator=("ad_impressions",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "ad_click_cost", "money", -1, ("ad_spend.amount", "ad_spend.clicks"), companion_of="roas",
        numerator=("ad_amount_of_clicks",), denominator=("ad_clicks_told",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "ad_cost_share", "share", -1, ("ad_spend.amount", *_PAID), companion_of="roas", numerator=("ad_amount",),
        denominator=("paid_amount",), slices=_SHOPWISE,
    ),
    Indicator(
        "N3.seeding", "share", 1, ("content_stats.saves", "content_stats.reads"), companion_of="N3",
        numerator=("saves_of_reads",), denominator=("reads_with_saves",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "content_read_rate", "share", 1, ("content_stats.reads", "content_stats.impressions"), companion_of="N2",
        numerator=("reads_of_impressions",), denominator=("impressions_of_reads",), slices=_NO_CATEGORY,
    ),
    Indicator(
        "interaction_conversion", "share", 1, ("content_stats.likes", "order_lines.paid_day"), companion_of="N2",
        numerator=("orders",), denominator=("engagements",), slices=_SHOPWISE,
    ),
    Indicator(
        "content_sales_share", "share", 1, ("content_stats.attributed_amount", *_PAID), companion_of="N1",
        numerator=("content_sales",), denominator=("paid_amount",), slices=_SHOPWISE,
    ),
    Indicator(
        "delivery_days", "days", -1, ("shipments.shipped_at", "shipments.delivered_at"), companion_of="S2",
        numerator=("days_on_the_way",), denominator=("parcels_arrived",), slices=_SHOPWISE,
    ),
    Indicator(
        "good_review_share", "share", 1, ("reviews.stars",), numerator=("reviews_good",),
        denominator=("reviews_with_stars",), slices=("platform", "shop", "category"),
    ),
    Indicator(
        "units_per_order", "times", 1, ("order_lines.paid_day", "order_lines.quantity"), companion_of="C4",
        numerator=("units",), denominator=("orders",),
    ),
    Indicator(
        "new_buyer_share", "share", 0, _BUYERS, companion_of="new_buyers", numerator=("new_buyers",),
        denominator=("buyers",), history_days=365, history_from="start",
    ),
)  # fmt: skip
