"""Model 17: did the arms of a campaign that has a holdout differ, and by how much money a recipient?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Amount, refusal, say
from shopkeeper.methods.experiment.difference import Difference, always_valid, cuped, holm, sample_ratio, welch
from shopkeeper.methods.experiment.statistics import Arm

FEWEST_UNITS = 50
_CONTROL = ("control", "holdout", "对照", "对照组", "留白")


@dataclass(frozen=True)
class _Trial:
    """One campaign: the sums of each arm, the control's name, and rows read."""

    campaign: str
    control: str
    money: dict[str, Arm]
    bought: dict[str, Arm]


def estimate(ask: Ask) -> ModelResult:
    """Every campaign with a control arm: paid amount and buyers in the days after, adjusted for what was paid before."""
    trials = _trials(ask)
    if not trials:
        raise refusal("model.abtest_nothing", ["campaign_members.arm", say("model.abtest_need", n=FEWEST_UNITS)])
    compared = [(t, arm) for t in trials for arm in t.money if arm != t.control]
    found = [_compared(t, arm) for t, arm in compared]
    adjusted = holm([d.p_value for d, _, _, _ in found])
    rows = [_row(t, arm, f, p) for (t, arm), f, p in zip(compared, found, adjusted, strict=True)]
    people = sum(a.n for t in trials for a in t.money.values())
    sure = sum(p < 0.05 for p in adjusted)
    warned = [
        say("model.abtest_srm", campaign=t.campaign, p=Amount(round(p, 4), "number"))
        for t in trials
        if (p := _srm(t)) < 0.001
    ]
    return ModelResult(
        say("model.abtest_method", days=ask.whole("follow_days")),
        ask.basis(("campaign_members", people)),
        (
            Figure("comparisons", say("model.abtest_comparisons"), len(found), "count"),
            Figure("sure", say("model.abtest_sure"), sure, "count", note=say("model.abtest_sure_note")),
        ),
        (_table(rows),),
        (
            Picture(
                "effects",
                "scatter",
                say("model.abtest_picture"),
                say("model.abtest_comparison"),
                say("model.abtest_effect"),
                (
                    Series(
                        say("model.abtest_effect"),
                        tuple(d.estimate for d, _, _, _ in found),
                        tuple(float(n) for n in range(len(found))),
                        tuple(d.low for d, _, _, _ in found),
                        tuple(d.high for d, _, _, _ in found),
                    ),
                ),
                x_unit="number",
                y_unit="money",
            ),
        ),
        tuple(warned),
    )


def _trials(ask: Ask) -> list[_Trial]:
    days = ask.whole("follow_days")
    got = ask.arrays(
        "WITH told AS (SELECT shop_id || ' · ' || campaign_id AS campaign, lower(arm) AS arm, customer_id, min(sent_day) AS sent "
        f"FROM campaign_members WHERE arm IS NOT NULL AND sent_day IS NOT NULL AND {ask.days('sent_day')} GROUP BY ALL), "
        "paid AS (SELECT customer_id, paid_day, sum(CAST(payable_amount AS DOUBLE)) AS paid FROM order_lines "
        "WHERE paid_day IS NOT NULL AND customer_id IS NOT NULL AND is_brushing IS NOT TRUE GROUP BY ALL), "
        "seen AS (SELECT max(paid_day) AS last FROM paid) "
        "SELECT t.campaign, t.arm, "
        f"coalesce(sum(p.paid) FILTER (WHERE p.paid_day >= t.sent AND p.paid_day < t.sent + {days}), 0) AS after, "
        "coalesce(sum(p.paid) FILTER (WHERE p.paid_day < t.sent AND p.paid_day >= t.sent - 90), 0) AS before "
        "FROM told t JOIN seen s ON true LEFT JOIN paid p ON p.customer_id = t.customer_id "
        f"WHERE t.sent + {days - 1} <= s.last GROUP BY t.campaign, t.arm, t.customer_id"
    )
    found = []
    for campaign in sorted(set(got["campaign"].tolist())):
        mine = got["campaign"] == campaign
        arms = got["arm"][mine].astype(str)
        control = next((name for name in _CONTROL if name in arms), None)
        if control is None:
            continue
        after, before = got["after"][mine].astype(np.float64), got["before"][mine].astype(np.float64)
        money = {a: Arm.of(after[arms == a], before[arms == a]) for a in np.unique(arms).tolist()}
        bought = {a: Arm.of_share(int((after[arms == a] > 0).sum()), m.n) for a, m in money.items()}
        kept = {a: m for a, m in money.items() if m.n >= FEWEST_UNITS and m.variance > 0}
        if control in kept and len(kept) > 1:
            found.append(_Trial(str(campaign), control, kept, bought))
    return found


