"""Read one span of a call whole: every page, every record once, in its newest version; nothing lost while rows change.

window → pages → records by key → those of a deeper call → newest version of each
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shopkeeper.ingest.platforms.declaration import Call, Json, Page, Span, as_text, found_at
from shopkeeper.ingest.platforms.faults import incomplete, unreadable

if TYPE_CHECKING:
    from shopkeeper.ingest.platforms.gateway import Gateway

READINGS = 3
_MOST_PAGES = 10_000
_SHORTEST = dt.timedelta(seconds=2)


@dataclass
class Records:
    """Records by their key. `put` keeps the newest version: a row that was modified between two pages comes twice."""

    call: Call
    by_key: dict[str, Json] = field(default_factory=dict)

    def put(self, key: str, record: Json) -> None:
        """Add a record, unless a newer version of it is here already."""
        known = self.by_key.get(key)
        if known is None or _version(known, self.call) <= _version(record, self.call):
            self.by_key[key] = record

    def put_all(self, records: Iterable[Json]) -> None:
        """Add records that have a key."""
        for record in records:
            self.put(as_text(found_at(record, self.call.key)) or "", record)

    def __iter__(self) -> Iterator[Json]:
        return iter(self.by_key.values())

    def __len__(self) -> int:
        return len(self.by_key)


def spans_between(start: dt.datetime, end: dt.datetime, longest: dt.timedelta) -> Iterator[Span]:
    """Windows that cover a span without a gap; a boundary belongs to both of its windows.

    >>> start = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
    >>> [(w.start.hour, w.end.hour) for w in spans_between(start, start.replace(hour=5), dt.timedelta(hours=2))]
    [(0, 2), (2, 4), (4, 5)]
    """
    while start < end:
        until = min(start + longest, end)
        yield Span(start, until)
        start = until


def read_span(gateway: Gateway, call: Call, span: Span) -> list[Json]:
    """Every record that was modified within a window.

    Raises SourceError when the platform refuses, answers otherwise than documented, or its pages do not hold all that it
    counts, however often they are read.
    """
    records = Records(call)
    _read(gateway, call, span, records)
    if call.detail is None:
        return list(records)
    return [_deeper(gateway, call, record) for record in records]


def _read(gateway: Gateway, call: Call, span: Span, records: Records) -> None:
    if not call.counted:
        _by_cursor(gateway, call, span, records)
        return
    short = ""
    for _ in range(READINGS):
        found = Records(call)
        total = _by_count(gateway, call, span, found)
        if total is None:
            middle = span.start + (span.end - span.start) / 2
            middle = middle.replace(microsecond=0)
            for half in (Span(span.start, middle), Span(middle, span.end)):
                _read(gateway, call, half, records)
            return
        for key, record in found.by_key.items():
            records.put(key, record)
        if len(found) >= total:
            return
        short = f"{len(found):,} of {total:,} from {span.start:%Y-%m-%d %H:%M:%S} to {span.end:%Y-%m-%d %H:%M:%S} UTC"
    raise incomplete(f"source {gateway.source}, {gateway.platform.name} {call.method}", short, gateway.source)


def _by_count(gateway: Gateway, call: Call, span: Span, records: Records) -> int | None:
    """Read counted pages from the last to the first. Returns the count of the last page read; None when it is too deep."""
    total, first = _page(gateway, call, span, Page(0, call.page_size))
    if call.deepest and total > call.deepest and span.end - span.start > _SHORTEST:
        return None
    pages = math.ceil(total / call.page_size)
    for number in range(pages - 1, 0, -1):
        total, found = _page(gateway, call, span, Page(number, call.page_size))
        _put(gateway, call, found, records)
    if pages > 1:  # rows may have moved up to it meanwhile
        total, first = _page(gateway, call, span, Page(0, call.page_size))
    _put(gateway, call, first, records)
    return total


def _by_cursor(gateway: Gateway, call: Call, span: Span, records: Records) -> None:
    cursor, seen = "", {""}
    for number in range(_MOST_PAGES):
        payload = gateway.ask(call.method, call.ask(span, Page(number, call.page_size, cursor)))
        _put(gateway, call, _list_at(gateway, call, payload), records)
        cursor = as_text(found_at(payload, call.cursor)) or ""
        if cursor in call.over:
            return
        if cursor in seen:
            break
        seen.add(cursor)
    raise unreadable(_where(gateway, call), "a cursor that was given before", gateway.source)


def _page(gateway: Gateway, call: Call, span: Span, page: Page) -> tuple[int, list[Json]]:
    payload = gateway.ask(call.method, call.ask(span, page))
    told = as_text(found_at(payload, call.total))
    if told is None or not told.isdigit():
        raise unreadable(_where(gateway, call), f"no count at {call.total}", gateway.source)
    total = int(told)
    return total, _list_at(gateway, call, payload) if total else []


def _list_at(gateway: Gateway, call: Call, payload: Json) -> list[Json]:
    found = found_at(payload, call.records)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise unreadable(_where(gateway, call), f"no list of records at {call.records}", gateway.source)
    return found


def _put(gateway: Gateway, call: Call, found: list[Json], records: Records) -> None:
    for record in found:
        key = as_text(found_at(record, call.key))
        if not key:
            raise unreadable(_where(gateway, call), f"a record without {call.key}", gateway.source)
        records.put(key, record)


def _deeper(gateway: Gateway, call: Call, record: Json) -> Json:
    detail = call.detail
    if detail is None or not detail.when(record):
        return record
    payload = gateway.ask(detail.method, detail.ask(record))
    if not isinstance(payload, dict):
        where = f"source {gateway.source}, {gateway.platform.name} {detail.method}"
        raise unreadable(where, "no object", gateway.source)
    return {**record, **payload}


def _version(record: Json, call: Call) -> tuple[int, str]:
    """Modification times of one API have one form: numbers by size, texts by letter."""
    text = as_text(found_at(record, call.modified)) or ""
    return (int(text), "") if text.isdigit() else (0, text)


def _where(gateway: Gateway, call: Call) -> str:
    return f"source {gateway.source}, {gateway.platform.name} {call.method}"
