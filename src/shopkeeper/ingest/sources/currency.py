"""Layouts whose rows tell their currency: amounts of another than the shop's are set aside, never added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shopkeeper.core.settings import ShopSection
from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.warehouse.sql import literal

CURRENCY = "{currency}"
"""The shop's currency in the `rows` of a layout that says its own, as an SQL text."""


@dataclass(frozen=True)
class CurrencyLayout(Layout):
    """A layout whose rows tell their currency: its `rows` may speak of `{currency}`, the shop's."""

    def bound(self, own: Mapping[str, str], shop: ShopSection, shop_sql: str, day: str = "") -> SourceMapping:
        """The mapping for a file, for the currency of this shop."""
        told = replace(self, rows=self.rows.replace(CURRENCY, literal(shop.currency)))
        return Layout.bound(told, own, shop, shop_sql, day)


def own_currency(value: str, foreign: str, currency: str) -> str:
    """A value as text; where `foreign` holds, a text that is no amount and says why: such a row is set aside."""
    text = f"CAST({value} AS VARCHAR)"
    return (
        f"CASE WHEN {foreign} THEN concat_ws(' ', {text}, {currency}) || ', but this shop keeps ' || {CURRENCY} "
        f"ELSE {text} END"
    )
