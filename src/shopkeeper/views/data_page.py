"""The Data page: what the warehouse holds, which loads brought it, what was set aside, and which sources are missing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.ingest.refusals import Refusal
from shopkeeper.kpi.matrix import holdings
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.quality.ledger import Run, history
from shopkeeper.quality.reconcile import join_hits
from shopkeeper.quality.reconcile.result import Hit
from shopkeeper.views.labels import indicator_name
from shopkeeper.views.ledger import (
    Load,
    ReasonCount,
    SetAside,
    last_load_by_table,
    loads,
    quarantine_counts,
    quarantined_rows,
)
from shopkeeper.views.lens import Lens
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class TableState:
    """One table of the commerce model: rows, the days they cover, and the load that last brought some."""

    table: str
    name: str
    kind: str
    rows: int
    first_day: dt.date | None
    last_day: dt.date | None
    loaded_at: dt.datetime | None
    file: str


@dataclass(frozen=True)
class Gap:
    """A source that is missing, and the indicators that wait for it."""

    source: str
    indicators: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DataPage:
    """Everything on the Data page."""

    shop: str
    freshness: Freshness
    filled: tuple[TableState, ...]
    empty: tuple[TableState, ...]
    loads: tuple[Load, ...]
    reasons: tuple[ReasonCount, ...]
    set_aside: tuple[SetAside, ...]
    quarantined: int
    gaps: tuple[Gap, ...]
    refused: tuple[Refusal, ...]
    last_check: Run | None
    joins: tuple[Hit, ...]


def data_page(shop: Shop, lens: Lens, snapshot: int, refused: tuple[Refusal, ...] = ()) -> DataPage:
    """What a shop's warehouse holds, as of a snapshot. `refused` are files that no load has taken, which no snapshot knows."""
    tables = table_states(shop.lake, lens.lang)
    reasons = quarantine_counts(shop.lake)
    return DataPage(
        shop.id,
        freshness(shop, snapshot, lens),
        tuple(t for t in tables if t.rows),
        tuple(t for t in tables if not t.rows),
        loads(shop.lake),
        reasons,
        quarantined_rows(shop.lake) if reasons else (),
        sum(r.rows for r in reasons),
        _gaps(shop, lens.lang),
        refused,
        next(iter(history(shop.lake, limit=1)), None),
        join_hits(shop.lake),
    )


def table_states(lake: Lake, lang: Language) -> tuple[TableState, ...]:
    """Every table of the commerce model with its row count and range of days, by one statement."""
    counted = []
    for table in COMMERCE_TABLES.values():
        days = f"min({table.day}), max({table.day})" if table.day else "NULL::DATE, NULL::DATE"
        counted.append(f"SELECT '{table.name}', count(*), {days} FROM {table.name}")
    rows = {r[0]: r[1:] for r in lake.query(" UNION ALL ".join(counted)).fetchall()}
    brought = last_load_by_table(lake)
    states = []
    for table in COMMERCE_TABLES.values():
        load = brought.get(table.name)
        count, first_day, last_day = rows[table.name]
        name = word(f"kpi_source.{table.name}", lang)
        at, file = (load[1], load[2]) if load else (None, "")
        states.append(TableState(table.name, name, table.kind, count, first_day, last_day, at, file))
    return tuple(states)


def note_text(topic: str, lang: Language, **values: object) -> str:
    """A load's note in words: its topic is a key of the catalogue, or the note itself."""
    return word(topic, lang, **values) if has_word(topic) else topic


def _gaps(shop: Shop, lang: Language) -> tuple[Gap, ...]:
    """For each missing source the indicators that wait for it, most awaited first."""
    found = holdings(shop)
    waiting: dict[str, list[tuple[str, str]]] = {}
    for declared in definitions_of(shop).indicators.values():
        for need in found.lacks(declared.needs):
            waiting.setdefault(need, []).append((declared.id, indicator_name(declared, lang)))
    ordered = sorted(waiting.items(), key=lambda item: -len(item[1]))
    return tuple(Gap(missing_words([need], lang), tuple(names)) for need, names in ordered)
