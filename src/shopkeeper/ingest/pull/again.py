"""Replays of what was pulled: the windows of a stream in their order, each taking out what it took out when it was loaded.

Rows that were gone later are left out from the start; rows that moved, or that a whole reading no longer had, leave the
stand-ins again when the window that said so is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shopkeeper.ingest.assembly import Run
from shopkeeper.ingest.pull import withdraw
from shopkeeper.ingest.pull.declared import Pulled, pulled_streams
from shopkeeper.ingest.set_aside import HELD
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal


@dataclass(frozen=True)
class _File:
    """A file of a run that was pulled: its number, and the snapshot of its last pull."""

    number: int
    file_hash: str
    snapshot: int
    whole: bool
    pulled: Pulled


class PulledBefore:
    """What the ledger says of the windows that a replay reads again."""

    def __init__(self, shop: Shop) -> None:
        self._streams = pulled_streams(shop.settings, shop.folder)
        self._store = RawStore(shop.data_dir)

    def settle(self, run: Run, sources: Mapping[int, tuple[str, ...]], held: str) -> int:
        """Take out of staged rows and stand-ins what was gone or had moved, before the staged rows are merged.

        `sources` are those of each file by its number; `held` is the table of rows set aside by the replay so far. Returns how
        many staged rows were left out.
        """
        left_out = 0
        for file in self._files(run, sources):
            source, stream = file.pulled.source.name, file.pulled.stream
            left_out += self._leave_out(run, file)
            files = withdraw.files_pulled(run.connection, source, stream.name)
            earlier = {file_hash: number for file_hash, number in files.items() if number < file.snapshot}
            place = withdraw.Place(run.connection, self._store, stream, earlier, run.load_id, replays=held)
            staged = [one for one in run.staged if one.file_no == file.number]
            withdraw.note_new(run.connection, stream, run.opened[file.number].as_read)
            withdraw.note_gone(place, source, None)
            withdraw.take_out(place, staged, whole=file.whole, source=source)
            withdraw.forget(run.connection)
        return left_out

    def _files(self, run: Run, sources: Mapping[int, tuple[str, ...]]) -> list[_File]:
        files = []
        for number, names in sources.items():
            pulled = next((self._streams[name] for name in names if name in self._streams), None)
            if pulled is None or not pulled.stream.key:
                continue
            file_hash = run.opened[number].digest
            row = run.connection.execute(
                "SELECT max(snapshot), arg_max(whole, snapshot) FROM pulls WHERE source = ? AND stream = ? AND file_hash = ?",
                [pulled.source.name, pulled.stream.name, file_hash],
            ).fetchone()
            if row and row[0] is not None:
                whole = bool(row[1]) and pulled.stream.compare_keys_every is not None
                files.append(_File(number, file_hash, int(row[0]), whole, pulled))
        return files

    def _leave_out(self, run: Run, file: _File) -> int:
        """Leave out the lines whose key was gone after this window was pulled."""
        source, stream = literal(file.pulled.source.name), literal(file.pulled.stream.name)
        of_stream = f"source = {source} AND stream = {stream} AND snapshot > {file.snapshot}"
        emptied = f"SELECT 1 FROM pulls WHERE {of_stream} AND whole AND keys_compared AND file_hash = '' LIMIT 1"
        key = withdraw.key_of(file.pulled.stream.key)
        gone = f"SELECT file_row_number + 1 FROM {run.opened[file.number].as_read}"
        if run.connection.execute(emptied).fetchone() is None or not file.whole:
            gone += f" WHERE {key} IN (SELECT row_key FROM pull_withdrawals WHERE {of_stream})"
        left_out = 0
        for staged in run.staged:
            if staged.file_no == file.number:
                left_out += self._delete(run, file, staged.name, staged.table.name, f"source_line IN ({gone})")
        names = f"SELECT DISTINCT table_name FROM {HELD} WHERE file_no = {file.number}"
        for (name,) in run.connection.execute(names).fetchall():
            meant = f"file_no = {file.number} AND table_name = {literal(name)} AND source_line IN ({gone})"
            left_out += self._delete(run, file, HELD, name, meant)
        return left_out

    def _delete(self, run: Run, file: _File, place: str, table: str, meant: str) -> int:
        row = run.connection.execute(f"DELETE FROM {place} WHERE {meant}").fetchone()
        count = int(row[0]) if row else 0
        run.count(file.number, table).read -= count
        return count
