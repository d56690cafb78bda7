"""Estimate one model over a shop: an answer, or the reason why there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from shopkeeper.errors import NotEstimable, UsageError
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model
from shopkeeper.insight.models.inputs import filled_inputs
from shopkeeper.insight.models.result import ModelResult
from shopkeeper.insight.models.said import refusal
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class Asked:
    """What a person asks of a model: options as they were typed, and days, both included."""

    options: tuple[tuple[str, str], ...] = ()
    first_day: dt.date | None = None
    last_day: dt.date | None = None


def read_asked(given: Mapping[str, str], first_day: str = "", last_day: str = "") -> Asked:
    """Options and days as an address or a command line gives them. Raises UsageError for a day that is none."""
    first, last = _day(first_day, "from"), _day(last_day, "to")
    if first is not None and last is not None and first > last:
        raise UsageError("the first day is after the last", received=f"{first} to {last}")
    return Asked(tuple(sorted((n, v) for n, v in given.items() if v)), first, last)


def estimate(shop: Shop, model: Model, asked: Asked | None = None) -> ModelResult:
    """The model's answer as of the newest snapshot.

    Raises NotEstimable when an input is missing or the data cannot carry it, UsageError for an option that cannot be used.
    """
    asked = asked or Asked()
    chosen = model.chosen(dict(asked.options))
    require_inputs(shop, model)
    with shop.lake.reading() as snapshot:
        try:
            return model.estimate(Ask(shop, snapshot, chosen, asked.first_day, asked.last_day))
        except NotEstimable as error:
            error.where = error.where or f"model {model.id}"
            raise


def require_inputs(shop: Shop, model: Model) -> None:
    """Raise NotEstimable, naming them, when the shop has nothing of some inputs that the model needs."""
    filled = filled_inputs(shop, model.inputs)
    missing = [name for name in model.inputs if name not in filled]
    if missing:
        raise refusal("models.refused_inputs", missing)


def ask_of(shop: Shop, model: Model, snapshot: int, asked: Asked) -> Ask:
    """The question that a model's own functions take."""
    return replace(
        Ask(shop, snapshot, model.chosen(dict(asked.options))), first_day=asked.first_day, last_day=asked.last_day
    )


def _day(text: str, name: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError("this is no day", where=name, received=text, allowed="2017-10-05") from None
