"""`shopkeeper work --once` and `shopkeeper jobs` as a person types them, on a real shop folder."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.shop_folders import GOOD, LINES, ShopFolder
from tests.source_databases import made_database

PAID = LINES + 'paid_at = "day"\n'


@pytest.fixture
def mugs(tmp_path: Path) -> ShopFolder:
    made = ShopFolder(tmp_path, PAID)
    made.lake.close()
    return made


def test_a_file_in_the_inbox_is_loaded_checked_and_rolled_up_by_itself(mugs: ShopFolder, run: Run) -> None:
    mugs.drop("a.csv", GOOD)
    done = run("-C", mugs.folder, "work", "--once")
    assert done.code == 0, done.err
    order = [line.split()[0] for line in done.err.splitlines() if "job_" in line]
    assert (order[0], sorted(order[1:])) == ("load", ["check", "rollup"])
    listed = run("-C", mugs.folder, "jobs", "list", "--format", "json")
    assert (listed.code, listed.json["meta"]["counts"]) == (0, {"done": 3})
    jobs = {job["kind"]: job for job in listed.json["data"]}
    assert (jobs["load"]["result"]["files"], jobs["load"]["result"]["quarantined"]) == (1, 0)
    assert jobs["check"]["caused_by"] == jobs["rollup"]["caused_by"] == jobs["load"]["id"]
    assert (
        run("-C", mugs.folder, "sql", "SELECT sum(payable_amount) AS s FROM order_lines", "--format", "csv").out
        == "s\n30.5000\n"
    )
    schedules = run("-C", mugs.folder, "jobs", "schedules", "--format", "json").json["data"]
    assert {s["name"]: s["status"] for s in schedules} == {
        "load": "done",
        "check": "done",
        "rollup": "done",
        "maintain": None,
    }

    assert run("-C", mugs.folder, "jobs", "run", "load").code == 0
    assert run("-C", mugs.folder, "jobs", "run", "maintain").code == 0
    assert run("-C", mugs.folder, "work", "--once", "--kinds", "load").code == 0
    listed = run("-C", mugs.folder, "jobs", "list", "--format", "json").json
    assert listed["meta"]["counts"] == {"done": 4, "waiting": 1}, "an unchanged inbox is followed by nothing"
    assert run("-C", mugs.folder, "work", "--once").code == 0
    assert "done" in run("-C", mugs.folder, "jobs", "list", "--kind", "maintain").out


def test_a_refused_file_does_not_keep_the_others_out(mugs: ShopFolder, run: Run) -> None:
    """The first run says what is wrong; the next one loads the rest, until the file or the settings change."""
    mapping = PAID.replace('files = "*"', 'files = "good*"')
    (mugs.folder / "shopkeeper.toml").write_text(mugs.head + mapping)
    bad = mugs.drop("bad.csv", "wrong,header\n1,2\n")
    mugs.drop("good.csv", GOOD)
    assert run("-C", mugs.folder, "work", "--once", "--kinds", "load").code == 1
    assert run("-C", mugs.folder, "jobs", "run", "load").code == 0
    assert run("-C", mugs.folder, "work", "--once", "--kinds", "load").code == 0
    jobs = run("-C", mugs.folder, "jobs", "list", "--kind", "load", "--format", "json").json["data"]
    (told,) = [job["result"] for job in jobs if job["status"] == "done"]
    assert (told["files"], told["refused"], told["loaded"] > 0) == (1, 1, True)
    bad.write_text(GOOD.replace("A,", "C,").replace("B,", "D,"))
    (mugs.folder / "shopkeeper.toml").write_text(mugs.head + PAID)
    assert run("-C", mugs.folder, "jobs", "run", "load").code == 0
    assert run("-C", mugs.folder, "work", "--once", "--kinds", "load").code == 0
    orders = run("-C", mugs.folder, "sql", "SELECT count(*) AS n FROM orders", "--format", "csv").out
    assert orders == "n\n4\n"


def test_a_source_that_is_pulled_is_a_job(tmp_path: Path, run: Run) -> None:
    with closing(sqlite3.connect(tmp_path / "erp.sqlite")) as erp:
        erp.execute("CREATE TABLE costs (sku TEXT, since TEXT, cost TEXT)")
        erp.execute("INSERT INTO costs VALUES ('mug', '2024-03-01', '4.20')")
        erp.commit()
    entry = (
        f'[[source]]\nname = "erp"\nkind = "sqlite"\nconnection = "{tmp_path / "erp.sqlite"}"\ntable = "costs"\n'
        '[source.sku_costs]\nsku_id = "sku"\nvalid_from = "since"\nunit_cost = "cost"\n'
    )
    shop = ShopFolder(tmp_path / "shop", entry)
    shop.lake.close()
    assert run("-C", shop.folder, "jobs", "run", "pull", "--source", "erp").code == 0
    done = run("-C", shop.folder, "work", "--once", "--kinds", "pull")
    assert done.code == 0, done.err
    found = run("-C", shop.folder, "sql", "SELECT sku_id, unit_cost FROM sku_costs", "--format", "csv").out
    assert found == "sku_id,unit_cost\nmug,4.2000\n"


def test_a_refused_file_is_one_dead_letter_that_says_what_to_do(mugs: ShopFolder, run: Run) -> None:
    (mugs.folder / "shopkeeper.toml").write_text(
        mugs.head
        + PAID.replace('files = "*"', 'files = "good*"')
        + '[[job]]\nname = "inbox"\nkind = "load"\nevery = "24h"\n'
    )
    mugs.drop("bad.csv", "wrong,header\n1,2\n")
    assert run("-C", mugs.folder, "work", "--once").code == 1
    listed = run("-C", mugs.folder, "jobs", "list", "--format", "json")
    assert listed.code == 1
    (dead,) = listed.json["data"]
    assert (dead["status"], dead["schedule"], dead["attempts"]) == ("dead", "inbox", 1)
    assert "bad.csv" in str(dead["error"])
    shown = run("-C", mugs.folder, "jobs", "show", dead["id"])
    assert "error.failed" in shown.out
    assert "failed" in shown.out
    (mugs.folder / "inbox" / "bad.csv").unlink()
    assert run("-C", mugs.folder, "jobs", "retry", dead["id"]).code == 0
    assert run("-C", mugs.folder, "work", "--once").code == 0
    assert run("-C", mugs.folder, "jobs", "list").code == 0
    assert "jobs.retried" in run("-C", mugs.folder, "user", "audit", "--format", "json").out


def test_named_sources_and_mappings(mugs: ShopFolder, run: Run) -> None:
    mugs.drop("a.csv", GOOD)
    assert run("-C", mugs.folder, "jobs", "run", "load", "--source", "lines").code == 0
    assert run("-C", mugs.folder, "jobs", "run", "load", "--source", "erp").code == 0
    assert run("-C", mugs.folder, "jobs", "run", "pull", "--source", "erp").code == 0
    assert run("-C", mugs.folder, "work", "--once", "--kinds", "load", "--kinds", "pull").code == 1
    jobs = run("-C", mugs.folder, "jobs", "list", "--format", "json").json["data"]
    told = {(job["kind"], job["source"]): (job["status"], (job["error"] or {}).get("code")) for job in jobs}
    assert told[("load", "lines")] == ("done", None)
    assert told[("load", "erp")] == told[("pull", "erp")] == ("dead", "not_found")


def test_a_database_is_pulled_by_a_job(mugs: ShopFolder, run: Run, request: pytest.FixtureRequest) -> None:
    erp = made_database("sqlite", request, mugs.folder)
    for number in (1, 2):
        erp.add(number, f"o{number}", 1, "5", "2024-03-01 12:00:00")
    mugs.map(erp.entry('cursor = "changed"', 'key = "id"', 'deletions = "every pull"'))
    work = ("-C", mugs.folder, "work", "--once", "--kinds", "pull")
    for left in ("2", "1"):
        assert run("-C", mugs.folder, "jobs", "run", "pull", "--source", "erp").code == 0
        done = run(*work)
        assert done.code == 0, done.err
        assert (
            run("-C", mugs.folder, "sql", "SELECT count(*) AS n FROM order_lines", "--format", "csv").out
            == f"n\n{left}\n"
        )
        erp.run("DELETE FROM sold WHERE id = 2")
    (state,) = run("-C", mugs.folder, "sources", "--show", "pulls", "--format", "json").json["data"]
    assert (state["source"], state["withdrawn"], state["failed"]) == ("erp", 1, "")


def test_wrong_words_leave_with_2(mugs: ShopFolder, run: Run) -> None:
    jobs = ("-C", mugs.folder, "jobs")
    for arguments in (["run", "lode"], ["run", "pull"], ["run", "check", "--source", "x"], ["show", "job_x"],
                      ["show", "msg_x"], ["retry", "job_x"], ["cancel", "msg_x"]):  # fmt: skip
        assert run(*jobs, *arguments).code == 2, arguments
    assert run("-C", mugs.folder, "work", "--kinds", "lode").code == 2
    assert run(*jobs, "run", "check").code == 0
    assert run(*jobs, "run", "check").code == 2
    (waiting,) = run(*jobs, "list", "--format", "json").json["data"]
    assert run(*jobs, "cancel", waiting["id"]).code == 0
    assert run(*jobs, "outbox").code == 0
    path = mugs.folder / "shopkeeper.toml"
    path.write_text(path.read_text() + '[[job]]\nname = "a"\nkind = "check"\n')
    assert run("-C", mugs.folder, "work", "--once").code == 2
