"""The ledger of checks: what every run found, and how accuracy went from run to run."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopkeeper.core.clock import utc_now
from shopkeeper.core.ids import new_id
from shopkeeper.quality.result import CheckResult, Sample, Status, Why
from shopkeeper.quality.rule import WEIGHT, AsOf, Severity
from shopkeeper.warehouse.lake import Lake


@dataclass(frozen=True)
class Run:
    """One run. `accuracy` is weighted passes ÷ weighted runs over its rows and rules; None when nothing could be judged."""

    run_id: str
    ran_at: dt.datetime
    ran_by: str
    as_of_day: dt.date
    snapshot: int
    scope: str
    passed: int
    failed: int
    not_run: int
    errors: int
    """Rules of severity error that failed."""
    accuracy: float | None


def record_run(
    lake: Lake, results: Sequence[CheckResult], as_of: AsOf, *, snapshot: int, by: str, scope: str = ""
) -> str:
    """Write a run into the ledger as one snapshot; returns its id. Raises WarehouseBusy when another writer stays."""
    run_id = new_id("check")
    now = utc_now()
    rows = [
        [run_id, now, by, as_of.day, snapshot, scope, r.rule.id, r.rule.table, r.rule.kind, r.rule.severity, r.status,
         r.why or None, r.checked, r.violations, _json(dict(r.facts)),
         _json([{"file": s.file_name, "line": s.source_line, "value": s.value} for s in r.samples])]
        for r in results
    ]  # fmt: skip
    if not rows:
        return run_id
    holders = ", ".join(f"({', '.join('?' for _ in row)})" for row in rows)
    with lake.writing(by, f"check {run_id}"):
        lake.connection.execute(
            "INSERT INTO check_runs (run_id, ran_at, ran_by, as_of_day, snapshot, scope, rule, table_name, kind, severity, "
            f"status, why, rows_checked, violations, facts, samples) VALUES {holders}",
            [cell for row in rows for cell in row],
        )
    return run_id


@dataclass(frozen=True)
class RuleRow:
    """What one run found about one rule, as the ledger keeps it; runs of earlier versions have neither facts nor samples."""

    rule: str
    table: str
    kind: str
    severity: Severity
    status: Status
    why: Why
    checked: int
    violations: int
    facts: Mapping[str, str | None]
    samples: tuple[Sample, ...]

    @property
    def share(self) -> float | None:
        """Violations ÷ rows checked; None when the rule did not run."""
        return self.violations / self.checked if self.checked else None


def rules_of(lake: Lake, run_id: str) -> tuple[RuleRow, ...]:
    """What a run found, rule by rule: failed ones first, errors before warnings, most violations first."""
    rows = lake.query(
        "SELECT rule, table_name, kind, severity, status, coalesce(why, ''), rows_checked, violations, facts, samples "
        "FROM check_runs WHERE run_id = ? ORDER BY list_position(['fail', 'not_run', 'pass'], status), "
        "list_position(['error', 'warning', 'info'], severity), violations DESC, rule",
        [run_id],
    ).fetchall()
    return tuple(_rule_row(*row) for row in rows)


def _rule_row(
    rule: str, table: str, kind: str, severity: Severity, status: Status, why: Why, checked: int, violations: int,
    facts: str | None, samples: str | None,
) -> RuleRow:  # fmt: skip
    found = tuple(Sample(s["file"], s["line"], s["value"]) for s in json.loads(samples or "[]"))
    return RuleRow(rule, table, kind, severity, status, why, checked, violations, json.loads(facts or "{}"), found)


def _json(value: object) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None


def history(lake: Lake, *, limit: int = 50) -> tuple[Run, ...]:
    """The last runs, newest first."""
    weight = " ".join(f"WHEN '{severity}' THEN {number}" for severity, number in WEIGHT.items())
    rows = lake.query(
        f"WITH w AS (SELECT *, CASE severity {weight} END AS weight FROM check_runs) "
        "SELECT run_id, any_value(ran_at), any_value(ran_by), any_value(as_of_day), any_value(snapshot), any_value(scope), "
        "count_if(status = 'pass'), count_if(status = 'fail'), count_if(status = 'not_run'), "
        "count_if(status = 'fail' AND severity = 'error'), "
        "sum(weight * (rows_checked - violations)) / nullif(sum(weight * rows_checked), 0) "
        f"FROM w GROUP BY run_id ORDER BY run_id DESC LIMIT {limit}"
    ).fetchall()
    return tuple(Run(*row) for row in rows)
