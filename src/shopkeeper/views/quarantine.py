"""The quarantine: rows set aside with filters and pages; one row with its cells, what was done with it and what came of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args
from urllib.parse import urlencode

from shopkeeper.core.wording import Language, word
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.ingest.quarantine import (
    Action,
    Group,
    HeldRow,
    Status,
    Wanted,
    actions_of,
    groups,
    held_row,
    held_rows,
)
from shopkeeper.render.formats import Formats
from shopkeeper.views.labels import Choice
from shopkeeper.views.ledger import Load, loads_by_id
from shopkeeper.views.lens import Lens
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.personal import says_who
from shopkeeper.warehouse.shop import Shop

PAGE_ROWS = 50
HIDDEN = "***"
LISTED_FILES = 200
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class QuarantineAsk:
    """Which rows, and which page of them. Empty texts ask for all."""

    table: str = ""
    reason: str = ""
    file: str = ""
    load: str = ""
    status: Status = "waiting"
    page: int = 1

    @property
    def wanted(self) -> Wanted:
        """The same for the quarantine."""
        return Wanted(load=self.load, table=self.table, reason=self.reason, file=self.file, status=self.status)

    def query(self, shop: str, **changes: object) -> str:
        """The URL query of this choice with some parts changed; another choice begins at its first page."""
        asked = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        found = {
            "shop": shop,
            **{name: getattr(asked, name) for name in ("table", "reason", "file", "load") if getattr(asked, name)},
        }
        if asked.status != "waiting":
            found["status"] = asked.status
        if asked.page > 1:
            found["page"] = str(asked.page)
        return urlencode(found)


def quarantine_ask(query: Mapping[str, str]) -> QuarantineAsk:
    """Read a URL's parameters. Raises NotFound for a status, UsageError for a page that cannot be."""
    status = query.get("status") or "waiting"
    known = next((one for one in STATUSES if one == status), None)
    if known is None:
        raise NotFound("status", status, STATUSES, where="parameter status")
    page = query.get("page") or "1"
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= 1_000_000):
        raise UsageError("this is no page", where="parameter page", received=page, allowed="1, 2, 3 …")
    return QuarantineAsk(
        query.get("table", ""), query.get("reason", ""), query.get("file", ""), query.get("load", ""), known, int(page)
    )


@dataclass(frozen=True)
class ReasonRows:
    """Rows of one reason, over files and loads."""

    table: str
    column: str
    reason: str
    rows: int


@dataclass(frozen=True)
class Filters:
    """What may be chosen: each value that occurs, with its rows."""

    tables: tuple[Choice, ...]
    reasons: tuple[Choice, ...]
    files: tuple[Choice, ...]
    loads: tuple[Choice, ...]
    statuses: tuple[Choice, ...]


@dataclass(frozen=True)
class QuarantinePage:
    """Everything on the page. `rows` are those of this page; without the right to see them, none."""

    shop: str
    freshness: Freshness
    total: int
    waiting: int
    reasons: tuple[ReasonRows, ...]
    filters: Filters
    rows: tuple[HeldRow, ...]
    page: int
    pages: int


@dataclass(frozen=True)
class CellShown:
    """One cell of a row: as it was read, and what it was corrected to."""

    header: str
    read: str | None
    corrected: str | None

    @property
    def present(self) -> str:
        """What a release would read."""
        return self.corrected if self.corrected is not None else self.read or ""


@dataclass(frozen=True)
class Result:
    """What a release of this row did: the load with its counts, and the rows of the line that it brought, by table."""

    load: Load
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True)
class RowPage:
    """One row. `together` are the other rows that wait of the same line: they are released together."""

    shop: str
    freshness: Freshness
    row: HeldRow
    waits: bool
    cells: tuple[CellShown, ...]
    together: tuple[HeldRow, ...]
    actions: tuple[Action, ...]
    results: tuple[Result, ...]


