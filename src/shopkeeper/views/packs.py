"""The pages of platforms: each pack's indicators in its own words, with what is missing said."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shopkeeper.core.wording import word
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.packs import PACKS, Pack, pack_of, platforms_of, with_platform_needs
from shopkeeper.kpi.score import score
from shopkeeper.render.formats import Formats
from shopkeeper.views.kpi_pages import Entry, entry_of, origin_word, tables_of
from shopkeeper.views.labels import ON_PREVIOUS, Choice, indicator_name, slice_names
from shopkeeper.views.lens import Lens
from shopkeeper.views.overview import Freshness, LensBar, freshness, lens_bar
from shopkeeper.views.window import figures, window
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class PackTab:
    """One pack to choose; `here` says whether the shop has a platform it is for."""

    id: str
    name: str
    here: bool


@dataclass(frozen=True)
class PackEntry:
    """One indicator of a pack, under the platform's own word."""

    term: str
    entry: Entry


@dataclass(frozen=True)
class UnsourcedEntry:
    """What a team asks for and nothing in the commerce model can tell."""

    name: str
    needs: str


@dataclass(frozen=True)
class PackSection:
    """One heading of a pack."""

    id: str
    name: str
    entries: tuple[PackEntry, ...]
    unsourced: tuple[UnsourcedEntry, ...]


@dataclass(frozen=True)
class PackPage:
    """One pack, cut to one platform. `platform` is empty where the shop has none, and `sections` with it."""

    shop: str
    pack: str
    name: str
    tool: str
    platform: str
    platforms: tuple[Choice, ...]
    tabs: tuple[PackTab, ...]
    period: str
    previous_label: str
    freshness: Freshness
    bar: LensBar | None
    sections: tuple[PackSection, ...]
    warnings: tuple[str, ...]


def pack_page(shop: Shop, lens: Lens, snapshot: int, name: str) -> PackPage:
    """The page of a pack; the first one that the shop has a platform for when `name` is empty.

    The lens's platform is kept where the pack is for it. Raises NotFound for an unknown pack, UsageError for a period
    without data.
    """
    have = {pack.id: platforms_of(shop, pack) for pack in PACKS.values()}
    pack = pack_of(name) if name else next((p for p in PACKS.values() if have[p.id]), PACKS["tmall"])
    platforms = have[pack.id]
    asked = lens.filter_value("platform")
    platform = asked if asked in platforms else platforms[0] if platforms else ""
    lens = pack_lens(lens, platform)
    found = window(shop, lens) if platform else None
    formats = Formats(lens.lang, shop.settings.shop.currency)
    names = slice_names(shop, "platform", lens.lang)
    sections, warnings = _sections(shop, lens, pack, platform) if found else ((), ())
    bar = lens_bar(shop, lens, found, formats) if found else None
    return PackPage(
        shop=shop.id,
        pack=pack.id,
        name=word(f"pack.{pack.id}_name", lens.lang),
        tool=word(f"pack.{pack.id}_tool", lens.lang),
        platform=platform,
        platforms=tuple(Choice(p, names.name(p)) for p in platforms),
        tabs=tuple(PackTab(p.id, word(f"pack.{p.id}_name", lens.lang), bool(have[p.id])) for p in PACKS.values()),
        period=formats.period(found.selected) if found else "",
        previous_label=word(ON_PREVIOUS[found.selected.grain], lens.lang) if found else "",
        freshness=freshness(shop, snapshot, lens),
        bar=replace(bar, selectors=tuple(s for s in bar.selectors if s.name != "platform")) if bar else None,
        sections=sections,
        warnings=warnings,
    )


def pack_lens(lens: Lens, platform: str) -> Lens:
    """The lens of a pack's page: cut to one platform and to nothing else that platforms are made of."""
    if not platform:
        return replace(lens, kpi="", by=None)
    kept = tuple((name, value) for name, value in lens.filters if name != "platform")
    return replace(lens, kpi="", by=None, filters=(*kept, ("platform", platform)))


def _sections(shop: Shop, lens: Lens, pack: Pack, platform: str) -> tuple[tuple[PackSection, ...], tuple[str, ...]]:
    found = window(shop, lens)
    assert found is not None
    cells = figures(shop, lens, found)
    cells = replace(cells, matrix=with_platform_needs(shop, cells.matrix, (platform,)))
    formats = Formats(lens.lang, cells.matrix.currency)
    scored = score(cells.matrix, shop, found.selected).rows
    tables, own = tables_of(shop, lens), definitions_of(shop)
    sections = tuple(
        PackSection(
            section.id,
            word(f"pack_section.{section.id}", lens.lang),
            tuple(
                PackEntry(
                    pack.own_term(kpi, lens.lang) or indicator_name(declared, lens.lang),
                    entry_of(declared, origin_word(own, declared, lens.lang), cells, formats, scored.get(kpi), tables),
                )
                for kpi in section.indicators
                for declared in [own.indicator(kpi)]
            ),
            tuple(
                UnsourcedEntry(
                    word(f"pack_unsourced.{key}_name", lens.lang), word(f"pack_unsourced.{key}_needs", lens.lang)
                )
                for key in section.unsourced
            ),
        )
        for section in pack.sections
    )
    return sections, cells.matrix.warnings(lens.lang)
