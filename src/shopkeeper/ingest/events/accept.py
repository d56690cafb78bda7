"""Judge a batch of events: one line for the journal, and for each event that cannot be taken what is wrong with it.

A batch is taken in part: good events go on, bad ones are kept beside them with the reason, and end up among the rows set aside.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json
from typing_extensions import TypedDict

from shopkeeper.core.ids import new_id
from shopkeeper.errors import DataQualityError, UsageError, nearest

BodyKind = Literal["json", "ndjson"]
MAX_EVENTS = 5_000
MAX_BODY = 8 * 1024 * 1024
_SHOWN = 200

_Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Event(TypedDict):
    """One event as a sender writes it."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[misc]

    event_id: _Id
    happened_at: AwareDatetime
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
    shop_id: NotRequired[_Id | None]
    visitor_id: NotRequired[_Id | None]
    customer_id: NotRequired[_Id | None]
    channel_id: NotRequired[_Id | None]
    session_id: NotRequired[_Id | None]
    sku_id: NotRequired[_Id | None]
    value: NotRequired[Annotated[float, Field(allow_inf_nan=False)] | None]
    attributes: NotRequired[dict[str, Any] | None]


FIELDS: tuple[str, ...] = tuple(Event.__annotations__)
_BATCH: TypeAdapter[list[Event]] = TypeAdapter(list[Event])
_ONE: TypeAdapter[Event] = TypeAdapter(Event)


@dataclass(frozen=True)
class Rules:
    """What an event is held to beside its form: the shops that are known, the one that is meant by none, and the clock."""

    shops: frozenset[str]
    default_shop: str
    ahead: dt.timedelta
    late: dt.timedelta


@dataclass(frozen=True)
class Fault:
    """What is wrong with one event of a batch, counted from 0."""

    index: int
    where: str
    what: str
    received: str
    allowed: str

    def as_json(self) -> dict[str, object]:
        """For the answer."""
        return {
            "index": self.index, "where": self.where, "failed": self.what, "received": self.received, "allowed": self.allowed,
        }  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """A batch ready for the journal: `line` holds the good events and the bad ones with their faults."""

    batch: str
    line: bytes
    accepted: int
    faults: tuple[Fault, ...]

    @property
    def received(self) -> int:
        """Events in the batch."""
        return self.accepted + len(self.faults)


def judge(
    body: bytes, kind: BodyKind, rules: Rules, *, received_at: dt.datetime, by: str, strict: bool = False
) -> Judged:
    """Judge a body of events: a JSON array, one object, or one object a line.

    Raises UsageError when it is no such thing or holds none or too many events; with `strict`, DataQualityError for the first
    bad event. Then nothing is kept.

    >>> rules = Rules(frozenset({"site"}), "site", dt.timedelta(minutes=5), dt.timedelta(days=400))
    >>> body = b'{"event_id": "e1", "happened_at": "2026-07-06T10:00:00+08:00", "name": "view"}'
    >>> judge(body, "json", rules, received_at=dt.datetime(2026, 7, 6, 2, 0, 1, tzinfo=dt.UTC), by="alice").accepted
    1
    """
    good, faults, bad = _read(body, kind)
    if not good and not faults:
        raise UsageError("there are no events in this body", allowed="1 or more", state="nothing was kept")
    if len(good) + len(faults) > MAX_EVENTS:
        raise UsageError(
            "too many events in one batch", received=len(good) + len(faults), allowed=f"{MAX_EVENTS:,}",
            state="nothing was kept", next_command="send them in several batches",
        )  # fmt: skip
    taken = []
    for index, event in good:
        shop = event.get("shop_id") or rules.default_shop
        event["shop_id"] = shop
        fault = None if shop in rules.shops else _unknown_shop(index, shop, rules.shops)
        if not -rules.late <= event["happened_at"] - received_at <= rules.ahead:
            fault = _wrong_time(index, event["happened_at"], received_at, rules)
        if fault is None:
            taken.append(event)
        else:
            faults.append(fault)
            bad[index] = event
    faults.sort(key=lambda fault: fault.index)
    if strict and faults:
        first = faults[0]
        raise DataQualityError(
            first.what, where=f"event {first.index}, {first.where}", received=first.received, allowed=first.allowed,
            state=f"nothing of this batch was kept; {len(faults)} of its events are bad",
        )  # fmt: skip
    batch = new_id("batch")
    head = to_json({"batch": batch, "received_at": received_at.isoformat(), "by": by})
    events = _BATCH.dump_json(taken)
    if faults:
        kept = to_json([_kept(bad[fault.index], fault) for fault in faults])
        events = events[:-1] + (b"," if taken else b"") + kept[1:]
    return Judged(batch, head[:-1] + b',"events":' + events + b"}", len(taken), tuple(faults))


