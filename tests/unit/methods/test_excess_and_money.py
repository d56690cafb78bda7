"""Excess beyond chance, exact waterfalls, and words of two languages."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.methods.excess import beyond_usual
from shopkeeper.methods.text.polarity import measured
from shopkeeper.methods.text.words import words_of
from shopkeeper.methods.waterfall import CashCycle, turn_days, waterfall


def test_one_bad_article_among_good_ones_is_found_and_the_others_are_not() -> None:
    cases, exposure = np.array([5, 6, 4, 60]), np.array([500.0, 500.0, 500.0, 500.0])
    found = beyond_usual(cases, exposure, np.zeros(4, dtype=np.int64))
    assert found.excess[:3].tolist() == [0.0, 0.0, 0.0]
    assert found.excess[3] == pytest.approx(55.0)  # 60 − 500 × 15 ÷ 1500
    assert found.low[3] < 55 < found.high[3]


def test_chance_alone_marks_hardly_anything() -> None:
    rng = np.random.default_rng(4)
    exposure = rng.uniform(50, 500, 400)
    found = beyond_usual(rng.poisson(exposure * 0.05), exposure, np.repeat(np.arange(8), 50))
    assert (found.excess > 0).sum() <= 2


def test_an_article_without_like_ones_has_no_usual_rate() -> None:
    found = beyond_usual(np.array([50]), np.array([100.0]), np.array([0]))
    assert found.excess.tolist() == [0.0]
    assert np.isnan(found.rate).all()


@given(st.lists(st.decimals(-(10**9), 10**9, places=2, allow_nan=False), min_size=1, max_size=12))
def test_a_waterfall_ends_at_the_sum_of_its_parts_to_the_cent(amounts: list[Decimal]) -> None:
    steps = waterfall(("start", Decimal("100.00")), [*((str(n), a) for n, a in enumerate(amounts)), ("end", None)])
    assert steps[-1].amount == Decimal("100.00") + sum(amounts)


def test_the_cash_cycle_is_stock_plus_receivables_less_payables() -> None:
    assert CashCycle(Decimal(60), Decimal(12), Decimal(30)).cycle == Decimal(42)
    assert CashCycle(Decimal(60), None, Decimal(30)).cycle is None
    assert turn_days(Decimal(100), Decimal(1000), 365) == Decimal("36.5")
    with pytest.raises(ValueError, match="must be > 0"):
        turn_days(Decimal(1), Decimal(0), 30)


def test_words_are_those_of_both_languages_at_once() -> None:
    words = words_of("杯子BROKEN了，质量太差！")
    assert "broken" in words
    assert "质量" in words
    assert words_of("") == []


def test_polarity_is_learned_from_starred_texts_and_measured_on_others() -> None:
    good = [f"很好 喜欢 满意 第{n}次买" for n in range(150)]
    bad = [f"太差 破损 退货 第{n}次买" for n in range(150)]
    labels = np.array([1] * 150 + [0] * 150)
    found = measured([*good, *bad], labels)
    assert found.accuracy > 0.95
    assert found.texts == 60
    assert found.useful
    assert set(found.recall) == {0, 1}
    with pytest.raises(ValueError, match="texts of classes"):
        measured(good[:20], labels[:20])


def test_words_that_say_nothing_are_not_called_useful() -> None:
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(["red", "blue", "green", "grey"], 4)) for _ in range(400)]
    assert not measured(texts, (rng.random(400) < 0.5).astype(np.int64)).useful
