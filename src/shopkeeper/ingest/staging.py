"""Stage the rows of a file for the tables of its mapping: typed, defaulted and numbered; what cannot be is set aside.

file → raw values (r0, r1, …) → typed values (c0, c1, …) → columns of the tables + a bit for every column at fault

Tables that take the same rows share one temp table of values, each read once, and are views of it; others have a temp table
of their own. `owned` makes a table of a view before rows are taken out or numbered.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from shopkeeper.ingest.fields import NUMBERED, Field, fields_of, guard, guarded, slots_of, types_of
from shopkeeper.ingest.plan import TableMapping
from shopkeeper.ingest.readers import OpenedFile
from shopkeeper.ingest.set_aside import set_aside
from shopkeeper.ingest.values import Surroundings, offer_number, step_of
from shopkeeper.warehouse.lake import explained_engine_errors
from shopkeeper.warehouse.model import Table
from shopkeeper.warehouse.sql import quoted


@dataclass(frozen=True)
class Staged:
    """Rows of one table from one file, waiting under `name`. `read` counts those set aside too.

    `cells` says, for rows that share their values with another table's, which value a column is: equal cells are equal in
    every row, and `values` is the table that keeps them. `whole`: no row was left out or set aside.
    """

    name: str
    table: Table
    file_no: int
    provided: tuple[str, ...]
    numbered: bool
    read: int
    repeats: bool = False  # a file of lines states its orders again on every line, and dimensions wherever they occur
    without_customer: int = 0
    noisy: int = 0
    cells: Mapping[str, str] = field(default_factory=dict)
    values: str = ""
    whole: bool = False


@dataclass(frozen=True)
class _Part:
    """One table's mapping on its way."""

    mapping: TableMapping
    name: str
    rows: str
    line: str
    fields: list[Field]

    @property
    def shares(self) -> bool:
        """Whether it may be a view of values that several tables share: rows numbered by us are counted after `where`."""
        return not self.mapping.relation and not (
            self.mapping.where and any("OVER" in part.final for part in self.fields)
        )


def stage(
    connection: duckdb.DuckDBPyConnection, opened: OpenedFile, file_no: int, parts: Sequence[TableMapping],
    names: Sequence[str], around: Surroundings, *, source: str, repeats: frozenset[str] = frozenset(),
    types: dict[Hashable, dict[str, str]] | None = None,
) -> list[Staged]:  # fmt: skip
    """Stage the rows of a file under `names`, one for each table.

    `repeats` are tables whose rows come again and again; `types` remembers what was found out about files of the same shape.

    Raises ConfigError when the mapping does not fit the file, DataQualityError when no row of a column can be read.
    """
    if any("number(" in sql.lower() for part in parts for sql in (part.where, *(v.sql for v in part.columns.values()))):
        offer_number(connection)
    prepared = []
    for part, name, slots in zip(parts, names, slots_of(parts), strict=True):
        rows, line = _rows(opened, part)
        shape = (source, repr(part), *opened.columns.items())
        found = types.get(shape) if types is not None else None
        if found is None:
            found = types_of(connection, rows, part, opened, source)
            if types is not None:
                types[shape] = found
        prepared.append(_Part(part, name, rows, line, fields_of(part, found, slots, around)))
    sharing = [part for part in prepared if part.shares]
    shared = sharing if len(sharing) > 1 else []
    staged: dict[str, Staged] = {}
    if shared:
        with explained_engine_errors(str(opened.path)):
            staged |= _stage_shared(connection, opened, file_no, shared, repeats)
    for one in prepared:
        if one.name not in staged:
            with explained_engine_errors(f"{opened.path}, table {one.mapping.name}"):
                staged[one.name] = _stage_alone(connection, opened, file_no, one, repeats)
    return [staged[name] for name in names]


