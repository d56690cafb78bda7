"""Shopify's products and inventory in terms of the commerce model.

Both files are states of a day that they do not name. A variant without an article number is known as order lines name it,
"Title - Option / Option"; its handle is added where two products have the same name. A stock that nobody tracks is no stock.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import as_number, clean, text
from shopkeeper.ingest.layouts import DAY
from shopkeeper.ingest.plan import TableMapping, Value

_DAY = Value(constant=DAY)


def _of_product(header: str) -> str:
    """A cell that only the first row of a product has."""
    return (
        f'first_value({clean(header)} IGNORE NULLS) OVER (PARTITION BY "Handle" ORDER BY file_row_number '
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    )


def _named(rows: str, sku: str) -> str:
    """Rows with the variant's `name` and `sku_id`."""
    values = ", ".join(f"nullif({clean(f'Option{n} Value')}, 'Default Title')" for n in (1, 2, 3))
    return f"""
    SELECT *, coalesce({clean(sku)}, CASE WHEN min("Handle") OVER same <> max("Handle") OVER same
        THEN name || ' (' || "Handle" || ')' ELSE name END) AS sku_id
    FROM (SELECT *, concat_ws(' - ', coalesce(product_title, {clean("Handle")}), nullif(concat_ws(' / ', {values}), '')) AS name
        FROM (SELECT *, {_of_product("Title")} AS product_title FROM {rows})) WINDOW same AS (PARTITION BY name)"""


IMAGE_ROW = (
    '"Image Src" IS NOT NULL AND "Option1 Value" IS NULL AND "Variant SKU" IS NULL AND "Variant Price" IS NULL '
    'AND "Title" IS NULL'
)
_LEVEL = "trim(split_part(google, '>', {}))"
PRODUCT_ROWS = f"""
    SELECT *, nullif({_LEVEL.format(1)}, '') AS category, nullif({_LEVEL.format(2)}, '') AS subcategory,
        CASE WHEN {as_number("tag_said")} < {as_number("price_said")} THEN price_said
            ELSE coalesce(tag_said, price_said) END AS tag
    FROM (SELECT *, {_of_product("Product Category")} AS google, {_of_product("Vendor")} AS vendor_said,
        {_of_product("Type")} AS type_said, {clean("Variant Price")} AS price_said,
        {clean("Variant Compare At Price")} AS tag_said
        FROM ({_named("{rows}", "Variant SKU")}))"""
PRODUCTS = (
    TableMapping(
        "products",
        {
            "sku_id": text("sku_id"), "product_id": Value(header="Handle"), "name": text("name"), "category": text("category"),
            "subcategory": text("subcategory"), "product_type": text("type_said"), "brand": text("vendor_said"),
        },
    ),
    TableMapping(
        "prices",
        {
            "sku_id": text("sku_id"), "valid_from": _DAY, "list_price": Value(header="tag"),
            "sale_price": Value(header="price_said"),
        },
        where="price_said IS NOT NULL",
    ),
    TableMapping(
        "sku_costs", {"sku_id": text("sku_id"), "valid_from": _DAY, "unit_cost": Value(header="Cost per item")},
        where=f"{clean('Cost per item')} IS NOT NULL",
    ),
    TableMapping(
        "stock_levels",
        {
            "sku_id": text("sku_id"), "warehouse_id": Value(sql="''", trusted=True), "stock_day": _DAY,
            "on_hand": Value(header="Variant Inventory Qty"),
        },
        where=f"{clean('Variant Inventory Tracker')} IS NOT NULL AND {clean('Variant Inventory Qty')} IS NOT NULL",
    ),
)  # fmt: skip

# Older files have a column for every location instead of a row: `places` holds those that stock the article. The first of
# them, or one that cannot be read, stays on the row; the others become rows of their own.
_KNOWN = (
    "handle", "title", "option1 name", "option1 value", "option2 name", "option2 value", "option3 name", "option3 value",
    "sku", "hs code", "coo", "bin name", "barcode", "file_row_number",
)  # fmt: skip
_CELLS = "map_entries(CAST(to_json(f) AS MAP(VARCHAR, VARCHAR)))"
_OLDER = f"len(list_filter({_CELLS}, lambda e: trim(lower(e.key)) = 'location')) = 0"
_STOCKED = f"""list_filter({_CELLS}, lambda e: trim(lower(e.key)) NOT IN {_KNOWN}
            AND nullif(trim(e.value), '') IS NOT NULL AND lower(trim(e.value)) <> 'not stocked')"""
_PLACED = f"""
    SELECT * REPLACE (coalesce("Location", place.key) AS "Location",
        coalesce("On hand (current)", place.value) AS "On hand (current)"),
        CASE WHEN unread IS NULL THEN places[2:] END AS others
    FROM (SELECT *, coalesce(unread, places[1]) AS place
        FROM (SELECT *, list_filter(places, lambda e: {as_number("trim(e.value)")} IS NULL)[1] AS unread
            FROM (SELECT r.*, CASE WHEN {_OLDER} THEN {_STOCKED} END AS places
                FROM {{rows}} r JOIN (SELECT * FROM {{file}}) f ON f.file_row_number = r.file_row_number)))"""


def _stocked(header: str) -> str:
    return f"CASE WHEN lower({clean(header)}) <> 'not stocked' THEN {clean(header)} END"


INVENTORY_ROWS = f"""
    SELECT * EXCLUDE (places, unread, place), {_stocked("On hand (current)")} AS on_hand,
        {_stocked("Available")} AS available_said, {_stocked("Incoming")} AS incoming_said,
        coalesce({clean("Location")}, '') AS warehouse
    FROM ({_named(f"({_PLACED})", "SKU")})"""
INVENTORY = (
    TableMapping(
        "products", {"sku_id": text("sku_id"), "product_id": Value(header="Handle"), "name": text("name")},
    ),
    TableMapping(
        "stock_levels",
        {
            "sku_id": text("sku_id"), "warehouse_id": text("warehouse"), "stock_day": _DAY, "on_hand": Value(header="on_hand"),
            "available": Value(header="available_said"), "in_transit": Value(header="incoming_said"),
        },
        where="on_hand IS NOT NULL",
    ),
    TableMapping(
        "stock_levels",
        {
            "sku_id": text("sku_id"), "warehouse_id": text("warehouse"), "stock_day": _DAY,
            "on_hand": Value(header="on_hand"),
        },
        relation=(
            "SELECT shop_of_row, sku_id, place.key AS warehouse, place.value AS on_hand "
            "FROM (SELECT shop_of_row, sku_id, unnest(others) AS place FROM {file})"
        ),
    ),
)  # fmt: skip
