"""`shopkeeper lineage`: where one cell comes from."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run


def test_a_cell_is_traced_to_its_rows_and_back(run: Run, shop: Path) -> None:
    done = run("-C", shop, "lineage", "C4", "--period", "2017-03", "--format", "json")
    assert done.code == 0, done.err
    (cell,) = done.json["data"]
    assert {p["measure"] for p in cell["parts"]} == {"paid_amount_known", "buyers"}
    assert cell["sql"].startswith("WITH")
    assert {v["table"] for v in cell["verdicts"]} == {"order_lines"}
    shown = run("-C", shop, "lineage", "C4", "--period", "2017-03").out
    assert cell["formula"]["numerator_text"] in shown


def test_all_rows_of_a_part_go_to_a_file(run: Run, shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    done = run("-C", shop, "lineage", "orders", "--period", "2017-03", "--part", "orders", "--to", file)
    assert done.code == 0, done.err
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    assert head.startswith("shop_id,order_id,line_no")
    assert len(rows) == int(done.out.split(": ")[1].split()[0])
    assert run("-C", shop, "lineage", "orders", "--period", "2017-03", "--part", "order", "--to", file).code == 2


def test_a_period_that_is_none_is_refused(run: Run, shop: Path) -> None:
    assert run("-C", shop, "lineage", "C4", "--period", "March").code == 2
    assert run("-C", shop, "lineage", "C9", "--period", "2017-03").code == 2
