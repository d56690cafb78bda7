"""Canonical layouts: files whose headings are our own columns, as `shopkeeper template` writes them, need no mapping.

A heading is `order_id 订单号`, or its identifier or its word alone; case and blanks do not count, nothing else is guessed.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from shopkeeper.errors import NotFound, SourceError, UsageError, nearest
from shopkeeper.ingest.column_words import code_word, column_word
from shopkeeper.ingest.fields import instant_of
from shopkeeper.ingest.mapping import can_fill
from shopkeeper.ingest.plan import SourceMapping, TableMapping, Value
from shopkeeper.ingest.values import cleaned
from shopkeeper.warehouse.model import COMMERCE_TABLES, TABLES, Column, Table
from shopkeeper.warehouse.model.table import LINEAGE
from shopkeeper.warehouse.sql import literal, quoted

NOTES_SHEET = "说明 notes"
"""The sheet of a layout that explains the columns and is never loaded."""

# Columns of a key whose empty text says that there is none: an empty cell is no gap there.
NONE_IS_EMPTY_TEXT = frozenset({
    "ad_spend.campaign_id", "ad_spend.ad_id", "coupons.campaign_id", "coupons.sku_id", "coupon_uses.campaign_id",
    "order_costs.child_order_id", "order_costs.sku_id", "promotions.display", "promotions.mailer", "stock_levels.warehouse_id",
})  # fmt: skip
LAYOUTS: dict[str, Table] = {name: t for name, t in COMMERCE_TABLES.items() if t.kind in ("fact", "dimension")}


@dataclass(frozen=True)
class _Reading:
    """A file's headers read as one table's columns."""

    table: Table
    headers: dict[str, tuple[str, ...]]  # column → the headers that name it
    unknown: tuple[str, ...]
    lacking: tuple[str, ...]

    @property
    def doubled(self) -> tuple[str, ...]:
        """Headers that name the same column."""
        return next((names for names in self.headers.values() if len(names) > 1), ())

    @property
    def fits(self) -> bool:
        """Whether the file is this table's, with nothing left over and nothing missing."""
        return not (self.unknown or self.doubled or self.lacking)


def layout_table(name: str) -> Table:
    """The table of a layout. Raises NotFound, or UsageError for a table that no file fills."""
    if name in LAYOUTS:
        return LAYOUTS[name]
    if name in TABLES:
        raise UsageError(
            "this table has no layout: Shopkeeper writes it itself", received=name, allowed=LAYOUTS,
            next_command=f"shopkeeper export {name}",
        )  # fmt: skip
    raise NotFound("table", name, LAYOUTS)


def heading(table: Table, column: Column) -> str:
    """A column's heading: its identifier and its Chinese word.

    >>> heading(LAYOUTS["orders"], LAYOUTS["orders"].column("order_id"))
    'order_id 订单号'
    """
    return f"{column.name} {column_word(table, column, 'zh')}"


def partner(table: Table, column: str) -> str:
    """The moment that a day is the day of, or the day of a moment: each says the other where one is empty; or ''."""
    if column.endswith("_day"):
        return instant_of(table, column)
    return next((day for day in table.column_names if day.endswith("_day") and instant_of(table, day) == column), "")


def defaults_to_own_shop(table: Table, column: str) -> bool:
    """Whether an empty cell means the shop of this folder."""
    return column == "shop_id" and table.name != "shops"


def canonical_mapping(headers: Sequence[str], stem: str, sheet: str = "", shop_id: str = "") -> SourceMapping | None:
    """Which table a file is a canonical layout of, and how its columns are read; None when it is none.

    A file that mixes headings such as `order_id 订单号` with others is meant as one, and refused; a file of bare words is
    one only when every heading belongs to it.

    Args:
        headers: the file's headers, in order.
        stem: the file's name without folder and ending; tells tables apart that take the same headings.
        sheet: the sheet that the headers are of, which tells more than the name.
        shop_id: the shop of rows that name none.

    Raises:
        SourceError: several tables fit and no name decides, or a canonical file has a wrong, doubled or missing column.

    >>> canonical_mapping(["rate_day", "币种", "quote_currency 计价币种", "rate"], "rates").tables[0].name
    'fx_rates'
    >>> canonical_mapping(["date", "visitors"], "visits") is None
    True
    """
    readings = [reading for table in LAYOUTS.values() if (reading := _read(table, headers, shop_id)).headers]
    fitting = [reading for reading in readings if reading.fits]
    if len(fitting) > 1:
        fitting = _named(fitting, sheet, stem) or fitting
    if len(fitting) == 1:
        return _mapping(fitting[0], headers[0], sheet, shop_id)
    where = f"{stem}, sheet {sheet}" if sheet else stem
    if fitting:
        names = [reading.table.name for reading in fitting]
        raise SourceError(
            "the headings fit several tables", where=where, received=", ".join(headers), allowed=names,
            state="nothing was changed", next_command=f"name the file or its sheet after one of them, such as {names[0]}",
        )  # fmt: skip
    if not any(_normal(header) in _full_headings() for header in headers):
        return None
    best = max(len(reading.headers) for reading in readings)
    meant = _named(readings, sheet, stem) or [reading for reading in readings if len(reading.headers) == best]
    raise _refused(meant, where)


