"""What the comparison says is Fellegi and Sunter's weight, worked out here by hand from the same parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from shopkeeper.customers.oneid.comparing import Column, Comparing, Model, link_threshold, scored, trained, usable

WHAT = Comparing((Column("name", "near"), Column("region"), Column("band")), (("name", "region"), ("name", "band")))
NAMES = [
    f"{first}{last}"
    for first in ("anna", "bert", "cleo", "dora", "emil", "fred", "gina", "hugo")
    for last in "abcdefghij"
]


@pytest.fixture
def own() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def people() -> tuple[pa.Table, set[tuple[str, str]]]:
    """1,500 people, 400 of them written down twice, one time in eight with another region."""
    draw = np.random.default_rng(5)
    rows = [
        {"record_id": f"p{n:04d}", "name": f"{draw.choice(NAMES)}{draw.integers(60)}", "region": f"r{draw.integers(25)}",
         "band": f"b{draw.integers(8)}"}
        for n in range(1500)
    ]  # fmt: skip
    twice = []
    for row in rows[:400]:
        moved = {"region": f"r{draw.integers(25)}"} if draw.uniform() < 0.125 else {}
        twice.append({**row, **moved, "record_id": f"{row['record_id']}x"})
    return pa.Table.from_pylist(rows + twice), {(r["record_id"], f"{r['record_id']}x") for r in rows[:400]}


@pytest.fixture(scope="module")
def model() -> Model:
    with duckdb.connect() as connection:
        found = trained(connection, people()[0], WHAT)
    assert found is not None
    return Model.from_json(found.to_json())


def weight_by_hand(model: Model, pair: tuple[dict[str, str], dict[str, str]]) -> float:
    prior = model.settings["probability_two_random_records_match"]
    bits = np.log2(prior / (1 - prior))
    similar = duckdb.sql(f"SELECT jaro_winkler_similarity('{pair[0]['name']}', '{pair[1]['name']}')").fetchone()
    for comparison in model.settings["comparisons"]:
        name = comparison["output_column_name"]
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        equal = pair[0][name] == pair[1][name]
        if name == "name":
            assert similar is not None
            at = 0 if equal else 1 if similar[0] >= 0.92 else 2 if similar[0] >= 0.85 else 3
        else:
            at = 0 if equal else 1
        bits += np.log2(levels[at]["m_probability"] / levels[at]["u_probability"])
    return float(bits)


def test_weights_probabilities_and_evidence_are_those_of_the_formula(
    own: duckdb.DuckDBPyConnection, model: Model
) -> None:
    records, truth = people()
    pairs = scored(own, records, model)
    by_id = {row["record_id"]: row for row in records.to_pylist()}
    prior = model.settings["probability_two_random_records_match"]
    assert pairs.num_rows > 300
    for row in pairs.slice(0, 200).to_pylist():
        told = weight_by_hand(model, (by_id[row["left_id"]], by_id[row["right_id"]]))
        assert row["weight"] == pytest.approx(told, abs=1e-6)
        assert row["probability"] == pytest.approx(2**told / (1 + 2**told), abs=1e-9)
        assert sum(json.loads(row["evidence"]).values()) == pytest.approx(told - np.log2(prior / (1 - prior)), abs=0.02)
    linked = {(r["left_id"], r["right_id"]) for r in pairs.to_pylist() if r["probability"] >= model.link_from}
    assert len(linked & truth) / len(linked) >= 0.95
    assert len(linked & truth) / len(truth) >= 0.8


def test_a_few_records_are_scored_as_all_of_them_are(own: duckdb.DuckDBPyConnection, model: Model) -> None:
    records, _ = people()
    every = scored(own, records, model).to_pylist()
    focus = ["p0003", "p0007x", "p1400"]
    some = scored(own, records, model, focus).to_pylist()
    assert some == [row for row in every if row["left_id"] in focus or row["right_id"] in focus]
    assert some
    assert scored(own, records, model, []).num_rows == 0


def test_too_few_records_or_columns_estimate_nothing(own: duckdb.DuckDBPyConnection) -> None:
    records, _ = people()
    assert trained(own, records.slice(0, 50), WHAT) is None
    assert usable(records, Comparing((Column("name"),), (("name",),))) is None
    assert usable(records.drop_columns(["region", "band"]), WHAT) is None
    assert usable(records.drop_columns(["band"]), WHAT) == Comparing(WHAT.columns[:2], WHAT.blocks[:1])


def test_the_threshold_keeps_the_estimated_precision() -> None:
    draw = np.random.default_rng(3).uniform(size=5000)
    at = link_threshold(draw, 0.99)
    assert draw[draw >= at].mean() >= 0.99
    assert draw[draw >= at - 0.002].mean() < 0.99
    assert link_threshold(np.array([0.5, 0.6]), 0.99) == 1.0
