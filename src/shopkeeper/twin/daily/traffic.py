"""Records of attention: visitors, the own site's sessions and events, advertising, content, competitors, brand index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.daily.attention import MESSAGE
from shopkeeper.twin.daily.later import Frame, joined
from shopkeeper.twin.daily.looks import BY_ARTICLE, page_of
from shopkeeper.twin.daily.rivals import rival_cuts
from shopkeeper.twin.daily.rows import DAY, NONE, texts
from shopkeeper.twin.daily.standing import AD_PLANS, ad_channel
from shopkeeper.twin.draws import Array, halves, prefix_of_shuffle

if TYPE_CHECKING:
    from shopkeeper.twin.daily.day import Day
    from shopkeeper.twin.daily.orders import Sales

_SITE = 6
_VIEW, _SEARCH, _FAVOURITE, _CART, _CHECKOUT, _PAY = range(len(codes.EVENT_NAMES))
_RIVALS = ("清和家", "山月集", "素年")
_POST_KIND = (0, 0, 1, 1, 2, 0, 3, 4)  # kind of content by platform
_TITLES = (
    "如何泡好一壶{0}",
    "{0}开箱｜第一次用就爱上",
    "秋日里的{0}",
    "送妈妈的{0}",
    "三分钟看懂{0}",
    "主理人手记：{0}",
    "{0}值得买吗？",
)


def tell_traffic(day: Day, sales: Sales) -> None:
    """Everything about the day's attention."""
    _visitors(day)
    _items(day, sales)
    _sessions(day, sales)
    _advertising(day, sales)
    _content(day, sales)
    if day.region.number == 0:
        _competitors(day)
        _index(day)


def _visitors(day: Day) -> None:
    r = day.region
    shops = np.arange(8)
    t = day.traffic
    visitors = r.draws.whole("visitors", t.visitors, shops + 8 * r.number, day.day)
    visitors = np.maximum(visitors, day.buyers)
    carting = np.clip(r.draws.whole("carting", t.carting, shops + 8 * r.number, day.day), day.buyers, visitors)
    owned = np.minimum(r.draws.whole("owned visitors", t.owned, shops, day.day), visitors)
    paid = np.minimum(np.floor((visitors - owned) * day.paid_share).astype(np.int64), visitors - owned)
    depth = 1.0 + 0.35 * r.draws.uniform("visits each", shops, day.day)
    day.visitors = visitors
    r.rows.add(
        "visitor_days",
        {
            "shop": shops,
            "day": np.full(8, day.day),
            "visitors": visitors,
            "sessions": np.floor(visitors * depth).astype(np.int64),
            "carting": carting,
            "paid": paid,
            "organic": visitors - owned - paid,
            "owned": owned,
            "told_visitors": np.floor(visitors * _told_share(day)).astype(np.int64),
        },
    )


