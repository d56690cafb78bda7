"""WooCommerce's products in terms of the commerce model.

The file is a state of a day that it does not name. An article without a number is `id:ID`, as WooCommerce itself refers to
it; variations take the categories of their parent, the first path counts. A sale price that begins on a day is in force
from then on, and the regular one again after its last day; without a first day it is in force on the day of the file.
A parent of variations has no price and no row of prices.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import clean, text
from shopkeeper.ingest.layouts import DAY
from shopkeeper.ingest.plan import TableMapping, Value

_DAY = Value(constant=DAY)
_SALE, _REGULAR = clean("Sale price"), clean("Regular price")
_STARTS, _ENDS = clean("Date sale price starts"), clean("Date sale price ends")


def _level(number: int) -> str:
    return f"nullif(trim(split_part(split_part(path, ',', 1), '>', {number})), '')"


ROWS = f"""
    SELECT *, {_level(1)} AS category, {_level(2)} AS subcategory, {_level(3)} AS product_type,
        CASE WHEN {_STARTS} IS NULL THEN coalesce({_SALE}, {_REGULAR}) END AS price_now,
        coalesce({_REGULAR}, {_SALE}) AS tag,
        CASE WHEN {_SALE} IS NOT NULL THEN {_STARTS} END AS sale_from,
        CASE WHEN {_SALE} IS NOT NULL AND {_REGULAR} IS NOT NULL AND {_ENDS} IS NOT NULL THEN
            coalesce(CAST(TRY_CAST(left({_ENDS}, 10) AS DATE) + 1 AS VARCHAR), {_ENDS}) END AS regular_from
    FROM (SELECT *, first_value({clean("Categories")} IGNORE NULLS) OVER (PARTITION BY family ORDER BY file_row_number
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS path
        FROM (SELECT *, coalesce(CASE WHEN contains(lower("Type"), 'variation') THEN {clean("Parent")} END, sku_id) AS family
            FROM (SELECT *, coalesce({clean("SKU")}, 'id:' || {clean("ID")}) AS sku_id FROM {{rows}})))"""


def _prices(where: str, valid_from: Value, sale_price: str) -> TableMapping:
    columns = {
        "sku_id": text("sku_id"), "valid_from": valid_from, "list_price": Value(header="tag"),
        "sale_price": Value(header=sale_price),
    }  # fmt: skip
    return TableMapping("prices", columns, where=where)


TABLES = (
    TableMapping(
        "products",
        {
            "sku_id": text("sku_id"), "product_id": text("family"), "name": Value(header="Name"), "category": text("category"),
            "subcategory": text("subcategory"), "product_type": text("product_type"),
        },
    ),
    _prices("price_now IS NOT NULL", _DAY, "price_now"),
    _prices("sale_from IS NOT NULL", Value(header="sale_from"), "Sale price"),
    _prices("regular_from IS NOT NULL", Value(header="regular_from"), "Regular price"),
    TableMapping(
        "stock_levels",
        {
            "sku_id": text("sku_id"), "warehouse_id": Value(sql="''", trusted=True), "stock_day": _DAY,
            "on_hand": Value(header="Stock"),
        },
        where=f"{clean('Stock')} IS NOT NULL AND lower({clean('Stock')}) <> 'parent'",
    ),
)  # fmt: skip