def _read(body: bytes, kind: BodyKind) -> tuple[list[tuple[int, Event]], list[Fault], dict[int, Mapping[str, object]]]:
    """The events of a body with their places, the faults of the others, and these others as they came."""
    text = body.strip().removeprefix(b"\xef\xbb\xbf")
    if kind == "ndjson":
        lines = [line for line in text.split(b"\n") if line.strip()]
        text = b"[" + b",".join(lines) + b"]"
    elif text.startswith(b"{"):
        lines, text = [], b"[" + text + b"]"
    else:
        lines = []
    try:
        return list(enumerate(_BATCH.validate_json(text))), [], {}
    except ValidationError as error:
        if error.errors(include_url=False, include_context=False)[0]["type"] != "json_invalid":
            told: list[Any] = from_json(text) if text.startswith(b"[") else []
        elif lines:
            told = [_object(line) for line in lines]
        else:
            told = []
        if not isinstance(told, list) or not told:
            raise _no_batch(error) from None
    return _each(told)


def _each(told: Sequence[Any]) -> tuple[list[tuple[int, Event]], list[Fault], dict[int, Mapping[str, object]]]:
    good, faults, bad = [], [], dict[int, Mapping[str, object]]()
    for index, one in enumerate(told[: MAX_EVENTS + 1]):
        try:
            good.append((index, _ONE.validate_json(to_json(one, inf_nan_mode="constants"))))
        except ValidationError as error:
            faults.append(_fault(index, error))
            bad[index] = one if isinstance(one, dict) else {"attributes": one}
    return good, faults, bad


def _object(line: bytes) -> object:
    try:
        return from_json(line)
    except ValueError:
        return line.decode("utf-8", "replace")


def _fault(index: int, error: ValidationError) -> Fault:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    received = "nothing" if first["type"] == "missing" else str(first["input"])
    allowed = first["msg"]
    if first["type"] == "extra_forbidden":
        close = nearest(where, FIELDS)
        allowed = f"did you mean {', '.join(close)}?" if close else f"{', '.join(FIELDS)}; all else inside attributes"
    elif first["type"].startswith(("datetime", "timezone")):
        allowed = "a moment with its zone, such as 2026-07-06T10:00:00+08:00"
    return Fault(index, where or "event", "this event cannot be taken", received[:_SHOWN], allowed)


def _unknown_shop(index: int, shop: str, known: Iterable[str]) -> Fault:
    names = sorted(known)
    close = nearest(shop, names)
    return Fault(
        index,
        "shop_id",
        "no shop has this name",
        shop,
        f"did you mean {', '.join(close)}?" if close else ", ".join(names[:40]),
    )


def _wrong_time(index: int, at: dt.datetime, now: dt.datetime, rules: Rules) -> Fault:
    if at > now:
        allowed = f"at most {rules.ahead.total_seconds():g} s ahead of {now.isoformat(timespec='seconds')}"
        return Fault(index, "happened_at", "this event lies in the future", at.isoformat(), allowed)
    return Fault(index, "happened_at", "this event is too old", at.isoformat(), f"at most {rules.late.days} days old")


def _kept(told: Mapping[str, object], fault: Fault) -> dict[str, object]:
    """A bad event as it is set aside: the fields that can be corrected as text, all that it said in `told`."""
    row: dict[str, object] = {
        name: value if isinstance(value := told[name], str) else _text(value)
        for name in FIELDS if told.get(name) is not None
    }  # fmt: skip
    whole = _text(told)
    return {**row, "told": whole, "fault": fault.what, "fault_column": fault.where, "fault_received": fault.received,
            "fault_allowed": fault.allowed}  # fmt: skip


def _text(value: object) -> str:
    return (
        value.isoformat()
        if isinstance(value, dt.datetime)
        else json.dumps(from_json(to_json(value)), ensure_ascii=False)
    )


def _no_batch(error: ValidationError) -> UsageError:
    first = error.errors(include_url=False, include_input=False)[0]
    return UsageError(
        "the body is no batch of events", where="body", received=first["msg"],
        allowed="a JSON array of objects, one object, or one object a line (application/x-ndjson)", state="nothing was kept",
    )  # fmt: skip
