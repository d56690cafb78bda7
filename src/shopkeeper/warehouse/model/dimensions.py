"""Who, what and where: the tables that facts refer to."""

from __future__ import annotations

from shopkeeper.warehouse.model.table import Table, count, day, flag, number, text

PLATFORMS = Table(
    "platforms",
    "dimension",
    "One row a sales platform.",
    ("platform_id",),
    (
        text("platform_id", "tmall, jd, douyin, kuaishou, xiaohongshu, pinduoduo, site, store …", required=True),
        text("name", "Name shown."),
        flag("is_online", "Sold on the net."),
        flag("is_direct", "Sold to the consumer without a retailer between (DTC)."),
    ),
)
SHOPS = Table(
    "shops",
    "dimension",
    "One row a shop on a platform, a site or a branch.",
    ("shop_id",),
    (
        text("shop_id", "The shop.", required=True),
        text("name", "Name shown."),
        text("platform_id", "Its platform.", required=True, ref="platforms"),
        text("currency", "ISO 4217 code of its amounts.", required=True),
        text("timezone", "IANA zone of its days.", required=True),
    ),
)
CHANNELS = Table(
    "channels",
    "dimension",
    "One row a channel of traffic or sale.",
    ("channel_id",),
    (
        text("channel_id", "The channel.", required=True),
        text("name", "Name shown."),
        text("kind", "What it is.", allowed=("paid", "organic", "owned", "retail", "live", "affiliate")),
    ),
)
PRODUCTS = Table(
    "products",
    "dimension",
    "One row an article (SKU).",
    ("sku_id",),
    (
        text("sku_id", "The stock-keeping unit.", required=True),
        text("product_id", "Product that the SKU is a variant of."),
        text("name", "Name shown."),
        text("category", "First level: department."),
        text("subcategory", "Second level."),
        text("product_type", "Third level."),
        text("brand", "Brand."),
        text("manufacturer", "Maker."),
        text("size", "Pack size."),
        text("supplier_id", "Supplier.", ref="suppliers"),
        text("quantity_unit", "What its quantities count; empty = piece."),
        day("launched_day", "First day on sale."),
    ),
)
CUSTOMERS = Table(
    "customers",
    "dimension",
    "One row a customer as the sources know them.",
    ("customer_id",),
    (
        text("customer_id", "The customer.", required=True),
        text("name", "Name, masked by role."),
        text("phone_hash", "Hashed phone number."),
        text("email_hash", "Hashed e-mail address."),
        text("gender", "Gender as stated."),
        text("age_band", "Age band."),
        text("income_band", "Income band."),
        text("household_size", "People in the household."),
        text("household_kind", "Composition of the household."),
        text("children", "Children in the household."),
        text("marital_status", "Marital status."),
        text("home_ownership", "Owner or tenant."),
        text("region", "Where they live."),
        text("member_tier", "Present member tier."),
        count("member_points", "Present points.", unit="point"),
        day("joined_day", "First day as a member."),
    ),
)
IDENTITIES = Table(
    "identities",
    "dimension",
    "One row an identity of a customer on a platform.",
    ("platform_id", "identity"),
    (
        text("platform_id", "Platform or system.", required=True, ref="platforms"),
        text("identity", "The key there.", required=True),
        text(
            "kind",
            "What the key is.",
            allowed=("buyer_id", "member_id", "phone_hash", "email_hash", "device", "open_id"),
        ),
        text("customer_id", "Whose it is.", ref="customers"),
        number("confidence", "How sure.", unit="share 0–1"),
    ),
)
SUPPLIERS = Table(
    "suppliers",
    "dimension",
    "One row a supplier.",
    ("supplier_id",),
    (
        text("supplier_id", "The supplier.", required=True),
        text("name", "Name shown."),
        count("lead_time_days", "Promised lead time.", unit="day"),
    ),
)
CALENDAR = Table(
    "calendar",
    "dimension",
    "One row a named day or festival.",
    ("day", "name"),
    (
        day("day", "The day.", required=True),
        text("name", "Festival or event.", required=True),
        text("kind", "Retail festival, public holiday or own event.", allowed=("retail", "public", "own")),
    ),
)
TABLES = (PLATFORMS, SHOPS, CHANNELS, PRODUCTS, CUSTOMERS, IDENTITIES, SUPPLIERS, CALENDAR)
