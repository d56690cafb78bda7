"""What a forecast says: the past, what is ahead with its bands, the target's chance, and how earlier ones did."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from shopkeeper.core.period import Grain, Period
from shopkeeper.kpi.result import Dims

Path = Literal["parts", "value"]
"""parts: numerator and denominator forecast apart · value: the value forecast as it stands."""


@dataclass(frozen=True)
class Point:
    """A period ahead. `begun` says that some of its days are known already; they are in the forecast as they are."""

    period: Period
    mean: float
    low80: float
    high80: float
    low95: float
    high95: float
    begun: bool = False


@dataclass(frozen=True)
class Tried:
    """How forecasts made at earlier origins did. MASE is against `season` periods before; None where it cannot be told."""

    origins: int
    mase: float | None
    naive_mase: float | None
    smape: float | None
    wape: float | None
    covered80: float | None
    covered95: float | None
    season: int


@dataclass(frozen=True)
class Chance:
    """The first period ahead against its target: the target, how likely it is met (None without a target or a direction)."""

    period: Period
    target: float | None
    probability: float | None


@dataclass(frozen=True)
class Forecast:
    """One indicator of one slice. `members` are the parts of the blend with their shares, largest first."""

    kpi: str
    dims: Dims
    unit: str
    grain: Grain
    known_until: dt.date
    past: tuple[tuple[Period, float | None], ...]
    ahead: tuple[Point, ...]
    chance: Chance
    path: Path
    members: tuple[tuple[str, float], ...]
    tried: Tried
    unseen: tuple[str, ...]

    def as_json(self) -> list[dict[str, object]]:
        """A row a period ahead, as the command and the API give it."""
        return [
            {
                "kpi": self.kpi,
                "period": p.period.label,
                "dims": dict(self.dims),
                "mean": p.mean,
                "low80": p.low80,
                "high80": p.high80,
                "low95": p.low95,
                "high95": p.high95,
                "unit": self.unit,
                "begun": p.begun,
                "target": self.chance.target,
                "probability": self.chance.probability if p.period == self.chance.period else None,
            }
            for p in self.ahead
        ]
