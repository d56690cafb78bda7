"""Shares whose two sides come from different sources: shops that tell only one of them are left out of both.

returns    shop    units        parcels    shop    units        K2
tmall     588                   –       –            tmall is in neither: nobody knows what it shipped
rednote   236                   rednote 2,687        236 ÷ 2,687
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shopkeeper.kpi.availability import Holdings
from shopkeeper.kpi.definition import Indicator, ShopFlag


@dataclass(frozen=True)
class BothSides:
    """Indicators with all of some parts: what shops must tell for them, and each part's measure of such shops alone."""

    parts: frozenset[str]
    flags: tuple[ShopFlag, ...]
    measures: Mapping[str, str]


_SPEND = {"acquisition_spend": "acquisition_spend_of_named"}
RULES = (
    BothSides(
        frozenset({"units_returned", "units_shipped"}), ("tells_refunds", "tells_shipments"),
        {"units_returned": "units_returned_of_shippers", "units_shipped": "units_shipped_told"},
    ),
    BothSides(
        frozenset({"refund_amount_of_cohort", "paid_amount_of_cohort"}), ("tells_refunds",),
        {"paid_amount_of_cohort": "paid_amount_of_cohort_told"},
    ),
    BothSides(frozenset({"acquisition_spend", "new_buyers"}), ("names_buyers",), _SPEND),
    BothSides(frozenset({"acquisition_spend", "first_buyers"}), ("names_buyers",), _SPEND),
    BothSides(frozenset({"acquisition_spend", "realised"}), ("names_buyers",), _SPEND),
    BothSides(
        frozenset({"order_buyers_in_tier", "order_buyers"}), ("tells_tiers",), {"order_buyers": "order_buyers_of_tiers"}
    ),
)  # fmt: skip


def rule_of(indicator: Indicator) -> BothSides | None:
    """The rule for an indicator, if its parts are of one."""
    parts = {*indicator.numerator, *indicator.denominator, *indicator.minus}
    return next((rule for rule in RULES if rule.parts <= parts), None)


def stand_in(indicator: Indicator, part: str, holdings: Holdings) -> str:
    """The measure of a part in this shop: of those alone that tell both sides, where some do not."""
    rule = rule_of(indicator)
    if rule is None or part not in rule.measures or not holdings.silent(*rule.flags):
        return part
    return rule.measures[part]
