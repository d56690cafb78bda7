"""An expression of the shop's own as what the compiler takes: a function from a table to an Ibis value."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shopkeeper.kpi.own import units
from shopkeeper.kpi.own.grammar import Among, Call, Constant, IsNull, Name, Node, Not, Pair, parse

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True)
class Expression:
    """An expression over one table. Equal and hashed by its text, so that compiled SQL is kept from reading to reading."""

    text: str
    table: str

    def __call__(self, t: ir.Table) -> ir.Value:
        """The value of the expression in the rows of a table."""
        found: ir.Value = _value(parse(self.text), t, self.table)
        return found


@dataclass(frozen=True)
class RowCount:
    """1 for each row that has a day on the axis."""

    day: str

    def __call__(self, t: ir.Table) -> ir.Value:
        """The ones to be summed."""
        ones: ir.Value = t[self.day].notnull().cast("int64")
        return ones


def _value(node: Node, t: Any, table: str) -> Any:
    import ibis

    match node:
        case Constant(value):
            return _plain(value)
        case Name(column):
            return t[column]
        case Not(of):
            return ~_value(of, t, table)
        case IsNull(of):
            return _value(of, t, table).isnull()
        case Among(of, values):
            return _value(of, t, table).isin([_literal(of, v, table) for v in values])
        case Call("coalesce", (first, second)):
            return ibis.coalesce(_value(first, t, table), _value(second, t, table))
        case Call("abs", (of,)):
            return _value(of, t, table).abs()
        case Call(_, (first, second)):
            return _value(second, t, table).delta(_value(first, t, table), unit="day")
        case Pair(sign, left, right):
            a = _value(left, t, table)
            b = _literal(left, right, table) if isinstance(right, Constant) else _value(right, t, table)
            made = _pair(sign, a, b)
            kept = _KEPT_AS.get(units.unit_of(node, table)) if sign in ("*", "/") else None
            return made.cast(kept) if kept else made
    raise AssertionError(node)


# Amounts stay exact: each row's product or quotient is kept to the digits that its unit is stored in.
_KEPT_AS = {"money": "decimal(18, 4)", "units": "decimal(18, 3)"}


def _pair(sign: str, a: Any, b: Any) -> Any:
    match sign:
        case "and":
            return a & b
        case "or":
            return a | b
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            # Nothing divided by nothing is unknown, not an error and not infinite.
            return a / (b.nullif(0) if hasattr(b, "nullif") else b)
        case "=":
            return a == b
        case "!=":
            return a != b
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
    return a >= b


def _literal(beside: Node, literal: Constant, table: str) -> Any:
    """A literal as its neighbour reads it: a text beside a day is a day."""
    if isinstance(literal.value, str) and units.unit_of(beside, table) == "day":
        return dt.date.fromisoformat(literal.value)
    return _plain(literal.value)


def _plain(value: Decimal | str | bool) -> Any:
    """A number as Ibis takes it: whole ones as integers, others exact."""
    import ibis

    if not isinstance(value, Decimal):
        return value
    whole = value == value.to_integral_value()
    return int(value) if whole else ibis.literal(value, type="decimal(18, 6)")
