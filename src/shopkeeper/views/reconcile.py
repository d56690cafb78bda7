"""The reconciliation as page, command and API show it: one result, its headline sums, and what may be chosen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from shopkeeper.core.period import GRAINS, periods_between
from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.errors import NotFound
from shopkeeper.kpi.missing import missing_words
from shopkeeper.quality.reconcile import Reconciliation, Scope, reconcile
from shopkeeper.quality.reconcile.result import OPEN, OUTCOMES, OrderRow, Tally
from shopkeeper.quality.reconcile.scope import BUCKETS, CUTS, OLDEST, Cut
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.labels import Choice
from shopkeeper.views.lens import PARAMETER_OF, SLICE_PARAMETERS, Lens
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.views.plain import as_plain
from shopkeeper.warehouse.shop import Shop

SHOWN_ROWS = 60
"""How many rows of the table of orders a page shows, newest first; the command prints all."""

AGES = tuple(code for code, _ in BUCKETS)
CHECKED = ("matched", "matched_fees", "short", "over", "unsettled")
"""Outcomes of orders that a statement could be held against."""

_NOT_DATA = ("snapshot", "as_of", "stale")


@dataclass(frozen=True)
class Totals:
    """The headline sums of one currency. `matched_share` is expected money matched ÷ expected money checked."""

    currency: str | None
    checked: Tally
    matched_share: float | None
    open: Tally
    open_late: Decimal
    payouts_open: Decimal
    payouts_count: int
    brushing: Tally
    unchecked: Tally


@dataclass(frozen=True)
class ReconcilePage:
    """Everything on the page. `names` holds the name of each slice and store; choices are for the bar on top."""

    shop: str
    freshness: Freshness
    result: Reconciliation
    totals: tuple[Totals, ...]
    rows: tuple[OrderRow, ...]
    hidden_rows: int
    names: Mapping[str, str]
    grains: tuple[Choice, ...]
    periods: tuple[Choice, ...]
    cuts: tuple[Choice, ...]
    as_of_text: str
    warnings: tuple[str, ...]


def reconcile_page(shop: Shop, lens: Lens, snapshot: int) -> ReconcilePage:
    """The page of a lens: its period, or all; cut by platform or branch. Raises NotFound for another cut."""
    cut: Cut = next((known for known in CUTS if known == lens.by), "")
    if lens.by and not cut:
        allowed = [PARAMETER_OF[cut] for cut in CUTS if cut]
        raise NotFound("dimension", PARAMETER_OF[lens.by], allowed, where="parameter by")
    start, end = (lens.at.start, lens.at.end) if lens.at else (None, None)
    result = reconcile(shop.lake, Scope(lens.grain, start, end, cut))
    fresh = freshness(shop, snapshot, lens)
    formats = Formats(lens.lang, shop.settings.shop.currency)
    rows = tuple(sorted(result.orders, key=lambda r: r.period.start, reverse=True))
    return ReconcilePage(
        shop.id, fresh, result, totals(result), rows[:SHOWN_ROWS], max(len(rows) - SHOWN_ROWS, 0),
        slice_words(shop), tuple(Choice(g, word(f"kpi_grain.{g}", lens.lang)) for g in GRAINS),
        _periods(fresh, result.as_of, lens, formats), _cuts(lens.lang), formats.day(result.as_of),
        warnings_of(result, lens.lang),
    )  # fmt: skip


def totals(result: Reconciliation) -> tuple[Totals, ...]:
    """Headline sums, one a currency: amounts of two currencies never add up."""
    payouts = [p for p in result.payouts if p.status == "unmatched"]
    currencies = dict.fromkeys([*(r.currency for r in result.orders), *(p.currency for p in payouts)])
    return tuple(_total(result, currency) for currency in currencies)


def _total(result: Reconciliation, currency: str | None) -> Totals:
    rows = [r for r in result.orders if r.currency == currency]

    def added(*outcomes: str) -> Tally:
        return sum((r.tally(*outcomes) for r in rows), Tally())

    checked, matched = added(*CHECKED), added("matched", "matched_fees")
    opened = [r for r in result.open if r.currency == currency]
    lost = [p for p in result.payouts if p.status == "unmatched" and p.currency == currency]
    zero = Decimal(0)
    return Totals(
        currency, checked, float(matched.expected / checked.expected) if checked.expected > 0 else None, added(*OPEN),
        sum((r.ages[OLDEST].amount for r in opened), zero),
        sum((p.amount for p in lost), zero), sum(p.count for p in lost), added("brushing"), added("unchecked"),
    )  # fmt: skip


def reconcile_data(result: Reconciliation, *, with_rows: bool = True) -> dict[str, object]:
    """The result as plain JSON values, as command and API give it; single rows only to those who may see them."""
    shown = result if with_rows else replace(result, unmatched=())
    plain = as_plain(shown)
    assert isinstance(plain, dict)
    return {key: value for key, value in plain.items() if key not in _NOT_DATA}


def warnings_of(result: Reconciliation, lang: Language) -> tuple[str, ...]:
    """What a reader should know before trusting the figures."""
    told = [word("reconcile.missing", lang, sources=missing_words(result.missing, lang))] if result.missing else []
    told += [word("reconcile.stale", lang, shop=s, day=Formats(lang, "CNY").day(d)) for s, d in result.stale[:3]]
    if len({r.currency for r in result.orders}) > 1:
        told.append(word("reconcile.currency_mixed", lang))
    return tuple(told)


def code_word(code: str, lang: Language) -> str:
    """A code of the result in words; a kind that a statement invents stays as it is."""
    key = f"reconcile_code.{code}"
    return word(key, lang) if has_word(key) else code


def slice_words(shop: Shop) -> dict[str, str]:
    """Names of the platforms and stores that have one."""
    rows = shop.lake.query(
        "SELECT platform_id, name FROM platforms WHERE name IS NOT NULL "
        "UNION ALL SELECT shop_id, name FROM shops WHERE name IS NOT NULL"
    ).fetchall()
    return {str(id_): str(name) for id_, name in rows}


def shown_outcomes(rows: tuple[OrderRow, ...]) -> tuple[str, ...]:
    """The outcomes that occur, in their fixed order."""
    return tuple(o for o in OUTCOMES if any(r.outcomes[o].orders for r in rows))


def money_text(amount: Decimal | None, currency: str | None, lang: Language, usual: str) -> str:
    """An amount to the cent in its currency; "–" when unknown."""
    return NOTHING if amount is None else Formats(lang, currency or usual).exact(amount, "money")


def _periods(fresh: Freshness, as_of: dt.date | None, lens: Lens, formats: Formats) -> tuple[Choice, ...]:
    first, last = fresh.first_day, max((d for d in (fresh.last_day, as_of) if d), default=None)
    listed = [Choice("", word("reconcile.all_periods", lens.lang))]
    if first and last:
        found = periods_between(first, last + dt.timedelta(days=1), lens.grain)
        listed += [Choice(p.label, formats.period(p)) for p in reversed(found)]
    if lens.at and lens.at.label not in {c.value for c in listed}:
        listed.append(Choice(lens.at.label, formats.period(lens.at)))
    return tuple(listed)


def _cuts(lang: Language) -> tuple[Choice, ...]:
    keys = {"platform": "reconcile.by_platform", "branch": "reconcile.by_branch"}
    named = [Choice(name, word(keys[name], lang)) for name, slice_ in SLICE_PARAMETERS.items() if slice_ in CUTS]
    return (Choice("", word("reconcile.whole", lang)), *named)
