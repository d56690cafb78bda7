"""Which customers a run looks at: everyone, or those whom changes since the last run may have made another person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shopkeeper.core.settings import OneIdSection
from shopkeeper.customers.oneid.decisions import Decision
from shopkeeper.customers.oneid.keys import COMPARED, HOLDERS, KEYS, LIVE, key_rows
from shopkeeper.customers.oneid.runs import LinkRun
from shopkeeper.warehouse.changes import BEFORE, changed_rows
from shopkeeper.warehouse.lake import Lake

CHANGED, TOUCHED_KEYS, NODES = "oneid_changed", "oneid_touched_keys", "oneid_nodes"
"""Temp tables: customers that came, went or changed; (kind, value) of keys whose holders did; customers to look at."""

_READ = {
    "customers": ("customer_id", "phone_hash", "email_hash", *COMPARED),
    "identities": ("platform_id", "identity", "kind", "customer_id"),
}


@dataclass(frozen=True)
class Scope:
    """`whole`: everyone is looked at. `touched`: how many customers `NODES` holds."""

    whole: bool
    touched: int


def every_customer(lake: Lake) -> Scope:
    """Everyone that the sources tell of."""
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {NODES} AS SELECT customer_id FROM customers UNION "
        "SELECT customer_id FROM identities WHERE customer_id IS NOT NULL"
    )
    lake.query(f"CREATE OR REPLACE TEMP TABLE {CHANGED} AS SELECT customer_id FROM {NODES}")
    return Scope(True, _count(lake, NODES))


def find_changes(lake: Lake, last: LinkRun, now: int, settings: OneIdSection, touched: set[str]) -> None:
    """Leave `CHANGED` and `TOUCHED_KEYS`: rows of customers and identities that are not what the last run read.

    `touched` names the tables that got or lost any row.
    """
    for table, columns in _READ.items():
        listed = ", ".join(columns)
        if table in touched:
            lake.query(
                f"CREATE OR REPLACE TEMP TABLE oneid_went AS SELECT {listed}, change_type IN {BEFORE} AS went "
                f"FROM {changed_rows(table, last.snapshot, now)}"
            )
            gone, come = (f"SELECT {listed} FROM oneid_went WHERE {which}" for which in ("went", "NOT went"))
            moved = f"({gone} EXCEPT {come}) UNION ({come} EXCEPT {gone})"
        else:
            moved = f"SELECT {listed} FROM {table} WHERE false"
        lake.query(f"CREATE OR REPLACE TEMP TABLE oneid_moved_{table} AS {moved}")
    rows = key_rows("oneid_moved_customers", "oneid_moved_identities", settings)
    lake.query(f"CREATE OR REPLACE TEMP TABLE {TOUCHED_KEYS} AS SELECT DISTINCT kind, value FROM ({rows})")
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {CHANGED} AS SELECT customer_id FROM oneid_moved_customers UNION "
        "SELECT customer_id FROM oneid_moved_identities WHERE customer_id IS NOT NULL"
    )


def touched_customers(lake: Lake, near: Iterable[str], made: Iterable[Decision], known: int, most: int) -> Scope:
    """Leave `NODES`: the changed customers and everyone whom a change can reach.

    Reached are the other holders of a touched key, those that a comparison links (`near`), those that a decision newer than
    `known` names; then, until nobody is added, the members of a reached person, the holders of their keys, those that a
    comparison or a decision ties to them. What is not reached has neither gained nor lost a reason, so it stays as it is.
    """
    decided = [(d.number, customer) for d in made for customer in sorted(d.left | d.right)]
    put(lake, "oneid_decided", {"number": [n for n, _ in decided], "customer_id": [c for _, c in decided]})
    put(lake, "oneid_near", {"customer_id": list(near)})
    reached = (
        f"SELECT customer_id FROM {CHANGED} UNION SELECT customer_id FROM oneid_near "
        f"UNION SELECT customer_id FROM oneid_decided WHERE number > {known} "
        f"UNION SELECT k.customer_id FROM {KEYS} k JOIN {TOUCHED_KEYS} t USING (kind, value) "
        # what too many held, and still too many hold, links nobody
        f"JOIN {HOLDERS} h USING (kind, value) WHERE h.holders <= {most} + (SELECT count(*) FROM {CHANGED})"
    )
    lake.query(f"CREATE OR REPLACE TEMP TABLE {NODES} AS {reached}")
    size = -1
    while size != (size := _count(lake, NODES)):
        lake.query(
            f"CREATE OR REPLACE TEMP TABLE oneid_wider AS SELECT customer_id FROM {NODES} "
            "UNION SELECT customer_id FROM person_members WHERE person_id IN "
            f"(SELECT person_id FROM person_members SEMI JOIN {NODES} USING (customer_id)) "
            f"UNION SELECT customer_id FROM {LIVE} WHERE (kind, value) IN "
            f"(SELECT (kind, value) FROM {LIVE} SEMI JOIN {NODES} USING (customer_id)) "
            "UNION SELECT customer_id FROM oneid_decided WHERE number IN "
            f"(SELECT number FROM oneid_decided SEMI JOIN {NODES} USING (customer_id)) "
            "UNION SELECT unnest([left_id, right_id]) FROM person_links WHERE kind = 'probable' AND status <> 'review' "
            f"AND (left_id IN (FROM {NODES}) OR right_id IN (FROM {NODES}))"
        )
        lake.query(f"CREATE OR REPLACE TEMP TABLE {NODES} AS FROM oneid_wider")
    return Scope(False, size)


def put(lake: Lake, name: str, columns: Mapping[str, Sequence[str] | Sequence[int]]) -> None:
    """Leave a temp table of these columns: numbers in `number`, texts in all others."""
    import pyarrow as pa

    table = pa.table({c: pa.array(v, pa.int64() if c == "number" else pa.string()) for c, v in columns.items()})
    lake.connection.register("oneid_given", table)
    lake.query(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM oneid_given")
    lake.connection.unregister("oneid_given")


def _count(lake: Lake, table: str) -> int:
    row = lake.query(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0
