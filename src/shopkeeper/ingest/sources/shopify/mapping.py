"""Shopify's orders and customers in terms of the commerce model.

Order cells stand on the first row of an order alone. `Subtotal` is what the lines cost after every discount, without
freight; where prices are without tax, tax comes on top of it (`Total` = Subtotal + Shipping + Taxes). Lines share it by
price × quantity less their own discount, exact to the cent:

    list = higher of compare-at price and price, × quantity     payable = receivable = share of Subtotal
    discount_merchant = list - payable (Shopify has no discounts that others bear)

`Refunded Amount` has no day in this file, so no refund is made of it. An order without an article number is known by the
name of its line, which is "Title - Option / Option" as in the product export. A buyer is the SHA-256 of the e-mail address,
else of the phone number's digits: the one key that orders and customers share.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import as_number, clean, text
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.sources.currency import own_currency


def _moment(header: str) -> str:
    """`2026-07-06 10:00:00 -0400` in the form that is read as a moment."""
    zoned = rf"regexp_replace({clean(header)}, ' ([+-]\d\d):?(\d\d)$', '\1:\2')"
    return f"regexp_replace({zoned}, ' UTC$', '+00:00')"


def _first(sql: str) -> str:
    """The order's value, from the first of its rows that has one."""
    return (
        f'first_value({sql} IGNORE NULLS) OVER (PARTITION BY shop_of_row, "Name" ORDER BY file_row_number '
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    )


_EMAIL, _PHONE = f"lower({clean('Email')})", f"regexp_replace({clean('Phone')}, '[^0-9]', '', 'g')"
_HASHES = (
    rf"CASE WHEN regexp_full_match({_EMAIL}, '[^@\s*]+@[^@\s*]+') THEN sha256({_EMAIL}) END AS email_hash, "
    rf"CASE WHEN length({_PHONE}) BETWEEN 7 AND 15 AND NOT contains({clean('Phone')}, '*') "
    rf"THEN sha256({_PHONE}) END AS phone_hash"
)
_UNPAID = "('pending', 'authorized', 'partially_paid', 'unpaid', 'voided', 'expired')"
_ORDER = 'PARTITION BY shop_of_row, "Name"'

_TEXTS = f"""
    SELECT *, {_HASHES}, row_number() OVER ({_ORDER} ORDER BY file_row_number) AS order_row,
        lower({clean("Financial Status")}) AS financial, lower({clean("Fulfillment Status")}) AS fulfilment,
        {_first(f"upper({clean('Currency')})")} AS currency_said, {_first(clean("Subtotal"))} AS subtotal_said,
        {clean("Lineitem quantity")} AS quantity_said, {clean("Lineitem price")} AS price_said,
        {clean("Lineitem name")} AS name_said,
        {clean("Lineitem compare at price")} AS tag_said, {clean("Lineitem discount")} AS discount_said
    FROM {{rows}}"""
_NUMBERS = f"""
    SELECT *, {as_number("subtotal_said")} AS goods_total, {as_number("quantity_said")} AS quantity,
        {as_number("price_said")} AS price,
        {as_number("tag_said")} AS tag, {as_number("discount_said")} AS own_discount,
        coalesce(quantity_said, price_said, name_said) IS NOT NULL AS is_line
    FROM ({_TEXTS})"""
_BASES = f"""
    SELECT *, TRY_CAST(price * quantity - coalesce(own_discount, 0) AS DECIMAL(18,4)) AS base,
        TRY_CAST(greatest(coalesce(tag, price), price) * quantity AS DECIMAL(18,4)) AS list_amount
    FROM ({_NUMBERS})"""
_SUMS = f"""
    SELECT *, count(*) FILTER (is_line AND base IS NULL) OVER ({_ORDER}) AS unread, sum(base) OVER ({_ORDER}) AS whole,
        sum(base) OVER ({_ORDER} ORDER BY file_row_number ROWS UNBOUNDED PRECEDING) AS so_far
    FROM ({_BASES})"""
