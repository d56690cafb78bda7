"""The writers' promises beside what files say: the same bytes, nothing half done, encodings of the trade."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from shopkeeper.errors import UsageError
from shopkeeper.twin.world import World
from shopkeeper.twin.writers.writing import write

UNTIL = dt.date(2024, 1, 21)


def _made(folder: Path, *, seed: int = 7, threads: int = 2) -> dict[str, str]:
    write(World(seed, 0.002), folder, UNTIL, threads=threads)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("made") / "lanting"
    return folder, _made(folder)


def test_the_same_seed_writes_the_same_bytes_on_one_thread_or_two(
    made: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    assert _made(tmp_path / "again", threads=1) == made[1]


def test_another_seed_writes_others(made: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    other = _made(tmp_path / "other", seed=8)
    orders = [name for name in made[1] if "ExportOrderList" in name]
    assert orders
    assert all(other[name] != made[1][name] for name in orders)


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="something here already"):
        write(World(7, 0.0005), tmp_path, UNTIL)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_interruption_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(_: dt.date) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(World(7, 0.0005), tmp_path / "lanting", UNTIL, told=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "encoding", "begins"),
    [
        ("exports/tmall/ExportOrderList2024-01.csv", "gb18030", "订单编号,买家会员名"),
        ("exports/jd/jd_orders_2024-01.csv", "gb18030", "订单号,商品ID"),
        ("exports/alipay/支付宝账务明细_2024-01.csv", "gb18030", "业务流水号,商户订单号"),
        ("bank/银行流水_2024-01.csv", "gb18030", "交易流水号,交易时间"),
        ("exports/douyin/抖店订单_2024-01.csv", "utf-8", "\ufeff主订单编号,子订单编号"),
        ("exports/site/orders_export_2024-01.csv", "utf-8", "Name,Email"),
    ],
)
def test_files_have_the_encodings_of_their_platforms(
    made: tuple[Path, dict[str, str]], name: str, encoding: str, begins: str
) -> None:
    assert (made[0] / "inbox" / name).read_bytes().decode(encoding).startswith(begins)


def test_numbers_are_kept_from_spreadsheets(made: tuple[Path, dict[str, str]]) -> None:
    exports = made[0] / "inbox" / "exports"
    tmall = (exports / "tmall" / "ExportOrderList2024-01.csv").read_text(encoding="gb18030").splitlines()
    douyin = (exports / "douyin" / "抖店订单_2024-01.csv").read_text(encoding="utf-8-sig").splitlines()
    assert all(line.startswith('"=""1') for line in tmall[1:])
    assert all(line.startswith("\t3") for line in douyin[1:])
