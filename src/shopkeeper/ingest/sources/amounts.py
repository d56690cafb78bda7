"""Amounts in the SQL of layouts: cleaned, exact, split to the cent, and never of two currencies in one column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shopkeeper.core.settings import ShopSection
from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.ingest.values import cleaned, literal, plain_number, quoted

CURRENCY = "{currency}"
"""The shop's currency in the `rows` of a layout that says its own, as an SQL text."""


@dataclass(frozen=True)
class CurrencyLayout(Layout):
    """A layout whose rows tell their currency: its `rows` may speak of `{currency}`, the shop's."""

    def bound(self, own: Mapping[str, str], shop: ShopSection, shop_sql: str, day: str = "") -> SourceMapping:
        """The mapping for a file, for the currency of this shop."""
        told = replace(self, rows=self.rows.replace(CURRENCY, literal(shop.currency)))
        return Layout.bound(told, own, shop, shop_sql, day)


def cell(header: str) -> str:
    """A cell's text without what spreadsheets add to it; NULL when empty."""
    return cleaned(quoted(header))


def amount(name: str) -> str:
    """A cleaned text as DECIMAL(18,6); NULL where it is no number."""
    return f"TRY_CAST({plain_number(name)} AS DECIMAL(18,6))"


def own_currency(value: str, foreign: str, currency: str) -> str:
    """A value as text; where `foreign` holds, a text that is no amount and says why: such a row is set aside."""
    text = f"CAST({value} AS VARCHAR)"
    return (
        f"CASE WHEN {foreign} THEN concat_ws(' ', {text}, {currency}) || ', but this shop keeps ' || {CURRENCY} "
        f"ELSE {text} END"
    )
