"""The rules that every shop has: read off the commerce model, and the few that trade itself declares."""

from __future__ import annotations

import functools

from shopkeeper.quality.lookups import Reconcile, Reference, Sum
from shopkeeper.quality.rule import Condition, NotNull, OneOf, Range, Rule
from shopkeeper.quality.whole import Drift, Freshness, Key, Volume
from shopkeeper.warehouse.model import COMMERCE_TABLES, Table

_DAILY = ("orders", "order_lines", "visits", "ad_spend", "content_stats", "stock_levels", "tickets")
"""Facts that a trading shop has rows of on every day."""
_ORDER = ("shop_id", "order_id")


@functools.cache
def builtin_rules() -> tuple[Rule, ...]:
    """All of them, table by table in the order of the model."""
    declared = {table: tuple(r for r in _DECLARED if r.table == table) for table in COMMERCE_TABLES}
    return tuple(rule for name, table in COMMERCE_TABLES.items() for rule in (*_of_model(table), *declared[name]))


def _of_model(table: Table) -> list[Rule]:
    """Key, required columns, closed sets and references as the model has them."""
    name = table.name
    rules: list[Rule] = [Key(id=f"{name}.key", table=name, severity="error", keys=table.key)]
    for column in table.columns:
        ident = f"{name}.{column.name}"
        if column.required and column.type != "text":  # empty text is a value: "none" of a key
            rules.append(NotNull(id=f"{ident}.not_null", table=name, severity="error", column=column.name))
        if column.allowed:
            rules.append(
                OneOf(id=f"{ident}.set", table=name, severity="error", column=column.name, values=column.allowed)
            )
        if column.references and (name, column.name) not in _SAID_BELOW:
            rules.append(_reference(table, column.name, column.references))
    if name in _DAILY:
        rules += [
            Freshness(id=f"{name}.freshness", table=name, severity="warning", day=table.day),
            Volume(id=f"{name}.volume", table=name, severity="warning", day=table.day),
        ]
    return rules


def _reference(table: Table, column: str, other: str) -> Reference:
    target = COMMERCE_TABLES[other]
    within = tuple(
        part for part in ("shop_id",) if part in target.key and part in table.column_names and part != column
    )
    return Reference(
        id=f"{table.name}.{column}.reference", table=table.name, column=column, references=other, within=within
    )


def _range(table: str, column: str, ident: str, **bounds: object) -> Range:
    return Range(id=ident, table=table, severity="error", column=column, **bounds)  # type: ignore[arg-type]


_SAID_BELOW = {("order_lines", "sku_id")}
_BEARERS = ("merchant", "platform", "influencer", "supplier", "unattributed")
_ADDS_UP = " - ".join(["list_amount", *(f"coalesce(discount_{of}, 0)" for of in _BEARERS)]) + " = payable_amount"
_LINES = Sum("order_lines", "payable_amount")
_REFUNDS = Sum("refunds", "amount", "coalesce(status, 'refunded') = 'refunded'")
_PAYMENTS = Sum("payments", "amount", "coalesce(status, 'succeeded') = 'succeeded'")
_DECLARED: tuple[Rule, ...] = (
    # The first eight are those of the data accuracy indicator (D1); a test holds the two together.
    Reference(id="line_product_known", table="order_lines", severity="error", column="sku_id", references="products"),
    Condition(id="line_quantity_positive", table="order_lines", severity="error", holds="quantity > 0", about=("quantity",)),
    _range("order_lines", "payable_amount", "line_amount_not_negative", min=0),
    Condition(
        id="line_adds_up", table="order_lines", severity="error", holds=_ADDS_UP,
        about=("list_amount", "payable_amount"),
    ),
    NotNull(id="line_buyer_known", table="order_lines", severity="warning", column="customer_id"),
    Condition(
        id="line_paid_after_ordered", table="order_lines", severity="warning", holds="paid_at >= ordered_at",
        about=("ordered_at", "paid_at"),
    ),
    NotNull(id="refund_order_known", table="refunds", severity="warning", column="ordered_day"),
    _range("refunds", "amount", "refund_amount_not_negative", min=0),
    Reference(
        id="line_order_known", table="order_lines", severity="warning", column="order_id", references="orders",
        within=("shop_id",),
    ),
    Reference(
        id="order_has_lines", table="orders", severity="warning", column="order_id", references="order_lines",
        within=("shop_id",),
    ),
    Reconcile(
        id="order_is_sum_of_lines", table="orders", severity="error", by=_ORDER, sums={"lines_payable": _LINES},
        holds="payable_amount - freight_amount = lines_payable", about=("payable_amount", "freight_amount"),
    ),
    Reconcile(
        id="refunds_within_paid", table="orders", severity="error", by=_ORDER, about=(),
        sums={"refunded": _REFUNDS, "paid_sum": _PAYMENTS}, holds="refunded <= coalesce(paid_sum, 0)",
    ),
    Reconcile(
        id="refunds_within_lines", table="orders", severity="warning", by=_ORDER, about=("freight_amount",),
        sums={"refunded": _REFUNDS, "lines_payable": _LINES},
        holds="refunded <= coalesce(lines_payable, 0) + coalesce(freight_amount, 0)",
    ),
    Reconcile(
        id="payments_are_order_total", table="orders", severity="error", by=_ORDER, sums={"paid_sum": _PAYMENTS},
        holds="CASE WHEN paid_at IS NOT NULL THEN paid_sum = payable_amount END", about=("payable_amount",),
    ),
    Drift(
        id="order_lines.payable_amount.drift", table="order_lines", severity="info", column="payable_amount",
        day="ordered_day", numeric=True,
    ),
    Drift(id="order_lines.channel_id.drift", table="order_lines", severity="info", column="channel_id", day="ordered_day"),
    Drift(id="refunds.reason.drift", table="refunds", severity="info", column="reason", day="refunded_day"),
    _range("reviews", "stars", "reviews.stars.range", min=1, max=5),
    _range("tickets", "satisfaction", "tickets.satisfaction.range", min=1, max=5),
    _range("sku_costs", "unit_cost", "sku_costs.unit_cost.range", min=0),
    _range("order_costs", "unit_cost", "order_costs.unit_cost.range", min=0),
    _range("prices", "sale_price", "prices.sale_price.range", min=0),
    _range("ad_spend", "amount", "ad_spend.amount.range", min=0),
)  # fmt: skip
