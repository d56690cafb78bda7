"""A run of One-ID: from keys, comparisons and decisions to persons, as one snapshot.

An identical state gives identical persons whatever path led to it: a run over what changed ends where a whole run would.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shopkeeper.core.clock import utc_now
from shopkeeper.core.ids import new_id
from shopkeeper.core.settings import OneIdSection
from shopkeeper.customers.oneid import comparing, evidence, keys, scope
from shopkeeper.customers.oneid.clusters import Clusters, assigned, clusters, member_confidence
from shopkeeper.customers.oneid.comparing import Model
from shopkeeper.customers.oneid.decisions import Decision, Standing, decisions, standing
from shopkeeper.customers.oneid.runs import LinkRun, last_run, write_run
from shopkeeper.errors import WarehouseBusy
from shopkeeper.state import State
from shopkeeper.warehouse.changes import touched_tables
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.shop import Shop

if TYPE_CHECKING:
    import pyarrow as pa

_RULES = 1
"""Raised whenever the same customers may become other persons than by an earlier version."""


_LINK = ("left_id", "right_id", "kind", "confidence", "weight", "status", "evidence")


@dataclass(frozen=True)
class _Found:
    """What a run is going to write: rows that differ from what is there, and the run itself."""

    members: pa.Table
    gone: pa.Table
    persons: pa.Table
    links: pa.Table
    ended: pa.Table
    scope: scope.Scope
    model: Model | None
    counted: tuple[int, int]
    weak: tuple[keys.WeakKeys, ...]


@dataclass(frozen=True)
class _Since:
    """What happened since a run: snapshots up to `now`, and the tables that got or lost rows."""

    last: LinkRun
    now: int
    touched: set[str]


def link(shop: Shop, state: State, *, by: str, whole: bool = False, train: bool = False) -> LinkRun:
    """Make persons of what the lake and the decisions say now; one snapshot. Returns the run.

    Args:
        shop: the open shop.
        state: where its decisions are.
        by: who runs it, for the ledger.
        whole: look at every customer, not only at those that changes reach. The first run does so by itself, as does one
            after other settings, another release's rules, or a snapshot in between that is no longer kept.
        train: estimate the comparison's weights anew (implies `whole`); otherwise those of the first whole run stay.

    Raises:
        WarehouseBusy: another writer stays, or another run finished meanwhile; nothing was changed.
    """
    begun, started = time.monotonic(), utc_now()
    made = decisions(state, shop.id)
    settings, lake = shop.settings.one_id, shop.lake
    with lake.reading() as snapshot:
        last = last_run(lake)
        rules = _rules(settings)
        touched = None
        if last is not None and last.rules == rules and not whole and not train:
            touched = touched_tables(lake, last.snapshot, snapshot)
        since = None if last is None or touched is None else _Since(last, snapshot, touched)
        found = _find(lake, settings, made, since, _kept_model(last, train=train))
    run_id = new_id("link")
    with lake.writing(by, f"link {run_id}"):
        now = last_run(lake)
        if (now.run_id if now else "") != (last.run_id if last else ""):
            raise WarehouseBusy("another run of One-ID finished meanwhile", where=str(shop.data_dir),
                                state="nothing was changed", next_command="shopkeeper customers link")  # fmt: skip
        _write(lake, found)
        persons = _one(lake, "SELECT count(*) FROM persons WHERE merged_into IS NULL AND customers > 0")
        run = LinkRun(
            run_id, started, by, found.scope.whole, snapshot, made[-1].number if made else 0, rules, found.counted[0],
            found.scope.touched, persons, found.counted[1], found.members.num_rows, found.weak,
            found.model.to_json() if found.model else "", round(time.monotonic() - begun, 3),
        )  # fmt: skip
        write_run(lake, run)
    return run


def _rules(settings: OneIdSection) -> str:
    said = [_RULES, settings.model_dump_json(), sorted(keys.CONFIDENCE.items())]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _kept_model(last: LinkRun | None, *, train: bool) -> Model | None:
    return Model.from_json(last.model) if last and last.model and not train else None


def _find(
    lake: Lake, settings: OneIdSection, made: Sequence[Decision], since: _Since | None, model: Model | None
) -> _Found:
    keys.read_keys(lake, settings)
    if since is None:
        seen = scope.every_customer(lake)
    else:
        scope.find_changes(lake, since.last, since.now, settings, since.touched)
    compared: pa.Table | None = None
    if settings.compare:
        model, compared = _compared(lake, settings, model, everyone=since is None)
    link_from = model.link_from if model else 1.0
    if since is not None:
        near = [] if compared is None else _ends(compared, link_from)
        seen = scope.touched_customers(lake, near, made, since.last.decisions, settings.most_holders)
    said = standing(made)
    evidence.collect_reasons(lake, compared, link_from, said, whole=since is None)
    weak = keys.weak_keys(lake, settings)
    counted = _counted(lake, model, settings)
    return _persons(lake, settings, said, seen, model, counted, weak)


def _compared(
    lake: Lake, settings: OneIdSection, model: Model | None, *, everyone: bool
) -> tuple[Model | None, pa.Table | None]:  # fmt: skip
    """The model, estimated where there is none and everyone is looked at, and the pairs that it finds alike."""
    import duckdb

    if model is None and not everyone:
        return None, None
    records = evidence.described(lake)
    if records.num_rows < comparing.LEAST_RECORDS and model is None:
        return None, None
    with duckdb.connect() as own:
        own.execute(f"SET memory_limit = '{lake.settings.memory_limit_mb}MB'")
        if lake.settings.threads:
            own.execute(f"SET threads = {lake.settings.threads}")
        if model is None:
            model = comparing.trained(own, records, evidence.WHAT_IS_COMPARED, precision=settings.precision)
        focus = None
        if not everyone:
            focus = [c for (c,) in lake.query(f"SELECT customer_id FROM {scope.CHANGED}").fetchall()]
        pairs = None if model is None else comparing.scored(own, records, model, focus)
    if pairs is None:
        return model, None
    import pyarrow.compute as pc

    assert model is not None
    least = min(settings.review_from, model.link_from)
    return model, pairs.filter(pc.greater_equal(pairs["probability"], least))


def _ends(compared: pa.Table, link_from: float) -> list[str]:
    """Customers that a comparison links."""
    import pyarrow.compute as pc

    linked = compared.filter(pc.greater_equal(compared["probability"], link_from))
    return sorted({*linked["left_id"].to_pylist(), *linked["right_id"].to_pylist()})


def _counted(lake: Lake, model: Model | None, settings: OneIdSection) -> tuple[int, int]:
    """Customers in all, and those that hold a key which links, or say enough to be compared."""
    every = "SELECT customer_id FROM customers UNION SELECT customer_id FROM identities WHERE customer_id IS NOT NULL"
    holding = (
        f"SELECT customer_id FROM {keys.KEYS} WHERE kind <> 'buyer_id' AND (kind, value) NOT IN "
        f"(SELECT (kind, value) FROM {keys.HOLDERS} WHERE holders > {settings.most_holders})"
    )
    if model is not None:
        holding += " UNION SELECT customer_id FROM customers WHERE name IS NOT NULL AND NOT contains(name, '*')"
    return (
        _one(lake, f"SELECT count(*) FROM ({every})"),
        _one(lake, f"SELECT count(DISTINCT customer_id) FROM ({holding} UNION SELECT customer_id FROM {keys.LIVE})"),
    )


def _persons(
    lake: Lake, settings: OneIdSection, said: Standing, seen: scope.Scope, model: Model | None, counted: tuple[int, int],
    weak: tuple[keys.WeakKeys, ...],
) -> _Found:  # fmt: skip
    """Clusters of the customers in scope, their ids, and the rows that differ from what is there."""
    lake.query(
        "CREATE OR REPLACE TEMP TABLE oneid_numbered AS SELECT n.customer_id, row_number() OVER (ORDER BY n.customer_id) - 1 "
        "AS i, coalesce(CAST(substr(m.person_id, 2) AS BIGINT), -1) AS before FROM "
        f"{scope.NODES} n LEFT JOIN person_members m USING (customer_id) WHERE n.customer_id IN "
        "(SELECT customer_id FROM customers UNION SELECT customer_id FROM identities)"
    )
    before = lake.query("SELECT before FROM oneid_numbered ORDER BY i").fetchnumpy()["before"].astype(np.int64)
    edges = lake.query(
        f"SELECT l.i AS left, r.i AS right, confidence FROM {evidence.REASONS} e JOIN oneid_numbered l ON l.customer_id = "
        "e.left_id JOIN oneid_numbered r ON r.customer_id = e.right_id WHERE e.holds ORDER BY 1, 2, 3"
    ).fetchnumpy()
    left, right = edges["left"].astype(np.int64), edges["right"].astype(np.int64)
    sure = np.asarray(edges["confidence"], dtype=np.float64)
    made = clusters(len(before), left, right, sure, _apart(lake, said), settings.most_customers)
    inside = made.labels[left] == made.labels[right]
    confidence = member_confidence(len(before), left[inside], right[inside], sure[inside])
    _register(lake, before, made, confidence)
    _decide_links(lake, whole=seen.whole)
    ended = _differing(lake, "oneid_links_before", "oneid_links")
    links = _differing(lake, "oneid_links", "oneid_links_before")
    return _Found(
        _changed_members(lake), _gone_members(lake), _changed_persons(lake), links, ended, seen, model, counted, weak
    )


def _apart(lake: Lake, said: Standing) -> list[tuple[int, int]]:
    """Pairs held apart, as numbers of customers in scope."""
    scope.put(lake, "oneid_apart", {"left_id": [a for a, _ in said.apart], "right_id": [b for _, b in said.apart]})
    rows = lake.query(
        "SELECT l.i, r.i FROM oneid_apart a JOIN oneid_numbered l ON l.customer_id = a.left_id "
        "JOIN oneid_numbered r ON r.customer_id = a.right_id ORDER BY ALL"
    ).fetchall()
    return [(int(one), int(other)) for one, other in rows]


def _register(lake: Lake, before: NDArray[np.int64], made: Clusters, confidence: NDArray[np.float64]) -> None:
    """Leave `oneid_now` (each customer's person) and `oneid_merged` (redirects), with ids that people see."""
    import pyarrow as pa

    free = _one(lake, "SELECT coalesce(max(CAST(substr(person_id, 2) AS BIGINT)), 0) + 1 FROM persons")
    ids = assigned(made.labels, before, free)
    sizes = np.bincount(made.labels, minlength=len(before))[made.labels] if len(before) else before
    table = pa.table(
        {"i": np.arange(len(before)), "person": ids.of, "linked": sizes > 1, "guarded": made.guarded,
         "confidence": pa.array(confidence, from_pandas=True)}
    )  # fmt: skip
    lake.connection.register("oneid_labels", table)
    lake.query(
        "CREATE OR REPLACE TEMP TABLE oneid_now AS SELECT n.customer_id, printf('P%08d', l.person) AS person_id, l.linked, "
        "l.confidence, l.guarded FROM oneid_numbered n JOIN oneid_labels l USING (i)"
    )
    lake.connection.unregister("oneid_labels")
    merged = [(f"P{one:08d}", f"P{other:08d}") for one, other in ids.merged]
    lake.connection.register("oneid_pairs_merged", pa.table(
        {"person_id": pa.array([a for a, _ in merged], pa.string()), "merged_into": pa.array([b for _, b in merged], pa.string())}
    ))  # fmt: skip
    lake.query("CREATE OR REPLACE TEMP TABLE oneid_merged AS FROM oneid_pairs_merged")
    lake.connection.unregister("oneid_pairs_merged")


def _changed_members(lake: Lake) -> pa.Table:
    return lake.query(
        "SELECT customer_id, person_id, linked, confidence FROM oneid_now EXCEPT "
        f"SELECT customer_id, person_id, linked, confidence FROM person_members SEMI JOIN {scope.NODES} USING (customer_id) "
        "ORDER BY customer_id"
    ).to_arrow_table()


def _gone_members(lake: Lake) -> pa.Table:
    return lake.query(
        f"SELECT m.customer_id FROM person_members m SEMI JOIN {scope.NODES} n USING (customer_id) "
        "WHERE m.customer_id NOT IN (SELECT customer_id FROM oneid_now)"
    ).to_arrow_table()


def _changed_persons(lake: Lake) -> pa.Table:
    """Persons that are new, or whose customers, confidence or redirect differ; those that nobody is any more have 0."""
    return lake.query(
        "WITH fresh AS (SELECT person_id, CAST(NULL AS VARCHAR) AS merged_into, count(*) AS customers, "
        "min(confidence) AS confidence FROM oneid_now GROUP BY 1), "
        "was AS (SELECT DISTINCT m.person_id FROM person_members m SEMI JOIN "
        f"{scope.NODES} n USING (customer_id)), "
        "empty AS (SELECT w.person_id, r.merged_into, 0 AS customers, CAST(NULL AS DOUBLE) AS confidence FROM was w "
        "LEFT JOIN oneid_merged r USING (person_id) WHERE w.person_id NOT IN (SELECT person_id FROM fresh)) "
        "SELECT * FROM (FROM fresh UNION ALL FROM empty) EXCEPT "
        "SELECT person_id, merged_into, customers, confidence FROM persons ORDER BY person_id"
    ).to_arrow_table()


def _decide_links(lake: Lake, *, whole: bool) -> None:
    """Leave every reason with what came of it, and those before. What links nobody by itself, inside one person, bears it out."""
    lake.query(
        "CREATE OR REPLACE TEMP TABLE oneid_links AS SELECT e.left_id, e.right_id, e.kind, e.confidence, e.weight, "
        "CASE WHEN l.person_id = r.person_id THEN 'linked' WHEN a.left_id IS NOT NULL THEN 'apart' "
        "WHEN NOT e.holds THEN 'review' WHEN coalesce(l.guarded, false) THEN 'guarded' ELSE 'apart' END AS status, e.evidence "
        f"FROM {evidence.REASONS} e LEFT JOIN oneid_now l ON l.customer_id = e.left_id "
        "LEFT JOIN oneid_now r ON r.customer_id = e.right_id "
        "LEFT JOIN oneid_apart a ON a.left_id = e.left_id AND a.right_id = e.right_id"
    )
    near = "" if whole else f"WHERE left_id IN (FROM {scope.NODES}) OR right_id IN (FROM {scope.NODES})"
    lake.query(f"CREATE OR REPLACE TEMP TABLE oneid_links_before AS SELECT {', '.join(_LINK)} FROM person_links {near}")


def _differing(lake: Lake, these: str, those: str) -> pa.Table:
    return lake.query(f"FROM {these} EXCEPT FROM {those} ORDER BY left_id, right_id, kind").to_arrow_table()


def _write(lake: Lake, found: _Found) -> None:
    """Only what differs: a run that finds nothing new leaves every table's rows as they are."""
    for table, key, gone, come in (
        ("person_members", "customer_id", (found.members, found.gone), found.members),
        ("persons", "person_id", (found.persons,), found.persons),
        ("person_links", "left_id, right_id, kind", (found.ended,), found.links),
    ):
        for rows in gone:
            if rows.num_rows:
                lake.connection.register("oneid_rows", rows)
                lake.connection.execute(f"DELETE FROM {table} WHERE ({key}) IN (SELECT ({key}) FROM oneid_rows)")
                lake.connection.unregister("oneid_rows")
        if come.num_rows:
            lake.connection.register("oneid_rows", come)
            lake.connection.execute(f"INSERT INTO {table} BY NAME FROM oneid_rows")
            lake.connection.unregister("oneid_rows")


def _one(lake: Lake, sql: str) -> int:
    row = lake.query(sql).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
