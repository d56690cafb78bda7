"""Comparison of records that share no key: Fellegi–Sunter weights, estimated and applied by splink on DuckDB.

The core knows nothing of customers: records are a table with `record_id`, a `Comparing` says which columns say what, and a
`Model` (plain JSON) holds what was estimated, so that a later run scores new records as an earlier one would have.

Model: columns agree or not independently of one another, given that two records are or are not the same one; a column that one
side lacks says nothing. Weight in bits = log2(λ / (1 − λ)) + Σ log2(m / u).
Source: I. P. Fellegi, A. B. Sunter, "A theory for record linkage" (1969); estimated by expectation maximisation.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from splink.internals.comparison_creator import ComparisonCreator

LEAST_RECORDS = 200
"""Fewer records than this give no estimate worth the name."""
MOST_IN_BLOCK = 200
"""Values of a block that more records share are left out: pairs grow with records, not with their square."""
LEAST_PROBABILITY = 0.02
"""Pairs below are not told at all."""
_SEED = 20_240_601
_TRAINING_PAIRS = 2e6
_ASSUMED_RECALL = 0.7

How = Literal["exact", "near", "date"]


@dataclass(frozen=True)
class Column:
    """A column to compare. near: equal, or alike by Jaro–Winkler at 0.92 and 0.85; date: equal, or two digits differ."""

    name: str
    how: How = "exact"


@dataclass(frozen=True)
class Comparing:
    """What to compare, and which columns must be equal for two records to be compared at all (any of the blocks)."""

    columns: tuple[Column, ...]
    blocks: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Model:
    """What was estimated, as splink writes it; `link_from` is the probability from which on links are made by themselves."""

    comparing: Comparing
    settings: dict[str, Any]
    common: tuple[str, ...]
    link_from: float

    def to_json(self) -> str:
        """As text. Blocks that are too common are kept as hashes, never as names."""
        columns = [[c.name, c.how] for c in self.comparing.columns]
        return json.dumps(
            {"columns": columns, "blocks": self.comparing.blocks, "settings": self.settings, "common": self.common,
             "link_from": self.link_from}
        )  # fmt: skip

    @classmethod
    def from_json(cls, text: str) -> Model:
        """The model of `to_json`."""
        said = json.loads(text)
        columns = tuple(Column(name, how) for name, how in said["columns"])
        blocks = tuple(tuple(block) for block in said["blocks"])
        return cls(Comparing(columns, blocks), said["settings"], tuple(said["common"]), said["link_from"])


def usable(records: pa.Table, comparing: Comparing) -> Comparing | None:
    """The comparison without columns that (nearly) nobody has; None when nothing is left to block by or to weigh."""
    told = {
        c.name
        for c in comparing.columns
        if c.name in records.column_names and records.num_rows - records[c.name].null_count >= LEAST_RECORDS
    }
    known = {n for n in records.column_names if records.num_rows - records[n].null_count >= LEAST_RECORDS}
    blocks = tuple(block for block in comparing.blocks if known.issuperset(block))
    columns = tuple(c for c in comparing.columns if c.name in told)
    return Comparing(columns, blocks) if blocks and len(columns) >= 2 else None


def trained(
    connection: duckdb.DuckDBPyConnection, records: pa.Table, comparing: Comparing, *, precision: float = 0.99
) -> Model | None:  # fmt: skip
    """Estimate a model from records without labels; None when they are too few or tell too little.

    Args:
        connection: a database of its own in memory: splink makes tables in it.
        records: `record_id` and the columns, one row a record.
        comparing: what is compared.
        precision: the share of right ones that links made by themselves shall have, by the model's own probabilities.
    """
    from splink import DuckDBAPI, Linker, block_on

    chosen = usable(records, comparing)
    if chosen is None:
        return None
    common = _common_blocks(connection, records, chosen)
    _blocked(connection, records, chosen, common)
    linker = Linker(DuckDBAPI(connection).register("records"), _settings(chosen), log_level="ERROR")
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*(c.name for c in chosen.columns))], recall=_ASSUMED_RECALL
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=_TRAINING_PAIRS, seed=_SEED)
    for block in _training_blocks(chosen):
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*block), fix_u_probabilities=True, max_pairs=_TRAINING_PAIRS
        )
    settings = _filled(linker.misc.save_model_to_json())
    drafted = Model(chosen, settings, common, 1.0)
    probabilities = scored(connection, records, drafted)["probability"].to_numpy()
    return Model(chosen, settings, common, link_threshold(probabilities, precision))


def _training_blocks(comparing: Comparing) -> list[tuple[str, ...]]:
    """Blocks to learn in. A block teaches nothing of what it holds fixed: what all hold is learnt by blocking on the others."""
    names = [c.name for c in comparing.columns]
    found = [block for block in comparing.blocks if not set(block).issuperset(names)]
    for name in names:
        if not any(name not in block for block in found):
            found.append(tuple(other for other in names if other != name))
    return found


def _filled(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with a neutral weight wherever a level was never seen: what was never seen says nothing."""
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            if not level.get("is_null_level"):
                m, u = level.get("m_probability"), level.get("u_probability")
                known = m or u or 0.5
                level["m_probability"], level["u_probability"] = m or known, u or known
    return settings


