"""Bring every kept roll-up to the newest snapshot before somebody opens a page that needs it."""

from __future__ import annotations

from dataclasses import dataclass

from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Request
from shopkeeper.kpi.rollup.store import cuts
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class Refreshed:
    """How many cuts are kept, and how many of them were brought up to `snapshot` now."""

    snapshot: int
    cuts: int
    mended: int


def refresh_rollups(shop: Shop) -> Refreshed:
    """Mend every cut of the matrix that is kept, or make the first one in a shop large enough to keep any.

    Raises KpiDefinitionError while a file of definitions cannot be used.
    """
    newest = shop.lake.snapshot()
    before = {cut.by: cut for cut in cuts(shop.data_dir)}
    stale = [cut for cut in before.values() if cut.snapshot < newest and cut.grains]
    for cut in stale:
        matrix_for(shop, Request(cut.grains[-1], by=cut.by))  # any grain mends all of the cut; the longest is the least
    if not before:
        matrix_for(shop, Request("month"))
    after = cuts(shop.data_dir)
    return Refreshed(newest, len(after), sum(cut != before.get(cut.by) for cut in after))
