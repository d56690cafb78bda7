"""Which encoding a text file is in, proved by decoding all of it; and a UTF-8 copy of one that is not UTF-8."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.errors import ConfigError, DataQualityError, SourceError

_CHUNK = 1 << 20
_UP_TO_TWO_BYTES = bytes(range(0xE0))  # every byte that does not begin a character of three or more
_SAMPLE = 1 << 18
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
# What charset-normalizer may answer, as Python's name for a codec that covers it.
_GUESSES = {
    "big5": "big5", "big5hkscs": "big5hkscs", "cp949": "cp949", "euc_kr": "cp949", "shift_jis": "cp932", "cp932": "cp932",
    "euc_jp": "euc_jp", "cp1252": "cp1252", "latin_1": "cp1252", "iso8859_15": "iso8859_15", "cp1250": "cp1250",
    "iso8859_2": "iso8859_2", "cp1251": "cp1251", "koi8_r": "koi8_r", "gb2312": "gb18030", "gbk": "gb18030",
    "gb18030": "gb18030", "hz": "gb18030", "mac_roman": "mac_roman", "cp1254": "cp1254",
}  # fmt: skip


@dataclass(frozen=True)
class _Failure:
    """Where strict decoding stopped."""

    offset: int
    line: int
    byte: int
    valid_before: int  # characters of three bytes and more that were read before it


@contextlib.contextmanager
def explained_file_errors(path: Path) -> Iterator[None]:
    """Turn the file system's refusals into ours."""
    try:
        yield
    except FileNotFoundError:
        raise SourceError("there is no such file", where=str(path), state="nothing was changed") from None
    except IsADirectoryError:
        raise SourceError("this is a folder, not a file", where=str(path), state="nothing was changed") from None
    except PermissionError:
        raise SourceError(
            "no right to read or copy the file",
            where=str(path),
            state="nothing was changed",
            next_command="shopkeeper doctor",
        ) from None


def detect_encoding(path: Path, shown: Path, declared: str = "") -> str:
    """The codec that decodes the whole file. Raises DataQualityError naming the first byte that belongs to no encoding."""
    with explained_file_errors(path), path.open("rb") as stream:
        head = stream.read(_SAMPLE)
    if declared:
        return _declared(path, shown, declared)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return _proved(path, shown, codec)
    wide = _utf16_without_mark(head)
    if wide:
        return _proved(path, shown, wide)
    failure = _first_failure(path, "utf-8")
    if failure is None:
        return "utf-8"
    if failure.valid_before >= 2:
        raise _mixed(shown, failure, "UTF-8")
    chinese = _first_failure(path, "gb18030")
    if _reads_as_chinese(path):
        foreign = chinese or _utf8_line(path)
        if foreign is not None:
            raise _mixed(shown, foreign, "GB18030")
        return "gb18030"
    guess = _guessed(path, failure.offset)
    if guess and _first_failure(path, guess) is None:
        return guess
    raise _mixed(shown, failure, "UTF-8")


def as_utf8(path: Path, codec: str, target: Path) -> None:
    """A UTF-8 copy, made in chunks."""
    with path.open("r", encoding=codec, newline="") as source, target.open("w", encoding="utf-8", newline="") as copy:
        while chunk := source.read(_CHUNK):
            copy.write(chunk)


def _declared(path: Path, shown: Path, declared: str) -> str:
    try:
        codecs.lookup(declared)
    except LookupError:
        raise ConfigError(
            "no encoding has this name", where=f"shopkeeper.toml, mapping of {shown.name}, key encoding", received=declared,
            allowed="utf-8, gb18030, utf-16, big5, cp1252 …",
        ) from None  # fmt: skip
    return _proved(path, shown, declared)


def _proved(path: Path, shown: Path, codec: str) -> str:
    failure = _first_failure(path, codec)
    if failure is not None:
        raise _mixed(shown, failure, codec.upper())
    return codec


def _first_failure(path: Path, codec: str) -> _Failure | None:
    """The first byte that the codec refuses, or None when it decodes the whole file."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    offset = lines = wide = 0
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                before = error.object[: error.start]
                wide += _wide(before.decode(codec, "ignore"))
                # error.object holds the bytes that the decoder had kept back, then the chunk
                at = offset - (len(error.object) - len(chunk)) + error.start
                return _Failure(at, lines + before.count(b"\n") + 1, error.object[error.start], wide)
            if not chunk:
                return None
            wide += 0 if text.isascii() else _wide(text[:100_000])
            lines += text.count("\n")
            offset += len(chunk)


def _wide(text: str) -> int:
    """Characters that take three bytes or more in UTF-8: a run of them is no accident in a file of another encoding."""
    return len(text.encode("utf-8").translate(None, _UP_TO_TWO_BYTES))


def _sample(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_SAMPLE)


def _reads_as_chinese(path: Path) -> bool:
    """Whether the wide characters of a sample are the common ones of GB 2312: wrong guesses give rare ones."""
    common, wide = _common(_sample(path).decode("gb18030", "ignore"))
    return bool(wide) and common >= 0.8 * wide


def _common(text: str) -> tuple[int, int]:
    """(common, all) wide characters: punctuation and full-width forms, and the hanzi of GB 2312, are common."""
    pairs = [character.encode("gb18030", "ignore") for character in text if character > "\x7f"]
    common = sum(len(p) == 2 and p[1] >= 0xA1 and (0xA1 <= p[0] <= 0xA3 or 0xB0 <= p[0] <= 0xF7) for p in pairs)
    return common, len(pairs)


def _utf8_line(path: Path) -> _Failure | None:
    """The first line of a GB18030 file that is plainly UTF-8: it decodes as such, and as GB18030 gives rare characters."""
    offset = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.isascii():
                with contextlib.suppress(UnicodeDecodeError):
                    common, wide = _common(line.decode("gb18030", "ignore"))
                    if _wide(line.decode("utf-8")) >= 2 and common < 0.5 * wide:
                        first = next(i for i, byte in enumerate(line) if byte > 0x7F)
                        return _Failure(offset + first, number, line[first], 0)
            offset += len(line)
    return None


def _utf16_without_mark(head: bytes) -> str:
    """UTF-16 without a byte-order mark shows as zeros in every other byte of ASCII headers."""
    even, odd = head[0:400:2].count(0), head[1:400:2].count(0)
    half = len(head[:400]) // 2
    if half >= 4 and odd > 0.4 * half and even == 0:
        return "utf-16-le"
    return "utf-16-be" if half >= 4 and even > 0.4 * half and odd == 0 else ""


def _guessed(path: Path, around: int) -> str:
    """charset-normalizer's best answer on the part of the file where the first wide character stands."""
    import charset_normalizer  # slow to import, and needed only for rare encodings

    with path.open("rb") as stream:
        stream.seek(max(0, around - _SAMPLE // 8))
        best = charset_normalizer.from_bytes(stream.read(_SAMPLE // 4)).best()
    return _GUESSES.get(best.encoding, "") if best else ""


def _mixed(shown: Path, failure: _Failure, codec: str) -> DataQualityError:
    return DataQualityError(
        "the file mixes encodings or is damaged",
        where=f"{shown}, line {failure.line}, byte {failure.offset:,}",
        received=f"byte 0x{failure.byte:02X}, which is not {codec}",
        allowed="one encoding for the whole file: UTF-8, UTF-16, GB18030, or the mapping's key encoding",
        state="nothing was changed",
        next_command="export the file again as UTF-8",
    )
