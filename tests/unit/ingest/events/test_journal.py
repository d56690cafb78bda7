"""The journal: what was confirmed is there after a crash, what was not is cut, and too much is refused in time."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from shopkeeper.errors import Backlogged, InternalError
from shopkeeper.ingest.events.journal import MARK, Journal, Segment, ask_to_seal, journal_bytes, segments, settle

LINES = [b"one", b"two" * 40, b'{"three": 3}']


def written(folder: Path, lines: list[bytes] = LINES) -> Segment:
    journal = Journal(folder, backlog_bytes=1 << 30)
    for line in lines:
        journal.append(line).result(10)
    journal.close()
    (segment,) = segments(folder)
    return segment


def test_what_was_confirmed_is_read_back_in_order(tmp_path: Path) -> None:
    segment = written(tmp_path)
    records = list(segment.records())
    assert [record.line for record in records] == LINES
    assert records[-1].end == segment.size() == journal_bytes(tmp_path)
    assert [record.line for record in segment.records(records[0].end)] == LINES[1:]


def test_cut_at_any_byte_a_segment_holds_its_first_whole_records(tmp_path: Path) -> None:
    segment = written(tmp_path)
    whole, ends = segment.path.read_bytes(), [record.end for record in segment.records()]
    for size in range(len(whole)):
        segment.path.write_bytes(whole[:size])
        assert len(list(segment.records())) == sum(end <= size for end in ends)


def test_a_changed_byte_is_never_taken_for_a_record(tmp_path: Path) -> None:
    segment = written(tmp_path)
    whole, ends = segment.path.read_bytes(), [record.end for record in segment.records()]
    for place in range(len(MARK), len(whole)):
        segment.path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        assert [record.line for record in segment.records()] == LINES[: sum(end <= place for end in ends)]


def test_a_torn_end_is_cut_and_kept_beside(tmp_path: Path) -> None:
    segment = written(tmp_path)
    whole, ends = segment.path.read_bytes(), [record.end for record in segment.records()]
    segment.path.write_bytes(whole[:-2])
    assert not settle(segment, ends[0])  # the second record is not in the lake yet
    assert settle(segment, ends[1])
    assert segments(tmp_path) == []
    assert segment.path.with_suffix(".torn").read_bytes() == whole[ends[1] : -2]
    assert list(tmp_path.glob("*.lock")) == []


def test_a_segment_that_is_still_written_stays(tmp_path: Path) -> None:
    journal = Journal(tmp_path, backlog_bytes=1 << 30)
    journal.append(b"x").result(10)
    (segment,) = segments(tmp_path)
    assert not settle(segment, segment.size())
    journal.close()
    assert settle(segment, segment.size())


def test_batches_that_wait_together_share_one_fsync(tmp_path: Path) -> None:
    going, syncs = threading.Event(), []

    def slow(descriptor: int) -> None:
        assert going.wait(10)
        os.fsync(descriptor)
        syncs.append(descriptor)

    journal = Journal(tmp_path, backlog_bytes=1 << 30, sync=slow)
    first = journal.append(b"0")
    rest = [journal.append(str(n).encode()) for n in range(1, 50)]
    assert not first.done()
    going.set()
    for done in (first, *rest):
        done.result(10)
    journal.close()
    assert len(syncs) <= 3
    assert len(list(segments(tmp_path)[0].records())) == 50


def test_a_disk_that_fails_confirms_nothing_and_leaves_nothing_half(tmp_path: Path) -> None:
    failing = [True]

    def sync(descriptor: int) -> None:
        if failing[0]:
            raise OSError(28, "No space left on device")
        os.fsync(descriptor)

    journal = Journal(tmp_path, backlog_bytes=1 << 30, sync=sync)
    with pytest.raises(InternalError, match="cannot be written"):
        journal.append(b"lost").result(10)
    failing[0] = False
    journal.append(b"kept").result(10)
    journal.close()
    assert [record.line for segment in segments(tmp_path) for record in segment.records()] == [b"kept"]


def test_too_much_that_waits_is_refused_with_a_time_to_come_again(tmp_path: Path) -> None:
    written(tmp_path, [b"x" * 2000])
    journal = Journal(tmp_path, backlog_bytes=1000)
    with pytest.raises(Backlogged, match="live.backlog_mb") as told:
        journal.append(b"y")
    assert told.value.retry_after >= 1
    journal.close()


def test_a_long_segment_is_followed_by_another(tmp_path: Path) -> None:
    journal = Journal(tmp_path, backlog_bytes=1 << 30, segment_bytes=100)
    for n in range(5):
        journal.append(str(n).encode() * 60).result(10)
    journal.close()
    assert len(segments(tmp_path)) > 1
    assert [r.line[:1] for s in segments(tmp_path) for r in s.records()] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_writer_that_is_asked_lets_go_of_its_segment_and_begins_another(tmp_path: Path) -> None:
    """Idle or busy: what was confirmed stays, and what comes later is written elsewhere."""
    journal = Journal(tmp_path, backlog_bytes=1 << 30)
    journal.append(b"before").result(10)
    (segment,) = segments(tmp_path)
    ask_to_seal(tmp_path)
    end = time.monotonic() + 10
    while not settle(segment, segment.size()):
        assert time.monotonic() < end, "the idle writer holds its segment"
        time.sleep(0.05)
    journal.append(b"after").result(10)
    (other,) = segments(tmp_path)
    assert other != segment
    assert [record.line for record in other.records()] == [b"after"]
    journal.append(b"later").result(10)
    assert segments(tmp_path) == [other], "one asking seals once"
    journal.close()
