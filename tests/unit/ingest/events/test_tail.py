"""Following a file: whole lines alone, each once, through rotation, cutting and restarts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shopkeeper.ingest.events.tail import Tail


class Kept:
    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def __call__(self, content: bytes) -> None:
        self.lines += content.splitlines()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "site.log"


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as stream:
        stream.write(content)


def test_a_half_line_is_waited_for_and_a_restart_goes_on_where_it_was(log: Path, tmp_path: Path) -> None:
    kept = Kept()
    assert Tail(log, tmp_path / "m.json").read(kept) == 0
    append(log, b"1\n2\n3 begins")
    Tail(log, tmp_path / "m.json").read(kept)
    assert kept.lines == [b"1", b"2"]
    append(log, b" and ends\n")
    Tail(log, tmp_path / "m.json").read(kept)
    Tail(log, tmp_path / "m.json").read(kept)
    assert kept.lines == [b"1", b"2", b"3 begins and ends"]


def test_a_rotated_file_is_read_to_its_end_first(log: Path, tmp_path: Path) -> None:
    kept, tail = Kept(), Tail(log, tmp_path / "m.json")
    append(log, b"1\n2")
    tail.read(kept)
    append(log, b" whole\n3")
    os.rename(log, log.with_name("site.log.1"))
    append(log, b"4\n")
    tail.read(kept)
    assert kept.lines == [b"1", b"2 whole", b"3", b"4"]


def test_a_file_that_was_cut_is_read_from_its_beginning(log: Path, tmp_path: Path) -> None:
    kept, tail = Kept(), Tail(log, tmp_path / "m.json")
    append(log, b"first\nsecond\n")
    tail.read(kept)
    log.write_bytes(b"new\n")
    tail.read(kept)
    log.write_bytes(b"other beginning, longer than before\n")
    tail.read(kept)
    assert kept.lines == [b"first", b"second", b"new", b"other beginning, longer than before"]


def test_lines_that_could_not_be_kept_are_read_again(log: Path, tmp_path: Path) -> None:
    kept, tail = Kept(), Tail(log, tmp_path / "m.json")
    append(log, b"1\n")

    def refuse(_: bytes) -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        tail.read(refuse)
    tail.read(kept)
    assert kept.lines == [b"1"]
