"""A synthetic item-sales file of a café with two tills."""

from __future__ import annotations

from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.ingest.sources.square.layout import ITEMS


def _row(
    transaction: str, item: str, quantity: str, gross: str, discount: str, net: str, **more: str
) -> tuple[str, ...]:
    said = {
        "Date": "2026-07-05", "Time": "18:30:00", "Time Zone": "Pacific Time (US & Canada)", "Category": "Drinks", "Item": item,
        "Qty": quantity, "Price Point Name": "Regular", "Gross Sales": gross, "Discounts": discount, "Net Sales": net,
        "Tax": "¥0.00", "Transaction ID": transaction, "Payment ID": f"pay-{transaction}", "Event Type": "Payment",
        "Location": "Harbour", "Customer ID": "CUST1", "Customer Name": "Anna Wu", "Unit": "ea", "Count": "1",
        "Itemization Type": "Physical Good", "Card Brand": "Visa", "PAN Suffix": "4242",
    } | {name.replace("_", " "): value for name, value in more.items()}  # fmt: skip
    return tuple(said.get(header, "") for header in ITEMS.headers)


ITEM_FILE = Fixture(
    "square_items", "items-2026-07-05-2026-07-07.csv",
    (
        ITEMS.headers,
        _row("T1", "Latte", "2.0", "¥60.00", "-¥6.00", "¥54.00", Tax="¥4.86", Channel="Counter"),
        _row("T1", "Beans", "1.5", "¥1,234.50", "¥0.00", "¥1,234.50", SKU="BEAN", Price_Point_Name="Dark", Unit="kg",
             Channel="Counter"),
        _row("T2", "Custom Amount", "1", "¥20.00", "¥0.00", "¥20.00", Time_Zone="Shop Time", Date="2026-07-06", Customer_ID="",
             Category=""),
        _row("T3", "Latte", "-1.0", "-¥30.00", "¥3.00", "-¥27.00", Event_Type="Refund", Details="Refund for: spilt"),
        _row("T4", "Custom Amount", "0", "(¥5.00)", "¥0.00", "(¥5.00)", Event_Type="Refund"),
        _row("T5", "Latte", "1", "$10.00", "$0.00", "$10.00"),
        _row("T6", "Latte", "1", "¥30.00", "¥0.00", "¥30.00", Event_Type="No Sale"),
    ),
    loaded={"orders": 2, "order_lines": 3, "refunds": 2},
    totals={
        "order_lines.list_amount": "1314.50",  # 60 + 1234.50 + 20
        "order_lines.discount_merchant": "6.00",
        "order_lines.payable_amount": "1308.50",  # 54 + 1234.50 + 20
        "order_lines.receivable_amount": "1308.50",
        "order_lines.quantity": "4.5",
        "refunds.amount": "32.00",  # 27 + 5
        "refunds.quantity": "1",
    },
    held=2,  # the amount in dollars, and an event that is neither a sale nor a refund
)  # fmt: skip

FIXTURES: tuple[Fixture, ...] = (ITEM_FILE,)
