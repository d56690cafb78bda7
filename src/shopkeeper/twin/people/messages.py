"""Messages to customers: who gets the brand's routine ones, who looks because of one, and how tiring they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shopkeeper.twin.daily.later import Frame
from shopkeeper.twin.daily.rows import DAY
from shopkeeper.twin.draws import Array

if TYPE_CHECKING:
    from shopkeeper.twin.daily.region import Region

_DELIVERED, _OPENED, _CLICKED, _FAILED, _SUPPRESSED = range(5)
ROUTINE_SHARE = 26  # a customer gets a routine message about every 26 weeks
CONSENTING = 0.62


class Outreach:
    """Messages of one region on one day."""

    def __init__(self, region: Region, day: int) -> None:
        self._r = region
        self._day = day

    def consents(self, people: Array) -> Array:
        """Who agreed to marketing messages."""
        agreed: Array = self._r.draws.uniform("agrees to messages", self._r.people.numbers[people]) < CONSENTING
        return agreed

    def routine(self) -> list[tuple[Array, int, int]]:
        """Routine messages of today: (people, campaign, second). Thursdays at 19:30, to one share of the customers."""
        r = self._r
        if r.weekday(self._day) != 3:
            return []
        turn = (self._day // 7) % ROUTINE_SHARE
        candidates = np.arange(turn, r.people.size, ROUTINE_SHARE)
        people = candidates[r.people.orders[candidates] > 0]
        return [(people[self.consents(people)], 500 + self._day // 7, 19 * 3600 + 1800)]

    def send(self, accounts: Array, channel: int, campaign: int, second: int, pull: float) -> Frame:
        """Send a message to accounts; returns the people who look because of it, and when."""
        r, day, b = self._r, self._day, self._r.p.behaviour
        people = accounts // 16 - r.people.first_person
        here = (people >= 0) & (people < r.people.size)
        accounts, people = accounts[here], people[here]
        if len(people) == 0:
            return {}
        tired = r.people.fatigue_on(people, day, b.fatigue_days)
        numbers = r.people.numbers[people]
        u = r.draws.uniform("message", numbers, day, campaign)
        known = np.where(r.people.orders[people] > 0, 1.0, 0.25)
        chance = np.minimum(0.9, b.message_pull * pull * known * np.exp(-b.fatigue_weight * 3.0 * tired))
        looks = u < chance
        status = np.where(u < chance, _CLICKED, np.where(u < chance + 0.22, _OPENED, _DELIVERED))
        status = np.where(u > 0.985, _FAILED, status)
        reached = status != _FAILED
        r.people.fatigue[people[reached]] = tired[reached] + 1.0
        r.people.fatigue_day[people[reached]] = day
        r.people.goodwill[people[reached]] -= 0.01 * tired[reached]
        n = len(people)
        r.rows.add(
            "contacts",
            {
                "contact": (day + 1) * 10**13 + campaign * 10**9 + numbers % 10**9,
                "account": accounts,
                "shop": accounts % 8,
                "channel": np.full(n, channel),
                "campaign": np.full(n, campaign),
                "sent_at": np.full(n, day * DAY + second),
                "status": status,
            },
        )
        later = (-np.log(r.draws.uniform("when reading", numbers[looks], day)) * 2600).astype(np.int64) + 30
        when = second + later
        soon = when < DAY
        return {"person": people[looks][soon], "second": when[soon]}