_SHARES = f"""
    SELECT *, CASE WHEN so_far = whole THEN TRY_CAST(goods_total AS DECIMAL(18,4)) WHEN whole <> 0 THEN
        TRY_CAST(round(CAST(goods_total AS DOUBLE) * CAST(so_far AS DOUBLE) / CAST(whole AS DOUBLE), 2) AS DECIMAL(18,4))
        END AS share
    FROM ({_SUMS})"""
_SPLIT = f"""
    SELECT *, share - coalesce(lag(share) OVER ({_ORDER} ORDER BY file_row_number), 0) AS part FROM ({_SHARES})"""
_FOREIGN = "coalesce(currency_said <> {currency}, false)"
_PART = (
    "CASE WHEN base IS NULL THEN price_said WHEN unread > 0 THEN 'another line of this order has no price' "
    "ELSE CAST(part AS VARCHAR) END"
)
ORDER_ROWS = f"""
    SELECT *,
        {own_currency(_PART, _FOREIGN, "currency_said")} AS line_payable,
        {own_currency(clean("Total"), _FOREIGN, "currency_said")} AS order_payable,
        CASE WHEN unread = 0 THEN list_amount - part END AS line_discount,
        coalesce({clean("Lineitem sku")}, name_said) AS sku_id,
        coalesce(email_hash, phone_hash) AS buyer,
        {_moment("Created at")} AS ordered_at,
        CASE WHEN financial IS NOT NULL AND financial NOT IN {_UNPAID} THEN {_moment("Paid at")} END AS paid_at,
        CASE WHEN {clean("Cancelled at")} IS NOT NULL THEN 'cancelled' WHEN financial IN ('voided', 'expired') THEN 'closed'
            WHEN fulfilment = 'fulfilled' THEN 'shipped'
            WHEN financial IS NOT NULL AND financial NOT IN {_UNPAID} THEN 'paid' ELSE 'placed' END AS status,
        CASE WHEN lower({clean("Payment Method")}) LIKE '%cash on delivery%' THEN 'cash_on_delivery'
            WHEN lower({clean("Source")}) LIKE 'subscription%' THEN 'subscription' ELSE 'normal' END AS order_type,
        coalesce({clean("Shipping Province Name")}, {clean("Shipping Province")}) AS region
    FROM ({_SPLIT})"""

ORDERS = (
    TableMapping(
        "customers", {"customer_id": text("buyer"), "email_hash": text("email_hash"), "phone_hash": text("phone_hash")},
        where="order_row = 1 AND buyer IS NOT NULL",
    ),
    TableMapping(
        "products", {"sku_id": text("sku_id"), "name": text("name_said"), "brand": Value(header="Vendor")},
        where="sku_id IS NOT NULL",
    ),
    TableMapping(
        "orders",
        {
            "order_id": Value(header="Name"), "customer_id": text("buyer"), "channel_id": Value(header="Source"),
            "ordered_at": text("ordered_at"), "paid_at": text("paid_at"), "status": text("status"),
            "order_type": text("order_type"), "freight_amount": Value(header="Shipping"),
            "payable_amount": Value(header="order_payable"), "region": text("region"),
        },
        where="order_row = 1",
    ),
    TableMapping(
        "order_lines",
        {
            "order_id": Value(header="Name"), "sku_id": text("sku_id"), "quantity": Value(header="Lineitem quantity"),
            "list_amount": Value(header="list_amount"), "discount_merchant": Value(header="line_discount"),
            "payable_amount": Value(header="line_payable"), "receivable_amount": Value(header="line_payable"),
        },
        where="is_line",
    ),
)  # fmt: skip

CUSTOMER_ROWS = f"""
    SELECT *, coalesce(email_hash, phone_hash, {clean("Customer ID")}) AS customer_key FROM (SELECT *, {_HASHES} FROM {{rows}})"""
CUSTOMERS = (
    TableMapping(
        "customers",
        {
            "customer_id": text("customer_key"), "email_hash": text("email_hash"), "phone_hash": text("phone_hash"),
            "region": Value(header="Default Address Province Code"),
        },
    ),
    TableMapping(
        "identities",
        {
            "platform_id": Value(constant="site"), "identity": Value(header="Customer ID"), "kind": Value(constant="buyer_id"),
            "customer_id": text("customer_key"),
        },
        where='"Customer ID" IS NOT NULL',
    ),
)  # fmt: skip
