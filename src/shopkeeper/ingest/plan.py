"""A declared mapping: which file goes to which tables of the commerce model, and where each column's values come from."""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from shopkeeper.warehouse.model import Table, table


@dataclass(frozen=True)
class Value:
    """Where one column's values come from: a header, a constant, or an SQL expression over the file's headers."""

    header: str = ""
    constant: str | None = None
    sql: str = ""
    format: str = ""
    scale: Decimal | None = None
    timezone: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    trusted: bool = False  # our own expression: it cannot fail on a row

    @property
    def shown(self) -> str:
        """How a message names it."""
        return self.header or self.sql or f"constant {self.constant}"


@dataclass(frozen=True)
class TableMapping:
    """How rows of a file become rows of one table.

    `where` picks the rows. `relation` replaces the file's rows by a query over them ({file} stands for the file): such rows
    have no line of their own.
    """

    name: str
    columns: Mapping[str, Value]
    where: str = ""
    relation: str = ""

    @property
    def table(self) -> Table:
        """The table of the commerce model."""
        return table(self.name)


@dataclass(frozen=True)
class SourceMapping:
    """A named source: the files it takes and the tables it fills.

    `notes_where` is an SQL condition on rows that are no data (notes, totals): they are left out, and counted. `view` is a
    query over the file ({file}) that gives its rows other columns: what the tables map then are those; it keeps
    `file_row_number`. `computes`: it does more than give columns other names. `platform` is that of a known layout.
    `leaves_out` are tables that it would fill, but for a setting of the shop.
    """

    name: str
    files: tuple[str, ...]
    tables: tuple[TableMapping, ...]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    notes_where: str = ""
    view: str = ""
    computes: bool = False
    platform: str = ""
    leaves_out: tuple[str, ...] = ()

    def takes(self, path: Path, inbox: Path) -> bool:
        """Whether the file's name, or its path inside the inbox, fits one of the patterns."""
        return fits_name(path, inbox, self.files)

    def digest(self, *context: str) -> str:
        """Changes when the mapping, or what it is read with (zone, currency, shop), changes."""
        plain = {"view": "", "notes_where": "", "computes": False, "platform": "", "leaves_out": ()}
        said = {name: value for name, value in asdict(self).items() if name not in plain or plain[name] != value}
        content = json.dumps([said, context], ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def maps(self, table_name: str) -> bool:
        """Whether some part of it fills this table."""
        return any(part.name == table_name for part in self.tables)

    def stating(self, table_name: str, column: str, value: str) -> SourceMapping:
        """The mapping with one value for a column of a table that it leaves open."""
        return replace(self, tables=tuple(
            replace(part, columns={**part.columns, column: Value(constant=value)})
            if part.name == table_name and column not in part.columns else part
            for part in self.tables
        ))  # fmt: skip

    def without(self, table_names: Iterable[str]) -> SourceMapping:
        """The mapping for all tables but these."""
        names = set(table_names)
        dropped = tuple(dict.fromkeys(part.name for part in self.tables if part.name in names))
        return replace(self, tables=tuple(part for part in self.tables if part.name not in names), leaves_out=dropped)


def fits_name(path: Path, inbox: Path, patterns: Iterable[str]) -> bool:
    """Whether a file's name, or its path inside the inbox, fits one of the patterns."""
    names = {path.name}
    if path.is_relative_to(inbox):
        names.add(path.relative_to(inbox).as_posix())
    return any(fnmatch.fnmatch(name, pattern) for name in names for pattern in patterns)