def _read(table: Table, headers: Sequence[str], shop_id: str) -> _Reading:
    known = _headings(table.name)
    found: dict[str, tuple[str, ...]] = {}
    unknown = []
    for header in headers:
        column = known.get(_normal(header))
        if column is None:
            unknown.append(header)
        elif column:
            found[column] = (*found.get(column, ()), header)
    mapped = {*found, *(c for c in table.column_names if _filled_without_header(table, c, shop_id))}
    lacking = [c.name for c in table.columns if c.required and not can_fill(table, c.name, mapped)]
    return _Reading(table, found, tuple(unknown), tuple(lacking))


def _filled_without_header(table: Table, column: str, shop_id: str) -> bool:
    own_shop = bool(shop_id) and defaults_to_own_shop(table, column)
    return own_shop or f"{table.name}.{column}" in NONE_IS_EMPTY_TEXT


@functools.cache
def _headings(table_name: str) -> dict[str, str]:
    """Every heading of a table in its normal form → the column; '' for what an export says of a row's origin."""
    table = LAYOUTS[table_name]
    found = {column.name: "" for column in LINEAGE}
    for column in table.columns:
        for text in (column.name, column_word(table, column, "zh"), heading(table, column)):
            found[_normal(text)] = column.name
    return found


@functools.cache
def _full_headings() -> frozenset[str]:
    return frozenset(_normal(heading(table, column)) for table in LAYOUTS.values() for column in table.columns)


def _normal(header: str) -> str:
    return " ".join(header.split()).casefold()


def _named(readings: Sequence[_Reading], sheet: str, stem: str) -> list[_Reading]:
    """The readings of the table that the sheet, or else the file, is named after: `orders`, `orders-march`, `orders (2)`."""
    for name in (_normal(sheet), _normal(stem)):
        named = [r for r in readings if name == r.table.name or _begins(name, r.table.name)]
        if named:
            return [max(named, key=lambda reading: len(reading.table.name))]
    return []


def _begins(name: str, table: str) -> bool:
    return name.startswith(table) and not name[len(table)].isalpha()


def _refused(meant: Sequence[_Reading], where: str) -> SourceError:
    """What keeps a file that is meant as a canonical one from being one."""
    first = meant[0]
    tables = " or ".join(reading.table.name for reading in meant)
    place = f"{where}, read as {tables}"
    again = f"shopkeeper template {first.table.name}"
    if first.unknown:
        names = list(dict.fromkeys(heading(r.table, column) for r in meant for column in r.table.columns))
        close = [f"{header}: {', '.join(_nearest(header, names)) or 'nothing alike'}" for header in first.unknown]
        return SourceError(
            "a heading is no column of this table", where=place, received=", ".join(first.unknown),
            allowed=f"nearest to {'; '.join(close)}", state="nothing was changed",
            next_command=f"{again}, or delete the column",
        )  # fmt: skip
    if first.doubled:
        return SourceError(
            "two headings name the same column", where=place, received=", ".join(first.doubled), allowed="one of them",
            state="nothing was changed", next_command="delete or rename one of them in the file",
        )  # fmt: skip
    lacking = [heading(first.table, first.table.column(name)) for name in first.lacking]
    return SourceError(
        "a needed column is missing", where=place, received=", ".join(h for names in first.headers.values() for h in names),
        allowed=[f"also {name}" for name in lacking], state="nothing was changed", next_command=again,
    )  # fmt: skip


def _nearest(header: str, headings: Sequence[str]) -> tuple[str, ...]:
    """The headings closest to a wrong one, by identifier or whole."""
    by_word = {word: text for text in headings for word in (*text.split(), text)}
    found = [by_word[close] for word in (header, *header.split()[:1]) for close in nearest(word, by_word, 2)]
    return tuple(dict.fromkeys(found))[:3]


def _mapping(reading: _Reading, first: str, sheet: str, shop_id: str) -> SourceMapping:
    table = reading.table
    own = {column: names[0] for column, names in reading.headers.items()}
    columns = {}
    for column in table.columns:
        if column.name in own:
            columns[column.name] = _value(table, column, own, shop_id)
        elif _filled_without_header(table, column.name, shop_id):
            columns[column.name] = Value(constant=shop_id if column.name == "shop_id" else "")
    return SourceMapping(
        name=f"template_{table.name}", files=("*",), tables=(TableMapping(table.name, columns),), sheet=sheet,
        notes_where=_is_note(first),
    )  # fmt: skip


def _value(table: Table, column: Column, own: dict[str, str], shop_id: str) -> Value:
    header, other = own[column.name], partner(table, column.name)
    fallback = ""
    if other in own:
        fallback = _text(own[other])
    elif f"{table.name}.{column.name}" in NONE_IS_EMPTY_TEXT:
        fallback = "''"
    elif shop_id and defaults_to_own_shop(table, column.name):
        fallback = literal(shop_id)
    if fallback:
        return Value(header=header, sql=f"coalesce({_text(header)}, {fallback})", trusted=True)
    codes = {theirs: code for code in column.allowed for theirs in (code, code_word(table, column, code, "zh"))}
    return Value(header=header, codes=codes)


def _text(header: str) -> str:
    return cleaned(f"CAST({quoted(header)} AS VARCHAR)")


def _is_note(first: str) -> str:
    """SQL that is true for rows whose first cell begins with #; a number such as #1001 is data."""
    return f"regexp_matches(trim(CAST({quoted(first)} AS VARCHAR)), '^#([^0-9]|$)')"
