"""Synthetic answers of Xiaohongshu: lists of orders and after-sales, and the detail of each."""

from __future__ import annotations

from shopkeeper.ingest.platforms.declaration import Json
from shopkeeper.ingest.platforms.fixture import PERSONAL, ApiFixture, milliseconds, seconds

_NAME, _PHONE, _ADDRESS, _, _CIPHER, _ = PERSONAL


def _detail(number: str, status: int, made: str, paid: str, freight: int, *articles: Json) -> Json:
    return {
        "orderId": number, "orderType": 1, "orderStatus": status, "createdTime": milliseconds(made),
        "paidTime": milliseconds(paid) if paid else 0, "updateTime": milliseconds(paid or made), "deliveryTime": 0,
        "promiseLastDeliveryTime": milliseconds("23:59:59") if paid else 0, "receiverProvinceName": "浙江省",
        "totalShippingFree": freight, "receiverName": _NAME, "openAddressId": _CIPHER, "customerRemark": _ADDRESS,
        "skuList": list(articles),
    }  # fmt: skip


def _article(sku: str, count: int, paid: int, merchant: int, platform: int) -> Json:
    return {
        "skuId": f"603c{sku}", "skuName": f"茶 {sku}", "erpcode": sku, "skuQuantity": count, "totalPaidAmount": paid,
        "totalMerchantDiscount": merchant, "totalRedDiscount": platform, "itemId": "5f01", "itemName": "茶", "kolId": "",
    }  # fmt: skip


DETAILS = {
    "P700000000000000001": _detail(
        "P700000000000000001", 4, "10:00:00", "10:01:00", 600, _article("TEA-1", 2, 11500, 1000, 500),
        _article("TEA-2", 1, 3000, 0, 0),
    ),
    "P700000000000000002": _detail("P700000000000000002", 1, "11:00:00", "", 0, _article("TEA-1", 1, 5900, 100, 0)),
}  # fmt: skip
ORDERS = tuple(
    {"orderId": number, "orderStatus": detail["orderStatus"], "updateTime": detail["updateTime"], "receiverName": _NAME,
     "phone": _PHONE}
    for number, detail in DETAILS.items()
)  # fmt: skip


def _after_sale(number: str, status: int, amount: str, at: int, kind: int) -> Json:
    return {"afterSaleInfo": {
        "returnsId": number, "returnType": kind, "refundStatus": status, "refundAmountYuan": amount, "refundTime": at,
        "returnAddress": {"name": _NAME, "phone": _PHONE, "fullAddress": _ADDRESS}, "openAddressId": _CIPHER,
    }}  # fmt: skip


# one paid back, one whose moment is told in seconds, one that is only asked for
RETURNS = {
    "R7001": _after_sale("R7001", 2, "58.50", milliseconds("12:00:00"), 1),
    "R7002": _after_sale("R7002", 2, "30.00", seconds("12:10:00"), 5),
    "R7003": _after_sale("R7003", 201, "0.00", 0, 4),
}
AFTER_SALES = tuple(
    {"returnsId": number, "orderId": "P700000000000000001", "status": 4, "userId": _CIPHER,
     "updatedAt": milliseconds("12:20:00") + place, "desc": _ADDRESS}
    for place, number in enumerate(RETURNS)
)  # fmt: skip
FIXTURE = ApiFixture(
    "xiaohongshu", {"orders": ORDERS, "refunds": AFTER_SALES},
    loaded={"orders": 2, "order_lines": 3, "refunds": 2, "shipments": 1, "products": 2, "shops": 1, "platforms": 1},
    totals={
        "order_lines.list_amount": "220.00",  # 130 + 30 + 60
        "order_lines.payable_amount": "204.00", "order_lines.receivable_amount": "209.00",
        "order_lines.discount_merchant": "11.00", "order_lines.discount_platform": "5.00", "orders.freight_amount": "6.00",
        "order_lines.quantity": "4", "refunds.amount": "88.50",
    },
    details=DETAILS | RETURNS,
)  # fmt: skip
