"""Visits, behaviour, advertising, content and campaigns."""

from __future__ import annotations

from shopkeeper.warehouse.model.table import (
    CHANNEL,
    CUSTOMER,
    SHOP,
    Table,
    count,
    day,
    flag,
    instant,
    money,
    number,
    text,
)

VISITS = Table(
    "visits",
    "fact",
    "One row a session, or one row a platform's daily visitor figure; `grain` keeps the two apart.",
    ("shop_id", "grain", "visit_id"),
    (
        SHOP,
        text("grain", "What one row is.", required=True, allowed=("session", "platform_day")),
        text("visit_id", "Session id, or day and origin of a platform figure.", required=True),
        day("visited_day", "Shop day of the visit.", required=True),
        instant("started_at", "When the session began."),
        CHANNEL,
        text("visitor_id", "The visitor, where one row is a session."),
        CUSTOMER,
        count("visitors", "Distinct visitors of the day, where one row is a platform figure.", unit="visitor"),
        count("sessions", "Sessions in the row; 1 for a session.", unit="session"),
        count("carting_visitors", "Distinct visitors who added to the cart.", unit="visitor"),
        text(
            "origin",
            "The one origin the source attributes the visit to.",
            allowed=("paid", "organic", "owned", "unknown"),
        ),
        flag("added_to_cart", "Whether the session added to the cart."),
        text("sku_id", "Article page, where the figure is kept by article.", ref="products"),
    ),
    day="visited_day",
)

EVENTS = Table(
    "events",
    "fact",
    "One row a behaviour event.",
    ("shop_id", "event_id"),
    (
        SHOP,
        text("event_id", "Unique id given by the sender.", required=True),
        instant("happened_at", "When it happened.", required=True),
        day("happened_day", "Shop day it happened.", required=True),
        text("name", "view, cart, favourite, checkout, pay, play, like, search …", required=True),
        text("visitor_id", "The visitor."),
        CUSTOMER,
        CHANNEL,
        text("session_id", "Session it belongs to."),
        text("sku_id", "Article concerned.", ref="products"),
        number("value", "Value that the event carries.", unit="as sent"),
        text("attributes", "Further attributes as JSON."),
    ),
    day="happened_day",
)

AD_SPEND = Table(
    "ad_spend",
    "fact",
    "One row a day of an advertisement, ad group or campaign.",
    ("shop_id", "spent_day", "channel_id", "campaign_id", "ad_id"),
    (
        SHOP,
        day("spent_day", "Shop day of the spend.", required=True),
        text("channel_id", "Advertising channel.", required=True, ref="channels"),
        text("campaign_id", "Campaign; empty text when the source has none.", required=True),
        text("ad_id", "Advertisement; empty text when the source has none.", required=True),
        money("amount", "Money spent.", required=True),
        flag("is_acquisition", "Whether it is meant to win new buyers."),
        count("impressions", "Times shown."),
        count("clicks", "Clicks."),
        count("attributed_orders", "Orders that the platform claims for it.", unit="order"),
        money("attributed_amount", "Sales that the platform claims for it."),
    ),
    day="spent_day",
)

CONTENT_STATS = Table(
    "content_stats",
    "fact",
    "One row a day of a piece of content.",
    ("shop_id", "stat_day", "content_id"),
    (
        SHOP,
        day("stat_day", "Shop day of the figures.", required=True),
        text("content_id", "The post, video or live session.", required=True),
        CHANNEL,
        text("kind", "What it is.", allowed=("video", "live", "note", "article", "image")),
        count("impressions", "Times shown."),
        count("plays", "Plays."),
        count("completed_plays", "Plays watched to the end."),
        count("reads", "Reads."),
        count("likes", "Likes."),
        count("comments", "Comments."),
        count("shares", "Shares."),
        count("saves", "Saves."),
        money("cost", "What making and seeding it cost that day."),
        money("attributed_amount", "Paid amount attributed to it."),
        money("attributed_margin", "Contribution margin attributed to it."),
    ),
    day="stat_day",
)