def _compared(trial: _Trial, arm: str) -> tuple[Difference, Difference, float, Difference | None]:
    """Money adjusted by CUPED, the same with an interval that holds at any look, the variance taken off, and buyers."""
    control, treated = trial.money[trial.control], trial.money[arm]
    try:
        money, taken = cuped(control, treated)
    except ValueError:  # nobody had bought before
        money, taken = welch(control, treated), 0.0
    always = always_valid(money, control.variance * (1 - taken), control.n + treated.n)
    try:
        buyers = welch(trial.bought[trial.control], trial.bought[arm])
    except ValueError:  # everybody or nobody bought
        buyers = None
    return money, always, taken, buyers


def _srm(trial: _Trial) -> float:
    """An even split is assumed only of two arms of like size; other splits are the sender's choice."""
    counts = [a.n for a in trial.money.values()]
    if len(counts) != 2 or max(counts) > 1.2 * min(counts):
        return 1.0
    return sample_ratio(counts, [0.5, 0.5])


def _row(
    trial: _Trial, arm: str, found: tuple[Difference, Difference, float, Difference | None], p: float
) -> tuple[Cell, ...]:
    money, always, taken, buyers = found
    return (
        trial.campaign,
        arm,
        trial.money[arm].n,
        trial.money[trial.control].n,
        money.estimate,
        money.low,
        money.high,
        always.low,
        always.high,
        p,
        taken,
        buyers.estimate if buyers else None,
        buyers.low if buyers else None,
        buyers.high if buyers else None,
    )


def _table(rows: list[tuple[Cell, ...]]) -> Table:
    return Table(
        "comparisons",
        say("model.abtest_table"),
        (
            Column("campaign", say("model.bandit_campaign")),
            Column("arm", say("model.abtest_arm")),
            Column("treated", say("model.abtest_treated"), "count"),
            Column("control", say("model.abtest_control"), "count"),
            Column("effect", say("model.abtest_effect"), "money"),
            Column("low", say("model.low"), "money"),
            Column("high", say("model.high"), "money"),
            Column("always_low", say("model.abtest_always_low"), "money"),
            Column("always_high", say("model.abtest_always_high"), "money"),
            Column("p", say("model.abtest_p"), "number"),
            Column("taken", say("model.abtest_taken"), "share"),
            Column("buyers", say("model.abtest_buyers"), "share"),
            Column("buyers_low", say("model.low"), "share"),
            Column("buyers_high", say("model.high"), "share"),
        ),
        tuple(rows),
        say("model.abtest_table_note"),
    )


MODEL = Model(
    number=17,
    id="ab_test",
    group="marketing",
    inputs=("campaign_members.arm", "campaign_members.sent_day", "order_lines.customer_id", "order_lines.paid_day"),
    references=(
        "Deng, Xu, Kohavi & Walker 2013, WSDM (CUPED)",
        "Johari, Pekelis & Walsh 2017, Operations Research (always valid)",
        "Holm 1979, Scandinavian Journal of Statistics 6",
    ),
    checks=(
        PublishedCheck(
            "MineThatData 2008",
            "Hillstrom e-mail experiment, 64,000 customers",
            "visit .1828/.1514/.1062, spend 1.4226/1.0772/.6528",
            "tests/golden/test_experiment_figures.py",
        ),
        PublishedCheck(
            "Tactile Entertainment",
            "Cookie Cats, 90,189 players",
            "retention-1 .4482/.4423, retention-7 .1902/.1820",
            "tests/golden/test_experiment_figures.py",
        ),
    ),
    estimate=estimate,
    options=(Option("follow_days", "whole", 90, low=7, high=365),),
)
