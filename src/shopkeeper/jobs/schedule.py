"""When a declared job is due: in the shop's own zone, and once after any number of missed times."""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from shopkeeper.core.settings import FILE_NAME, JobRule, ShopSettings
from shopkeeper.errors import ConfigError, NotFound, UsageError
from shopkeeper.jobs.kinds import KINDS, known_kind

DEFAULTS = (
    JobRule(name="load", kind="load", every="5m"),
    JobRule(name="check", kind="check", after=["load", "pull"]),
    JobRule(name="rollup", kind="rollup", after=["load", "pull"]),
    JobRule(name="maintain", kind="maintain", at=["03:30"]),
)
"""What a worker does in a shop that declares no [[job]], beside a pull of each source that has a kind."""

PULLED_EVERY = "15m"

_WEEKDAYS = "mon, tue, wed, thu, fri, sat, sun"


@dataclass(frozen=True)
class Schedule:
    """One declared job."""

    name: str
    kind: str
    every_seconds: int
    times: tuple[str, ...]
    cron: str
    after: tuple[str, ...]
    source: str
    retries: int
    zone: str

    @property
    def declared(self) -> str:
        """The declaration as one text: a change of it begins the schedule anew."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def payload(self) -> dict[str, object]:
        """What the kind needs to know."""
        return {"source": self.source} if self.source else {}

    @property
    def every(self) -> str:
        """The interval in its largest whole unit: 5m, 90s; empty without one."""
        for seconds, letter in ((3600, "h"), (60, "m"), (1, "s")):
            if self.every_seconds and self.every_seconds % seconds == 0:
                return f"{self.every_seconds // seconds}{letter}"
        return ""

    @property
    def when(self) -> str:
        """When it is due, as it may be declared; empty for one that only follows others."""
        if self.every:
            return f"every {self.every}"
        return f"cron {self.cron}" if self.cron else f"at {', '.join(self.times)}" if self.times else ""

    @property
    def lock(self) -> str | None:
        """The word under which at most one such job runs."""
        return KINDS[self.kind].lock(self.source)

    def first(self, now: dt.datetime) -> dt.datetime | None:
        """When a schedule that was never seen before is due: what repeats begins at once."""
        return now if self.every_seconds else self.next_after(now)

    def next_after(self, now: dt.datetime, last: dt.datetime | None = None) -> dt.datetime | None:
        """The first time after `now`, however many were missed since `last`; None for a job that only follows others.

        >>> noon = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
        >>> hourly = Schedule("load", "load", 3600, (), "", (), "", 5, "UTC")
        >>> hourly.next_after(noon, noon - dt.timedelta(hours=7, minutes=10)).isoformat()
        '2026-03-01T12:50:00+00:00'
        """
        if self.every_seconds:
            missed = (now - (last or now)) // dt.timedelta(seconds=self.every_seconds)
            return (last or now) + (missed + 1) * dt.timedelta(seconds=self.every_seconds)
        later = now + dt.timedelta(microseconds=1)  # cron's own answer may be `now` itself
        due = [trigger.get_next_fire_time(None, later) for trigger in _triggers(self)]
        return min((moment.astimezone(dt.UTC) for moment in due if moment is not None), default=None)

    def follows(self, name: str | None, kind: str) -> bool:
        """Whether it comes after a job of this name or kind."""
        return kind in self.after or name in self.after


def schedules_of(settings: ShopSettings) -> tuple[Schedule, ...]:
    """The schedules that a shop declares, or else the defaults.

    Raises ConfigError naming the job whose kind, source, cron or chain cannot be.
    """
    rules = settings.job or [*DEFAULTS, *_pulls(settings)]
    found = tuple(_checked(rule, settings.shop.timezone, rules) for rule in rules)
    names = [schedule.name for schedule in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError("two jobs have the same name", where=_where(twice[0]), allowed="one job a name")
    for schedule in found:
        if schedule.name in _reached(schedule, found):
            raise ConfigError(
                "a job would follow itself for ever", where=f"{_where(schedule.name)}, key after",
                received=", ".join(schedule.after), next_command=f"edit {FILE_NAME}",
            )  # fmt: skip
    return found


def _pulls(settings: ShopSettings) -> list[JobRule]:
    """A job for every source that is pulled."""
    names = [str(entry["name"]) for entry in settings.source if "kind" in entry and "name" in entry]
    return [
        JobRule(name=f"pull-{name.lower()}"[:40], kind="pull", source=name, every=PULLED_EVERY) for name in names
    ]  # fmt: skip


def _checked(rule: JobRule, zone: str, rules: Sequence[JobRule]) -> Schedule:
    known = {*KINDS, *(other.name for other in rules)}
    try:
        known_kind(rule.kind, rule.source, where=_where(rule.name))
        for name in rule.after:
            if name not in known:
                raise NotFound("job or kind", name, known, where=f"{_where(rule.name)}, key after")
    except UsageError as error:
        raise ConfigError(
            error.what, where=error.where, received=error.received, allowed=error.allowed,
            next_command=f"edit {FILE_NAME}",
        ) from None  # fmt: skip
    made = Schedule(
        rule.name, rule.kind, rule.every_seconds, tuple(rule.at), rule.cron, tuple(rule.after), rule.source,
        rule.retries, zone,
    )  # fmt: skip
    _triggers(made)
    return made


def _triggers(schedule: Schedule):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """The library's triggers, which know every zone's clock changes. Raises ConfigError for fields it cannot read."""
    from apscheduler.triggers.cron import CronTrigger

    zone = zoneinfo.ZoneInfo(schedule.zone)
    if not schedule.cron:
        return [CronTrigger(hour=int(t[:2]), minute=int(t[3:]), timezone=zone) for t in schedule.times]
    fields = schedule.cron.split()
    problem = ""
    if len(fields) != 5:
        problem = "five fields: minute, hour, day of the month, month, weekday"
    elif any(letter.isdigit() for letter in fields[4]):
        problem = f"weekdays by name, {_WEEKDAYS}: numbers mean other days in other programs"
    elif fields[2] != "*" and fields[4] != "*":
        problem = "a day of the month or a weekday, not both: programs disagree on whether one or both must hold"
    try:
        if problem:
            raise ValueError(problem)
        return [CronTrigger.from_crontab(schedule.cron, timezone=zone)]
    except ValueError as error:
        raise ConfigError(
            "this cannot be read as cron", where=f"{_where(schedule.name)}, key cron", received=schedule.cron,
            allowed=str(error), next_command=f"edit {FILE_NAME}",
        ) from None  # fmt: skip


def _reached(start: Schedule, every: Sequence[Schedule]) -> set[str]:
    """Names of all jobs that come, directly or through others, after this one."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        before = waiting.pop()
        following = [s for s in every if s.follows(before.name, before.kind) and s.name not in reached]
        reached |= {s.name for s in following}
        waiting += following
    return reached


def _where(name: str) -> str:
    return f"{FILE_NAME}, [[job]] {name}"
