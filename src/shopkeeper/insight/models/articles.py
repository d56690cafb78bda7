"""Articles, and the lines that sold them: what every model of goods reads.

    order_lines (paid, no brushing, pieces)  →  one row an article and week: units, paid amount, days

An article is read at one level: the SKU, the product whose variants share a number, or a level of the catalogue.
"""

from __future__ import annotations

from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Option
from shopkeeper.insight.models.said import refusal, say

LEVELS = ("category", "subcategory", "product_type", "product", "sku")
INPUTS = ("order_lines.sku_id", "order_lines.paid_day", "order_lines.payable_amount")

SOLD = (
    "l.paid_day IS NOT NULL AND l.is_brushing IS NOT TRUE AND l.sku_id IS NOT NULL AND l.quantity > 0 "
    "AND (l.quantity_unit IS NULL OR l.quantity_unit = '')"
)
"""Lines that sold pieces: fuel, weight and coupons sold as articles are left out."""


def level_option(default: str) -> Option:
    """The option that says what an article is."""
    return Option("level", "choice", default, choices=LEVELS)


def article(level: str) -> str:
    """SQL of the key of an article, over order_lines l and products p. Platforms write one product in both cases.

    >>> article("product")
    'upper(coalesce(p.product_id, l.sku_id))'
    """
    return {"sku": "l.sku_id", "product": "upper(coalesce(p.product_id, l.sku_id))"}.get(level, f"p.{level}")


def names(ask: Ask, keys: list[str], level: str) -> dict[str, str]:
    """Key of an article → name shown; the key itself where the catalogue has none."""
    if level not in ("sku", "product") or not keys:
        return {key: key for key in keys}
    own = "sku_id" if level == "sku" else "upper(coalesce(product_id, sku_id))"
    found = ask.rows(
        f"SELECT {own} AS key, min(coalesce(name, concat_ws(' ', product_type, size))) FROM products "
        f"WHERE {own} IN (SELECT unnest(?)) GROUP BY 1", [keys],
    )  # fmt: skip
    told = {str(key): str(name) for key, name in found if name}
    return {key: f"{told[key]} ({key})" if key in told else key for key in keys}


def require_level(ask: Ask, level: str) -> None:
    """Refuse a level that the catalogue does not hold."""
    if level in ("sku", "product"):
        return
    row = ask.rows(f"SELECT 1 FROM products WHERE {level} IS NOT NULL LIMIT 1")
    if not row:
        raise no_level(level)


def no_level(level: str) -> NotEstimable:
    """The refusal for a level without words in the catalogue."""
    return refusal("model.no_level", [f"products.{level}"], level=say(f"model_choice.{level}"))
