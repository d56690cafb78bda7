"""Load a platform's synthetic file, or cells of one's own under its headers, into a tiny shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from shopkeeper.ingest.assembly import Job, load_jobs
from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.fixture import Fixture
from tests.tiny_shop import TinyShop, make_tiny


def load(folder: Path, layout: Layout, fixture: Fixture, *, day: str = "2026-07-06") -> TinyShop:
    """A tiny shop that holds the file of a fixture."""
    tiny = make_tiny(folder / "shop")
    path = fixture.written(folder)
    own = layout.matched(fixture.rows[0])
    assert own is not None
    mapping = layout.bound(own, tiny.shop.settings.shop, f"'{layout.platform}'", day if layout.days else "")
    load_jobs(tiny.shop, layout.id, [Job(path, mapping, mapping.digest("tests"))], by="alice")
    return tiny


def with_cells(fixture: Fixture, *changes: Mapping[str, str]) -> Fixture:
    """The first row of data once for each change, and nothing else."""
    head, first = fixture.rows[0], dict(zip(fixture.rows[0], fixture.rows[1], strict=True))
    assert all(set(change) <= set(head) for change in changes)
    return replace(fixture, rows=(head, *(tuple((first | change)[name] for name in head) for change in changes)))


def rows(tiny: TinyShop, sql: str) -> Sequence[tuple[object, ...]]:
    """What a query of the shop's lake gives."""
    return tiny.shop.lake.query(sql).fetchall()
