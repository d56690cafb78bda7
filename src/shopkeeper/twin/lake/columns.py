"""Arrow columns in the types of the commerce model, made of whole numbers without a detour through Python objects."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopkeeper.twin.daily.rows import DAY, NONE
from shopkeeper.twin.draws import Array

MONEY = pa.decimal128(18, 4)
QUANTITY = pa.decimal128(18, 3)
INSTANT = pa.timestamp("us", tz="UTC")
_SHANGHAI = 8 * 3600


def _decimals(scaled: Array, kind: pa.Decimal128Type) -> pa.Array:
    """Whole numbers as decimals of that scale: the 128 bits are the number and its sign."""
    words = np.empty((len(scaled), 2), dtype=np.int64)
    words[:, 0] = scaled
    words[:, 1] = scaled >> 63
    return pa.Array.from_buffers(kind, len(scaled), [None, pa.py_buffer(words)])


def money(fen: Array) -> pa.Array:
    """Fen as DECIMAL(18,4).

    >>> money(np.array([1234, -5]))[0].as_py()
    Decimal('12.3400')
    """
    return _decimals(fen.astype(np.int64) * 100, MONEY)


def quantity(units: Array, empty: Array | None = None) -> pa.Array:
    """Units as DECIMAL(18,3); unknown where `empty`."""
    found = _decimals(units.astype(np.int64) * 1000, QUANTITY)
    return found if empty is None else pc.if_else(pa.array(empty), pa.scalar(None, QUANTITY), found)


def number_text(numbers: Array) -> pa.Array:
    """Whole numbers as text."""
    return pa.array(numbers.astype(np.int64)).cast(pa.string())


def code(positions: Array, words: tuple[str, ...], empty: Array | None = None) -> pa.Array:
    """Positions in a closed set as text, kept as a dictionary in the file."""
    return pa.DictionaryArray.from_arrays(
        pa.array(positions.astype(np.int16), mask=empty), pa.array(words, pa.string())
    )


def article(sku: Array) -> pa.Array:
    """Articles' numbers as text, kept as a dictionary in the file: there are few of them and many rows."""
    many = int(sku.max()) + 1 if len(sku) else 1
    return pa.DictionaryArray.from_arrays(pa.array(sku.astype(np.int32)), number_text(np.arange(many)))


def constant(word: str, length: int) -> pa.Array:
    """The same word in every row."""
    return code(np.zeros(length, dtype=np.int16), (word,))


def nothing(kind: pa.DataType, length: int) -> pa.Array:
    """A column of which nothing is known."""
    return pa.nulls(length, kind)


def instant(seconds: Array, start: dt.date) -> pa.Array:
    """Seconds of the world as moments; NONE becomes empty."""
    empty = seconds == NONE
    offset = (start - dt.date(1970, 1, 1)).days * DAY - _SHANGHAI
    micro = (np.where(empty, 0, seconds) + offset) * 1_000_000
    return pa.array(micro, mask=empty if empty.any() else None).cast(INSTANT)


def day(seconds: Array, start: dt.date) -> pa.Array:
    """Seconds of the world as days of the shop; NONE becomes empty."""
    empty = seconds == NONE
    days = np.where(empty, 0, seconds) // DAY + (start - dt.date(1970, 1, 1)).days
    return pa.array(days.astype(np.int32), mask=empty if empty.any() else None).cast(pa.date32())


def with_lineage(columns: dict[str, pa.Array]) -> pa.Table:
    """A table with its lineage: rows of the twin come from no file."""
    n = len(next(iter(columns.values())))
    columns |= {
        "load_id": constant("twin", n),
        "file_hash": constant("twin", n),
        "source_line": pa.array(np.arange(1, n + 1)),
    }
    return pa.table(columns)
