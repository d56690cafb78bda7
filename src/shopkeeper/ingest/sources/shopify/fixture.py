"""Synthetic files of a tea shop that sells through Shopify in CNY."""

from __future__ import annotations

from collections.abc import Mapping

from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.ingest.sources.shopify.layout import CUSTOMERS, INVENTORY, ORDERS, PRODUCTS


def _rows(headers: tuple[str, ...], *rows: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    return (headers, *(tuple(row.get(header, "") for header in headers) for row in rows))


def _order(number: int, subtotal: str, freight: str, total: str, at: str, **more: str) -> dict[str, str]:
    said = {"Name": f"#{number}", "Financial Status": "paid", "Fulfillment Status": "fulfilled", "Currency": "CNY",
            "Subtotal": subtotal, "Shipping": freight, "Taxes": "0.00", "Total": total, "Created at": at, "Paid at": at,
            "Source": "web"}  # fmt: skip
    return said | {name.replace("_", " "): value for name, value in more.items()}


def _line(sku: str, name: str, quantity: str, price: str, **more: str) -> dict[str, str]:
    said = {"Lineitem sku": sku, "Lineitem name": name, "Lineitem quantity": quantity, "Lineitem price": price}
    return said | {f"Lineitem {name.replace('_', ' ')}": value for name, value in more.items()}


_EVENING = "2026-07-05 23:30:00 -0400"  # 2026-07-06 11:30 in Shanghai
_NOON = "2026-07-06 12:00:00 +0800"
ORDER_FILE = Fixture(
    "shopify_orders", "orders_export_1.csv",
    _rows(
        ORDERS.headers,
        # a discount code of 23.33 on 233.33, one article with a compare-at price, one without a number
        _order(1001, "210.00", "15.00", "225.00", _EVENING, Email="Anna.Wu@example.com", Discount_Code="TEA10",
               Discount_Amount="23.33", Shipping_Province="ZJ", Shipping_Province_Name="Zhejiang", Refunded_Amount="0.00")
        | _line("TEA-100", "Mountain Tea - 100 g", "2", "100.00", compare_at_price="120.00", discount="0.00"),
        {"Name": "#1001", "Email": "Anna.Wu@example.com"} | _line("", "Mug - Blue", "1", "33.33", discount="0.00"),
        _order(1002, "50.00", "0.00", "50.00", _NOON, Phone="'+86 138 0013 8000", Financial_Status="pending", Paid_at="",
               Fulfillment_Status="unfulfilled", Source="pos") | _line("TEA-100", "Mountain Tea - 100 g", "1", "50.00"),
        _order(1003, "20.00", "5.00", "25.00", _NOON, Email="anna.wu@example.com ", Financial_Status="voided", Paid_at="",
               Cancelled_at="2026-07-06 13:00:00 +0800", Fulfillment_Status="unfulfilled")
        | _line("CUP-1", "Cup", "1", "20.00"),
        # 80.00 of 100.00 over three lines; refunded later, on a day that the file does not tell
        _order(1004, "80.00", "0.00", "80.00", _NOON, Email="li@example.com", Financial_Status="refunded",
               Discount_Amount="20.00", Refunded_Amount="80.00") | _line("CUP-1", "Cup", "1", "33.33"),
        {"Name": "#1004"} | _line("CUP-2", "Cup", "1", "33.33"),
        {"Name": "#1004"} | _line("CUP-3", "Cup", "1", "33.34"),
        # a discount of one line, one of the order, and a gift
        _order(1005, "130.00", "0.00", "130.00", _NOON, Discount_Amount="20.00")
        | _line("TEA-100", "Mountain Tea - 100 g", "1", "100.00", discount="10.00"),
        {"Name": "#1005"} | _line("CUP-1", "Cup", "1", "50.00"),
        {"Name": "#1005"} | _line("GIFT", "Sticker", "1", "0.00"),
        _order(1006, "1,250.00", "0.00", "1,250.00", _NOON, Email="wang@example.com", Financial_Status="pending", Paid_at="",
               Payment_Method="Cash on Delivery (COD)") | _line("POT-1", "Iron pot", "1", "1,250.00"),
        _order(1007, "10.00", "0.00", "10.00", _NOON, Email="li@example.com", Currency="USD")
        | _line("CUP-1", "Cup", "1", "10.00"),
    ),
    loaded={"orders": 6, "order_lines": 11},
    totals={
        "orders.payable_amount": "1760.00",  # 225 + 50 + 25 + 80 + 130 + 1250
        "orders.freight_amount": "20.00",
        "order_lines.payable_amount": "1740.00",  # 210 + 50 + 20 + 80 + 130 + 1250
        "order_lines.receivable_amount": "1740.00",
        "order_lines.list_amount": "1843.33",  # (240 + 33.33) + 50 + 20 + 100 + 150 + 1250
        "order_lines.discount_merchant": "103.33",
        "order_lines.quantity": "12",
    },
    held=2,  # the order in USD and its line
)  # fmt: skip

PRODUCT_FILE = Fixture(
    "shopify_products", "products_export_2026-07-06.csv",
    _rows(
        PRODUCTS.headers,
        {
            "Handle": "mountain-tea", "Title": "Mountain Tea", "Vendor": "Hill House", "Type": "Tea", "Tags": "tea, gift",
            "Product Category": "Food, Beverages & Tobacco > Beverages > Tea", "Body (HTML)": "<p>First harvest,\nby hand</p>",
            "Option1 Name": "Size", "Option1 Value": "100 g", "Variant SKU": "'00100", "Variant Inventory Tracker": "shopify",
            "Variant Inventory Qty": "12", "Variant Price": "48.00", "Variant Compare At Price": "60.00",
            "Cost per item": "20.50", "Image Src": "https://shop.example/tea.jpg", "Image Position": "1",
        },
        {
            "Handle": "mountain-tea", "Option1 Value": "250 g", "Variant SKU": "TEA-250", "Cost per item": "45.00",
            "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "-2", "Variant Price": "98.00",
        },
        {"Handle": "mountain-tea", "Image Src": "https://shop.example/leaf.jpg", "Image Position": "2"},
        {
            "Handle": "blue-mug", "Title": "Mug", "Vendor": "Kiln", "Option1 Name": "Title", "Option1 Value": "Default Title",
            "Variant Inventory Qty": "5", "Variant Price": "35.00",
        },
        {
            "Handle": "red-mug", "Title": "Mug", "Vendor": "Kiln", "Option1 Name": "Title", "Option1 Value": "Default Title",
            "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "7", "Variant Price": "36.00",
        },
    ),
    loaded={"products": 4, "prices": 4, "sku_costs": 2, "stock_levels": 3},
    totals={
        "prices.sale_price": "217.00",  # 48 + 98 + 35 + 36
        "prices.list_price": "229.00",  # 60 + 98 + 35 + 36
        "sku_costs.unit_cost": "65.50",
        "stock_levels.on_hand": "17",  # 12 - 2 + 7; nobody tracks the blue mug
    },
    notes=1,
    variants=(
        ("Handle", "URL handle"), ("Option1 Name", "Option1 name"), ("Variant SKU", "SKU"), ("Variant Price", "Price"),
        ("Variant Compare At Price", "Compare-at price"), ("Image Src", "Product image URL"),
        ("Variant Inventory Qty", "Inventory quantity"), ("Variant Inventory Tracker", "Inventory tracker"),
    ),
)  # fmt: skip

CUSTOMER_FILE = Fixture(
    "shopify_customers", "customers_export.csv",
    _rows(
        CUSTOMERS.headers,
        {
            "Customer ID": "'8412345678901", "First Name": "Anna", "Last Name": "Wu", "Email": "anna.wu@example.com",
            "Phone": "'+8613800138001", "Default Address Zip": "'310000", "Default Address Province Code": "ZJ",
            "Default Address Country Code": "CN", "Accepts Email Marketing": "yes", "Total Spent": "245.00", "Total Orders": "2",
        },
        {"Customer ID": "'8412345678902", "Phone": "'+86 13800138000", "Accepts Email Marketing": "no", "Total Orders": "1"},
        {"Customer ID": "'8412345678903", "First Name": "Bo", "Accepts Email Marketing": "no", "Total Orders": "0"},
        {"Customer ID": "'8412345678904", "Email": "b****@example.com", "Accepts Email Marketing": "no"},
    ),
    loaded={"customers": 4, "identities": 4}, totals={},
)  # fmt: skip

INVENTORY_FILE = Fixture(
    "shopify_inventory", "inventory_export_2026-07-06.csv",
    _rows(
        INVENTORY.headers,
        {
            "Handle": "mountain-tea", "Title": "Mountain Tea", "Option1 Name": "Size", "Option1 Value": "100 g", "SKU": "TEA-100",
            "Location": "Shanghai", "Incoming": "10", "Unavailable": "0", "Committed": "2", "Available": "10",
            "On hand (current)": "12",
        },
        {
            "Handle": "mountain-tea", "Title": "Mountain Tea", "Option1 Name": "Size", "Option1 Value": "100 g", "SKU": "TEA-100",
            "Location": "Hangzhou", "Incoming": "not stocked", "Unavailable": "not stocked", "Committed": "not stocked",
            "Available": "not stocked", "On hand (current)": "not stocked",
        },
        {
            "Handle": "mountain-tea", "Title": "Mountain Tea", "Option1 Name": "Size", "Option1 Value": "250 g", "SKU": "TEA-250",
            "Location": "Shanghai", "Incoming": "0", "Available": "-2", "On hand (current)": "-2",
        },
        {
            "Handle": "blue-mug", "Title": "Mug", "Option1 Name": "Title", "Option1 Value": "Default Title",
            "Location": "Hangzhou", "Incoming": "0", "Available": "4", "On hand (current)": "1,005",
        },
        {
            "Handle": "cup", "Title": "Cup", "Option1 Name": "Title", "Option1 Value": "Default Title", "SKU": "CUP-1",
            "Location": "Hangzhou", "On hand (current)": "many",
        },
    ),
    loaded={"products": 4, "stock_levels": 3},
    totals={
        "stock_levels.on_hand": "1015",  # 12 - 2 + 1005
        "stock_levels.available": "12",  # 10 - 2 + 4
        "stock_levels.in_transit": "10",
    },
    held=1,
    variants=(("Incoming", "Incoming (not editable)"), ("Available", "Available (not editable)")),
)  # fmt: skip

FIXTURES: tuple[Fixture, ...] = (ORDER_FILE, PRODUCT_FILE, CUSTOMER_FILE, INVENTORY_FILE)
