"""Row checks that the data accuracy indicator (D1) counts: each is a statement that every row should satisfy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ibis.expr.types as ir

Severity = Literal["error", "warning"]
WEIGHTS: dict[Severity, int] = {"error": 2, "warning": 1}


@dataclass(frozen=True)
class RowCheck:
    """One statement about each row of a table. `passes` gives NULL where the row has nothing to check: not run."""

    id: str
    table: str
    severity: Severity
    passes: Callable[[ir.Table], ir.Value]

    @property
    def weight(self) -> int:
        """What one run counts."""
        return WEIGHTS[self.severity]


def _lines_add_up(t: ir.Table) -> ir.Value:
    """List less every discount is what the buyer owes; a discount that the source lacks counts as none."""
    discounts = (
        t.discount_merchant.fill_null(0)
        + t.discount_platform.fill_null(0)
        + t.discount_influencer.fill_null(0)
        + t.discount_supplier.fill_null(0)
        + t.discount_unattributed.fill_null(0)
    )
    return t.list_amount - discounts == t.payable_amount


ROW_CHECKS: tuple[RowCheck, ...] = (
    RowCheck("line_product_known", "order_lines", "error", lambda t: t.product_known),
    RowCheck("line_quantity_positive", "order_lines", "error", lambda t: t.quantity > 0),
    RowCheck("line_amount_not_negative", "order_lines", "error", lambda t: t.payable_amount >= 0),
    RowCheck("line_adds_up", "order_lines", "error", _lines_add_up),
    RowCheck("line_buyer_known", "order_lines", "warning", lambda t: t.customer_id.notnull()),
    RowCheck("line_paid_after_ordered", "order_lines", "warning", lambda t: t.paid_at >= t.ordered_at),
    RowCheck("refund_order_known", "refunds", "warning", lambda t: t.ordered_day.notnull()),
    RowCheck("refund_amount_not_negative", "refunds", "error", lambda t: t.amount >= 0),
)


def weight_run(table: str) -> Callable[[ir.Table], ir.Value]:
    """Weighted number of checks that a row undergoes."""
    checks = [c for c in ROW_CHECKS if c.table == table]

    def of(t: ir.Table) -> ir.Value:
        import ibis

        total: ir.Value = ibis.literal(0, "int8")
        for check in checks:
            total = total + check.passes(t).notnull().cast("int8") * ibis.literal(check.weight, "int8")
        return total

    return of


def weight_passed(table: str) -> Callable[[ir.Table], ir.Value]:
    """Weighted number of checks that a row passes."""
    checks = [c for c in ROW_CHECKS if c.table == table]

    def of(t: ir.Table) -> ir.Value:
        import ibis

        total: ir.Value = ibis.literal(0, "int8")
        for check in checks:
            total = total + check.passes(t).fill_null(False).cast("int8") * ibis.literal(check.weight, "int8")
        return total

    return of


ROW_WEIGHT_OF_QUARANTINED = WEIGHTS["error"]
"""A row set aside failed the check of being readable at all: one error run, none passed."""
