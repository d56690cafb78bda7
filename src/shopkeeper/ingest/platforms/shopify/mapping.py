"""Orders and refunds of Shopify in the words of its order export, whose mapping reads them.

An order of either is its name (#1001). Its lines share `Subtotal` as those of the export do. An order is paid when its first
sale or capture succeeded. Buyers are the SHA-256 of e-mail or telephone, made before anything is kept, as from the export.
"""

from __future__ import annotations

from collections.abc import Mapping

from shopkeeper.ingest.platforms.spoken import SpokenLayout, refunds
from shopkeeper.ingest.sources.shopify import mapping as files

_LINE = "lineItems.nodes"
_MONEY = "shopMoney.amount"
ORDER_FIELDS = (
    "id", "name", "createdAt", "updatedAt", "cancelledAt", "displayFinancialStatus", "displayFulfillmentStatus", "currencyCode",
    "sourceName", "paymentGatewayNames", f"subtotalPriceSet.{_MONEY}", f"totalShippingPriceSet.{_MONEY}",
    f"totalPriceSet.{_MONEY}", "shippingAddress.province", "transactions", f"{_LINE}.name", f"{_LINE}.sku", f"{_LINE}.quantity",
    f"{_LINE}.vendor", f"{_LINE}.originalUnitPriceSet.{_MONEY}", f"{_LINE}.originalTotalSet.{_MONEY}",
    f"{_LINE}.discountedTotalSet.{_MONEY}", f"{_LINE}.variant.compareAtPrice",
)  # fmt: skip
_EACH = """from_json("transactions", '[{"kind": "VARCHAR", "status": "VARCHAR", "processedAt": "VARCHAR"}]')"""
_PAID = (
    f"list_min(list_transform(list_filter({_EACH}, lambda t: t.status = 'SUCCESS' AND t.kind IN ('SALE', 'CAPTURE')), "
    "lambda t: t.processedAt))"
)
_OFF = (
    f'TRY_CAST("{_LINE}.originalTotalSet.{_MONEY}" AS DECIMAL(18,4)) '
    f'- TRY_CAST("{_LINE}.discountedTotalSet.{_MONEY}" AS DECIMAL(18,4))'
)
_SAYS = {
    "Name": '"name"', "Email": "NULL", "Phone": "NULL", "Financial Status": '"displayFinancialStatus"',
    "Fulfillment Status": '"displayFulfillmentStatus"', "Paid at": _PAID, "Currency": '"currencyCode"',
    "Subtotal": f'"subtotalPriceSet.{_MONEY}"', "Shipping": f'"totalShippingPriceSet.{_MONEY}"',
    "Total": f'"totalPriceSet.{_MONEY}"', "Created at": '"createdAt"', "Cancelled at": '"cancelledAt"', "Source": '"sourceName"',
    "Payment Method": '"paymentGatewayNames"', "Shipping Province Name": '"shippingAddress.province"',
    "Shipping Province": "NULL",
    "Lineitem quantity": f'"{_LINE}.quantity"', "Lineitem name": f'"{_LINE}.name"', "Lineitem sku": f'"{_LINE}.sku"',
    "Lineitem price": f'"{_LINE}.originalUnitPriceSet.{_MONEY}"',
    "Lineitem compare at price": f'"{_LINE}.variant.compareAtPrice"',
    "Lineitem discount": _OFF, "Vendor": f'"{_LINE}.vendor"', "Email SHA-256": '"email"', "Phone SHA-256": '"phone"',
}  # fmt: skip
_BUYERS = (
    'SELECT * REPLACE ("Email SHA-256" AS email_hash, "Phone SHA-256" AS phone_hash, '
    f'coalesce("Email SHA-256", "Phone SHA-256") AS buyer) FROM ({files.ORDER_ROWS})'
)
ORDERS = SpokenLayout("shopify_api_orders", "site", tuple(_SAYS), (), files.ORDERS, rows=_BUYERS, says=_SAYS)

REFUND_FIELDS = (
    "id", "name", "updatedAt", "refunds.id", "refunds.createdAt", f"refunds.totalRefundedSet.{_MONEY}",
    "refunds.refundLineItems.nodes",
)  # fmt: skip
_BACK = "coalesce(\"refunds.refundLineItems.nodes\", '[]') <> '[]'"
_REFUND = {
    "refund_id": "regexp_extract(\"refunds.id\", '[^/]*$')", "order_id": '"name"', "refunded_at": '"refunds.createdAt"',
    "amount": f'"refunds.totalRefundedSet.{_MONEY}"', "kind": f"CASE WHEN {_BACK} THEN 'return' ELSE 'refund_only' END",
}  # fmt: skip
REFUNDS = refunds("shopify_api_refunds", "site", _REFUND)


def refunded(cells: Mapping[str, str | None]) -> bool:
    """Whether money has gone back: goods alone may be given back too."""
    return float(cells[f"refunds.totalRefundedSet.{_MONEY}"] or 0) > 0
