"""Orders and the money that follows them."""

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
    quantity,
    text,
)

_ORDER = text("order_id", "The order's number at its shop.", required=True)

ORDERS = Table(
    "orders",
    "fact",
    "One row an order, as placed; paid or not.",
    ("shop_id", "order_id"),
    (
        SHOP,
        _ORDER,
        CUSTOMER,
        CHANNEL,
        instant("ordered_at", "When it was placed.", required=True),
        day("ordered_day", "Shop day it was placed.", required=True),
        instant("paid_at", "When its final payment was received; empty while unpaid."),
        day("paid_day", "Shop day of the final payment."),
        text("status", "Where it stands.", allowed=("placed", "paid", "shipped", "completed", "cancelled", "closed")),
        text(
            "order_type",
            "How it was bought.",
            allowed=("normal", "presale", "cash_on_delivery", "subscription", "custom", "gift"),
        ),
        money("freight_amount", "Freight that the buyer pays."),
        money("payable_amount", "What the buyer owes for the whole order as the source states it, freight included."),
        flag("is_brushing", "Declared brushing order (刷单): excluded from every indicator and counted apart."),
        text("member_tier", "The buyer's tier at that time."),
        text("campaign_id", "Campaign it is attributed to by the source.", ref="campaigns"),
        text("region", "Region of delivery."),
        text("note", "The source's remark."),
    ),
    day="ordered_day",
)

ORDER_LINES = Table(
    "order_lines",
    "fact",
    "One row an article in an order. List, buyer-paid and merchant-receivable amounts are three columns; discounts are "
    "kept by who bears them. The order's buyer, channel and days are repeated here so that one scan answers.",
    ("shop_id", "order_id", "line_no"),
    (
        SHOP,
        _ORDER,
        count(
            "line_no",
            "Line within the order; counted in file order when the source has none.",
            unit="line",
            required=True,
        ),
        SKU,
        CUSTOMER,
        CHANNEL,
        instant("ordered_at", "When the order was placed.", required=True),
        day("ordered_day", "Shop day the order was placed.", required=True),
        instant("paid_at", "When the order's final payment was received; empty while unpaid."),
        day("paid_day", "Shop day of the final payment."),
        quantity("quantity", "Units ordered.", required=True),
        text("quantity_unit", "What is counted; empty = piece. Weight, volume and fuel never add up with pieces."),
        money("list_amount", "Tag price × quantity, before any discount."),
        money("discount_merchant", "Discount that the merchant bears."),
        money("discount_platform", "Discount that the platform bears."),
        money("discount_influencer", "Discount that an influencer bears."),
        money("discount_supplier", "Discount that a supplier or brand owner bears and pays back."),
        money("discount_unattributed", "Discount of which the source does not tell who bears it."),
        money("payable_amount", "What the buyer owes for the line: list less every discount.", required=True),
        money("receivable_amount", "What the merchant gets: payable plus what others bear."),
        flag("is_brushing", "Line of a declared brushing order."),
    ),
    day="ordered_day",
)

PAYMENTS = Table(
    "payments",
    "fact",
    "One row a payment attempt or part payment.",
    ("shop_id", "payment_id"),
    (
        SHOP,
        text("payment_id", "Number of the payment.", required=True),
        _ORDER,
        instant("paid_at", "When it was made.", required=True),
        day("paid_day", "Shop day it was made.", required=True),
        money("amount", "Amount paid.", required=True),
        text("method", "Alipay, WeChat Pay, card, cash …"),
        text("status", "Outcome.", allowed=("succeeded", "failed", "pending")),
        text("part", "Deposit, final or whole.", allowed=("deposit", "final", "whole")),
    ),
    day="paid_day",
)

REFUNDS = Table(
    "refunds",
    "fact",
    "One row a refund or return. It belongs to its order's day (cohort) and also has its own day.",
    ("shop_id", "refund_id"),
    (
        SHOP,
        text("refund_id", "Number of the refund.", required=True),
        text("order_id", "The refunded order; empty when the source does not name it."),
        count("line_no", "The refunded line.", unit="line"),
        text("sku_id", "The refunded article.", ref="products"),
        CUSTOMER,
        CHANNEL,
        day("ordered_day", "Shop day of the refunded order (its cohort); empty when unknown."),
        instant("refunded_at", "When it was granted.", required=True),
        day("refunded_day", "Shop day it was granted.", required=True),
        quantity("quantity", "Units that come back; 0 for money only."),
        money("amount", "Money given back.", required=True),
        text("kind", "Whether goods come back.", allowed=("return", "refund_only", "before_shipment", "exchange")),
        text("reason", "Reason stated."),
        text("status", "Outcome.", allowed=("requested", "approved", "refunded", "rejected", "cancelled")),
    ),
    day="refunded_day",
)

SHIPMENTS = Table(
    "shipments",
    "fact",
    "One row a parcel.",
    ("shop_id", "shipment_id"),
    (
        SHOP,
        text("shipment_id", "Number of the parcel.", required=True),
        _ORDER,
        day("ordered_day", "Shop day of the shipped order (its cohort); empty when unknown."),
        day("due_day", "Shop day by which shipping was promised.", required=True),
        instant("due_at", "Moment by which shipping was promised."),
        instant("shipped_at", "When it left."),
        instant("delivered_at", "When it arrived."),
        quantity("quantity", "Units inside."),
        text("carrier", "Who carries it."),
        text("warehouse_id", "Where it left from."),
        flag("is_perfect", "Complete, undamaged, on time and rightly documented."),
        money("freight_cost", "What the merchant pays for it."),
    ),
    day="due_day",
)

SUBSCRIPTIONS = Table(
    "subscriptions",
    "fact",
    "One row a change of a subscription.",
    ("shop_id", "subscription_id", "changed_at"),
    (
        SHOP,
        text("subscription_id", "Number of the subscription.", required=True),
        CUSTOMER,
        text("sku_id", "What is subscribed.", ref="products"),
        instant("changed_at", "When it changed.", required=True),
        day("changed_day", "Shop day it changed.", required=True),
        text("change", "What changed.", allowed=("started", "renewed", "changed", "paused", "ended")),
        money("monthly_amount", "Recurring amount a month after the change."),
    ),
    day="changed_day",
)

SETTLEMENTS = Table(
    "settlements",
    "fact",
    "One row a line of a platform's or bank's statement.",
    ("shop_id", "statement_id", "line_no"),
    (
        SHOP,
        text("statement_id", "Number of the statement.", required=True),
        count("line_no", "Line of the statement.", unit="line", required=True),
        text("issuer", "Who issued it.", allowed=("platform", "bank", "wallet")),
        text("order_id", "Order it settles."),
        instant("settled_at", "When it was booked.", required=True),
        day("settled_day", "Shop day it was booked.", required=True),
        text("kind", "Sale, refund, commission, fee, advertising, transfer …"),
        money("amount", "Signed amount: plus is money to the merchant.", required=True),
        money("balance", "Balance after it."),
        text("note", "The statement's wording."),
    ),
    day="settled_day",
)

TABLES = (ORDERS, ORDER_LINES, PAYMENTS, REFUNDS, SHIPMENTS, SUBSCRIPTIONS, SETTLEMENTS)
