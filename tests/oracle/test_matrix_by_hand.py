"""The whole matrix of a simulated brand, by platform and week, against SQL that a person wrote for this brand alone.

The SQL is the benchmark's: it joins no dimension, shares no code with the engine and counts in other ways. Over two years, so
that new buyers, windows of a year and what new buyers left in one are among what is compared.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from benchmarks.kpi_matrix import REQUEST, loaded
from benchmarks.kpi_matrix_by_hand import by_hand
from benchmarks.matrix import disagreements
from shopkeeper.kpi.matrix import compute, matrix_for
from shopkeeper.twin.lake.writing import write_lake
from shopkeeper.warehouse.shop import open_shop


@pytest.mark.xdist_group("twin_lake")
def test_every_cell_of_the_twin_is_what_hand_written_sql_gives(tmp_path: Path) -> None:
    write_lake(tmp_path / "tables", 11, 0.004, dt.date(2024, 1, 1), 745, processes=1)
    assert loaded(tmp_path / "tables", tmp_path / "shop") > 1000
    shop = open_shop(tmp_path / "shop")
    try:
        counted = compute(shop, REQUEST)
        assert counted.first_day is not None
        assert counted.last_day is not None
        written = by_hand(shop.lake.connection, counted.first_day, counted.last_day)
        assert disagreements(counted.cells, written) == []
        told = {c.kpi for c in counted.cells if c.value is not None}
        assert {
            "K1",
            "K3",
            "U1",
            "U3.within365",
            "T2.day30",
            "C3",
            "K2",
            "S2",
            "S3",
            "D1",
            "gross_margin",
            "new_buyers",
        } <= told
        assert matrix_for(shop, REQUEST).cells == counted.cells, "roll-ups give the same"
    finally:
        shop.close()
