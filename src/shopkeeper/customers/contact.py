"""Whom one may write to now: consent, quiet hours, caps and holdouts. The one door that every later send goes through.

asked: c1 c2 c3 c4 for marketing_sms by sms at 20:59      →      allowed: c1
                                                                 refused: withdrawn 1 (c2), cap_day 1 (c3), no_consent 1 (c4)
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from shopkeeper.core.settings import ContactSection
from shopkeeper.customers.holdouts import held_out, holdouts_at
from shopkeeper.customers.profiles import people_of
from shopkeeper.errors import UsageError
from shopkeeper.state import State
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import listed, literal
from shopkeeper.warehouse.suppression import ERASED

Why = Literal["unknown", "erased", "no_consent", "withdrawn", "quiet_hours", "cap_day", "cap_week", "holdout"]
WHYS: tuple[Why, ...] = get_args(Why)
"""In the order in which they are told: one reason a customer, the first that holds."""

_WEEK = dt.timedelta(days=6)
_ASKED, _OWNED = "contact_asked", "contact_owner"


@dataclass(frozen=True)
class Contactable:
    """Who may be written to, and why the others may not: reference → reason.

    `held_out` names the holdout of those whom nothing else keeps from being written to: an experiment's group without.
    """

    allowed: tuple[str, ...]
    refused: Mapping[str, Why]
    held_out: Mapping[str, str]

    @property
    def counts(self) -> dict[Why, int]:
        """How many were refused for each reason."""
        told = list(self.refused.values())
        return {why: told.count(why) for why in WHYS if why in told}


def may_contact(
    shop: Shop, state: State, customers: Sequence[str], purpose: str, channel: str, at: dt.datetime, *,
    connection: Lake | None = None,
) -> Contactable:  # fmt: skip
    """Which of these customers may be sent a message of this purpose by this channel at this moment.

    Consent: the newest answer to the purpose given by then counts; of two at one moment, the withdrawal. Quiet hours:
    by the shop's clock, across midnight too. Caps: messages of that day of the shop and of seven days up to it,
    `suppressed` and `failed` ones not counted; whoever has received as many as the cap gets no more. Holdouts: whom an
    experiment keeps without messages of this purpose and channel at this moment gets none; this is asked last.

    Args:
        shop: the shop, whose settings [contact] apply.
        state: its operational state, where holdouts are.
        customers: references; each is told of once.
        purpose: what consent is asked for, such as marketing_sms.
        channel: how it is sent, as in `contacts`.
        at: the moment of sending, with a time zone.
        connection: the lake where another than the shop's own is read.

    Raises UsageError for a moment without a time zone, or no purpose or channel.
    """
    if at.tzinfo is None:
        raise UsageError("the moment has no time zone", where="at", received=at.isoformat(), state="nothing was sent")
    if not purpose or not channel:
        raise UsageError(
            "a message has a purpose and a channel", received=f"{purpose!r}, {channel!r}", state="nothing was sent"
        )
    wanted = tuple(dict.fromkeys(customers))
    if not wanted:
        return Contactable((), {}, {})
    lake, rules = connection or shop.lake, shop.settings.contact
    people = people_of(shop)
    lake.query(f"CREATE OR REPLACE TEMP TABLE {_ASKED} AS SELECT unnest([{listed(wanted)}]) AS ref")
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE {_OWNED} AS SELECT ref, unnest(keys) AS customer_id FROM {people.profiles} "
        f"SEMI JOIN {_ASKED} USING (ref)"
    )
    try:
        rows = lake.query(_sql(rules, purpose, channel, at, zoneinfo.ZoneInfo(shop.settings.shop.timezone))).fetchall()
    finally:
        for name in (_ASKED, _OWNED):
            lake.query(f"DROP TABLE IF EXISTS temp.{name}")
    told: dict[str, Why | None] = {ref: next((w for w in WHYS if w == why), None) for ref, why in rows}
    held = held_out(lake, holdouts_at(state, shop.id, purpose, channel, at), [r for r in wanted if told[r] is None])
    refused: dict[str, Why] = {r: "holdout" if r in held else why for r in wanted if (why := told[r]) or r in held}  # type: ignore[misc]
    return Contactable(tuple(ref for ref in wanted if ref not in refused), refused, held)


def quiet(rules: ContactSection, local: dt.time) -> bool:
    """Whether a time of day lies in the quiet hours; their first minute does, the one after their last does not.

    >>> [quiet(ContactSection(), dt.time(h, m)) for h, m in ((20, 59), (21, 0), (3, 0), (8, 59), (9, 0))]
    [False, True, True, True, False]
    """
    first, until = (dt.time.fromisoformat(text) for text in (rules.quiet_from, rules.quiet_until))
    if first <= until:
        return first <= local < until
    return local >= first or local < until


def _sql(rules: ContactSection, purpose: str, channel: str, at: dt.datetime, zone: zoneinfo.ZoneInfo) -> str:
    local = at.astimezone(zone)
    moment = f"TIMESTAMPTZ {literal(at.astimezone(dt.UTC).isoformat())}"
    day, first = local.date(), local.date() - _WEEK
    needs = "false" if purpose in rules.without_consent else "true"
    # One's own channel by its own cap, or by the star; and all together.
    caps = [
        f"WHEN coalesce(s.{count}, 0) >= {cap} THEN {literal(why)}"
        for why, told in (("cap_day", rules.per_day), ("cap_week", rules.per_week))
        for count, cap in (
            (f"{why}_own", told.get(channel, told.get("*"))),
            (f"{why}_all", told.get("all")),
        )
        if cap is not None
    ]
    return (
        f"WITH given AS (SELECT o.ref, bool_and(coalesce(granted, false)) AS granted FROM (SELECT o.ref, c.granted, c.given_at, "
        f"max(c.given_at) OVER (PARTITION BY o.ref) AS newest FROM consents c JOIN {_OWNED} o USING (customer_id) "
        f"WHERE c.purpose = {literal(purpose)} AND c.given_at <= {moment}) o WHERE given_at = newest GROUP BY o.ref), "
        f"sent AS (SELECT o.ref, count(*) FILTER (sent_day = DATE '{day}') AS cap_day_all, count(*) AS cap_week_all, "
        f"count(*) FILTER (sent_day = DATE '{day}' AND channel_id = {literal(channel)}) AS cap_day_own, "
        f"count(*) FILTER (channel_id = {literal(channel)}) AS cap_week_own FROM contacts JOIN {_OWNED} o USING (customer_id) "
        f"WHERE sent_day BETWEEN DATE '{first}' AND DATE '{day}' AND coalesce(status, 'sent') NOT IN ('failed', 'suppressed') "
        f"GROUP BY o.ref), "
        f"known AS (SELECT ref, bool_and(starts_with(customer_id, {literal(ERASED)})) AS erased FROM {_OWNED} GROUP BY ref) "
        f"SELECT a.ref, CASE WHEN k.ref IS NULL THEN 'unknown' WHEN k.erased THEN 'erased' "
        f"WHEN {needs} AND g.granted IS NULL THEN 'no_consent' WHEN g.granted IS FALSE THEN 'withdrawn' "
        f"WHEN {str(quiet(rules, local.time())).lower()} THEN 'quiet_hours' "
        + " ".join(caps)
        + f" END AS why FROM {_ASKED} a LEFT JOIN known k USING (ref) LEFT JOIN given g USING (ref) LEFT JOIN sent s USING (ref)"
    )
