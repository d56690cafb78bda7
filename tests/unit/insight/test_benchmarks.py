"""What figures are graded against: the file that ships, and the shop's own entries in place of its."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.errors import ConfigError
from shopkeeper.insight.diagnose.assess import SPECIAL
from shopkeeper.insight.diagnose.benchmarks import benchmarks_of, resolved, shipped_text
from shopkeeper.kpi.definitions import BUILT_IN

KNOWN = (*BUILT_IN.indicators, *SPECIAL)


def of(folder: Path, own: str = ""):  # type: ignore[no-untyped-def]  # noqa: ANN201
    if own:
        (folder / "benchmarks.toml").write_text(own, encoding="utf-8")
    return benchmarks_of(folder, KNOWN)


def test_the_blueprints_figures_ship_with_their_source(tmp_path: Path) -> None:
    found = of(tmp_path)
    ends = {i: (found.items[i].good, found.items[i].poor) for i in ("K1", "K3")}
    assert ends == {"K1": (150, 300), "K3": (1.5, 1.2)}
    assert (found.items["S1"].good, found.items["S3"].good, found.items["profile_dimensions"].good) == (4.3, 0.23, 30)
    assert all(b.said_by("en") and b.said_by("zh") != b.said_by("en") for b in found.items.values())
    assert found.file == ""


def test_what_ships_may_be_kept_as_the_shops_own(tmp_path: Path) -> None:
    own, shipped = of(tmp_path, shipped_text()), of(tmp_path / "other")
    assert own.items.keys() == shipped.items.keys()
    assert {b.origin for b in own.items.values()} == {"shop"}


def test_one_entry_of_the_shop_replaces_one(tmp_path: Path) -> None:
    own = "[assumptions]\nconversation_cost = 4\n[benchmark.K1]\ngood = 80\npoor = 120\n[benchmark.S1]\noff = true\n"
    found = of(tmp_path, own)
    assert (found.items["K1"].good, found.items["K1"].currency, found.items["K1"].origin) == (80, "", "shop")
    assert "S1" not in found.items
    assert found.items["K3"].origin == "shipped"
    assert (found.conversation_cost, found.holding_share) == (4, 0.2)


@pytest.mark.parametrize(
    ("own", "where"),
    [
        ("[benchmark.K9]\ngood = 1\npoor = 2\n", "benchmark.K9"),
        ("[benchmark.K1]\ngood = 1\n", "benchmark.K1"),
        ("[benchmark.K1]\ngood = 1\npoor = 1\n", "benchmark.K1"),
        ('[benchmark.K1]\ngood = "cheap"\npoor = 1\n', "benchmark.K1.good"),
        ("[benchmark.K1]\ngod = 1\npoor = 2\n", "benchmark.K1.god"),
        ("[assumptions]\nholding_share = -1\n", "assumptions.holding_share"),
        ("[benchmark.K1\n", "benchmarks.toml"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_by_its_key(tmp_path: Path, own: str, where: str) -> None:
    with pytest.raises(ConfigError) as refused:
        of(tmp_path, own)
    assert where in refused.value.where


def test_a_relative_end_needs_the_year_before() -> None:
    assert resolved("+18%", 0.5) == pytest.approx(0.59)
    assert resolved("-8%", None) is None
    assert resolved(3, None) == 3.0