def quarantine_page(shop: Shop, lens: Lens, snapshot: int, ask: QuarantineAsk) -> QuarantinePage:
    """One page of the rows asked for; a page beyond the last shows the last."""
    every = groups(shop.lake, Wanted(status=ask.status))
    asked = groups(shop.lake, ask.wanted) if ask.wanted != Wanted(status=ask.status) else every
    total = sum(group.rows for group in asked)
    pages = max(-(-total // PAGE_ROWS), 1)
    page = min(ask.page, pages)
    waiting = every if ask.status == "waiting" else groups(shop.lake, Wanted())
    return QuarantinePage(
        shop.id, freshness(shop, snapshot, lens), total, sum(g.rows for g in waiting), _reasons(asked),
        _filters(every, lens, shop), held_rows(shop.lake, ask.wanted, PAGE_ROWS, (page - 1) * PAGE_ROWS), page, pages,
    )  # fmt: skip


def row_page(shop: Shop, lens: Lens, snapshot: int, row_id: str) -> RowPage:
    """One row by its id. Raises NotFound with the nearest ids."""
    row = held_row(shop.lake, row_id)
    done = actions_of(shop.lake, row)
    waits = row.status in ("open", "edited")
    released = loads_by_id(shop.lake, [a.load_id for a in done if a.action == "released" and a.load_id])
    headers = dict.fromkeys([*row.raw, *row.edits])
    cells = tuple(CellShown(h, _text(row.raw.get(h)), row.edits.get(h)) for h in headers)
    line = held_rows(shop.lake, Wanted(file=row.file_name, line=row.source_line))
    together = tuple(r for r in line if r.file_hash == row.file_hash and r.id != row.id)
    return RowPage(
        shop.id, freshness(shop, snapshot, lens), row, waits, cells, together if waits else (), done,
        tuple(Result(load, _brought(shop.lake, load, row)) for load in released),
    )  # fmt: skip


def without_people(row: HeldRow) -> HeldRow:
    """A row for those who may not see who stands in it: where and why, and the value at fault unless it may name somebody."""
    shown = row.received is None or (bool(row.column) and not says_who(row.table, row.column))
    return replace(
        row, received=row.received if shown else HIDDEN, raw=dict.fromkeys(row.raw, HIDDEN),
        edits=dict.fromkeys(row.edits, HIDDEN),
    )  # fmt: skip


def row_without_people(page: RowPage) -> RowPage:
    """The page of one row for those who may not see who stands in it."""
    return replace(
        page, row=without_people(page.row),
        cells=tuple(CellShown(c.header, HIDDEN if c.read else c.read, HIDDEN if c.corrected else None) for c in page.cells),
        together=tuple(without_people(row) for row in page.together),
        actions=tuple(replace(one, edits=dict.fromkeys(one.edits, HIDDEN)) for one in page.actions),
        results=tuple(replace(one, rows=tuple((table, ()) for table, _ in one.rows)) for one in page.results),
    )  # fmt: skip


def status_word(status: str, lang: Language) -> str:
    """What became of a row, in words."""
    return word(f"quarantine_status.{status.replace(' ', '_')}", lang)


_REASONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"not a valid (?P<type>text|integer|money|quantity|number|instant|day|flag)"), "held_reason.not_valid"),
    (re.compile(r"not one of: (?P<allowed>.+)"), "held_reason.not_one_of"),
    (re.compile(r"empty, and needed"), "held_reason.empty"),
    (re.compile(r"its expression fails on this row"), "held_reason.expression"),
    (re.compile(r"no table of this mapping takes this row"), "held_reason.no_table"),
    (re.compile(r"its order is not known"), "held_reason.no_order"),
    (re.compile(r"a later file states this row"), "held_reason.later"),
    (re.compile(r"superseded by line (?P<line>\d+)"), "held_reason.superseded"),
    (re.compile(r"superseded by line (?P<line>\d+) of a later file"), "held_reason.superseded_later"),
    (re.compile(r"the order is split over files, .+"), "held_reason.split"),
)


def reason_text(reason: str, lang: Language) -> str:
    """Why a row was set aside, in the reader's language; a reason that is not known here stays as it was written.

    >>> reason_text("not a valid money", "zh")
    '不是有效的金额'
    """
    for pattern, key in _REASONS:
        found = pattern.fullmatch(reason)
        if found:
            values = found.groupdict()
            if "type" in values:
                values["type"] = word(f"column_types.{values['type']}", lang)
            return word(key, lang, **values)
    return reason


def _reasons(found: Sequence[Group]) -> tuple[ReasonRows, ...]:
    counted: dict[tuple[str, str, str], int] = {}
    for group in found:
        key = (group.table, group.column, group.reason)
        counted[key] = counted.get(key, 0) + group.rows
    return tuple(ReasonRows(*key, rows) for key, rows in sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _filters(found: Sequence[Group], lens: Lens, shop: Shop) -> Filters:
    formats = Formats(lens.lang, shop.settings.shop.currency)
    zone = shop.settings.shop.timezone

    def choices(pairs: Sequence[tuple[str, str, int]]) -> tuple[Choice, ...]:
        names = {value: name for value, name, _ in pairs}
        rows = dict.fromkeys(names, 0)
        for value, _, count in pairs:
            rows[value] += count
        listed = [value for value in names if value][:LISTED_FILES]
        return tuple(Choice(value, f"{names[value]} ({formats.count(rows[value])})") for value in listed)

    return Filters(
        choices([(g.table, g.table, g.rows) for g in found]),
        choices([(g.reason, reason_text(g.reason, lens.lang), g.rows) for g in found]),
        choices([(g.file_name, g.file_name, g.rows) for g in found]),
        choices([(g.load_id, f"{formats.moment(g.started_at, zone)} · {g.source}", g.rows) for g in found]),
        tuple(Choice(s, word(f"quarantine.status_{s.replace(' ', '_')}", lens.lang)) for s in STATUSES),
    )  # fmt: skip


def _brought(lake: Lake, load: Load, row: HeldRow) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The rows of this line that the load put into tables, as they are now, filled cells only."""
    found = []
    for name in dict.fromkeys(file.table for file in load.files if file.table in TABLES):
        hidden = {"load_id", "file_hash", "source_line"}
        rows = lake.rows(
            f"SELECT * FROM {name} WHERE load_id = ? AND file_hash = ? AND source_line = ? LIMIT 3",
            [load.id, row.file_hash, row.source_line],
        )
        found += [
            (
                name,
                tuple(
                    (key, _text(value) or "") for key, value in one.items() if value is not None and key not in hidden
                ),
            )
            for one in rows
        ]
    return tuple(found)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
