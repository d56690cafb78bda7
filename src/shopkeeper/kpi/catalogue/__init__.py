"""Every indicator and every measure, by id."""

from __future__ import annotations

from shopkeeper.errors import NotFound
from shopkeeper.kpi.catalogue import acquisition, companions, customers, measures, platforms, supply
from shopkeeper.kpi.definition import Indicator, Measure

__all__ = ["INDICATORS", "MATRIX", "MEASURES", "indicator"]

MEASURES: dict[str, Measure] = {m.id: m for m in measures.MEASURES}
INDICATORS: dict[str, Indicator] = {
    i.id: i
    for i in (
        *acquisition.INDICATORS,
        *customers.INDICATORS,
        *supply.INDICATORS,
        *companions.INDICATORS,
        *platforms.INDICATORS,
    )
}
MATRIX: tuple[Indicator, ...] = tuple(i for i in INDICATORS.values() if i.dimension)


def indicator(name: str) -> Indicator:
    """An indicator by id, in any case. Raises NotFound with the nearest ids.

    >>> indicator("c4").unit
    'money'
    """
    folded = {key.casefold(): value for key, value in INDICATORS.items()}
    found = folded.get(name.casefold())
    if found is None:
        raise NotFound("indicator", name, INDICATORS, next_command="shopkeeper kpis --format json lists them all")
    return found
