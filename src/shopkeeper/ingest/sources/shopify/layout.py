"""Headers of Shopify's exports, with the spellings that its admin has had over the years."""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.currency import CurrencyLayout
from shopkeeper.ingest.sources.shopify import articles, mapping

_OPTIONS = tuple(f"Option{n} {word}" for n in (1, 2, 3) for word in ("Name", "Value"))
_TAXES = tuple(f"Tax {n} {word}" for n in (1, 2, 3, 4, 5) for word in ("Name", "Value"))
_ADDRESS = ("Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone")
_GOOGLE = (
    "Google Product Category", "Gender", "Age Group", "MPN", "Condition", "Custom Product", "Custom Label 0",
    "Custom Label 1", "Custom Label 2", "Custom Label 3", "Custom Label 4",
)  # fmt: skip

ORDERS = CurrencyLayout(
    "shopify_orders", "site",
    headers=(
        "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing", "Currency",
        "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method", "Created at",
        "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem compare at price", "Lineitem sku",
        "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status",
        *(f"Billing {word}" for word in _ADDRESS), *(f"Shipping {word}" for word in _ADDRESS), "Notes", "Note Attributes",
        "Cancelled at", "Payment Method", "Payment Reference", "Refunded Amount", "Vendor", "Outstanding Balance", "Employee",
        "Location", "Device ID", "Id", "Tags", "Risk Level", "Source", "Lineitem discount", *_TAXES, "Phone",
        "Receipt Number", "Duties", "Billing Province Name", "Shipping Province Name", "Payment ID", "Payment Terms Name",
        "Next Payment Due At", "Payment References",
    ),
    needed=(
        "Name", "Email", "Financial Status", "Paid at", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Created at",
        "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Cancelled at",
    ),
    rows=mapping.ORDER_ROWS, tables=mapping.ORDERS,
)  # fmt: skip

PRODUCTS = Layout(
    "shopify_products", "site",
    headers=(
        "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", *_OPTIONS, "Variant SKU",
        "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy",
        "Variant Fulfillment Service", "Variant Price", "Variant Compare At Price", "Variant Requires Shipping",
        "Variant Taxable", "Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "Gift Card", "SEO Title",
        "SEO Description", *(f"Google Shopping / {word}" for word in _GOOGLE), "Variant Image", "Variant Weight Unit",
        "Variant Tax Code", "Cost per item", "Included / United States", "Price / United States",
        "Compare At Price / United States", "Included / International", "Price / International",
        "Compare At Price / International", "Status",
    ),
    also={
        "Handle": ("URL handle",), "Body (HTML)": ("Description",), "Published": ("Published on online store",),
        "Variant SKU": ("SKU",), "Variant Price": ("Price",), "Variant Compare At Price": ("Compare-at price",),
        "Variant Barcode": ("Barcode",), "Variant Inventory Qty": ("Inventory quantity",),
        "Variant Inventory Tracker": ("Inventory tracker",), "Variant Grams": ("Weight value (grams)",),
        "Variant Fulfillment Service": ("Fulfillment service",), "Variant Requires Shipping": ("Requires shipping",),
        "Variant Taxable": ("Charge tax",), "Variant Tax Code": ("Tax code",), "Image Src": ("Product image URL",),
        "Variant Image": ("Variant image URL",), "Variant Weight Unit": ("Weight unit for display",),
        "Google Shopping / MPN": ("Google Shopping / Manufacturer part number (MPN)",),
    },
    needed=(
        "Handle", "Title", "Vendor", "Type", "Tags", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price",
        "Variant Compare At Price", "Image Src",
    ),
    notes_where=articles.IMAGE_ROW, rows=articles.PRODUCT_ROWS, tables=articles.PRODUCTS, days=True,
)  # fmt: skip

CUSTOMERS = Layout(
    "shopify_customers", "site",
    headers=(
        "Customer ID", "First Name", "Last Name", "Email", "Accepts Email Marketing", "Default Address Company",
        "Default Address Address1", "Default Address Address2", "Default Address City", "Default Address Province Code",
        "Default Address Country Code", "Default Address Zip", "Default Address Phone", "Phone", "Accepts SMS Marketing",
        "Total Spent", "Total Orders", "Note", "Tax Exempt", "Tags",
    ),
    needed=(
        "Customer ID", "Email", "Phone", "Accepts Email Marketing", "Default Address Province Code",
        "Default Address Country Code", "Total Spent", "Total Orders",
    ),
    rows=mapping.CUSTOMER_ROWS, tables=mapping.CUSTOMERS,
)  # fmt: skip

INVENTORY = Layout(
    "shopify_inventory", "site",
    headers=(
        "Handle", "Title", *_OPTIONS, "SKU", "HS Code", "COO", "Location", "Bin name", "Incoming", "Unavailable", "Committed",
        "Available", "On hand (current)", "On hand (new)",
    ),
    also={
        "Incoming": ("Incoming (not editable)",), "Unavailable": ("Unavailable (not editable)",),
        "Committed": ("Committed (not editable)",), "Available": ("Available (not editable)",),
        "On hand (current)": ("On hand",),
    },
    needed=("Handle", "Title", "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "SKU", "HS Code", "COO"),
    unless=("Variant Price", "Variant SKU", "Price"),
    rows=articles.INVENTORY_ROWS, tables=articles.INVENTORY, days=True,
)  # fmt: skip

LAYOUTS: tuple[Layout, ...] = (ORDERS, PRODUCTS, CUSTOMERS, INVENTORY)
