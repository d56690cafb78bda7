"""How a table of the commerce model is declared: columns with types, units and meaning, its key and its day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["fact", "dimension", "published", "ledger"]
Type = Literal["text", "integer", "money", "quantity", "number", "instant", "day", "flag"]

SQL_TYPES: dict[Type, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "money": "DECIMAL(18,4)",
    "quantity": "DECIMAL(18,3)",
    "number": "DOUBLE",
    "instant": "TIMESTAMP WITH TIME ZONE",
    "day": "DATE",
    "flag": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One column. `unit` is empty for names and flags; `allowed` closes the set of a code column."""

    name: str
    type: Type
    comment: str
    unit: str = ""
    required: bool = False
    references: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def sql_type(self) -> str:
        """The DuckDB type that stores it."""
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One table of the commerce model.

    `key` is the natural key that loads are merged by. `day` names the column whose month partitions a fact.
    """

    name: str
    kind: Kind
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    day: str = ""

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The declared columns, then those that every row carries about where it came from."""
        return self.columns + (() if self.kind == "ledger" else LINEAGE)

    def column(self, name: str) -> Column:
        """A column by name; KeyError when there is none."""
        for column in self.all_columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the declared columns, without lineage."""
        return tuple(column.name for column in self.columns)


LINEAGE: tuple[Column, ...] = (
    Column("load_id", "text", "The load that brought this version of the row.", required=True, references="loads"),
    Column("file_hash", "text", "SHA-256 of the file the row came from.", required=True, references="load_files"),
    Column("source_line", "integer", "Line or row of that file, 1 = first data row.", unit="line"),
)


def text(name: str, comment: str, *, required: bool = False, ref: str = "", allowed: tuple[str, ...] = ()) -> Column:
    """A name, code or identifier."""
    return Column(name, "text", comment, required=required, references=ref, allowed=allowed)


def money(name: str, comment: str, *, required: bool = False) -> Column:
    """An exact amount in the currency of its shop."""
    return Column(name, "money", comment, unit="currency", required=required)


def quantity(name: str, comment: str, *, unit: str = "unit", required: bool = False) -> Column:
    """A countable or measured quantity, exact to a thousandth."""
    return Column(name, "quantity", comment, unit=unit, required=required)


def count(name: str, comment: str, *, unit: str = "count", required: bool = False) -> Column:
    """A whole number."""
    return Column(name, "integer", comment, unit=unit, required=required)


def number(name: str, comment: str, *, unit: str) -> Column:
    """A measured number that need not be exact."""
    return Column(name, "number", comment, unit=unit)


def instant(name: str, comment: str, *, required: bool = False) -> Column:
    """A moment, stored in UTC."""
    return Column(name, "instant", comment, unit="UTC", required=required)


def day(name: str, comment: str, *, required: bool = False) -> Column:
    """A day in the shop's own zone."""
    return Column(name, "day", comment, unit="shop day", required=required)


def flag(name: str, comment: str) -> Column:
    """True, false or unknown."""
    return Column(name, "flag", comment)


SHOP = text("shop_id", "The shop (a store on a platform, a site or a branch).", required=True, ref="shops")
SKU = text("sku_id", "The stock-keeping unit.", required=True, ref="products")
CUSTOMER = text("customer_id", "The buyer; empty when the source hides or lacks one.", ref="customers")
CHANNEL = text("channel_id", "Where the sale or visit came about.", ref="channels")
