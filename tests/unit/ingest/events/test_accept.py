"""Judging a batch: every event is taken, or told by its place what is wrong with it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from shopkeeper.errors import DataQualityError, UsageError
from shopkeeper.ingest.events.accept import MAX_EVENTS, Judged, Rules, judge

NOW = dt.datetime(2026, 7, 6, 2, 0, tzinfo=dt.UTC)
RULES = Rules(frozenset({"site", "store"}), "site", dt.timedelta(minutes=5), dt.timedelta(days=400))
GOOD: dict[str, Any] = {"event_id": "e1", "happened_at": "2026-07-06T09:59:00+08:00", "name": "view"}


def judged(events: object, *, kind: str = "json", strict: bool = False) -> Judged:
    body = events if isinstance(events, bytes) else json.dumps(events).encode()
    return judge(body, "ndjson" if kind == "ndjson" else "json", RULES, received_at=NOW, by="alice", strict=strict)


@pytest.mark.parametrize(
    ("changed", "where", "allowed"),
    [
        ({"event_id": 7}, "event_id", "string"),
        ({"event_id": "a\nb"}, "event_id", "pattern"),
        ({"happened_at": "2026-07-06T09:59:00"}, "happened_at", "zone"),
        ({"happened_at": 1783303200}, "happened_at", "zone"),
        ({"happened_at": "2026-07-06T10:06:00+08:00"}, "happened_at", "300 s ahead"),
        ({"happened_at": "2020-07-06T10:06:00+08:00"}, "happened_at", "400 days"),
        ({"shop_id": "sight"}, "shop_id", "did you mean site"),
        ({"visiter_id": "v"}, "visiter_id", "did you mean visitor_id"),
        ({"value": "12"}, "value", "number"),
        ({"value": float("nan")}, "value", "finite"),
        ({"attributes": [1]}, "attributes", "object"),
    ],
)
def test_a_bad_event_is_told_by_its_place_and_the_good_ones_go_on(
    changed: dict[str, object], where: str, allowed: str
) -> None:
    done = judged([GOOD, {**GOOD, "event_id": "e2", **changed}, {**GOOD, "event_id": "e3"}])
    (fault,) = done.faults
    assert (fault.index, fault.where) == (1, where)
    assert allowed in fault.allowed
    assert (done.received, done.accepted) == (3, 2)
    kept = json.loads(done.line)["events"]
    assert [event["event_id"] for event in kept[:2]] == ["e1", "e3"]
    assert kept[2]["fault_column"] == where
    assert kept[2]["told"]
    with pytest.raises(DataQualityError, match="nothing of this batch was kept"):
        judged([GOOD, {**GOOD, **changed}], strict=True)


def test_an_event_a_little_ahead_of_our_clock_is_taken_as_it_is() -> None:
    ahead = {**GOOD, "happened_at": "2026-07-06T10:04:59+08:00"}
    assert judged(ahead).faults == ()


def test_lines_that_are_no_json_are_told_one_by_one() -> None:
    body = b"\n".join([json.dumps(GOOD).encode(), b"{half", b"", b"[]", b"\xff\xfe"])
    done = judged(body, kind="ndjson")
    assert [fault.index for fault in done.faults] == [1, 2, 3]
    assert done.accepted == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"[", b"3", b"null", b"{", b'"e1"', b"[" * 10_000])
def test_a_body_that_is_no_batch_is_refused_whole(body: bytes) -> None:
    with pytest.raises(UsageError, match="nothing was kept"):
        judged(body)


def test_a_batch_has_an_end() -> None:
    with pytest.raises(UsageError, match="too many"):
        judged([GOOD] * (MAX_EVENTS + 1))


def test_an_event_of_no_named_shop_is_of_the_usual_one() -> None:
    assert json.loads(judged(GOOD).line)["events"][0]["shop_id"] == "site"