def owned(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Give staged rows a table of their own, so that rows have a number and can be deleted."""
    if _is_view(connection, name):
        connection.execute(f"CREATE TEMP TABLE {name}_owned AS SELECT * FROM {name}")
        connection.execute(f"DROP VIEW {name}")
        connection.execute(f"ALTER TABLE {name}_owned RENAME TO {name}")


def pooled(
    connection: duckdb.DuckDBPyConnection, staged: Staged, with_orders: bool, pools: dict[Hashable, str]
) -> Staged:
    """Move staged rows to the rows of other files that say the same columns. `pools` are the temp tables so far.

    `with_orders`: the file states its orders too; lines that do not are kept by themselves.
    """
    kind = (staged.table.name, staged.provided, staged.numbered, staged.repeats, with_orders)
    columns = ", ".join([*map(quoted, staged.provided), "source_line", "file_no"])
    into = f"INSERT INTO {pools[kind]}" if kind in pools else f"CREATE OR REPLACE TEMP TABLE pool_{len(pools)} AS"
    connection.execute(f"{into} SELECT {columns} FROM {staged.name}")
    pools.setdefault(kind, f"pool_{len(pools)}")
    discard(connection, staged.name)
    return replace(staged, name=pools[kind], cells={})


def apart(connection: duckdb.DuckDBPyConnection, staged: Staged) -> Staged:
    """Staged rows of which some will be taken out: nothing that holds for all rows of the file holds for them."""
    owned(connection, staged.name)
    return replace(staged, cells={}, whole=False)


def discard(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Let staged rows go."""
    connection.execute(f"DROP {'VIEW' if _is_view(connection, name) else 'TABLE'} IF EXISTS temp.{quoted(name)}")


def discard_values(connection: duckdb.DuckDBPyConnection, staged: Iterable[Staged]) -> None:
    """Let go the values that views of staged rows, now gone, have shared."""
    for name in sorted({one.values for one in staged if one.values}):
        connection.execute(f"DROP TABLE IF EXISTS temp.{quoted(name)}")


def discard_all(connection: duckdb.DuckDBPyConnection, prefixes: Iterable[str]) -> None:
    """Let go all temp tables and views whose names begin so, whoever made them; it takes long to find them."""
    for kind in ("view", "table"):
        query = f"SELECT {kind}_name FROM duckdb_{kind}s() WHERE temporary AND NOT internal"
        for (name,) in connection.execute(query).fetchall():
            if name.startswith(tuple(prefixes)):
                connection.execute(f"DROP {kind} IF EXISTS temp.{quoted(name)}")


def _is_view(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    query = "SELECT 1 FROM duckdb_views() WHERE temporary AND view_name = ?"
    return connection.execute(query, [name]).fetchone() is not None


def _rows(opened: OpenedFile, part: TableMapping) -> tuple[str, str]:
    """The rows as SQL, and the expression of a row's line."""
    if part.relation:
        return f"({part.relation.replace('{file}', opened.relation)})", "CAST(NULL AS BIGINT)"
    where = f" WHERE {part.where}" if part.where else ""
    return f"(SELECT * FROM {opened.relation}{where})", "file_row_number + 1"


def _stage_alone(
    connection: duckdb.DuckDBPyConnection, opened: OpenedFile, file_no: int, part: _Part, repeats: frozenset[str]
) -> Staged:
    final = ", ".join(f"{one.final} AS {quoted(one.name)}" for one in part.fields)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {part.name} AS SELECT {final}, source_line, CAST({file_no} AS SMALLINT) AS file_no, "
        f"{_faults(part)} AS faults, {_noise(part) or 'false'} AS noisy FROM {_typed(part.rows, part.line, part.fields)}"
    )
    read, faulty, noisy, without = connection.execute(
        f"SELECT count(*), {_counts(part, 'true', 'faults', 'noisy')} FROM {part.name}"
    ).fetchone() or (0, 0, 0, 0)
    if faulty:
        set_aside(connection, part.name, opened, file_no, part.mapping, part.fields, part.rows, read)
        connection.execute(f"DELETE FROM {part.name} WHERE faults <> 0")
    return _staged(part, file_no, (read, faulty, noisy, without), repeats)


def _stage_shared(
    connection: duckdb.DuckDBPyConnection, opened: OpenedFile, file_no: int, parts: Sequence[_Part],
    repeats: frozenset[str],
) -> dict[str, Staged]:  # fmt: skip
    """One temp table of the values of several tables, and a view for each."""
    values = f"typed_{parts[0].name}"
    kept: dict[str, str] = {}
    own, counted = [], []
    for number, part in enumerate(parts):
        for one in part.fields:
            if _varies(one):
                kept.setdefault(one.final, f"f{len(kept)}")
        taken, noise = f"taken{number}" if part.mapping.where else "true", _noise(part)
        own.append(f"{_faults(part)} AS faults{number}")
        own += [taken] if part.mapping.where else []
        own += [f"{noise} AS noisy{number}"] if noise else []
        customer = next((kept.get(one.final, one.final) for one in part.fields if one.name == "customer_id"), "")
        counted.append(
            f"count(*) FILTER ({taken}), "
            + _counts(part, taken, f"faults{number}", f"noisy{number}" if noise else "false", customer)
        )
    rows = f"(SELECT * FROM {opened.relation})"
    final = ", ".join(f"{sql} AS {name}" for sql, name in kept.items())
    fields = [one for part in parts for one in part.fields]
    conditions = [
        f"coalesce(({part.mapping.where}), false) AS taken{number}"
        for number, part in enumerate(parts)
        if part.mapping.where
    ]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {values} AS SELECT {', '.join(filter(None, [final, 'source_line', *own]))} "
        f"FROM {_typed(rows, parts[0].line, fields, conditions)}"
    )
    counts = connection.execute(f"SELECT {', '.join(counted)} FROM {values}").fetchone() or ()
    staged = {}
    for number, part in enumerate(parts):
        found = counts[4 * number : 4 * number + 4]
        cells = {one.name: f"{values}.{kept[one.final]}" if one.final in kept else one.final for one in part.fields}
        columns = ", ".join(f"{kept.get(one.final, one.final)} AS {quoted(one.name)}" for one in part.fields)
        view = (
            f"CREATE OR REPLACE TEMP VIEW {part.name} AS SELECT {columns}, source_line, CAST({file_no} AS SMALLINT) AS file_no, "
            f"faults{number} AS faults FROM {values} WHERE {f'taken{number}' if part.mapping.where else 'true'}"
        )
        connection.execute(view)
        if found[1]:
            set_aside(connection, part.name, opened, file_no, part.mapping, part.fields, part.rows, found[0])
            connection.execute(f"{view} AND faults{number} = 0")
        staged[part.name] = replace(_staged(part, file_no, found, repeats), cells=cells, values=values)
    return staged


