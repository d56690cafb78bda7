"""What the lake promises whatever its catalog is kept in. Adding a kind adds one branch to the fixture `catalog`."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from shopkeeper.core.settings import FILE_NAME
from shopkeeper.errors import ConfigError, ShopkeeperError, UsageError
from shopkeeper.kpi.matrix import compute
from shopkeeper.kpi.result import Request
from shopkeeper.warehouse.console import run_select
from shopkeeper.warehouse.maintenance import maintain_lake
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.schema import ensure_schema
from shopkeeper.warehouse.shop import Shop, open_shop
from tests.tiny_shop import DIMENSIONS, TinyShop, line, make_shop_folder, make_tiny

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
LINES = [
    line("1", "2017-03-01", amount=10), line("1", "2017-03-01", amount="2.50", line_no=2, sku_id="rice"),
    line("2", "2017-03-08", amount=7, shop_id="s2"), line("3", "2017-04-30", "Wu", paid=None),
]  # fmt: skip


@pytest.fixture(params=KINDS)
def catalog(request: pytest.FixtureRequest) -> str:
    """The line of [warehouse] that chooses the catalog."""
    if request.param == "sqlite":
        return ""
    make: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return f'catalog = "{make()}"'


def folder_of(tmp_path: Path, name: str, catalog: str) -> Path:
    settings = f'[shop]\nid = "{name}"\nname = "{name}"\n\n[warehouse]\n{catalog}\n'
    return make_shop_folder(tmp_path / name, settings)


@pytest.fixture
def tiny(tmp_path: Path, catalog: str) -> Iterator[TinyShop]:
    made = TinyShop(open_shop(folder_of(tmp_path, "tea", catalog)))
    yield made
    made.shop.close()


def orders(shop: Shop) -> list[str]:
    return [str(o) for (o,) in shop.lake.query("SELECT DISTINCT order_id FROM order_lines ORDER BY 1").fetchall()]


def test_a_new_lake_has_every_table_and_opening_again_changes_nothing(tiny: TinyShop) -> None:
    assert set(TABLES) <= set(tiny.shop.lake.table_names())
    before = tiny.shop.lake.snapshot()
    again = open_shop(tiny.shop.folder)
    assert ensure_schema(again.lake) is False
    assert again.lake.snapshot() == before
    again.close()


def test_what_is_written_is_read_by_another_opening_with_exact_types(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01", amount="0.1001", quantity="1.125")])
    again = open_shop(tiny.shop.folder)
    row = again.lake.rows("SELECT payable_amount, quantity, ordered_day, ordered_at, is_brushing FROM order_lines")[0]
    again.close()
    assert [str(v) for v in row.values()] == ["0.1001", "1.125", "2017-03-01", "2017-03-01 04:00:00+00:00", "None"]


def test_a_write_that_fails_leaves_nothing(tiny: TinyShop) -> None:
    tiny.put(order_lines=LINES)
    before = tiny.shop.lake.snapshot()

    def half() -> None:
        with tiny.shop.lake.writing("alice", "half"):
            tiny.shop.lake.connection.execute("DELETE FROM order_lines")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert orders(tiny.shop) == ["1", "2", "3"]
    assert tiny.shop.lake.snapshot() == before


def test_an_earlier_snapshot_is_readable_until_it_expires(tiny: TinyShop) -> None:
    tiny.put(order_lines=LINES)
    before = tiny.shop.lake.snapshot()
    tiny.put(order_lines=LINES[:1])
    past = open_shop(tiny.shop.folder, as_of=before)
    assert orders(past) == ["1", "2", "3"]
    past.close()
    maintain_lake(tiny.shop.lake, keep_days=0, author="tests")
    assert orders(tiny.shop) == ["1"]
    with pytest.raises(UsageError, match="snapshot"):
        open_shop(tiny.shop.folder, as_of=before)


def test_two_shops_are_kept_apart_even_in_one_database(tmp_path: Path, catalog: str) -> None:
    tea = TinyShop(open_shop(folder_of(tmp_path, "tea", catalog))).put(order_lines=LINES)
    rice = TinyShop(open_shop(folder_of(tmp_path, "rice", catalog))).put(order_lines=[line("r", "2017-05-01")])
    rice.add(order_lines=[line("s", "2017-05-02")])
    assert orders(tea.shop) == ["1", "2", "3"]
    assert orders(rice.shop) == ["r", "s"]
    assert tea.value("paid_amount", "2017-03") == pytest.approx(19.5)
    maintain_lake(rice.shop.lake, keep_days=0, author="tests")
    assert orders(tea.shop) == ["1", "2", "3"]
    tea.shop.close()
    rice.shop.close()


def _read_twice(folder: Path, pipe: Connection) -> None:
    shop = open_shop(folder)
    while pipe.recv() == "read":
        pipe.send(orders(shop))
    shop.close()


def test_another_process_reads_whole_snapshots_while_this_one_writes(tiny: TinyShop) -> None:
    tiny.put(order_lines=LINES)
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_read_twice, args=(tiny.shop.folder, there))
    process.start()

    def read() -> object:
        here.send("read")
        assert here.poll(60)
        return here.recv()

    assert read() == ["1", "2", "3"]
    with tiny.shop.lake.writing("alice", "hers"):
        tiny.shop.lake.connection.execute("DELETE FROM order_lines WHERE order_id = '3'")
        assert read() == ["1", "2", "3"]
    assert read() == ["1", "2"]
    here.send("stop")
    process.join(30)
    assert process.exitcode == 0


def test_figures_do_not_depend_on_the_catalog(tiny: TinyShop, tmp_path: Path) -> None:
    tiny.put(order_lines=LINES)
    plain = make_tiny(tmp_path / "plain").put(order_lines=LINES)
    for by in ((), ("category",), ("platform",)):
        request = Request(by=by)  # type: ignore[arg-type]
        assert set(map(str, compute(tiny.shop, request).cells)) == set(map(str, compute(plain.shop, request).cells))
    plain.shop.close()


def test_a_lake_opened_for_reading_reads_tables_and_refuses_to_write(tiny: TinyShop) -> None:
    tiny.put(order_lines=LINES)
    reader = open_shop(tiny.shop.folder, read_only=True)
    assert run_select(reader.lake, "SELECT count(*) FROM order_lines")[1] == [(4,)]
    assert run_select(reader.lake, "SELECT count(*) FROM shops")[1] == [(len(DIMENSIONS["shops"]),)]
    with pytest.raises(UsageError), reader.lake.writing("bob", "his"):
        pytest.fail("written")
    reader.close()


def test_a_catalog_of_no_known_kind_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"warehouse\.catalog"):
        open_shop(folder_of(tmp_path, "tea", 'catalog = "mysql://here/there"'))


def test_a_catalog_from_an_absent_variable_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SHOPKEEPER_NO_SUCH"):
        open_shop(folder_of(tmp_path, "tea", 'catalog = "env:SHOPKEEPER_NO_SUCH"'))


@pytest.mark.needs("postgresql")
def test_a_catalog_from_the_environment_is_used(
    tmp_path: Path, new_postgres_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPKEEPER_TEST_CATALOG", new_postgres_database())
    shop = open_shop(folder_of(tmp_path, "tea", 'catalog = "env:SHOPKEEPER_TEST_CATALOG"'))
    assert not (shop.data_dir / "catalog.sqlite").exists()
    shop.close()


def test_a_server_that_does_not_answer_is_told_without_the_password(tmp_path: Path) -> None:
    line_ = 'catalog = "postgresql://alice:open-sesame@127.0.0.1:1/shop"'
    with pytest.raises(ShopkeeperError) as refused:
        open_shop(folder_of(tmp_path, "tea", line_))
    assert "open-sesame" not in str(refused.value)
    assert FILE_NAME in str(refused.value) or "127.0.0.1" in str(refused.value)
