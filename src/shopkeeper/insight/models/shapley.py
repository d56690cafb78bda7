"""Model 14: conversions parted fairly among the channels that a buyer touched, by Shapley."""

from __future__ import annotations

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, PublishedCheck
from shopkeeper.insight.models.markov import told
from shopkeeper.insight.models.paths import INPUTS, OPTIONS, journeys
from shopkeeper.insight.models.result import Column, ModelResult
from shopkeeper.insight.models.retold import retold
from shopkeeper.insight.models.said import say
from shopkeeper.methods.attribution import shapley_credit, shapley_of_paths


def estimate(ask: Ask) -> ModelResult:
    """Conversions by Shapley value, where a set of channels is worth the conversions of those who touched no other."""
    found = journeys(ask)
    with retold():
        credit = shapley_credit(found.paths)
    conversions = tuple(float(v) for v in shapley_of_paths(found.paths))
    columns = (Column("conversions", say("model.paths_conversions"), "number"),)
    return told(ask, found, credit, say("model.shapley_method"), columns, (conversions,))


MODEL = Model(
    number=14,
    id="shapley",
    group="traffic",
    inputs=INPUTS,
    references=(
        "Shapley 1953, A value for n-person games", "Dalessandro, Perlich, Stitelman & Provost 2012, ADKDD",
        "Zhao, Mahboobi & Bagheri 2018, arXiv 1804.05327",
    ),
    checks=(
        PublishedCheck(
            "Littlechild & Owen 1973", "the airport game", "its closed form to 1e-12", "tests/golden/test_attribution.py"
        ),
    ),
    estimate=estimate,
    options=OPTIONS,
    helps=("order_lines.payable_amount",),
)  # fmt: skip
