"""Records of an API in the words of the platform's own export, so that the mapping of its files reads both.

fields of records → headers of the export (this file) → rows and tables of `ingest/sources/<platform>`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shopkeeper.core.settings import ShopSection
from shopkeeper.ingest.cells import text
from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.plan import SourceMapping, TableMapping, Value
from shopkeeper.ingest.sources.currency import CURRENCY
from shopkeeper.warehouse.sql import literal, quoted

CHINA_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class SpokenLayout(Layout):
    """A layout whose rows come from an API. `says` gives for a header the SQL over the fields that a record keeps."""

    says: Mapping[str, str] = field(default_factory=dict)

    def of_shop(self, shop: ShopSection, name: str, shop_id: str) -> SourceMapping:
        """The mapping for rows of one shop, called `name`; an empty `shop_id` is the platform's name, as for its files."""
        columns = [
            f"nullif(CAST({self.says.get(name, 'NULL')} AS VARCHAR), '') AS {quoted(name)}" for name in self.headers
        ]
        named = f"SELECT {', '.join(columns)}, file_row_number FROM {{file}}"
        told = {name: name for name in self.headers}
        bound = Layout.bound(self, told, shop, literal(shop_id or self.platform))
        view = bound.view.replace("{file}", f"({named})").replace(CURRENCY, literal(shop.currency))
        return SourceMapping(name, (), bound.tables, view=view, computes=True, platform=self.platform)


def word_of(path: str, words: Mapping[str, str]) -> str:
    """A code of the API as the export's word; a code that nobody listed stays as it is, and is treated as an unknown word."""
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(word)}" for code, word in words.items())
    return f"CASE {quoted(path)} {cases} ELSE {quoted(path)} END"


def yuan(path: str) -> str:
    """An amount in fen as yuan; a text that is no whole number stays, so that its row is set aside."""
    return f"CASE WHEN {_whole(path)} THEN CAST({fen(path)} * CAST(0.01 AS DECIMAL(3,2)) AS VARCHAR) ELSE {quoted(path)} END"


def fen(path: str) -> str:
    """An amount in fen as a number; NULL where the text is no whole number."""
    return f"CASE WHEN {_whole(path)} THEN TRY_CAST({quoted(path)} AS DECIMAL(15,0)) END"


def moment(path: str, unit: str = "second") -> str:
    """A Unix time, in seconds or milliseconds, as a text of China Standard Time; 0 and less are none.

    A text that is no number stays: newer and older answers of one API write either.
    """
    factor = 1_000_000 if unit == "second" else 1_000
    number = f"TRY_CAST({quoted(path)} AS BIGINT)"
    shown = f"strftime(make_timestamp({number} * {factor}) + INTERVAL 8 HOUR, '%Y-%m-%d %H:%M:%S')"
    return f"CASE WHEN NOT {_whole(path)} THEN {quoted(path)} WHEN {number} > 0 THEN {shown} END"


def _whole(path: str) -> str:
    return rf"regexp_full_match({quoted(path)}, '-?\d{{1,15}}')"


def buyers(platform_id: str, header: str) -> TableMapping:
    """The names that a platform gives its buyers for this application, as identities of customers called the same."""
    columns = {
        "platform_id": Value(constant=platform_id), "identity": text(header), "kind": Value(constant="open_id"),
        "customer_id": text(header),
    }  # fmt: skip
    return TableMapping("identities", columns, where=f"{quoted(header)} IS NOT NULL")


def refunds(layout_id: str, platform_id: str, says: Mapping[str, str]) -> SpokenLayout:
    """A layout of refunds that says the columns of `refunds`. Every row is one that was paid back: `only` leaves out others."""
    table = TableMapping("refunds", {name: text(name) for name in says} | {"status": Value(constant="refunded")})
    return SpokenLayout(
        layout_id,
        platform_id,
        tuple(says),
        (),
        (table,),
        timezone="" if platform_id == "site" else CHINA_ZONE,
        says=says,
    )
