"""The models of goods, visitors and prices over a shop whose answers are known by construction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.registry import model
from shopkeeper.insight.models.result import Figure, ModelResult
from shopkeeper.insight.models.retold import REASONS
from shopkeeper.insight.models.run import estimate, read_asked
from shopkeeper.views.models import refusal_of
from shopkeeper.warehouse.shop import Shop
from tests.tiny_shop import TinyShop, make_tiny

WEEKS, ARTICLES = 60, 48
MONDAY = dt.date(2023, 1, 2)


def tell(shop: Shop, table: str, **columns: object) -> None:
    """Rows from columns; what is one value holds for all of them."""
    n = max(len(v) for v in columns.values() if isinstance(v, list | np.ndarray))
    full = {k: v if isinstance(v, list | np.ndarray) else [v] * n for k, v in columns.items()}
    made = pa.table(full | {"load_id": ["tests"] * n, "file_hash": ["tests"] * n})
    with shop.lake.writing("tests", table):
        shop.lake.connection.register("made", made)
        shop.lake.connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM made")
        shop.lake.connection.unregister("made")


def sell(shop: Shop, order: list[str], sku: list[str], day: list[dt.date], paid: np.ndarray, **more: object) -> None:
    """Paid lines; `day` at noon."""
    noon = [dt.datetime.combine(d, dt.time(4), dt.UTC) for d in day]
    counted = {"line_no": list(range(1, len(order) + 1)), "shop_id": "s1", "quantity": 1.0}
    tell(
        shop, "order_lines", order_id=order, sku_id=sku, ordered_day=day, paid_day=day, ordered_at=noon, paid_at=noon,
        payable_amount=paid, list_amount=paid, **(counted | more),
    )  # fmt: skip


def figure(result: ModelResult, name: str) -> Figure:
    return next(f for f in result.figures if f.id == name)


def interval(found: Figure) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return float(found.low), float(found.high)


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """48 articles of four categories over 60 weeks, with short offers; units answer with an elasticity of −2."""
    shop = opened(tmp_path_factory, "priced").shop
    rng = np.random.default_rng(4)
    skus = [f"a{i:02d}" for i in range(ARTICLES)]
    tell(
        shop,
        "products",
        sku_id=skus,
        name=[f"Article {s}" for s in skus],
        category=[f"c{i % 4}" for i in range(ARTICLES)],
    )
    off = np.where(rng.random((ARTICLES, WEEKS)) < 0.12, rng.uniform(0.1, 0.3, (ARTICLES, WEEKS)), 0.0)
    level = rng.gamma(2.0, 6.0, ARTICLES)[:, None] * (1.0 + 0.3 * np.sin(np.arange(WEEKS) / 8))
    units = rng.poisson(level * (1.0 - off) ** -2.0)
    article, week = (part.ravel() for part in np.indices(units.shape))
    mondays = [MONDAY + dt.timedelta(7 * int(w)) for w in week]
    names = [skus[i] for i in article]
    asked = np.round(100.0 * (1.0 - off), 2).ravel()
    tell(
        shop, "prices", shop_id="s1", sku_id=names, list_price=100.0, sale_price=asked,
        valid_from=[dt.datetime.combine(d, dt.time(4), dt.UTC) for d in mondays],
    )  # fmt: skip
    sold = np.flatnonzero(units.ravel() > 0)
    sell(
        shop, [f"o{i}" for i in sold], [names[i] for i in sold], [mondays[i] + dt.timedelta(2) for i in sold],
        (asked * units.ravel())[sold], quantity=units.ravel()[sold].astype(float),
    )  # fmt: skip
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Sessions on one site: 4,000 view, 1,000 cart, 500 check out, 400 pay; who comes by search pays twice as often."""
    shop = opened(tmp_path_factory, "visited").shop
    n = 4_000
    furthest = np.searchsorted(np.array([400, 500, 1_000]), np.arange(n), side="right")
    channel = np.where(np.arange(n) % 3 == 0, "search", np.where(np.arange(n) % 2 == 0, "direct", "ads"))
    channel[:400] = np.where(np.arange(400) % 2 == 0, "search", np.where(np.arange(400) % 4 == 1, "direct", "ads"))
    names, at = [], []
    for step, name in enumerate(("view", "cart", "checkout", "pay")):
        mine = np.flatnonzero(furthest <= 3 - step)
        names += [name] * len(mine)
        at += mine.tolist()
    day = [MONDAY + dt.timedelta(i % 60) for i in at]
    tell(
        shop, "events", shop_id="s1", event_id=[f"e{i}" for i in range(len(at))], name=names, happened_day=day,
        happened_at=[dt.datetime.combine(d, dt.time(4), dt.UTC) for d in day], visitor_id=[f"v{i}" for i in at],
        session_id=[f"s{i}" for i in at], channel_id=[str(channel[i]) for i in at],
    )  # fmt: skip
    paid = [MONDAY + dt.timedelta(i % 60) for i in range(400)]
    sell(shop, [f"o{i}" for i in range(400)], ["tea"] * 400, paid, 50.0 + np.arange(400) % 101)
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def baskets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Orders of 120 articles in which tea brings a cup along; amounts that an offer of 300 − 30 lifts; people with tastes."""
    shop = opened(tmp_path_factory, "baskets").shop
    rng = np.random.default_rng(5)
    tell(
        shop, "coupons", shop_id="s1", coupon_id=["c1"], campaign_id="", sku_id="", threshold_amount=300.0, face_value=30.0,
        borne_by="merchant", start_day=MONDAY, end_day=MONDAY + dt.timedelta(400),
    )  # fmt: skip
    n = 24_000
    amount = rng.lognormal(np.log(220), 0.6, n)
    lifted = (amount >= 240) & (amount < 300) & (rng.random(n) < 0.4)
    amount = np.where(lifted, 300 * rng.uniform(1.0, 1.15, n), amount)
    person = rng.integers(400, size=n)
    taste = (rng.integers(30, size=n) + 30 * (person % 4)) % 120
    tea = rng.random(n) < 0.2
    second = np.where(tea & (rng.random(n) < 0.6), 121, (taste + 7) % 120)
    day = [MONDAY + dt.timedelta(int(d)) for d in rng.integers(300, size=n)]
    both = [f"p{i}" for i in np.where(tea, 120, taste)], [f"p{i}" for i in second]
    for part, sku in zip((0.7, 0.3), both, strict=True):
        sell(
            shop, [f"o{i}" for i in range(n)], sku, day, amount * part, customer_id=[f"k{p}" for p in person],
            line_no=1 if part == 0.7 else 2,
        )  # fmt: skip
    yield shop
    shop.close()


def opened(folders: pytest.TempPathFactory, name: str) -> TinyShop:
    return make_tiny(folders.mktemp(name)).put()


def test_the_elasticity_is_found_and_a_price_to_come_does_nothing(priced: Shop) -> None:
    found = estimate(priced, model("elasticity"))
    low, high = interval(figure(found, "elasticity"))
    assert low < -2.0 < high
    assert high - low < 0.5
    low, high = interval(figure(found, "ahead"))
    assert low < 0.0 < high
    assert len(found.tables[0].rows) == 4
    assert "model.price_asked" in {said.key for said in found.remarks}
    low, high = interval(figure(found, "weighted"))
    assert low < -2.0 < high


def test_abc_and_demand_classes_count_every_article(priced: Shop) -> None:
    abc = estimate(priced, model("abc"))
    assert sum(int(str(row[1])) for row in abc.tables[0].rows) == ARTICLES
    assert sum(float(str(row[4])) for row in abc.tables[0].rows) == pytest.approx(1.0)
    demand = estimate(priced, model("demand_class"))
    assert figure(demand, "articles").value == ARTICLES
    assert sum(int(str(row[1])) for row in demand.tables[1].rows) == ARTICLES


def test_the_funnel_counts_what_was_made(visited: Shop) -> None:
    found = estimate(visited, model("funnel"))
    steps = [(row[3], row[4]) for row in found.tables[0].rows]
    assert steps == [(4_000, 1_000), (1_000, 500), (500, 400)]
    mean = float(np.mean(50.0 + np.arange(400) % 101))
    assert float(str(found.tables[0].rows[2][9])) == pytest.approx(0.01 * 500 * mean)


@pytest.mark.parametrize("name", ["markov", "shapley"])
def test_attribution_shares_out_all_purchases_and_sees_the_better_channel(visited: Shop, name: str) -> None:
    found = estimate(visited, model(name))
    assert figure(found, "conversions").value == 400
    assert float(str(figure(found, "p").value)) < 1e-6
    rows = {str(row[0]): row for row in found.tables[0].rows}
    assert sum(float(str(row[4])) for row in rows.values()) == pytest.approx(1.0)
    # every path has one session here, so credit is the share of purchases
    assert float(str(rows["search"][4])) == pytest.approx(0.5, abs=0.01)


def test_the_planted_pair_is_found_first(baskets: Shop) -> None:
    found = estimate(baskets, model("association"))
    best = found.tables[0].rows[0]
    assert {str(best[0]), str(best[1])} == {"P120", "P121"}
    assert float(str(best[6])) > 1.5


def test_the_offer_that_lifts_is_seen(baskets: Shop) -> None:
    found = estimate(baskets, model("threshold"))
    low, high = interval(figure(found, "lifted"))
    assert low > 0.25
    assert low < 0.4 < high


def test_who_knows_tastes_recommends_better_than_popularity(baskets: Shop) -> None:
    found = estimate(baskets, model("recommendation"), read_asked({"days_held_back": "40"}))
    score = {str(getattr(row[0], "key", "")).rsplit("_", 1)[-1]: row for row in found.tables[0].rows}
    assert float(str(score["ease"][2])) > float(str(score["popularity"][3]))
    assert float(str(score["neighbours"][2])) > float(str(score["popularity"][3]))


def test_spend_in_step_with_the_season_is_refused(priced: Shop) -> None:
    days = [MONDAY + dt.timedelta(i) for i in range(7 * WEEKS)]
    plan = 100.0 + 60.0 * np.sin(np.arange(len(days)) / 56)
    for channel, share in (("search", 1.0), ("feed", 0.4)):
        tell(
            priced, "ad_spend", shop_id="s1", spent_day=days, channel_id=channel, campaign_id="", ad_id="",
            amount=np.round(plan * share, 2),
        )  # fmt: skip
    with pytest.raises(NotEstimable, match="in step") as caught:
        estimate(priced, model("media_mix"))
    assert "同步" in refusal_of(caught.value, "zh").reason


def test_every_reason_that_is_retold_is_one_that_a_method_gives(repository: Path) -> None:
    methods = "".join(p.read_text(encoding="utf-8") for p in (repository / "src/shopkeeper/methods").glob("*.py"))
    assert [reason for reason in REASONS if f'"{reason}"' not in methods] == []
