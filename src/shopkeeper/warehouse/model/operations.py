"""Stock, purchasing, service, costs and people."""

from __future__ import annotations

from shopkeeper.warehouse.model.table import (
    CHANNEL,
    CUSTOMER,
    SHOP,
    SKU,
    Table,
    count,
    day,
    flag,
    instant,
    money,
    number,
    quantity,
    text,
)

STOCK_LEVELS = Table(
    "stock_levels",
    "fact",
    "One row an article's stock at the end of a day in a warehouse. Levels never add up over time.",
    ("shop_id", "warehouse_id", "sku_id", "stock_day"),
    (
        SHOP,
        text("warehouse_id", "Where it lies; empty text when the source has one place.", required=True),
        SKU,
        day("stock_day", "Shop day, at its end.", required=True),
        quantity("on_hand", "Units present.", required=True),
        quantity("available", "Units that can be sold."),
        quantity("in_transit", "Units on the way."),
        money("value", "Stock value at cost."),
        day("last_received_day", "Shop day of the last receipt."),
        day("last_sold_day", "Shop day of the last sale."),
    ),
    day="stock_day",
)

STOCK_MOVES = Table(
    "stock_moves",
    "fact",
    "One row a movement of stock.",
    ("shop_id", "move_id"),
    (
        SHOP,
        text("move_id", "Number of the movement.", required=True),
        text("warehouse_id", "Where."),
        SKU,
        instant("moved_at", "When.", required=True),
        day("moved_day", "Shop day.", required=True),
        quantity("quantity", "Signed units: plus is in.", required=True),
        text("kind", "Why.", allowed=("receipt", "sale", "return", "transfer", "adjustment", "loss")),
        money("cost", "Value moved at cost."),
    ),
    day="moved_day",
)

PURCHASE_ORDERS = Table(
    "purchase_orders",
    "fact",
    "One row an article of a purchase order.",
    ("shop_id", "purchase_id", "sku_id"),
    (
        SHOP,
        text("purchase_id", "Number of the purchase order.", required=True),
        SKU,
        text("supplier_id", "From whom.", ref="suppliers"),
        day("ordered_day", "Shop day it was placed.", required=True),
        day("due_day", "Shop day it was promised for."),
        day("received_day", "Shop day it arrived."),
        quantity("quantity", "Units ordered.", required=True),
        quantity("received_quantity", "Units received."),
        money("unit_cost", "Cost a unit."),
    ),
    day="ordered_day",
)

TICKETS = Table(
    "tickets",
    "fact",
    "One row a service conversation.",
    ("shop_id", "ticket_id"),
    (
        SHOP,
        text("ticket_id", "Number of the conversation.", required=True),
        instant("opened_at", "When the customer wrote.", required=True),
        day("opened_day", "Shop day it began.", required=True),
        CUSTOMER,
        CHANNEL,
        text("order_id", "Order it is about."),
        text("topic", "What it is about."),
        number("first_response_seconds", "Wait for the first answer.", unit="second"),
        flag("answered_by_bot", "Whether a bot gave the first answer."),
        flag("resolved_by_bot", "Whether it ended without a person."),
        flag("is_simple", "Whether it is a simple query."),
        instant("closed_at", "When it ended."),
        count("satisfaction", "Score given.", unit="1–5"),
    ),
    day="opened_day",
)

REVIEWS = Table(
    "reviews",
    "fact",
    "One row a review.",
    ("shop_id", "review_id"),
    (
        SHOP,
        text("review_id", "Number of the review.", required=True),
        text("sku_id", "Article reviewed.", ref="products"),
        text("order_id", "Order reviewed."),
        CUSTOMER,
        instant("reviewed_at", "When.", required=True),
        day("reviewed_day", "Shop day.", required=True),
        count("stars", "Stars.", unit="1–5"),
        text("text", "What was written."),
    ),
    day="reviewed_day",
)

