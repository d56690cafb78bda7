"""The parts of a reconciliation as rows: a table each for people, one for a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.quality.reconcile import Reconciliation
from shopkeeper.quality.reconcile.result import OUTCOMES
from shopkeeper.views.reconcile import AGES, CHECKED, code_word, shown_outcomes

Rows = list[dict[str, object]]
_USUAL = ("orders", "open", "payouts", "fees", "hits")
_CODES = {"outcome", "cause", "side", "issuer", "status", "kind", "join", "what", "step"}


@dataclass(frozen=True)
class Part:
    """One part: the word of its title, its rows, and the columns of a CSV."""

    title: str
    rows: Callable[[Reconciliation], Rows]
    columns: tuple[str, ...]


def _orders(result: Reconciliation) -> Rows:
    rows: Rows = []
    for row in result.orders:
        checked = row.tally(*CHECKED)
        rows.append({
            "period": row.period.label, "slice": row.slice, "currency": row.currency, "orders": checked.orders,
            "expected": checked.expected, "settled": checked.settled, "fees": checked.fees,
            **{o: row.tally(o).orders for o in OUTCOMES},
            **{f"{o}_amount": row.tally(o).difference for o in ("short", "over", "unsettled", "orphan")},
            "brushing_amount": row.tally("brushing").expected,
        })  # fmt: skip
    return rows


def _listed(name: str, *columns: str) -> Callable[[Reconciliation], Rows]:
    """Rows of the part `name`; ages become columns of their own."""

    def rows(result: Reconciliation) -> Rows:
        return [_row(found, columns) for found in getattr(result, name)]

    return rows


def _row(found: Any, columns: Sequence[str]) -> dict[str, object]:
    ages = getattr(found, "ages", {})
    return {name: getattr(found, name) for name in columns} | {a: aged.amount for a, aged in ages.items()}


def _hits(result: Reconciliation) -> Rows:
    return [
        {
            "join": hit.id, "hits": hit.hits, "of": hit.of, "share": None if hit.share is None else round(hit.share, 4),
            "missing": " ".join(hit.missing), "steps": " ".join(f"{step}={n}" for step, n in hit.steps.items() if n is not None),
        }
        for hit in result.hits
    ]  # fmt: skip


_OPEN = ("outcome", "cause", "count", "amount", "currency")
_PAYOUTS = ("side", "issuer", "status", "count", "amount", "currency")
_FEES = ("slice", "kind", "lines", "amount", "rate", "currency")
_STEPS = ("what", "step", "count", "amount")
_UNMATCHED = (
    "what", "shop_id", "id", "day", "age", "outcome", "cause", "expected", "settled", "fees", "difference", "currency",
)  # fmt: skip
PARTS: Mapping[str, Part] = {
    "orders": Part(
        "reconcile.orders", _orders,
        ("period", "slice", "orders", "expected", "settled", "fees", *OUTCOMES, "short_amount", "over_amount",
         "unsettled_amount", "orphan_amount", "brushing_amount", "currency"),
    ),
    "open": Part("reconcile.causes", _listed("open", *_OPEN), (*_OPEN, *AGES)),
    "payouts": Part("reconcile.payouts", _listed("payouts", *_PAYOUTS), (*_PAYOUTS, *AGES)),
    "fees": Part("reconcile.fees", _listed("fees", *_FEES), _FEES),
    "hits": Part("reconcile.hits", _hits, ("join", "hits", "of", "share", "steps", "missing")),
    "steps": Part("reconcile.steps", _listed("steps", *_STEPS), _STEPS),
    "unmatched": Part("reconcile.unmatched", _listed("unmatched", *_UNMATCHED), _UNMATCHED),
}  # fmt: skip

_HEADINGS = {
    "period": "reconcile.period", "slice": "reconcile.slice", "orders": "reconcile.count_orders",
    "expected": "reconcile.expected", "settled": "reconcile.settled", "fees": "reconcile.fees_column",
    "outcome": "reconcile.outcome", "cause": "reconcile.cause", "count": "reconcile.count", "amount": "reconcile.amount",
    "side": "reconcile.side", "issuer": "reconcile.issuer", "status": "reconcile.status", "kind": "reconcile.kind",
    "lines": "reconcile.lines", "rate": "reconcile.rate", "join": "reconcile.join", "hits": "reconcile.hit",
    "of": "reconcile.of", "share": "reconcile.share", "steps": "reconcile.how", "missing": "reconcile.lacks",
    "what": "reconcile.step_of", "step": "reconcile.step", "shop_id": "reconcile.store", "id": "reconcile.id",
    "day": "reconcile.day", "age": "reconcile.age", "difference": "reconcile.difference", "currency": "reconcile.currency",
}  # fmt: skip


def print_parts(result: Reconciliation, show: str, lang: Language, fmt: Format, meta: Mapping[str, Any]) -> None:
    """Print one part, or the usual ones one after another; CSV has one part, orders unless another is named."""
    if fmt == "csv":
        part = PARTS["orders" if show == "all" else show]
        emit(part.rows(result), columns=[(name, name) for name in part.columns], fmt=fmt, meta=meta)
        return
    for name in _USUAL if show == "all" else (show,):
        part = PARTS[name]
        rows = [{k: _text(k, v, lang) for k, v in row.items()} for row in part.rows(result)]
        columns = [(c, _heading(c, lang)) for c in _table_columns(name, part, result)]
        emit(rows, columns=columns, fmt=fmt, meta=meta, title=word(part.title, lang))


def _table_columns(name: str, part: Part, result: Reconciliation) -> list[str]:
    """A table leaves out what says nothing here: one slice, one currency, outcomes that did not occur."""
    left_out = {f"{o}_amount" for o in OUTCOMES}
    if name == "orders":
        left_out |= set(OUTCOMES) - set(shown_outcomes(result.orders))
        left_out |= set() if result.by else {"slice"}
    if len({row.currency for row in result.orders}) < 2:
        left_out.add("currency")
    return [column for column in part.columns if column not in left_out]


def _heading(column: str, lang: Language) -> str:
    return word(_HEADINGS[column], lang) if column in _HEADINGS else code_word(column, lang)


def _text(column: str, value: object, lang: Language) -> object:
    """Codes in words, amounts to the cent, shares as percent."""
    if value is None:
        return None
    if column in ("share", "rate"):
        return f"{float(str(value)) * 100:.2f}%"
    if column in AGES and not value:
        return None
    if isinstance(value, Decimal):
        return _Amount(value)
    if column == "steps":
        return " ".join(
            f"{code_word(step.partition('=')[0], lang)} {step.partition('=')[2]}" for step in str(value).split()
        )
    if column == "missing" and value:
        return " ".join(word(f"kpi_source.{t}", lang) if has_word(f"kpi_source.{t}") else t for t in str(value).split())
    return code_word(str(value), lang) if column in _CODES and value else value


class _Amount(Decimal):
    """An amount that prints to the cent with thousands apart."""

    def __format__(self, spec: str, /, *_: object) -> str:
        return Decimal.__format__(self, ",.2f")
