"""What running rules gives: one frozen result a rule, and the accuracy of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from shopkeeper.quality.rule import WEIGHT, Rule

Status = Literal["pass", "fail", "not_run"]
Why = Literal[
    "", "table_empty", "needs_empty", "column_empty", "nothing_to_check", "no_day", "few_weekdays", "few_rows"
]


@dataclass(frozen=True)
class Sample:
    """One row at fault: where it came from and what it holds."""

    file_name: str
    source_line: int | None
    value: str


@dataclass(frozen=True)
class CheckResult:
    """What became of one rule. A rule that did not run says why, and counts nowhere as passed.

    `rows` is the table's rows, `checked` those that the rule could judge; for a rule about the whole table both `checked`
    and `violations` count the one statement, except for a key, which counts rows.
    """

    rule: Rule
    status: Status
    rows: int
    checked: int = 0
    violations: int = 0
    why: Why = ""
    facts: Mapping[str, str | None] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()

    @property
    def share(self) -> float | None:
        """Violations ÷ rows checked; None when the rule did not run."""
        return self.violations / self.checked if self.checked else None

    def as_json(self) -> dict[str, object]:
        """The shape of the contract."""
        return {
            "rule": self.rule.id,
            "table": self.rule.table,
            "kind": self.rule.kind,
            "severity": self.rule.severity,
            "status": self.status,
            "why": self.why or None,
            "rows": self.rows,
            "checked": self.checked,
            "violations": self.violations,
            "share": self.share,
            "columns": list(self.rule.cells),
            "facts": dict(self.facts),
            "samples": [
                {"file": sample.file_name or None, "line": sample.source_line, "value": sample.value}
                for sample in self.samples
            ],
        }


def accuracy(results: Iterable[CheckResult]) -> float | None:
    """Weighted passes ÷ weighted runs, over all rows and rules together (Σ ÷ Σ); None when nothing ran.

    An error rule weighs 2, a warning 1, an info rule nothing, as in the data accuracy indicator (D1).
    """
    run = passed = 0
    for result in results:
        weight = WEIGHT[result.rule.severity]
        run += weight * result.checked
        passed += weight * (result.checked - result.violations)
    return passed / run if run else None
