"""Propose a mapping for headers nobody has mapped: the table that fits best, the nearest columns, ready to paste."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.ingest.mapping import can_fill
from shopkeeper.ingest.synonyms import code_for, normal, words_for
from shopkeeper.warehouse.model import COMMERCE_TABLES, Table

_ALMOST = 0.86  # similarity from which two headers are the same word with a slip
_ANY_KIND = ("text", "flag")
_FITTING = {
    "money": ("integer", "money", "number"), "quantity": ("integer", "money", "number"), "integer": ("integer",),
    "number": ("integer", "money", "number"), "instant": ("instant", "text"), "day": ("instant", "text"),
}  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """Tables and the headers that would fill them; `needed` lists the required columns that no header fits."""

    tables: Mapping[str, Mapping[str, str]]
    needed: Mapping[str, tuple[str, ...]]
    toml: str

    @property
    def taken(self) -> frozenset[str]:
        """Headers that it uses."""
        return frozenset(header for columns in self.tables.values() for header in columns.values())

    @property
    def provides(self) -> frozenset[str]:
        """`table.column` names that would be filled."""
        return frozenset(f"{name}.{column}" for name, columns in self.tables.items() for column in columns)


def propose(
    name: str,
    path: Path,
    kinds: Mapping[str, str],
    formats: Mapping[str, str],
    codes: Mapping[str, Sequence[str]],
) -> Proposal:
    """The best mapping of these headers.

    Args:
        name: name for the source.
        path: the file, for its pattern.
        kinds: header → what its values look like: text, integer, money, number, instant, flag.
        formats: header → how its days are written, where they are not year first; empty when it cannot be told.
        codes: header → its different values, where they are few.
    """
    fits = {table.name: _matches(table, kinds) for table in COMMERCE_TABLES.values() if table.kind != "published"}
    computed = _computed(fits["order_lines"], kinds)
    scores = {table: _score(COMMERCE_TABLES[table], columns, computed) for table, columns in fits.items()}
    best = max(scores, key=lambda table: scores[table])
    tables = {best: fits[best]} if scores[best][0] else {}
    if best == "order_lines" and tables:
        tables |= _beside_lines(fits)
    needed = {
        table: missing for table, columns in tables.items()
        if (missing := tuple(c.name for c in COMMERCE_TABLES[table].columns
                             if c.required and c.name != "shop_id" and f"{table}.{c.name}" not in computed
                             and not can_fill(COMMERCE_TABLES[table], c.name, columns)))
    }  # fmt: skip
    return Proposal(tables, needed, _toml(name, path, tables, needed, formats, codes, computed))


def _matches(table: Table, kinds: Mapping[str, str]) -> dict[str, str]:
    """Column → header: the same word first, then nearly the same; a header whose values cannot be the column's is passed over."""
    free = dict.fromkeys(kinds)
    found: dict[str, str] = {}
    for almost in (False, True):
        for column in table.columns:
            if column.name in found:
                continue
            header = _nearest(words_for(table.name, column.name), list(free), almost=almost)
            if header and (column.type in _ANY_KIND or kinds[header] in _FITTING[column.type]):
                found[column.name] = header
                del free[header]
    return {column.name: found[column.name] for column in table.columns if column.name in found}


def _beside_lines(fits: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """What a file of lines also says about its orders and articles."""
    found: dict[str, dict[str, str]] = {}
    lines, orders = fits["order_lines"], fits["orders"]
    own = {c: h for c, h in orders.items() if c not in lines and h not in lines.values()}
    if own and "order_id" in lines:
        shared = ("order_id", "customer_id", "channel_id", "ordered_at", "ordered_day", "paid_at", "paid_day")
        found["orders"] = {c: lines[c] for c in shared if c in lines} | own
    if {"sku_id", "name"} <= set(fits["products"]):
        found["products"] = fits["products"]
    return found


def _computed(lines: Mapping[str, str], kinds: Mapping[str, str]) -> dict[str, str]:
    """Line amounts as quantity × unit price, when a file has only those: `table.column` → SQL."""
    price = _nearest(
        words_for("order_lines", "unit_price"), [h for h in kinds if h not in lines.values()], almost=False
    )
    if "payable_amount" in lines or "quantity" not in lines or not price:
        return {}
    factors = (f'number("{header.replace(chr(34), chr(34) * 2)}")' for header in (lines["quantity"], price))
    return {"order_lines.payable_amount": " * ".join(factors)}


def _nearest(words: Sequence[str], headers: Sequence[str], *, almost: bool) -> str:
    folded = {normal(header): header for header in headers}
    for word in words:
        if word in folded:
            return folded[word]
        close = (
            difflib.get_close_matches(word, [f for f in folded if len(f) > 3], n=1, cutoff=_ALMOST) if almost else []
        )
        if close:
            return folded[close[0]]
    return ""


def _score(table: Table, columns: Mapping[str, str], computed: Mapping[str, str]) -> tuple[float, int, int]:
    """How well a table fits: share of its needed columns that can be filled, how many of them are named, all that are."""
    required = [column.name for column in table.columns if column.required and column.name != "shop_id"]
    filled = [name for name in required if can_fill(table, name, columns) or f"{table.name}.{name}" in computed]
    found = len(filled) / max(1, len(required))
    key = sum(name in columns for name in table.key if name != "shop_id")
    facts = len(columns) - key
    return (found if facts else 0.0, sum(name in columns for name in required), len(columns) + key)


def _toml(
    name: str,
    path: Path,
    tables: Mapping[str, Mapping[str, str]],
    needed: Mapping[str, Sequence[str]],
    formats: Mapping[str, str],
    codes: Mapping[str, Sequence[str]],
    computed: Mapping[str, str],
) -> str:
    """The block to paste. What must be decided by a person stands as "?" , which a load refuses."""
    lines = ["[[source]]", f"name = {_quoted(name)}", f"files = {_quoted(path.name)}"]
    for table_name, columns in tables.items():
        lines.append(f"[source.{table_name}]")
        for column_name, header in columns.items():
            column, value = COMMERCE_TABLES[table_name].column(column_name), _quoted(header)
            if header in formats and column.type in ("instant", "day"):
                value = f"{{ column = {value}, format = {_quoted(formats[header] or '?')} }}"
                value += "" if formats[header] else "   # %d/%m/%Y or %m/%d/%Y? the values do not tell"
            elif column.allowed and header in codes:
                pairs = {
                    theirs: code_for(table_name, column_name, theirs, column.allowed) or "?" for theirs in codes[header]
                }
                listed = ", ".join(f"{_quoted(theirs)} = {_quoted(ours)}" for theirs, ours in pairs.items())
                value = f"{{ column = {value}, values = {{ {listed} }} }}"
                value += f"   # ?: one of {', '.join(column.allowed)}" if "?" in pairs.values() else ""
            lines.append(f"{column_name} = {value}")
        for name_, sql in computed.items():
            if name_.startswith(f"{table_name}."):
                lines.append(f"{name_.removeprefix(f'{table_name}.')} = {{ sql = {_quoted(sql)} }}")
        for missing in needed.get(table_name, ()):
            lines.append(f'# {missing} = "…"   # needed: {COMMERCE_TABLES[table_name].column(missing).comment}')
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
