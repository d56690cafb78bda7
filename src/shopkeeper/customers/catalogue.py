"""Every dimension of a customer's profile: what it is called, what it is read from, and to whom it applies.

A dimension is stored (it changes only when the facts do) or derived (it also depends on the day one looks from).
Unknown is empty: a count is 0 only where the shop holds its table at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shopkeeper.errors import NotFound

Kind = Literal["count", "money", "number", "share", "days", "day", "text", "list", "flag"]
Group = Literal[
    "person", "member", "reach", "buying", "taste", "place", "after", "service", "offers", "visits", "value"
]
GROUPS: tuple[Group, ...] = (
    "person", "member", "reach", "buying", "value", "taste", "place", "after", "service", "offers", "visits",
)  # fmt: skip

SQL_TYPES: dict[Kind, str] = {
    "count": "BIGINT", "money": "DECIMAL(18,4)", "number": "DOUBLE", "share": "DOUBLE", "days": "BIGINT", "day": "DATE",
    "text": "VARCHAR", "list": "VARCHAR[]", "flag": "BOOLEAN",
}  # fmt: skip


@dataclass(frozen=True)
class Dimension:
    """One dimension. `sql` reads feeds by their names, or, when derived, other dimensions and {as_of}.

    `zero`: whoever has no row in the table has none, which is 0. `applies` is a condition over stored dimensions: to others
    the dimension does not apply, and it does not lessen their completeness.
    """

    id: str
    group: Group
    kind: Kind
    sql: str
    sources: tuple[str, ...]
    zero: bool = False
    applies: str = "true"
    derived: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it is read from."""
        return tuple(dict.fromkeys(source.partition(".")[0] for source in self.sources))


_BOUGHT, _AGAIN = "orders > 0", "orders > 1"


def _person(name: str, kind: Kind = "text") -> Dimension:
    return Dimension(name, "person", kind, f"customer.{name}", (f"customers.{name}",))


def _bought(
    name: str, kind: Kind, sql: str, *columns: str, group: Group = "buying", applies: str = _BOUGHT, zero: bool = False
) -> Dimension:
    sources = tuple(c if "." in c else f"order_lines.{c}" for c in columns)
    return Dimension(name, group, kind, sql, sources, zero=zero, applies="true" if zero else applies)


