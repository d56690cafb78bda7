"""Files of platform layouts, changed and loaded for tests of what is particular to them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.report import LoadReport
from shopkeeper.ingest.sources.fixture import Fixture
from tests.shop_folders import ShopFolder

DAY = dt.date(2026, 7, 6)


def shop_in(folder: Path, currency: str = "CNY", zone: str = "Asia/Shanghai") -> ShopFolder:
    """A shop without mappings of its own."""
    head = f'[shop]\nid = "teas"\nname = "Teas"\ncurrency = "{currency}"\ntimezone = "{zone}"\n'
    return ShopFolder(folder / "shop", "", head)


def load(shop: ShopFolder, *paths: Path, day: dt.date | None = None) -> LoadReport:
    """Load files of platform layouts."""
    return load_paths(shop.shop, list(paths), by="alice", day=day)


def loaded(folder: Path, fixture: Fixture, *, day: dt.date | None = None) -> ShopFolder:
    """A shop that holds one file."""
    shop = shop_in(folder)
    load(shop, fixture.written(folder), day=day)
    return shop


def with_rows(fixture: Fixture, *rows: Mapping[str, str], name: str = "") -> Fixture:
    """The file with other rows under the same headers."""
    cells = tuple(tuple(row.get(header, "") for header in fixture.rows[0]) for row in rows)
    return replace(fixture, rows=(fixture.rows[0], *cells), name=name or fixture.name)


def without(fixture: Fixture, *headers: str) -> Fixture:
    """The file without some columns."""
    keep = [n for n, header in enumerate(fixture.rows[0]) if header not in headers]
    return replace(fixture, rows=tuple(tuple(row[n] for n in keep) for row in fixture.rows))


def records(fixture: Fixture) -> list[dict[str, str]]:
    """Its rows by header."""
    return [dict(zip(fixture.rows[0], row, strict=True)) for row in fixture.rows[1:]]


def csv_file(path: Path, headers: Sequence[str], *rows: Sequence[str]) -> Path:
    """A file written from bare headers and rows."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([headers, *rows])
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def view_columns(shop: ShopFolder, fixture: Fixture) -> list[str]:
    """The columns that the tables of a layout are mapped from."""
    from shopkeeper.ingest.readers import open_file
    from shopkeeper.ingest.sources import layouts

    layout = next(one for one in layouts() if one.id == fixture.layout)
    opened = open_file(shop.lake.connection, fixture.written(shop.folder), shop.folder / "rows.parquet")
    own = layout.matched(list(opened.columns))
    assert own is not None
    mapping = layout.bound(own, shop.shop.settings.shop, "'s'", DAY.isoformat())
    seen = opened.seen_by(shop.lake.connection, mapping)
    described = shop.lake.connection.execute(f"DESCRIBE SELECT * FROM {seen.relation}").fetchall()
    return [str(row[0]).casefold() for row in described]
