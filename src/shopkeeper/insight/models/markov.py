"""Model 4: what each channel's removal would cost, by a Markov chain over visitors' paths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, PublishedCheck
from shopkeeper.insight.models.paths import INPUTS, OPTIONS, Journeys, comparison, journeys
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.retold import retold
from shopkeeper.insight.models.said import Amount, Said, say
from shopkeeper.methods.attribution import Credit, markov_credit, removal_effects

SURE = 0.05


def estimate(ask: Ask) -> ModelResult:
    """Conversions shared among channels by their removal effects in a first-order Markov chain."""
    found = journeys(ask)
    with retold():
        credit = markov_credit(found.paths)
    effect = removal_effects(found.paths)
    columns = (Column("removal", say("model.paths_removal"), "share"),)
    return told(ask, found, credit, say("model.markov_method"), columns, (tuple(float(e) for e in effect),))


def told(
    ask: Ask,
    found: Journeys,
    credit: Credit,
    method: Said,
    columns: tuple[Column, ...],
    further: tuple[tuple[float, ...], ...],
) -> ModelResult:
    """An attribution as an answer; `columns` with the values of `further` stand at the table's end."""
    touches, last, first, p = comparison(found)
    remarks = [say("model.paths_claim")]
    if p >= SURE:
        remarks.insert(0, say("model.paths_alike", p=Amount(p, "number")))
    return ModelResult(
        method,
        ask.basis(("events", found.sessions), first=found.days[0], last=found.days[1]),
        (
            Figure("paths", say("model.paths_count"), int((found.paths.converted + found.paths.left).sum()), "count"),
            Figure("conversions", say("model.paths_conversions"), int(found.conversions), "count"),
            Figure("order", say("model.paths_order"), found.paid, "money"),
            Figure("p", say("model.paths_p"), p, "number", note=say("model.paths_p_note")),
        ),
        (_table(found, credit, touches, last, first, columns, further),),
        (
            Picture(
                "credit", "bar", say("model.paths_picture"), say("model.channel"), say("model.share"),
                (
                    Series(say("model.paths_credit"), tuple(float(v) for v in credit.share)),
                    Series(say("model.paths_last"), tuple(float(v) for v in last)),
                    Series(say("model.paths_touches"), tuple(float(v) for v in touches)),
                ),
                labels=tuple(found.channels), y_unit="share",
            ),
        ),
        tuple(remarks),
    )  # fmt: skip


def _table(
    found: Journeys, credit: Credit, touches: NDArray[np.float64], last: NDArray[np.float64], first: NDArray[np.float64],
    columns: tuple[Column, ...], further: tuple[tuple[float, ...], ...],
) -> Table:  # fmt: skip
    whole = None if found.paid is None else found.paid * found.conversions
    rows: list[tuple[Cell, ...]] = [
        (
            name, float(touches[i]), float(first[i]), float(last[i]), float(credit.share[i]), float(credit.low[i]),
            float(credit.high[i]), None if whole is None else whole * float(credit.share[i]), *(f[i] for f in further),
        )
        for i, name in enumerate(found.channels)
    ]  # fmt: skip
    rows.sort(key=lambda row: -float(str(row[4])))
    return Table(
        "channels", say("model.paths_table"),
        (
            Column("channel", say("model.channel")), Column("touches", say("model.paths_touches"), "share"),
            Column("first", say("model.paths_first"), "share"), Column("last", say("model.paths_last"), "share"),
            Column("credit", say("model.paths_credit"), "share"), Column("low", say("model.low"), "share"),
            Column("high", say("model.high"), "share"), Column("amount", say("model.paths_amount"), "money"), *columns,
        ),
        tuple(rows), say("model.paths_table_note"),
    )  # fmt: skip


MODEL = Model(
    number=4,
    id="markov",
    group="traffic",
    inputs=INPUTS,
    references=("Anderl, Becker, von Wangenheim & Schumann 2016, International Journal of Research in Marketing 33(3)",),
    checks=(
        PublishedCheck(
            "Anderl et al. 2016", "a chain of three channels solved by hand", "removal effects to 1e-12",
            "tests/golden/test_attribution.py",
        ),
    ),
    estimate=estimate,
    options=OPTIONS,
    helps=("order_lines.payable_amount",),
)  # fmt: skip
