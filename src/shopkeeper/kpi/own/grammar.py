"""The small language of own measures: arithmetic and conditions over the columns of one table, and nothing else.

    payable_amount - discount_platform
    quantity >= 2 and channel_id in ('live', 'video') and not is_brushing
    coalesce(freight_amount, 0)            days(ordered_day, paid_day) > 3            note is not null

No name can be called but `coalesce`, `abs` and `days`; what a text may say is what `parse` returns.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shopkeeper.errors import KpiDefinitionError, nearest

MAX_LENGTH = 500
MAX_DEPTH = 40
FUNCTIONS: dict[str, int] = {"coalesce": 2, "abs": 1, "days": 2}
"""Functions with the number of their arguments. `days(a, b)`: days from the day a to the day b."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign><=|>=|<>|!=|==|[-+*/()<>=,]))"
)
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?")
_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

Operator = Literal["+", "-", "*", "/", "=", "!=", "<", "<=", ">", ">=", "and", "or"]


@dataclass(frozen=True)
class Constant:
    """A number, a text, true or false."""

    value: Decimal | str | bool


@dataclass(frozen=True)
class Name:
    """A column of the table."""

    column: str


@dataclass(frozen=True)
class Pair:
    """Two operands of arithmetic, a comparison, `and` or `or`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Not:
    """The opposite of a condition."""

    of: Node


@dataclass(frozen=True)
class Among:
    """A column in a list of values."""

    of: Node
    values: tuple[Constant, ...]


@dataclass(frozen=True)
class IsNull:
    """Whether nothing is known."""

    of: Node


@dataclass(frozen=True)
class Call:
    """One of `FUNCTIONS`."""

    function: str
    arguments: tuple[Node, ...]


Node = Constant | Name | Pair | Not | Among | IsNull | Call


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """The tree of an expression. Raises KpiDefinitionError saying where the reading stopped.

    >>> parse("quantity > 1")
    Pair(operator='>', left=Name(column='quantity'), right=Constant(value=Decimal('1')))
    """
    if len(text) > MAX_LENGTH:
        raise _unreadable(text, MAX_LENGTH, f"at most {MAX_LENGTH} characters")
    reader = _Reader(text)
    found = reader.condition(0)
    if reader.kind:
        raise reader.stopped("an operator such as + - * / = < > and or in, or the end")
    return found


class _Reader:
    """Reads tokens from left to right; `kind` and `token` are the next one, "" at the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.kind = self.token = ""
        self.advance()

    def advance(self) -> str:
        """Step over the token and return it."""
        before = self.token
        rest = self.text[self.at :]
        found = _TOKEN.match(rest)
        if found is None:
            self.kind = self.token = ""
            if rest.strip():
                raise _unreadable(
                    self.text, self.at + len(rest) - len(rest.lstrip()), "names, numbers, 'texts' and signs"
                )
            return before
        self.at += found.end()
        self.kind = str(found.lastgroup)
        self.token = found.group(self.kind)
        if self.kind == "name" and self.token.lower() in ("and", "or", "not", "in", "is", "null", "true", "false"):
            self.kind, self.token = "word", self.token.lower()
        return before

    def stopped(self, allowed: str) -> KpiDefinitionError:
        return _unreadable(self.text, self.at - len(self.token), allowed)

    def took(self, *tokens: str) -> str:
        """Step over the token when it is one of these."""
        return self.advance() if self.kind in ("word", "sign") and self.token in tokens else ""

    def expect(self, token: str) -> None:
        if not self.took(token):
            raise self.stopped(f"{token!r}")

    def condition(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.stopped(f"at most {MAX_DEPTH} brackets inside each other")
        found = self.both(depth)
        while self.took("or"):
            found = Pair("or", found, self.both(depth))
        return found

    def both(self, depth: int) -> Node:
        found = self.denied(depth)
        while self.took("and"):
            found = Pair("and", found, self.denied(depth))
        return found

    def denied(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.stopped(f"at most {MAX_DEPTH} brackets inside each other")
        return Not(self.denied(depth + 1)) if self.took("not") else self.comparison(depth)

    def comparison(self, depth: int) -> Node:
        left = self.sum(depth)
        if self.took("is"):
            denied = bool(self.took("not"))
            self.expect("null")
            return Not(IsNull(left)) if denied else IsNull(left)
        denied = bool(self.took("not"))
        if denied or self.token == "in" and self.kind == "word":
            self.expect("in")
            among = Among(left, self.listed())
            return Not(among) if denied else among
        sign = self.took(*_COMPARISONS)
        return Pair(_COMPARISONS[sign], left, self.sum(depth)) if sign else left

    def listed(self) -> tuple[Constant, ...]:
        self.expect("(")
        values = [self.literal()]
        while self.took(","):
            values.append(self.literal())
        self.expect(")")
        return tuple(values)

    def literal(self) -> Constant:
        if self.kind == "number":
            if not _NUMBER.fullmatch(self.token):
                raise self.stopped("a number of twelve digits and six decimals at most")
            return Constant(Decimal(self.advance()))
        if self.kind == "text":
            return Constant(self.advance()[1:-1].replace("''", "'"))
        if self.token in ("true", "false") and self.kind == "word":
            return Constant(self.advance() == "true")
        raise self.stopped("a number, a 'text', true or false")

    def sum(self, depth: int) -> Node:
        found = self.product(depth)
        while sign := self.took("+", "-"):
            found = Pair(sign, found, self.product(depth))
        return found

    def product(self, depth: int) -> Node:
        found = self.operand(depth)
        while sign := self.took("*", "/"):
            found = Pair(sign, found, self.operand(depth))
        return found

    def operand(self, depth: int) -> Node:
        if self.took("("):
            found = self.condition(depth + 1)
            self.expect(")")
            return found
        if self.took("-"):
            return Pair("*", Constant(Decimal(-1)), self.operand(depth + 1)) if depth < MAX_DEPTH else self.literal()
        if self.kind != "name":
            return self.literal()
        name = self.advance()
        return self.call(name, depth) if self.took("(") else Name(name)

    def call(self, name: str, depth: int) -> Node:
        function = name.lower()
        if function not in FUNCTIONS:
            close = nearest(function, FUNCTIONS)
            allowed = f"did you mean {', '.join(close)}?" if close else ", ".join(FUNCTIONS)
            raise KpiDefinitionError(
                "no function has this name", where=f"in {self.text!r}", received=name, allowed=allowed
            )
        arguments = [self.condition(depth + 1)]
        while self.took(","):
            arguments.append(self.condition(depth + 1))
        self.expect(")")
        if len(arguments) != FUNCTIONS[function]:
            raise KpiDefinitionError(
                "a function is given another number of values than it takes", where=f"in {self.text!r}",
                received=f"{function} with {len(arguments)}", allowed=f"{function} with {FUNCTIONS[function]}",
            )  # fmt: skip
        return Call(function, tuple(arguments))


def _unreadable(text: str, at: int, allowed: str) -> KpiDefinitionError:
    shown = f"{text[max(at - 30, 0) : at]}▸{text[at : at + 30]}" if text.strip() else "nothing"
    return KpiDefinitionError("this expression cannot be read", received=shown, allowed=allowed)


def names(node: Node) -> frozenset[str]:
    """Columns that an expression reads."""
    return frozenset(name for name, _ in _read(node, optional=False))


def needed(node: Node) -> frozenset[str]:
    """Columns without which an expression says nothing: all but those that it asks about being null."""
    return frozenset(name for name, optional in _read(node, optional=False) if not optional)


def _read(node: Node, *, optional: bool) -> list[tuple[str, bool]]:
    match node:
        case Name(column):
            return [(column, optional)]
        case Pair(_, left, right):
            return _read(left, optional=optional) + _read(right, optional=optional)
        case Not(of) | Among(of, _):
            return _read(of, optional=optional)
        case IsNull(of):
            return _read(of, optional=True)
        case Call(function, arguments):
            return [one for part in arguments for one in _read(part, optional=optional or function == "coalesce")]
        case _:
            return []
