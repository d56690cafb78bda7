"""A synthetic product file of a small WooCommerce shop."""

from __future__ import annotations

from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.ingest.sources.woocommerce.layout import PRODUCTS


def _row(**cells: str) -> tuple[str, ...]:
    named = {name.replace("_", " "): value for name, value in cells.items()}
    return tuple(named.get(header, "") for header in PRODUCTS.headers)


PRODUCT_FILE = Fixture(
    "woocommerce_products", "wc-product-export-6-7-2026.csv",
    (
        PRODUCTS.headers,
        _row(ID="10", Type="simple", SKU="WOO-TEA", Name="Green tea", Regular_price="50", Sale_price="45", Stock="20",
             Categories="Tea > Green, Gifts"),
        _row(ID="11", Type="variable", SKU="WOO-SHIRT", Name="Shirt", Categories="Clothing > Shirts"),
        _row(ID="12", Type="variation", SKU="WOO-SHIRT-R", Name="Shirt - Red", Parent="WOO-SHIRT", Regular_price="80", Stock="3"),
        # on sale from a day to a day; its stock is its parent's
        _row(ID="13", Type="variation", Name="Shirt - Blue", Parent="WOO-SHIRT", Regular_price="82", Sale_price="70",
             Date_sale_price_starts="2026-07-10 00:00:00", Date_sale_price_ends="2026-07-20 23:59:59", Stock="parent"),
        _row(ID="14", Type="simple, virtual", Name="Tasting", Regular_price="15", Sale_price="12",
             Date_sale_price_ends="2026-07-31", Stock="0"),
        _row(ID="15", Type="variable", Name="Ribbon", Categories="Gifts"),
        _row(ID="16", Type="variation", Name="Ribbon - 1 m", Parent="id:15", Regular_price="9.90", Stock="1.5"),
    ),
    loaded={"products": 7, "prices": 7, "stock_levels": 4},
    totals={
        "prices.sale_price": "313.90",  # 45 + 80 + (70 then 82) + (12 then 15) + 9.90
        "prices.list_price": "333.90",  # 50 + 80 + (82 and 82) + (15 and 15) + 9.90
        "stock_levels.on_hand": "24.5",
    },
    variants=(("Weight (kg)", "Weight (lbs)"), ("Length (cm)", "Length (in)")),
)  # fmt: skip

FIXTURES: tuple[Fixture, ...] = (PRODUCT_FILE,)
