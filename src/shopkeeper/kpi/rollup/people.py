"""Customers who became other persons: what they add to counts of buyers is taken away as before and added as now.

    customer  before        now           rows of li, lee and wu are kept apart; of them alone every count of buyers is made
    li        li            person P…17   twice, by both groupings, and the difference put into the tables. Facts are the same.
    lee       lee           person P…17
    wu        person P…20   person P…20

Periods that a load has touched are made anew by `facts.mended`, so they are left out here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyarrow as pa

from shopkeeper.core.period import Grain
from shopkeeper.kpi.compiler import FactPlan
from shopkeeper.kpi.relation import BUYER, PERSON, base, part_of
from shopkeeper.kpi.rollup import facts
from shopkeeper.kpi.rollup.table import RolledTable
from shopkeeper.warehouse.changes import AFTER, BEFORE, changed_rows
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import TABLES

REGROUPED = "rollup_regrouped"
"""Temp table of every customer of a person that was or is another: no person has customers within it and outside."""
MEMBERS_BEFORE = "rollup_members_before"
"""Temp table like `person_members`: the persons of these customers before."""
OTHERS = "rollup_others"
"""Temp table of the buyers that these customers were and are."""
PART = "rollup_moved"
"""Rows of these customers, as `relation.part_of` names them."""


def regrouped(lake: Lake, first: int, last: int) -> int:
    """How many customers may be other buyers after `last` than after `first`; leaves `REGROUPED`, `MEMBERS_BEFORE`, `OTHERS`."""
    # A customer's first change tells what it was: of one snapshot what went comes first.
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE rollup_was AS SELECT customer_id, arg_min_null(CASE WHEN linked AND change_type IN "
        f"{BEFORE} THEN person_id END, (snapshot_id, change_type IN {AFTER})) AS person_id "
        f"FROM {changed_rows('person_members', first, last)} GROUP BY 1"
    )
    lake.query(
        "CREATE OR REPLACE TEMP TABLE rollup_other AS SELECT w.customer_id, w.person_id AS was, m.person_id AS is_now "
        "FROM rollup_was w LEFT JOIN (FROM person_members WHERE linked) m USING (customer_id) "
        "WHERE w.person_id IS DISTINCT FROM m.person_id"
    )
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {REGROUPED} AS SELECT customer_id FROM rollup_other UNION SELECT customer_id "
        "FROM person_members WHERE linked AND person_id IN (SELECT unnest([was, is_now]) FROM rollup_other)"
    )
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {MEMBERS_BEFORE} AS SELECT customer_id, was AS person_id, true AS linked "
        "FROM rollup_other WHERE was IS NOT NULL UNION ALL SELECT customer_id, person_id, true FROM person_members "
        f"SEMI JOIN {REGROUPED} USING (customer_id) ANTI JOIN rollup_other USING (customer_id) WHERE linked"
    )
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {OTHERS} AS {_buyers(REGROUPED, MEMBERS_BEFORE)} UNION "
        f"{_buyers(REGROUPED, 'person_members')}"
    )
    row = lake.query(f"SELECT count(*) FROM {REGROUPED}").fetchone()
    return int(row[0]) if row else 0


def _buyers(customers: str, members: str) -> str:
    return (
        f"SELECT coalesce('{PERSON}' || m.person_id, c.customer_id) AS customer_id FROM {customers} c "
        f"LEFT JOIN (FROM {members} WHERE linked) m USING (customer_id)"
    )


def as_buyers(lake: Lake, customers: str, *, regrouped: bool) -> None:
    """Put the buyers that they are in place of a temp table's customers, with those of `OTHERS` where there are any."""
    others = f" UNION SELECT customer_id FROM {OTHERS}" if regrouped else ""
    mapped = f"SELECT * FROM ({_buyers(customers, 'person_members')}){others}"
    lake.query(f"CREATE OR REPLACE TEMP TABLE rollup_mapped AS {mapped}")
    lake.query(f"CREATE OR REPLACE TEMP TABLE {customers} AS FROM rollup_mapped")
    lake.query("DROP TABLE temp.rollup_mapped")