LEDGER_ENTRIES = Table(
    "ledger_entries",
    "fact",
    "One row a cost or cash movement.",
    ("shop_id", "entry_id"),
    (
        SHOP,
        text("entry_id", "Number of the entry.", required=True),
        day("booked_day", "Shop day.", required=True),
        text(
            "kind", "What it is.",
            allowed=(
                "marketing", "platform_fee", "fulfilment", "labour", "rent", "tax", "purchase", "payroll", "cash_in",
                "cash_out", "other",
            ),
            required=True,
        ),
        money("amount", "Amount; a cost is positive.", required=True),
        CHANNEL,
        text("account", "Account or payee."),
        text("note", "Wording."),
    ),
    day="booked_day",
)  # fmt: skip

SKU_COSTS = Table(
    "sku_costs",
    "fact",
    "Cost of an article from a day on.",
    ("shop_id", "sku_id", "valid_from"),
    (
        SHOP,
        SKU,
        day("valid_from", "First shop day.", required=True),
        money("unit_cost", "Landed cost a unit, without VAT.", required=True),
        number("vat_share", "VAT in the selling price.", unit="share 0–1"),
    ),
)

ORDER_COSTS = Table(
    "order_costs",
    "fact",
    "Cost of an article as an ERP booked it on one order, for articles whose numbers the platform and the ERP do not share.",
    ("shop_id", "order_id", "child_order_id", "sku_id"),
    (
        SHOP,
        text("order_id", "The order's number at the platform.", required=True),
        text(
            "child_order_id", "The line's number at the platform; empty text when the source has none.", required=True
        ),
        text("sku_id", "The article's number in the ERP; empty text when the source has none.", required=True),
        day("booked_day", "Shop day that the cost is of.", required=True),
        money("unit_cost", "Landed cost a unit, without VAT.", required=True),
    ),
    day="booked_day",
)

PRICES = Table(
    "prices",
    "fact",
    "Price of an article from a moment on.",
    ("shop_id", "sku_id", "valid_from"),
    (
        SHOP,
        SKU,
        instant("valid_from", "From when.", required=True),
        money("list_price", "Tag price a unit."),
        money("sale_price", "Price asked a unit.", required=True),
    ),
)

FX_RATES = Table(
    "fx_rates",
    "fact",
    "Exchange rate of a day.",
    ("rate_day", "currency", "quote_currency"),
    (
        day("rate_day", "Day.", required=True),
        text("currency", "One unit of this …", required=True),
        text("quote_currency", "… costs `rate` of this.", required=True),
        number("rate", "Rate.", unit="quote per unit"),
    ),
    day="rate_day",
)

CONSENTS = Table(
    "consents",
    "fact",
    "One row a consent given or withdrawn.",
    ("customer_id", "purpose", "given_at"),
    (
        text("customer_id", "Who.", required=True, ref="customers"),
        text("purpose", "For what.", required=True),
        instant("given_at", "When.", required=True),
        flag("granted", "Given or withdrawn."),
        text("evidence", "Where it is recorded."),
    ),
)

CONTACTS = Table(
    "contacts",
    "fact",
    "One row a message sent to a customer.",
    ("contact_id",),
    (
        text("contact_id", "Number of the message.", required=True),
        text("customer_id", "To whom.", required=True, ref="customers"),
        instant("sent_at", "When.", required=True),
        day("sent_day", "Shop day.", required=True),
        CHANNEL,
        text("campaign_id", "Why.", ref="campaigns"),
        text("status", "Outcome.", allowed=("sent", "delivered", "opened", "clicked", "failed", "suppressed")),
    ),
    day="sent_day",
)

PEOPLE = Table(
    "people",
    "fact",
    "One row a member of staff from a day on.",
    ("person_id", "valid_from"),
    (
        text("person_id", "Who.", required=True),
        day("valid_from", "First day of this state.", required=True),
        text("team", "Team or department."),
        text("role", "Role."),
        text("reports_to", "Superior's person_id."),
        money("monthly_cost", "Cost a month."),
        day("left_day", "Last day, once left."),
    ),
)

TABLES = (
    STOCK_LEVELS, STOCK_MOVES, PURCHASE_ORDERS, TICKETS, REVIEWS, LEDGER_ENTRIES, SKU_COSTS, ORDER_COSTS, PRICES, FX_RATES,
    CONSENTS, CONTACTS, PEOPLE,
)  # fmt: skip
