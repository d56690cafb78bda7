"""Packs: what a team that runs one platform looks at, in that platform's own words and order.

A pack is data: sections of indicators, each an ordinary one of the catalogue, cut to the platform. `Unsourced` names what such
a team asks for and the commerce model has no column for: it is shown as "–" with what would have to be there.
Words: `pack.<id>_name` and `_tool`, `pack_section.<section>`, `pack_term.<id>_<key>` where the platform's own word differs
from the indicator's name, `pack_unsourced.<key>_name` and `_needs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.errors import NotFound
from shopkeeper.kpi.availability import count
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Cell, Matrix, Request
from shopkeeper.warehouse.engines import Engine, reading
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal


@dataclass(frozen=True)
class Section:
    """One heading of a pack: indicators by id in reading order, and what has no source at all."""

    id: str
    indicators: tuple[str, ...]
    unsourced: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pack:
    """One pack. It is for the platforms named, or else for those with these flags."""

    id: str
    sections: tuple[Section, ...]
    platforms: tuple[str, ...] = ()
    is_online: bool | None = None
    is_direct: bool | None = None

    @property
    def indicators(self) -> tuple[str, ...]:
        """Every indicator, in reading order."""
        return tuple(i for section in self.sections for i in section.indicators)

    def own_term(self, kpi: str, lang: Language) -> str:
        """What people on this platform call an indicator; nothing where they say its name."""
        key = kpi.replace(".", "_")
        return word(f"pack_term.{self.id}_{key}", lang) if has_word(f"pack_term.{self.id}_{key}") else ""


_PAID_RESOURCES = ("roas", "ad_cost_share", "ad_click_rate", "ad_click_cost", "T1", "K1", "T4")
_SHORT_VIDEO = (
    Section("completion", ("N3", "N2")),
    Section("interaction", ("interaction_conversion", "content_sales_share", "N1")),
    Section("paid", ("roas", "ad_cost_share", "ad_click_rate", "ad_click_cost", "K1")),
    Section("trade", ("paid_amount", "orders", "C4.orders", "C1", "K2.refund_rate", "S2", "U4")),
)
PACKS: dict[str, Pack] = {
    pack.id: pack
    for pack in (
        Pack(
            "tmall",
            (
                Section("flagship", ("paid_amount", "buyers", "C1", "C4", "T3", "C2", "C3", "K2.refund_rate")),
                Section("paid", _PAID_RESOURCES),
                Section("members", ("U2", "U3", "new_buyer_share", "U4", "good_review_share")),
            ),
            ("tmall", "taobao"),
        ),
        Pack(
            "jd",
            (
                Section("fulfilment", ("S2", "delivery_days", "K2", "K2.refund_rate", "U4")),
                Section("authenticity", ("good_review_share",), ("authenticity",)),
                Section("trade", ("paid_amount", "orders", "buyers", "C1", "C4", "T3")),
                Section("paid", ("roas", "ad_cost_share", "ad_click_rate", "ad_click_cost")),
            ),
            ("jd",),
        ),
        Pack("douyin", _SHORT_VIDEO, ("douyin",)),
        Pack("kuaishou", _SHORT_VIDEO, ("kuaishou",)),
        Pack(
            "xiaohongshu",
            (
                Section("engagement", ("N2", "content_read_rate")),
                Section("seeding", ("N3.seeding", "content_sales_share", "N1", "interaction_conversion")),
                Section("trade", ("paid_amount", "buyers", "C1", "C4", "new_buyer_share", "K2.refund_rate")),
                Section("paid", ("roas", "ad_cost_share", "ad_click_rate", "ad_click_cost")),
            ),
            ("xiaohongshu",),
        ),
        Pack(
            "site",
            (
                Section("traffic", ("T1", "T4", "T3", "C1", "C1.sessions", "C2", "C3")),
                Section("customers", ("K1", "new_buyer_share", "U3", "U1", "T2.day30", "U2")),
                Section("trade", ("paid_amount", "C4", "C4.orders", "roas", "K2.refund_rate", "delivery_days")),
            ),
            is_online=True,
            is_direct=True,
        ),
        Pack(
            "stores",
            (
                Section("trade", ("paid_amount", "orders", "C4.orders", "units_per_order", "discount_rate"), ("area",)),
                Section("traffic", (), ("footfall",)),
                Section("customers", ("buyers", "C4", "U2", "U3", "U1")),
                Section("stock", ("S1",)),
            ),
            is_online=False,
        ),
    )
}


def pack_of(name: str) -> Pack:
    """A pack by id, in any case. Raises NotFound with the nearest ids.

    >>> pack_of("Tmall").sections[0].indicators[:2]
    ('paid_amount', 'buyers')
    """
    found = PACKS.get(name.casefold())
    if found is None:
        raise NotFound("pack", name, PACKS, next_command="shopkeeper kpis --pack tmall")
    return found


def platforms_of(shop: Shop, pack: Pack) -> tuple[str, ...]:
    """The shop's platforms that a pack is for, in the order of the pack; nothing when the shop has none."""
    rows = shop.lake.query("SELECT platform_id, is_online, is_direct FROM platforms ORDER BY platform_id").fetchall()
    if pack.platforms:
        known = {platform for platform, _, _ in rows}
        return tuple(platform for platform in pack.platforms if platform in known)
    named = {platform for other in PACKS.values() for platform in other.platforms}
    return tuple(
        platform for platform, online, direct in rows
        if platform not in named and online == pack.is_online and pack.is_direct in (None, direct)
    )  # fmt: skip


