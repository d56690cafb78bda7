"""Headers of WooCommerce's product export. Attributes beyond the first are further columns that nothing here needs."""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.woocommerce import mapping

PRODUCTS = Layout(
    "woocommerce_products", "site",
    headers=(
        "ID", "Type", "SKU", "Name", "Published", "Is featured?", "Visibility in catalog", "Short description", "Description",
        "Date sale price starts", "Date sale price ends", "Tax status", "Tax class", "In stock?", "Stock", "Low stock amount",
        "Backorders allowed?", "Sold individually?", "Weight (kg)", "Length (cm)", "Width (cm)", "Height (cm)",
        "Allow customer reviews?", "Purchase note", "Sale price", "Regular price", "Categories", "Tags", "Shipping class",
        "Images", "Download limit", "Download expiry days", "Parent", "Grouped products", "Upsells", "Cross-sells",
        "External URL", "Button text", "Position", "Attribute 1 name", "Attribute 1 value(s)", "Attribute 1 visible",
        "Attribute 1 global",
    ),
    also={
        "Weight (kg)": ("Weight (g)", "Weight (lbs)", "Weight (oz)"), "Length (cm)": ("Length (in)", "Length (mm)", "Length (m)"),
        "Width (cm)": ("Width (in)", "Width (mm)", "Width (m)"), "Height (cm)": ("Height (in)", "Height (mm)", "Height (m)"),
    },
    needed=(
        "ID", "Type", "SKU", "Name", "Visibility in catalog", "Date sale price starts", "Date sale price ends", "Stock",
        "Sale price", "Regular price", "Categories", "Parent",
    ),
    rows=mapping.ROWS, tables=mapping.TABLES, days=True,
)  # fmt: skip

LAYOUTS: tuple[Layout, ...] = (PRODUCTS,)
