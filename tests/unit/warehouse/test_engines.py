"""Choosing an engine, what is said when it is not there, and what DuckDB's SQL becomes for Spark."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.core.settings import FILE_NAME, EngineSection, parse_settings
from shopkeeper.errors import ConfigError
from shopkeeper.warehouse.engines import reading
from shopkeeper.warehouse.engines.dialect import tables_named, translated
from tests.tiny_shop import SETTINGS, TinyShop, line, make_tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    made = make_tiny(tmp_path / "shop").put(order_lines=[line("1", "2017-03-01")])
    yield made
    made.shop.close()


def refused(tiny: TinyShop, master: str = "local[1]") -> ConfigError:
    with (
        pytest.raises(ConfigError) as told,
        reading(tiny.shop.lake, EngineSection(name="spark", master=master)) as engine,
    ):
        engine.rows("SELECT 1")
    return told.value


def test_the_engine_is_duckdb_unless_one_setting_says_otherwise() -> None:
    path = Path(FILE_NAME)
    assert parse_settings(SETTINGS, path).engine.name == "duckdb"
    told = parse_settings(SETTINGS + '[engine]\nname = "spark"\nmaster = "sc://there:15002"\n', path).engine
    assert (told.name, told.master) == ("spark", "sc://there:15002")
    with pytest.raises(ConfigError, match=r"engine\.name"):
        parse_settings(SETTINGS + '[engine]\nname = "sparkle"\n', path)


def test_duckdb_keeps_a_result_until_it_is_dropped(tiny: TinyShop) -> None:
    with reading(tiny.shop.lake, EngineSection()) as engine:
        engine.keep("kept", "SELECT order_id FROM order_lines")
        assert engine.rows("SELECT order_id AS o FROM kept").names == ("o",)
        engine.drop("kept", "never_kept")
        assert "order_lines" in engine.filled_tables()
        assert engine.snapshot == tiny.shop.lake.snapshot()


def test_without_the_package_the_command_that_brings_it_is_named(
    tiny: TinyShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pyspark" else honest(name))
    assert "shopkeeper-ops[spark]" in refused(tiny).next_command


def test_without_java_it_is_named_and_so_is_where_it_was_looked_for(
    tiny: TinyShop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    error = refused(tiny)
    assert "Java is not installed" in error.what
    assert str(tmp_path) in error.where


@pytest.mark.parametrize("master", ["sc://127.0.0.1:1", "sc://127.0.0.1:1/;token=t", "spark://127.0.0.1:1"])
@pytest.mark.spark
def test_an_address_where_nobody_answers_is_told_at_once(tiny: TinyShop, master: str) -> None:
    error = refused(tiny, master)
    assert "does not answer" in error.what
    assert error.received is not None
    assert "127.0.0.1:1" in error.received


def test_duckdbs_sql_is_left_alone_for_duckdb() -> None:
    sql = "SELECT count(*) FILTER (WHERE a IS NULL) FROM t"
    assert translated(sql, "duckdb") == sql


def test_lists_unnested_side_by_side_become_one_generator() -> None:
    sql = translated("SELECT a, unnest(b) AS c, unnest(d) AS e FROM t", "spark")
    assert " ".join(sql.split()) == "SELECT a, INLINE(ARRAYS_ZIP(b, d)) AS (`c`, `e`) FROM t"


def test_a_test_of_a_test_gets_brackets() -> None:
    sql = translated("SELECT a IS NOT NULL IS NULL FROM t", "spark")
    assert " ".join(sql.split()) == "SELECT ( NOT a IS NULL ) IS NULL FROM t"


def test_every_relation_of_a_statement_is_named() -> None:
    assert tables_named("WITH a AS (SELECT * FROM b JOIN c USING (d)) SELECT * FROM a", "spark") == {"a", "b", "c"}
