"""How a record is declared: named, typed, explained columns that become an Arrow schema."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

ZONE = "Asia/Shanghai"
MOMENT = pa.timestamp("s", tz=ZONE)


@dataclass(frozen=True)
class Field:
    """One column. `codes` closes the set of a code column; None is possible only where `nullable`."""

    name: str
    type: pa.DataType
    comment: str
    nullable: bool = False
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """One kind of row that a stretch of simulated time yields."""

    name: str
    comment: str
    fields: tuple[Field, ...]

    @cached_property
    def schema(self) -> pa.Schema:
        """Its Arrow schema; every column's meaning is in the metadata under `comment`."""
        return pa.schema(
            [pa.field(f.name, f.type, f.nullable, metadata={"comment": f.comment}) for f in self.fields],
            metadata={"comment": self.comment},
        )

    def field(self, name: str) -> Field:
        """A column by name; KeyError when there is none."""
        for found in self.fields:
            if found.name == name:
                return found
        raise KeyError(f"{self.name}.{name}")


def key(name: str, comment: str, *, nullable: bool = False) -> Field:
    """A number that identifies something; 64 bits."""
    return Field(name, pa.int64(), comment, nullable)


def index(name: str, comment: str, *, nullable: bool = False) -> Field:
    """A small number that identifies something of the catalogue or the house."""
    return Field(name, pa.int32(), comment, nullable)


def count(name: str, comment: str, *, nullable: bool = False) -> Field:
    """A whole number."""
    return Field(name, pa.int32(), comment, nullable)


def fen(name: str, comment: str, *, nullable: bool = False) -> Field:
    """Money in fen (分), 1/100 CNY: whole numbers add up exactly."""
    return Field(name, pa.int64(), comment, nullable)


def share(name: str, comment: str, *, nullable: bool = False) -> Field:
    """A number, mostly 0–1."""
    return Field(name, pa.float64(), comment, nullable)


def moment(name: str, comment: str, *, nullable: bool = False) -> Field:
    """A second, with the shop's zone (Asia/Shanghai, no summer time)."""
    return Field(name, MOMENT, comment, nullable)


def day(name: str, comment: str, *, nullable: bool = False) -> Field:
    """A day in the shop's zone."""
    return Field(name, pa.date32(), comment, nullable)


def text(name: str, comment: str, *, nullable: bool = False) -> Field:
    """Words."""
    return Field(name, pa.string(), comment, nullable)


def flag(name: str, comment: str, *, nullable: bool = False) -> Field:
    """True or false."""
    return Field(name, pa.bool_(), comment, nullable)


def code(name: str, codes: tuple[str, ...], comment: str, *, nullable: bool = False) -> Field:
    """One of a closed set, dictionary-encoded in the order given."""
    return Field(name, pa.dictionary(pa.int8(), pa.string()), comment, nullable, codes)
