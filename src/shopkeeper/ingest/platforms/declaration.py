"""What a platform's API declares of itself: how a request is signed, what is called, and what a record is kept of.

Platform (sign, envelope, faults, rate) → Call (method, span, pages, records, fields kept) → layout → tables

Everything that is not in a declaration is done once for all of them: windows, pages, limits, retries, errors, loading.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from shopkeeper.ingest.platforms.spoken import SpokenLayout

Json = Any
FaultKind = Literal["throttled", "signature", "token", "clock", "permission", "request", "passing"]
Doubt = Literal["signature", "request", "amounts", "times", "refund_day"]

CHINA = dt.timezone(dt.timedelta(hours=8))
"""China Standard Time: no daylight saving since 1991."""


@dataclass(frozen=True)
class Credentials:
    """What a platform knows an application and a shop by. Secrets never show in a representation."""

    app_key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no text may repeat."""
        return self.secret, self.token


@dataclass(frozen=True)
class Request:
    """One signed request. `path` is relative to the platform's address; at most one of `form` and `body` is sent."""

    verb: Literal["GET", "POST"]
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818  the platform's word, not ours: `explained` makes our error of it
    """The platform answered, and said no."""

    def __init__(self, code: str, message: str, wait_seconds: float | None = None) -> None:
        self.code, self.text, self.wait_seconds = code, message, wait_seconds
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True)
class Fault:
    """Codes, and words of messages, that mean one kind of fault. `words` is a pattern; codes are tried first."""

    kind: FaultKind
    codes: tuple[str, ...] = ()
    words: str = ""

    def says(self, refused: Refused) -> bool:
        """Whether the platform's answer is one of this kind by its words."""
        return bool(self.words) and re.search(self.words, f"{refused.code} {refused.text}", re.IGNORECASE) is not None


@dataclass(frozen=True)
class Span:
    """From when to when records were modified, in UTC and whole seconds; both ends belong to it."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True)
class Page:
    """Which page is asked for: `number` counts from 0; `cursor` is what the page before gave, empty for the first."""

    number: int
    size: int
    cursor: str = ""


@dataclass(frozen=True)
class Detail:
    """A second call for records of which the list does not say enough: what it says is added to the record, and counts."""

    method: str
    ask: Callable[[Json], Mapping[str, Json]]
    when: Callable[[Json], bool] = lambda record: True


@dataclass(frozen=True)
class Call:
    """One list that is asked for by modification time, and what is kept of its records.

    `longest` is the longest span and `reach` how far back the platform answers; a span ends `lag` before now at least,
    since the platform may still be writing. `counted` lists tell their `total` and are read from the last page to the first:
    a row that changes meanwhile leaves the span, and only pages already read move up. Others hand out cursors; `over` is
    the one that ends them. `deepest` is the number of records that one span can page through.

    A record becomes a row for each element of `each`, or one row. Only the paths of `keep` are kept, under their own names;
    those of `hashed` as SHA-256 alone; `only` says by these cells which rows count. Whatever else the platform sends
    (names, telephones, addresses, ciphertext) is never written anywhere.
    """

    name: str
    method: str
    longest: dt.timedelta
    reach: dt.timedelta
    lag: dt.timedelta
    page_size: int
    ask: Callable[[Span, Page], Mapping[str, Json]]
    records: str
    key: str
    modified: str
    layout: SpokenLayout
    keep: tuple[str, ...]
    each: str = ""
    hashed: tuple[str, ...] = ()
    only: Callable[[Mapping[str, str | None]], bool] = lambda cells: True
    total: str = ""
    cursor: str = ""
    over: tuple[str, ...] = ("",)
    deepest: int = 0
    detail: Detail | None = None

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns of its rows."""
        return (*self.keep, *self.hashed)

    @property
    def counted(self) -> bool:
        """Whether the list tells how many records there are."""
        return bool(self.total)


@dataclass(frozen=True)
class Platform:
    """One platform. `platform_id` is its name in the warehouse; an empty `address` is each shop's own.

    `payload` takes the answer out of its envelope and raises Refused for what the platform calls an error. `needs` are sets of
    credentials of which one must be given; `grant` asks for a token where none is. `doubts` name what no published vector or
    document holds: it is said in the listing, in the docs and at every pull.
    """

    name: str
    platform_id: str
    address: str
    sign: Callable[[str, Mapping[str, Json], Credentials, dt.datetime], Request]
    payload: Callable[[Json], Json]
    faults: tuple[Fault, ...]
    calls: tuple[Call, ...]
    per_second: float
    needs: tuple[tuple[str, ...], ...] = (("app_key", "app_secret", "access_token"),)
    doubts: tuple[Doubt, ...] = ()
    grant: Callable[[Credentials], Request] | None = None

    @property
    def verified(self) -> bool:
        """Whether a published vector holds its signature."""
        return "signature" not in self.doubts

    def call(self, name: str) -> Call:
        """A call by name; the caller has checked it."""
        return next(call for call in self.calls if call.name == name)

    def fault_of(self, refused: Refused) -> FaultKind:
        """What kind of fault an answer is: by its code, else by its words, else a request that the platform does not take."""
        if refused.code == "429" or refused.code.startswith("HTTP 5"):
            return "throttled" if refused.code == "429" else "passing"
        for fault in self.faults:
            if refused.code in fault.codes:
                return fault.kind
        for fault in self.faults:
            if fault.says(refused):
                return fault.kind
        return "request"


def found_at(record: Json, path: str) -> Json:
    """The value at a dotted path of nested objects; None where there is none.

    >>> found_at({"trades": {"trade": [1]}}, "trades.trade")
    [1]
    """
    for name in path.split(".") if path else ():
        if not isinstance(record, dict):
            return None
        record = record.get(name)
    return record


def as_text(value: Json) -> str | None:
    """A value as the text it was written as; lists and objects as JSON, nothing as None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def local_text(moment: dt.datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A moment as China's platforms write it, in China Standard Time.

    >>> local_text(dt.datetime(2026, 7, 5, 16, 0, tzinfo=dt.UTC))
    '2026-07-06 00:00:00'
    """
    return moment.astimezone(CHINA).strftime(form)