def keep_rows(lake: Lake, plans: Iterable[FactPlan]) -> None:
    """Leave the rows of these customers of every fact that counts buyers, and of what their profits are made of."""
    wanted = set()
    for plan in plans:
        if plan.persons and (plan.with_buyers or _counting(plan)):
            wanted |= {plan.fact, *(("refunds",) if plan.with_profits else ())}
    for fact in sorted(wanted):
        lake.query(
            f"CREATE OR REPLACE TEMP TABLE {part_of(fact, PART)} AS FROM {fact} SEMI JOIN {REGROUPED} USING (customer_id)"
        )


def drop_rows(lake: Lake) -> None:
    """Let go of all that was left."""
    names = [REGROUPED, MEMBERS_BEFORE, OTHERS, "rollup_was", "rollup_other"]
    for name in [*names, *(part_of(fact, PART) for fact in TABLES)]:
        lake.query(f"DROP TABLE IF EXISTS temp.{name}")


def mended(
    lake: Lake, plan: FactPlan, grains: Sequence[Grain], days: Iterable[dt.date],
    tables: dict[Grain, dict[str, RolledTable]], keys: Sequence[str],
) -> None:  # fmt: skip
    """Move each grain's distinct counts of a fact from these customers' old persons to their new ones, but on touched days."""
    measures = _counting(plan)
    if not plan.persons or not measures:
        return
    touched = set(days)
    counted = replace(facts.whole(plan), measures=measures, with_profits=False, part=PART)
    for part in facts.by_axis(counted):
        found: dict[Grain, list[pa.Table]] = {grain: [] for grain in grains}
        for persons in (MEMBERS_BEFORE, plan.persons):
            one = replace(part, persons=persons)
            facts.scanned(lake, one)
            for grain in grains:
                if one.with_buyers:
                    facts.with_histories(lake, one, grain)
                found[grain] += facts.finished(lake, one, grain, facts.FIRST, facts.END).values()
        for grain, (before, after) in found.items():
            name = facts.table_name(plan.fact, part.axes()[0])
            old = tables[grain][name].data
            tables[grain][name] = RolledTable.sorted(
                _moved(lake, old, before, after, part.measures, keys, grain, touched), keys
            )


def _counting(plan: FactPlan) -> tuple[str, ...]:
    """The plan's distinct counts of buyers."""
    distinct = tuple(m for m in plan.declared() if m.kind == "distinct")
    rows = base(plan.fact, distinct, plan.by, plan.filters, plan.speaking, plan.vat_share)
    return tuple(m.id for m in distinct if m.of(rows).get_name() == BUYER)


def _moved(
    lake: Lake, old: pa.Table, before: pa.Table, after: pa.Table, measures: Sequence[str], keys: Sequence[str], grain: Grain,
    touched: set[dt.date],
) -> pa.Table:  # fmt: skip
    """The old rows with the differences of both counts added, outside the touched periods."""
    runs = facts.runs_of(touched, grain)
    sides = [side.filter(facts.outside(side, runs)) if runs else side for side in (before, after)]
    names = ("rollup_old", "rollup_less", "rollup_more")
    connection = lake.connection
    for name, table in zip(names, (old, *sides), strict=True):
        connection.register(name, table)
    same = [" AND ".join(f't."{key}" IS NOT DISTINCT FROM {of}."{key}"' for key in keys) for of in ("l", "m")]
    put = ", ".join(f't."{n}" - coalesce(l."{n}", 0) + coalesce(m."{n}", 0) AS "{n}"' for n in measures)
    try:
        found = lake.query(
            f"SELECT t.* REPLACE ({put}) FROM {names[0]} t LEFT JOIN {names[1]} l ON {same[0]} "
            f"LEFT JOIN {names[2]} m ON {same[1]}"
        ).to_arrow_table()
    finally:
        for name in names:
            connection.unregister(name)
    return found.cast(old.schema)
