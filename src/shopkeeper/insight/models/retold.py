"""Refusals of the methods of this house in the words of both languages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.said import refusal, say

REASONS = {
    "the parts cannot be told apart": "parts_apart",
    "discounts go along with something else: others move by more than a discount can move them": "parts_pushed",
    "discounted articles do not sell measurably more": "parts_idle",
    "too few groups of articles had discounts": "parts_few",
    "all channels spend in step, so nothing tells one from another, nor any from the season": "in_step",
    "spend follows the calendar or other channels": "planned",
    "a channel's spend never changes": "steady",
    "too few conversions": "few_conversions",
    "every path converted": "all_converted",
    "a single channel leaves nothing to share": "one_channel",
    "no rule is this sure": "no_rule",
    "too many sets are this frequent": "many_sets",
}
"""What a method says → the part of the key of its words: `model.why_…` and `model.need_…`."""


@contextlib.contextmanager
def retold() -> Iterator[None]:
    """Say a method's refusal in the reader's language; what has no words here passes as it is."""
    try:
        yield
    except NotEstimable as error:
        if error.told is not None or error.what not in REASONS:
            raise
        part = REASONS[error.what]
        raise refusal(f"model.why_{part}", [say(f"model.need_{part}")]) from None
