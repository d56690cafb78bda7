"""Values that a model publishes: each key of a person gets them, once a day, and profiles and rules read the newest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from shopkeeper.customers.profiles import people_of
from shopkeeper.customers.rules import read_rule
from shopkeeper.customers.segments import count
from shopkeeper.errors import NotEstimable, UsageError
from shopkeeper.insight.models.publish import publish
from shopkeeper.insight.models.registry import model
from shopkeeper.insight.models.run import Asked
from tests.tiny_shop import Row, TinyShop, line, make_tiny

START = dt.date(2019, 1, 1)


def orders(buyers: int = 160, days: int = 120) -> list[Row]:
    """Each buyer n begins on day n % 30 and comes back every 5 + n % 40 days, until they stop after 1 + n % 9 orders."""
    rows = []
    for n in range(buyers):
        for k in range(1 + n % 9):
            day = n % 30 + k * (5 + n % 40)
            if day < days:
                rows.append(line(f"o{n}-{k}", str(START + dt.timedelta(day)), f"b{n}", 10 + n % 7))
    return rows


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
