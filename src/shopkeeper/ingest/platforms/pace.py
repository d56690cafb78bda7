"""How fast a platform is asked: a bucket of tokens for each API, and longer and longer waits after faults that pass."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shopkeeper.core.clock import utc_now

LONGEST_WAIT_SECONDS = 300.0
_FIRST_WAIT_SECONDS, _GROWTH = 0.5, 2.0


@dataclass(frozen=True)
class Pace:
    """The clock, the sleep and the dice of a pull; tests give their own."""

    now: Callable[[], dt.datetime] = utc_now
    passed: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    dice: random.Random = field(default_factory=random.Random)

    def back_off(self, attempt: int) -> float:
        """How long to wait before the next attempt, in seconds: 0.5, 1, 2, 4 … with full jitter above a half."""
        longest = min(_FIRST_WAIT_SECONDS * _GROWTH**attempt, LONGEST_WAIT_SECONDS)
        return longest * self.dice.uniform(0.5, 1.0)


@dataclass
class Bucket:
    """At most `per_second` calls a second over time, and `burst` at once.

    >>> bucket = Bucket(per_second=2, burst=2)
    >>> [bucket.wait(at) for at in (0.0, 0.0, 0.0, 0.0)]
    [0.0, 0.0, 0.5, 1.0]
    """

    per_second: float
    burst: float = 1.0
    _tokens: float | None = field(default=None, repr=False)
    _at: float = field(default=0.0, repr=False)

    def wait(self, at: float) -> float:
        """Take one token at a moment of a monotonic clock: how many seconds to wait before the call."""
        filled = self.burst if self._tokens is None else self._tokens + (at - self._at) * self.per_second
        self._tokens, self._at = min(self.burst, filled) - 1.0, at
        return max(0.0, -self._tokens / self.per_second)


@dataclass
class Limiter:
    """One bucket for each API of a platform."""

    per_second: float
    pace: Pace
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def take(self, method: str) -> None:
        """Wait until this API may be called again."""
        bucket = self._buckets.setdefault(method, Bucket(self.per_second, max(1.0, self.per_second)))
        if (seconds := bucket.wait(self.pace.passed())) > 0:
            self.pace.sleep(seconds)
