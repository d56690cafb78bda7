"""`shopkeeper kpis`: what scripts may rely on."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from shopkeeper.kpi.catalogue import INDICATORS, MATRIX
from tests.cli.conftest import Run

ROW = {"kpi", "period", "dims", "value", "unit", "numerator", "denominator", "status", "missing"}
META = {"shop", "as_of", "snapshot", "warnings"}


def test_json_has_exactly_the_promised_shape(run: Run, shop: Path) -> None:
    done = run("-C", shop, "kpis", "--format", "json")
    assert done.code == 0
    assert done.err == ""
    assert set(done.json) == {"data", "meta"}
    assert set(done.json["meta"]) == META
    assert {frozenset(row) for row in done.json["data"]} == {frozenset(ROW)}
    assert {row["kpi"] for row in done.json["data"]} == set(INDICATORS)
    assert {row["period"] for row in done.json["data"]} == {"2017-03", "2017-04"}


def test_meta_says_shop_day_snapshot_and_warnings(run: Run, shop: Path) -> None:
    meta = run("-C", shop, "kpis", "--format", "json").json["meta"]
    assert (meta["shop"], meta["as_of"]) == ("tiny", "2017-04-30")
    assert isinstance(meta["snapshot"], int)
    assert len(meta["warnings"]) == 1
    assert meta["warnings"][0].startswith("1 of 3 order lines have no buyer")


def test_money_is_a_decimal_string_a_count_a_number_and_the_unknown_null(run: Run, shop: Path) -> None:
    rows = run("-C", shop, "kpis", "--format", "json", "--to", "2017-03").json["data"]
    by_id = {row["kpi"]: row for row in rows}
    paid = by_id["paid_amount"]
    assert (paid["value"], paid["unit"], paid["status"], paid["missing"]) == ("10.10", "CNY", "ok", [])
    assert (by_id["C4"]["value"], by_id["C4"]["numerator"], by_id["C4"]["denominator"]) == ("10.0000", "10.00", 1)
    assert by_id["orders"]["value"] == 2
    visits = by_id["T3"]
    assert (visits["value"], visits["status"], visits["missing"]) == (None, "missing", ["visits"])


def test_json_carries_slices_and_the_unknown_one_is_null(run: Run, shop: Path) -> None:
    rows = run(
        "-C", shop, "kpis", "--kpi", "paid_amount", "--by", "category", "--period", "year", "--format", "json"
    ).json["data"]
    assert {(row["dims"]["category"], row["value"]) for row in rows} == {
        ("Drinks", "10.00"),
        ("Food", "0.10"),
        (None, "20.00"),
    }


def test_csv_has_a_heading_a_column_a_dimension_and_nothing_else(run: Run, shop: Path) -> None:
    done = run(
        "-C",
        shop,
        "kpis",
        "--kpi",
        "C4,T3",
        "--by",
        "category",
        "--from",
        "2017-03",
        "--to",
        "2017-03",
        "--format",
        "csv",
    )
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert list(rows[0]) == [
        "kpi",
        "period",
        "category",
        "value",
        "unit",
        "numerator",
        "denominator",
        "status",
        "missing",
    ]
    drinks = next(r for r in rows if r["category"] == "Drinks" and r["kpi"] == "C4")
    assert (drinks["value"], drinks["numerator"], drinks["missing"]) == ("10.0000", "10.00", "")
    assert {r["value"] for r in rows if r["kpi"] == "T3"} == {""}


@pytest.mark.parametrize("by", ["category,platform", "category --by platform"])
def test_dimensions_may_be_listed_or_repeated(run: Run, shop: Path, by: str) -> None:
    done = run("-C", shop, "kpis", "--kpi", "orders", "--by", *by.split(), "--format", "json")
    assert set(done.json["data"][0]["dims"]) == {"category", "platform"}


def test_the_table_shows_all_25_and_says_what_is_missing_instead_of_zero(run: Run, shop: Path) -> None:
    done = run("-C", shop, "kpis")
    assert done.code == 0
    assert [i.id for i in MATRIX if f"{i.id} " not in done.out] == []
    line = next(text for text in done.out.splitlines() if text.strip().startswith("T3"))
    assert "–" in line
    assert "visits" in line


def test_the_table_speaks_chinese_when_asked_to(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_LANG", "zh_CN.UTF-8")
    assert "客单价" in run("-C", shop, "kpis").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--kpi", "C44"], "C4"),
        (["--kpi", "paid_amuont"], "paid_amount"),
        (["--by", "catgory"], "category"),
        (["--filter", "catgory=x"], "category"),
        (["--filter", "category"], "DIM=VALUE"),
        (["--from", "march"], "2017-W40"),
        (["--from", "2017-13"], "2017-W40"),
        (["--from", "2017-05", "--to", "2017-03"], "ends before it begins"),
        (["--from", "9999-12"], "this is not a period"),
        (["--as-of", "99999"], "snapshot"),
        (["--period", "fortnight"], "month"),
        (["--no-such-option"], "no-such-option"),
    ],
)
def test_a_wrong_request_is_usage_and_names_what_is_allowed(
    run: Run, shop: Path, arguments: list[str], told: str
) -> None:
    done = run("-C", shop, "kpis", *arguments)
    assert done.code == 2
    assert told in done.err
    assert done.out == ""
    assert "Traceback" not in done.err


@pytest.mark.parametrize("how", [["--format", "json"], ["--format=json"]])
def test_an_error_is_json_where_json_was_asked_for(run: Run, shop: Path, how: list[str]) -> None:
    import json

    done = run("-C", shop, "kpis", "--kpi", "C44", *how)
    assert done.code == 2
    told = json.loads(done.err)["error"]
    assert told["code"] == "not_found"
    assert told["received"] == "C44"
    assert "C4" in told["allowed"]


def test_an_empty_shop_is_no_error(run: Run, tmp_path: Path) -> None:
    from tests.tiny_shop import make_opened_folder

    folder = make_opened_folder(tmp_path / "empty")
    for form in ("table", "json", "csv"):
        done = run("-C", folder, "kpis", "--format", form)
        assert done.code == 0, done.err
    empty = run("-C", folder, "kpis", "--format", "json").json
    assert empty["data"] == []
    assert empty["meta"]["as_of"] is None


def test_a_past_snapshot_gives_what_it_gave(run: Run, own_shop: Path) -> None:
    from shopkeeper.warehouse.shop import open_shop
    from tests.tiny_shop import TinyShop, line

    asked = ["-C", own_shop, "kpis", "--kpi", "paid_amount", "--format", "json"]
    before = run(*asked).json
    tiny = TinyShop(open_shop(own_shop))
    tiny.add(order_lines=[line("2", "2017-03-01", amount=5)])
    tiny.shop.close()
    assert run(*asked).json["data"][0]["value"] == "15.00"
    past = run(*asked, "--as-of", before["meta"]["snapshot"]).json
    assert past == before


def test_the_plan_of_a_request_is_told_without_computing_it(run: Run, own_shop: Path) -> None:
    done = run("-C", own_shop, "kpis", "--kpi", "C4", "--kpi", "U3", "--explain-plan", "--format", "json")
    rows = {row["measure"]: row for row in done.json["data"]}
    assert rows["paid_amount_known"]["over_time"] == "adds"
    assert rows["buyers"] == {
        "fact": "order_lines", "measure": "buyers", "kind": "distinct", "day": "paid_day", "over_time": "recomputed",
        "wanted_by": ["C4"], "read": "facts: fewer than 200,000 order lines",
    }  # fmt: skip
    assert rows["repeat_90"]["over_time"] == "histories"
    table = run("-C", own_shop, "kpis", "--kpi", "C4", "--explain-plan")
    assert "recomputed" in table.out


def test_cells_stand_beside_what_they_are_compared_with(run: Run, shop: Path) -> None:
    done = run("-C", shop, "kpis", "--kpi", "paid_amount", "--against", "previous", "--format", "json")
    assert done.code == 0, done.err
    assert [row["against"]["with"] for row in done.json["data"]] == ["previous"] * len(done.json["data"])
    assert done.json["data"][0]["against"]["refused"] == "no_data"
    for against in ("year", "festival", "target", "baseline"):
        assert run("-C", shop, "kpis", "--against", against).code == 0
        assert run("-C", shop, "kpis", "--against", against, "--format", "csv").out.startswith("kpi,name,period")
    assert "did you mean festival?" in run("-C", shop, "kpis", "--against", "festval").err
