"""What a model answers: figures with their intervals, tables, pictures as plain data, remarks, and what it rests on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shopkeeper.insight.models.said import Said

Number = int | float | Decimal
Cell = Said | str | int | float | Decimal | dt.date | None
Kind = Literal["line", "bar", "scatter", "heatmap"]

Unit = Literal["money", "share", "count", "days", "number", "times", "times_per_year", "minutes", "day", "text"]
"""`share` is 0 to 1; `number` has no unit and is shown with four digits; `day` is a date."""


@dataclass(frozen=True)
class Figure:
    """One number of the answer. `low` and `high` are its interval at `level`, or bounds of another kind where `level` is 0.

    A value that is unknown is None, never 0.
    """

    id: str
    label: Said
    value: Number | None
    unit: Unit
    low: Number | None = None
    high: Number | None = None
    level: float = 0.95
    note: Said | None = None


@dataclass(frozen=True)
class Column:
    """One column of a table. Cells of the unit `text` are names of the data, or words to be said."""

    id: str
    heading: Said
    unit: Unit = "text"


@dataclass(frozen=True)
class Table:
    """Rows of the answer. Its `id` names it for exports: `shopkeeper model NAME --table ID --format csv`."""

    id: str
    title: Said
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Said | None = None


@dataclass(frozen=True)
class Series:
    """One line, one colour of bars or points, or one row of a heatmap. None leaves a gap.

    `at` places the values on a numeric axis (scatter, and lines over numbers); otherwise they stand over the labels.
    `low` and `high` draw a band around a line.
    """

    name: Said | str
    values: tuple[float | None, ...]
    at: tuple[float, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A picture as plain data. `x_unit` and `y_unit` format the axes; in a heatmap `y_unit` is that of its cells."""

    id: str
    kind: Kind
    title: Said
    x_name: Said
    y_name: Said
    series: tuple[Series, ...]
    labels: tuple[Said | str | dt.date, ...] = ()
    x_unit: Unit = "text"
    y_unit: Unit = "number"
    stacked: bool = False


@dataclass(frozen=True)
class Exit:
    """What can be done with the answer: `segment` saves the rule over profile dimensions under a name.

    `scores` publishes the model's value of every customer as `customer_scores`, which profiles and rules then read.
    """

    id: str
    kind: Literal["segment", "scores"]
    label: Said
    rule: str = ""


@dataclass(frozen=True)
class Basis:
    """What an answer was computed from: (table, rows) and the shop days they cover, both included."""

    snapshot: int
    first_day: dt.date | None
    last_day: dt.date | None
    rows: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ModelResult:
    """The answer of a model. `method` says in one sentence what was done, with the name of the variant that was used."""

    method: Said
    basis: Basis
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    remarks: tuple[Said, ...] = ()
    exits: tuple[Exit, ...] = ()
