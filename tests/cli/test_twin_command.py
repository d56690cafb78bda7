"""`shopkeeper twin`: write, step, truth, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from tests.cli.conftest import Run


def test_write_makes_parquet_and_says_how_many_rows(run: Run, tmp_path: Path) -> None:
    done = run(
        "twin", "write", tmp_path / "w", "--parquet", "--scale", "0.002", "--until", "2024-02-15", "--format", "json"
    )
    assert done.code == 0
    rows = {row["table"]: row["rows"] for row in done.json["data"]}
    assert rows["order_lines"] > rows["orders"] > 0
    lines = duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/w/order_lines/*.parquet'").fetchone()
    assert lines == (rows["order_lines"],)


def test_write_makes_a_shops_folder_that_says_it_is_simulated(run: Run, tmp_path: Path) -> None:
    done = run("twin", "write", tmp_path / "s", "--scale", "0.002", "--until", "2024-01-21", "--format", "json")
    assert done.code == 0
    assert {row["folder"] for row in done.json["data"]} >= {
        "inbox/canonical",
        "inbox/exports/tmall",
        "inbox/bank",
        "truth",
    }
    said = run("-C", tmp_path / "s", "sources")
    assert "A simulated shop" in said.err


def test_write_refuses_a_folder_in_use(run: Run, tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    done = run("twin", "write", tmp_path, "--scale", "0.002", "--until", "2024-01-05", "--parquet")
    assert done.code == 2
    done = run("twin", "write", tmp_path, "--scale", "0.002", "--until", "2024-01-05")
    assert done.code == 2
    assert "something here already" in done.err


def test_steps_go_on_from_where_the_last_one_ended(run: Run, tmp_path: Path) -> None:
    first = run("twin", "step", tmp_path, "--scale", "0.004", "--days", "5", "--format", "json")
    again = run("twin", "step", tmp_path, "--days", "3", "--format", "json")
    assert (first.json["data"][0]["end"], again.json["data"][0]["first"]) == ("2024-01-06", "2024-01-06")
    assert json.loads((tmp_path / "world.json").read_text(encoding="utf-8"))["day"] == 8


def test_a_step_compares_with_the_world_without_its_actions(run: Run, tmp_path: Path) -> None:
    run("twin", "step", tmp_path, "--scale", "0.004", "--days", "5")
    action = '{"action": "SetPrice", "factor": 0.6}'
    done = run("twin", "step", tmp_path, "--days", "10", "--action", action, "--compare", "--format", "json")
    with_it, without = done.json["data"]
    assert (with_it["world"], without["world"]) == ("with", "without")
    assert with_it["orders"] > without["orders"]


def test_an_action_that_cannot_be_read_is_refused_and_nothing_is_kept(run: Run, tmp_path: Path) -> None:
    done = run("twin", "step", tmp_path, "--action", '{"action": "Pray"}')
    assert done.code == 2
    assert "SetBudget" in done.err
    assert not (tmp_path / "world.json").exists()


def test_the_truth_is_written_apart(run: Run, tmp_path: Path) -> None:
    run("twin", "step", tmp_path, "--scale", "0.004", "--days", "5")
    done = run("twin", "truth", tmp_path, "--format", "json")
    assert done.code == 0
    assert {row["kind"] for row in done.json["data"]} >= {"price_typo", "stock_out", "stunt"}
    assert json.loads((tmp_path / "truth" / "incidents.json").read_text(encoding="utf-8")) == done.json["data"]
    assert run("twin", "truth", tmp_path, "--what", "parameters").code == 0
    assert run("twin", "truth", tmp_path, "--what", "people").code == 0
    assert sorted(p.name for p in (tmp_path / "truth").iterdir()) == [
        "incidents.json",
        "parameters.json",
        "people.parquet",
    ]


def test_a_wrong_date_is_told(run: Run, tmp_path: Path) -> None:
    done = run("twin", "write", tmp_path / "w", "--until", "tomorrow")
    assert done.code == 2
    assert "2025-06-18" in done.err


def test_hours_write_what_today_has_brought_so_far(run: Run, tmp_path: Path) -> None:
    run("twin", "step", tmp_path, "--scale", "0.01", "--days", "5")
    counted = []
    for hours in (10, 4):
        done = run("twin", "step", tmp_path, "--hours", str(hours), "--format", "json")
        assert done.code == 0
        counted.append(done.json["data"][0]["orders_today"])
    assert done.json["data"][0]["end"] == "2024-01-06T14:00"
    assert counted[1] > counted[0] > 0
    orders = duckdb.sql(f"SELECT count(*) FILTER (NOT is_brushing), max(placed_at) FROM '{tmp_path}/today/orders.csv'")
    found = orders.fetchone()
    assert found is not None
    assert found[0] == counted[1]
    assert found[1].strftime("%Y-%m-%d %H") == "2024-01-06 13"
    day = run("twin", "step", tmp_path, "--days", "1", "--format", "json").json["data"][0]
    assert (day["first"], day["end"]) == ("2024-01-06", "2024-01-07")
    assert day["orders"] > counted[1]
    assert json.loads((tmp_path / "world.json").read_text(encoding="utf-8"))["hour"] == 0


def test_an_action_within_the_day_counts_from_its_hour(run: Run, tmp_path: Path) -> None:
    run("twin", "step", tmp_path, "--scale", "0.01", "--hours", "9")
    action = '{"action": "SetPrice", "factor": 0.5}'
    done = run("twin", "step", tmp_path, "--hours", "8", "--action", action, "--compare", "--format", "json")
    with_it, without = done.json["data"]
    assert with_it["orders_today"] > without["orders_today"]
    assert run("twin", "step", tmp_path, "--hours", "2", "--days", "1").code == 2