def _items(day: Day, sales: Sales) -> None:
    """Visitors of articles' pages, where platforms tell them."""
    r, looks = day.region, day.traffic.looks
    if looks is None:
        return
    n = r.catalogue.size
    buyers: Array = np.zeros((2, n), dtype=np.int64)
    if sales.orders:
        row = sales.lines["row"]
        shop = sales.orders["shop"][row]
        counts = (shop <= BY_ARTICLE) & (sales.orders["pays"] & ~sales.orders["is_brushing"])[row]
        page = page_of(r.catalogue, shop[counts], sales.lines["sku"][counts])
        who = np.unique((shop[counts] * n + page) * r.people.size + sales.orders["person"][row][counts])
        buyers = np.bincount(who // r.people.size, minlength=2 * n).reshape(2, n)
    key = np.arange(2 * n).reshape(2, n) + 2 * n * r.number
    visitors = np.maximum(r.draws.whole("item visitors", looks.visitors, key, day.day), buyers)
    visitors = np.minimum(visitors, np.maximum(day.visitors[:2, None], buyers))
    shop, page = np.nonzero(visitors)
    at, entity = (shop, page), key[shop, page]
    seen = visitors[at]
    carting = np.clip(r.draws.whole("item carting", looks.carting, key, day.day)[at], buyers[at], seen)
    u, v = halves(r.draws.words("item day", entity, day.day))
    r.rows.add(
        "item_days",
        {
            "shop": shop,
            "day": np.full(len(page), day.day),
            "sku": page,
            "visitors": seen,
            "views": seen + np.floor(seen * (0.3 + 0.6 * u)).astype(np.int64),
            "carting": carting,
            "favourites": np.floor(seen * 0.06 * v + u).astype(np.int64).clip(0, seen),
            "stay_seconds": np.floor(12 + 40 * v).astype(np.int64),
            "buyers": buyers[at],
            "told_visitors": np.floor(seen * _told_share(day)[shop]).astype(np.int64),
        },
    )


def _told_share(day: Day) -> Array:
    """What is left of each platform's visitors in its own report: tracking breaks lose their hours' visitors."""
    told = np.ones(8)
    for incident in day.region.steering.incidents:
        if incident.kind == "tracking_break" and day.day in incident.days():
            begin = max(incident.start_minute - day.day * 1440, 0)
            end = min(incident.end_minute - day.day * 1440, 1440)
            told[incident.shop] -= incident.size * max(0, end - begin) / 1440.0
    return np.maximum(told, 0.0)


def _sessions(day: Day, sales: Sales) -> None:
    """The own site's visits one by one: those that ended in an order, and the others."""
    r = day.region
    if not r.rows.wants("sessions") and not r.rows.wants("events"):
        return
    edges = r.people.segment_edges
    size = int(edges[_SITE + 1] - edges[_SITE])
    buyers: Frame = {}
    if sales.orders:
        rows = np.flatnonzero((sales.orders["shop"] == _SITE) & (sales.orders["kind"] != 2))
        buyers = {n: sales.orders[n][rows] for n in ("person", "placed_at", "order", "payable_fen", "source", "pays")}
        buyers["sku"] = sales.lines["sku"][np.searchsorted(sales.lines["row"], rows)]
    bought = buyers["person"] if buyers else np.empty(0, dtype=np.int64)
    many = max(0, int(day.visitors[_SITE]) - len(bought))
    others = edges[_SITE] + prefix_of_shuffle(r.draws, "site visitors", size, many, day.day, r.number)
    others = others[~np.isin(others, bought)]
    person = np.concatenate([bought, others])
    n, b = len(person), len(bought)
    numbers = r.people.numbers[person]
    u, v = halves(r.draws.words("session", numbers, day.day))
    at = day.day * DAY + r.attention.seconds(person, np.full(n, _SITE), day.day).astype(np.int64)
    at[:b] = buyers["placed_at"] - 240 - (u[:b] * 900).astype(np.int64) if b else at[:b]
    at = np.maximum(at, day.day * DAY)
    pages = 1 + np.minimum((-np.log(v) * 2.2).astype(np.int64), 30)
    pages[:b] += 3
    carts = (u < 0.075) & (pages > 1)
    carts[:b] = True
    messaged = np.zeros(n, dtype=bool)
    messaged[:b] = buyers["source"] == MESSAGE if b else messaged[:b]
    paid = v < day.paid_share[_SITE]
    origin = np.where(messaged, 2, np.where(paid, 0, np.where(u > 0.93, 2, 1)))
    known = r.people.orders[person] > 0
    signed = known & ((u > 0.4) | (np.arange(n) < b))
    order = np.full(n, NONE)
    order[:b] = buyers["order"] if b else order[:b]
    device = r.draws.words(
        "device", numbers, np.where(r.draws.uniform("new device", numbers, _SITE) < 0.35, _SITE + 1, 0)
    )
    frame: Frame = {
        "session": (day.day + 1) * 10**11 + numbers,
        "shop": np.full(n, _SITE),
        "started_at": at,
        "device": device.astype(np.int64) % 10**15 + 10**15,
        "account": np.where(signed, numbers * 16 + _SITE, NONE),
        "person": numbers,
        "channel": np.where(messaged, 6, np.where(paid, 8, np.where(u < 0.5, 0, 5))),
        "origin": origin,
        "pages": pages,
        "added_to_cart": carts,
        "order": order,
    }
    r.rows.add("sessions", frame)
    if r.rows.wants("events"):
        bought_sku = buyers["sku"] if b else np.empty(0, dtype=np.int64)
        r.rows.add("events", _events(day, frame, numbers, bought_sku, buyers))


def _events(day: Day, sessions: Frame, numbers: Array, bought_sku: Array, buyers: Frame) -> Frame:
    """Page views, searches, favourites, carts, checkouts and payments of the sessions, in their order."""
    r = day.region
    b = len(bought_sku)
    pages = sessions["pages"]
    owner = np.repeat(np.arange(len(pages)), pages)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(pages) - pages, pages)
    words = r.draws.words("event", numbers[owner], day.day, place)
    u, _ = halves(words)
    sku = r.catalogue.slots[
        (words % np.uint64(12)).astype(np.int64), ((words >> np.uint64(20)) % np.uint64(2048)).astype(np.int64)
    ]
    name = np.where(u < 0.12, _SEARCH, np.where(u > 0.95, _FAVOURITE, _VIEW))
    parts = [_event_rows(sessions, owner, place, name, np.where(name == _SEARCH, NONE, sku), place * 35)]
    cart = np.flatnonzero(sessions["added_to_cart"])
    article = r.catalogue.slots[numbers[cart] % 12, numbers[cart] % 2048].astype(np.int64)
    article[:b] = bought_sku
    parts.append(
        _event_rows(sessions, cart, np.full(len(cart), 60), np.full(len(cart), _CART), article, pages[cart] * 35 + 5)
    )
    if b:
        rows = np.arange(b)
        gap = (buyers["placed_at"] - sessions["started_at"][:b]).astype(np.int64)
        value = buyers["payable_fen"]
        parts.append(_event_rows(sessions, rows, rows * 0 + 61, rows * 0 + _CHECKOUT, bought_sku, gap, value))
        paid = rows[buyers["pays"]]
        parts.append(
            _event_rows(sessions, paid, paid * 0 + 62, paid * 0 + _PAY, bought_sku[paid], gap[paid] + 40, value[paid])
        )
    return joined(parts)


