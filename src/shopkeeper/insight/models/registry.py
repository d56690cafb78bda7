"""Every model, by number. A further one needs its file, its words, and one line here."""

from __future__ import annotations

import functools
import importlib
from typing import cast

from shopkeeper.errors import InternalError, NotFound
from shopkeeper.insight.models.declared import RESERVED, Model

# fmt: off
MODULES: dict[int, str] = {
    1: "rfm",
    2: "cohorts",
    3: "funnel",
    4: "markov",
    5: "association",
    6: "abc",
    7: "demand_class",
    8: "clv",
    9: "churn",
    10: "repurchase",
    11: "elasticity",
    12: "promotion",
    13: "threshold",
    14: "shapley",
    15: "media_mix",
    16: "causal_impact",
    17: "ab_test",
    18: "bandit",
    19: "forecasting",
    20: "reconciliation",
    21: "stock_policy",
    22: "lost_sales",
    23: "markdown",
    24: "recommendation",
    25: "segmentation",
    26: "uplift",
    27: "anomaly",
    29: "voice",
    30: "contribution",
}
# fmt: on
"""Number of the model → the module in this folder that declares it as MODEL, of the same id."""


@functools.cache
def models() -> dict[str, Model]:
    """Every model by its id, in the order of their numbers. Raises InternalError for one that contradicts its line."""
    found: dict[str, Model] = {}
    for number, name in sorted(MODULES.items()):
        model = cast(Model, importlib.import_module(f"{__package__}.{name}").MODEL)
        if model.id != name or model.number != number or {o.name for o in model.options} & RESERVED:
            raise InternalError(
                "a model contradicts the registry", where=f"insight/models/{name}.py", received=model.id
            )
        found[name] = model
    return found


def model(name: str) -> Model:
    """A model by its id or number. Raises NotFound with the nearest names."""
    known = models()
    wanted = MODULES.get(int(name), name) if name.isdigit() else name.replace("-", "_").lower()
    if wanted not in known:
        raise NotFound("model", name, known, next_command="shopkeeper models")
    return known[wanted]
