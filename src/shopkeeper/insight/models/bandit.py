"""Model 18: which of a campaign's advertisements to show how often next, and what the present split gives up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, Option, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.methods.bandit import Belief, believe

Floats = NDArray[np.float64]
_TRIALS = {"ad_clicks": "impressions", "ad_orders": "clicks"}
_HITS = {"ad_clicks": "clicks", "ad_orders": "attributed_orders"}
FEWEST_DAYS, FEWEST_HITS = 7, 20
SURE = 0.95


@dataclass(frozen=True)
class _Arms:
    """One campaign: its advertisements, what they were shown and what came of it; `noise` is days' variance over a coin's."""

    campaign: str
    ads: list[str]
    hits: Floats
    trials: Floats
    noise: float
    rows: int

    @property
    def rate(self) -> float:
        """Of the whole campaign."""
        return float(self.hits.sum() / self.trials.sum())

    def prior(self, strength: float) -> tuple[float, float]:
        """What is believed of an advertisement before it was shown: the campaign's rate, with the weight of so many trials."""
        return max(self.rate * strength, 1e-3), max((1 - self.rate) * strength, 1e-3)

    def belief(self, strength: float) -> Belief:
        """Of the arms, after taking out noise that days share."""
        return believe(self.hits / self.noise, self.trials / self.noise, self.prior(strength))


def estimate(ask: Ask) -> ModelResult:
    """For each campaign with several advertisements: how likely each is the best, the share it should get, the loss of not."""
    last = ask.rows(f"SELECT max(spent_day) FROM ad_spend WHERE {ask.days('spent_day')}")[0][0]
    what = ask.text("ad_outcome")
    if last is None:
        raise refusal("model.bandit_nothing", ["ad_spend.ad_id", f"ad_spend.{_TRIALS[what]}"])
    first = last - dt.timedelta(days=ask.whole("ad_days") - 1)
    arms = _campaigns(ask, what, first, last)
    if not arms:
        raise refusal("model.bandit_nothing", [say("model.bandit_need", days=FEWEST_DAYS, hits=FEWEST_HITS)])
    strength = [_strength(a, _spread(arms)) for a in arms]
    beliefs = [a.belief(s) for a, s in zip(arms, strength, strict=True)]
    rows = [row for a, b in zip(arms, beliefs, strict=True) for row in _rows(a, b)]
    decided = sum(float(b.best.max()) >= SURE for b in beliefs)
    gained, low, high = _gain(arms, beliefs, strength)
    largest = int(np.argmax([a.trials.sum() for a in arms]))
    trials = int(sum(a.trials.sum() for a in arms))
    return ModelResult(
        say("model.bandit_method", days=ask.whole("ad_days"), outcome=say(f"model_choice.{what}")),
        ask.basis(("ad_spend", sum(a.rows for a in arms)), first=first, last=last),
        (
            Figure("campaigns", say("model.bandit_campaigns"), len(arms), "count"),
            Figure("decided", say("model.bandit_decided"), decided, "count", note=say("model.bandit_decided_note")),
            Figure("trials", say(f"model.bandit_{_TRIALS[what]}"), trials, "count"),
            Figure(
                "gain",
                say(f"model.bandit_gain_{_HITS[what]}"),
                gained,
                "count",
                low,
                high,
                note=say("model.bandit_gain_note"),
            ),
        ),
        (_table(what, rows),),
        (_picture(arms[largest], beliefs[largest]),),
        (say("model.bandit_remark"),),
    )


def _campaigns(ask: Ask, what: str, first: dt.date, last: dt.date) -> list[_Arms]:
    """Campaigns with at least two advertisements that were shown on enough days with enough outcomes each."""
    got = ask.arrays(
        f"SELECT shop_id || ' · ' || campaign_id AS campaign, ad_id AS ad, spent_day, "
        f"sum(CAST({_HITS[what]} AS DOUBLE)) AS hits, sum(CAST({_TRIALS[what]} AS DOUBLE)) AS trials FROM ad_spend "
        f"WHERE ad_id <> '' AND {_TRIALS[what]} > 0 AND {_HITS[what]} IS NOT NULL AND {_HITS[what]} <= {_TRIALS[what]} "
        f"AND spent_day BETWEEN DATE '{first}' AND DATE '{last}' GROUP BY ALL ORDER BY ALL"
    )
    found = []
    for campaign in dict.fromkeys(got["campaign"].tolist()):
        mine = got["campaign"] == campaign
        names, place = np.unique(got["ad"][mine].astype(str), return_inverse=True)
        hits, trials = got["hits"][mine].astype(np.float64), got["trials"][mine].astype(np.float64)
        days, sums, of = np.bincount(place), np.bincount(place, hits), np.bincount(place, trials)
        enough = (days >= FEWEST_DAYS) & (sums >= FEWEST_HITS)
        if enough.sum() < 2:
            continue
        rate = (sums / of)[place]
        spread = (hits - trials * rate) ** 2 / (trials * rate * (1 - rate) + 1e-12)
        noise = max(float(spread.sum()) / max(len(hits) - len(names), 1), 1.0)
        kept, shown = (part[enough].astype(np.float64) for part in (sums, of))
        found.append(_Arms(str(campaign), names[enough].tolist(), kept, shown, noise, int(mine.sum())))
    return found


