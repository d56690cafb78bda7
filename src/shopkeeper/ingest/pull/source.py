"""What a source that is pulled offers, and what is asked of it: the shape that databases and platforms share.

cursor → the source writes the rows since then to a Parquet file → one load, which keeps the next cursor too
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.ingest.report import Progress
from shopkeeper.warehouse.loads import Note


@dataclass(frozen=True)
class Stream:
    """A part of a source that has a cursor of its own.

    Attributes:
        name: empty where the source has one stream. Its mapping is called as the source, or `source/stream`.
        mapping: which tables its rows go to.
        asks: a text that changes when other rows are meant, another query say: then reading begins anew.
        key: columns that name a row of the source. Without them nobody can tell that a row is gone, or has moved.
        compare_keys_every: how often all keys of the source are read to find rows that are gone; None: never.
        withdraw_at_most: share of the rows known (0 to 1) that one window may take out; more is refused as a mistake.
    """

    name: str
    mapping: SourceMapping
    asks: str = ""
    key: tuple[str, ...] = ()
    compare_keys_every: dt.timedelta | None = None
    withdraw_at_most: float = 0.5


@dataclass(frozen=True)
class Asked:
    """One question to a source: the rows since `cursor` ('' = from the beginning), into the Parquet file `rows`.

    `columns` are those seen last (name → type; empty at first). `keys` names a Parquet file for the key columns of *all*
    rows, when they are to be compared; a source whose window is `whole` need not write it.
    """

    cursor: str
    columns: Mapping[str, str]
    rows: Path
    keys: Path | None = None


@dataclass(frozen=True)
class Window:
    """What a source gave. Without rows the Parquet file need not be there.

    Attributes:
        rows: how many.
        columns: the source's own columns and types, told where they have changed.
        cursor: where the next window begins, as text that only the source understands; it is committed with the rows.
        more: the source has more at once: it is asked again, from `cursor`.
        whole: the rows are all that the source holds.
        keys_read: the file of keys was written.
        notes: what is to be said about the rows. Topics are keys of the wording catalogue.
    """

    rows: int
    columns: Mapping[str, str]
    cursor: str
    more: bool = False
    whole: bool = False
    keys_read: bool = False
    notes: tuple[Note, ...] = field(default=())


class PullSource(Protocol):
    """A source that can be asked. Making one reads settings alone: nothing is connected to, no secret is revealed."""

    @property
    def name(self) -> str:
        """Its name in shopkeeper.toml."""

    @property
    def kind(self) -> str:
        """Its kind, such as postgres."""

    @property
    def place(self) -> str:
        """Where it is, for people: never with a secret."""

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Its parts, in the order in which they are read."""

    def read(self, stream: Stream, asked: Asked, progress: Progress) -> Window:
        """Read one window. Raises SourceError, retryable when the same call may go through later; no message holds a secret."""

    def answer(self) -> str:
        """Ask whether it is there, for the doctor: what it says of itself. Raises SourceError or ConfigError."""
