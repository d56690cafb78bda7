"""init, sql, export, sources, maintain, doctor and the way every command ends."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from shopkeeper.cli.init import TEMPLATE
from shopkeeper.core.settings import FILE_NAME
from shopkeeper.warehouse.shop import open_shop
from tests.cli.conftest import Run
from tests.tiny_shop import make_shop_folder

META = {"shop", "as_of", "snapshot", "warnings"}
ROOT = Path(__file__).resolve().parents[2]


# --- init ------------------------------------------------------------------------------------------------------------


def test_init_makes_a_shop_that_opens(run: Run, tmp_path: Path) -> None:
    done = run("init", tmp_path / "My Tea Shop")
    assert done.code == 0
    assert sorted(p.name for p in (tmp_path / "My Tea Shop").iterdir()) == ["data", "inbox", FILE_NAME]
    shop = open_shop(tmp_path / "My Tea Shop")
    assert (shop.id, shop.settings.shop.name) == ("my-tea-shop", "My Tea Shop")
    shop.close()


def test_init_twice_refuses_and_keeps_what_the_owner_wrote(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "tea"
    assert run("init", folder).code == 0
    (folder / FILE_NAME).write_text("# mine\n", encoding="utf-8")
    done = run("init", folder)
    assert done.code == 2
    assert "nothing was changed" in done.err
    assert (folder / FILE_NAME).read_text(encoding="utf-8") == "# mine\n"


@pytest.mark.parametrize("name", ["茶店", 'say "tea"', "___", "x" * 100, "1-2", "-tea"])
def test_init_makes_a_usable_shop_whatever_the_folder_is_called(run: Run, tmp_path: Path, name: str) -> None:
    assert run("init", tmp_path / name).code == 0
    shop = open_shop(tmp_path / name)
    shop.close()


def test_init_where_a_file_stands_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tea").write_text("a file")
    done = run("init", tmp_path / "tea")
    assert done.code == 4
    assert "cannot be made" in done.err
    assert (tmp_path / "tea").read_text() == "a file"


def test_the_settings_that_init_writes_are_all_real_ones() -> None:
    """Uncommented, the examples of the template are valid settings too."""
    from shopkeeper.core.settings import parse_settings

    text = TEMPLATE.format(id="tea", name="Tea")
    lines = text.splitlines()
    start = lines.index("# [[source]]")
    shown = [
        line.removeprefix("# ") for line in lines[start:]
        if line.startswith("# ") and (" = " in line or line.startswith("# ["))
    ]  # fmt: skip
    settings = parse_settings("\n".join([*lines[:start], *shown]), Path(FILE_NAME))
    assert settings.source[0]["order_lines"]["order_id"] == "Order No"
    assert settings.targets["C4"].target == "+10%"


# --- folders and settings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["kpis"], ["sql", "SELECT 1"], ["export", "orders"], ["sources"], ["maintain"], ["serve"]]
)
def test_a_folder_that_is_no_shop_is_usage_and_says_what_to_do(run: Run, tmp_path: Path, command: list[str]) -> None:
    done = run("-C", tmp_path, *command)
    assert done.code == 2
    assert "shopkeeper init" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[shop\nid = 1", ["line 1"]),
        ('[shop]\nid = "tea"\nname = "Tea"\ncurency = "CNY"\n', ["line 4", "shop.curency", "currency"]),
        ('[shop]\nid = "tea"\nname = "Tea"\ntimezone = "Asia/Shanghia"\n', ["line 4", "Asia/Shanghai"]),
        ('[shop]\nid = "Tea Shop"\nname = "Tea"\n', ["line 2", "shop.id"]),
        ('[shop]\nname = "Tea"\n', ["shop.id", "missing"]),
        ('[shop]\nid = "tea"\nname = "Tea"\n[serve]\nport = 99999\n', ["line 5", "serve.port"]),
        ('[shop]\nid = "tea"\nname = "Tea"\n[targets.C4]\nflor = 1\n', ["line 5", "floor"]),
        ('[shop]\nid = "tea"\nid = "coffee"\n', ["line 3"]),
        ("", ["shop"]),
    ],
)
def test_a_wrong_setting_is_told_by_file_line_and_key(run: Run, tmp_path: Path, text: str, told: list[str]) -> None:
    done = run("-C", make_shop_folder(tmp_path / "tea", text), "kpis")
    assert done.code == 2
    assert [part for part in [FILE_NAME, *told] if part not in done.err] == []
    assert not (tmp_path / "tea" / "data").exists()


# --- sql -------------------------------------------------------------------------------------------------------------


def test_sql_prints_rows_in_three_forms(run: Run, shop: Path) -> None:
    query = "SELECT order_id, payable_amount, paid_day, customer_id FROM order_lines ORDER BY 1 LIMIT 2"
    done = run("-C", shop, "sql", query, "--format", "json")
    assert set(done.json) == {"data", "meta"}
    assert set(done.json["meta"]) == META
    assert done.json["data"][1] == {
        "order_id": "2",
        "payable_amount": "0.1000",
        "paid_day": "2017-03-31",
        "customer_id": None,
    }
    assert run("-C", shop, "sql", query, "--format", "csv").out.splitlines()[2] == "2,0.1000,2017-03-31,"
    assert "2017-03-31" in run("-C", shop, "sql", query).out


def test_sql_json_is_json_even_for_what_json_has_no_number_for(run: Run, shop: Path) -> None:
    odd = [
        "'nan'::DOUBLE AS a",
        "'inf'::DOUBLE AS b",
        "[1, 2] AS c",
        "{'x': 1.5::DECIMAL(4, 2)} AS d",
        "'ab'::BLOB AS e",
    ]
    query = f"SELECT {', '.join(odd)}, TIME '12:00' AS f"
    done = run("-C", shop, "sql", query, "--format", "json")

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    (row,) = json.loads(done.out, parse_constant=refuse)["data"]
    assert row["c"] == [1, 2]
    assert row["d"] == {"x": "1.50"}


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE orders",
        "COPY orders TO 'x.csv'",
        "ATTACH 'x.db'",
        "SELECT 1; SELECT 2",
        "SELEC 1",
        "SELECT * FROM nothing",
    ],
)
def test_sql_refuses_what_is_not_one_reading_statement(run: Run, shop: Path, query: str) -> None:
    done = run("-C", shop, "sql", query)
    assert done.code == 2
    assert done.out == ""


def test_sql_reads_a_query_from_standard_input(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT count(*) AS n FROM order_lines"))
    assert run("-C", shop, "sql", "-", "--format", "json").json["data"] == [{"n": 3}]


# --- export ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_export_writes_every_row_of_a_table(run: Run, shop: Path, tmp_path: Path, form: str) -> None:
    import duckdb

    target = tmp_path / f"lines.{form}"
    done = run("-C", shop, "export", "order_lines", "--to", target, "--format", form)
    assert done.code == 0
    assert "3 rows" in done.out
    rows = duckdb.sql(f"SELECT order_id, payable_amount FROM '{target}' ORDER BY 1").fetchall()
    assert [(str(o), float(a)) for o, a in rows] == [("1", 10.0), ("2", 0.1), ("3", 20.0)]
    assert [p.name for p in tmp_path.iterdir()] == [target.name]


def test_an_export_that_fails_leaves_the_old_file_and_no_scraps(
    run: Run, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "lines.csv"
    target.write_text("what was there")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    monkeypatch.setattr(os, "replace", full)
    done = run("-C", shop, "export", "order_lines", "--to", target)
    monkeypatch.undo()
    assert done.code == 4
    assert target.read_text() == "what was there"
    assert [p.name for p in tmp_path.iterdir()] == ["lines.csv"]


def test_export_of_an_unknown_table_names_the_nearest(run: Run, shop: Path) -> None:
    done = run("-C", shop, "export", "order_line")
    assert done.code == 2
    assert "order_lines" in done.err


def test_export_into_a_folder_that_is_not_there_is_told(run: Run, shop: Path, tmp_path: Path) -> None:
    done = run("-C", shop, "export", "order_lines", "--to", tmp_path / "none" / "lines.csv")
    assert done.code in (2, 4)
    assert "none" in done.err
    assert "Traceback" not in done.err


# --- sources, maintain, doctor ----------------------------------------------------------------------------------------


def test_sources_and_maintain_keep_the_json_shape(run: Run, own_shop: Path) -> None:
    for command in (["sources"], ["maintain"], ["maintain", "--dry-run"]):
        done = run("-C", own_shop, *command, "--format", "json")
        assert done.code == 0, done.err
        assert set(done.json) == {"data", "meta"}
        assert set(done.json["meta"]) == META


def test_sources_show_the_days_that_are_covered_and_how_sources_join(run: Run, journey_shop: Path) -> None:
    done = run("-C", journey_shop, "sources", "--show", "coverage", "--window", "2017-10", "--format", "json")
    lines = {row["table"]: row for row in done.json["data"]}
    assert lines["order_lines"]["days_held"] == lines["order_lines"]["days_expected"] == 31
    assert lines["order_lines"]["missing_days"] == []
    silent = [row for row in done.json["data"] if row["required"] and row["rows"] is None]
    assert silent, "tables that the shop does not have are listed, too"
    assert all(row["days_held"] == 0 for row in silent)
    joins = run("-C", journey_shop, "sources", "--show", "hits", "--format", "json").json["data"]
    (products,) = [row for row in joins if row["join"] == "lines_product"]
    assert 0.99 < products["share"] == products["hits"] / products["of"] < 1
    assert run("-C", journey_shop, "sources", "--show", "coverage", "--window", "2017-W40").code == 2
    table = run("-C", journey_shop, "sources", "--show", "coverage")
    assert "order_lines" in table.out


def verdicts(done_json: object) -> dict[str, set[str]]:
    assert isinstance(done_json, dict)
    found: dict[str, set[str]] = {}
    for row in done_json["data"]:
        found.setdefault(row["check"], set()).add(row["verdict"])
    return found


def test_doctor_is_content_with_a_healthy_shop(run: Run, own_shop: Path) -> None:
    done = run("-C", own_shop, "doctor", "--format", "json")
    assert set(done.json["meta"]) == META
    found = verdicts(done.json)
    assert {k for k, v in found.items() if "failed" in v} <= {"assets"}
    assert found["warehouse"] == {"ok"}
    assert {"installation", "settings", "folders", "warehouse", "state", "port"} <= set(found)


def test_doctor_explains_settings_that_cannot_be_read_and_goes_on(run: Run, tmp_path: Path) -> None:
    folder = make_shop_folder(tmp_path / "tea", "[shop\n")
    done = run("-C", folder, "doctor", "--format", "json")
    assert done.code == 1
    found = verdicts(done.json)
    assert "failed" in found["settings"]
    assert found["installation"] == {"ok"}
    assert any("line 1" in row["found"] for row in done.json["data"] if row["check"] == "settings")


def test_doctor_notices_a_data_file_that_is_gone(run: Run, own_shop: Path) -> None:
    lost = next((own_shop / "data" / "lake").rglob("*order_lines*/**/*.parquet"))
    lost.unlink()
    done = run("-C", own_shop, "doctor", "--format", "json")
    assert done.code == 1
    assert any(lost.name in row["found"] for row in done.json["data"] if row["verdict"] == "failed")


def test_doctor_notices_a_data_file_that_was_cut_short(run: Run, own_shop: Path) -> None:
    cut = next((own_shop / "data" / "lake").rglob("*order_lines*/**/*.parquet"))
    cut.write_bytes(cut.read_bytes()[:-20])
    done = run("-C", own_shop, "doctor", "--format", "json")
    assert done.code == 1


def test_doctor_notices_a_port_in_use(run: Run, shop: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 8793))
        taken.listen()
        done = run("-C", shop, "doctor", "--format", "json")
    assert verdicts(done.json)["port"] == {"warning"}


def test_doctor_notices_targets_and_tables_that_do_not_exist(run: Run, tmp_path: Path) -> None:
    settings = '[shop]\nid = "tea"\nname = "Tea"\n[targets.C44]\nfloor = 1\n'
    done = run("-C", make_shop_folder(tmp_path / "tea", settings), "doctor", "--format", "json")
    assert done.code == 1
    assert "failed" in verdicts(done.json)["settings"]


def test_doctor_changes_nothing(run: Run, tmp_path: Path) -> None:
    """Looking must not make a lake, a state database or a folder."""
    folder = make_shop_folder(tmp_path / "tea")
    run("-C", folder, "doctor")
    assert sorted(p.name for p in folder.iterdir()) == ["inbox", FILE_NAME]


# --- how commands end -------------------------------------------------------------------------------------------------


def test_no_command_shows_the_help_and_an_unknown_one_is_usage(run: Run) -> None:
    assert "kpis" in run("--help").out
    assert run("--help").code == 0
    assert run("kpsi").code == 2
    assert run("--version").out.startswith("shopkeeper ")


def test_an_error_nobody_foresaw_is_internal_and_keeps_its_form(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shopkeeper.kpi import matrix

    def broken(*_: object) -> None:
        raise RuntimeError("a broken tea pot")

    monkeypatch.setattr(matrix, "matrix_for", broken)
    done = run("-C", shop, "kpis")
    assert done.code == 4
    assert "a broken tea pot" in done.err
    assert "Traceback" not in done.err


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}


def test_ctrl_c_ends_with_130_and_one_sentence(shop: Path) -> None:
    """A query that runs for minutes, interrupted once it has begun."""
    program = (
        "import sys, threading, os, signal, time\n"
        "from shopkeeper.warehouse import console\n"
        "from shopkeeper.cli.app import main\n"
        "honest = console.run_select\n"
        "def watched(lake, query):\n"
        "    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "    return honest(lake, query)\n"
        "console.run_select = watched\n"
        "main(sys.argv[1:])\n"
    )
    query = "SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE (a.range * b.range) % 7 = 3"
    done = subprocess.run(
        [sys.executable, "-c", program, "-C", str(shop), "sql", query], env=environment(), capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert done.stderr.strip().splitlines() == ["stopped; nothing half done was kept"]


def test_a_reader_that_has_had_enough_is_no_error(shop: Path) -> None:
    program = "import sys; from shopkeeper.cli.app import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", program, "-C", shop, "sql", "SELECT * FROM range(200000)", "--format", "csv"]
    piped = f"{shlex.join(map(str, command))} | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", piped],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "range\n"
    assert done.stderr == ""
    assert done.returncode == 0