def _spread(arms: list[_Arms]) -> float:
    """Variance of advertisements' true rates around their campaign's, relative to it and over all campaigns: by moments.

    What advertisements differ by beyond chance. Zero says that they are alike as far as these data tell: then none is
    preferred, however far apart their counted rates lie.
    """
    seen = sum(float(((a.hits / a.trials / a.rate - 1) ** 2).sum()) for a in arms)
    chance = sum(
        float((a.noise * (1 - a.rate) / (a.rate * a.trials) * (1 - a.trials / a.trials.sum())).sum()) for a in arms
    )
    return max(seen - chance, 0.0) / sum(len(a.ads) - 1 for a in arms)


def _strength(a: _Arms, spread: float) -> float:
    """Trials that the campaign's rate weighs: rate·(1 − rate) ÷ variance − 1, never more than it rests on itself."""
    variance = spread * a.rate**2
    return float(np.clip(a.rate * (1 - a.rate) / max(variance, 1e-12) - 1, 2.0, a.trials.sum() / a.noise))


def _gain(arms: list[_Arms], beliefs: list[Belief], strength: list[float]) -> tuple[float, float, float]:
    """Outcomes that the same trials would have brought at the suggested shares, beyond what they brought; by 4,000 draws."""
    rng = np.random.default_rng(18)
    total = np.zeros(4000)
    for a, b, s in zip(arms, beliefs, strength, strict=True):
        ahead, behind = a.prior(s)
        draws = rng.beta(ahead + a.hits / a.noise, behind + (a.trials - a.hits) / a.noise, (4000, len(a.ads)))
        total += draws @ ((b.best - a.trials / a.trials.sum()) * a.trials.sum())
    low, high = np.quantile(total, (0.025, 0.975))
    return float(total.mean()), float(low), float(high)


def _rows(a: _Arms, b: Belief) -> list[tuple[Cell, ...]]:
    shown = a.trials / a.trials.sum()
    return [
        (
            a.campaign,
            a.ads[n],
            int(a.trials[n]),
            int(a.hits[n]),
            float(a.hits[n] / a.trials[n]),
            float(b.mean[n]),
            float(b.low[n]),
            float(b.high[n]),
            float(b.best[n]),
            float(shown[n]),
            float(b.loss[n]),
        )
        for n in np.argsort(-b.best)
    ]


def _table(what: str, rows: list[tuple[Cell, ...]]) -> Table:
    return Table(
        "arms",
        say("model.bandit_table"),
        (
            Column("campaign", say("model.bandit_campaign")),
            Column("ad", say("model.bandit_ad")),
            Column("trials", say(f"model.bandit_{_TRIALS[what]}"), "count"),
            Column("hits", say(f"model_choice.{what}"), "count"),
            Column("rate", say("model.bandit_rate"), "share"),
            Column("believed", say("model.bandit_believed"), "share"),
            Column("low", say("model.low"), "share"),
            Column("high", say("model.high"), "share"),
            Column("best", say("model.bandit_best"), "share"),
            Column("shown", say("model.bandit_shown"), "share"),
            Column("loss", say("model.bandit_loss"), "share"),
        ),
        tuple(rows),
        say("model.bandit_table_note"),
    )


def _picture(a: _Arms, b: Belief) -> Picture:
    return Picture(
        "shares",
        "bar",
        say("model.bandit_picture", campaign=a.campaign),
        say("model.bandit_ad"),
        say("model.share"),
        (
            Series(say("model.bandit_best"), tuple(b.best.tolist())),
            Series(say("model.bandit_shown"), tuple((a.trials / a.trials.sum()).tolist())),
        ),
        labels=tuple(a.ads),
        y_unit="share",
    )


MODEL = Model(
    number=18,
    id="bandit",
    group="marketing",
    inputs=("ad_spend.ad_id", "ad_spend.impressions", "ad_spend.clicks"),
    helps=("ad_spend.attributed_orders",),
    references=("Thompson 1933, Biometrika 25", "Chapelle & Li 2011, NIPS 24"),
    checks=(
        PublishedCheck(
            "closed form of P(one Beta exceeds another), Cook 2005",
            "four pairs of counts",
            "the probability of being best agrees to 0.002",
            "tests/oracle/test_experiment_judges.py",
        ),
    ),
    estimate=estimate,
    options=(
        Option("ad_outcome", "choice", "ad_clicks", choices=("ad_clicks", "ad_orders")),
        Option("ad_days", "whole", 28, low=7, high=365),
    ),
)
