"""A job as it stands in the state database."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Row

Status = Literal["waiting", "running", "done", "dead", "cancelled", "superseded"]
STATUSES: tuple[Status, ...] = get_args(Status)
Outcome = Literal["done", "failed", "lost", "handed_back", "cancelled"]


@dataclass(frozen=True)
class Job:
    """One job. `fence` is its token: every claim raises it, and only its newest holder may settle the job.

    `dead` jobs wait for a person; `superseded` ones were dead until a later job of their schedule took their place.
    """

    id: str
    shop_id: str
    kind: str
    schedule: str | None
    payload: dict[str, Any]
    status: Status
    attempts: int
    most_attempts: int
    next_at: dt.datetime
    fence: int
    leased_to: str | None
    leased_until: dt.datetime | None
    created_at: dt.datetime
    created_by: str
    caused_by: str | None
    started_at: dt.datetime | None
    beat_at: dt.datetime | None
    ended_at: dt.datetime | None
    progress: dict[str, Any] | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    cancel_by: str | None

    @property
    def source(self) -> str:
        """The source that it reads; empty for none."""
        return str(self.payload.get("source", ""))

    @property
    def changed(self) -> bool:
        """Whether it changed data, so that others may follow."""
        return bool(self.result and self.result.get("changed"))


@dataclass(frozen=True)
class Run:
    """One attempt. `outcome` and `ended_at` are None while it runs."""

    fence: int
    worker: str
    started_at: dt.datetime
    ended_at: dt.datetime | None
    outcome: Outcome | None
    error: dict[str, Any] | None


def job_of(row: Row[Any]) -> Job:
    """A row of the table as a job."""
    values = {name: row._mapping[name] for name in Job.__dataclass_fields__}
    for name in ("payload", "progress", "result", "error"):
        values[name] = None if values[name] is None else json.loads(values[name])
    return Job(**values)


def run_of(row: Row[Any]) -> Run:
    """A row of the table of runs."""
    values = {name: row._mapping[name] for name in Run.__dataclass_fields__}
    values["error"] = None if values["error"] is None else json.loads(values["error"])
    return Run(**values)


def as_text(value: object) -> str:
    """JSON as it is kept: unknown types by their text."""
    return json.dumps(value, ensure_ascii=False, default=str)
