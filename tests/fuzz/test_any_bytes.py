"""Whatever bytes stand in a file: an error of the house, or a load that accounts for every row. Never anything else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopkeeper.errors import InternalError, ShopkeeperError
from tests.shop_folders import GOOD, HEADER, LINES, ShopFolder

CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "2024-03-01",
            "2024-13-01",
            "1e999",
            "-0",
            "NaN",
            "infinity",
            "=1+1",
            '="x"',
            "'",
            "¥",
            "1,000",
            "١٢",
            "\x00",
            "\ufeff",
            "''",
        ]
    ),
)
ROWS = st.lists(st.lists(CELLS, min_size=5, max_size=5), max_size=4)


@pytest.fixture(scope="module")
def mugs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopFolder]:
    shop = ShopFolder(tmp_path_factory.mktemp("fuzz"), LINES + 'customer_id = "order"\nquantity_unit = "sku"\n')
    yield shop
    shop.lake.close()


def total_or_refused(mugs: ShopFolder, name: str, content: bytes) -> None:
    """Load, and hold the load or the refusal to its promise."""
    before = mugs.lake.snapshot()
    path = mugs.drop(name, content)
    try:
        report = mugs.load(path)
    except InternalError:
        raise
    except ShopkeeperError:
        assert mugs.lake.snapshot() == before
        return
    for part in report.tables:
        assert part.rows_read == part.loaded + part.unchanged + part.quarantined
    told = mugs.rows(f"SELECT sum(rows_quarantined) FROM load_files WHERE load_id = '{report.load_id}'")[0][0]
    held = mugs.rows(f"SELECT count(*) FROM quarantine WHERE load_id = '{report.load_id}'")[0][0]
    assert (told or 0) == held


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, quoted=st.booleans(), ending=st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_cells(mugs: ShopFolder, rows: list[list[str]], quoted: bool, ending: str) -> None:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if quoted else text

    text = ending.join([HEADER.strip(), *(",".join(cell(c) for c in row) for row in rows)])
    total_or_refused(mugs, "cells.csv", text.encode("utf-8", "surrogatepass"))


def _flipped(noise: random.Random) -> bytes:
    content = bytearray(GOOD.encode() * 3)
    for _ in range(noise.randint(1, 6)):
        content[noise.randrange(len(content))] = noise.randrange(256)
    return bytes(content)


def _cut(noise: random.Random) -> bytes:
    return (HEADER + 'A,"two\nlines",2024-03-01,1,"1,000"\n' * 3).encode()[: noise.randrange(1, 120)]


def _doubled(noise: random.Random) -> bytes:
    lines = GOOD.encode().splitlines(keepends=True)
    return b"".join(noise.choice(lines) for _ in range(8))


@pytest.mark.parametrize("damage", [_flipped, _cut, _doubled])
def test_damaged_files(mugs: ShopFolder, damage: Callable[[random.Random], bytes]) -> None:
    noise = random.Random(f"{damage.__name__} 1")
    for _ in range(10):
        total_or_refused(mugs, "damaged.csv", damage(noise))


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "xlsx", "tsv"])
def test_noise_under_every_ending(mugs: ShopFolder, ending: str, tmp_path: Path) -> None:
    noise = random.Random(ending)
    for size in (1, 7, 64, 3000):
        total_or_refused(mugs, f"noise.{ending}", noise.randbytes(size))
