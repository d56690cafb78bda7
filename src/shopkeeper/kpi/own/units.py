"""What an expression over a table is measured in, and why some may not be added up."""

from __future__ import annotations

from decimal import Decimal

from shopkeeper.errors import KpiDefinitionError, nearest
from shopkeeper.kpi.own.grammar import Among, Call, Constant, IsNull, Name, Node, Not, Pair
from shopkeeper.kpi.relation import DIMENSION_COLUMNS, carries
from shopkeeper.warehouse.model import COMMERCE_TABLES, Column

ADDABLE = ("money", "units", "count", "minutes", "days")
"""Units of expressions whose sum over rows means something."""

LEVELS = {
    ("visits", "visitors"): "visitors of several days are not other people",
    ("visits", "carting_visitors"): "visitors of several days are not other people",
    ("stock_levels", "on_hand"): "stock of several days is the same stock",
    ("stock_levels", "available"): "stock of several days is the same stock",
    ("stock_levels", "in_transit"): "stock of several days is the same stock",
    ("stock_levels", "value"): "stock of several days is the same stock",
    ("settlements", "balance"): "a balance already holds the earlier one",
}
"""Columns whose figure stands for one day: days must never be added up."""

_PRICES = {("competitor_prices", "price"), ("purchase_orders", "unit_cost"), ("subscriptions", "monthly_amount")}
_RATES = {("fx_rates", "rate"), ("brand_index", "value"), ("events", "value")}
_KINDS = {"text": "text", "flag": "condition", "day": "day", "instant": "moment", "money": "money"}
_COUNTED = {"unit": "units", "second": "seconds", "minute": "minutes"}


def column_unit(table: str, name: str) -> str:
    """What a column of a fact, or of the dimensions joined to it, is measured in. Raises KpiDefinitionError for no column.

    >>> column_unit("order_lines", "payable_amount"), column_unit("order_lines", "quantity")
    ('money', 'units')
    """
    if name in readable(table) and name in DIMENSION_COLUMNS:
        return "condition" if name.startswith("is_") else "text"
    if name not in readable(table):
        close = nearest(name, readable(table))
        allowed = f"did you mean {', '.join(close)}?" if close else ", ".join(readable(table))
        raise KpiDefinitionError(
            "this table has no such column", where=f"table {table}", received=name, allowed=allowed
        )
    if (table, name) in _PRICES:
        return "price"
    if (table, name) in _RATES:
        return "rate"
    column = COMMERCE_TABLES[table].column(name)
    return _KINDS.get(column.type) or _COUNTED.get(column.unit, "count")


def readable(table: str) -> tuple[str, ...]:
    """Columns that an expression over a fact may read: its own, and those of its platform and article."""
    joined = [name for name, slice_ in DIMENSION_COLUMNS.items() if carries(table, slice_)]
    return (*COMMERCE_TABLES[table].column_names, *(n for n in joined if n not in COMMERCE_TABLES[table].column_names))


def unit_of(node: Node, table: str) -> str:
    """What an expression is measured in, such as "money" or "condition".

    Raises KpiDefinitionError for an unknown column, a comparison of unlike things and a sum of unlike units.
    """
    match node:
        case Constant(value):
            return "condition" if isinstance(value, bool) else "number" if isinstance(value, Decimal) else "text"
        case Name(column):
            return column_unit(table, column)
        case Not(of):
            return _condition(of, table)
        case IsNull(of):
            unit_of(of, table)
            return "condition"
        case Among(of, values):
            for one in values:
                _compared(of, one, table)
            return "condition"
        case Pair("and" | "or", left, right):
            _condition(left, table)
            return _condition(right, table)
        case Pair("+" | "-" as sign, left, right):
            return _added(sign, left, right, table)
        case Pair("*", left, right):
            return _multiplied(unit_of(left, table), unit_of(right, table))
        case Pair("/", left, right):
            return _divided(unit_of(left, table), unit_of(right, table), right)
        case Pair(_, left, right):
            _compared(left, right, table)
            return "condition"
        case Call(function, arguments):
            return _called(function, arguments, table)
    raise AssertionError(node)


def _condition(node: Node, table: str) -> str:
    found = unit_of(node, table)
    if found != "condition":
        raise KpiDefinitionError(
            "this is no condition", where=f"table {table}", received=f"something measured in {found}",
            allowed="a comparison such as quantity > 1, or a column that is true or false",
        )  # fmt: skip
    return found


def _number(unit: str) -> str:
    if unit in ("text", "condition", "day", "moment"):
        raise KpiDefinitionError(
            "this cannot be calculated with", received=f"a {unit}", allowed="amounts, quantities, counts and numbers"
        )
    return unit


