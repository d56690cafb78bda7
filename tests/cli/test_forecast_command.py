"""`shopkeeper forecast`: rows by the contract, sums that agree, refusals with what is needed."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.tiny_shop import line, make_tiny


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen months: tea sells 3 a day and 6 on Saturdays, rice every third day; all figures are known by heart."""
    settings = '[shop]\nid = "year"\nname = "Year"\ntimezone = "Asia/Shanghai"\n'
    settings += "[targets.C4]\nfloor = 1\nbaseline = 5\ntarget = 9\n"
    tiny = make_tiny(tmp_path_factory.mktemp("forecast") / "year", settings)
    first, rows = dt.date(2023, 1, 1), []
    for n in range(430):
        day = first + dt.timedelta(days=n)
        count = 6 if day.weekday() == 5 else 3
        rows += [line(f"t{n}-{i}", day.isoformat(), f"b{n % 60}-{i}", 10) for i in range(count)]
        if n % 3 == 0:
            rows.append(line(f"r{n}", day.isoformat(), f"c{n % 40}", 20, sku_id="rice"))
    tiny.put(order_lines=rows)
    tiny.shop.close()
    return tiny.shop.folder


def test_a_month_that_has_begun_keeps_its_known_days_and_tells_the_chance_of_its_target(run: Run, year: Path) -> None:
    done = run("-C", year, "forecast", "C4", "--format", "json")
    assert done.code == 0, done.err
    first, second, third = done.json["data"]
    assert [r["period"] for r in (first, second, third)] == ["2024-03", "2024-04", "2024-05"]
    assert first["begun"]
    assert not second["begun"]
    assert first["low95"] <= first["low80"] <= first["mean"] <= first["high80"] <= first["high95"]
    assert first["target"] == 9
    assert first["probability"] > 0.9
    assert second["probability"] is None
    tried = done.json["meta"]["tried"][0]
    assert tried["origins"] >= 5
    assert tried["path"] == "parts"
    assert 0 <= tried["covered80"] <= 1


def test_days_are_forecast_by_their_weekday(run: Run, year: Path) -> None:
    rows = run("-C", year, "forecast", "units", "--period", "day", "--horizon", "14", "--format", "json").json["data"]
    saturday = [r["mean"] for r in rows if dt.date.fromisoformat(r["period"]).weekday() == 5]
    other = [r["mean"] for r in rows if dt.date.fromisoformat(r["period"]).weekday() < 5]
    assert min(saturday) > max(other) + 1.5


def test_slices_add_up_to_the_whole(run: Run, year: Path) -> None:
    done = run("-C", year, "forecast", "paid_amount", "--by", "category", "--format", "json")
    assert done.code == 0, done.err
    for period in {r["period"] for r in done.json["data"]}:
        rows = [r for r in done.json["data"] if r["period"] == period]
        whole = next(r["mean"] for r in rows if not r["dims"])
        assert len(rows) > 2
        assert sum(r["mean"] for r in rows if r["dims"]) == pytest.approx(whole, rel=1e-9)


def test_articles_add_up_through_every_level(run: Run, year: Path) -> None:
    done = run("-C", year, "forecast", "units", "--by", "sku", "--format", "json")
    assert done.code == 0, done.err
    articles, sums = done.json["data"], done.json["meta"]["sums"]
    total = next(s["mean"] for s in sums if s["level"] == "total")
    assert sum(a["mean"] for a in articles) == pytest.approx(total, abs=0.01)
    for level in ("platform", "category", "platform_category"):
        assert sum(s["mean"] for s in sums if s["level"] == level) == pytest.approx(total, abs=0.01)
    assert total == pytest.approx(28 * (24 / 7 + 1 / 3), rel=0.06)
    assert {a["demand"] for a in articles} == {"smooth", "intermittent"}


def test_a_table_and_a_csv_are_printed(run: Run, year: Path) -> None:
    shown = run("-C", year, "forecast", "C4")
    assert shown.code == 0
    assert "Backtest at" in shown.out
    rows = list(csv.DictReader(io.StringIO(run("-C", year, "forecast", "C4", "--format", "csv").out)))
    assert len(rows) == 3
    assert "Backtest at" in run("-C", year, "forecast", "units", "--by", "sku").out
    assert "smooth" in run("-C", year, "forecast", "units", "--by", "sku", "--format", "csv").out


def test_what_cannot_be_forecast_is_refused_with_what_it_needs(run: Run, year: Path, shop: Path) -> None:
    for where, arguments, code, said in (
        (shop, ("C4",), 1, "too short"), (shop, ("units", "--by", "sku"), 1, "days of sales"), (year, ("K1",), 1, "needs"),
        (year, ("C9",), 2, "no indicator"), (year, ("C4", "--horizon", "99"), 2, "1 to 12"),
        (year, ("C4", "--by", "sku"), 2, "no plain sum"), (year, ("D2", "--by", "category"), 2, "not cut"),
    ):  # fmt: skip
        done = run("-C", where, "forecast", *arguments)
        assert (done.code, said in done.err) == (code, True), (arguments, done.code, done.err)
