"""CSV and its relatives: encoding, delimiter and headers are found by looking, then DuckDB reads the file."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from pathlib import Path

import duckdb

from shopkeeper.errors import DataQualityError, InternalError, SourceError
from shopkeeper.ingest.readers.encodings import as_utf8, detect_encoding
from shopkeeper.warehouse.sql import literal

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE = 1 << 16
MAX_LINE = 2_000_000
_UNREADABLE = (duckdb.InvalidInputException, duckdb.ConversionException)


def convert(
    connection: duckdb.DuckDBPyConnection, path: Path, shown: Path, parquet: Path, scratch: list[Path], *,
    encoding: str = "", delimiter: str = "",
) -> dict[str, object]:  # fmt: skip
    """Write the rows of a delimited text as Parquet, every value as text. Returns what was found out about the file."""
    codec = detect_encoding(path, shown, encoding)
    plain = path
    if codec not in ("utf-8", "utf-8-sig"):
        plain = parquet.with_suffix(".utf8")
        scratch.append(plain)
        as_utf8(path, codec, plain)
    with plain.open("r", encoding="utf-8-sig", newline="") as stream:
        sample = stream.read(_SAMPLE)
    remarks = 0
    if _remarks_stand_first(sample):
        bare = parquet.with_suffix(".bare")
        scratch.append(bare)
        remarks = _without_remarks(plain, bare)
        plain = bare
        with plain.open("r", encoding="utf-8", newline="") as stream:
            sample = stream.read(_SAMPLE)
    if "\0" in sample:
        raise SourceError(
            "this is no text: it has zero bytes", where=str(shown), received=f"a zero byte at character {sample.index(chr(0)):,}",
            allowed="text in UTF-8, UTF-16 or GB18030", state="nothing was changed",
            next_command="export the file again, or say its encoding in its [[source]]",
        )  # fmt: skip
    found = delimiter or _delimiter(sample)
    headers = checked_headers(_first_record(sample, found), shown)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in headers)
    line_end = ", new_line = '\\r'" if "\r" in sample and "\n" not in sample else ""
    how = (
        f"auto_detect = false, header = true, delim = {literal(found)}, quote = '\"', escape = '\"', "
        f"max_line_size = {MAX_LINE}, columns = {{{columns}}}{line_end}"
    )
    try:
        _copy(connection, plain, how, parquet)
    except _UNREADABLE as error:
        even = parquet.with_suffix(".even")
        scratch.append(even)
        if not _with_even_ends(plain, even):
            raise _explained(error, shown, found) from None
        parquet.unlink(missing_ok=True)  # else DuckDB writes beside it, and leaves that behind when it fails again
        try:
            _copy(connection, even, how, parquet)
        except _UNREADABLE as again:
            raise _explained(again, shown, found) from None
    return {"encoding": codec, "delimiter": found, "remarks": remarks}


def _copy(connection: duckdb.DuckDBPyConnection, plain: Path, how: str, parquet: Path) -> None:
    connection.execute(
        f"COPY (SELECT * FROM read_csv({literal(str(plain))}, {how})) TO {literal(str(parquet))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )


def _with_even_ends(path: Path, target: Path) -> bool:
    """Copy a text with every CR LF as LF, also inside cells; returns whether its lines ended in both ways."""
    ends = {True: False, False: False}
    with (
        path.open("r", encoding="utf-8-sig", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as copy,
    ):
        for line in source:
            windows = line.endswith("\r\n")
            if windows or line.endswith("\n"):
                ends[windows] = True
            copy.write(line[:-2] + "\n" if windows else line)
    return all(ends.values())


def _remarks_stand_first(sample: str) -> bool:
    """Whether lines that begin with # stand above the headers, as in wallets' statements; `#,name,price` is a header."""
    lines = sample.splitlines()
    below = next((line for line in lines if not line.startswith("#")), "")
    if not lines or not lines[0].startswith("#") or not below:
        return False
    return max(lines[0].count(mark) for mark in _DELIMITERS) < max(below.count(mark) for mark in _DELIMITERS)


def _without_remarks(path: Path, target: Path) -> int:
    """Copy a UTF-8 text without its lines that begin with #; returns how many there were."""
    left_out = 0
    with (
        path.open("r", encoding="utf-8-sig", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as copy,
    ):
        for line in source:
            if line.startswith("#"):
                left_out += 1
            else:
                copy.write(line)
    return left_out


def checked_headers(names: list[str], shown: Path) -> list[str]:
    """Headers as columns: blank ones get their position as a name. Raises DataQualityError when two are the same."""
    cleaned = [name.strip().strip("\ufeff") or f"column_{position}" for position, name in enumerate(names, start=1)]
    seen: dict[str, int] = {}
    for position, name in enumerate(cleaned, start=1):
        if name.casefold() in seen:
            raise DataQualityError(
                "two columns have the same header", where=str(shown),
                received=f"{name!r} in columns {seen[name.casefold()]} and {position}",
                allowed="a header of its own for every column, upper and lower case not told apart",
                state="nothing was changed", next_command="rename one of them in the file",
            )  # fmt: skip
        seen[name.casefold()] = position
    if all(re.fullmatch(r"column_\d+", name) for name in cleaned):
        raise DataQualityError(
            "the file has no headers", where=str(shown), received="a blank first row", state="nothing was changed"
        )
    return cleaned


def _first_record(sample: str, delimiter: str) -> list[str]:
    for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
        if record:
            return record
    return []


def _delimiter(sample: str) -> str:
    """The delimiter that cuts the first records into the same number of columns, the largest such number."""
    best, best_score = ",", (0.0, 0)
    for candidate in _DELIMITERS:
        try:
            records = list(itertools.islice(csv.reader(io.StringIO(sample, newline=""), delimiter=candidate), 50))
        except csv.Error:
            continue
        widths = Counter(len(record) for record in records[: max(1, len(records) - 1)] if record)
        if not widths:
            continue
        width, times = widths.most_common(1)[0]
        score = (times / widths.total() if width > 1 else 0.0, width)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _explained(error: duckdb.Error, shown: Path, delimiter: str) -> SourceError | InternalError:
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    where = f"{shown}, line {line.group(1)}" if line else str(shown)
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    state, again = "nothing was changed", "mend the line, or export the file again"
    if counts:
        return DataQualityError(
            "a line has another number of columns than the headers", where=where, received=f"{counts.group(2)} columns",
            allowed=f"{counts.group(1)} columns, cut at {_DELIMITERS.get(delimiter, delimiter)}", state=state, next_command=again,
        )  # fmt: skip
    if "unterminated quote" in text:
        return SourceError(
            "the file ends inside a quoted value: it is cut off, or a quote is missing", where=where, state=state,
            next_command=again,
        )  # fmt: skip
    if "Maximum line size" in text or "max_line_size" in text and "exceed" in text:
        return DataQualityError(
            "a line is too long", where=where, received=f"more than {MAX_LINE:,} bytes",
            allowed=f"at most {MAX_LINE:,} bytes a line", state=state, next_command=again,
        )  # fmt: skip
    return SourceError(
        "the file cannot be read as delimited text",
        where=where,
        received=text.splitlines()[0],
        state=state,
        next_command=again,
    )
