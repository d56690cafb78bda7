"""Values that a model publishes: each key of a person gets them, once a day, and profiles and rules read the newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.customers.profiles import people_of
from shopkeeper.customers.rules import read_rule
from shopkeeper.customers.segments import count
from shopkeeper.errors import NotEstimable, UsageError
from shopkeeper.insight.models.publish import publish
from shopkeeper.insight.models.registry import model
from shopkeeper.insight.models.run import Asked, estimate
from tests.returning_buyers import orders
from tests.tiny_shop import TinyShop, line, make_tiny


@pytest.fixture
def shop(tmp_path: Path) -> TinyShop:
    """Buyers who come back in rhythms of their own."""
    return make_tiny(tmp_path).put(order_lines=orders())


def test_scores_are_replaced_of_the_same_day_and_reach_profiles_and_rules(shop: TinyShop) -> None:
    asked = Asked(options=(("horizon_days", "30"),))
    first = publish(shop.shop, model("clv"), asked, by="alice")
    again = publish(shop.shop, model("clv"), asked, by="alice")
    assert first.scores == again.scores
    told = shop.shop.lake.query(
        "SELECT count(*), count(DISTINCT customer_id), min(value) FROM customer_scores WHERE score = 'clv'"
    ).fetchone()
    assert told is not None
    assert told[0] == told[1] == 160
    assert told[2] >= 0
    people = people_of(shop.shop)
    assert "clv" in people.filled
    some = count(shop.shop, None, read_rule('{"all": [{"clv": "> 0"}]}'))
    assert 0 < some.members <= 160
    ledger = shop.shop.lake.query("SELECT source, loaded_by FROM loads WHERE load_id = ?", [again.load_id]).fetchone()
    assert ledger == ("model:clv", "alice")


def test_two_keys_of_one_person_are_one_buyer_and_both_get_the_value(shop: TinyShop) -> None:
    with shop.shop.lake.writing("tests", "members"):
        shop.shop.lake.connection.execute(
            "INSERT INTO person_members BY NAME SELECT * FROM (VALUES ('b8', 'P1'), ('b17', 'P1')) t(customer_id, person_id)"
        )
    publish(shop.shop, model("clv"), Asked(options=(("horizon_days", "30"),)), by="alice")
    rows = shop.shop.lake.query(
        "SELECT value FROM customer_scores WHERE score = 'clv' AND customer_id IN ('b8', 'b17')"
    ).fetchall()
    assert len(rows) == 2
    assert rows[0] == rows[1]


def test_a_model_that_cannot_be_estimated_publishes_nothing(tmp_path: Path) -> None:
    few = make_tiny(tmp_path).put(order_lines=orders(20))
    for name in ("clv", "churn", "segmentation"):
        with pytest.raises(NotEstimable):
            publish(few.shop, model(name), Asked(), by="alice")
    with pytest.raises(UsageError):
        publish(few.shop, model("rfm"), Asked(), by="alice")
    assert few.shop.lake.query("SELECT count(*) FROM customer_scores").fetchone() == (0,)


def test_amounts_of_another_currency_are_left_out_and_said(shop: TinyShop) -> None:
    before = estimate(shop.shop, model("rfm"), Asked())
    shops = [
        {"shop_id": "s1", "platform_id": "tmall", "currency": "CNY", "timezone": "Asia/Shanghai"},
        {"shop_id": "s2", "platform_id": "site", "currency": "USD", "timezone": "Asia/Shanghai"},
    ]
    shop.put(order_lines=[*orders(), line("abroad", "2019-04-01", "b0", 9999, shop_id="s2")], shops=shops)
    after = estimate(shop.shop, model("rfm"), Asked())
    assert after.figures == before.figures
    assert after.remarks[0].key == "model.other_currency"
