"""How long to wait before the next attempt: exponential back-off with full jitter."""

from __future__ import annotations

import datetime as dt
import random

BASE_SECONDS = 10.0
CAP_SECONDS = 3600.0


def backoff(
    attempts: int, dice: random.Random, *, base: float = BASE_SECONDS, cap: float = CAP_SECONDS
) -> dt.timedelta:
    """A wait drawn evenly from 0 to min(cap, base · 2^(attempts − 1)) seconds, after so many attempts that failed.

    Spreading over the whole range keeps workers that failed together from coming back together.
    Source: Brooker, "Exponential Backoff and Jitter" (2015), full jitter.

    >>> dice = random.Random(1)
    >>> backoff(1, dice) <= dt.timedelta(seconds=10), backoff(40, dice) <= dt.timedelta(hours=1)
    (True, True)
    """
    longest = min(cap, base * 2.0 ** min(attempts - 1, 60))
    return dt.timedelta(seconds=dice.uniform(0, longest))
