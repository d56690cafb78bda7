"""Which earlier period is compared with: dates taken from the calendars of those years, not from the code."""

from __future__ import annotations

import pytest

from shopkeeper.core.period import Period
from shopkeeper.errors import NotFound
from shopkeeper.kpi.counterpart import against_named, counterpart


@pytest.mark.parametrize(
    ("now", "then", "festival"),
    [
        ("2025-11-11", "2024-11-11", "double_11"),  # 52 weeks earlier would be the 12th
        ("2025-10-20", "2024-10-20", "double_11"),
        ("2025-06-18", "2024-06-18", "618"),
        ("2025-12-12", "2024-12-12", "double_12"),
        ("2025-01-29", "2024-02-10", "new_year"),  # the lunar New Year of each
        ("2025-01-28", "2024-02-09", "new_year"),  # its eve
        ("2026-02-17", "2025-01-29", "new_year"),
        ("2023-12-20", "2022-12-21", ""),  # ordinary, 52 weeks: a Wednesday
        ("2025-09-03", "2024-09-04", ""),
        ("2026-W08", "2025-W05", "new_year"),  # weeks of 17 February and of 29 January
        ("2026-W06", "2025-W03", "new_year"),
        ("2025-W46", "2024-W46", "double_11"),
        ("2025-06", "2024-06", ""),
        ("2025-Q1", "2024-Q1", ""),
        ("2025", "2024", ""),
        ("2027-02", "2026-02", ""),  # 6 and 17 February
    ],
)
def test_festivals_align(now: str, then: str, festival: str) -> None:
    found = counterpart(Period.parse(now), "festival")
    assert found.period is not None
    assert (found.period.label, found.festival, found.refusal) == (then, festival, "")


@pytest.mark.parametrize(
    ("now", "refusal"),
    [
        ("2026-01", "moved"), ("2026-02", "moved"),  # 17 February 2026, 29 January 2025
        ("2026-01-12", "festival_then"),  # five weeks before; 13 January 2025 lay in the run-up
        ("2023-12-26", "festival_then"),  # 27 December 2022 lay in the run-up to 22 January 2023
        ("2040-03-01", "calendar"), ("2015-05-05", "calendar"),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_refused(now: str, refusal: str) -> None:
    found = counterpart(Period.parse(now), "festival")
    assert (found.period, found.refusal) == (None, refusal)


def test_the_other_comparisons_are_calendar_ones() -> None:
    week = Period.parse("2025-W10")
    assert counterpart(week, "previous").period == Period.parse("2025-W09")
    assert counterpart(week, "year").period == Period.parse("2024-W10")
    assert counterpart(week, "target").period is None
    with pytest.raises(NotFound, match="comparison"):
        against_named("yer")
