"""Model 13: whether an offer "from X on" lifts baskets over X, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Model, PublishedCheck
from shopkeeper.insight.models.result import Cell, Column, Figure, ModelResult, Picture, Series, Table
from shopkeeper.insight.models.said import Amount, Said, refusal, say
from shopkeeper.methods.threshold import Bunching, bunching

REACH = 0.2
STATES = ("lifts", "unclear")


@dataclass(frozen=True)
class Offer:
    """A threshold with what it takes off and where it ran; and its orders' amounts before anything is taken off."""

    threshold: float
    face: float
    shops: str
    days: int
    amount: NDArray[np.float64]
    taken: float
    uses: int
    found: Bunching


def estimate(ask: Ask) -> ModelResult:
    """Every threshold that was offered: the heap of orders just above it, what lifting brought, and what the offer cost."""
    offers, few = _offers(ask)
    if not offers:
        raise refusal("model.threshold_few", [say("model.threshold_need")], n=few)
    best = max(offers, key=lambda o: len(o.amount))
    remarks = [say("model.threshold_meaning")]
    if all(_state(o) == "unclear" for o in offers):
        remarks.insert(0, say("model.threshold_unclear"))
    if few:
        remarks.append(say("model.threshold_left_out", n=few))
    found = best.found
    return ModelResult(
        say("model.threshold_method"),
        ask.basis(
            ("coupons", len(offers) + few), ("orders", sum(len(o.amount) for o in offers)), first=ask.covered[0],
            last=ask.covered[1],
        ),
        (
            Figure("lifted", say("model.threshold_lifted", offer=_name(best)), found.lifted_share, "share",
                   found.lifted_low, found.lifted_high, note=say("model.threshold_lifted_note")),
            Figure("placebo", say("model.threshold_placebo"), found.placebo, "number", note=say("model.threshold_placebo_note")),
        ),
        (_table(offers),),
        (_picture(best),),
        tuple(remarks),
    )  # fmt: skip


def _offers(ask: Ask) -> tuple[list[Offer], int]:
    """Offers with enough orders around their threshold, and how many had too few."""
    told = ask.rows(
        "SELECT CAST(threshold_amount AS DOUBLE), max(CAST(face_value AS DOUBLE)), "
        "string_agg(DISTINCT shop_id, ', ' ORDER BY shop_id), "
        "borne_by FROM coupons WHERE threshold_amount > 0 AND face_value > 0 AND coalesce(discount_share, 0) = 0 "
        "GROUP BY threshold_amount, face_value, borne_by ORDER BY 1, 2, 4"
    )
    if not told:
        raise refusal("model.threshold_none", ["coupons.threshold_amount", "coupons.face_value"])
    offers, few = [], 0
    for threshold, face, shops, borne_by in told:
        got = _orders(ask, float(threshold), float(face), borne_by)
        try:
            found = bunching(got["amount"].astype(np.float64), float(threshold), REACH)
        except NotEstimable:
            few += 1
            continue
        offers.append(
            Offer(
                float(threshold),
                float(face),
                str(shops),
                int(got["days"][0]),
                got["amount"].astype(np.float64),
                float(np.nansum(got["taken"].astype(np.float64))),
                int((got["taken"].astype(np.float64) > 0).sum()),
                found,
            )  # fmt: skip
        )
    return offers, few


def _orders(ask: Ask, threshold: float, face: float, borne_by: str | None) -> dict[str, NDArray[np.object_]]:
    """Paid orders of the shops and days of an offer while no other offer ran: amount before coupons, and what was taken off.

    What a platform bears is paid to the merchant beside the buyer's money: there the buyer's amount is before the coupon.
    """
    bearer = "c.borne_by IS NULL" if borne_by is None else "c.borne_by = ?"
    asked: list[object] = [threshold, face, *([] if borne_by is None else [borne_by])]
    return ask.arrays(
        f"""
WITH runs AS (SELECT c.shop_id, c.coupon_id, c.start_day, coalesce(c.end_day, DATE '9999-12-31') AS end_day,
  c.threshold_amount = ? AND c.face_value = ? AND {bearer} AS mine FROM coupons c WHERE c.threshold_amount > 0),
bought AS (SELECT shop_id, order_id, min(ordered_day) AS day, sum(CAST(payable_amount AS DOUBLE)) AS paid FROM order_lines
  WHERE paid_day IS NOT NULL AND is_brushing IS NOT TRUE AND {ask.days("ordered_day")} GROUP BY ALL),
used AS (SELECT shop_id, order_id, sum(CAST(amount AS DOUBLE)) AS taken FROM coupon_uses WHERE order_id IS NOT NULL GROUP BY ALL),
under AS (SELECT b.*, bool_or(r.mine) AS mine, bool_or(NOT r.mine) AS other FROM bought b JOIN runs r ON b.shop_id = r.shop_id
  AND b.day BETWEEN coalesce(r.start_day, b.day) AND r.end_day GROUP BY ALL)
SELECT u.paid + coalesce(s.taken, 0) AS amount, coalesce(s.taken, 0) AS taken, count(DISTINCT u.day) OVER () AS days
FROM under u LEFT JOIN used s USING (shop_id, order_id) WHERE u.mine AND NOT u.other AND u.paid > 0""",
        asked,
    )


