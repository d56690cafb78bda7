"""Service conversations and reviews: who writes and why, how long they wait, and what is written, in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopkeeper.twin import codes
from shopkeeper.twin.daily.later import Frame, length
from shopkeeper.twin.daily.rows import DAY, NONE
from shopkeeper.twin.draws import Array, halves
from shopkeeper.twin.people.phrases import ANSWERS, BLAME, ENDINGS, FOLLOW_UPS, NEUTRAL, OPENINGS, PRAISE, QUESTIONS
from shopkeeper.twin.people.words import chosen_words

if TYPE_CHECKING:
    from shopkeeper.twin.daily.day import Day
    from shopkeeper.twin.daily.orders import Sales

_TOPIC = {t: n for n, t in enumerate(codes.TICKET_TOPICS)}
_SIMPLE = np.array([_TOPIC[t] for t in ("stock", "sizing", "price", "shipping", "address", "invoice", "coupon")])
_BEFORE_BUYING = np.array([_TOPIC["stock"], _TOPIC["sizing"], _TOPIC["price"], _TOPIC["coupon"]])
_MINUTES_EACH = 5.5
# Share of the service team on shift by hour of the day.
_SHIFT = np.array([3, 1, 1, 1, 1, 1, 2, 4, 22, 34, 38, 36, 30, 34, 38, 38, 36, 34, 32, 36, 40, 38, 26, 12]) / 100.0


def tell_service(day: Day, sales: Sales) -> None:
    """New conversations are put down for the day on which they are opened; today's are answered; reviews are written."""
    r = day.region
    if r.rows.wants("tickets"):
        for frame in (_questions(day, sales), _parcels_missed(day), _complaints(day)):
            if length(frame):
                r.conversations.put(frame["at"] // DAY, frame)
        _answer(day)
    if r.rows.wants("reviews"):
        _reviews(day)


def _frame(
    day: Day, order: Array, shop: Array, person: Array, sku: Array, topic: Array, at: Array, number: int
) -> Frame:
    return {
        "ticket": order * 10 + number,
        "order": order,
        "shop": shop,
        "account": day.region.people.numbers[person] * 16 + shop,
        "sku": sku,
        "topic": topic,
        "at": np.maximum(at, day.day * DAY),
    }


def _questions(day: Day, sales: Sales) -> Frame:
    """Questions before and just after buying."""
    orders = sales.orders
    if not orders:
        return {}
    draws = day.region.draws
    u, v = halves(draws.words("asks", orders["order"]))
    real = ~orders["is_brushing"] & (orders["shop"] != 7)
    sku = sales.lines["sku"][np.flatnonzero(sales.lines["line"] == 1)]
    before = real & (u < 0.085)
    after = real & (u > 0.975) & orders["pays"]
    topic = np.where(
        before, _BEFORE_BUYING[(v * 4).astype(np.int64)], np.where(v < 0.5, _TOPIC["address"], _TOPIC["invoice"])
    )
    at = orders["placed_at"] + np.where(before, -60 - (v * 900).astype(np.int64), 600 + (v * 7000).astype(np.int64))
    rows = np.flatnonzero(before | after)
    frame = _frame(
        day, orders["order"][rows], orders["shop"][rows], orders["person"][rows], sku[rows], topic[rows], at[rows], 1
    )
    frame["order"] = np.where(before[rows], NONE, frame["order"])
    return frame


def _parcels_missed(day: Day) -> Frame:
    """Where is my parcel: the more days late, the likelier."""
    parcels = day.parcels
    if not length(parcels):
        return {}
    u, v = halves(day.region.draws.words("where is it", parcels["order"]))
    waited = (parcels["shipped_at"] - parcels["due_at"]) / DAY
    chance = 0.022 + 0.10 * np.clip(parcels["late_days"] - 1.0, 0, 4) + 0.12 * np.clip(waited, 0, 3)
    rows = np.flatnonzero((u < chance) & (parcels["shop"] != 7))
    first = np.searchsorted(day.goods["parcel"], rows)
    span = np.maximum(parcels["delivered_at"][rows] - parcels["shipped_at"][rows], 3600)
    at = parcels["shipped_at"][rows] + (span * (0.5 + 0.5 * v[rows])).astype(np.int64)
    topic = np.where(u[rows] < 0.1 * chance[rows], _TOPIC["complaint"], _TOPIC["shipping"])
    return _frame(
        day,
        parcels["order"][rows],
        parcels["shop"][rows],
        parcels["person"][rows],
        day.goods["sku"][first],
        topic,
        at,
        2,
    )


def _complaints(day: Day) -> Frame:
    """Returns and faults."""
    refunds = day.refunds
    if not length(refunds):
        return {}
    u, v = halves(day.region.draws.words("complains", refunds["refund"]))
    fault = np.isin(refunds["true_cause"], (2, 3, 5))
    rows = np.flatnonzero((u < np.where(fault, 0.75, 0.35)) & (refunds["shop"] != 7))
    topic = np.where(fault[rows], np.where(v[rows] < 0.15, _TOPIC["complaint"], _TOPIC["quality"]), _TOPIC["return"])
    at = refunds["requested_at"][rows] - 300 + (v[rows] * 1500).astype(np.int64)
    frame = _frame(
        day, refunds["order"][rows], refunds["shop"][rows], refunds["person"][rows], refunds["sku"][rows], topic, at, 0
    )
    frame["ticket"] = frame["order"] * 10 + 3 + refunds["line"][rows].clip(0, 6)
    return frame


def _answer(day: Day) -> None:
    """Today's conversations meet today's service team: the wait grows as an hour fills up."""
    r = day.region
    found = r.conversations.take(day.day)
    if not found:
        return
    found = {n: c[np.argsort(found["at"], kind="stable")] for n, c in found.items()}
    hour = (found["at"] % DAY) // 3600
    u, v = halves(r.draws.words("answer", found["ticket"]))
    w = r.draws.uniform("satisfied", found["ticket"])
    simple = np.isin(found["topic"], _SIMPLE)
    bot = np.where(simple, u < 0.74, u < 0.22)
    solved = bot & simple & (v < 0.72)
    load = np.bincount(hour[~solved], minlength=24) * _MINUTES_EACH
    team = np.maximum((r.p.supply.agents * r.scale + day.agents) * _SHIFT, 0.05)
    use = load / (team * 60.0)
    wait = -np.log(v) * 11.0 * (1.0 + 2.2 * np.maximum(0.0, use[hour] - 0.5)) + 420.0 * np.maximum(
        0.0, use[hour] - 0.95
    )
    wait = np.where(bot, 1.5 + 6.0 * v, np.minimum(wait + 2.0, 6 * 3600.0))
    lasts = np.where(solved, 60 + 240 * v, 300 + 2400 * v)
    mood = (
        4.6
        - 0.9 * (wait > 60)
        - 1.4 * np.isin(found["topic"], (_TOPIC["complaint"], _TOPIC["quality"]))
        + 1.4 * (w - 0.5)
    )
    seconds = np.ceil(wait).astype(np.int64)
    staff = day.service_staff[(w * len(day.service_staff)).astype(np.int64)]
    question, answer = _said(day, found, u, v)
    r.rows.add(
        "tickets",
        {
            **{n: found[n] for n in ("ticket", "shop", "account", "order", "topic")},
            "opened_at": found["at"],
            "first_response_seconds": seconds,
            "answered_by_bot": bot,
            "resolved_by_bot": solved,
            "is_simple": simple,
            "closed_at": found["at"] + seconds + lasts.astype(np.int64),
            "satisfaction": np.where(v > 0.35, NONE, np.clip(np.round(mood), 1, 5).astype(np.int64)),
            "staff": np.where(solved, NONE, staff),
            "question": question,
            "answer": answer,
        },
    )


def _said(day: Day, found: Frame, u: Array, v: Array) -> tuple[Array, Array]:
    """Question and answer of each conversation."""
    article = np.array(codes.CATEGORY_WORDS, dtype=object)[day.region.catalogue.category[found["sku"]]]
    question = np.empty(len(u), dtype=object)
    answer = np.empty(len(u), dtype=object)
    for topic, name in enumerate(codes.TICKET_TOPICS):
        rows = np.flatnonzero(found["topic"] == topic)
        if len(rows):
            question[rows] = chosen_words(QUESTIONS[name], (u[rows] * 7919 % len(QUESTIONS[name])).astype(np.int64))
            answer[rows] = chosen_words(ANSWERS[name], (v[rows] * 7919 % len(ANSWERS[name])).astype(np.int64))
    opening = chosen_words(OPENINGS, (u * 104_729 % len(OPENINGS)).astype(np.int64))
    ending = chosen_words(ENDINGS, (v * 104_729 % len(ENDINGS)).astype(np.int64))
    return _filled(article, opening, question, ending), _filled(article, "", answer, "")


def _filled(article: Array, before: Array | str, pattern: Array, after: Array | str) -> Array:
    """Patterns with the article in place of {}, between two further words."""
    halves_ = pc.split_pattern(pa.array(pattern, pa.string()), "{}")
    head, tail = pc.list_element(halves_, 0), pc.list_element(halves_, 1)
    around = [pa.scalar(p) if isinstance(p, str) else pa.array(p, pa.string()) for p in (before, after)]
    found = pc.binary_join_element_wise(around[0], head, pa.array(article, pa.string()), tail, around[1], "")
    words: Array = found.to_numpy(zero_copy_only=False)
    return words


def _reviews(day: Day) -> None:
    """One delivered line in eleven is reviewed; bad experiences three times as often."""
    r, goods, refunds = day.region, day.goods, day.refunds
    if not length(goods):
        return
    key = goods["order"] * 10 + goods["line"]
    u, v = halves(r.draws.words("review", key))
    cause = np.full(len(key), 9)
    if length(refunds):
        order = np.argsort(refunds["refund"])
        ranked = refunds["refund"][order]
        place = np.searchsorted(ranked, key).clip(0, len(ranked) - 1)
        cause = np.where(ranked[place] == key, refunds["true_cause"][order][place], 9)
    bad = np.isin(cause, (2, 3, 4))
    writes = (u < np.where(bad, 0.26, np.where(cause < 9, 0.10, 0.085))) & (goods["shop"] != 7) & ~goods["is_brushing"]
    rows = np.flatnonzero(writes)
    if len(rows) == 0:
        return
    w = r.draws.uniform("stars", key[rows])
    quality = r.catalogue.quality[goods["sku"][rows]]
    mood = (
        4.85 + 8.0 * (quality - 0.99) - 0.22 * np.clip(goods["late_days"][rows], 0, 5) - np.where(bad[rows], 2.9, 0.0)
    )
    mood = mood - np.where(cause[rows] == 1, 1.4, 0.0) + 1.1 * np.minimum(w - 0.55, 0.2) - 2.4 * (w < 0.045)
    stars = np.clip(np.round(mood), 1, 5).astype(np.int64)
    delay = (DAY * (0.3 + 14.0 * v[rows] ** 2)).astype(np.int64)
    at = goods["delivered_at"][rows] + delay
    r.rows.add(
        "reviews",
        {
            "review": key[rows],
            "shop": goods["shop"][rows],
            "order": goods["order"][rows],
            "line": goods["line"][rows],
            "sku": goods["sku"][rows],
            "account": r.people.numbers[goods["person"][rows]] * 16 + goods["shop"][rows],
            "at": at,
            "stars": stars,
            "text": _written(r.catalogue.category[goods["sku"][rows]], stars, cause[rows], w, v[rows]),
        },
        at,
    )


def _written(category: Array, stars: Array, cause: Array, w: Array, v: Array) -> Array:
    """The words of reviews: they follow stars and causes."""
    pattern = np.empty(len(stars), dtype=object)
    blame = {2: "defect", 3: "damage", 4: "late", 1: "fit"}
    kinds: list[tuple[Array, tuple[str, ...]]] = [
        (stars >= 4, PRAISE),
        (stars == 3, NEUTRAL),
        (stars <= 2, BLAME["plain"]),
    ]
    kinds += [((stars <= 3) & (cause == c), BLAME[name]) for c, name in blame.items()]
    for which, choices in kinds:
        rows = np.flatnonzero(which)
        pattern[rows] = chosen_words(choices, (w[rows] * 7919 % len(choices)).astype(np.int64))
    article = np.array(codes.CATEGORY_WORDS, dtype=object)[category]
    ending = chosen_words(FOLLOW_UPS, (v * 104_729 % len(FOLLOW_UPS)).astype(np.int64))
    ending = np.where(stars >= 4, ending, "")
    return _filled(article, "", pattern, ending)
