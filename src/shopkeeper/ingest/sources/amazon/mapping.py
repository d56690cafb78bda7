"""Amazon's orders in terms of the commerce model.

`item-price` is the price of the whole line. The file says no tag price, no order total, no buyer and no moment of payment:

    list = item-price + gift-wrap-price     discount_merchant = item-promotion-discount     payable = list - discount
    freight of an order = sum of shipping-price - ship-promotion-discount over its lines

An order counts as paid when it was placed, once Amazon has approved the payment: not while it is pending, not when it was
cancelled, and not when it was sold elsewhere and only shipped by Amazon (sales channel Non-Amazon). Lines that Amazon prices
no more or not yet (cancelled, pending, Non-Amazon) state their order alone. Taxes are not part of a line's amounts unless
the marketplace's prices contain them. Lines are numbered by article, so that two exports of an order number them alike.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import as_number, clean, text
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.sources.currency import own_currency

_ORDER = 'PARTITION BY shop_of_row, "amazon-order-id"'
_TEXTS = f"""
    SELECT *, lower({clean("order-status")}) AS state, lower({clean("item-status")}) AS item_state,
        coalesce({clean("sales-channel")} ILIKE 'non-amazon%', false) AS elsewhere, upper({clean("currency")}) AS currency_said,
        {clean("item-price")} AS price_said, {clean("gift-wrap-price")} AS wrap_said,
        ltrim({clean("item-promotion-discount")}, '-') AS discount_said, {clean("shipping-price")} AS ship_said,
        ltrim({clean("ship-promotion-discount")}, '-') AS ship_discount_said
    FROM {{rows}}"""
_NUMBERS = f"""
    SELECT *, {as_number("price_said")} AS price, {as_number("wrap_said")} AS wrap, {as_number("discount_said")} AS discount,
        {as_number("ship_said")} AS ship, {as_number("ship_discount_said")} AS ship_discount,
        row_number() OVER ({_ORDER} ORDER BY "sku", "asin", file_row_number) AS line_no,
        row_number() OVER ({_ORDER} ORDER BY file_row_number) AS order_row
    FROM ({_TEXTS})"""
_UNREAD = " OR ".join(f"{name}_said IS NOT NULL AND {name} IS NULL" for name in ("price", "wrap", "discount"))
_SHIP_UNREAD = " OR ".join(f"{name}_said IS NOT NULL AND {name} IS NULL" for name in ("ship", "ship_discount"))
_FOREIGN = "coalesce(currency_said <> {currency}, false)"
_AMOUNTS = f"""
    SELECT *, price + coalesce(wrap, 0) AS list_amount,
        CASE WHEN {_UNREAD} THEN concat_ws(' ', price_said, wrap_said, discount_said)
            ELSE CAST(price + coalesce(wrap, 0) - coalesce(discount, 0) AS VARCHAR) END AS payable_said,
        CASE WHEN max(CAST({_SHIP_UNREAD} AS INTEGER)) OVER ({_ORDER}) = 1 THEN 'an amount of freight that cannot be read'
            ELSE CAST(sum(CASE WHEN ship IS NOT NULL OR ship_discount IS NOT NULL
                THEN coalesce(ship, 0) - coalesce(ship_discount, 0) END) OVER ({_ORDER}) AS VARCHAR) END AS freight_said,
        max(CASE WHEN {_FOREIGN} THEN currency_said END) OVER ({_ORDER}) AS foreign_said
    FROM ({_NUMBERS})"""
ROWS = f"""
    SELECT *, {own_currency("payable_said", _FOREIGN, "currency_said")} AS payable,
        {own_currency("freight_said", "foreign_said IS NOT NULL", "foreign_said")} AS freight,
        CASE WHEN state = 'cancelled' THEN 'cancelled' WHEN state = 'unfulfillable' THEN 'closed'
            WHEN state LIKE 'shipped%delivered%' OR state LIKE 'shipped%picked up%' THEN 'completed'
            WHEN state LIKE 'shipped%' THEN 'shipped' WHEN state LIKE 'pending%' THEN 'placed' ELSE 'paid' END AS status,
        CASE WHEN state IS NOT NULL AND state <> 'cancelled' AND state NOT LIKE 'pending%' AND NOT elsewhere
            THEN {clean("purchase-date")} END AS paid_at,
        (price_said IS NOT NULL OR NOT (elsewhere OR coalesce(state = 'cancelled' OR state LIKE 'pending%', false)))
            AND NOT coalesce(item_state = 'cancelled' AND state <> 'cancelled', false) AS is_priced
    FROM ({_AMOUNTS})"""

TABLES = (
    TableMapping(
        "products", {"sku_id": Value(header="sku"), "product_id": Value(header="asin"), "name": Value(header="product-name")},
        where=f"{clean('sku')} IS NOT NULL",
    ),
    TableMapping(
        "orders",
        {
            "order_id": Value(header="amazon-order-id"), "channel_id": Value(header="sales-channel"),
            "ordered_at": Value(header="purchase-date"), "paid_at": text("paid_at"), "status": text("status"),
            "order_type": Value(constant="normal"), "freight_amount": Value(header="freight"),
            "region": Value(header="ship-state"),
        },
        where="order_row = 1",
    ),
    TableMapping(
        "order_lines",
        {
            "order_id": Value(header="amazon-order-id"), "line_no": text("line_no"), "sku_id": Value(header="sku"),
            "quantity": Value(header="quantity"), "list_amount": text("list_amount"), "discount_merchant": text("discount"),
            "payable_amount": Value(header="payable"), "receivable_amount": Value(header="payable"),
        },
        where="is_priced",
    ),
)  # fmt: skip
