"""A request in words becomes a checked request, or an error that names the nearest word."""

from __future__ import annotations

import datetime as dt

import pytest

from shopkeeper.errors import NotFound, UsageError
from shopkeeper.kpi.asked import parse_request
from shopkeeper.kpi.catalogue import INDICATORS, MATRIX, MEASURES, indicator
from shopkeeper.kpi.definition import DIMENSIONS
from shopkeeper.warehouse.model import TABLES


def test_both_ends_are_included_whatever_their_length() -> None:
    asked = parse_request(from_="2017-W40", to="2017-Q4")
    assert (asked.start, asked.end) == (dt.date(2017, 10, 2), dt.date(2018, 1, 1))


def test_lists_and_repetitions_are_the_same_and_double_names_count_once() -> None:
    asked = parse_request(by=["category,shop", "shop"], kpis=["c4", "C4,paid_amount"])
    assert asked.by == ("category", "shop")
    assert asked.kpis == ("C4", "paid_amount")


def test_filters_gather_by_dimension_and_an_empty_value_is_the_unknown_one() -> None:
    asked = parse_request(filters=["category=Drinks", "shop=s1", "category=", "category=a=b"])
    assert asked.filters == (("category", ("Drinks", None, "a=b")), ("shop", ("s1",)))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"grain": "mnth"}, "month"), ({"by": ["plaform"]}, "platform"), ({"kpis": ["aov"]}, "no indicator"),
        ({"filters": ["Drinks"]}, "DIM=VALUE"), ({"from_": "2017-05", "to": "2017-04"}, "ends before it begins"),
        ({"from_": "1950", "to": "2100"}, "too long"), ({"to": "soon"}, "not a period"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_the_nearest_word(words: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_request(**words)  # type: ignore[arg-type]


def test_indicators_are_found_in_any_case() -> None:
    assert indicator("u3.RETURNING").id == "U3.returning"
    with pytest.raises(NotFound, match="U3"):
        indicator("U33")


def test_the_matrix_is_7_dimensions_and_25_indicators() -> None:
    assert len(MATRIX) == 25
    assert {i.dimension for i in MATRIX} == set(DIMENSIONS)


def test_every_need_and_every_measure_names_a_column_that_exists() -> None:
    special = {"order_lines.unpaid", "visits.visitors", "visits.carting_visitors", "ledger_entries.fees"}
    for declared in INDICATORS.values():
        for need in set(declared.needs) - special:
            table, column = need.split(".")
            assert TABLES[table].column(column), need
    for measure in MEASURES.values():
        assert TABLES[measure.fact].column(measure.day).type == "day", measure.id


def test_every_companion_stands_beside_an_indicator_of_the_matrix() -> None:
    beside = {i.companion_of for i in INDICATORS.values() if i.companion_of}
    assert beside <= set(INDICATORS)


def test_a_day_axis_is_that_of_its_indicators_parts_only_once_a_fact() -> None:
    """A ratio of one fact whose halves lie on different day axes compares different rows; none may."""
    for declared in INDICATORS.values():
        parts = [MEASURES[p] for p in (*declared.numerator, *declared.denominator) if p in MEASURES]
        axes = {(m.fact, m.day) for m in parts}
        assert len(axes) == len({fact for fact, _ in axes}), declared.id
