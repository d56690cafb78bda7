"""Synthetic answers of Shopify: invented orders with their refunds, and its order export of the same orders."""

from __future__ import annotations

import datetime as dt

from shopkeeper.ingest.platforms.declaration import Json
from shopkeeper.ingest.platforms.fixture import PERSONAL, ApiFixture, export_of, moment
from shopkeeper.ingest.sources.shopify.layout import ORDERS as LAYOUT

_NAME, _PHONE, _, _EMAIL, _, _ = PERSONAL


def _at(clock: str) -> str:
    return moment(clock).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _money(amount: str) -> Json:
    return {"shopMoney": {"amount": amount}}


def _order(
    number: int, status: str, made: str, paid: str, figures: str, *lines: Json, refunds: tuple[Json, ...] = ()
) -> Json:
    """`figures`: subtotal, shipping, total."""
    subtotal, shipping, total = figures.split()
    told = [{"kind": "SALE", "status": "SUCCESS", "processedAt": _at(paid)}] if paid else []
    return {
        "id": f"gid://shopify/Order/{number}", "name": f"#{number}", "email": _EMAIL, "phone": _PHONE, "createdAt": _at(made),
        "updatedAt": _at(paid or made), "cancelledAt": None, "displayFinancialStatus": status,
        "displayFulfillmentStatus": "UNFULFILLED", "currencyCode": "CNY", "sourceName": "web", "paymentGatewayNames": ["alipay"],
        "subtotalPriceSet": _money(subtotal), "totalShippingPriceSet": _money(shipping), "totalPriceSet": _money(total),
        "shippingAddress": {"province": "Zhejiang", "name": _NAME}, "transactions": told,
        "lineItems": {"pageInfo": {"hasNextPage": False}, "nodes": list(lines)}, "refunds": list(refunds),
    }  # fmt: skip


def _line(sku: str, price: str, count: int, tag: str | None = None) -> Json:
    whole = f"{float(price) * count:.2f}"
    return {
        "id": f"gid://shopify/LineItem/{sku}", "name": f"Tea - {sku}", "sku": sku, "quantity": count, "vendor": "Kiln",
        "originalUnitPriceSet": _money(price), "originalTotalSet": _money(whole), "discountedTotalSet": _money(whole),
        "variant": {"compareAtPrice": tag} if tag else None,
    }  # fmt: skip


_REFUND = {
    "id": "gid://shopify/Refund/9001", "createdAt": _at("13:00:00"), "totalRefundedSet": _money("25.00"),
    "refundLineItems": {"nodes": [{"quantity": 1}]},
}  # fmt: skip
ORDERS = (
    # 2 × 48 + 1 × 104 = 200, less 20 on the order: 180, shared 86.40 and 93.60
    _order(1001, "PARTIALLY_REFUNDED", "10:00:00", "10:00:20", "180.00 10.00 190.00", _line("TEA-100", "48.00", 2, "60.00"),
           _line("MUG-1", "104.00", 1), refunds=(_REFUND,)),
    _order(1002, "PENDING", "11:00:00", "", "48.00 0.00 48.00", _line("TEA-100", "48.00", 1)),
)  # fmt: skip
_SHARED = {
    "Name": "#1001", "Email": _EMAIL, "Phone": _PHONE, "Source": "web", "Vendor": "Kiln", "Currency": "CNY",
    "Created at": "2026-07-06 10:00:00 +0800", "Fulfillment Status": "unfulfilled",
}  # fmt: skip
FIXTURE = ApiFixture(
    "shopify", {"orders": ORDERS, "refunds": tuple(order for order in ORDERS if order["refunds"])},
    loaded={
        "orders": 2, "order_lines": 3, "refunds": 1, "products": 2, "customers": 1, "channels": 1, "shops": 1, "platforms": 1,
    },
    totals={
        "orders.payable_amount": "238.00", "orders.freight_amount": "10.00", "order_lines.payable_amount": "228.00",
        "order_lines.list_amount": "272.00",  # 2 × 60 + 104 + 48
        "order_lines.quantity": "4", "refunds.amount": "25.00",
    },
    export=export_of(
        "shopify_orders", "orders_export.csv", LAYOUT.headers,
        _SHARED | {
            "Financial Status": "partially_refunded", "Paid at": "2026-07-06 10:00:20 +0800", "Subtotal": "180.00",
            "Shipping": "10.00", "Taxes": "0.00", "Total": "190.00", "Lineitem quantity": "2", "Lineitem name": "Tea - TEA-100",
            "Lineitem price": "48.00", "Lineitem compare at price": "60.00", "Lineitem sku": "TEA-100",
            "Lineitem discount": "0.00", "Shipping Province Name": "Zhejiang",
        },
        {
            "Name": "#1001", "Email": _EMAIL, "Lineitem quantity": "1", "Lineitem name": "Tea - MUG-1",
            "Lineitem price": "104.00",
            "Lineitem sku": "MUG-1", "Lineitem discount": "0.00", "Vendor": "Kiln", "Created at": "2026-07-06 10:00:00 +0800",
        },
        _SHARED | {
            "Name": "#1002", "Financial Status": "pending", "Subtotal": "48.00", "Shipping": "0.00", "Taxes": "0.00",
            "Total": "48.00", "Lineitem quantity": "1", "Lineitem name": "Tea - TEA-100", "Lineitem price": "48.00",
            "Lineitem sku": "TEA-100", "Lineitem discount": "0.00", "Created at": "2026-07-06 11:00:00 +0800",
            "Shipping Province Name": "Zhejiang",
        },
    ),
)  # fmt: skip
