"""Tables of the commerce model out of what a day leaves behind. Column names and types are the model's; a test compares."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from shopkeeper.twin import codes
from shopkeeper.twin.daily.checkout import account_numbers
from shopkeeper.twin.daily.later import Frame, length
from shopkeeper.twin.daily.rows import DAY, NONE
from shopkeeper.twin.daily.telling import channels, order_types, origins
from shopkeeper.twin.draws import Array
from shopkeeper.twin.lake.columns import (
    article,
    code,
    constant,
    day,
    instant,
    money,
    nothing,
    number_text,
    quantity,
    with_lineage,
)
from shopkeeper.twin.lake.supply import warehouses

if TYPE_CHECKING:
    from shopkeeper.twin.daily.day import Day
    from shopkeeper.twin.daily.orders import Sales

_MATURE_DAYS = 40
_STATUSES = ("paid", "completed", "cancelled", "closed")
_TYPES = ("normal", "presale", "subscription", "custom", "gift")


def order_frame(today: Day, sales: Sales) -> Frame:
    """What `orders` needs of a day's orders."""
    orders = sales.orders
    numbers = today.region.people.numbers[orders["person"]]
    kept = (
        "order",
        "shop",
        "placed_at",
        "paid_at",
        "closed_at",
        "kind",
        "freight_fen",
        "payable_fen",
        "is_brushing",
        "tier",
    )
    frame = {n: orders[n] for n in kept}
    frame["province"] = orders["province"]
    frame["kind"] = order_types(today, sales)
    frame["account"] = account_numbers(numbers, orders["shop"])
    frame["channel"] = channels(orders, origins(today, orders))
    return frame


def line_frame(orders: Frame, sales: Sales) -> Frame:
    """What `order_lines` needs of a day's lines; the order's columns are repeated."""
    lines = sales.lines
    kept = ("line", "sku", "quantity", "list_fen", "merchant_fen", "platform_fen", "influencer_fen", "payable_fen")
    frame = {n: lines[n] for n in kept}
    for name in ("order", "shop", "placed_at", "paid_at", "is_brushing", "account", "channel"):
        frame[name] = orders[name][lines["row"]]
    return frame


def orders_table(frame: Frame, start: dt.date, end: int, region: int) -> pa.Table:
    """Rows of `orders`, as they stand at second `end` of the world."""
    n = length(frame)
    paid_at = _until(frame["paid_at"], end)
    old = frame["placed_at"] < end - _MATURE_DAYS * DAY
    status = np.where(paid_at == NONE, 2, np.where(frame["closed_at"] != NONE, 3, np.where(old, 1, 0)))
    return with_lineage(
        {
            "shop_id": code(frame["shop"], codes.PLATFORMS),
            "order_id": number_text(frame["order"]),
            "customer_id": number_text(frame["account"]),
            "channel_id": code(frame["channel"], codes.CHANNELS),
            "ordered_at": instant(frame["placed_at"], start),
            "ordered_day": day(frame["placed_at"], start),
            "paid_at": instant(paid_at, start),
            "paid_day": day(paid_at, start),
            "status": code(status, _STATUSES),
            "order_type": code(frame["kind"], _TYPES),
            "freight_amount": money(frame["freight_fen"]),
            "payable_amount": money(frame["payable_fen"]),
            "is_brushing": pa.array(frame["is_brushing"]),
            "member_tier": code(frame["tier"], codes.TIERS),
            "campaign_id": nothing(pa.string(), n),
            "region": code(frame["province"], codes.PROVINCES),
            "note": nothing(pa.string(), n),
        }
    )


def lines_table(frame: Frame, start: dt.date, end: int, region: int) -> pa.Table:
    """Rows of `order_lines`."""
    n = length(frame)
    paid_at = _until(frame["paid_at"], end)
    return with_lineage(
        {
            "shop_id": code(frame["shop"], codes.PLATFORMS),
            "order_id": number_text(frame["order"]),
            "line_no": pa.array(frame["line"].astype(np.int64)),
            "sku_id": article(frame["sku"]),
            "customer_id": number_text(frame["account"]),
            "channel_id": code(frame["channel"], codes.CHANNELS),
            "ordered_at": instant(frame["placed_at"], start),
            "ordered_day": day(frame["placed_at"], start),
            "paid_at": instant(paid_at, start),
            "paid_day": day(paid_at, start),
            "quantity": quantity(frame["quantity"]),
            "quantity_unit": nothing(pa.string(), n),
            "list_amount": money(frame["list_fen"]),
            "discount_merchant": money(frame["merchant_fen"]),
            "discount_platform": money(frame["platform_fen"]),
            "discount_influencer": money(frame["influencer_fen"]),
            "discount_supplier": money(np.zeros(n, dtype=np.int64)),
            "discount_unattributed": money(np.zeros(n, dtype=np.int64)),
            "payable_amount": money(frame["payable_fen"]),
            "receivable_amount": money(frame["payable_fen"] + frame["platform_fen"] + frame["influencer_fen"]),
            "is_brushing": pa.array(frame["is_brushing"]),
        }
    )


