"""From a [[target]] entry to anchors that hold from a day on, or why the score could not use them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shopkeeper.core.period import Period
from shopkeeper.errors import UsageError
from shopkeeper.kpi.definition import Indicator, Unit
from shopkeeper.kpi.definitions import Target
from shopkeeper.kpi.own.document import Place, TargetEntry, suggested

_RELATIVE = re.compile(r"\s*[+-]\d+(?:\.\d+)?\s*(%|pp)\s*")


def own_target(place: Place, entry: TargetEntry, indicators: Mapping[str, Indicator], currency: str) -> Target:
    """The target of an entry. Raises KpiDefinitionError naming the key."""
    folded = {known.casefold(): known for known in indicators}
    if entry.kpi.casefold() not in folded:
        raise place.wrong("kpi", "no indicator has this id", entry.kpi, suggested(entry.kpi, indicators))
    declared = indicators[folded[entry.kpi.casefold()]]
    _check_unit(place, entry, declared, currency)
    for key in ("floor", "target"):
        _check_anchor(place, key, getattr(entry, key), declared.unit)
    _check_baseline(place, entry)
    _check_order(place, entry, declared.direction)
    return Target(
        declared.id, entry.since, entry.platform, declared.unit, entry, f"{place.file}, {place.kind} {place.number}"
    )


def _check_unit(place: Place, entry: TargetEntry, declared: Indicator, currency: str) -> None:
    unit: Unit = declared.unit
    allowed = {unit, currency} if unit == "money" else {unit}
    if entry.unit and entry.unit not in allowed:
        raise place.wrong("unit", f"{declared.id} is not measured so", entry.unit, " or ".join(sorted(allowed)))
    if "platform" not in declared.slices and entry.platform:
        raise place.wrong("platform", f"{declared.id} cannot be cut by platform", entry.platform, "no platform")


def _check_anchor(place: Place, key: str, anchor: float | str | None, unit: Unit) -> None:
    if anchor is None:
        raise place.wrong(key, "a target has three anchors", "nothing", 'a number, "+10%" or "+3pp"')
    if isinstance(anchor, str):
        found = _RELATIVE.fullmatch(anchor)
        if found is None:
            raise place.wrong(key, "this anchor cannot be read", anchor, 'a number, "+10%" or "+3pp"')
        if found[1] == "pp" and unit != "share":
            raise place.wrong(
                key, f"percentage points are added to a share, not to {unit}", anchor, 'a number or "+10%"'
            )


def _check_baseline(place: Place, entry: TargetEntry) -> None:
    if entry.baseline is None:
        raise place.wrong("baseline", "a target has three anchors", "nothing", "a number, or periods such as 2024-Q1")
    if isinstance(entry.baseline, str):
        first, _, last = entry.baseline.partition("..")
        try:
            begins, ends = Period.parse(first).start, Period.parse(last or first).end
        except UsageError as error:
            raise place.wrong(
                "baseline", "this baseline is no range of periods", entry.baseline, error.allowed
            ) from None
        if ends <= begins:
            raise place.wrong("baseline", "this range ends before it begins", entry.baseline, "2024-01..2024-03")


def _check_order(place: Place, entry: TargetEntry, direction: int) -> None:
    """Anchors that are known now stand in order; those measured from data are looked at when they are."""
    sides = [_side(entry.floor, entry.baseline), _side(entry.target, entry.baseline)]
    wanted = (-1, 1) if direction >= 0 else (1, -1)
    for key, side, right in zip(("floor", "target"), sides, wanted, strict=True):
        if side is not None and side != right:
            order = "floor < baseline < target" if direction >= 0 else "floor > baseline > target: lower is better"
            raise place.wrong(key, "the anchors are not in order", getattr(entry, key), order)


def _side(anchor: float | str | None, baseline: float | str | None) -> int | None:
    """Whether an anchor lies above (1), below (-1) or on (0) the baseline; None while that depends on the data."""
    if isinstance(anchor, str):
        change = float(anchor.strip().rstrip("%p "))
        return (change > 0) - (change < 0)
    if anchor is None or not isinstance(baseline, int | float):
        return None
    return (anchor > baseline) - (anchor < baseline)