def pack_request(pack: Pack, asked: Request, platforms: tuple[str, ...]) -> Request:
    """What to compute for a pack: its indicators, cut to its platforms, over the periods and other filters asked for."""
    others = tuple((name, values) for name, values in asked.filters if name != "platform")
    wanted = next((values for name, values in asked.filters if name == "platform"), platforms)
    foreign = [value for value in wanted if value not in platforms]
    if foreign:
        raise NotFound("platform of this pack", str(foreign[0]), platforms, where=f"pack {pack.id}")
    kpis = tuple(dict.fromkeys(pack.indicators))
    return replace(asked, by=(), kpis=kpis, filters=(*others, ("platform", tuple(wanted))))


def with_platform_needs(shop: Shop, matrix: Matrix, platforms: Sequence[str]) -> Matrix:
    """The same cells; where one platform has nothing, it is said which of its sources is missing.

    Another platform of the shop may have that source, so the cell itself could only say that nothing was there.
    """
    asked = {kpi for pack in PACKS.values() for kpi in pack.indicators}
    bare = {cell.kpi for cell in matrix.cells if cell.missing == ("empty",) and cell.kpi in asked}
    if not bare or not platforms:
        return matrix
    with reading(shop.lake, shop.settings.engine) as engine:
        lacks = _lacks(engine, {kpi: definitions_of(shop).indicator(kpi).needs for kpi in bare}, platforms)
    cells = tuple(_told(cell, lacks) for cell in matrix.cells)
    return replace(matrix, cells=cells, _index={})


def _told(cell: Cell, lacks: dict[str, tuple[str, ...]]) -> Cell:
    return replace(cell, missing=lacks[cell.kpi]) if cell.missing == ("empty",) and lacks.get(cell.kpi) else cell


def _lacks(
    engine: Engine, needs: dict[str, tuple[str, ...]], platforms: Sequence[str]
) -> dict[str, tuple[str, ...]]:  # fmt: skip
    """For each indicator the needs that no row of these platforms fills; a whole table is named once."""
    tables = {need.split(".")[0] for each in needs.values() for need in each}
    names = ", ".join(literal(platform) for platform in platforms)
    met: set[str] = set()
    for table in sorted(tables & set(engine.filled_tables())):
        rows = f"(SELECT * FROM {table} WHERE shop_id IN (SELECT shop_id FROM shops WHERE platform_id IN ({names})))"
        asked = dict.fromkeys(need for each in needs.values() for need in each if need.split(".")[0] == table)
        found = count(engine, table, rows, list(asked))
        met |= {table, *found.filled} if found.rows else set()
    return {
        kpi: tuple(dict.fromkeys(
            need if need.split(".")[0] in met else need.split(".")[0] for need in each if need not in met
        ))
        for kpi, each in needs.items()
    }  # fmt: skip