_PERSON = (
    _person("gender"),
    _person("age_band"),
    _person("income_band"),
    _person("household_size"),
    _person("household_kind"),
    _person("children"),
    _person("marital_status"),
    _person("home_ownership"),
    Dimension(
        "region", "person", "text", "coalesce(customer.region, placed.region)", ("customers.region", "orders.region")
    ),
)
_MEMBER = (
    Dimension(
        "member_tier",
        "member",
        "text",
        "coalesce(customer.tier, placed.tier)",
        ("customers.member_tier", "orders.member_tier"),
    ),
    Dimension("member_points", "member", "count", "customer.points", ("customers.member_points",)),
    Dimension("joined_day", "member", "day", "customer.joined_day", ("customers.joined_day",)),
    Dimension(
        "member_days",
        "member",
        "days",
        "date_diff('day', joined_day, {as_of})",
        ("customers.joined_day",),
        derived=True,
        applies="joined_day IS NOT NULL",
    ),
    Dimension(
        "subscription",
        "member",
        "text",
        "subscriptions.state",
        ("subscriptions.change",),
        applies="subscription IS NOT NULL",
    ),
    Dimension(
        "subscription_monthly",
        "member",
        "money",
        "subscriptions.monthly",
        ("subscriptions.monthly_amount",),
        applies="subscription = 'active'",
    ),
)
_REACH = (
    Dimension("has_phone", "reach", "flag", "customer.phone", ("customers.phone_hash",)),
    Dimension("has_email", "reach", "flag", "customer.email", ("customers.email_hash",)),
    Dimension("identities", "reach", "count", "identities.identities", ("identities.identity",), zero=True),
    Dimension("known_on", "reach", "list", "identities.places", ("identities.platform_id",), applies="identities > 0"),
    Dimension(
        "least_confidence", "reach", "share", "identities.least", ("identities.confidence",), applies="identities > 0"
    ),
    Dimension("consents", "reach", "list", "consents.granted", ("consents.granted",)),
    Dimension("contacts", "reach", "count", "contacts.contacts", ("contacts.contact_id",), zero=True),
    Dimension("last_contact_day", "reach", "day", "contacts.last_day", ("contacts.sent_day",), applies="contacts > 0"),
    Dimension("opened_share", "reach", "share", "contacts.opened_share", ("contacts.status",), applies="contacts > 0"),
)
_BUYING = (
    _bought("orders", "count", "buying.orders", "order_id", zero=True),
    _bought("paid", "money", "buying.paid", "payable_amount", zero=True),
    _bought("aov", "money", "buying.paid / buying.orders", "payable_amount"),
    _bought("largest_order", "money", "buying.largest", "payable_amount"),
    _bought("units", "number", "buying.units", "quantity"),
    _bought("basket_lines", "number", "buying.basket", "line_no"),
    _bought("price_level", "money", "buying.paid / nullif(buying.units, 0)", "payable_amount", "quantity"),
    _bought("first_order_day", "day", "buying.first_day", "paid_day"),
    _bought("last_order_day", "day", "buying.last_day", "paid_day"),
    Dimension(
        "recency_days",
        "buying",
        "days",
        "date_diff('day', last_order_day, {as_of})",
        ("order_lines.paid_day",),
        applies=_BOUGHT,
        derived=True,
    ),
    Dimension(
        "tenure_days",
        "buying",
        "days",
        "date_diff('day', first_order_day, {as_of})",
        ("order_lines.paid_day",),
        applies=_BOUGHT,
        derived=True,
    ),
    _bought(
        "order_gap_days",
        "number",
        "CASE WHEN buying.days > 1 THEN date_diff('day', buying.first_day, buying.last_day) / (buying.days - 1.0) END",
        "paid_day",
        applies="order_days > 1",
    ),
    _bought("order_days", "count", "buying.days", "paid_day", zero=True),
    _bought("weekday", "count", "buying.weekday", "paid_day"),
    _bought("hour", "count", "buying.hour", "paid_at"),
    _bought("weekend_share", "share", "buying.weekend_share", "paid_day"),
    _bought("discount_share", "share", "buying.discount_share", "list_amount"),
    _bought("full_price_share", "share", "buying.full_price_share", "list_amount"),
    Dimension("placed_orders", "buying", "count", "placed.placed", ("orders.order_id",), zero=True),
    Dimension(
        "cancelled_share", "buying", "share", "placed.cancelled_share", ("orders.status",), applies="placed_orders > 0"
    ),
)
_VALUE = (
    _bought("margin", "money", "margin.margin", "sku_costs.unit_cost", group="value"),
    _bought(
        "margin_share",
        "share",
        "CAST(margin.margin AS DOUBLE) / nullif(CAST(margin.got AS DOUBLE), 0)",
        "sku_costs.unit_cost",
        group="value",
    ),
    _bought(
        "rfm_recency",
        "count",
        "ntile(5) OVER (PARTITION BY orders > 0 ORDER BY last_order_day, ref)",
        "paid_day",
        group="value",
    ),
    _bought(
        "rfm_frequency",
        "count",
        "ntile(5) OVER (PARTITION BY orders > 0 ORDER BY orders, ref)",
        "order_id",
        group="value",
    ),
    _bought(
        "rfm_money",
        "count",
        "ntile(5) OVER (PARTITION BY orders > 0 ORDER BY paid, ref)",
        "payable_amount",
        group="value",
    ),
    Dimension("clv", "value", "money", "scores.clv", ("customer_scores.value",), applies="clv IS NOT NULL"),
    Dimension("p_alive", "value", "share", "scores.p_alive", ("customer_scores.value",), applies="p_alive IS NOT NULL"),
    Dimension(
        "churn_risk",
        "value",
        "share",
        "scores.churn_risk",
        ("customer_scores.value",),
        applies="churn_risk IS NOT NULL",
    ),
    Dimension("cluster", "value", "count", "scores.cluster", ("customer_scores.value",), applies="cluster IS NOT NULL"),
    Dimension(
        "lifecycle",
        "value",
        "text",
        "CASE WHEN orders IS NULL THEN NULL WHEN orders = 0 THEN 'prospect' "
        "WHEN date_diff('day', last_order_day, {as_of}) <= 1.5 * greatest(30, coalesce(order_gap_days, {gap})) "
        "THEN CASE WHEN orders = 1 THEN 'new' ELSE 'active' END "
        "WHEN date_diff('day', last_order_day, {as_of}) <= 3 * greatest(30, coalesce(order_gap_days, {gap})) THEN 'at_risk' "
        "WHEN date_diff('day', last_order_day, {as_of}) <= 6 * greatest(30, coalesce(order_gap_days, {gap})) THEN 'dormant' "
        "ELSE 'lost' END",
        ("order_lines.paid_day",),
        derived=True,
    ),
)
_TASTE = (
    _bought("top_category", "text", "category.top", "products.category", group="taste"),
    _bought("top_category_share", "share", "category.top_share", "products.category", group="taste"),
    _bought("categories", "list", "category.every", "products.category", group="taste"),
    _bought("top_brand", "text", "brand.top", "products.brand", group="taste"),
    _bought("top_brand_share", "share", "brand.top_share", "products.brand", group="taste"),
    _bought("brands", "list", "brand.every", "products.brand", group="taste"),
    _bought("top_article", "text", "articles.top", "sku_id", group="taste"),
    _bought("articles", "count", "articles.articles", "sku_id", group="taste", zero=True),
    _bought("same_article_orders", "count", "articles.most_often", "sku_id", group="taste"),
)
_PLACE = (
    _bought("top_channel", "text", "buying.channel", "channel_id", group="place"),
    _bought("first_channel", "text", "buying.first_told.b", "channel_id", group="place"),
    _bought("top_shop", "text", "buying.shop", "shop_id", group="place"),
    _bought("top_platform", "text", "buying.platform", "shops.platform_id", group="place"),
    _bought("platforms", "count", "buying.platforms", "shops.platform_id", group="place"),
)
_AFTER = (
    Dimension("refunds", "after", "count", "refunds.refunds", ("refunds.refund_id",), zero=True),
    Dimension("refund_amount", "after", "money", "refunds.amount", ("refunds.amount",), zero=True),
    Dimension(
        "refund_share",
        "after",
        "share",
        "CASE WHEN buying.paid > 0 AND {has_refunds} THEN "
        "CAST(coalesce(refunds.amount, 0) AS DOUBLE) / CAST(buying.paid AS DOUBLE) END",
        ("refunds.amount", "order_lines.payable_amount"),
        applies=_BOUGHT,
    ),
    Dimension("refund_reason", "after", "text", "refunds.reason", ("refunds.reason",), applies="refunds > 0"),
    Dimension("last_refund_day", "after", "day", "refunds.last_day", ("refunds.refunded_day",), applies="refunds > 0"),
)
_SERVICE = (
    Dimension("tickets", "service", "count", "tickets.tickets", ("tickets.ticket_id",), zero=True),
    Dimension("ticket_topic", "service", "text", "tickets.topic", ("tickets.topic",), applies="tickets > 0"),
    Dimension(
        "ticket_satisfaction",
        "service",
        "number",
        "tickets.satisfaction",
        ("tickets.satisfaction",),
        applies="tickets > 0",
    ),
    Dimension("last_ticket_day", "service", "day", "tickets.last_day", ("tickets.opened_day",), applies="tickets > 0"),
    Dimension("reviews", "service", "count", "reviews.reviews", ("reviews.review_id",), zero=True),
    Dimension("stars", "service", "number", "reviews.stars", ("reviews.stars",), applies="reviews > 0"),
    Dimension("worst_stars", "service", "count", "reviews.worst", ("reviews.stars",), applies="reviews > 0"),
)
_OFFERS = (
    Dimension("coupon_uses", "offers", "count", "coupons.uses", ("coupon_uses.coupon_id",), zero=True),
    Dimension("coupon_amount", "offers", "money", "coupons.amount", ("coupon_uses.amount",), zero=True),
    Dimension(
        "last_coupon_day", "offers", "day", "coupons.last_day", ("coupon_uses.used_day",), applies="coupon_uses > 0"
    ),
    Dimension("campaigns", "offers", "count", "campaigns.campaigns", ("campaign_members.campaign_id",), zero=True),
)
_VISITS = (
    Dimension("sessions", "visits", "count", "visits.sessions", ("visits.customer_id",), zero=True),
    Dimension("last_visit_day", "visits", "day", "visits.last_day", ("visits.visited_day",), applies="sessions > 0"),
    Dimension(
        "visit_days_ago",
        "visits",
        "days",
        "date_diff('day', last_visit_day, {as_of})",
        ("visits.visited_day",),
        applies="sessions > 0",
        derived=True,
    ),
    Dimension("visit_origin", "visits", "text", "visits.origin", ("visits.origin",), applies="sessions > 0"),
    Dimension("cart_share", "visits", "share", "visits.cart_share", ("visits.added_to_cart",), applies="sessions > 0"),
    Dimension("events", "visits", "count", "events.events", ("events.customer_id",), zero=True),
    Dimension("last_event_day", "visits", "day", "events.last_day", ("events.happened_day",), applies="events > 0"),
    Dimension("last_event", "visits", "text", "events.last_name", ("events.name",), applies="events > 0"),
)

DIMENSIONS: dict[str, Dimension] = {
    d.id: d
    for d in (
        *_PERSON,
        *_MEMBER,
        *_REACH,
        *_BUYING,
        *_VALUE,
        *_TASTE,
        *_PLACE,
        *_AFTER,
        *_SERVICE,
        *_OFFERS,
        *_VISITS,
    )
}
RANKED = ("rfm_recency", "rfm_frequency", "rfm_money")
"""Dimensions that compare a person with all others: reckoned whenever profiles are written."""

TAGS = "tags"
"""Not a dimension of the facts: what people have said of a customer. Rules may ask for it like a list."""


def dimension(name: str) -> Dimension:
    """A dimension by its id. Raises NotFound with the nearest names.

    >>> dimension("paid").kind
    'money'
    """
    if name not in DIMENSIONS:
        raise NotFound("profile dimension", name, [*DIMENSIONS, TAGS], next_command="shopkeeper segments dimensions")
    return DIMENSIONS[name]
