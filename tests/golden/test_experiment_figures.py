"""Published figures of two real experiments, from the reference data where it lies beside the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from shopkeeper.methods.experiment.difference import cuped, holm, sample_ratio, welch
from shopkeeper.methods.experiment.statistics import Arm


def table(path: Path, columns: str) -> dict[str, Any]:
    return dict(duckdb.sql(f"SELECT {columns} FROM read_csv('{path}')").fetchnumpy())


@pytest.mark.reference("hillstrom")
def test_hillstrom_visits_and_spend(reference_data: Path) -> None:
    """Visit .1828/.1514/.1062 and spend 1.4226/1.0772/.6528 of men's, women's and no e-mail (MineThatData 2008)."""
    (path,) = (reference_data / "hillstrom").glob("*.csv.gz")
    rows = table(path, "segment, visit, spend, history")
    arms = {}
    for name, visit, spend in (
        ("Mens E-Mail", 0.1828, 1.4226), ("Womens E-Mail", 0.1514, 1.0772), ("No E-Mail", 0.1062, 0.6528),
    ):  # fmt: skip
        of = rows["segment"] == name
        visits = Arm.of_share(int(rows["visit"][of].sum()), int(of.sum()))
        money = Arm.of(rows["spend"][of].astype(np.float64), rows["history"][of].astype(np.float64))
        assert visits.mean == pytest.approx(visit, abs=5e-5)
        assert money.mean == pytest.approx(spend, abs=5e-5)
        arms[name] = (visits, money)
    control_visits, control_money = arms["No E-Mail"]
    lift = welch(control_visits, arms["Mens E-Mail"][0])
    assert lift.estimate == pytest.approx(0.0766, abs=5e-5)
    assert lift.low > 0.06
    spends = [welch(control_money, arms[name][1]).p_value for name in ("Mens E-Mail", "Womens E-Mail")]
    assert max(holm(spends)) < 0.01
    adjusted, taken = cuped(control_money, arms["Mens E-Mail"][1])
    plain = welch(control_money, arms["Mens E-Mail"][1])
    assert adjusted.estimate == pytest.approx(plain.estimate, abs=0.02)
    assert 0 <= taken < 0.01  # what they spent before tells next to nothing of a fortnight's spending
    assert sample_ratio([a[0].n for a in arms.values()], [1 / 3] * 3) > 0.5


@pytest.mark.reference("cookie_cats")
def test_cookie_cats_retention(reference_data: Path) -> None:
    """Retention of day 1 .4482/.4423 and day 7 .1902/.1820 with the gate at level 30 and 40."""
    (path,) = (reference_data / "cookie_cats").glob("*.csv.gz")
    rows = table(path, "version, retention_1, retention_7")
    gates = [rows["version"] == name for name in ("gate_30", "gate_40")]
    figures = {}
    for day, shares in ((1, [0.4482, 0.4423]), (7, [0.1902, 0.1820])):
        arms = [Arm.of_share(int(rows[f"retention_{day}"][gate].sum()), int(gate.sum())) for gate in gates]
        assert [round(arm.mean, 4) for arm in arms] == shares
        figures[day] = welch(*arms)
    assert figures[7].high < 0  # the later gate loses players
    assert figures[1].p_value == pytest.approx(0.0744, abs=5e-4)
    assert holm([figures[1].p_value, figures[7].p_value])[1] == pytest.approx(2 * figures[7].p_value)
    assert sample_ratio([int(gate.sum()) for gate in gates], [0.5, 0.5]) < 0.01  # 44,700 and 45,489, as is known