def _staged(part: _Part, file_no: int, counts: Sequence[int], repeats: frozenset[str]) -> Staged:
    names = tuple(one.name for one in part.fields)
    mapping = part.mapping
    read, faulty, noisy, without = (int(count) for count in counts)
    return Staged(
        part.name, mapping.table, file_no, names, read=read,
        numbered=NUMBERED.get(mapping.name, "") in names and NUMBERED[mapping.name] not in mapping.columns,
        repeats=mapping.name in repeats and not mapping.relation,
        without_customer=without if "customer_id" in mapping.columns else 0,
        noisy=noisy, whole=not (mapping.where or mapping.relation or faulty),
    )  # fmt: skip


def _varies(one: Field) -> bool:
    """Whether a column is more than a constant."""
    return re.search(r"\b(c\d+|source_line)\b", one.final) is not None


def _counts(part: _Part, taken: str, faults: str, noisy: str, customer: str = "customer_id") -> str:
    named = "customer_id" in part.mapping.columns
    without = f"count(*) FILTER ({taken} AND {faults} = 0 AND {customer} IS NULL)" if named else "0"
    return f"count(*) FILTER ({taken} AND {faults} <> 0), count(*) FILTER ({taken} AND {noisy}), {without}"


def _faults(part: _Part) -> str:
    bits = [f"CASE WHEN {one.checked} THEN {1 << bit} ELSE 0 END" for bit, one in enumerate(part.fields) if one.checked]
    return f"CAST({' + '.join(bits) or '0'} AS BIGINT)"


def _noise(part: _Part) -> str:
    return " OR ".join(f"coalesce({one.typed.noise}, false)" for one in part.fields if one.typed and one.typed.noise)


def _typed(rows: str, line: str, fields: Sequence[Field], further: Sequence[str] = ()) -> str:
    """The rows with their raw and typed values, and further columns computed from the file's own."""
    raw: dict[int, str] = {}
    layers: list[dict[int, str]] = [{}]  # steps, one after another, and the typed values
    typed: dict[int, str] = {}
    for one in fields:
        if one.typed is None or one.value is None or one.value.constant is not None:
            continue
        raw[one.slot] = f"{one.typed.raw} AS r{one.slot}"
        if one.value.sql and not one.value.trusted:
            raw[one.slot] += f", {guard(one.slot)}"
        for number, step in enumerate(one.typed.steps):
            layers += [{} for _ in range(number + 1 - len(layers))]
            layers[number][one.slot] = f"{step} AS {step_of(f'r{one.slot}', number)}"
        typed[one.slot] = f"{one.typed.typed} AS c{one.slot}"
    inner = ", ".join([f"{line} AS source_line", *further, *raw.values()])
    found = f"SELECT {inner} FROM {guarded(rows, list(fields))}"
    for layer in (*layers, typed):
        found = f"SELECT {', '.join(['*', *layer.values()])} FROM ({found})"
    return f"({found})"
