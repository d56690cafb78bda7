"""Reading a span whole: nothing lost and nothing twice while rows change, pages vanish or come again, and spans are too deep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from shopkeeper.errors import SourceError
from shopkeeper.ingest.platforms.declaration import Call, Detail, Page, Span
from shopkeeper.ingest.platforms.gateway import Gateway
from shopkeeper.ingest.platforms.reading import read_span, spans_between
from shopkeeper.ingest.platforms.spoken import SpokenLayout

START = dt.datetime(2026, 7, 6, tzinfo=dt.UTC)
DAY = Span(START, START + dt.timedelta(days=1))
LAYOUT = SpokenLayout("test", "tmall", (), (), ())


def second(at: dt.datetime) -> int:
    return int(at.timestamp())


@dataclass
class List:
    """A platform's list: `rows` are id → modified. `before` may change it before a page is answered."""

    rows: dict[int, int]
    before: Callable[[List, int], None] = lambda rows, number: None
    newest_first: bool = True
    asked: list[tuple[Span, int]] = field(default_factory=list)
    source: str = "api"
    platform: Any = field(default_factory=lambda: type("P", (), {"name": "test"})())

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        if method == "detail":
            return {"told": f"more of {params['id']}"}
        span, number = params["span"], params["number"]
        self.before(self, len(self.asked))
        self.asked.append((span, number))
        found = sorted((at, row) for row, at in self.rows.items() if second(span.start) <= at <= second(span.end))
        found = found[::-1] if self.newest_first else found
        size = params["size"]
        records = [{"id": str(row), "at": str(at)} for at, row in found[number * size : (number + 1) * size]]
        more = (number + 1) * size < len(found)
        return {"records": records, "total": str(len(found)), "next": f"c{number + 1}" if more else "nomore"}


def counted(**more: Any) -> Call:
    call = Call(
        "orders", "list", dt.timedelta(days=1), dt.timedelta(days=90), dt.timedelta(), 2,
        lambda span, page: {"span": span, "number": page.number, "size": page.size, "cursor": page.cursor},
        "records", "id", "at", LAYOUT, ("id",), total="total",
    )  # fmt: skip
    return replace(call, **more)


def read(found: List, call: Call, span: Span = DAY) -> dict[str, str]:
    records = read_span(cast(Gateway, found), call, span)
    assert len({record["id"] for record in records}) == len(records), "no record comes twice"
    return {record["id"]: record["at"] for record in records}


def rows(count: int) -> dict[int, int]:
    return {number: second(START) + number * 60 for number in range(1, count + 1)}


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_row_that_changes_between_pages_takes_no_other_with_it(newest_first: bool) -> None:
    def leaves(found: List, number: int) -> None:
        if number == 2:  # a row of the first page that was read leaves the span: those behind it move up
            found.rows[1 if newest_first else 7] = second(DAY.end) + 60
            found.rows[2 if newest_first else 6] = second(DAY.end) + 60

    found = List(rows(7), leaves, newest_first)
    told = read(found, counted())
    assert {3, 4, 5} <= {int(row) for row in told}
    assert [number for _, number in found.asked][:4] == [0, 3, 2, 1], "the last page is read first"


def test_the_newer_version_of_a_row_that_comes_twice_counts() -> None:
    def again(found: List, number: int) -> None:
        if number == 2:
            found.rows[1] = second(START) + 3_600  # still inside, now the newest

    assert read(List(rows(6), again), counted())["1"] == str(second(START) + 3_600)


def test_a_page_that_was_missing_once_is_read_again() -> None:
    def lost(found: List, number: int) -> None:
        found.hidden = number in (1, 2)  # type: ignore[attr-defined]

    class Losing(List):
        def ask(self, method: str, params: Mapping[str, Any]) -> Any:
            answer = super().ask(method, params)
            if getattr(self, "hidden", False):
                answer["records"] = []
            return answer

    assert len(read(Losing(rows(6), lost), counted())) == 6


def test_pages_that_never_hold_what_is_counted_are_refused() -> None:
    class Short(List):
        def ask(self, method: str, params: Mapping[str, Any]) -> Any:
            return super().ask(method, params) | {"total": "9"}

    with pytest.raises(SourceError) as caught:
        read(Short(rows(6)), counted())
    assert "6 of 9" in (caught.value.received or "")
    assert caught.value.retryable


def test_a_span_that_is_too_deep_is_halved_until_it_is_not() -> None:
    found = List(rows(40))
    assert len(read(found, counted(deepest=10))) == 40
    assert len({span for span, _ in found.asked}) > 4


def test_a_cursor_is_followed_to_its_end() -> None:
    call = counted(total="", cursor="next", over=("nomore",))
    assert len(read(List(rows(7)), call)) == 7


def test_a_cursor_that_comes_again_is_refused() -> None:
    class Circling(List):
        def ask(self, method: str, params: Mapping[str, Any]) -> Any:
            return super().ask(method, params) | {"next": "c1"}

    with pytest.raises(SourceError, match="cursor that was given before"):
        read(Circling(rows(9)), counted(total="", cursor="next", over=("nomore",)))


def test_a_detail_adds_to_its_record_where_it_is_asked_for() -> None:
    detail = Detail("detail", lambda record: {"id": record["id"]}, when=lambda record: record["id"] == "2")
    records = read_span(cast(Gateway, List(rows(3))), counted(detail=detail), DAY)
    assert {record["id"]: record.get("told") for record in records} == {"1": None, "2": "more of 2", "3": None}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"records": []}, "no count"), ({"total": "many", "records": []}, "no count"), ({"total": "1",
        "records": "x"}, "no list"),
        ({"total": "1", "records": ["x"]}, "no list"), ({"total": "1", "records": [{"at": "1"}]}, "without id"),
    ],
)  # fmt: skip
def test_a_list_of_another_shape_is_refused(answer: Any, said: str) -> None:
    class Strange(List):
        def ask(self, method: str, params: Mapping[str, Any]) -> Any:
            return answer

    with pytest.raises(SourceError, match=said):
        read(Strange({}), counted())


def test_spans_cover_everything_and_meet() -> None:
    spans = list(spans_between(START, START + dt.timedelta(hours=5), dt.timedelta(hours=2)))
    assert spans[0].start == START
    assert spans[-1].end == START + dt.timedelta(hours=5)
    assert all(one.end == other.start for one, other in zip(spans, spans[1:], strict=False))
    assert list(spans_between(START, START, dt.timedelta(hours=1))) == []
    assert Page(0, 10).cursor == ""
