"""Payments, stock and purchasing in the columns of the commerce model. Each region has warehouses of its own."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from shopkeeper.twin import codes
from shopkeeper.twin.daily.later import Frame, length
from shopkeeper.twin.daily.rows import DAY, NONE
from shopkeeper.twin.lake.columns import (
    article,
    code,
    constant,
    day,
    instant,
    money,
    number_text,
    quantity,
    with_lineage,
)

_BRAND = "lanting"  # what belongs to no shop is the brand's


def warehouses(region: int) -> tuple[str, ...]:
    """Identities of a region's warehouses; those of the first are known by their bare names."""
    return codes.WAREHOUSES if region == 0 else tuple(f"{name}-{region:03d}" for name in codes.WAREHOUSES)


def payments_table(frame: Frame, start: dt.date, end: int, region: int) -> pa.Table:
    """Rows of `payments`: attempts before `end`."""
    happened = frame["at"] < end
    frame = frame if happened.all() else {n: c[happened] for n, c in frame.items()}
    return with_lineage(
        {
            "shop_id": code(frame["shop"], codes.PLATFORMS),
            "payment_id": number_text(frame["payment"]),
            "order_id": number_text(frame["order"]),
            "paid_at": instant(frame["at"], start),
            "paid_day": day(frame["at"], start),
            "amount": money(frame["amount_fen"]),
            "method": code(frame["method"], codes.PAY_METHODS),
            "status": code(frame["status"], codes.PAY_STATUSES),
            "part": code(frame["part"], codes.PAY_PARTS),
        }
    )


def stock_moves_table(frame: Frame, start: dt.date, end: int, region: int) -> pa.Table:
    """Rows of `stock_moves`: an article's movements of a day, by warehouse and kind."""
    return with_lineage(
        {
            "shop_id": constant(_BRAND, length(frame)),
            "move_id": number_text(frame["move"]),
            "warehouse_id": code(frame["warehouse"], warehouses(region)),
            "sku_id": article(frame["sku"]),
            "moved_at": instant(frame["at"], start),
            "moved_day": day(frame["at"], start),
            "quantity": quantity(frame["quantity"]),
            "kind": code(frame["kind"], codes.MOVE_KINDS),
            "cost": money(frame["cost_fen"]),
        }
    )


def stock_levels_table(frame: Frame, start: dt.date, end: int, region: int) -> pa.Table:
    """Rows of `stock_levels`: Sundays and last days of months."""
    return with_lineage(
        {
            "shop_id": constant(_BRAND, length(frame)),
            "warehouse_id": code(frame["warehouse"], warehouses(region)),
            "sku_id": article(frame["sku"]),
            "stock_day": day(frame["day"] * DAY, start),
            "on_hand": quantity(frame["on_hand"]),
            "available": quantity(frame["available"]),
            "in_transit": quantity(frame["in_transit"]),
            "value": money(frame["value_fen"]),
            "last_received_day": day(_seconds(frame["last_received_day"]), start),
            "last_sold_day": day(_seconds(frame["last_sold_day"]), start),
        }
    )


def purchases_table(frame: Frame, start: dt.date, end: int, region: int) -> pa.Table:
    """Rows of `purchase_orders`; what arrives later has not arrived."""
    come = frame["received_day"] * DAY < end
    return with_lineage(
        {
            "shop_id": constant(_BRAND, length(frame)),
            "purchase_id": number_text(frame["purchase"]),
            "sku_id": article(frame["sku"]),
            "supplier_id": number_text(frame["supplier"]),
            "ordered_day": day(frame["ordered_day"] * DAY, start),
            "due_day": day(frame["due_day"] * DAY, start),
            "received_day": day(np.where(come, frame["received_day"] * DAY, NONE), start),
            "quantity": quantity(frame["quantity"]),
            "received_quantity": quantity(frame["quantity"], empty=~come),
            "unit_cost": money(frame["unit_cost_fen"]),
        }
    )


def _seconds(days: np.ndarray) -> np.ndarray:
    return np.where(days == NONE, NONE, days * DAY)
