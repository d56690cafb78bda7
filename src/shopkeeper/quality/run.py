"""Run rules: one statement counts everything that the rules of a table ask, a second fetches rows at fault."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from shopkeeper.quality.lookups import Reference
from shopkeeper.quality.result import CheckResult, Sample
from shopkeeper.quality.rule import AsOf, ColumnRule, RowRule, Rule, TableRule
from shopkeeper.quality.sql import with_lookups
from shopkeeper.quality.whole import Key
from shopkeeper.warehouse.sql import literal, quoted

SAMPLES = 5


def run_rules(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], as_of: AsOf, *, samples: int = SAMPLES
) -> list[CheckResult]:
    """What every rule finds, in the order of the rules.

    Statements: one that sees which tables hold rows, then one a table with rows, and a second for each table in which a
    rule failed, unless `samples` is 0. The caller holds the snapshot.
    """
    filled = _filled(connection, {table for rule in rules for table in (rule.table, *rule.needs)})
    found: dict[str, CheckResult] = {}
    for table in dict.fromkeys(rule.table for rule in rules):
        mine = [rule for rule in rules if rule.table == table]
        if not filled[table]:
            found |= {rule.id: CheckResult(rule, "not_run", 0, why="table_empty") for rule in mine}
            continue
        ready = [rule for rule in mine if all(filled[other] for other in rule.needs)]
        results = _counted(connection, table, ready, as_of) if ready else []
        failed = [r.rule for r in results if r.status == "fail" and isinstance(r.rule, RowRule | Key)]
        shown = _samples(connection, table, failed, samples) if failed and samples else {}
        found |= {r.rule.id: replace(r, samples=shown.get(r.rule.id, ())) for r in results}
        for rule in mine:
            if rule.id not in found:
                empty = next(other for other in rule.needs if not filled[other])
                rows = results[0].rows if results else 0
                found[rule.id] = CheckResult(rule, "not_run", rows, why="needs_empty", facts={"table": empty})
    return [found[rule.id] for rule in rules]


def cells_at_fault(table: str, rules: Sequence[Rule]) -> str:
    """SQL of one row a cell that a rule puts in doubt: rule, column_name, file_hash, source_line.

    Rules about rows and keys only; for a key, every repeat of a row.
    """
    judged, parts = _judged(table, rules, ("file_hash", "source_line"))
    for number, rule in enumerate(parts):
        cells = ", ".join(literal(cell) for cell in rule.cells)
        parts[number] = (
            f"SELECT {literal(rule.id)} AS rule, unnest([{cells}]) AS column_name, file_hash, source_line "
            f"FROM judged WHERE NOT p{number}"
        )
    return f"WITH judged AS MATERIALIZED ({judged}) {' UNION ALL '.join(str(part) for part in parts)}"


def _filled(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, bool]:
    asked = " UNION ALL ".join(
        f"SELECT {literal(table)}, EXISTS (SELECT 1 FROM {quoted(table)})" for table in sorted(tables)
    )
    return dict(connection.execute(asked).fetchall()) if asked else {}


def statement(table: str, rules: Sequence[Rule], as_of: AsOf) -> str:
    """The one statement that counts everything these rules of a table ask, in one row: rows, then two or one column a rule."""
    judging = [rule for rule in rules if isinstance(rule, RowRule)]
    columns = ["count(*)"]
    for number, rule in enumerate(rules):
        if isinstance(rule, RowRule):
            columns += [f"count(p{number})", f"count_if(NOT p{number})"]
        elif isinstance(rule, TableRule):
            columns.append(rule.measured(as_of))
    seen = with_lookups(quoted(table), (look for rule in judging for look in rule.lookups))
    passes = [f"{rule.passes} AS p{number}" for number, rule in enumerate(rules) if isinstance(rule, RowRule)]
    return f"SELECT {', '.join(columns)} FROM (SELECT {', '.join(['1 AS one', *passes])} FROM ({seen}))"


def _counted(
    connection: duckdb.DuckDBPyConnection, table: str, rules: Sequence[Rule], as_of: AsOf
) -> list[CheckResult]:
    row = connection.execute(statement(table, rules, as_of)).fetchone()
    assert row is not None, "an aggregate gives one row"
    rows, *values = row
    results, at = [], 0
    for rule in rules:
        if isinstance(rule, TableRule):
            results.append(_of_table(rule, rows, values[at]))
            at += 1
        else:
            results.append(_of_rows(rule, rows, values[at], values[at + 1]))
            at += 2
    return results


def _of_rows(rule: Rule, rows: int, checked: int, violations: int) -> CheckResult:
    if not checked:
        why = "column_empty" if isinstance(rule, ColumnRule | Reference) else "nothing_to_check"
        return CheckResult(rule, "not_run", rows, why=why)  # type: ignore[arg-type]
    return CheckResult(rule, "fail" if violations else "pass", rows, checked, violations)


def _of_table(rule: Rule, rows: int, told: dict[str, Any]) -> CheckResult:
    facts = {name: value for name, value in json.loads(told["facts"]).items() if name != "none"}
    if not told["checked"]:
        return CheckResult(rule, "not_run", rows, why=told["why"] or "nothing_to_check", facts=facts)
    status = "fail" if told["violations"] else "pass"
    return CheckResult(rule, status, rows, told["checked"], told["violations"], facts=facts)  # type: ignore[arg-type]


def _samples(
    connection: duckdb.DuckDBPyConnection, table: str, rules: Sequence[Rule], limit: int
) -> dict[str, tuple[Sample, ...]]:
    """Rows at fault of every failed rule, lowest lines first, from one scan of the table."""
    judged, parts = _judged(table, rules, ("file_hash", "source_line"))
    lists = ", ".join(
        f"arg_min({{'file': file_hash, 'line': source_line, 'value': v{n}}}, coalesce(source_line, 0), {limit}) "
        f"FILTER (WHERE NOT p{n})"
        for n in range(len(parts))
    )
    row = connection.execute(f"SELECT {lists} FROM ({judged})").fetchone() or ()
    names = _file_names(connection, {part["file"] for found in row for part in found or () if part["file"]})
    return {
        rule.id: tuple(Sample(names.get(s["file"], ""), s["line"], s["value"] or "–") for s in found or ())
        for rule, found in zip(parts, row, strict=True)
    }


def _judged(table: str, rules: Sequence[Rule], carried: Sequence[str]) -> tuple[str, list[Any]]:
    """SQL of every row with its verdict p and shown value v by each rule, and the rules so numbered."""
    usable: list[Any] = [rule for rule in rules if isinstance(rule, RowRule | Key)]
    columns = list(carried)
    for number, rule in enumerate(usable):
        passes = rule.repeats if isinstance(rule, Key) else rule.passes
        shown = _joined(rule.keys) if isinstance(rule, Key) else rule.shown
        columns += [f"{passes} AS p{number}", f"{shown} AS v{number}"]
    lookups = (look for rule in usable if isinstance(rule, RowRule) for look in rule.lookups)
    return f"SELECT {', '.join(columns)} FROM ({with_lookups(quoted(table), lookups)})", usable


def _joined(columns: Sequence[str]) -> str:
    return " || ' · ' || ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in columns)


def _file_names(connection: duckdb.DuckDBPyConnection, hashes: set[str]) -> dict[str, str]:
    if not hashes:
        return {}
    holders = ", ".join("?" for _ in hashes)
    rows = connection.execute(
        f"SELECT file_hash, min(file_name) FROM load_files WHERE file_hash IN ({holders}) GROUP BY 1", sorted(hashes)
    ).fetchall()
    return dict(rows)
