"""Any rule takes the same people whether SQL or pandas asks it, and reads back as it was written."""

from __future__ import annotations

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.customers.rules import Condition, Rule, compiled, read_rule, rule_of
from shopkeeper.errors import UsageError
from tests.tiny_shop import make_tiny

AS_OF = dt.date(2024, 6, 30)
FRAME = pd.DataFrame({
    "ref": [f"c{n}" for n in range(24)],
    "orders": [n % 5 if n % 7 else None for n in range(24)],
    "paid": [Decimal(n * 37 % 101) if n % 6 else None for n in range(24)],
    "refund_share": [n / 24 if n % 4 else None for n in range(24)],
    "last_order_day": [dt.date(2024, 6, 30) - dt.timedelta(days=n * 5) if n % 5 else None for n in range(24)],
    "region": [("Suzhou", "Xian", None)[n % 3] for n in range(24)],
    "has_phone": [(True, False, None)[n % 3] for n in range(24)],
    "categories": [(["tea"], ["tea", "cup"], [], None)[n % 4] for n in range(24)],
})  # fmt: skip
COMPARE = {
    ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, "<": lambda a, b: a < b,
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip

numbers = st.tuples(st.sampled_from(["orders", "paid"]), st.sampled_from(list(COMPARE)), st.integers(-2, 110).map(str))
shares = st.tuples(st.just("refund_share"), st.sampled_from(list(COMPARE)), st.sampled_from(["25%", "0.5", "0", "1"]))
days = st.tuples(
    st.just("last_order_day"), st.sampled_from(list(COMPARE)), st.sampled_from(["2024-05-01", "-30 days", "-0 days"])
)
texts = st.tuples(
    st.just("region"), st.sampled_from(["=", "!=", "in", "not in"]), st.sampled_from(["Suzhou", "Xian", "it's"])
)
flags = st.tuples(st.just("has_phone"), st.sampled_from(["=", "!="]), st.sampled_from(["true", "false"]))
lists = st.tuples(st.just("categories"), st.sampled_from(["has", "has not"]), st.sampled_from(["tea", "cup", "mug"]))
absent = st.tuples(
    st.sampled_from(["orders", "region", "categories"]), st.sampled_from(["known", "unknown"]), st.just("")
)
conditions = st.one_of(numbers, shares, days, texts, flags, lists, absent).map(
    lambda c: {c[0]: f"{c[1]} {c[2]}".strip()}
)
rules = st.recursive(
    st.builds(
        lambda join, parts: {join: parts},
        st.sampled_from(["all", "any", "none"]),
        st.lists(conditions, min_size=1, max_size=4),
    ),
    lambda inner: st.builds(
        lambda join, parts: {join: parts},
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner | conditions, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


def by_pandas(rule: Rule | Condition, row: pd.Series) -> bool:  # type: ignore[type-arg]
    """The same question, asked of one row by hand."""
    if isinstance(rule, Rule):
        told = [by_pandas(part, row) for part in rule.parts]
        return {"all": all(told), "any": any(told), "none": not any(told)}[rule.join]
    value = row[rule.dimension]
    missing = not isinstance(value, list) and pd.isna(value)
    if rule.operator in ("known", "unknown"):
        return missing == (rule.operator == "unknown")
    if missing:
        return False
    text = rule.values[0]
    if rule.operator in ("in", "not in"):
        return (value in rule.values) == (rule.operator == "in")
    if rule.operator in ("has", "has not"):
        return (text in value) == (rule.operator == "has")
    wanted: object
    if rule.dimension == "last_order_day":
        wanted = (
            AS_OF - dt.timedelta(days=int(text.split()[0][1:])) if text.startswith("-") else dt.date.fromisoformat(text)
        )
    elif rule.dimension == "region":
        wanted = text
    elif rule.dimension == "has_phone":
        wanted = text == "true"
    else:
        wanted = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        value = float(value)
    return bool(COMPARE[rule.operator](value, wanted))


@pytest.fixture(scope="module")
def lake():  # type: ignore[no-untyped-def]  # noqa: ANN201
    with tempfile.TemporaryDirectory() as folder:
        tiny = make_tiny(Path(folder) / "shop")
        rows = ", ".join(
            "(" + ", ".join(
                "NULL" if not isinstance(v, list) and pd.isna(v) else f"CAST({v!r} AS VARCHAR[])" if isinstance(v, list)
                else f"DATE '{v}'" if isinstance(v, dt.date) else f"'{v}'" if isinstance(v, str) else str(v) for v in row
            ) + ")" for row in FRAME.itertuples(index=False)
        )  # fmt: skip
        tiny.shop.lake.query(f"CREATE TEMP TABLE frame AS SELECT * FROM (VALUES {rows}) f({', '.join(FRAME.columns)})")
        yield tiny.shop.lake
        tiny.shop.close()


@given(rules)
def test_sql_and_pandas_take_the_same_people(lake, given_rule: dict[str, object]) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    rule = rule_of(given_rule)
    assert read_rule(rule.as_json()) == rule
    found = [
        ref for (ref,) in lake.query(f"SELECT ref FROM frame WHERE {compiled(rule, AS_OF)} ORDER BY ref").fetchall()
    ]
    assert found == sorted(row["ref"] for _, row in FRAME.iterrows() if by_pandas(rule, row))


@pytest.mark.parametrize(("text", "says"), [
    ("", "empty"), ("{", "neither JSON nor TOML"), ('{"all": []}', "list of conditions"),
    ('{"every": [{"orders": "1"}]}', "all, any and none"),
    ('{"all": [{"oders": ">= 1"}]}', "orders"), ('{"all": [{"orders": ">= many"}]}', "no number"),
    ('{"all": [{"region": ">= 1"}]}', "does not fit"),
    ('{"all": [{"last_order_day": "> 5"}]}', "no day"), ('{"all": [{"orders": ">="}]}', "needs a value"),
    ('{"all": [{"has_phone": "maybe"}]}', "neither yes"),
    ('{"all": [{"orders": "known 3"}]}', "nothing stands behind"), ('{"all": [{"orders": ">= 1e99"}]}', "no number"),
])  # fmt: skip
def test_a_wrong_rule_is_told_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_rule(text)


def test_toml_says_the_same_as_json() -> None:
    assert read_rule('all = [{ orders = ">= 2" }, { any = [{ region = "Xian" }, { has_phone = true }] }]') == read_rule(
        '{"all": [{"orders": ">= 2"}, {"any": [{"region": "= Xian"}, {"has_phone": "= true"}]}]}'
    )
