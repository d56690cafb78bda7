"""Ids sort by time and never meet; words exist in both languages or say so."""

from __future__ import annotations

import pytest

from shopkeeper.core import ids
from shopkeeper.core.ids import new_id
from shopkeeper.core.wording import has_word, word
from shopkeeper.errors import InternalError, NotFound, UsageError, nearest


def test_ids_sort_by_the_moment_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [1_400_000_000.0, 1_500_000_000.0, 1_500_000_000.001, 1_900_000_000.0]
    made = []
    for moment in moments:
        monkeypatch.setattr(ids.time, "time", lambda moment=moment: moment)
        made.append(new_id("load"))
    assert made == sorted(made)
    assert {len(i) for i in made} == {len("load_") + 16}


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id("x") for _ in range(2000)}) == 2000


def test_a_word_that_is_missing_names_the_nearest() -> None:
    assert has_word("app.name")
    with pytest.raises(InternalError, match=r"app\.name"):
        word("app.nmae", "en")


def test_nearest_names_are_found_whatever_their_case() -> None:
    assert nearest("ORDERS", ["orders", "visits"]) == ("orders",)
    assert nearest("zzz", ["orders"]) == ()


def test_a_message_has_its_parts_in_reading_order_and_shortens_what_it_received() -> None:
    error = UsageError(
        "it failed", where="here", received="x" * 10_000_000, allowed=["a", "b"], state="as before", next_command="try"
    )
    labels = [label for label, _ in error.parts()]
    assert labels == ["failed", "where", "received", "allowed", "state", "next"]
    assert len(error.message()) < 500
    assert "10,000,000 characters" in error.message()


def test_a_name_that_does_not_exist_offers_the_nearest_or_all() -> None:
    assert NotFound("table", "order", ["orders", "visits"]).allowed == "did you mean orders?"
    assert NotFound("table", "zzz", ["orders", "visits"]).allowed == "orders, visits"
