"""Model 26: whom a campaign moves, told by its holdout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.buying import INPUTS, days_sql, left_out
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Said, refusal, say
from shopkeeper.methods.uplift import Effect, Qini, effect, qini, uplift_scores
from shopkeeper.warehouse.sql import listed, literal

FEWEST_IN_ARM = 500
HOLDOUTS = ("holdout", "control", "none", "no e-mail", "no email", "对照组", "对照", "留出组")
"""Names that sources give to the arm that received nothing."""


@dataclass(frozen=True)
class Trial:
    """Recipients and holdout of one campaign: what was known on the day it was sent, and what came in the days after."""

    campaign: str
    treated: NDArray[np.bool_]
    columns: NDArray[np.float64]
    bought: NDArray[np.float64]
    paid: NDArray[np.float64]


def estimate(ask: Ask) -> ModelResult:
    """How much did a campaign add over its holdout, and whom did it move most?

    The campaign is the newest one with both arms, or the one named. Scores come from models that have not seen the customer
    they score; the Qini curve says whether sorting by them gains more than chance.
    """
    follow = ask.whole("follow_days")
    trial = _trial(ask, follow)
    outcome = trial.bought if ask.text("outcome") == "buyers" else trial.paid
    unit: Any = "share" if ask.text("outcome") == "buyers" else "money"
    whole = effect(outcome, trial.treated)
    remarks = []
    if _uneven(trial):
        remarks.append(say("model.uplift_uneven"))
    curve: Qini | None = None
    score = uplift_scores(trial.columns, outcome, trial.treated)
    if whole.low > 0:
        curve = qini(score, outcome, trial.treated)
        remarks.append(say("model.uplift_sorts" if curve.low > 0 else "model.uplift_chance"))
    else:
        remarks.append(say("model.uplift_nothing"))
    n = len(trial.treated)
    return ModelResult(
        say("model.uplift_method", campaign=trial.campaign, days=follow),
        ask.basis(("campaign_members", n), first=ask.first_day, last=ask.covered[1]),
        tuple(_figures(whole, curve, unit)),
        (_fifths(score, outcome, trial.treated, unit),),
        (_picture(curve, unit),) if curve is not None else (),
        (*left_out(ask), *remarks),
    )


def _trial(ask: Ask, follow: int) -> Trial:
    held = f"lower(trim(arm)) IN ({listed(HOLDOUTS)})"
    named = ask.text("campaign")
    wanted = f" AND campaign_id = {literal(named)}" if named else ""
    rows = ask.rows(
        "SELECT campaign_id, min(sent_day), count(*) FILTER (NOT held), count(*) FILTER (held) FROM (SELECT *, "
        f"{held} AS held FROM campaign_members WHERE arm IS NOT NULL AND sent_day IS NOT NULL "
        f"AND {ask.days('sent_day')}{wanted}) GROUP BY campaign_id ORDER BY min(sent_day) DESC, campaign_id"
    )
    last = ask.covered[1]
    for campaign, day, sent, kept in rows:
        if min(sent, kept) >= FEWEST_IN_ARM and last is not None and (last - day).days >= follow:
            return _read(ask, str(campaign), held, follow)
    most = max((min(sent, kept) for _, _, sent, kept in rows), default=0)
    raise refusal("model.uplift_no_trial", [say("model.need_trial", n=FEWEST_IN_ARM, days=follow)], n=most)


def _read(ask: Ask, campaign: str, held: str, follow: int) -> Trial:
    members = "person_members" in set(ask.shop.lake.table_names())
    person = "coalesce(m.person_id, c.customer_id)" if members else "c.customer_id"
    join = "LEFT JOIN person_members m USING (customer_id)" if members else ""
    got = ask.arrays(
        f"WITH t AS (SELECT {person} AS person, bool_or(NOT {held}) AS treated, bool_or({held}) AS kept, min(sent_day) AS sent "
        f"FROM campaign_members c {join} WHERE campaign_id = {literal(campaign)} AND arm IS NOT NULL AND sent_day IS NOT NULL "
        f"GROUP BY ALL), d AS ({days_sql(ask)}) "
        "SELECT t.person, t.treated, "
        "CAST(coalesce(date_diff('day', max(d.day) FILTER (d.day < t.sent), t.sent), 3650) AS DOUBLE) AS recency, "
        "CAST(count(d.day) FILTER (d.day < t.sent) AS DOUBLE) AS days, "
        "CAST(coalesce(sum(d.paid) FILTER (d.day < t.sent), 0) AS DOUBLE) AS before, "
        f"CAST(count(d.day) FILTER (d.day BETWEEN t.sent AND t.sent + {follow}) > 0 AS DOUBLE) AS bought, "
        f"CAST(coalesce(sum(d.paid) FILTER (d.day BETWEEN t.sent AND t.sent + {follow}), 0) AS DOUBLE) AS paid "
        # whoever is in both arms, by two keys of one person, tells nothing
        "FROM t LEFT JOIN d USING (person) WHERE t.treated <> t.kept GROUP BY t.person, t.treated, t.sent ORDER BY t.person"
    )
    columns = np.column_stack(
        (np.log1p(got["recency"]), np.log1p(got["days"]), np.log1p(np.maximum(got["before"], 0.0)))
    )
    return Trial(campaign, got["treated"].astype(bool), columns, got["bought"], got["paid"])


def _uneven(trial: Trial) -> bool:
    """Whether the arms differ before the campaign by more than chance would have it: then they were not drawn at random."""
    one, other = trial.columns[trial.treated], trial.columns[~trial.treated]
    spread = np.sqrt(one.var(axis=0) / len(one) + other.var(axis=0) / len(other))
    return bool((np.abs(one.mean(axis=0) - other.mean(axis=0)) > 3.5 * np.maximum(spread, 1e-12)).any())


def _figures(whole: Effect, curve: Qini | None, unit: Any) -> list[Figure]:
    found = [
        Figure(
            "treated", say("model.uplift_treated"), whole.treated, unit, note=say("model.uplift_of", n=whole.n_treated)
        ),
        Figure(
            "control", say("model.uplift_control"), whole.control, unit, note=say("model.uplift_of", n=whole.n_control)
        ),
        Figure("effect", say("model.uplift_effect"), whole.difference, unit, whole.low, whole.high),
    ]
    if curve is not None:
        value = curve.coefficient
        found.append(
            Figure("qini", say("model.uplift_qini"), value, "number", min(curve.low, value), max(curve.high, value))
        )
    return found


def _fifths(score: NDArray[np.float64], outcome: NDArray[np.float64], treated: NDArray[np.bool_], unit: Any) -> Table:
    """What really came of each fifth by score."""
    rows: list[tuple[Cell, ...]] = []
    for n, part in enumerate(np.array_split(np.argsort(-score, kind="stable"), 5), start=1):
        if min(treated[part].sum(), (~treated[part]).sum()) < 30:
            continue
        one = effect(outcome[part], treated[part])
        rows.append((n, len(part), float(score[part].mean()), one.difference, one.low, one.high))
    columns = (
        Column("fifth", say("model.uplift_fifth"), "count"), Column("people", say("model.uplift_people"), "count"),
        Column("expected", say("model.uplift_expected"), unit), Column("came", say("model.uplift_effect"), unit),
        Column("low", say("model.low"), unit), Column("high", say("model.high"), unit),
    )  # fmt: skip
    return Table("fifths", say("model.uplift_table"), columns, tuple(rows))


def _picture(curve: Qini, unit: Any) -> Picture:
    share = tuple(float(s) for s in curve.share)
    line = tuple(float(curve.gain[-1] * s) for s in curve.share)
    name: Said = say("model.uplift_by_score")
    return Picture(
        "qini", "line", say("model.uplift_curve"), say("model.uplift_share"), say("model.uplift_gain"),
        (Series(name, tuple(float(g) for g in curve.gain), share), Series(say("model.uplift_at_random"), line, share)),
        x_unit="share", y_unit=unit,
    )  # fmt: skip


MODEL = Model(
    number=26,
    id="uplift",
    group="marketing",
    inputs=("campaign_members.arm", "campaign_members.sent_day", *INPUTS),
    references=(
        "Radcliffe & Surry 2011, Real-World Uplift Modelling", "Künzel, Sekhon, Bickel & Yu 2019, PNAS 116(10)",
    ),
    checks=(
        PublishedCheck(
            "Hillstrom 2008, MineThatData e-mail challenge", "64,000 customers, three arms",
            "visits .1828, .1514, .1062; spend 1.4226, 1.0772, .6528", "tests/golden/test_groups_and_uplift.py",
        ),
    ),
    estimate=estimate,
    options=(
        Option("follow_days", "whole", 14, low=1, high=90), Option("outcome", "choice", "buyers", choices=("buyers", "paid")),
        Option("campaign", "text", ""),
    ),
)  # fmt: skip
