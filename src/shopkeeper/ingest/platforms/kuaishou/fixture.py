"""Synthetic answers of Kuaishou: invented orders and refunds, amounts in fen."""

from __future__ import annotations

from shopkeeper.ingest.platforms.declaration import Json
from shopkeeper.ingest.platforms.fixture import PERSONAL, ApiFixture, milliseconds

_NAME, _PHONE, _ADDRESS, _, _CIPHER, _ = PERSONAL


def _order(oid: int, status: int, made: str, paid: str, figures: str, count: int) -> Json:
    """`figures`: price, totalFee, expressFee, payChannelDiscount."""
    price, total, express, channel = (int(figure) for figure in figures.split())
    return {
        "orderBaseInfo": {
            "oid": oid, "status": status, "createTime": milliseconds(made), "payTime": milliseconds(paid) if paid else 0,
            "updateTime": milliseconds(paid or made), "totalFee": total, "expressFee": express, "discountFee": 0,
            "payChannelDiscount": channel, "preSale": 0, "buyerOpenId": f"f18{oid % 2}", "buyerNick": _NAME, "sendTime": 0,
            "validPromiseShipmentTimeStamp": milliseconds("23:59:59") if paid else 0,
        },
        "orderItemInfo": {
            "itemId": 9001, "itemTitle": "龙井礼盒", "skuDesc": "礼盒", "skuNick": "TEA-BOX", "num": count, "price": price,
            "originalPrice": price,
        },
        "orderAddress": {"province": "浙江省", "encryptedConsignee": _CIPHER, "mobile": _PHONE, "address": _ADDRESS},
    }  # fmt: skip


ORDERS = (
    _order(2618700000001, 30, "10:00:00", "10:00:30", "12900 22800 800 300", 2),  # 258.00 = 220.00 + 3.00 + 35.00 of nobody
    _order(2618700000002, 10, "11:00:00", "", "5990 5990 0 0", 1),
)  # fmt: skip
REFUNDS = (
    {
        "refundId": 88001, "oid": 2618700000001, "status": 60, "handlingWay": 10, "refundFee": 1050,
        "endTime": milliseconds("13:00:00"), "updateTime": milliseconds("13:00:00"), "expressNo": _PHONE,
    },
    {
        "refundId": 88002, "oid": 2618700000001, "status": 60, "handlingWay": 3, "refundFee": 0,
        "endTime": milliseconds("14:00:00"), "updateTime": milliseconds("14:00:00"),
    },
)  # fmt: skip
FIXTURE = ApiFixture(
    "kuaishou", {"orders": ORDERS, "refunds": REFUNDS},
    loaded={
        "orders": 2, "order_lines": 2, "shipments": 1, "refunds": 1, "products": 1, "identities": 2, "shops": 1, "platforms": 1,
    },
    totals={
        "orders.payable_amount": "287.90", "orders.freight_amount": "8.00", "order_lines.payable_amount": "279.90",
        "order_lines.list_amount": "317.90", "order_lines.discount_platform": "3.00",
        "order_lines.discount_unattributed": "35.00", "order_lines.receivable_amount": "59.90", "refunds.amount": "10.50",
    },
)  # fmt: skip
