"""Square's item sales in terms of the commerce model.

    list = Gross Sales (modifiers included)     discount_merchant = -Discounts     payable = receivable = Net Sales

Tax comes on top and is no part of a line. A sale is paid when it is rung up. Rows of `Event Type` Refund give back what they
take off net sales; goods come back with them unless no quantity is stated. Their numbers are made of the transaction, the
payment and the moment, since refunds of one transaction come on several days. Square writes `$`, `£`, `€` or `¥` before an
amount and no currency: a sign that the shop's currency does not use sets the row aside. A zone that is not known is the shop's.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import as_number, clean, text
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.sources.currency import own_currency
from shopkeeper.warehouse.sql import literal

ZONES = {
    "Hawaii": "Pacific/Honolulu", "Alaska": "America/Anchorage", "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Arizona": "America/Phoenix", "Mountain Time (US & Canada)": "America/Denver",
    "Central Time (US & Canada)": "America/Chicago", "Saskatchewan": "America/Regina",
    "Eastern Time (US & Canada)": "America/New_York", "Indiana (East)": "America/Indiana/Indianapolis",
    "Atlantic Time (Canada)": "America/Halifax", "Newfoundland": "America/St_Johns", "London": "Europe/London",
    "Edinburgh": "Europe/London", "Dublin": "Europe/Dublin", "Paris": "Europe/Paris", "Madrid": "Europe/Madrid",
    "Tokyo": "Asia/Tokyo", "Osaka": "Asia/Tokyo", "Sapporo": "Asia/Tokyo", "Perth": "Australia/Perth",
    "Darwin": "Australia/Darwin", "Adelaide": "Australia/Adelaide", "Brisbane": "Australia/Brisbane",
    "Sydney": "Australia/Sydney", "Melbourne": "Australia/Melbourne", "Canberra": "Australia/Sydney",
    "Hobart": "Australia/Hobart",
}  # fmt: skip
"""Names that Square gives to zones, beside those of the IANA."""
_SIGNS = {"$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"), "£": ("GBP",), "€": ("EUR",), "¥": ("JPY", "CNY")}


_SAID = clean("Time Zone")
_ZONE = (
    f"CASE {_SAID} {' '.join(f'WHEN {literal(name)} THEN {literal(zone)}' for name, zone in ZONES.items())} "
    f"ELSE (SELECT any_value(z.name) FROM pg_timezone_names() z WHERE z.name = {_SAID}) END"
)
_CLOCK = f"concat_ws(' ', {clean('Date')}, {clean('Time')})"
_SIGN = "regexp_extract(\"Net Sales\", '[$£€¥￥]')"
_FOREIGN = " OR ".join(
    f"sign = {literal(sign)} AND {{currency}} NOT IN ({', '.join(map(literal, codes))})"
    for sign, codes in _SIGNS.items()
)
_TEXTS = f"""
    SELECT *, {_ZONE} AS zone, {_CLOCK} AS clock, lower({clean("Event Type")}) AS event, replace({_SIGN}, '￥', '¥') AS sign,
        {clean("Net Sales")} AS net_said, {clean("Discounts")} AS discount_said, {clean("Qty")} AS quantity_said,
        nullif(concat_ws(' - ', {clean("Item")}, nullif({clean("Price Point Name")}, 'Regular')), '') AS name
    FROM {{rows}}"""
ROWS = f"""
    SELECT *, coalesce({clean("SKU")}, name) AS sku_id, {own_currency("net_said", _FOREIGN, "NULL")} AS payable,
        {own_currency(f"coalesce(CAST(-{as_number('net_said')} AS VARCHAR), net_said)", _FOREIGN, "NULL")} AS given_back,
        coalesce(CAST(-{as_number("discount_said")} AS VARCHAR), discount_said) AS discount,
        coalesce(CAST(abs({as_number("quantity_said")}) AS VARCHAR), quantity_said) AS units_back,
        CASE WHEN {as_number("quantity_said")} = 0 THEN 'refund_only' ELSE 'return' END AS kind,
        CASE WHEN lower({clean("Unit")}) NOT IN ('ea', 'each', 'piece', 'per item') THEN {clean("Unit")} END AS unit_said,
        coalesce(CAST(TRY_CAST(clock AS TIMESTAMP) AT TIME ZONE zone AS VARCHAR), clock) AS happened_at,
        concat_ws('|', {clean("Transaction ID")}, {clean("Payment ID")}, clock) || '#' || row_number() OVER (
            PARTITION BY "Transaction ID", "Payment ID", clock, event ORDER BY file_row_number) AS refund_id
    FROM ({_TEXTS})"""

TABLES = (
    TableMapping(
        "products",
        {
            "sku_id": text("sku_id"), "name": text("name"), "category": Value(header="Category"),
            "quantity_unit": text("unit_said"),
        },
        where="sku_id IS NOT NULL AND event IN ('payment', 'refund')",
    ),
    TableMapping(
        "order_lines",
        {
            "order_id": Value(header="Transaction ID"), "sku_id": text("sku_id"), "customer_id": Value(header="Customer ID"),
            "channel_id": Value(header="Channel"), "ordered_at": text("happened_at"), "paid_at": text("happened_at"),
            "quantity": Value(header="Qty"), "quantity_unit": text("unit_said"), "list_amount": Value(header="Gross Sales"),
            "discount_merchant": text("discount"), "payable_amount": Value(header="payable"),
            "receivable_amount": Value(header="payable"),
        },
        where="event = 'payment'",
    ),
    TableMapping(
        "refunds",
        {
            "refund_id": text("refund_id"), "order_id": Value(header="Transaction ID"), "sku_id": text("sku_id"),
            "customer_id": Value(header="Customer ID"), "channel_id": Value(header="Channel"),
            "refunded_at": text("happened_at"), "quantity": text("units_back"), "amount": Value(header="given_back"),
            "kind": text("kind"), "reason": Value(header="Details"), "status": Value(constant="refunded"),
        },
        where="event = 'refund'",
    ),
)  # fmt: skip
