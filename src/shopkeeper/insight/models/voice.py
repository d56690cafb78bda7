"""Model 29: what customers complain of in reviews and return reasons, ranked by what could have been avoided."""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from shopkeeper.core.period import Period
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Said, refusal, say
from shopkeeper.insight.models.stock_days import GROUPS
from shopkeeper.kpi.matrix import matrix_within
from shopkeeper.kpi.result import Request
from shopkeeper.methods.excess import Excess, beyond_usual
from shopkeeper.methods.intervals import wilson
from shopkeeper.methods.text.polarity import FEWEST_TEXTS, HeldOut, measured
from shopkeeper.warehouse.sql import literal

Floats = NDArray[np.float64]
OTHER = "other"
FEWEST_RETURNS, SHOWN, MOST_TEXTS = 50, 40, 8_000
_NEGATED = (
    "(没有|没|无|不是|并没有|毫无|no |not |without |didn.t |isn.t )(任何|any |a |an )?"
    "(质量问题|瑕疵|破损|色差|异味|味道|问题|defects?|damage|smell|issues?|problems?)"
)


@dataclass(frozen=True)
class Cause:
    """One cause: the pattern of its words in both languages, and whether the merchant can do something about it."""

    id: str
    pattern: str
    avoidable: bool


@functools.cache
def causes() -> tuple[Cause, ...]:
    """Every cause, the first that fits counts."""
    text = (resources.files(__package__) / "voice_causes.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    return tuple(Cause(name, f"{entry['zh']}|{entry['en']}", bool(entry["avoidable"])) for name, entry in told.items())


def cause_sql(text: str) -> str:
    """SQL for the first cause whose words a text has: `CASE WHEN regexp_matches(…) THEN 'quality' …`; 'other' for none."""
    said = f"regexp_replace(lower({text}), {literal(_NEGATED)}, '', 'g')"
    whens = " ".join(f"WHEN regexp_matches({said}, {literal(c.pattern)}) THEN '{c.id}'" for c in causes())
    return f"CASE {whens} ELSE '{OTHER}' END"


@dataclass(frozen=True)
class _Returns:
    """Refunds by article and cause; arrays of shape (n_articles,) a cause. `cost` is what a refund of the cause costs each."""

    sku: list[str]
    name: list[str]
    group: NDArray[np.int64]
    sold: Floats
    cases: Mapping[str, NDArray[np.int64]]
    count: Mapping[str, int]
    amount: Mapping[str, float]
    cost: Mapping[str, float]


def estimate(ask: Ask) -> ModelResult:
    """Refunds by stated cause, what they cost and what of it was avoidable; beside it what bad reviews speak of.

    Cost of a refund: the whole amount where the goods stayed with the buyer, else the gross margin lost. A cause's avoidable
    cost counts articles whose rate is beyond chance (Poisson, Benjamini–Hochberg 5 %), above the rate of their category.
    """
    last = ask.covered[1]
    returns = _returns(ask)
    reviews = _reviews(ask)
    if returns is None and reviews is None:
        raise refusal(
            "model.voice_nothing", ["refunds.reason", "reviews.text", say("model.voice_need", n=FEWEST_RETURNS)]
        )
    excess = {c: beyond_usual(k, returns.sold, returns.group) for c, k in returns.cases.items()} if returns else {}
    margin = returns is not None and bool(returns.cost)
    rows = _ranked(returns, excess) if returns else []
    figures: list[Figure] = []
    if returns is not None:
        saved, low, high = (_sum(rows, place) if margin else None for place in (5, 6, 7))
        figures += [
            Figure("returns", say("model.voice_returns"), sum(returns.count.values()), "count"),
            Figure("refunded", say("model.voice_refunded"), float(sum(returns.amount.values())), "money"),
            Figure(
                "avoidable",
                say("model.voice_avoidable"),
                saved,
                "money",
                low,
                high,
                note=say("model.voice_avoidable_note"),
            ),
            Figure(
                "unread",
                say("model.voice_unread"),
                returns.count.get(OTHER, 0) / max(sum(returns.count.values()), 1),
                "share",
            ),
        ]
    held = _learned(ask) if reviews is not None and ask.text("polarity") == "learned" else None
    if reviews is not None:
        figures += _review_figures(reviews, held)
    tables = [_cause_table(rows), _article_table(returns, excess)] if returns else []
    tables += [_review_table(reviews)] if reviews is not None and reviews.bad else []
    basis = [("refunds", sum(returns.count.values()))] if returns else []
    basis += [("reviews", reviews.told)] if reviews else []
    return ModelResult(
        say("model.voice_method"),
        ask.basis(*basis, last=last),
        tuple(figures),
        tuple(tables),
        (_picture(rows),) if rows else (),
        _remarks(returns, reviews, held),
    )


def _returns(ask: Ask) -> _Returns | None:
    """Granted refunds with a reason, by article and cause, beside the units sold in the same days; None with too few."""
    cause = cause_sql("r.reason")
    got = ask.arrays(
        f"SELECT coalesce(r.sku_id, '') AS sku, {cause} AS cause, count(*) AS n, sum(CAST(r.amount AS DOUBLE)) AS amount, "
        "sum(CAST(r.amount AS DOUBLE)) FILTER (WHERE r.kind = 'refund_only') AS kept FROM refunds r "
        "WHERE r.status = 'refunded' AND r.reason IS NOT NULL AND r.kind IN ('return', 'refund_only', "
        f"'exchange') AND {ask.days('r.refunded_day')} GROUP BY ALL"
    )
    if len(got["n"]) == 0 or got["n"].sum() < FEWEST_RETURNS:
        return None
    sold = ask.rows(
        "SELECT l.sku_id, any_value(coalesce(g.name, l.sku_id)), any_value(coalesce(g.grp, '–')), "
        "sum(CAST(l.quantity AS DOUBLE)) "
        f"FROM order_lines l LEFT JOIN {GROUPS} g ON g.sku_id = l.sku_id WHERE l.paid_day IS NOT NULL "
        f"AND l.is_brushing IS NOT TRUE AND l.sku_id IS NOT NULL AND {ask.days('l.paid_day')} GROUP BY "
        "l.sku_id HAVING sum(l.quantity) > 0 ORDER BY l.sku_id"
    )
    place = {sku: n for n, (sku, *_) in enumerate(sold)}
    at = np.array([place.get(sku, -1) for sku in got["sku"].tolist()], dtype=np.int64)
    _, group = np.unique([str(row[2]) for row in sold], return_inverse=True)
    margin = _margin(ask)
    cases: dict[str, NDArray[np.int64]] = {}
    count: dict[str, int] = {}
    amount: dict[str, float] = {}
    cost: dict[str, float] = {}
    for name in (*(c.id for c in causes()), OTHER):
        mine = got["cause"] == name
        if not mine.any():
            continue
        n, paid = int(got["n"][mine].sum()), float(np.nansum(got["amount"][mine]))
        kept = float(np.nansum(got["kept"][mine].astype(np.float64)))
        known = mine & (at >= 0)
        cases[name] = np.bincount(at[known], got["n"][known], minlength=len(sold)).astype(np.int64)
        count[name], amount[name] = n, paid
        if margin is not None:
            cost[name] = (kept + (paid - kept) * margin) / n
    return _Returns(
        [str(r[0]) for r in sold],
        [str(r[1]) for r in sold],
        group.astype(np.int64),
        np.array([float(r[3]) for r in sold]),
        cases,
        count,
        amount,
        cost,
    )


def _margin(ask: Ask) -> float | None:
    """Gross margin of the newest year with one; None where costs are unknown."""
    first, last = ask.covered
    if first is None or last is None:
        return None
    start = Period.containing(max(first, last - dt.timedelta(days=364)), "month").start
    matrix = matrix_within(
        ask.shop, ask.snapshot, Request("month", start, last + dt.timedelta(days=1), kpis=("gross_margin",))
    )
    cells = [c for c in matrix.cells if c.numerator is not None and c.denominator]
    bottom = sum(float(c.denominator or 0) for c in cells)
    return sum(float(c.numerator or 0) for c in cells) / bottom if bottom > 0 else None


@dataclass(frozen=True)
class _Reviews:
    """Reviews with words and stars: how many, how many of them bad (at most two stars), and the bad ones by cause."""

    told: int
    bad: int
    causes: Mapping[str, int]


def _reviews(ask: Ask) -> _Reviews | None:
    """Praise that mentions quality is no complaint, so causes are those of bad reviews alone; None with too few reviews."""
    rows = ask.rows(
        f"SELECT CASE WHEN stars <= 2 THEN {cause_sql('r.text')} END AS cause, count(*) FROM reviews r "
        f"WHERE r.text IS NOT NULL AND trim(r.text) <> '' AND r.stars IS NOT NULL AND {ask.days('r.reviewed_day')} GROUP BY 1"
    )
    bad = {str(cause): int(n) for cause, n in rows if cause is not None}
    told = sum(int(n) for _, n in rows)
    return _Reviews(told, sum(bad.values()), bad) if told >= FEWEST_RETURNS else None


def _learned(ask: Ask) -> HeldOut | None:
    """How well words tell good from bad in this shop's own reviews; None with too few of either."""
    got = ask.arrays(
        "SELECT text, CAST(stars >= 4 AS INTEGER) AS good FROM reviews WHERE text IS NOT NULL AND trim(text) <> '' "
        f"AND stars IN (1, 2, 4, 5) AND {ask.days('reviewed_day')} ORDER BY hash(review_id), review_id LIMIT {MOST_TEXTS}"
    )
    good = got["good"].astype(np.int64)
    if len(good) < FEWEST_TEXTS or min(good.sum(), (1 - good).sum()) < 20:
        return None
    return measured(got["text"].tolist(), good)


def _ranked(returns: _Returns, excess: Mapping[str, Excess]) -> list[tuple[Cell, ...]]:
    """(cause, returns, refunded, cost, of returns, avoidable, low, high), dearest first; nobody avoids a change of mind."""
    rows: list[tuple[Cell, ...]] = []
    whole = sum(returns.count.values())
    avoidable = {c.id: c.avoidable for c in causes()} | {OTHER: False}
    for name, n in returns.count.items():
        each = returns.cost.get(name)
        saved: tuple[Cell, ...] = (None, None, None)
        if each is not None and avoidable[name]:
            e = excess[name]
            saved = tuple(float(part.sum() * each) for part in (e.excess, e.low, e.high))
        cost = each * n if each is not None else None
        rows.append((say(f"model.voice_{name}"), n, returns.amount[name], cost, n / whole, *saved))
    return sorted(rows, key=lambda r: (-_number(r[5]), -_number(r[3]), -_number(r[1])))


def _number(value: Cell) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _review_table(reviews: _Reviews) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, n in sorted(reviews.causes.items(), key=lambda item: (-item[1], item[0])):
        low, high = wilson(n, reviews.bad)
        rows.append((say(f"model.voice_{name}"), n, n / reviews.bad, low, high))
    return Table(
        "reviews", say("model.voice_reviews_table"),
        (
            Column("cause", say("model.voice_cause")), Column("reviews", say("model.voice_reviews"), "count"),
            Column("share", say("model.voice_of_bad"), "share"), Column("low", say("model.low"), "share"),
            Column("high", say("model.high"), "share"),
        ),
        tuple(rows), say("model.voice_reviews_note"),
    )  # fmt: skip


def _review_figures(reviews: _Reviews, held: HeldOut | None) -> list[Figure]:
    low, high = wilson(reviews.bad, reviews.told)
    found = [Figure("bad", say("model.voice_bad"), reviews.bad / reviews.told, "share", low, high)]
    if held is not None:
        found.append(
            Figure(
                "agreement",
                say("model.voice_agreement"),
                held.accuracy,
                "share",
                held.low,
                held.high,
                note=say("model.voice_agreement_note", n=held.texts, usual=f"{held.usual:.1%}"),
            )
        )
    return found


def _sum(rows: Sequence[tuple[Cell, ...]], place: int) -> float:
    """The numbers of one column, added up."""
    return float(sum(value for row in rows if isinstance(value := row[place], int | float)))


def _cause_table(rows: list[tuple[Cell, ...]]) -> Table:
    return Table(
        "causes", say("model.voice_table"),
        (
            Column("cause", say("model.voice_cause")), Column("returns", say("model.voice_returns"), "count"),
            Column("refunded", say("model.voice_refunded"), "money"), Column("cost", say("model.voice_cost"), "money"),
            Column("share", say("model.voice_of_returns"), "share"), Column("avoidable", say("model.voice_avoidable"), "money"),
            Column("low", say("model.low"), "money"), Column("high", say("model.high"), "money"),
        ),
        tuple(rows), say("model.voice_table_note"),
    )  # fmt: skip


def _article_table(returns: _Returns, excess: Mapping[str, Excess]) -> Table:
    found: list[tuple[float, tuple[Cell, ...]]] = []
    for name, e in excess.items():
        if not next((c.avoidable for c in causes() if c.id == name), False):
            continue
        each = returns.cost.get(name)
        for n in np.flatnonzero(e.excess > 0):
            cases = int(returns.cases[name][n])
            saved = float(e.excess[n] * each) if each is not None else None
            found.append(
                (
                    saved or float(e.excess[n]) * 1e-6,
                    (
                        returns.sku[n],
                        returns.name[n],
                        say(f"model.voice_{name}"),
                        cases,
                        float(returns.sold[n]),
                        float(cases / returns.sold[n]),
                        float(e.rate[n]),
                        float(e.excess[n]),
                        float(e.low[n]),
                        float(e.high[n]),
                        saved,
                    ),
                )
            )
    found.sort(key=lambda item: -item[0])
    return Table(
        "articles",
        say("model.voice_articles"),
        (
            Column("sku", say("model.stock_sku")),
            Column("name", say("model.stock_name")),
            Column("cause", say("model.voice_cause")),
            Column("returns", say("model.voice_returns"), "count"),
            Column("sold", say("model.voice_sold"), "count"),
            Column("rate", say("model.voice_rate"), "share"),
            Column("usual", say("model.voice_usual"), "share"),
            Column("excess", say("model.voice_excess"), "number"),
            Column("low", say("model.low"), "number"),
            Column("high", say("model.high"), "number"),
            Column("money", say("model.voice_avoidable"), "money"),
        ),
        tuple(row for _, row in found[:SHOWN]),
        say("model.voice_articles_note"),
    )


def _picture(rows: list[tuple[Cell, ...]]) -> Picture:
    def amount(value: Cell) -> float | None:
        return float(value) if isinstance(value, int | float) else None

    return Picture(
        "causes",
        "bar",
        say("model.voice_picture"),
        say("model.voice_cause"),
        say("model.contribution_amount"),
        (
            Series(say("model.voice_cost"), tuple(amount(r[3]) for r in rows)),
            Series(say("model.voice_avoidable"), tuple(amount(r[5]) for r in rows)),
        ),
        labels=tuple(r[0] for r in rows if isinstance(r[0], Said)),
        y_unit="money",
    )


def _remarks(returns: _Returns | None, reviews: _Reviews | None, held: HeldOut | None) -> tuple[Said, ...]:
    told = [say("model.voice_remark")]
    if returns is None:
        told.append(say("model.voice_no_returns"))
    elif not returns.cost:
        told.append(say("model.voice_no_margin"))
    if reviews is None:
        told.append(say("model.voice_no_reviews"))
    elif held is None:
        told.append(say("model.voice_not_learned"))
    return tuple(told)


MODEL = Model(
    number=29,
    id="voice",
    group="causes",
    inputs=("order_lines.sku_id", "order_lines.quantity"),
    helps=("refunds.reason", "reviews.text", "reviews.stars", "sku_costs.unit_cost"),
    references=(
        "Kano et al. 1984, Journal of the Japanese Society for Quality Control 14(2)",
        "Benjamini & Hochberg 1995, JRSS B 57(1)",
    ),
    checks=(),
    estimate=estimate,
    options=(Option("polarity", "choice", "learned", choices=("learned", "skipped")),),
)
