"""A synthetic report of all orders: tabs, UTC moments, prices that Amazon leaves out."""

from __future__ import annotations

from shopkeeper.ingest.sources.amazon.layout import ORDERS
from shopkeeper.ingest.sources.fixture import Fixture


def _row(order: str, status: str, sku: str, quantity: str, price: str, **more: str) -> tuple[str, ...]:
    said = {
        "amazon-order-id": f"701-{order}", "merchant-order-id": f"701-{order}", "purchase-date": "2026-07-05T17:30:00+00:00",
        "last-updated-date": "2026-07-06T01:00:00+00:00", "order-status": status, "fulfillment-channel": "Amazon",
        "sales-channel": "Amazon.cn", "sku": sku, "asin": f"B0{sku}", "product-name": f"Tea set {sku}", "quantity": quantity,
        "item-status": "Shipped" if status.startswith("Shipped") else "", "currency": "CNY" if price else "",
        "item-price": price, "ship-city": "Hangzhou", "ship-state": "Zhejiang", "ship-country": "CN",
        "is-business-order": "false",
    } | {name.replace("_", "-"): value for name, value in more.items()}  # fmt: skip
    return tuple(said.get(header, "") for header in ORDERS.headers)


ORDER_FILE = Fixture(
    "amazon_all_orders_flat", "all_orders.txt",
    (
        ORDERS.headers,
        _row("01", "Shipped", "B", "2", "100.00", item_promotion_discount="10.00", shipping_price="8.00",
             ship_promotion_discount="8.00", item_tax="0.00", promotion_ids="Free Shipping"),
        _row("01", "Shipped", "A", "1", "50.00", gift_wrap_price="5.00", shipping_price="3.00"),
        _row("02", "Pending", "A", "1", ""),
        _row("03", "Cancelled", "A", "0", "", item_status="Cancelled"),
        _row("04", "Shipped - Delivered to Buyer", "A", "3", "1,299.00", purchase_date="2026-07-05T15:59:59Z"),
        _row("05", "Shipped", "B", "1", "", sales_channel="Non-Amazon"),
        _row("06", "Shipped", "A", "1", "20.00"),
        _row("06", "Shipped", "B", "0", "", item_status="Cancelled"),
        _row("07", "Shipped", "A", "1", "10.00", currency="USD"),
    ),
    loaded={"orders": 6, "order_lines": 4},
    totals={
        "order_lines.list_amount": "1474.00",  # 100 + (50 + 5) + 1299 + 20
        "order_lines.discount_merchant": "10.00",
        "order_lines.payable_amount": "1464.00",
        "order_lines.receivable_amount": "1464.00",
        "order_lines.quantity": "7",
        "orders.freight_amount": "3.00",  # 8 - 8 + 3
    },
    delimiter="\t",
    held=2,  # the order in USD and its line
)  # fmt: skip

FIXTURES: tuple[Fixture, ...] = (ORDER_FILE,)
