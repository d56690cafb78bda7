"""Shopify's webhooks as rows of its order export and of our refund layout, so that one mapping reads both ways of telling.

Source: Shopify's REST Admin API, resources Order and Refund, which its webhooks send whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shopkeeper.errors import DataQualityError, UsageError
from shopkeeper.ingest.sources.shopify.layout import ORDERS

ORDER_TOPICS = ("orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/fulfilled")
TOPICS = (*ORDER_TOPICS, "refunds/create")
REFUND_HEADERS = (
    "shop_id", "refund_id", "order_id", "sku_id", "refunded_at", "quantity", "amount", "kind", "reason", "status",
)  # fmt: skip

_Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=6)]
_Text = Annotated[str, BeforeValidator(lambda value: value or "")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Money(_Part):
    amount: _Amount


class _MoneySet(_Part):
    shop_money: _Money


class _Address(_Part):
    province_code: _Text = ""
    province: _Text = ""


class _Line(_Part):
    sku: _Text = ""
    name: _Text = ""
    quantity: int
    price: _Amount
    total_discount: _Amount = Decimal(0)
    vendor: _Text = ""


class _RefundLine(_Part):
    id: int
    quantity: int
    subtotal: _Amount
    total_tax: _Amount = Decimal(0)
    restock_type: _Text = ""
    line_item: _Line | None = None


class _Transaction(_Part):
    amount: _Amount
    kind: _Text = ""
    status: _Text = ""


class Refund(_Part):
    """A refund, alone or inside its order."""

    id: int
    order_id: int
    created_at: AwareDatetime
    note: _Text = ""
    refund_line_items: tuple[_RefundLine, ...] = ()
    transactions: tuple[_Transaction, ...] = ()


class Order(_Part):
    """An order, whole."""

    id: int
    name: str = Field(min_length=1, max_length=200)
    created_at: AwareDatetime
    updated_at: AwareDatetime
    processed_at: AwareDatetime | None = None
    cancelled_at: AwareDatetime | None = None
    email: _Text = ""
    phone: _Text = ""
    currency: _Text = ""
    financial_status: _Text = ""
    fulfillment_status: _Text = ""
    source_name: _Text = ""
    subtotal_price: _Amount
    total_price: _Amount
    total_tax: _Amount = Decimal(0)
    total_shipping_price_set: _MoneySet | None = None
    shipping_address: _Address | None = None
    line_items: tuple[_Line, ...] = Field(min_length=1)
    refunds: tuple[Refund, ...] = ()

    @property
    def is_paid(self) -> bool:
        """Whether all of it was paid, if not refunded since."""
        return self.financial_status in ("paid", "partially_refunded", "refunded")


def read_body(topic: str, body: bytes) -> Order | Refund:
    """What a webhook tells. Raises UsageError for a topic that is not taken, DataQualityError for a body that does not fit it."""
    if topic not in TOPICS:
        raise UsageError(
            "webhooks of this topic are not taken", where="header X-Shopify-Topic", received=topic or "none", allowed=TOPICS,
            state="nothing was kept", next_command="remove this subscription in Shopify's admin",
        )  # fmt: skip
    try:
        return Order.model_validate_json(body) if topic in ORDER_TOPICS else Refund.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise DataQualityError(
            "the body does not fit its topic", where=f"{topic}: {'.'.join(str(part) for part in first['loc'])}",
            received=None if first["type"] in ("missing", "json_invalid") else type(first["input"]).__name__,
            allowed=first["msg"], state="nothing was kept",
        ) from None  # fmt: skip


def order_rows(order: Order, webhook_id: str) -> list[Mapping[str, object]]:
    """The order as rows of the order export: what is said of the order stands on its first row alone."""
    freight = order.total_shipping_price_set.shop_money.amount if order.total_shipping_price_set else Decimal(0)
    address = order.shipping_address or _Address()
    head: dict[str, object] = {
        "Email": order.email, "Phone": order.phone, "Financial Status": order.financial_status or "pending",
        "Paid at": _moment(order.processed_at or order.created_at) if order.is_paid else "",
        "Fulfillment Status": order.fulfillment_status or "unfulfilled", "Currency": order.currency,
        "Subtotal": order.subtotal_price, "Shipping": freight, "Taxes": order.total_tax, "Total": order.total_price,
        "Cancelled at": _moment(order.cancelled_at), "Id": order.id, "Source": order.source_name,
        "Shipping Province": address.province_code, "Shipping Province Name": address.province,
        "Note Attributes": f"webhook: {webhook_id}",
    }  # fmt: skip
    rows: list[Mapping[str, object]] = []
    for number, line in enumerate(order.line_items):
        own = {
            "Name": order.name, "Created at": _moment(order.created_at), "Lineitem quantity": line.quantity,
            "Lineitem name": line.name, "Lineitem price": line.price, "Lineitem sku": line.sku,
            "Lineitem discount": line.total_discount, "Vendor": line.vendor,
        }  # fmt: skip
        rows.append(dict.fromkeys(ORDERS.headers, "") | (head if number == 0 else {}) | own)
    return rows


def refund_rows(refund: Refund, shop_id: str, order_name: str) -> list[Mapping[str, object]]:
    """The refund as rows of our layout: one an article that comes back, one for money beyond that; they add up to what was paid.

    An empty `order_name` says that the order is not known.
    """
    base = {"shop_id": shop_id, "order_id": order_name, "refunded_at": _moment(refund.created_at), "reason": refund.note,
            "status": "refunded"}  # fmt: skip
    rows: list[Mapping[str, object]] = []
    told = Decimal(0)
    for line in refund.refund_line_items:
        amount = line.subtotal + line.total_tax
        told += amount
        kind = {"cancel": "before_shipment", "return": "return"}.get(line.restock_type, "refund_only")
        sku = (line.line_item.sku or line.line_item.name) if line.line_item else ""
        rows.append({**base, "refund_id": f"{refund.id}-{line.id}", "sku_id": sku, "quantity": line.quantity, "amount": amount,
                     "kind": kind})  # fmt: skip
    paid = sum((t.amount for t in refund.transactions if t.kind == "refund" and t.status == "success"), Decimal(0))
    if refund.transactions and paid != told:
        rows.append({**base, "refund_id": f"{refund.id}", "sku_id": "", "quantity": 0, "amount": paid - told,
                     "kind": "refund_only"})  # fmt: skip
    return rows


def changed_at(told: Order | Refund) -> dt.datetime:
    """When what is told came to be so."""
    return told.updated_at if isinstance(told, Order) else told.created_at


def _moment(at: dt.datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S %z") if at else ""
