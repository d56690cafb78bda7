"""Headers of Amazon's flat file of all orders. The last three are missing in the older, 29-column one."""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.amazon import mapping
from shopkeeper.ingest.sources.currency import CurrencyLayout

ORDERS = CurrencyLayout(
    "amazon_all_orders_flat", "amazon",
    headers=(
        "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status", "fulfillment-channel",
        "sales-channel", "order-channel", "url", "ship-service-level", "product-name", "sku", "asin", "item-status", "quantity",
        "currency", "item-price", "item-tax", "shipping-price", "shipping-tax", "gift-wrap-price", "gift-wrap-tax",
        "item-promotion-discount", "ship-promotion-discount", "ship-city", "ship-state", "ship-postal-code", "ship-country",
        "promotion-ids", "is-business-order", "purchase-order-number", "price-designation",
    ),
    needed=(
        "amazon-order-id", "purchase-date", "order-status", "sales-channel", "sku", "asin", "item-status", "quantity",
        "currency", "item-price", "shipping-price", "gift-wrap-price", "item-promotion-discount", "ship-promotion-discount",
    ),
    rows=mapping.ROWS, tables=mapping.TABLES, timezone="UTC",
)  # fmt: skip

LAYOUTS: tuple[Layout, ...] = (ORDERS,)