def refunds_table(frame: Frame, start: dt.date, end: int, region: int) -> pa.Table:
    """Rows of `refunds`: those granted or rejected before `end`."""
    frame = _before(frame, "at", end)
    n = length(frame)
    return with_lineage(
        {
            "shop_id": code(frame["shop"], codes.PLATFORMS),
            "refund_id": number_text(frame["refund"]),
            "order_id": number_text(frame["order"]),
            "line_no": pa.array(frame["line"].astype(np.int64)),
            "sku_id": article(frame["sku"]),
            "customer_id": number_text(frame["account"]),
            "channel_id": nothing(pa.string(), n),
            "ordered_day": day((frame["order"] % 10**17 // 10**13 - 1000) * DAY, start),
            "refunded_at": instant(frame["at"], start),
            "refunded_day": day(frame["at"], start),
            "quantity": quantity(frame["quantity"]),
            "amount": money(frame["amount_fen"]),
            "kind": code(frame["kind"], codes.REFUND_KINDS),
            "reason": code(frame["reason"], codes.REFUND_REASONS),
            "status": code(frame["status"], codes.REFUND_STATUSES),
        }
    )


def shipments_table(frame: Frame, start: dt.date, end: int, region: int) -> pa.Table:
    """Rows of `shipments`; a parcel that arrives later has not arrived."""
    n = length(frame)
    counter = frame["shop"] == 7
    late = frame["shipped_at"] > frame["due_at"]
    return with_lineage(
        {
            "shop_id": code(frame["shop"], codes.PLATFORMS),
            "shipment_id": number_text(frame["order"] % 10**17 + (frame["carrier"] + 1) * 10**17),
            "order_id": number_text(frame["order"]),
            "ordered_day": day((frame["order"] % 10**17 // 10**13 - 1000) * DAY, start),
            "due_day": day(frame["due_at"], start),
            "due_at": instant(frame["due_at"], start),
            "shipped_at": instant(frame["shipped_at"], start),
            "delivered_at": instant(_until(frame["delivered_at"], end), start),
            "quantity": quantity(frame["quantity"]),
            "carrier": code(frame["carrier"], codes.CARRIERS),
            "warehouse_id": code(counter.astype(np.int16), warehouses(region)),
            "is_perfect": pa.array(~late & (frame["late_days"] < 2.5)),
            "freight_cost": money(frame["freight_cost_fen"]) if n else money(np.zeros(0, dtype=np.int64)),
        }
    )


def visits_table(frame: Frame, start: dt.date, end: int, region: int) -> pa.Table:
    """Rows of `visits`: a shop's day, by region."""
    n = length(frame)
    seconds = frame["day"] * DAY
    return with_lineage(
        {
            "shop_id": code(frame["shop"], codes.PLATFORMS),
            "grain": constant("platform_day", n),
            "visit_id": number_text(frame["day"] * 1000 + frame["region"]),
            "visited_day": day(seconds, start),
            "started_at": nothing(pa.timestamp("us", tz="UTC"), n),
            "channel_id": nothing(pa.string(), n),
            "visitor_id": nothing(pa.string(), n),
            "customer_id": nothing(pa.string(), n),
            "visitors": pa.array(frame["visitors"].astype(np.int64)),
            "sessions": nothing(pa.int64(), n),
            "carting_visitors": nothing(pa.int64(), n),
            "origin": nothing(pa.string(), n),
            "added_to_cart": nothing(pa.bool_(), n),
            "sku_id": nothing(pa.string(), n),
        }
    )


def spend_table(frame: Frame, start: dt.date, end: int, region: int) -> pa.Table:
    """Rows of `ad_spend`: one campaign a shop and region."""
    n = length(frame)
    return with_lineage(
        {
            "shop_id": code(frame["shop"], codes.PLATFORMS),
            "spent_day": day(frame["day"] * DAY, start),
            "channel_id": constant("ads", n),
            "campaign_id": number_text(frame["region"]),
            "ad_id": constant("", n),
            "amount": money(frame["spend_fen"]),
            "is_acquisition": pa.array(np.ones(n, dtype=bool)),
            "impressions": pa.array(frame["impressions"].astype(np.int64)),
            "clicks": nothing(pa.int64(), n),
            "attributed_orders": nothing(pa.int64(), n),
            "attributed_amount": nothing(pa.decimal128(18, 4), n),
        }
    )


def _until(seconds: Array, end: int) -> Array:
    """Moments after the end have not happened."""
    return np.where(seconds >= end, NONE, seconds)


def _before(frame: Frame, at: str, end: int) -> Frame:
    late = frame[at] >= end
    return {n: c[~late] for n, c in frame.items()} if late.any() else frame
