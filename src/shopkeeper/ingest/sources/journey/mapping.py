"""The panel's files in terms of the commerce model, and its traps with their counts.

Money: `sales_value` is what the retailer receives, after loyalty and coupon-match discounts; a manufacturer pays
`coupon_disc` back, so the buyer owed that much less.

    list = sales + retail_disc + coupon_match_disc      payable = sales - coupon_disc      receivable = sales

Moments are UTC without a zone: read so, the file's `week` agrees for every row in New York's days, and no row lies in 2018.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from shopkeeper.ingest.plan import SourceMapping, TableMapping, Value
from shopkeeper.ingest.sources.journey.layout import FILES, OPTIONS, ZONE
from shopkeeper.warehouse.loads import Note

CHAIN = "chain"
_FUEL = "product_type LIKE 'GASOLINE%' OR department = 'FUEL'"
_UNIT = f"CASE WHEN {_FUEL} THEN 'fuel' WHEN department = 'COUPON' THEN 'coupon' END"
_AT = "\"transaction_timestamp\" AT TIME ZONE 'UTC'"


def _own(sql: str) -> Value:
    return Value(sql=sql, trusted=True)


def _cents(header: str) -> str:
    return f'CAST("{header}" AS DECIMAL(18,2))'


def _constant(text: str) -> Value:
    return Value(constant=text)


def _text(header: str) -> Value:
    return _own(f'CAST("{header}" AS VARCHAR)')


def _transactions() -> tuple[TableMapping, ...]:
    shops = (
        "(SELECT CAST(store_id AS VARCHAR) AS shop_id, 'Store ' || store_id AS name FROM {file} GROUP BY store_id "
        f"UNION ALL SELECT '{CHAIN}', 'Whole chain')"
    )
    orders = (
        "SELECT store_id, basket_id, any_value(household_id) AS household_id, "
        "min(transaction_timestamp) AS transaction_timestamp FROM {file} GROUP BY store_id, basket_id"
    )
    moment = {"ordered_at": _own(_AT), "paid_at": _own(_AT)}
    buyer = {
        "shop_id": _text("store_id"), "order_id": _text("basket_id"), "customer_id": _text("household_id"),
        "channel_id": _constant("store"), **moment,
    }  # fmt: skip
    merchant = f"{_cents('retail_disc')} + {_cents('coupon_match_disc')}"
    units = "(SELECT product_id FROM read_parquet('{folder}/products.parquet') WHERE "
    lines = buyer | {
        "line_no": _own("row_number() OVER (PARTITION BY basket_id ORDER BY product_id)"),
        "sku_id": _text("product_id"),
        "quantity": Value(header="quantity"),
        "quantity_unit": _own(
            f"CASE WHEN product_id IN {units}{_FUEL}) THEN 'fuel' "
            f"WHEN product_id IN {units}department = 'COUPON') THEN 'coupon' END"
        ),
        "list_amount": _own(f"{_cents('sales_value')} + {merchant}"),
        "discount_merchant": _own(merchant),
        "discount_supplier": _own(_cents("coupon_disc")),
        "payable_amount": _own(f"{_cents('sales_value')} - {_cents('coupon_disc')}"),
        "receivable_amount": _own(_cents("sales_value")),
    }
    platform = {
        "platform_id": _constant("store"), "name": _constant("Stores"), "is_online": _constant("no"),
        "is_direct": _constant("yes"),
    }  # fmt: skip
    channel = {"channel_id": _constant("store"), "name": _constant("Stores"), "kind": _constant("retail")}
    shop = {
        "shop_id": _own("shop_id"), "name": _own("name"), "platform_id": _constant("store"), "currency": _constant("USD"),
        "timezone": _constant(ZONE),
    }  # fmt: skip
    customers = "SELECT DISTINCT household_id FROM {file}"
    return (
        TableMapping("platforms", platform, relation="SELECT 1"),
        TableMapping("channels", channel, relation="SELECT 1"),
        TableMapping("shops", shop, relation=shops),
        TableMapping("customers", {"customer_id": _text("household_id")}, relation=customers),
        TableMapping(
            "orders", buyer | {"status": _constant("completed"), "order_type": _constant("normal")}, relation=orders
        ),
        TableMapping("order_lines", lines),
    )


def _tables() -> Mapping[str, tuple[TableMapping, ...]]:
    chain = {"shop_id": _constant(CHAIN)}
    products = {
        "sku_id": _text("product_id"), "category": Value(header="department"), "subcategory": Value(header="product_category"),
        "product_type": Value(header="product_type"), "brand": Value(header="brand"), "manufacturer": _text("manufacturer_id"),
        "size": Value(header="package_size"), "quantity_unit": _own(_UNIT),
    }  # fmt: skip
    demographics = {
        "customer_id": _text("household_id"), "age_band": Value(header="age"), "income_band": Value(header="income"),
        "home_ownership": Value(header="home_ownership"), "marital_status": Value(header="marital_status"),
        "household_size": Value(header="household_size"), "household_kind": Value(header="household_comp"),
        "children": Value(header="kids_count"),
    }  # fmt: skip
    campaigns = chain | {
        "campaign_id": _text("campaign_id"), "kind": Value(header="campaign_type"), "start_day": Value(header="start_date"),
        "end_day": Value(header="end_date"),
    }  # fmt: skip
    members = chain | {"campaign_id": _text("campaign_id"), "customer_id": _text("household_id")}
    coupons = chain | {
        "coupon_id": _text("coupon_upc"), "campaign_id": _text("campaign_id"), "sku_id": _text("product_id"),
        "borne_by": _constant("supplier"),
    }  # fmt: skip
    uses = chain | {
        "coupon_id": _text("coupon_upc"), "campaign_id": _text("campaign_id"), "customer_id": _text("household_id"),
        "used_day": Value(header="redemption_date"),
    }  # fmt: skip
    week = "CAST(DATE '2016-12-26' + 7 * (CAST(\"week\" AS INTEGER) - 1)"
    promotions = {
        "shop_id": _text("store_id"), "sku_id": _text("product_id"), "start_day": _own(f"{week} AS DATE)"),
        "end_day": _own(f"{week} + 6 AS DATE)"), "display": _own('"display_location"'), "mailer": _own('"mailer_location"'),
    }  # fmt: skip
    return {
        "products": (TableMapping("products", products),),
        "demographics": (TableMapping("customers", demographics),),
        "transactions": _transactions(),
        "campaign_descriptions": (TableMapping("campaigns", campaigns),),
        "campaigns": (TableMapping("campaign_members", members),),
        "coupons": (TableMapping("coupons", coupons),),
        "coupon_redemptions": (TableMapping("coupon_uses", uses),),
        "promotions": (TableMapping("promotions", promotions),),
    }


def mappings(options: frozenset[str]) -> dict[str, SourceMapping]:
    """File name without ending → its mapping, in the order of loading."""
    tables = _tables()
    wanted = [*FILES, *(file for option, file in OPTIONS.items() if option in options)]
    return {name: SourceMapping("journey", (f"{name}.parquet",), tables[name]) for name in wanted}


def traps(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[Note]:
    """What is unusual in this panel and how it was handled, counted on the files themselves."""
    files = {name: f"read_parquet('{str(folder).replace(chr(39), chr(39) * 2)}/{name}.parquet')" for name in FILES}
    sql = f"""
        SELECT count(*), sum({_cents("sales_value")}),
               count(*) FILTER (quantity > 1000), sum({_cents("sales_value")}) FILTER (quantity > 1000),
               count(*) FILTER (sales_value <= 0), sum({_cents("coupon_disc")}) FILTER (quantity = 0 AND sales_value <= 0),
               count(*) FILTER (sales_value <> CAST({_cents("sales_value")} AS DOUBLE))
        FROM {files["transactions"]}"""
    hours = f"""
        SELECT sum(n) FILTER (hour >= TIMESTAMP '2018-01-01'), coalesce(sum(n) FILTER (day >= DATE '2018-01-01'), 0),
               coalesce(sum(n) FILTER (week <> 1 + (day - DATE '2016-12-26') // 7), 0),
               sum(n) FILTER (week <> 1 + (CAST(hour AS DATE) - DATE '2016-12-26') // 7)
        FROM (SELECT *, CAST((hour AT TIME ZONE 'UTC') AT TIME ZONE '{ZONE}' AS DATE) AS day
              FROM (SELECT week, date_trunc('hour', transaction_timestamp) AS hour, count(*) AS n
                    FROM {files["transactions"]} GROUP BY ALL))"""
    moments = connection.execute(hours).fetchone()
    row = connection.execute(sql).fetchone()
    unknown = connection.execute(
        f"SELECT count(*), sum({_cents('sales_value')}) FROM {files['transactions']} t "
        f"ANTI JOIN {files['products']} p ON p.product_id = t.product_id"
    ).fetchone()
    repeated = connection.execute(
        f"SELECT count(*) - count(DISTINCT (coupon_upc, product_id, campaign_id)) FROM {files['coupons']}"
    ).fetchone()
    assert row and moments and unknown and repeated  # noqa: PT018 - aggregates without GROUP BY give one row each
    rows, sales, fuel, fuel_sales, unpaid, coupons, noisy = row
    late_rows, late_days, off_weeks, off_raw = (int(n) for n in moments)
    return [
        Note("journey.origin", rows, sales),
        Note("journey.fuel_quantities", fuel, fuel_sales),
        Note("journey.unknown_products", unknown[0], unknown[1]),
        Note("journey.no_sales", unpaid, coupons),
        Note("journey.utc_moments", late_rows, None, f"{ZONE} {off_weeks:,} · UTC {off_raw:,} · 2018: {late_days:,}"),
        Note("journey.repeated_coupons", repeated[0]),
        Note("journey.float_noise", noisy),
    ]  # fmt: skip
