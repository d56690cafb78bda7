"""The temporary tables that profiles are read from: one row a person of each fact, made by one query a fact.

    order_lines (one row a line)  →  profile_orders (one row an order)  →  feed_buying (one row a person)

Every query reads only the keys in `profile_owner`, so the same statements make all profiles and mend a few.
"""

from __future__ import annotations

from shopkeeper.warehouse.lake import Lake

OWNER = "profile_owner"
"""Temp table (customer_id, person, ref) of the people whose profiles are made."""

_OWNED = f"JOIN {OWNER} w USING (customer_id)"

# A brushing order is nobody's buying; a line counts once it is paid.
_LINES = f"""
CREATE OR REPLACE TEMP TABLE profile_lines AS
SELECT w.ref, l.shop_id, l.order_id, l.sku_id, l.channel_id, l.paid_day AS day, l.paid_at AS moment, l.quantity, l.quantity_unit,
  l.payable_amount AS paid, l.list_amount AS list, coalesce(l.receivable_amount, l.payable_amount) AS got
FROM order_lines l {_OWNED} WHERE l.paid_day IS NOT NULL AND l.is_brushing IS NOT TRUE
"""
_ORDERS = """
CREATE OR REPLACE TEMP TABLE profile_orders AS
SELECT ref, shop_id, order_id, min(day) AS day, min(moment) AS moment, sum(paid) AS paid,
  count(*) AS lines, min(channel_id) AS channel,
  sum(quantity) FILTER (quantity_unit IS NULL OR quantity_unit = '') AS units,
  CASE WHEN bool_and(list IS NOT NULL) THEN sum(list) END AS list
FROM profile_lines GROUP BY ALL
"""
_BUYING = """
CREATE OR REPLACE TEMP TABLE feed_buying AS
SELECT o.ref, count(*) AS orders, sum(o.paid) AS paid, max(o.paid) AS largest,
  sum(o.units) AS units, avg(o.lines) AS basket,
  min(o.day) AS first_day, max(o.day) AS last_day, count(DISTINCT o.day) AS days,
  min(struct_pack(a := o.moment, b := o.channel)) FILTER (o.channel IS NOT NULL) AS first_told,
  mode(o.channel ORDER BY o.channel) AS channel, mode(o.shop_id ORDER BY o.shop_id) AS shop,
  mode(s.platform_id ORDER BY s.platform_id) AS platform, count(DISTINCT s.platform_id) AS platforms,
  mode(hour(timezone({zone}, o.moment)) ORDER BY o.moment DESC) AS hour, mode(isodow(o.day) ORDER BY o.day DESC) AS weekday,
  avg(CASE WHEN isodow(o.day) > 5 THEN 1.0 ELSE 0.0 END) AS weekend_share,
  CASE WHEN bool_and(o.list IS NOT NULL) AND sum(o.list) > 0
    THEN 1 - CAST(sum(o.paid) AS DOUBLE) / CAST(sum(o.list) AS DOUBLE) END
    AS discount_share,
  CASE WHEN bool_and(o.list IS NOT NULL) THEN avg(CASE WHEN o.paid >= o.list THEN 1.0 ELSE 0.0 END) END AS full_price_share
FROM profile_orders o LEFT JOIN shops s USING (shop_id) GROUP BY o.ref
"""
_TASTE = """
CREATE OR REPLACE TEMP TABLE feed_{what} AS
SELECT ref, list({what} ORDER BY spent DESC, {what})[1] AS top,
  CAST(max(spent) AS DOUBLE) / nullif(CAST(sum(spent) AS DOUBLE), 0) AS top_share,
  list({what} ORDER BY spent DESC, {what}) AS every
FROM (SELECT l.ref, p.{what}, sum(l.paid) AS spent FROM profile_lines l JOIN products p USING (sku_id)
  WHERE p.{what} IS NOT NULL GROUP BY ALL) GROUP BY ref
"""
_ARTICLES = """
CREATE OR REPLACE TEMP TABLE feed_articles AS
SELECT ref, count(DISTINCT sku_id) AS articles, list(sku_id ORDER BY spent DESC, sku_id)[1] AS top,
  max(times) AS most_often FROM (SELECT ref, sku_id, sum(paid) AS spent, count(DISTINCT order_id) AS times
  FROM profile_lines GROUP BY ALL) GROUP BY ref
"""
# The cost that applied on the day; one line without a cost leaves the person's margin unknown. An ASOF join does the same
# and took sixty times as long.
_MARGIN = """
CREATE OR REPLACE TEMP TABLE feed_margin AS
SELECT l.ref, CASE WHEN bool_and(c.unit_cost IS NOT NULL) THEN sum(l.got - l.quantity * c.unit_cost) END AS margin,
  sum(l.got) AS got
FROM profile_lines l LEFT JOIN (SELECT shop_id, sku_id, unit_cost, valid_from,
    lead(valid_from, 1, DATE '9999-12-31') OVER (PARTITION BY shop_id, sku_id ORDER BY valid_from) AS valid_to FROM sku_costs) c
  ON l.shop_id = c.shop_id AND l.sku_id = c.sku_id AND l.day >= c.valid_from AND l.day < c.valid_to GROUP BY l.ref
"""
_REFUNDS = f"""
CREATE OR REPLACE TEMP TABLE feed_refunds AS
SELECT w.ref, count(*) AS refunds, sum(amount) AS amount, sum(quantity) AS units, max(refunded_day) AS last_day,
  mode(reason ORDER BY reason) AS reason, count(DISTINCT (shop_id, order_id)) FILTER (order_id IS NOT NULL) AS orders
FROM refunds {_OWNED} WHERE status IS NULL OR status IN ('refunded', 'approved') GROUP BY w.ref
"""
_COUPONS = f"""
CREATE OR REPLACE TEMP TABLE feed_coupons AS
SELECT w.ref, count(*) AS uses, sum(amount) AS amount, max(used_day) AS last_day FROM coupon_uses {_OWNED} GROUP BY w.ref
"""
_TICKETS = f"""
CREATE OR REPLACE TEMP TABLE feed_tickets AS
SELECT w.ref, count(*) AS tickets, mode(topic ORDER BY topic) AS topic,
  avg(satisfaction) AS satisfaction, max(opened_day) AS last_day
FROM tickets {_OWNED} GROUP BY w.ref
"""
_REVIEWS = f"""
CREATE OR REPLACE TEMP TABLE feed_reviews AS
SELECT w.ref, count(*) AS reviews, avg(stars) AS stars, min(stars) AS worst, max(reviewed_day) AS last_day
FROM reviews {_OWNED} GROUP BY w.ref
"""
_VISITS = f"""
CREATE OR REPLACE TEMP TABLE feed_visits AS
SELECT w.ref, sum(coalesce(sessions, 1)) AS sessions, max(visited_day) AS last_day, mode(origin ORDER BY origin) AS origin,
  avg(CASE WHEN added_to_cart IS NULL THEN NULL WHEN added_to_cart THEN 1.0 ELSE 0.0 END) AS cart_share
FROM visits {_OWNED} WHERE grain = 'session' GROUP BY w.ref
"""
_EVENTS = f"""
CREATE OR REPLACE TEMP TABLE feed_events AS
SELECT w.ref, count(*) AS events, max(happened_day) AS last_day, max(struct_pack(a := happened_at, b := name)).b AS last_name
FROM events {_OWNED} GROUP BY w.ref
"""
_SUBSCRIPTIONS = f"""
CREATE OR REPLACE TEMP TABLE feed_subscriptions AS
SELECT ref, CASE WHEN bool_or(change IN ('started', 'renewed', 'changed')) THEN 'active' WHEN bool_or(change = 'paused')
  THEN 'paused' ELSE 'ended' END AS state,
  sum(monthly_amount) FILTER (change IN ('started', 'renewed', 'changed')) AS monthly
FROM (SELECT w.ref, subscription_id, arg_max(change, changed_at) AS change,
  arg_max(monthly_amount, changed_at) AS monthly_amount
  FROM subscriptions {_OWNED} GROUP BY ALL) GROUP BY ref
"""
_CONTACTS = f"""
CREATE OR REPLACE TEMP TABLE feed_contacts AS
SELECT w.ref, count(*) AS contacts, max(sent_day) AS last_day,
  avg(CASE WHEN status IS NULL THEN NULL WHEN status IN ('opened', 'clicked') THEN 1.0 ELSE 0.0 END) AS opened_share
FROM contacts {_OWNED} WHERE status IS NULL OR status <> 'suppressed' GROUP BY w.ref
"""
_CONSENTS = f"""
CREATE OR REPLACE TEMP TABLE feed_consents AS
SELECT ref, coalesce(list(purpose ORDER BY purpose) FILTER (granted), CAST([] AS VARCHAR[])) AS granted,
  max(given_at) AS given_at
FROM (SELECT ref, purpose, bool_and(coalesce(granted, false)) FILTER (given_at = newest) AS granted,
  max(given_at) AS given_at
  FROM (SELECT w.ref, purpose, granted, given_at, max(given_at) OVER (PARTITION BY w.ref, purpose) AS newest
  FROM consents {_OWNED})
  GROUP BY ALL) GROUP BY ref
"""
_CAMPAIGNS = f"""
CREATE OR REPLACE TEMP TABLE feed_campaigns AS
SELECT w.ref, count(DISTINCT campaign_id) AS campaigns FROM campaign_members {_OWNED} GROUP BY w.ref
"""
_PLACED = f"""
CREATE OR REPLACE TEMP TABLE feed_placed AS
SELECT w.ref, mode(o.region ORDER BY o.region) AS region,
  (max(struct_pack(a := o.ordered_at, b := o.member_tier)) FILTER (o.member_tier IS NOT NULL)).b AS tier,
  count(*) AS placed,
  avg(CASE WHEN o.status IS NULL THEN NULL WHEN o.status IN ('cancelled', 'closed') THEN 1.0 ELSE 0.0 END) AS cancelled_share
FROM orders o {_OWNED} WHERE o.is_brushing IS NOT TRUE GROUP BY w.ref
"""
_IDENTITIES = f"""
CREATE OR REPLACE TEMP TABLE feed_identities AS
SELECT w.ref, count(*) AS identities, list(DISTINCT platform_id ORDER BY platform_id) AS places, min(confidence) AS least
FROM identities {_OWNED} GROUP BY w.ref
"""
_CUSTOMER = f"""
CREATE OR REPLACE TEMP TABLE feed_customer AS
SELECT w.ref, max(name) AS name, bool_or(phone_hash IS NOT NULL) AS phone, bool_or(email_hash IS NOT NULL) AS email,
  max(gender) AS gender, max(age_band) AS age_band, max(income_band) AS income_band,
  max(household_size) AS household_size, max(household_kind) AS household_kind, max(children) AS children,
  max(marital_status) AS marital_status, max(home_ownership) AS home_ownership, max(region) AS region,
  max(member_tier) AS tier, max(member_points) AS points, min(joined_day) AS joined_day
FROM customers {_OWNED} GROUP BY w.ref
"""
# What models have told last: a score of an older day is none of today's.
_SCORES = f"""
CREATE OR REPLACE TEMP TABLE feed_scores AS
SELECT ref, max(value) FILTER (score = 'clv') AS clv, max(value) FILTER (score = 'p_alive') AS p_alive,
  max(value) FILTER (score = 'churn_risk') AS churn_risk, max(value) FILTER (score = 'cluster') AS cluster
FROM (SELECT w.ref, s.score, s.value FROM customer_scores s {_OWNED}
  SEMI JOIN (SELECT score, max(scored_day) AS scored_day FROM customer_scores GROUP BY score) n
  ON s.score = n.score AND s.scored_day = n.scored_day) GROUP BY ref
"""

FEEDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "buying": ((_LINES, _ORDERS, _BUYING), ("order_lines",)),
    "category": ((_TASTE.replace("{what}", "category"),), ("order_lines", "products")),
    "brand": ((_TASTE.replace("{what}", "brand"),), ("order_lines", "products")),
    "articles": ((_ARTICLES,), ("order_lines",)),
    "margin": ((_MARGIN,), ("order_lines", "sku_costs")),
    "refunds": ((_REFUNDS,), ("refunds",)),
    "coupons": ((_COUPONS,), ("coupon_uses",)),
    "tickets": ((_TICKETS,), ("tickets",)),
    "reviews": ((_REVIEWS,), ("reviews",)),
    "visits": ((_VISITS,), ("visits",)),
    "events": ((_EVENTS,), ("events",)),
    "subscriptions": ((_SUBSCRIPTIONS,), ("subscriptions",)),
    "contacts": ((_CONTACTS,), ("contacts",)),
    "consents": ((_CONSENTS,), ("consents",)),
    "campaigns": ((_CAMPAIGNS,), ("campaign_members",)),
    "placed": ((_PLACED,), ("orders",)),
    "identities": ((_IDENTITIES,), ("identities",)),
    "customer": ((_CUSTOMER,), ("customers",)),
    "scores": ((_SCORES,), ("customer_scores",)),
}
"""Each feed: the statements that make it, in order, and the tables that it reads."""


def make_feeds(lake: Lake, zone: str) -> None:
    """Fill every feed for the people in `profile_owner`; `zone` is the SQL literal of the shop's time zone.

    Inside a transaction: rolling it back lets every temporary table go.
    """
    for statements, _ in FEEDS.values():
        for statement in statements:
            lake.query(statement.replace("{zone}", zone))


def drop_feeds(lake: Lake) -> None:
    """Let every feed go."""
    for name in ("profile_lines", "profile_orders", *(f"feed_{feed}" for feed in FEEDS)):
        lake.query(f"DROP TABLE IF EXISTS temp.{name}")
