"""What can be done to the world, each from a moment on. An action of no size changes nothing at all."""

from __future__ import annotations

from dataclasses import dataclass

from shopkeeper.errors import UsageError


@dataclass(frozen=True)
class SetPrice:
    """Multiply prices by `factor`, or ask `fen`, for some articles (empty = all) at some shops (empty = all)."""

    skus: tuple[int, ...] = ()
    shops: tuple[int, ...] = ()
    factor: float = 1.0
    fen: int | None = None
    days: int | None = None

    def __post_init__(self) -> None:
        if self.factor <= 0 or (self.fen is not None and self.fen < 1):
            raise UsageError("a price must be positive", received=self.factor if self.fen is None else self.fen)


@dataclass(frozen=True)
class OfferCoupon:
    """A threshold offer of a shop for some days: from `threshold_fen` on, `face_fen` off, borne by the merchant."""

    shop: int
    threshold_fen: int
    face_fen: int
    days: int = 7


@dataclass(frozen=True)
class SetBudget:
    """Multiply the planned advertising of some shops (empty = all) by `factor` from the next midnight on, or this one."""

    factor: float
    shops: tuple[int, ...] = ()
    days: int | None = None

    def __post_init__(self) -> None:
        if self.factor < 0:
            raise UsageError("a budget cannot be negative", received=self.factor, allowed="0 or more")


@dataclass(frozen=True)
class SendMessages:
    """A message to named accounts at this moment. `pull` multiplies its ordinary effect."""

    accounts: tuple[int, ...]
    channel: str = "sms"
    pull: float = 1.0


@dataclass(frozen=True)
class FeatureArticles:
    """The articles of a shop's first screen, from now on; an empty tuple takes them away."""

    shop: int
    skus: tuple[int, ...]
    days: int | None = None


@dataclass(frozen=True)
class BuyStock:
    """A purchase order beside the buyer's own."""

    sku: int
    quantity: int


@dataclass(frozen=True)
class StaffService:
    """Further people in service (negative = fewer) from the next midnight on, or this one."""

    agents: int
    days: int | None = None


Action = SetPrice | OfferCoupon | SetBudget | SendMessages | FeatureArticles | BuyStock | StaffService


@dataclass(frozen=True)
class Timed:
    """An action and the second of the world from which it holds."""

    action: Action
    at: int

    def on(self, second: int) -> bool:
        """Whether it still holds at a second of the world."""
        days = getattr(self.action, "days", None)
        return self.at <= second and (days is None or second < self.at + days * 86_400)
