"""How an indicator is declared: the aggregates it needs, how they make a value, and what must be there first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ibis.expr.types as ir

Unit = Literal[
    "share", "money", "days", "times", "times_per_year", "count", "units", "visitors_per_money", "minutes"
]  # fmt: skip
Dimension = Literal["T", "C", "K", "U", "N", "S", "D"]
DIMENSIONS: tuple[Dimension, ...] = ("T", "C", "K", "U", "N", "S", "D")
Slice = Literal["platform", "shop", "category", "channel"]
SLICES: tuple[Slice, ...] = ("platform", "shop", "category", "channel")

ShopFlag = Literal["tells_visits", "names_buyers", "tells_refunds", "tells_shipments", "tells_tiers"]
"""What some shops' sources tell and others' do not."""

Speaking = tuple[tuple[ShopFlag, tuple[str, ...]], ...]
"""The shops of each flag, in a form that plans are kept by."""

Rows = Callable[["ir.Table"], "ir.Value"]


@dataclass(frozen=True)
class Measure:
    """An aggregate of one fact table: what is summed or counted, over which rows, on which day axis.

    `over_time` says how days make a longer period: "adds" (a sum), "recomputed" (a distinct count, taken afresh from
    the rows of the period) or "daily" (the source gives a figure a day that must never be added: only for days).
    """

    id: str
    fact: str
    day: str
    kind: Literal["sum", "distinct"]
    of: Rows
    where: Rows | None = None
    over_time: Literal["adds", "recomputed", "daily"] = "adds"
    unit: Unit = "count"
    joins: tuple[Literal["costs", "platforms", "products"], ...] = ()
    own_name: tuple[str, str] | None = None
    """English and Chinese name of a shop's own measure; a built-in one's stands in the catalogue of words."""
    of_shops: tuple[ShopFlag, ...] = ()
    """What its rows' shops must tell elsewhere: conditions may use these as columns, true for rows of such shops."""


History = Literal[
    "buyers_30", "repeat_30", "buyers_90", "repeat_90", "buyers_365", "repeat_365",
    "returning", "previous_buyers", "new_buyers", "first_buyers",
    "cohort_7", "active_7", "cohort_30", "active_30", "realised",
]  # fmt: skip
"""Counts of buyers by their purchase histories, and what new ones left; see `kpi/history.py` for each one's meaning."""


@dataclass(frozen=True)
class OwnWords:
    """The texts of an indicator that a shop declared itself: English and Chinese of each, and of its own measures."""

    name: tuple[str, str]
    definition: tuple[str, str]
    formula: tuple[str, str]
    parts: tuple[tuple[str, tuple[str, str]], ...] = ()


@dataclass(frozen=True)
class Indicator:
    """One indicator of the matrix, or a companion beside it.

    Its value is Σ numerator ÷ (Σ denominator − Σ minus) (`ratio`, `excess_ratio` less 1), Σ numerator − Σ minus
    (`total`), (Σ numerator − Σ minus) ÷ Σ denominator (`margin`), the median gap (`median_gap`), the Kaplan–Meier share by
    `horizon_days` (`km_share`), or yearly numerator ÷ mean denominator over the days counted by `minus` (`turnover`).
    Names are those of measures or of `History` counts.
    `needs` lists tables and table.columns without which the value is "–"; `history_days` of data are needed before the
    period's end or start; a cohort is immature until `mature_days` or `horizon_days` have passed.
    `of_visits` says that a measure of the shop's own counts rows of visits, which not every source has.
    Words are `kpi.<key>_name`, `_definition` and `_formula`, where key is the id with dots as underscores, or else `own`.
    """

    id: str
    unit: Unit
    direction: Literal[1, -1, 0]
    needs: tuple[str, ...]
    how: Literal["ratio", "total", "median_gap", "km_share", "excess_ratio", "margin", "turnover"] = "ratio"
    numerator: tuple[str, ...] = ()
    denominator: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    dimension: Dimension | None = None
    companion_of: str = ""
    slices: tuple[Slice, ...] = SLICES
    horizon_days: int = 0
    history_days: int = 0
    history_from: Literal["end", "start"] = "end"
    mature_days: int = 0
    starred: bool = False
    own: OwnWords | None = None
    of_visits: bool = False

    @property
    def word_key(self) -> str:
        """Prefix of its words in the catalogue."""
        return f"kpi.{self.id.replace('.', '_')}"

    @property
    def minus_of(self) -> Literal["numerator", "denominator"]:
        """From which side `minus` is taken off."""
        return "numerator" if self.how in ("total", "margin") else "denominator"

    @property
    def additive(self) -> bool:
        """Whether values of parts add up to the value of the whole."""
        return self.how == "total" and self.unit in ("money", "units")
