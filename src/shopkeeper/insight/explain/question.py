"""What is asked: which indicator, in which period, against what, in which part of the business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from shopkeeper.core.period import Period
from shopkeeper.errors import NotFound
from shopkeeper.kpi.counterpart import Against
from shopkeeper.kpi.result import Filters

Dimension = Literal["platform", "category", "channel", "shop", "sku", "group"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
"""By what a change is cut. `shop` is a store of the business, `group` whether a buyer paid before: new, returning, unknown."""

EXPLAINED_AGAINST: tuple[Against, ...] = ("previous", "year", "festival", "target")


@dataclass(frozen=True)
class Question:
    """One change to explain. `by` are the dimensions to cut it by; all that the indicator has when empty."""

    kpi: str
    period: Period
    against: Against = "previous"
    by: tuple[Dimension, ...] = ()
    filters: Filters = ()


def against_asked(name: str) -> Against:
    """A comparison that can be explained. Raises NotFound with those there are."""
    if name not in EXPLAINED_AGAINST:
        raise NotFound("comparison", name, EXPLAINED_AGAINST)
    return next(a for a in EXPLAINED_AGAINST if a == name)


def dimensions_asked(names: Sequence[str]) -> tuple[Dimension, ...]:
    """Dimensions as people write them, several in a word parted by commas. Raises NotFound with those there are.

    >>> dimensions_asked(["platform,sku"])
    ('platform', 'sku')
    """
    wanted = [name for item in names for name in item.split(",") if name]
    for name in wanted:
        if name not in DIMENSIONS:
            raise NotFound("dimension", name, DIMENSIONS)
    return cast(tuple[Dimension, ...], tuple(dict.fromkeys(wanted)))