def link_threshold(probabilities: NDArray[np.float64], precision: float, *, least: float = 0.9) -> float:
    """The probability from which on links may be made by themselves: those at or above it are right in this share of cases.

    Estimated from the model's own probabilities, so it is as good as they are; never below `least`.

    >>> link_threshold(np.array([0.999, 0.99, 0.95, 0.2]), 0.99)
    0.99
    """
    falling = np.sort(probabilities)[::-1]
    right = np.cumsum(falling) / np.arange(1, len(falling) + 1)
    enough = falling[(right >= precision) & (falling >= least)]
    return float(enough[-1]) if len(enough) else 1.0


def scored(
    connection: duckdb.DuckDBPyConnection, records: pa.Table, model: Model, focus: Sequence[str] | None = None
) -> pa.Table:  # fmt: skip
    """Pairs of records with their weight, their probability and what each column adds.

    Args:
        connection: a database of its own in memory.
        records: as for `trained`.
        model: what was estimated.
        focus: only pairs with one of these records at an end; all pairs without it.

    Returns:
        left_id, right_id (in order), weight (bits), probability, and `evidence`: JSON of column → bits.
    """
    import pyarrow as pa
    from splink import DuckDBAPI, Linker

    _blocked(connection, records, model.comparing, model.common, focus)
    settings = dict(model.settings)
    only = "" if focus is None else " AND (l.in_focus OR r.in_focus)"
    settings["blocking_rules_to_generate_predictions"] = [
        {"blocking_rule": f"l.block_{n} = r.block_{n}{only}", "sql_dialect": "duckdb"}
        for n in range(len(model.comparing.blocks))
    ]
    empty = pa.schema(
        [("left_id", pa.string()), ("right_id", pa.string()), ("weight", pa.float64()), ("probability", pa.float64()),
         ("evidence", pa.string())]
    ).empty_table()  # fmt: skip
    if connection.execute("SELECT count(*) < 2 FROM records").fetchone() == (True,):
        return empty
    linker = Linker(DuckDBAPI(connection).register("records"), settings, log_level="ERROR")
    pairs = linker.inference.predict(threshold_match_probability=LEAST_PROBABILITY)
    told = ", ".join(f"'{c.name}', round(mw_{c.name}, 2)" for c in model.comparing.columns)
    return connection.execute(
        "SELECT least(record_id_l, record_id_r) AS left_id, greatest(record_id_l, record_id_r) AS right_id, "
        f"match_weight AS weight, match_probability AS probability, CAST(json_object({told}) AS VARCHAR) AS evidence "
        f"FROM {pairs.physical_name} ORDER BY 1, 2"
    ).to_arrow_table()


def _settings(comparing: Comparing) -> dict[str, Any]:
    from splink import SettingsCreator, block_on

    settings: dict[str, Any] = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=[_comparison(c) for c in comparing.columns],
        blocking_rules_to_generate_predictions=[block_on(f"block_{n}") for n in range(len(comparing.blocks))],
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=False,
    ).create_settings_dict("duckdb")
    return settings


def _comparison(column: Column) -> ComparisonCreator:
    import splink.comparison_library as library

    if column.how == "near":
        return library.JaroWinklerAtThresholds(column.name, [0.92, 0.85])
    if column.how == "date":
        return library.DamerauLevenshteinAtThresholds(column.name, [1, 2])
    return library.ExactMatch(column.name)


def _block(columns: Sequence[str]) -> str:
    """SQL of a block's value: a hash of its columns, none where one of them is missing."""
    parts = " || chr(31) || ".join(f'CAST("{name}" AS VARCHAR)' for name in columns)
    return f"md5({parts})"


def _common_blocks(connection: duckdb.DuckDBPyConnection, records: pa.Table, comparing: Comparing) -> tuple[str, ...]:
    connection.register("given", records)
    found = " UNION ALL ".join(
        f"SELECT {n} || ' ' || {_block(block)} AS value FROM given" for n, block in enumerate(comparing.blocks)
    )
    rows = connection.execute(
        f"SELECT value FROM ({found}) WHERE value IS NOT NULL GROUP BY 1 HAVING count(*) > {MOST_IN_BLOCK} ORDER BY 1"
    ).fetchall()
    connection.unregister("given")
    return tuple(value for (value,) in rows)


def _blocked(
    connection: duckdb.DuckDBPyConnection, records: pa.Table, comparing: Comparing, common: Sequence[str],
    focus: Sequence[str] | None = None,
) -> None:  # fmt: skip
    """Leave the table `records`: with blocks, and with `focus` only those that share a block with one in it."""
    import pyarrow as pa

    connection.register("given", records)
    connection.register("common", pa.table({"value": pa.array(common, pa.string())}))
    connection.register("focus", pa.table({"record_id": pa.array(focus or (), pa.string())}))
    blocks = ", ".join(
        f"CASE WHEN {n} || ' ' || {_block(block)} NOT IN (FROM common) THEN {_block(block)} END AS block_{n}"
        for n, block in enumerate(comparing.blocks)
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE records AS SELECT given.*, {blocks}, record_id IN (FROM focus) AS in_focus FROM given"
    )
    if focus is not None:
        near = " OR ".join(
            f"block_{n} IN (SELECT block_{n} FROM records WHERE in_focus)" for n in range(len(comparing.blocks))
        )
        connection.execute(f"DELETE FROM records WHERE NOT coalesce({near}, false)")
    for name in ("given", "common", "focus"):
        connection.unregister(name)
