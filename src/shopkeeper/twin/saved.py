"""A world kept in a folder: its seed and everything decided so far. Running it again gives the same rows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shopkeeper.errors import UsageError
from shopkeeper.twin import actions as deeds
from shopkeeper.twin.actions import Action, Timed
from shopkeeper.twin.daily.rows import DAY
from shopkeeper.twin.world import DAYS, START, World

FILE = "world.json"
ACTIONS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        deeds.SetPrice, deeds.OfferCoupon, deeds.SetBudget, deeds.SendMessages, deeds.FeatureArticles, deeds.BuyStock,
        deeds.StaffService,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Saved:
    """What makes a world: seed, scale, start and length, the day and hour it has come to, and actions with their seconds."""

    seed: int
    scale: float
    start: dt.date = START
    days: int = DAYS
    day: int = 0
    hour: int = 0
    timed: tuple[Timed, ...] = ()

    def world(self, records: tuple[str, ...] | None = None, *, with_actions: bool = True) -> World:
        """The world as it was when it was kept: run again from its first day."""
        world = World(self.seed, self.scale, self.start, days=self.days, records=records)
        if with_actions:
            for timed in self.timed:
                world.steering.decide(timed)
        return world

    def reached(self, records: tuple[str, ...] | None = None) -> World:
        """The world run again up to where it was kept; what became true on the way is let go."""
        world = self.world(records)
        if self.day:
            world.step(self.day)
        world.step_hours(self.hour)
        return world

    def after(self, days: int = 0, hours: int = 0) -> Saved:
        """The same some days (the rest of a begun day counts as one) or hours later."""
        if days:
            return dataclasses.replace(self, day=self.day + days, hour=0)
        ahead, hour = divmod(self.hour + hours, 24)
        return dataclasses.replace(self, day=self.day + ahead, hour=hour)

    def decide(self, actions: list[Action]) -> Saved:
        """The same with actions from now on."""
        new = tuple(Timed(action, self.day * DAY + self.hour * 3600) for action in actions)
        return dataclasses.replace(self, timed=self.timed + new)


def read_action(text: str) -> Action:
    """An action out of JSON: `{"action": "SetBudget", "factor": 0.8, "shops": [0]}`.

    Raises UsageError with what is wrong and what is allowed.

    >>> read_action('{"action": "SetBudget", "factor": 0.8, "shops": [0]}')
    SetBudget(factor=0.8, shops=(0,), days=None)
    """
    try:
        found = json.loads(text)
        kind = found.pop("action") if isinstance(found, dict) else None
    except (ValueError, KeyError):
        kind = None
    if kind not in ACTIONS:
        raise UsageError(
            "this is not an action", received=text, allowed=ACTIONS, next_command="docs/twin.md lists them"
        )
    unknown = set(found) - {f.name for f in dataclasses.fields(ACTIONS[kind])}
    if unknown:
        names = [f.name for f in dataclasses.fields(ACTIONS[kind])]
        raise UsageError(f"{kind} has no such part", received=", ".join(sorted(unknown)), allowed=names)
    try:
        action: Action = TypeAdapter(ACTIONS[kind]).validate_python(found)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"{kind} cannot be read: {first['msg']}", where=".".join(map(str, first["loc"])), received=text
        ) from None
    return action


def keep(folder: Path, saved: Saved) -> None:
    """Write the world's file."""
    told = {
        "seed": saved.seed,
        "scale": saved.scale,
        "start": saved.start.isoformat(),
        "days": saved.days,
        "day": saved.day,
        "hour": saved.hour,
        "actions": [
            {"at": t.at, "action": type(t.action).__name__, **dataclasses.asdict(t.action)} for t in saved.timed
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def found_in(folder: Path) -> Saved | None:
    """The world kept in a folder; None when there is none. Raises UsageError when its file cannot be read."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        timed = []
        for row in told["actions"]:
            at = int(row.pop("at"))
            timed.append(Timed(read_action(json.dumps(row)), at))
        return Saved(
            int(told["seed"]), float(told["scale"]), dt.date.fromisoformat(told["start"]), int(told["days"]), int(told["day"]),
            int(told.get("hour", 0)), tuple(timed),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "this file holds no world", where=str(path), received=f"{type(error).__name__}: {error}",
            next_command="shopkeeper twin step DIR --seed 7 --scale 0.1 makes one",
        ) from None  # fmt: skip
