"""Scopes as people write them, ages, hit rates with a missing side, and the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shopkeeper.cli.app import main
from shopkeeper.core.wording import has_word
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.quality.reconcile import Scope, parse_scope, reconcile
from shopkeeper.quality.reconcile.hits import NEEDS, hit_rates
from shopkeeper.quality.reconcile.result import CAUSES, FEES, GOODS, LINE_STEPS, OUTCOMES
from shopkeeper.quality.reconcile.scope import BUCKETS, bucket_sql
from tests.soundness.test_reconcile_orders import BEGIN, booked
from tests.tiny_shop import TinyShop, line, make_tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    made = make_tiny(tmp_path / "tiny")
    yield made
    made.shop.close()


@pytest.mark.parametrize(
    ("age", "bucket"),
    [(-3, "0-7"), (7, "0-7"), (8, "8-15"), (15, "8-15"), (16, "16-30"), (31, "31-60"), (60, "31-60"), (61, "over-60")],
)
def test_an_age_falls_into_its_bucket(age: int, bucket: str) -> None:
    row = duckdb.sql(f"SELECT {bucket_sql('age')} FROM (SELECT {age} AS age)").fetchone()
    assert row == (bucket,)


def test_a_scope_that_cannot_be_says_what_could() -> None:
    with pytest.raises(NotFound, match="platform"):
        parse_scope(by="platfrom")
    with pytest.raises(NotFound, match="month"):
        parse_scope(period="mnth")
    with pytest.raises(UsageError, match="ends before"):
        parse_scope(from_="2017-05", to="2017-04")
    with pytest.raises(UsageError, match="listed"):
        parse_scope(limit=0)


def test_every_code_has_a_word() -> None:
    codes = {*OUTCOMES, *CAUSES, *GOODS, *FEES, *LINE_STEPS, *NEEDS, *(code for code, _ in BUCKETS)}
    assert [code for code in sorted(codes) if not has_word(f"reconcile_code.{code}")] == []


def test_a_rate_without_one_of_its_sides_is_unknown_and_names_it() -> None:
    held = {name: name != "products" for pair in NEEDS.values() for name in pair}
    rates = {hit.id: hit for hit in hit_rates([(name, 3, 4, None) for name in NEEDS], held)}
    assert (rates["lines_product"].share, rates["lines_product"].missing) == (None, ("products",))
    assert (rates["payments_order"].share, rates["payments_order"].hits) == (0.75, 3)


def test_costs_are_found_by_article_then_product_and_never_before_they_are_valid(tiny: TinyShop) -> None:
    """Tea has its own cost, rice its product's; coffee's begins the day after; gift has none. 2 of 4."""
    tiny.put(
        products=[{"sku_id": s, "product_id": f"p-{s}"} for s in ("tea", "rice", "coffee", "gift")],
        order_lines=[line(s, "2017-03-01", sku_id=s) for s in ("tea", "rice", "coffee", "gift")],
        sku_costs=[
            {"sku_id": s, "valid_from": day, "unit_cost": "1"}
            for s, day in (("tea", "2017-03-01"), ("tea", "2017-04-01"), ("p-rice", "2017-01-01"), ("coffee", "2017-03-02"))
        ],
    )  # fmt: skip
    hit = {h.id: h for h in reconcile(tiny.shop.lake, Scope()).hits}["lines_cost"]
    assert (hit.hits, hit.of, hit.share) == (2, 4, 0.5)
    assert {step: n for step, n in hit.steps.items() if n} == {"exact_sku": 1, "product_id": 1, "none": 2}


def test_costs_booked_on_an_order_are_found_by_child_order_then_article_then_the_only_line(tiny: TinyShop) -> None:
    """The ERP's articles are its own: E-1 on child 71; order two tells tea; order three has one line each; four has two."""
    lines = [
        ("one", 71, "a"),
        ("two", 1, "tea"),
        ("two", 2, "b"),
        ("three", 1, "c"),
        ("four", 1, "d"),
        ("four", 2, "e"),
    ]
    booked = [("one", "71", "E-1"), ("two", "", "tea"), ("three", "", "E-3"), ("four", "", "E-4"), ("gone", "9", "E-9")]
    tiny.put(
        order_lines=[line(order, "2017-03-01", line_no=no, sku_id=sku) for order, no, sku in lines],
        order_costs=[
            {"order_id": order, "child_order_id": child, "sku_id": sku, "booked_day": "2017-03-01", "unit_cost": "1"}
            for order, child, sku in booked
        ],
    )
    hit = {h.id: h for h in reconcile(tiny.shop.lake, Scope()).hits}["lines_cost"]
    assert {step: n for step, n in hit.steps.items() if n} == {
        "child_order": 1,
        "order_sku": 1,
        "only_line": 1,
        "none": 3,
    }
    assert (hit.hits, hit.of, hit.missing) == (3, 6, ())


def test_an_empty_shop_reconciles_to_nothing(tiny: TinyShop) -> None:
    result = reconcile(tiny.shop.lake, Scope())
    assert (result.as_of, result.orders, result.overdue) == (None, (), False)
    assert {hit.share for hit in result.hits} == {None}


def test_the_command_prints_every_format_and_ends_with_1_for_old_open_money(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_tiny(tmp_path / "shop")
    made.put(
        order_lines=[line("lost", "2017-01-02", amount=25), line("o", "2017-05-01")],
        settlements=[BEGIN, booked(1, "o", "sale", 10, "2017-05-03"), booked(2, "o", "commission", -1, "2017-05-03")],
    )
    made.shop.close()

    def run(*more: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(["-C", str(tmp_path / "shop"), "reconcile", *more])
        return int(end.value.code or 0), capsys.readouterr().out

    code, out = run("--format", "json")
    document = json.loads(out)
    assert code == 1
    assert document["data"]["overdue"] is True
    assert document["data"]["unmatched"][0]["id"] == "lost"
    assert document["data"]["unmatched"][0]["difference"] == "-25.0000"
    assert document["meta"]["as_of"] == "2017-05-03"
    code, out = run("--format", "csv", "--show", "unmatched")
    assert out.splitlines()[1].startswith("order,s1,lost,2017-01-02,121,unsettled,overdue,25.0000")
    code, out = run()
    assert "Not settled" in out
    assert "25.00" in out
    code, _ = run("--from", "2017-05", "--by", "platform")
    assert code == 0
