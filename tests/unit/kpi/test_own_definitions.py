"""What may be declared, and how each mistake is told: what, where, received, allowed and the next command."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from shopkeeper.errors import KpiDefinitionError
from shopkeeper.kpi.definitions import BUILT_IN
from shopkeeper.kpi.own.grammar import names, needed, parse
from shopkeeper.kpi.own.plain_yaml import YamlError, load_yaml
from shopkeeper.kpi.own.units import addable
from tests.kpi_definitions import TOLD, WORDS, compiled, indicator, measure, problem, target

LIVE = measure("live_amount", more="where = \"channel_id = 'live'\"")
SHARE = indicator("live_share", "live_amount", "paid_amount")


def test_own_definitions_become_the_same_objects_as_built_in_ones() -> None:
    found = compiled(LIVE, SHARE).whole()
    made = found.indicators["live_share"]
    assert (made.unit, made.direction, made.slices) == ("share", 1, ("platform", "shop", "category", "channel"))
    assert made.needs == (
        "order_lines.paid_day", "order_lines.payable_amount", "order_lines.channel_id",
    )  # fmt: skip
    assert made.own is not None
    assert made.own.formula == ("Own ÷ paid amount", "自有 ÷ 支付金额")
    assert found.origin("live_share") == "own"
    assert found.origin("C4") == "built_in"
    assert found.sources["live_share"].line == 10
    assert found.measures["live_amount"].unit == "money"
    assert found.digest != BUILT_IN.digest
    assert set(BUILT_IN.indicators) < set(found.indicators)


@pytest.mark.parametrize(
    ("texts", "what", "where", "allowed"),
    [
        ([measure("a_b", "paybale_amount")], "no such column", "line 5, measure 1, key of", "payable_amount"),
        ([measure("a_b", fact="order_line")], "no table", "key fact", "order_lines"),
        ([measure("a_b", day="payed_day")], "no such day", "key day", "paid_day"),
        ([measure("a_b", "payable_amount + quantity")], "unlike things are added", "key of", "money with money"),
        ([measure("a_b", "payable_amount - 5")], "unlike things are subtracted", "key of", "a bare number has no currency"),
        ([measure("a_b", "payable_amount * list_amount")], "product has no meaning", "key of", "× a number"),
        ([measure("a_b", "discount_platform / list_amount")], "cannot be summed", "key of", "never the quotient of the sums"),
        ([measure("a_b", "payable_amount / quantity")], "cannot be summed", "key of", "a sum of prices"),
        ([measure("a_b", "channel_id")], "cannot be summed", "key of", "distinct"),
        ([measure("a_b", "2")], "same number in every row", "key of", "count rows"),
        ([measure("a_b", more='unit = "units"')], "not measured so", "key unit", "money"),
        ([measure("a_b", more='where = "channel_id"')], "no condition on a row", "key where", "such as"),
        ([measure("a_b", more="where = \"channel_id = 5\"")], "unlike things are compared", "key where", "a code with"),
        ([measure("a_b", more='where = "quantity >"')], "cannot be read", "key where", "a number"),
        ([measure("a_b", "amount", fact="refunds", day="refunded_day", more="where = \"kind = 'retrun'\"")],
         "never holds this value", "refunds.kind", "did you mean return?"),
        ([measure("a_b", "value", fact="stock_levels", day="stock_day")], "must not be added up", "key over_time", "daily"),
        ([measure("a_b", "visitors", fact="visits", day="visited_day")], "must not be added up", "key of", "built-in measures"),
        ([measure("a_b", "unit_cost", fact="purchase_orders", day="ordered_day")], "cannot be summed", "key of", "quantity"),
        ([measure("a_b", "customer_id", more='kind = "distinct"\nover_time = "adds"')], "never added up", "key over_time",
         "recomputed in each period"),
        ([measure("a_b", "payable_amount", more='kind = "distinct"')], "names or ids", "key of", "order_id"),
        ([measure("paid_amount")], "built-in measure has this id", "key id", "own_paid_amount"),
        ([measure("channel_id")], "has this name already", "key id", "own_channel_id"),
        ([measure("visitors_mine")], "has this name already", "key id", "own_visitors_mine"),
        ([measure("a_b"), measure("a_b")], "another measure has this id", "measure 2", "of its own"),
        ([LIVE.replace(', zh = "自有"', "")], "one language only", "key name.zh", "en and zh"),
        ([LIVE.replace("of =", "off =")], "key is missing", "key of", "of ="),
        ([LIVE + 'knid = "sum"'], "has no such key", "key knid", "did you mean kind"),
        ([indicator("a_b", "pay_amount", "buyers", unit="money")], "no measure has this name", "key numerator", "paid_amount"),
        ([indicator("a_b", "paid_amount", "buyers")], "money ÷ count is not measured so", "key unit", "money"),
        ([indicator("a_b", "orders", "paid_amount")], "no unit is known", "key denominator", "like units"),
        ([indicator("a_b", "paid_amount", unit="count")], "a total of money", "key unit", "money"),
        ([indicator("a_b", "buyers", unit="cuont")], "cannot be used", "key unit", "count"),
        ([indicator("a_b", "paid_amount", "list_amount").replace('["paid_amount"]', '["paid_amount", "units"]')],
         "unlike units are added", "key numerator", "one unit"),
        ([indicator("a_b", "buyers", "visitors").replace('["buyers"]', '["buyers", "ordering_buyers"]')],
         "distinct counts are added", "key numerator", "one measure"),
        ([indicator("a_b", "stock_value", unit="money")], "must not be added up", "key numerator", "another measure"),
        ([indicator("a_b", "refund_amount", "paid_amount", more='minus = ["units"]')], "unlike units are subtracted", "key minus",
         "same unit"),
        ([indicator("a_b", "paid_amount", "acquisition_spend", unit="times", more='slices = ["category"]')],
         "not every part can be cut by category: acquisition_spend (ad_spend)", "key slices", "platform, shop, channel"),
        ([indicator("a_b", "buyers", "visitors", more='slices = ["categroy"]')], "cannot be used", "key slices", "category"),
        ([indicator("c4", "paid_amount", "buyers", unit="money")], "built-in indicator has this id", "key id", 'replaces = "C4"'),
        ([indicator("!C44", "paid_amount", "buyers", unit="money")], "no built-in indicator", "key replaces", "C4"),
        ([indicator("!C4", "buyers", "visitors")], "in its own unit", "key unit", "money, or a new id"),
        ([indicator("!D3", "buyers", "visitors")], "D3 cannot be replaced", "key replaces", "a new id"),
        ([indicator("definitions", "buyers", "visitors")], "cannot be the id", "key id", "not definitions"),
        ([indicator("a_b", "buyers", "visitors", more='companion_of = "C9"')], "no indicator has this id", "key companion_of",
         "C"),
        ([SHARE, LIVE, SHARE], "another definition has this id", "indicator 2", "of its own"),
        ([indicator("a_b", "buyers", "visitors").replace(f"{TOLD}\n", "")], "key is missing", "key definition", "definition"),
        ([indicator("a_b", "buyers", "visitors").replace(f"{WORDS}\n", "")], "needs a name", "key name", "zh"),
        ([target("C44", "2024-01-01")], "no indicator has this id", "key kpi", "C4"),
        ([target("C4", "2024-01-01", target='"+3pp"')], "percentage points", "key target", "+10%"),
        ([target("C4", "2024-01-01", target='"ten"')], "cannot be read", "key target", "+10%"),
        ([target("C4", "2024-01-01", floor=120)], "not in order", "key floor", "floor < baseline < target"),
        ([target("K1", "2024-01-01")], "not in order", "key floor", "lower is better"),
        ([target("C4", "2024-01-01", more='unit = "USD"')], "not measured so", "key unit", "CNY or money"),
        ([target("C4", "2024-01-01", baseline='"last year"')], "no range of periods", "key baseline", "2017"),
        ([target("C4", "2024-01-01"), target("C4", "2024-01-01")], "begins on this day", "target 2", "another day"),
        ([target("D2", "2024-01-01", baseline=0.5, more='platform = "tmall"')], "cannot be cut by platform", "key platform",
         "no platform"),
        (["[[mesure]]\nid = 1"], "no such part", "key mesure", "did you mean measure?"),
        (["[[measure]\nid = 1"], "cannot be read", "kpis/own.toml", "valid TOML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_would_do(
    texts: list[str], what: str, where: str, allowed: str
) -> None:
    told = problem(*texts)
    assert what in told["failed"]
    assert where in told["where"]
    assert allowed in told["allowed"]
    assert told["next"].startswith("edit kpis/own.toml")
    assert told["state"] == "nothing was changed"


def test_a_line_number_is_that_of_the_key() -> None:
    text = LIVE + SHARE.replace('unit = "share"', 'unit = "money"')
    line = int(problem(text)["where"].split("line ")[1].split(",")[0])
    assert text.splitlines()[line - 1] == 'unit = "money"'


def test_a_broken_measure_is_told_once_and_not_again_by_its_indicators() -> None:
    assert "no such column" in problem(LIVE.replace("payable_amount", "payable"), SHARE)["failed"]


def test_every_problem_of_a_file_is_told_at_once() -> None:
    found = compiled(
        measure("a_b", "nothing_here"), indicator("c_d", "pay", "buyers"), target("Q9", "2024-01-01")
    ).problems
    assert [str(p.where).split(", ")[2] for p in found] == ["measure 1", "indicator 1", "target 1"]
    with pytest.raises(KpiDefinitionError, match="no such column"):
        compiled(measure("a_b", "nothing_here")).whole()


def test_what_replaces_a_built_in_indicator_stands_in_its_place_and_says_so() -> None:
    found = compiled(indicator("!C4", "paid_amount", "orders", unit="money").replace(f"{WORDS}\n", "")).whole()
    made = found.indicators["C4"]
    assert (found.origin("C4"), made.dimension, made.starred) == ("replaced", "C", True)
    assert made.own is not None
    assert made.own.name == ("Average order value", "客单价")
    assert list(found.indicators) == list(BUILT_IN.indicators)


def test_remarks_tell_what_is_allowed_and_worth_knowing() -> None:
    told = {r.code for r in compiled(indicator("a_b", "paid_amount", "ordered_amount")).remarks}
    assert told == {"axes", "share"}
    assert compiled(LIVE, SHARE).remarks == ()
    stock = measure("stock_now", "value", fact="stock_levels", day="stock_day", more='over_time = "daily"')
    assert [r.code for r in compiled(stock, indicator("a_b", "stock_now", unit="money")).remarks] == ["daily"]


def test_counts_of_buyers_by_history_bring_their_own_horizons() -> None:
    found = compiled(
        indicator("a_b", "repeat_30", "buyers_30"), indicator("c_d", "active_30", "cohort_30"),
        indicator("e_f", "acquisition_spend", "new_buyers", unit="money"),
    ).whole().indicators  # fmt: skip
    assert (found["a_b"].history_days, found["c_d"].horizon_days) == (30, 30)
    assert (found["e_f"].history_days, found["e_f"].history_from) == (365, "start")


def test_a_target_holds_from_its_day_and_for_its_platform() -> None:
    found = compiled(
        target("C4", "2024-01-01"), target("C4", "2024-07-01", baseline=200),
        target("C4", "2024-07-01", baseline=300, more='platform = "tmall"\nunit = "CNY"'),
    ).whole()  # fmt: skip

    def baseline(day: str, platform: str | None = None) -> object:
        held = found.target("C4", dt.date.fromisoformat(day), platform)
        return held.anchors.baseline if held else None

    assert [baseline(d) for d in ("2023-12-31", "2024-06-30", "2024-07-01")] == [None, 100, 200]
    assert [baseline(d, "tmall") for d in ("2024-06-30", "2024-07-01")] == [100, 300]
    assert baseline("2024-08-01", "site") == 200


def test_the_file_in_the_documentation_is_a_good_one() -> None:
    page = (Path(__file__).parents[3] / "docs" / "definitions.md").read_text(encoding="utf-8")
    found = compiled(page.split("```toml\n")[1].split("```")[0])
    assert [p.message() for p in found.problems] == []
    assert set(found.definitions.sources) == {"live_order_value", "C4"}
    assert found.definitions.targets[0].unit == "money"


def test_yaml_says_the_same_as_toml() -> None:
    text = """
