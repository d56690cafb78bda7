"""Layouts of platforms' exports: known by their headers, read under their canonical names, whatever the variant calls them.

headers of a file → the one layout that they match → `SourceMapping` with a view that gives every column its canonical name
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shopkeeper.core.settings import ShopSection
from shopkeeper.errors import DataQualityError
from shopkeeper.ingest.plan import SourceMapping, TableMapping, Value
from shopkeeper.warehouse.sql import quoted

DAY = "{day}"
"""The constant of a layout's mapping that each file fills in: the day it is of."""
_SAME = (("帐", "账"), ("转换", "转化"), ("\ufeff", ""))
_PLATFORMS = {
    # platform_id: (name, is_online, is_direct)
    "tmall": ("Tmall 天猫", True, False), "jd": ("JD 京东", True, False), "douyin": ("Douyin 抖音", True, False),
    "kuaishou": ("Kuaishou 快手", True, False), "xiaohongshu": ("Xiaohongshu 小红书", True, False),
    "pinduoduo": ("Pinduoduo 拼多多", True, False), "amazon": ("Amazon", True, False), "site": ("Own site 自营网站", True, True),
    "store": ("Stores 门店", False, True), "erp": ("ERP", True, False),
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """One export of one platform.

    `headers` are all that it is known to have, in its own words; `also` gives other spellings of some. A file is of this
    layout when it has every header of `needed`, none of `unless`, and at least half of `headers`. Table mappings,
    `notes_where` and `rows` speak of canonical headers alone; `rows` is a query over {rows} that adds computed columns and
    keeps all others. A layout that is `partial` was put together without a whole real export: a person confirms it once.
    A layout of `days` has no date of its own.
    """

    id: str
    platform: str
    headers: tuple[str, ...]
    needed: tuple[str, ...]
    tables: tuple[TableMapping, ...]
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: tuple[str, ...] = ()
    notes_where: str = ""
    rows: str = ""
    partial: bool = False
    days: bool = False
    timezone: str = ""

    def matched(self, headers: Sequence[str]) -> dict[str, str] | None:
        """Canonical header → the file's own, or None when the file is of another layout.

        Raises DataQualityError when two headers of the file are spellings of the same column.
        """
        own: dict[str, list[str]] = {}
        for header in headers:
            own.setdefault(same_word(header), []).append(header)
        if any(same_word(name) in own for name in self.unless):
            return None
        found: dict[str, list[str]] = {}
        for name in self.headers:
            spellings = dict.fromkeys(same_word(word) for word in (name, *self.also.get(name, ())))
            if hits := [header for word in spellings for header in own.get(word, [])]:
                found[name] = hits
        if not set(self.needed) <= set(found) or len(found) * 2 < len(self.headers):
            return None
        for name, hits in found.items():
            if len(hits) > 1:
                raise DataQualityError(
                    "two columns have the same meaning", where=f"layout {self.id}, {name}", received=", ".join(map(repr, hits)),
                    allowed="one of them", state="nothing was changed", next_command="rename the one that is not meant",
                )  # fmt: skip
        return {name: hits[0] for name, hits in found.items()}

    def bound(self, own: Mapping[str, str], shop: ShopSection, shop_sql: str, day: str = "") -> SourceMapping:
        """The mapping for a file whose headers are `own` (canonical → its own), of the shop that `shop_sql` names."""
        columns = [f"{quoted(own[n]) if n in own else 'CAST(NULL AS VARCHAR)'} AS {quoted(n)}" for n in self.headers]
        names = f"SELECT {', '.join(columns)}, {shop_sql} AS shop_of_row, file_row_number FROM {{file}}"
        view = self.rows.replace("{rows}", f"({names})") if self.rows else names
        tables = tuple(replace(part, columns=self._filled(part, day)) for part in self.tables)
        return SourceMapping(
            self.id,
            (),
            (*_places(self.platform, shop), *tables),
            notes_where=self._notes(own),
            view=view,
            computes=bool(self.rows),
            platform=self.platform,
        )

    def _notes(self, own: Mapping[str, str]) -> str:
        """The condition on notes in the file's own headers."""
        sql = self.notes_where
        for name in sorted(self.headers, key=len, reverse=True):
            sql = sql.replace(quoted(name), quoted(own[name]) if name in own else "CAST(NULL AS VARCHAR)")
        return sql

    def _filled(self, part: TableMapping, day: str) -> dict[str, Value]:
        columns = {
            name: replace(value, constant=day) if value.constant == DAY else value
            for name, value in part.columns.items()
        }
        if "shop_id" in part.table.column_names and "shop_id" not in columns:
            columns["shop_id"] = Value(header="shop_of_row", trusted=True)
        zone = self.timezone
        return {n: replace(v, timezone=v.timezone or zone) if zone else v for n, v in columns.items()}


def same_word(header: str) -> str:
    """A header without what exports change at random: width, blanks, case, 帐 for 账, 转换 for 转化.

    >>> same_word("下单转换率 ") == same_word("下单转化率")
    True
    >>> same_word("商品总价（元）") == same_word("商品总价(元)")
    True
    """
    text = unicodedata.normalize("NFKC", header)
    for variant, plain in _SAME:
        text = text.replace(variant, plain)
    return "".join(text.split()).casefold()


def closest(headers: Iterable[str], layouts: Iterable[Layout], count: int = 3) -> list[tuple[Layout, float]]:
    """The layouts that share most headers with a file, best first, with the shared part (0 to 1) of all their words."""
    words = {same_word(header) for header in headers}
    scored = []
    for layout in layouts:
        known = {same_word(name) for name in layout.headers}
        scored.append((layout, len(known & words) / len(known | words)))
    return [pair for pair in sorted(scored, key=lambda pair: -pair[1])[:count] if pair[1] > 0.1]


def _places(platform: str, shop: ShopSection) -> tuple[TableMapping, ...]:
    """Rows of the platform and the shops that a file belongs to."""
    name, online, direct = _PLATFORMS[platform]
    shops = {
        "shop_id": Value(header="shop_id", trusted=True), "name": Value(header="shop_id", trusted=True),
        "platform_id": Value(constant=platform), "currency": Value(constant=shop.currency),
        "timezone": Value(constant=shop.timezone),
    }  # fmt: skip
    platforms = {
        "platform_id": Value(constant=platform), "name": Value(constant=name), "is_online": Value(constant=str(online).lower()),
        "is_direct": Value(constant=str(direct).lower()),
    }  # fmt: skip
    return (
        TableMapping("platforms", platforms, relation="SELECT 1 AS one"),
        TableMapping(
            "shops", shops, relation="SELECT DISTINCT shop_of_row AS shop_id FROM {file} WHERE shop_of_row <> ''"
        ),
    )
