"""Headers of Square's item sales. The last twelve came over the years; the older export has 23 columns.

An export with `Product Sales` means something else by `Gross Sales` (tax included) and is not this layout.
"""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.currency import CurrencyLayout
from shopkeeper.ingest.sources.square import mapping

ITEMS = CurrencyLayout(
    "square_items", "store",
    headers=(
        "Date", "Time", "Time Zone", "Category", "Item", "Qty", "Price Point Name", "SKU", "Modifiers Applied", "Gross Sales",
        "Discounts", "Net Sales", "Tax", "Transaction ID", "Payment ID", "Device Name", "Notes", "Details", "Event Type",
        "Location", "Dining Option", "Customer ID", "Customer Name", "Customer Reference ID", "Unit", "Count", "GTIN",
        "Itemization Type", "Commission", "Employee", "Fulfillment Note", "Channel", "Token", "Card Brand", "PAN Suffix",
    ),
    needed=(
        "Date", "Time", "Time Zone", "Item", "Qty", "Price Point Name", "Gross Sales", "Discounts", "Net Sales", "Tax",
        "Transaction ID", "Payment ID", "Event Type", "Location",
    ),
    unless=("Product Sales",), rows=mapping.ROWS, tables=mapping.TABLES,
)  # fmt: skip

LAYOUTS: tuple[Layout, ...] = (ITEMS,)