# live sales
measure:
  - id: live_amount
    fact: order_lines
    day: paid_day
    of: payable_amount
    where: "channel_id = 'live'"
    name: {en: Own, zh: 自有}
indicator:
  - id: live_share
    unit: share
    direction: up
    numerator: [live_amount]
    denominator:
      - paid_amount
    name: {en: Own, zh: 自有}
    definition:
      en: Told here.
      zh: 在此说明。
target:
  - {kpi: live_share, from: 2024-01-01, baseline: 0.2, floor: -5pp, target: +5pp}
"""
    found = compiled(text, file="kpis/own.yaml").whole()
    assert found.indicators["live_share"] == compiled(LIVE, SHARE).whole().indicators["live_share"]
    assert found.targets[0].anchors.floor == "-5pp"
    wrong = problem(text.replace("of: payable_amount", "of: payable"), file="kpis/own.yaml")
    assert "kpis/own.yaml, line 7, measure 1, key of" in wrong["where"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x 1", "& is not part"), ("a: |\n  b", "| is not part"), ("a:\n\t- b", "a tab"), ("a: 1\na: 2", "twice"),
        ("a: [1, 2", "a comma or ]"), ("a: 'b", "not closed"), ("a: 1\n  b: 2", "further left or right"), ("a: {b 1}", "a colon"),
    ],
)  # fmt: skip
def test_yaml_that_is_not_plain_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(YamlError, match=r"line \d+") as caught:
        load_yaml(text)
    assert said in str(caught.value)


def test_yaml_texts_stay_texts() -> None:
    assert load_yaml("a: no\nb: 012\nc: 'it''s # here' # remark\nd: -2.5\ne: ~\nf:\n- 1\n- x: 2\n  y: true") == {
        "a": "no", "b": "012", "c": "it's # here", "d": -2.5, "e": None, "f": [1, {"x": 2, "y": True}],
    }  # fmt: skip


def test_expressions_know_their_columns_and_units() -> None:
    node = parse("coalesce(freight_amount, 0) + payable_amount")
    assert (names(node), needed(node)) == ({"freight_amount", "payable_amount"}, {"payable_amount"})
    assert addable(node, "orders") == "money"
    assert addable(parse("first_response_seconds / 60"), "tickets") == "minutes"
    assert addable(parse("days(ordered_day, paid_day)"), "order_lines") == "days"
    assert addable(parse("payable_amount * (1 - discount_platform / list_amount)"), "order_lines") == "money"
    assert addable(parse("received_quantity * unit_cost"), "purchase_orders") == "money"


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "a; drop table x", "(" * 60 + "a", "a." + "b", "x" * 501, 'a = "b"', "a[0]", "1 if a else 2"],
)
def test_nothing_but_the_small_language_is_read(text: str) -> None:
    with pytest.raises(KpiDefinitionError):
        parse(text)