def _added(sign: str, left: Node, right: Node, table: str) -> str:
    units = _number(unit_of(left, table)), _number(unit_of(right, table))
    known = {unit for unit in units if unit != "number"}
    if len(known) > 1 or ("number" in units and known & {"money", "units", "price", "rate"}):
        raise KpiDefinitionError(
            "unlike things are added" if sign == "+" else "unlike things are subtracted", where=f"table {table}",
            received=f"{units[0]} {sign} {units[1]}",
            allowed="money with money, units with units, counts with counts; a bare number has no currency and no unit",
        )  # fmt: skip
    return known.pop() if known else "number"


def _multiplied(left: str, right: str) -> str:
    a, b = sorted((_number(left), _number(right)), key=lambda unit: unit not in ("number", "ratio"))
    if a in ("number", "ratio"):
        return b if a == "number" or b != "number" else a
    pair = {a, b}
    if pair == {"price", "units"} or pair == {"price", "count"}:
        return "money"
    if pair <= {"money", "price"} or "rate" in pair:
        raise KpiDefinitionError(
            "this product has no meaning",
            received=f"{left} × {right}",
            allowed="an amount or quantity × a number or a count",
        )
    other = pair - {"count"}
    return other.pop() if len(other) == 1 else "count" if not other else "rate"


def _divided(left: str, right: str, divisor: Node) -> str:
    a, b = _number(left), _number(right)
    if b == "number":
        return "minutes" if a == "seconds" and divisor == Constant(Decimal(60)) else a
    return "ratio" if a == b else "price" if a == "money" else "rate"


def _called(function: str, arguments: tuple[Node, ...], table: str) -> str:
    units = [unit_of(part, table) for part in arguments]
    if function == "abs":
        return _number(units[0])
    if function == "days":
        if set(units) != {"day"}:
            raise KpiDefinitionError(
                "days are counted between two days", received=", ".join(units), allowed="days(ordered_day, paid_day)"
            )
        return "days"
    if units[1] != units[0] and units[1] != "number":
        raise KpiDefinitionError(
            "what is unknown is replaced by something else",
            received=f"{units[0]}, else {units[1]}",
            allowed="the same unit",
        )
    return units[0]


def _compared(left: Node, right: Node, table: str) -> None:
    units = unit_of(left, table), unit_of(right, table)
    if units[0] == "day" and isinstance(right, Constant) and units[1] == "text":
        _day(str(right.value))
        return
    if (
        units[0] != units[1]
        and "number" not in units
        or set(units) & {"text", "condition", "day", "moment"}
        and len(set(units)) > 1
    ):
        raise KpiDefinitionError(
            "unlike things are compared", where=f"table {table}", received=f"{units[0]} with {units[1]}",
            allowed="money with money or a number, a code with a 'text', a day with '2024-06-18'",
        )  # fmt: skip
    if isinstance(left, Name) and isinstance(right, Constant):
        _known_code(table, left.column, right)


def _known_code(table: str, name: str, literal: Constant) -> None:
    column = _column(table, name)
    if column and column.allowed and literal.value not in column.allowed:
        close = nearest(str(literal.value), column.allowed)
        raise KpiDefinitionError(
            "this column never holds this value", where=f"{table}.{name}", received=literal.value,
            allowed=f"did you mean {', '.join(close)}?" if close else column.allowed,
        )  # fmt: skip


def _column(table: str, name: str) -> Column | None:
    return COMMERCE_TABLES[table].column(name) if name in COMMERCE_TABLES[table].column_names else None


def _day(text: str) -> None:
    import datetime as dt

    try:
        dt.date.fromisoformat(text)
    except ValueError:
        raise KpiDefinitionError("this is no day", received=text, allowed="a day such as '2024-06-18'") from None


def addable(node: Node, table: str) -> str:
    """The unit of an expression to be summed over rows.

    Raises KpiDefinitionError for what has no sum: a share or price of each row, a text, a condition.
    """
    found = unit_of(node, table)
    if found == "number":
        return "count"
    if found in ADDABLE:
        return found
    advice = {
        "ratio": "a sum of quotients is never the quotient of the sums: declare two measures, and a ratio of them",
        "price": "a sum of prices is no amount: multiply by a quantity, or declare two measures, and a ratio of them",
        "rate": "a sum of rates means nothing: declare two measures, and a ratio of them",
        "condition": 'write the condition in `where`, and of = "1" to count rows',
        "text": 'to count different values use kind = "distinct"; to count rows, of = "1"',
        "seconds": "divide by 60: minutes are the unit of durations",
    }.get(found, 'an amount, a quantity, a count or of = "1" to count rows')
    raise KpiDefinitionError(
        "this cannot be summed", where=f"table {table}", received=f"something measured in {found}", allowed=advice
    )


def levels(node: Node, table: str) -> str:
    """Why days of an expression must not be added up; empty when they may."""
    from shopkeeper.kpi.own.grammar import names

    return next((LEVELS[table, name] for name in sorted(names(node)) if (table, name) in LEVELS), "")
