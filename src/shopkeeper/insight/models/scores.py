"""Values of customers that a model publishes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scores:
    """One score of many customers: the value of `customer_ids[i]` is `values[i]`; who has none is left out."""

    score: str
    customer_ids: NDArray[np.object_]
    values: NDArray[np.float64]
