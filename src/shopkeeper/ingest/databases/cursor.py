"""How far a database was read: the cursor's newest value, and the bounds of the next window that follow from it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal

from shopkeeper.errors import DataQualityError
from shopkeeper.ingest.databases.settings import LOOK_BACK_NUMBERS, LOOK_BACK_TIME, span

Point = int | Decimal | dt.date | dt.datetime | str
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


@dataclass(frozen=True)
class Reading:
    """The state between pulls. `at` is None before the first row; `midway`: a window ended here, and nothing was left out."""

    at: Point | None = None
    midway: bool = False

    def told(self) -> str:
        """As text for the ledger; empty before the first row."""
        if self.at is None:
            return ""
        kind = "moment" if isinstance(self.at, dt.datetime) else "day" if isinstance(self.at, dt.date) else (
            "text" if isinstance(self.at, str) else "number"
        )  # fmt: skip
        value = self.at.isoformat() if isinstance(self.at, dt.date) else str(self.at)
        return json.dumps({"at": value, "kind": kind} | ({"midway": True} if self.midway else {}), ensure_ascii=False)


def reading_of(told: str) -> Reading:
    """The state that a text of the ledger tells.

    >>> reading_of(Reading(dt.datetime(2024, 1, 5, 10)).told()).at
    datetime.datetime(2024, 1, 5, 10, 0)
    """
    if not told:
        return Reading()
    said = json.loads(told)
    value, kind = said["at"], said["kind"]
    midway = bool(said.get("midway"))
    if kind == "moment":
        return Reading(dt.datetime.fromisoformat(value), midway)
    if kind == "day":
        return Reading(dt.date.fromisoformat(value), midway)
    if kind == "number":
        return Reading(Decimal(value) if "." in value else int(value), midway)
    return Reading(value, midway)


def moved(at: Point, by: str | int, sign: int, *, where: str) -> Point:
    """A point some way on (sign 1) or back (−1). An empty `by` is the usual look-back.

    Raises DataQualityError when the cursor is of another kind than what it is moved by.
    """
    if isinstance(at, str):
        return _moved_text(at, by, sign, where)
    if isinstance(at, dt.date):
        if isinstance(by, int) or by.isdigit():
            raise _unlike(at, by, where)
        step = span(by) if by else LOOK_BACK_TIME
        if not isinstance(at, dt.datetime):
            return at + sign * max(step, dt.timedelta(days=1)) if step else at
        return at + sign * step
    if isinstance(by, str) and by and not by.isdigit():
        raise _unlike(at, by, where)
    return at + sign * (int(by) if by != "" else LOOK_BACK_NUMBERS)


def _moved_text(at: str, by: str | int, sign: int, where: str) -> str:
    """A moment or day written as text keeps its form."""
    try:
        moment = dt.datetime.fromisoformat(at)
    except ValueError:
        raise DataQualityError(
            "the cursor is a text that is no moment", where=where, received=at,
            allowed="numbers, or texts such as 2024-01-05 10:00:00", state="nothing was changed",
        ) from None  # fmt: skip
    if len(at) == len("2024-01-05"):
        day = moved(moment.date(), by, sign, where=where)
        return str(day)
    back = moved(moment, by, sign, where=where)
    assert isinstance(back, dt.datetime)
    text = back.isoformat(sep=at[10], timespec="microseconds" if "." in at else "seconds")
    return f"{text.removesuffix('+00:00')}Z" if at.endswith("Z") else text


def _unlike(at: Point, by: str | int, where: str) -> DataQualityError:
    moment = isinstance(at, dt.date)
    return DataQualityError(
        "look_back or window does not fit the cursor", where=where, received=by,
        allowed="a span of time such as 10 minutes" if moment else "a whole number", state="nothing was changed",
        next_command="edit its [[source]] in shopkeeper.toml",
    )  # fmt: skip


def is_ordered(kind: str) -> bool:
    """Whether a DuckDB type orders the same here and at the source."""
    return kind in _WHOLE or kind.startswith(("DECIMAL", "TIMESTAMP")) or kind == "DATE"
