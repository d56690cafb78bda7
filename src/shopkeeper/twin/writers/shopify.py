"""The own site's exports: orders (order cells on the first row alone), customers, products."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import Export

_ADDRESS = ("Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone")
_ONCE = {
    "Financial Status": "CASE status WHEN 'placed' THEN 'pending' WHEN 'deposit_paid' THEN 'pending' WHEN "
    "'cancelled' THEN 'voided' "
    "ELSE CASE WHEN refunded_fen = 0 THEN 'paid' WHEN refunded_fen >= goods_fen THEN 'refunded' ELSE "
    "'partially_refunded' END END",
    "Paid at": "said(paid_at) || ' +0800'",
    "Fulfillment Status": "CASE WHEN shipped_at IS NULL THEN 'unfulfilled' ELSE 'fulfilled' END",
    "Fulfilled at": "said(shipped_at) || ' +0800'", "Accepts Marketing": "'no'", "Currency": "'CNY'",
    "Subtotal": "yuan(goods_fen)", "Shipping": "yuan(freight_fen)", "Taxes": "'0.00'", "Total": "yuan(order_payable_fen)",
    "Discount Code": "CASE WHEN coupon IS NOT NULL THEN 'LT' || coupon END", "Discount Amount": "yuan(order_merchant_fen)",
    "Shipping Method": "'Standard'", "Created at": "said(placed_at) || ' +0800'",
    "Shipping Province": "province", "Shipping Country": "'CN'",
    "Cancelled at": "CASE WHEN coalesce(cancelled_at, closed_at) IS NOT NULL THEN said(coalesce(cancelled_at, "
    "closed_at)) || ' +0800' END",
    "Payment Method": "'Card'", "Refunded Amount": "yuan(refunded_fen)", "Outstanding Balance": "'0.00'", "Id": "order_no",
    "Risk Level": "'Low'", "Source": "CASE WHEN order_type = 'subscription' THEN 'subscription_contract' ELSE 'web' END",
    "Phone": "CASE WHEN phone IS NOT NULL THEN '''+86 ' || phone END",
}  # fmt: skip
_TITLE = "CASE WHEN ends_with(name, ' ' || variant) THEN left(name, length(name) - length(variant) - 1) ELSE name END"
ORDERS = Export(
    "orders_export",
    (
        "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing", "Currency",
        "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method", "Created at",
        "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem compare at price", "Lineitem sku",
        "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status",
        *(f"Billing {word}" for word in _ADDRESS), *(f"Shipping {word}" for word in _ADDRESS), "Notes", "Note Attributes",
        "Cancelled at", "Payment Method", "Payment Reference", "Refunded Amount", "Vendor", "Outstanding Balance", "Employee",
        "Location", "Device ID", "Id", "Tags", "Risk Level", "Source", "Lineitem discount",
        *(f"Tax {n} {word}" for n in (1, 2, 3, 4, 5) for word in ("Name", "Value")), "Phone", "Receipt Number", "Duties",
        "Billing Province Name", "Shipping Province Name", "Payment ID", "Payment Terms Name", "Next Payment Due At",
        "Payment References",
    ),
    {
        "Name": "order_id", "Email": "email", "Lineitem quantity": "quantity", "Lineitem name": f"{_TITLE} || ' - ' || variant",
        "Lineitem price": "yuan(list_fen // quantity)", "Lineitem sku": "code", "Lineitem requires shipping": "'true'",
        "Lineitem taxable": "'true'", "Lineitem fulfillment status": "CASE WHEN shipped_at IS NULL THEN 'pending' "
        "ELSE 'fulfilled' END",
        "Vendor": "'兰亭'", "Lineitem discount": "yuan(merchant_fen)",
        **{header: f"CASE WHEN line = 1 THEN {sql} END" for header, sql in _ONCE.items()},
    },
    "(SELECT *, order_list_fen - goods_fen AS order_merchant_fen FROM sheet_lines)",
    "placed_at, order_no, line",
    "utf-8",
)  # fmt: skip
CUSTOMERS = Export(
    "customers_export",
    (
        "Customer ID", "First Name", "Last Name", "Email", "Accepts Email Marketing", "Default Address Company",
        "Default Address Address1", "Default Address Address2", "Default Address City", "Default Address Province Code",
        "Default Address Country Code", "Default Address Zip", "Default Address Phone", "Phone", "Accepts SMS Marketing",
        "Total Spent", "Total Orders", "Note", "Tax Exempt", "Tags",
    ),
    {
        "Customer ID": "'''' || account", "First Name": "split_part(handle, '_', 1)", "Email": "email",
        "Accepts Email Marketing": "CASE WHEN by_email THEN 'yes' ELSE 'no' END",
        "Default Address Country Code": "'CN'", "Phone": "CASE WHEN phone IS NOT NULL THEN '''+86 ' || phone END",
        "Accepts SMS Marketing": "CASE WHEN by_sms THEN 'yes' ELSE 'no' END", "Total Spent": "yuan(coalesce(spent_fen, 0))",
        "Total Orders": "coalesce(placed, 0)", "Tax Exempt": "'no'",
    },
    """(SELECT a.*, s.spent_fen, s.placed, coalesce(c.by_email, false) AS by_email, coalesce(c.by_sms, false) AS by_sms
        FROM accounts a LEFT JOIN (SELECT account, count(*) AS placed, sum(payable_fen) FILTER (order_no IN (
            SELECT order_no FROM order_states WHERE state = 'paid' AND shop = 'site')) AS spent_fen
            FROM orders WHERE shop = 'site' GROUP BY account) s USING (account)
        LEFT JOIN (SELECT account, arg_max(granted, moment) FILTER (purpose = 'marketing_email') AS by_email,
            arg_max(granted, moment) FILTER (purpose = 'marketing_sms') AS by_sms FROM consents GROUP BY account) c
                USING (account)
        WHERE a.shop = 'site')""",
    "created_at, account",
    "utf-8",
)  # fmt: skip

_GOOGLE = (
    "Google Product Category", "Gender", "Age Group", "MPN", "Condition", "Custom Product", "Custom Label 0",
    "Custom Label 1", "Custom Label 2", "Custom Label 3", "Custom Label 4",
)  # fmt: skip
# Stock is not tracked here: the site sells out of the warehouse that all shops share.
PRODUCTS = Export(
    "products_export",
    (
        "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
        *(f"Option{n} {word}" for n in (1, 2, 3) for word in ("Name", "Value")), "Variant SKU", "Variant Grams",
        "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service",
        "Variant Price", "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable", "Variant Barcode",
        "Image Src", "Image Position", "Image Alt Text", "Gift Card", "SEO Title", "SEO Description",
        *(f"Google Shopping / {word}" for word in _GOOGLE), "Variant Image", "Variant Weight Unit", "Variant Tax Code",
        "Cost per item", "Included / United States", "Price / United States", "Compare At Price / United States",
        "Included / International", "Price / International", "Compare At Price / International", "Status",
    ),
    {
        "Handle": "lower(product_code)", "Title": f"CASE WHEN place = 1 THEN {_TITLE} END", "Vendor": "CASE WHEN "
        "place = 1 THEN '兰亭' END",
        "Product Category": "CASE WHEN place = 1 THEN category_word END", "Published": "CASE WHEN place = 1 THEN 'true' END",
        "Option1 Name": "CASE WHEN place = 1 THEN '规格' END", "Option1 Value": "variant", "Variant SKU": "code",
        "Variant Grams": "weight_g", "Variant Inventory Policy": "'deny'", "Variant Fulfillment Service": "'manual'",
        "Variant Price": "yuan(sale_fen)", "Variant Compare At Price": "yuan(list_now_fen)", "Variant Requires "
        "Shipping": "'true'",
        "Variant Taxable": "'true'", "Variant Barcode": "'''' || barcode", "Gift Card": "'false'", "Variant Weight Unit": "'g'",
        "Status": "CASE WHEN place = 1 THEN 'active' END",
    },
    """(SELECT k.*, p.sale_fen, p.list_now_fen, row_number() OVER (PARTITION BY product ORDER BY sku) AS place,
            category_word(category) AS category_word
        FROM skus k JOIN (SELECT sku, arg_max(sale_fen, valid_from) AS sale_fen, arg_max(list_fen, valid_from) AS list_now_fen
            FROM prices WHERE shop = 'site' GROUP BY sku) p USING (sku))""",
    "product, sku",
    "utf-8",
)  # fmt: skip


# The site sells out of the warehouse that all shops share, so it stocks nothing itself.
INVENTORY = Export(
    "inventory_export",
    (
        "Handle", "Title", *(f"Option{n} {word}" for n in (1, 2, 3) for word in ("Name", "Value")), "SKU", "HS Code", "COO",
        "Location", "Bin name", "Incoming", "Unavailable", "Committed", "Available", "On hand (current)", "On hand (new)",
    ),
    {
        "Handle": "lower(product_code)", "Title": "title", "Option1 Name": "'规格'", "Option1 Value": "variant", "SKU": "code",
        "COO": "'CN'", "Location": "'兰亭官网'",
        **dict.fromkeys(("Incoming", "Unavailable", "Committed", "Available", "On hand (current)"), "'not stocked'"),
    },
    f"(SELECT k.*, {_TITLE} AS title FROM skus k SEMI JOIN (SELECT sku FROM prices WHERE shop = 'site') USING (sku))",
    "product, sku",
    "utf-8",
)  # fmt: skip


def write_shopify(desk: Desk, folder: Path, month: str) -> None:
    """A month's orders, and what has changed of earlier months."""
    name = folder / "site" / f"{ORDERS.name}_{month}.csv"
    ORDERS.write(desk, name, "shop = 'site' AND is_new")
    ORDERS.write(desk, name.with_stem(f"{name.stem}_update"), "shop = 'site' AND NOT is_new")


def write_shopify_lists(desk: Desk, folder: Path) -> None:
    """Everybody who has an account on the site, and its articles at the prices of this morning."""
    PRODUCTS.write(desk, folder / "site" / f"{PRODUCTS.name}_{desk.until}.csv")
    INVENTORY.write(desk, folder / "site" / f"{INVENTORY.name}_{desk.until}.csv")
    CUSTOMERS.write(desk, folder / "site" / f"{CUSTOMERS.name}.csv")