def _event_rows(
    sessions: Frame, owner: Array, place: Array, name: Array, sku: Array, after: Array, value: Array | None = None
) -> Frame:
    return {
        "event": sessions["session"][owner] * 64 + place,
        "session": sessions["session"][owner],
        "at": sessions["started_at"][owner] + after,
        "name": name,
        "sku": sku.astype(np.int64),
        "value_fen": np.full(len(owner), NONE) if value is None else value,
    }


def _advertising(day: Day, sales: Sales) -> None:
    """Two plans a shop and three advertisements each. Platforms claim more than they brought: all buyers they showed ads."""
    r = day.region
    shop = np.repeat(np.arange(8), AD_PLANS * 3)
    plan = np.tile(np.repeat(np.arange(AD_PLANS), 3), 8)
    ad = np.tile(np.arange(3), 8 * AD_PLANS)
    key = shop * 10 + plan * 3 + ad + 100 * r.number
    weight = np.where(plan == 0, 0.72, 0.28) * np.exp(0.4 * r.draws.normal("ad weight", key, day.day // 28))
    weight = weight / np.bincount(shop, weight, minlength=8)[shop]
    spend = np.floor(day.spend[shop] * weight * 100).astype(np.int64)
    day.spend_fen = np.bincount(shop, spend, minlength=8).astype(np.int64)
    shown = np.floor(day.impressions[shop] * weight).astype(np.int64)
    clicks = np.floor(shown * 0.018 * np.exp(0.25 * r.draws.normal("click rate", key, day.day))).astype(np.int64)
    orders: Array = np.zeros(8)
    amount: Array = np.zeros(8)
    if sales.orders:
        paid = sales.orders["pays"] & ~sales.orders["is_brushing"]
        orders = np.bincount(sales.orders["shop"][paid], minlength=8).astype(float)
        amount = np.bincount(sales.orders["shop"][paid], sales.orders["payable_fen"][paid], minlength=8)
    claimed = np.minimum(0.95, day.paid_share * 1.5)
    r.rows.add(
        "ad_days",
        {
            "shop": shop,
            "day": np.full(len(shop), day.day),
            "channel": np.array([ad_channel(int(s), int(p)) for s, p in zip(shop, plan, strict=True)]),
            "campaign": 1 + shop * 4 + plan,
            "ad": 1 + ad,
            "spend_fen": spend,
            "is_acquisition": np.ones(len(shop), dtype=bool),
            "impressions": shown,
            "clicks": clicks,
            "attributed_orders": np.floor(orders[shop] * weight * claimed[shop]).astype(np.int64),
            "attributed_fen": np.floor(amount[shop] * weight * claimed[shop]).astype(np.int64),
        },
    )


def _content(day: Day, sales: Sales) -> None:
    """Posts live for three weeks; their views follow the platform's interest in content that week."""
    r = day.region
    shops = np.arange(8)
    rate = np.array([0.5, 0.3, 1.2, 0.9, 1.6, 0.15, 0.4, 0.1]) * min(1.0, r.scale) ** 0.3
    many = r.draws.whole("posts", rate, shops + 8 * r.number, day.day)
    for shop in np.flatnonzero(many):
        for place in range(int(many[shop])):
            key = (day.day + 1) * 1000 + int(shop) * 100 + place * 10
            u = r.draws.uniform("post", key, r.number, np.arange(6))
            heat = float(np.exp(1.1 * r.draws.normal("post heat", key, r.number)[0]))
            category = codes.CATEGORY_WORDS[int(u[0] * 12)]
            by_other = u[1] < 0.3
            cost = int((180_000 if by_other else 26_000) * (0.4 + u[2]) * max(0.15, min(1.0, r.scale)))
            frame: Frame = {
                "post": np.array([key * 10 + r.number % 10]),
                "shop": np.array([shop]),
                "kind": np.array([_POST_KIND[int(shop)]]),
                "title": texts([_TITLES[int(u[3] * len(_TITLES))].format(category)]),
                "influencer": texts([f"达人{int(u[4] * 900) + 100}" if by_other else None]),
                "published_at": np.array([day.day * DAY + 36_000 + int(u[5] * 40_000)]),
                "cost_fen": np.array([cost]),
            }
            r.rows.add("posts", frame)
            r.content.append((int(frame["post"][0]), int(shop), day.day, heat * (2.2 if by_other else 1.0), cost))
    r.content[:] = [p for p in r.content if day.day - p[2] < 21]
    _post_days(day, sales)


def _post_days(day: Day, sales: Sales) -> None:
    r = day.region
    day.content_fen = np.zeros(8, dtype=np.int64)
    if not r.content:
        return
    post, shop, born, heat, cost = (np.array(c) for c in zip(*r.content, strict=True))
    age = day.day - born
    pull = heat * np.exp(-age / 4.5)
    pull = pull / np.maximum(np.bincount(shop, pull, minlength=8)[shop], 1e-9)
    seen = np.floor(day.content_shown[shop] * r.heads[shop] * pull).astype(np.int64)
    u = r.draws.uniform("post rates", post, day.day)
    reads = np.isin(shop, (4, 6))
    plays = np.where(reads, 0, np.floor(seen * 0.42)).astype(np.int64)
    booked = np.where(age == 0, cost, 0)
    np.add.at(day.content_fen, shop, booked)
    amount: Array = np.zeros(8)
    if sales.orders:
        live = sales.orders["live"] & sales.orders["pays"] & ~sales.orders["is_brushing"]
        amount = np.bincount(sales.orders["shop"][live], sales.orders["payable_fen"][live], minlength=8)
    share = np.floor(amount[shop] * 0.3 * pull).astype(np.int64)
    r.rows.add(
        "post_days",
        {
            "post": post,
            "shop": shop,
            "day": np.full(len(post), day.day),
            "impressions": seen,
            "plays": plays,
            "completed_plays": np.floor(plays * (0.14 + 0.2 * u)).astype(np.int64),
            "reads": np.where(reads, np.floor(seen * 0.16), 0).astype(np.int64),
            "likes": np.floor(seen * 0.022 * (0.5 + u)).astype(np.int64),
            "comments": np.floor(seen * 0.0035 * (0.5 + u)).astype(np.int64),
            "shares": np.floor(seen * 0.0028 * (0.5 + u)).astype(np.int64),
            "saves": np.floor(seen * np.where(reads, 0.016, 0.005) * (0.5 + u)).astype(np.int64),
            "cost_fen": booked,
            "attributed_fen": share,
            "attributed_margin_fen": np.floor(share * 0.42).astype(np.int64),
        },
    )


def _competitors(day: Day) -> None:
    """Three rivals' prices for the best-known fifth of articles, seen on Mondays."""
    r = day.region
    if r.weekday(day.day) != 0 or not r.rows.wants("competitor_prices"):
        return
    sku = np.argsort(-r.catalogue.appeal)[: max(12, r.catalogue.size // 5)]
    sku = np.sort(sku)
    for rival, name in enumerate(_RIVALS):
        level = 0.80 + 0.05 * rival + 0.06 * r.draws.normal("rival's price", sku, day.day // 28, rival)
        cut = rival_cuts(r.draws, day.day)[r.catalogue.category[sku]]
        deal = np.maximum(float(r.days.depth[day.day]) * 0.8, cut)
        price = np.round(r.catalogue.list_fen[sku] * level * (1.0 - deal) / 100) * 100
        n = len(sku)
        r.rows.add(
            "competitor_prices",
            {
                "competitor": texts([name] * n),
                "shop": (sku + rival) % 3,
                "sku": sku,
                "item": texts([f"{name}-{s}" for s in sku]),
                "seen_at": np.full(n, day.day * DAY + 34_200 + rival * 600),
                "price_fen": np.maximum(price, 100).astype(np.int64),
            },
        )


def _index(day: Day) -> None:
    """How often the brand is searched for: follows those who know it and the season."""
    r = day.region
    known = float((1.0 - np.exp(-r.awareness.exposure)).mean())
    value = 1000.0 * known * float(r.days.pull[day.day]) * np.exp(0.05 * r.draws.normal("index", 0, day.day))
    r.rows.add(
        "brand_index", {"name": texts(["百度指数 兰亭"]), "day": np.array([day.day]), "value": np.round(value, 1)}
    )
