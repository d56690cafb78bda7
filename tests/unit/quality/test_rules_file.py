"""checks.toml: what it may hold, how a mistake in it is told, and that accepting a rule leaves the rest as it was."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from shopkeeper.errors import ConfigError
from shopkeeper.quality.builtin import builtin_rules
from shopkeeper.quality.kinds import KINDS
from shopkeeper.quality.lookups import Dependency, Reconcile
from shopkeeper.quality.rule import OneOf, Pattern, Range, Rule
from shopkeeper.quality.rules_file import FILE_NAME, accept, active_rules, probe
from shopkeeper.warehouse.model import COMMERCE_TABLES


def own(folder: Path, text: str) -> list[Rule]:
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    built_in = set(map(id, builtin_rules()))
    return [rule for rule in active_rules(folder) if id(rule) not in built_in]


def refused(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as error:
        own(folder, text)
    return error.value


def test_without_a_file_the_built_in_rules_apply(tmp_path: Path) -> None:
    assert active_rules(tmp_path) == builtin_rules()


def test_built_in_ids_are_unique_and_name_what_the_model_has() -> None:
    ids = [rule.id for rule in builtin_rules()]
    assert len(ids) == len(set(ids))
    for rule in builtin_rules():
        assert set(rule.columns) <= {column.name for column in COMMERCE_TABLES[rule.table].columns}, rule.id
        assert set(rule.needs) <= set(COMMERCE_TABLES), rule.id


def test_bounds_are_read_as_they_are_written(tmp_path: Path) -> None:
    (rule,) = own(tmp_path, '[[rule]]\ntable = "orders"\nkind = "range"\ncolumn = "payable_amount"\nmax = 0.1\n')
    assert isinstance(rule, Range)
    assert (rule.id, rule.max, rule.severity) == ("orders.payable_amount.range", Decimal("0.1"), "warning")


def test_a_rule_with_a_built_in_id_replaces_it_and_off_removes_one(tmp_path: Path) -> None:
    text = 'off = ["orders.volume"]\n[[rule]]\nid = "orders.freshness"\ntable = "orders"\nkind = "freshness"\nmax_age_days = 9\n'
    (rule,) = own(tmp_path, text)
    assert (rule.id, getattr(rule, "day", ""), getattr(rule, "max_age_days", 0)) == (
        "orders.freshness",
        "ordered_day",
        9,
    )
    ids = [rule.id for rule in active_rules(tmp_path)]
    assert ids.count("orders.freshness") == 1
    assert "orders.volume" not in ids


def test_sums_of_other_tables_are_declared_by_name(tmp_path: Path) -> None:
    text = (
        '[[rule]]\nid = "x"\ntable = "orders"\nkind = "reconcile"\nby = ["shop_id", "order_id"]\n'
        'sums.lines = { table = "order_lines", sum = "payable_amount" }\nholds = "payable_amount >= lines"\n'
    )
    (rule,) = own(tmp_path, text)
    assert isinstance(rule, Reconcile)
    assert rule.needs == ("order_lines",)


@pytest.mark.parametrize(
    ("text", "where", "allowed"),
    [
        ('[[rule]]\ntable = "order"\nkind = "not_null"\ncolumn = "region"', "line 2, rule 1, key table", "orders"),
        ('[[rule]]\ntable = "orders"\nkind = "not_nul"\ncolumn = "region"', "line 3, rule 1, key kind", "not_null"),
        ('[[rule]]\ntable = "orders"\nkind = "not_null"\ncolumn = "regoin"', "line 4, rule 1, key column", "region"),
        ('[[rule]]\ntable = "orders"\nkind = "not_null"\ncolum = "region"', "key", "column"),
        ('[[rule]]\ntable = "orders"\nkind = "not_null"', "line 1, rule 1, key column", ""),
        ('[[rule]]\ntable = "orders"\nkind = "range"\ncolumn = "region"\nmin = "much"', "line 5, rule 1, key min", ""),
        ('[[rule]]\ntable = "orders"\nkind = "not_null"\ncolumn = "region"\nseverity = "bad"', "line 5", "error"),
        ('[[rules]]\ntable = "orders"', "key rules", "rule"),
        ('off = ["orders.freshnes"]', "key off", "orders.freshness"),
        ('off = "orders.freshness"', "key off", "a list of ids"),
        (
            '[[rule]]\ntable = "orders"\nkind = "reference"\ncolumn = "region"\nreferences = "plac"',
            "key references",
            "places",
        ),
        ("[[rule]\n", "checks.toml", ""),
    ],
)
def test_a_mistake_is_told_by_file_line_and_key(tmp_path: Path, text: str, where: str, allowed: str) -> None:
    error = refused(tmp_path, text)
    assert str(tmp_path / FILE_NAME) in error.where
    assert where in error.where
    if allowed != "places":
        assert allowed in error.allowed


def test_the_same_id_twice_is_refused(tmp_path: Path) -> None:
    one = '[[rule]]\ntable = "orders"\nkind = "not_null"\ncolumn = "region"\n'
    assert "rule 2, key id" in refused(tmp_path, one + one).where


@pytest.mark.parametrize("holds", ["freight_amount >", "no_such > 1", "true) FROM orders; DROP TABLE orders; --"])
def test_an_expression_that_the_engine_cannot_read_is_refused_by_name(tmp_path: Path, holds: str) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE orders (freight_amount DECIMAL(18, 4))")
    rules = own(tmp_path, f'[[rule]]\nid = "mine"\ntable = "orders"\nkind = "condition"\nholds = "{holds}"\n')
    with pytest.raises(ConfigError, match="rule mine, key holds") as error:
        probe(connection, rules, tmp_path)
    assert error.value.state == "nothing was checked"
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)


def test_a_broken_regular_expression_is_refused_by_name(tmp_path: Path) -> None:
    rules = own(tmp_path, '[[rule]]\nid = "mine"\ntable = "orders"\nkind = "pattern"\ncolumn = "note"\nregex = "(a"\n')
    with pytest.raises(ConfigError, match="rule mine, key regex"):
        probe(duckdb.connect(), rules, tmp_path)


def test_an_accepted_rule_is_read_back_as_it_was_and_comments_stay(tmp_path: Path) -> None:
    before = '# ours\noff = ["orders.volume"]  # too quiet'
    (tmp_path / FILE_NAME).write_text(before, encoding="utf-8")
    rules: list[Rule] = [
        OneOf(id="orders.region.set", table="orders", column="region", values=('a "b"', "back\\slash", "中文\t")),
        Range(
            id="orders.payable_amount.range",
            table="orders",
            column="payable_amount",
            min=Decimal(0),
            max=Decimal("1E+3"),
        ),
        Pattern(id="orders.note.pattern", table="orders", column="note", regex=r"\p{Lu}{2}-[0-9]+\.[0-9]"),
        Dependency(id="orders.region.dependency", table="orders", column="region", determined_by=("note", "status")),
    ]
    accept(tmp_path, rules, {"orders.region.set": "seen"})
    text = (tmp_path / FILE_NAME).read_text(encoding="utf-8")
    assert text.startswith(before + "\n")
    assert "# seen\n[[rule]]" in text
    built_in = set(map(id, builtin_rules()))
    assert [rule for rule in active_rules(tmp_path) if id(rule) not in built_in] == rules
    assert list(tmp_path.iterdir()) == [tmp_path / FILE_NAME]


def test_accepting_into_a_broken_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("off = [", encoding="utf-8")
    with pytest.raises(ConfigError, match="not valid TOML"):
        accept(tmp_path, [OneOf(id="x", table="orders", column="region", values=("a",))], {})
    assert (tmp_path / FILE_NAME).read_text(encoding="utf-8") == "off = ["


def test_every_kind_has_its_words() -> None:
    from shopkeeper.core.wording import has_word

    assert [kind for kind in KINDS if not has_word(f"check_says.{kind}")] == []
