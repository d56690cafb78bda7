"""The language of segments: conditions over profile dimensions, as data, checked by name and compiled to one condition.

    { "all": [ {"paid": ">= 500"}, {"recency_days": "< 90"}, {"any": [ {"categories": "has 茶具"}, {"tags": "has vip"} ]} ] }

The same in TOML:  all = [ { paid = ">= 500" }, { last_order_day = ">= -90 days" }, { lifecycle = "in active, at_risk" } ]

A condition on somebody of whom the dimension is not known is not fulfilled, and neither is its opposite: `unknown` and
`known` ask for that. Days are compared with a day, or with so many days before the day one looks from.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from shopkeeper.customers.catalogue import DIMENSIONS, TAGS, Dimension, Kind, dimension
from shopkeeper.errors import UsageError, nearest
from shopkeeper.warehouse.sql import literal

Join = Literal["all", "any", "none"]
JOINS: tuple[Join, ...] = ("all", "any", "none")
_NUMBERS: tuple[Kind, ...] = ("count", "money", "number", "share", "days")
OPERATORS: dict[str, tuple[Kind, ...]] = {
    ">=": (*_NUMBERS, "day"), "<=": (*_NUMBERS, "day"), ">": (*_NUMBERS, "day"), "<": (*_NUMBERS, "day"),
    "=": (*_NUMBERS, "day", "text", "flag"), "!=": (*_NUMBERS, "day", "text", "flag"),
    "in": (*_NUMBERS, "text"), "not in": (*_NUMBERS, "text"), "has": ("list",), "has not": ("list",),
    "known": (*_NUMBERS, "day", "text", "flag", "list"), "unknown": (*_NUMBERS, "day", "text", "flag", "list"),
}  # fmt: skip
"""Each operator with the kinds of dimensions that it compares."""

_DEEPEST, _MOST = 6, 60
_AGO = re.compile(r"-\s*(\d{1,5})\s*(?:days?|d|天)$", re.IGNORECASE)


@dataclass(frozen=True)
class Condition:
    """One comparison of one dimension. `values` are as they were written; a list only for `in` and `not in`."""

    dimension: str
    operator: str
    values: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What stands behind the dimension's name."""
        return " ".join(part for part in (self.operator, ", ".join(self.values)) if part)


@dataclass(frozen=True)
class Rule:
    """Conditions and rules, of which all, any or none must hold."""

    join: Join
    parts: tuple[Condition | Rule, ...]

    def as_plain(self) -> dict[str, object]:
        """The rule as it may be written down and read again."""
        return {
            self.join: [p.as_plain() if isinstance(p, Rule) else {p.dimension: p.text} for p in self.parts]
        }  # fmt: skip

    def as_json(self) -> str:
        """The rule in one line: equal rules are equal texts."""
        return json.dumps(self.as_plain(), ensure_ascii=False, sort_keys=True)

    def conditions(self) -> tuple[Condition, ...]:
        """Every comparison in it."""
        return tuple(c for p in self.parts for c in (p.conditions() if isinstance(p, Rule) else (p,)))


def read_rule(text: str) -> Rule:
    """A rule from JSON or TOML. Raises UsageError with the nearest names and what is allowed."""
    plain = text.strip()
    if not plain:
        raise _wrong("the rule is empty", "", 'such as {"all": [{"orders": ">= 2"}]}')
    try:
        given = json.loads(plain) if plain.startswith("{") else tomllib.loads(plain)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong("the rule is neither JSON nor TOML", plain, str(error)) from None
    return rule_of(given)


def rule_of(given: object, depth: int = 1) -> Rule:
    """A rule from plain values."""
    if depth > _DEEPEST:
        raise _wrong("the rule is nested too deeply", depth, f"at most {_DEEPEST} levels")
    if not isinstance(given, Mapping) or len(given) != 1 or next(iter(given)) not in JOINS:
        names = list(given) if isinstance(given, Mapping) else [given]
        raise _wrong("a rule is one of all, any and none over a list", ", ".join(map(str, names)) or "nothing", JOINS)
    join, listed_parts = next(iter(given.items()))
    if not isinstance(listed_parts, list) or not listed_parts:
        raise _wrong(f"{join} needs a list of conditions", listed_parts, '[{"orders": ">= 2"}]')
    if len(listed_parts) > _MOST:
        raise _wrong("the rule has too many conditions", len(listed_parts), f"at most {_MOST} side by side")
    return Rule(join, tuple(_part(part, depth) for part in listed_parts))


def _part(given: object, depth: int) -> Condition | Rule:
    if not isinstance(given, Mapping) or len(given) != 1:
        raise _wrong("a condition is one dimension with one comparison", given, '{"paid": ">= 500"}')
    name, says = next(iter(given.items()))
    if name in JOINS:
        return rule_of(given, depth + 1)
    if name not in DIMENSIONS and name != TAGS:
        close = nearest(str(name), (*DIMENSIONS, TAGS))
        raise _wrong(
            "no profile dimension has this name", name, f"did you mean {', '.join(close)}?" if close else "see the list",
            next_command="shopkeeper segments dimensions",
        )  # fmt: skip
    return condition(str(name), says)


