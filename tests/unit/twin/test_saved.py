"""A world kept in a folder is the same world when it is run again; actions are read from JSON or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.errors import UsageError
from shopkeeper.twin.actions import BuyStock, OfferCoupon, SetPrice
from shopkeeper.twin.saved import ACTIONS, Saved, found_in, keep, read_action


def test_a_kept_world_is_found_as_it_was(tmp_path: Path) -> None:
    saved = Saved(7, 0.01).decide([SetPrice(skus=(1, 2), factor=0.9), BuyStock(3, 40)])
    keep(tmp_path / "w", saved)
    assert found_in(tmp_path / "w") == saved
    assert found_in(tmp_path) is None


def test_every_action_is_read_from_json() -> None:
    assert read_action('{"action": "OfferCoupon", "shop": 1, "threshold_fen": 20000, "face_fen": 3000}') == OfferCoupon(
        1, 20_000, 3_000
    )
    assert set(ACTIONS) == {
        "SetPrice", "OfferCoupon", "SetBudget", "SendMessages", "FeatureArticles", "BuyStock", "StaffService",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing", "not an action"),
        ("[1]", "not an action"),
        ('{"action": "Pray"}', "not an action"),
        ('{"action": "SetBudget", "factor": "much"}', "cannot be read"),
        ('{"action": "SetBudget", "factor": 1, "shop": 2}', "no such part"),
        ('{"action": "SetBudget", "factor": -1}', "cannot be negative"),
        ('{"action": "SetPrice", "factor": 0}', "must be positive"),
    ],
)
def test_what_is_no_action_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_action(text)


def test_a_broken_file_says_which(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="world.json"):
        found_in(tmp_path)
