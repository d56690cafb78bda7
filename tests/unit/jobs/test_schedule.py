"""When a schedule is due: in the shop's zone, over clock changes, once after any number of missed times."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.cli.job_kinds import HANDLERS
from shopkeeper.core.settings import ShopSettings, parse_settings
from shopkeeper.errors import ConfigError, InternalError, NotEstimable, SourceError, WarehouseBusy
from shopkeeper.jobs.backoff import backoff
from shopkeeper.jobs.failure import may_pass
from shopkeeper.jobs.kinds import KINDS
from shopkeeper.jobs.schedule import Schedule, schedules_of

HEAD = '[shop]\nid = "tea"\nname = "Tea"\ntimezone = "{}"\n'


def settings(text: str = "", zone: str = "Asia/Shanghai") -> ShopSettings:
    return parse_settings(HEAD.format(zone) + text, Path("shopkeeper.toml"))


def one(text: str, zone: str = "Asia/Shanghai") -> Schedule:
    (found,) = schedules_of(settings(f'[[job]]\nname = "n"\nkind = "check"\n{text}\n', zone))
    return found


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def following(schedule: Schedule, start: str, n: int) -> list[str]:
    at, found = utc(start), []
    for _ in range(n):
        due = schedule.next_after(at, at)
        assert due is not None
        found.append(due.strftime("%m-%d %H:%M"))
        at = due
    return found


def test_every_source_that_is_pulled_has_its_job_by_default() -> None:
    entries = '[[source]]\nname = "ERP"\nkind = "mysql"\n[[source]]\nname = "files"\nfiles = "*"\n'
    made = [(s.name, s.source, s.every) for s in schedules_of(settings(entries)) if s.kind == "pull"]
    assert made == [("pull-erp", "ERP", "15m")]
    declared = entries + '[[job]]\nname = "inbox"\nkind = "load"\nevery = "1h"\n'
    assert [s.name for s in schedules_of(settings(declared))] == ["inbox"], "whoever declares jobs declares all"


def test_times_of_day_are_the_shops() -> None:
    assert following(one('at = ["03:30", "12:00"]'), "2026-03-01T00:00", 3) == [
        "03-01 04:00",
        "03-01 19:30",
        "03-02 04:00",
    ]
    assert following(one('at = "03:30"', "Europe/Berlin"), "2026-01-01T12:00", 1) == ["01-02 02:30"]


def test_a_clock_change_neither_doubles_a_day_nor_leaves_one_out() -> None:
    """Berlin sprang forward on 29 March 2026 at 02:00 and fell back on 25 October at 03:00."""
    spring = following(one('at = "02:30"', "Europe/Berlin"), "2026-03-27T12:00", 3)
    assert [text[:5] for text in spring] == ["03-28", "03-29", "03-30"]
    autumn = following(one('at = "03:30"', "Europe/Berlin"), "2026-10-23T12:00", 3)
    assert autumn == ["10-24 01:30", "10-25 02:30", "10-26 02:30"]


def test_cron_is_read_in_the_shops_zone() -> None:
    assert following(one('cron = "15 9 * * mon-fri"'), "2026-03-06T02:00", 2) == ["03-09 01:15", "03-10 01:15"]
    assert following(one('cron = "0 0 1 */3 *"', "UTC"), "2026-03-06T00:00", 2) == ["04-01 00:00", "07-01 00:00"]


@pytest.mark.parametrize("cron", ["* * *", "61 * * * *", "0 9 * * 1", "0 9 1 * mon", "0 9 * * someday"])
def test_a_cron_that_means_different_things_elsewhere_or_nothing_is_refused(cron: str) -> None:
    with pytest.raises(ConfigError, match=r"\[\[job\]\] n, key cron"):
        one(f'cron = "{cron}"')


@given(
    every=st.integers(1, 86_400), missed=st.floats(0, 3e6), offset=st.floats(0, 1),
)  # fmt: skip
def test_the_next_time_is_the_first_on_the_grid_after_now(every: int, missed: float, offset: float) -> None:
    last = utc("2026-03-01T00:00") + dt.timedelta(seconds=offset)
    now = last + dt.timedelta(seconds=missed)
    due = Schedule("n", "check", every, (), "", (), "", 0, "UTC").next_after(now, last)
    assert due is not None
    assert now < due <= now + dt.timedelta(seconds=every)
    assert (due - last) % dt.timedelta(seconds=every) == dt.timedelta(0)


def test_the_defaults_load_check_roll_up_and_maintain() -> None:
    found = {s.name: s for s in schedules_of(settings())}
    assert {name: s.when for name, s in found.items()} == {
        "load": "every 5m",
        "check": "",
        "rollup": "",
        "maintain": "at 03:30",
    }
    assert found["check"].follows("nightly", "pull")
    assert not found["check"].follows("nightly", "maintain")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[[job]]\nname = "a"\nkind = "lode"\nevery = "5m"', "did you mean load"),
        ('[[job]]\nname = "a"\nkind = "pull"\nevery = "5m"', "needs a source"),
        ('[[job]]\nname = "a"\nkind = "check"\nsource = "erp"\nevery = "5m"', "has no source"),
        ('[[job]]\nname = "a"\nkind = "check"\nevery = "5m"\nat = "03:00"', "say when"),
        ('[[job]]\nname = "a"\nkind = "check"', "say when"),
        ('[[job]]\nname = "a"\nkind = "check"\nevery = "25h"', "at most 24h"),
        ('[[job]]\nname = "a"\nkind = "check"\nat = "24:00"', "no time of day"),
        ('[[job]]\nname = "a"\nkind = "check"\nafter = ["lode"]', "no job or kind"),
        ('[[job]]\nname = "a"\nkind = "check"\nafter = ["check"]', "follow itself"),
        ('[[job]]\nname = "a"\nkind = "check"\nafter = ["b"]\n[[job]]\nname = "b"\nkind = "load"\nafter = ["a"]', "itself"),
        ('[[job]]\nname = "a"\nkind = "load"\nevery = "5m"\n[[job]]\nname = "a"\nkind = "check"\nevery = "5m"', "same name"),
    ],
)  # fmt: skip
def test_a_declaration_that_cannot_be_is_refused(text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        schedules_of(settings(text))


def test_every_kind_that_can_be_declared_does_something() -> None:
    assert set(HANDLERS) == set(KINDS)


def test_full_jitter_spreads_over_the_whole_range_and_never_beyond() -> None:
    dice = random.Random(5)
    waits = [backoff(4, dice).total_seconds() for _ in range(2000)]
    assert max(waits) <= 80
    assert min(waits) < 4
    assert sum(waits) / len(waits) == pytest.approx(40, abs=3)  # three standard errors of a mean of 2000 draws: 1.5
    assert max(backoff(60, dice).total_seconds() for _ in range(200)) <= 3600


def test_what_may_pass_is_tried_again() -> None:
    assert all(map(may_pass, (WarehouseBusy("x"), InternalError("x"), OSError("x"), SourceError("x", retryable=True))))
    assert not any(map(may_pass, (SourceError("x"), ConfigError("x"), NotEstimable("x"))))