def condition(name: str, says: object) -> Condition:
    """One comparison, such as ("paid", ">= 500"). Raises UsageError for an operator or value that does not fit."""
    kind: Kind = "list" if name == TAGS else dimension(name).kind
    text = ("true" if says else "false") if isinstance(says, bool) else str(says).strip()
    found = next(
        (op for op in sorted(OPERATORS, key=len, reverse=True)
         if text.lower().startswith(op) and (not op.isalpha() or not text[len(op):][:1].isalnum())), "",
    )  # fmt: skip
    operator = found or ("has" if kind == "list" else "=")
    rest = text[len(found) :].strip()
    fitting = [op for op, kinds in OPERATORS.items() if kind in kinds]
    if operator not in fitting:
        raise _wrong("this comparison does not fit the dimension", f"{name} {text}", [f"{name} is a {kind}:", *fitting])
    if operator in ("known", "unknown"):
        if rest:
            raise _wrong("nothing stands behind known and unknown", f"{name} {text}", operator)
        return Condition(name, operator)
    values = tuple(v.strip() for v in rest.split(",")) if operator in ("in", "not in") else (rest,)
    if not rest or not all(values):
        raise _wrong("a comparison needs a value", f"{name} {text}", f"{name} {operator} VALUE")
    for value in values:
        _value(name, kind, value, dt.date(2000, 1, 1))
    return Condition(name, operator, values)


def _value(name: str, kind: Kind, text: str, as_of: dt.date) -> str:
    """A value as SQL. Raises UsageError when it is not of the dimension's kind."""
    if kind in ("text", "list"):
        return literal(text)
    if kind == "flag":
        if text.lower() not in ("true", "false", "yes", "no"):
            raise _wrong("this is neither yes nor no", f"{name} {text}", "true, false")
        return "true" if text.lower() in ("true", "yes") else "false"
    if kind == "day":
        ago = _AGO.match(text)
        try:
            day = as_of - dt.timedelta(days=int(ago[1])) if ago else dt.date.fromisoformat(text)
        except (ValueError, OverflowError):
            raise _wrong("this is no day", f"{name} {text}", "2025-06-18, or -90 days") from None
        return f"DATE {literal(day.isoformat())}"
    share = kind == "share" and text.endswith("%")
    try:
        number = Decimal(text.removesuffix("%") if share else text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > Decimal("1e14"):
        raise _wrong("this is no number", f"{name} {text}", "12, 0.25" + (" or 25%" if kind == "share" else ""))
    return format(number / 100 if share else number, "f")


def compiled(rule: Rule, as_of: dt.date | None) -> str:
    """The condition in SQL over profiles; never NULL, so that `none` is the opposite of `any`.

    Raises UsageError for a day before the day one looks from in a shop without data.
    """
    day = as_of or dt.date(1970, 1, 1)
    parts = [compiled(p, as_of) if isinstance(p, Rule) else _compiled(p, day) for p in rule.parts]
    joined = (" AND " if rule.join == "all" else " OR ").join(parts)
    return f"(NOT ({joined}))" if rule.join == "none" else f"({joined})"


def _compiled(one: Condition, as_of: dt.date) -> str:
    kind: Kind = "list" if one.dimension == TAGS else DIMENSIONS[one.dimension].kind
    name = one.dimension
    if one.operator == "known":
        return f"({name} IS NOT NULL)"
    if one.operator == "unknown":
        return f"({name} IS NULL)"
    values = [_value(name, kind, value, as_of) for value in one.values]
    if one.operator in ("in", "not in"):
        sql = f"{name} {one.operator.upper()} ({', '.join(values)})"
    elif one.operator in ("has", "has not"):
        sql = f"{'NOT ' if one.operator == 'has not' else ''}list_contains({name}, {values[0]})"
    else:
        sql = f"{name} {'<>' if one.operator == '!=' else one.operator} {values[0]}"
    return f"coalesce({sql}, false)"


def columns_of(rule: Rule) -> tuple[str, ...]:
    """The dimensions that a rule reads."""
    return tuple(dict.fromkeys(c.dimension for c in rule.conditions()))


def reads(rule: Rule) -> tuple[Dimension, ...]:
    """The same, declared; tags are none of them."""
    return tuple(DIMENSIONS[name] for name in columns_of(rule) if name != TAGS)


def _wrong(what: str, received: object, allowed: object, next_command: str = "") -> UsageError:
    options = allowed if isinstance(allowed, str | list | tuple) else str(allowed)
    return UsageError(
        what, where="rule", received=str(received)[:120], allowed=options, state="nothing was changed",
        next_command=next_command,
    )  # fmt: skip
