"""What a load says about itself, and the little it asks of whoever shows its progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.warehouse.loads import Note


class Progress(Protocol):
    """Told what is being done: `start` a step of so many rows or files, `advance`, `done`."""

    def start(self, what: str, total: int) -> None:
        """A step begins; `total` is 0 when its length is unknown."""

    def advance(self, n: int) -> None:
        """So many more are through."""

    def done(self) -> None:
        """The step is over."""


class Silent:
    """Progress that nobody watches."""

    def start(self, what: str, total: int) -> None:
        """Nothing to show."""

    def advance(self, n: int) -> None:
        """Nothing to show."""

    def done(self) -> None:
        """Nothing to show."""


@dataclass(frozen=True)
class TableReport:
    """One file and table: rows_read = loaded + unchanged + quarantined. An empty table name holds rows no table took."""

    file: str
    table: str
    rows_read: int
    loaded: int
    unchanged: int
    quarantined: int


@dataclass(frozen=True)
class LoadReport:
    """One load. `already_loaded` is true when every file was known: nothing was done, `snapshot` is the present one."""

    load_id: str
    source: str
    snapshot: int
    seconds: float
    tables: tuple[TableReport, ...] = ()
    notes: tuple[Note, ...] = ()
    known_files: tuple[str, ...] = ()
    already_loaded: bool = False

    @property
    def quarantined(self) -> int:
        """Rows set aside with a reason."""
        return sum(part.quarantined for part in self.tables)

    @property
    def loaded(self) -> int:
        """Rows new or changed."""
        return sum(part.loaded for part in self.tables)

    @property
    def unchanged(self) -> int:
        """Rows that were there already."""
        return sum(part.unchanged for part in self.tables)

    def summary(self, lang: Language) -> str:
        """What was done, in a few lines: the counts, the files known before, and every note."""
        if self.already_loaded and not self.known_files:
            return word("pull.nothing_new", lang, source=self.source, snapshot=self.snapshot)
        if self.already_loaded:
            return word("ingest.nothing_to_do", lang, files=len(self.known_files), snapshot=self.snapshot)
        lines = [
            word(
                "ingest.done", lang, loaded=f"{self.loaded:,}", unchanged=f"{self.unchanged:,}",
                quarantined=f"{self.quarantined:,}", seconds=f"{self.seconds:.1f}", snapshot=self.snapshot,
            )
        ]  # fmt: skip
        if self.known_files:
            lines.append(word("ingest.known_files", lang, files=", ".join(self.known_files)))
        lines += [f"· {note_text(note, lang)}" for note in self.notes]
        return "\n".join(lines)


def note_text(note: Note, lang: Language) -> str:
    """A note as a sentence; a topic that is no key of the catalogue is the sentence itself."""
    if not has_word(note.topic):
        return note.topic
    rows = f"{note.rows:,}" if note.rows is not None else "–"
    amount = f"{note.amount:,.2f}" if note.amount is not None else "–"
    return word(note.topic, lang, rows=rows, amount=amount, detail=note.detail)