def _state(offer: Offer) -> str:
    return "lifts" if offer.found.excess_low > 0 else "unclear"


def _name(offer: Offer) -> Said:
    return say("model.threshold_offer", threshold=Amount(offer.threshold, "money"), face=Amount(offer.face, "money"))


def _brought(offer: Offer) -> tuple[float, float, float]:
    """Paid amount that lifted orders brought beyond what they were: value, low, high."""
    below = offer.amount[(offer.amount >= offer.threshold * (1 - REACH)) & (offer.amount < offer.threshold)]
    above = offer.amount[(offer.amount >= offer.threshold) & (offer.amount < offer.threshold * (1 + REACH))]
    step = float(above.mean() - below.mean())
    found = offer.found
    return found.excess * step, found.excess_low * step, found.excess_high * step


def _table(offers: list[Offer]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for offer in offers:
        lifts, found = _state(offer) == "lifts", offer.found
        brought = _brought(offer) if lifts else (None, None, None)
        # above this share of margin in what was added, the offer pays for itself
        even = offer.taken / brought[0] if brought[0] else None
        rows.append(
            (
                _name(offer),
                offer.shops,
                offer.days,
                len(offer.amount),
                found.excess,
                found.excess_low,
                found.excess_high,
                found.lifted_share if lifts else None,
                say(f"model.threshold_says_{_state(offer)}"),
                *brought,
                offer.taken,
                even,
            )  # fmt: skip
        )
    return Table(
        "offers", say("model.threshold_table"),
        (
            Column("offer", say("model.threshold_offers")), Column("shops", say("model.shop")),
            Column("days", say("model.threshold_days"), "count"), Column("orders", say("model.baskets"), "count"),
            Column("excess", say("model.threshold_excess"), "number"), Column("low", say("model.low"), "number"),
            Column("high", say("model.high"), "number"), Column("lifted", say("model.threshold_lifted_share"), "share"),
            Column("finding", say("model.threshold_finding")), Column("brought", say("model.threshold_brought"), "money"),
            Column("brought_low", say("model.low"), "money"), Column("brought_high", say("model.high"), "money"),
            Column("taken", say("model.threshold_taken"), "money"), Column("even", say("model.threshold_even"), "number"),
        ),
        tuple(rows), say("model.threshold_table_note"),
    )  # fmt: skip


def _picture(offer: Offer) -> Picture:
    middle = (offer.found.edges[1:] + offer.found.edges[:-1]) / 2
    at = tuple(float(v) for v in middle)
    return Picture(
        "heap", "line", say("model.threshold_picture", offer=_name(offer)), say("model.threshold_amount"), say("model.baskets"),
        (
            Series(say("model.threshold_counted"), tuple(float(v) for v in offer.found.counts), at),
            Series(say("model.threshold_smooth"), tuple(float(v) for v in offer.found.expected), at),
        ),
        x_unit="money", y_unit="count",
    )  # fmt: skip


MODEL = Model(
    number=13,
    id="threshold",
    group="prices",
    inputs=("coupons.threshold_amount", "coupons.face_value", "order_lines.payable_amount"),
    references=(
        "Kivetz, Urminsky & Zheng 2006, Journal of Marketing Research 43(1)",
        "Chetty, Friedman, Olsen & Pistaferri 2011, Quarterly Journal of Economics 126(2)",
        "Kleven 2016, Annual Review of Economics 8",
    ),
    checks=(
        PublishedCheck(
            "Chetty et al. 2011, eqs. (14)–(16)", "simulated baskets", "a known share lifted is found; none where none is",
            "tests/recovery/test_threshold.py",
        ),
    ),
    estimate=estimate,
    helps=("coupon_uses.order_id",),
)  # fmt: skip
