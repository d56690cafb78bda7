"""The reasons to take customers for one person: shared keys, comparisons, and what people said; one row a pair and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shopkeeper.customers.oneid.comparing import Column, Comparing
from shopkeeper.customers.oneid.decisions import Standing
from shopkeeper.customers.oneid.keys import COMPARED, CONFIDENCE, HOLDERS, LIVE
from shopkeeper.customers.oneid.scope import CHANGED, NODES, put
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.sql import literal

if TYPE_CHECKING:
    import pyarrow as pa

REASONS = "oneid_reasons"
"""Temp table: left_id, right_id, kind, confidence, weight, holds (whether it links by itself), evidence (JSON)."""

WHAT_IS_COMPARED = Comparing(
    (
        Column("name", "near"), Column("region"), Column("gender"), Column("age_band"), Column("phone_hash"),
        Column("email_hash"),
    ),
    (("name", "region"), ("name", "age_band", "gender"), ("initial", "region", "age_band", "gender")),
)  # fmt: skip
"""A key that both have and that differs speaks against them; one that is equal has linked them already."""

_SHARED_BELOW = 0.7
"""Names less alike than this (Jaro–Winkler) are those of two people who share a phone or a mailbox."""
_SHARED_CONFIDENCE = 0.5


def collect_reasons(
    lake: Lake, compared: pa.Table | None, link_from: float, standing: Standing, *, whole: bool
) -> None:
    """Leave `REASONS`: every reason with a customer of `NODES` at an end."""
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {REASONS} (left_id VARCHAR, right_id VARCHAR, kind VARCHAR, confidence DOUBLE, "
        "weight DOUBLE, holds BOOLEAN, evidence VARCHAR)"
    )
    _shared_keys(lake, whole=whole)
    if not whole:  # pairs that nothing happened to are as they were
        lake.query(
            f"INSERT INTO {REASONS} SELECT left_id, right_id, kind, confidence, weight, confidence >= {link_from}, evidence "
            f"FROM person_links WHERE kind = 'probable' AND (left_id IN (FROM {NODES}) OR right_id IN (FROM {NODES})) "
            f"AND left_id NOT IN (FROM {CHANGED}) AND right_id NOT IN (FROM {CHANGED})"
        )
    if compared is not None and compared.num_rows:
        lake.connection.register("oneid_compared", compared)
        lake.query(
            f"INSERT INTO {REASONS} SELECT left_id, right_id, 'probable', probability, weight, probability >= {link_from}, "
            f"evidence FROM oneid_compared c ANTI JOIN (SELECT left_id, right_id FROM {REASONS} WHERE kind <> 'probable') k "
            "USING (left_id, right_id)"
        )
        lake.connection.unregister("oneid_compared")
    if standing.together:
        left, right = ([pair[side] for pair in standing.together] for side in (0, 1))
        put(lake, "oneid_said", {"left_id": left, "right_id": right, "number": [*standing.together.values()]})
        lake.query(
            f"INSERT INTO {REASONS} SELECT left_id, right_id, 'manual', 1, NULL, true, "
            "CAST(json_object('decision', number) AS VARCHAR) FROM oneid_said "
            f"WHERE left_id IN (FROM {NODES}) AND right_id IN (FROM {NODES})"
        )


def _shared_keys(lake: Lake, *, whole: bool) -> None:
    """Every pair of holders of a key that few enough hold.

    It `holds` unless both have whole names that differ, or two of its holders are on one platform: which of a household
    the others are, the key does not tell.
    """
    near = "" if whole else f" AND (l.customer_id IN (FROM {NODES}) OR r.customer_id IN (FROM {NODES}))"
    worth = " ".join(f"WHEN {literal(kind)} THEN {value}" for kind, value in CONFIDENCE.items())
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE oneid_pairs AS SELECT l.customer_id AS left_id, r.customer_id AS right_id, l.kind, "
        f"min(h.holders) AS holders, bool_and(h.doubled) AS doubled FROM {LIVE} l "
        f"JOIN {LIVE} r ON l.kind = r.kind AND l.value = r.value "
        f"AND l.customer_id < r.customer_id JOIN {HOLDERS} h ON h.kind = l.kind AND h.value = l.value "
        f"WHERE true{near} GROUP BY ALL"
    )
    names = "SELECT customer_id, lower(trim(name)) AS name FROM customers WHERE name IS NOT NULL AND NOT contains(name, '*')"
    differ = f"a.name <> b.name AND jaro_winkler_similarity(a.name, b.name) < {_SHARED_BELOW}"
    lake.query(
        f"INSERT INTO {REASONS} SELECT p.left_id, p.right_id, p.kind, CASE WHEN doubled OR {differ} THEN {_SHARED_CONFIDENCE} "
        f"ELSE CASE p.kind {worth} END END, NULL, NOT (doubled OR coalesce({differ}, false)), CAST(CASE WHEN {differ} "
        "THEN json_object('holders', p.holders, 'names_differ', true) WHEN doubled THEN json_object('holders', p.holders, "
        "'doubled', true) ELSE json_object('holders', p.holders) END AS VARCHAR) "
        f"FROM oneid_pairs p LEFT JOIN ({names}) a ON a.customer_id = p.left_id "
        f"LEFT JOIN ({names}) b ON b.customer_id = p.right_id"
    )


def described(lake: Lake) -> pa.Table:
    """Customers by what is compared: record_id and the columns. A masked name says nothing."""
    plain = ", ".join(name for name in COMPARED if name != "name")
    return lake.query(
        "SELECT customer_id AS record_id, name, left(name, 1) AS initial, phone_hash, email_hash, "
        f"{plain} FROM (SELECT * REPLACE (CASE WHEN contains(name, '*') THEN NULL ELSE nullif(lower(trim(name)), '') END "
        "AS name) FROM customers) WHERE name IS NOT NULL ORDER BY 1"
    ).to_arrow_table()
