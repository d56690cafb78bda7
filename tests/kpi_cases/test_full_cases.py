"""Indicators that the panel has no source for agree with SQL that a person wrote against the tables of a shop that has one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from shopkeeper.core.period import Grain
from shopkeeper.kpi.matrix import compute
from shopkeeper.kpi.result import Request
from tests.full_shop import make_full
from tests.kpi_cases.test_cases import expected_cells, same
from tests.linked_people import link_people
from tests.tiny_shop import TinyShop

CASES = sorted((Path(__file__).parent / "full").glob("*.toml"))
OF_PERSONS = sorted((Path(__file__).parent / "persons").glob("*.toml"))

COSTED = (Path(__file__).parent / "full" / "costed.sql").read_text(encoding="utf-8")
"""Paid lines and refunds with what they are worth without VAT and what their goods cost, for any case that names them."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyShop]:
    made = make_full(tmp_path_factory.mktemp("full") / "shop", days=850)
    yield made
    made.shop.close()


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyShop]:
    """The shop after a run of One-ID."""
    made = make_full(tmp_path_factory.mktemp("linked") / "shop")
    link_people(
        made.shop, {f"b{n}": f"P{n % 9}" for n in range(22)} | {f"once{n}": "P3" if n % 8 else None for n in range(90)}
    )
    yield made
    made.shop.close()


@pytest.mark.parametrize("cut", ["nothing", "platform"])
@pytest.mark.parametrize("grain", get_args(Grain))
@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_every_cell_agrees_with_independent_sql(path: Path, grain: Grain, cut: str, full: TinyShop) -> None:
    agree(path, grain, cut, full)


@pytest.mark.parametrize("cut", ["nothing", "platform"])
@pytest.mark.parametrize("grain", get_args(Grain))
@pytest.mark.parametrize("path", OF_PERSONS, ids=lambda p: p.stem)
def test_every_cell_that_counts_persons_agrees_with_independent_sql(
    path: Path, grain: Grain, cut: str, linked: TinyShop
) -> None:
    agree(path, grain, cut, linked)


def agree(path: Path, grain: Grain, cut: str, full: TinyShop) -> None:
    """Every cell of the case's indicator is what its SQL tells."""
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    request = Request(grain, by=("platform",) if cut == "platform" else (), kpis=(case["kpi"],))
    matrix = compute(full.shop, request)
    sql = (
        case["sql"]
        .replace("{costed}", COSTED)
        .replace("{grain}", grain)
        .replace("{cut}", "platform_id" if cut == "platform" else "'everything'")
    )
    asked = {period.start for period in matrix.periods}
    wanted = {key: row for key, row in expected_cells(full.shop.lake.connection, sql).items() if key[0] in asked}
    assert wanted or grain in case.get("empty", ["year"]), "the case's own SQL must find something"
    wrong = []
    for cell in matrix.cells:
        row = wanted.pop((cell.period.start, cell.dims[0][1] if cell.dims else "everything"), None)
        parts = [("value", cell.value)]
        if row is not None and "numerator" in row:
            parts += [("numerator", cell.numerator), ("denominator", cell.denominator)]
        wrong += [
            f"{cell.period.label} {cell.dims} {name}: {got} instead of {row and row[name]} ({cell.status} {cell.missing})"
            for name, got in parts if not same(got, row and row[name], 1e-12)
        ]  # fmt: skip
    assert not wrong, "\n".join(wrong[:10])
    assert not wanted, f"cells that the matrix lacks: {list(wanted)[:5]}"