CAMPAIGNS = Table(
    "campaigns",
    "fact",
    "One row a marketing campaign.",
    ("shop_id", "campaign_id"),
    (
        SHOP,
        text("campaign_id", "The campaign.", required=True),
        text("name", "Its name."),
        text("kind", "Its type in the source."),
        day("start_day", "First shop day.", required=True),
        day("end_day", "Last shop day."),
        money("budget", "Money set aside."),
    ),
    day="start_day",
)

CAMPAIGN_MEMBERS = Table(
    "campaign_members",
    "fact",
    "One row a customer who was sent a campaign.",
    ("shop_id", "campaign_id", "customer_id"),
    (
        SHOP,
        text("campaign_id", "The campaign.", required=True, ref="campaigns"),
        text("customer_id", "Who received it.", required=True, ref="customers"),
        text("arm", "Treatment or holdout arm, when there is one."),
        day("sent_day", "Shop day it was sent."),
    ),
)

COUPONS = Table(
    "coupons",
    "fact",
    "One row an article that a coupon is valid for.",
    ("shop_id", "coupon_id", "campaign_id", "sku_id"),
    (
        SHOP,
        text("coupon_id", "The coupon.", required=True),
        text("campaign_id", "Campaign it belongs to; empty text when none.", required=True),
        text("sku_id", "Article it is valid for; empty text = all.", required=True),
        money("threshold_amount", "Order amount from which it applies."),
        money("face_value", "Amount off."),
        number("discount_share", "Share off.", unit="share 0–1"),
        text("borne_by", "Who bears it.", allowed=("merchant", "platform", "influencer", "supplier")),
        day("start_day", "First shop day."),
        day("end_day", "Last shop day."),
    ),
)

COUPON_USES = Table(
    "coupon_uses",
    "fact",
    "One row a redemption.",
    ("shop_id", "coupon_id", "campaign_id", "customer_id", "used_day"),
    (
        SHOP,
        text("coupon_id", "The coupon.", required=True, ref="coupons"),
        text("campaign_id", "Its campaign; empty text when none.", required=True),
        text("customer_id", "Who used it.", required=True, ref="customers"),
        day("used_day", "Shop day of use.", required=True),
        text("order_id", "Order it was used in."),
        money("amount", "What it took off."),
    ),
    day="used_day",
)

PROMOTIONS = Table(
    "promotions",
    "fact",
    "One row an article's placement in a shop for a span of days: display, mailer, page position.",
    ("shop_id", "sku_id", "start_day", "display", "mailer"),
    (
        SHOP,
        text("sku_id", "The article.", required=True, ref="products"),
        day("start_day", "First shop day.", required=True),
        day("end_day", "Last shop day."),
        text("display", "Place in the shop, as the source codes it; empty text when none.", required=True),
        text("mailer", "Place in the mailer, as the source codes it; empty text when none.", required=True),
    ),
    day="start_day",
)

COMPETITOR_PRICES = Table(
    "competitor_prices",
    "fact",
    "One row a price seen at a competitor.",
    ("shop_id", "competitor", "item", "seen_at"),
    (
        SHOP,
        text("competitor", "Whose price.", required=True),
        text("item", "Their article.", required=True),
        text("sku_id", "Our matching article.", ref="products"),
        instant("seen_at", "When it was seen.", required=True),
        day("seen_day", "Shop day it was seen.", required=True),
        money("price", "Price asked.", required=True),
    ),
    day="seen_day",
)

BRAND_INDEX = Table(
    "brand_index",
    "fact",
    "One row a day of a search or brand index.",
    ("shop_id", "index_name", "index_day"),
    (
        SHOP,
        text("index_name", "Which index.", required=True),
        day("index_day", "Shop day.", required=True),
        number("value", "Its value.", unit="index points"),
    ),
    day="index_day",
)

TABLES = (
    VISITS, EVENTS, AD_SPEND, CONTENT_STATS, CAMPAIGNS, CAMPAIGN_MEMBERS, COUPONS, COUPON_USES, PROMOTIONS,
    COMPETITOR_PRICES, BRAND_INDEX,
)  # fmt: skip
