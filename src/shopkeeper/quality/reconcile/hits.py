"""Join hit rates: how many rows of one source find their partner in another. Σ ÷ Σ over one range of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shopkeeper.quality.reconcile.result import Hit

NEEDS: Mapping[str, tuple[str, str]] = {
    "orders_lines": ("orders", "order_lines"),
    "lines_product": ("order_lines", "products"),
    "lines_cost": ("order_lines", "sku_costs"),
    "orders_settlement": ("order_lines", "settlements"),
    "refunds_order": ("refunds", "order_lines"),
    "payments_order": ("payments", "order_lines"),
    "spend_channel": ("ad_spend", "channels"),
}
"""Each rate, with the source that asks and the source that answers. Without rows on either side it is unknown."""

_STEPS: Mapping[str, tuple[str, ...]] = {
    "lines_cost": ("child_order", "order_sku", "only_line", "exact_sku", "product_id", "none"),
}
"""How a line finds its cost, the surest way first: by the number that the platform gave the line; by order and article; by
the order alone, when both sides hold one line of it; by article, then product, at a cost dated before the payment."""

HELD_SQL = " UNION ALL ".join(
    f"SELECT '{name}', EXISTS (SELECT 1 FROM {name})"
    + (" OR EXISTS (SELECT 1 FROM order_costs)" if name == "sku_costs" else "")
    for name in sorted({name for pair in NEEDS.values() for name in pair})
)

NO_ORDERS_SQL = (
    "CREATE OR REPLACE TEMP TABLE reconcile_orders AS SELECT false AS settled_at_all, NULL::DATE AS paid_day, "
    "'' AS outcome WHERE false"
)
"""What stands for the classification of orders where there is no statement to hold them against."""

HITS_SQL = """
WITH brushed AS (
    SELECT DISTINCT shop_id, order_id FROM (
        SELECT shop_id, order_id FROM order_lines WHERE is_brushing
        UNION ALL SELECT shop_id, order_id FROM orders WHERE is_brushing)),
known AS (
    SELECT DISTINCT shop_id, order_id FROM (
        SELECT shop_id, order_id FROM order_lines UNION ALL SELECT shop_id, order_id FROM orders)),
costed AS (SELECT shop_id, sku_id, min(valid_from) AS first_day FROM sku_costs GROUP BY shop_id, sku_id),
children AS (SELECT DISTINCT shop_id, child_order_id FROM order_costs WHERE child_order_id <> ''),
booked AS (SELECT DISTINCT shop_id, order_id, sku_id FROM order_costs),
alone AS (
    SELECT l.shop_id, l.order_id FROM order_lines l
    SEMI JOIN (SELECT shop_id, order_id FROM booked GROUP BY ALL HAVING count(*) = 1) s
    ON l.shop_id = s.shop_id AND l.order_id = s.order_id GROUP BY ALL HAVING count(*) = 1),
asked AS (
    SELECT p.sku_id IS NOT NULL AS has_product, CASE WHEN h.child_order_id IS NOT NULL THEN 'child_order'
        WHEN b.order_id IS NOT NULL THEN 'order_sku' WHEN a.order_id IS NOT NULL THEN 'only_line'
        WHEN c.first_day <= l.paid_day THEN 'exact_sku' WHEN f.first_day <= l.paid_day THEN 'product_id'
        ELSE 'none' END AS cost_step
    FROM order_lines l
    ANTI JOIN brushed b ON l.shop_id = b.shop_id AND l.order_id = b.order_id
    LEFT JOIN products p ON l.sku_id = p.sku_id
    LEFT JOIN costed c ON l.shop_id = c.shop_id AND l.sku_id = c.sku_id
    LEFT JOIN children h ON l.shop_id = h.shop_id AND CAST(l.line_no AS VARCHAR) = h.child_order_id
    LEFT JOIN booked b ON l.shop_id = b.shop_id AND l.order_id = b.order_id AND l.sku_id = b.sku_id
    LEFT JOIN alone a ON l.shop_id = a.shop_id AND l.order_id = a.order_id
    LEFT JOIN costed f ON l.shop_id = f.shop_id AND p.product_id = f.sku_id
    WHERE l.paid_day >= $low AND l.paid_day < $high)
SELECT 'lines_product' AS id, count(*) FILTER (has_product) AS hits, count(*) AS asked, NULL::MAP(VARCHAR, BIGINT) AS steps
FROM asked
UNION ALL
SELECT 'orders_lines', count(k.order_id), count(*), NULL
FROM orders o ANTI JOIN brushed b ON o.shop_id = b.shop_id AND o.order_id = b.order_id
LEFT JOIN (SELECT DISTINCT shop_id, order_id FROM order_lines) k ON o.shop_id = k.shop_id AND o.order_id = k.order_id
WHERE o.paid_day >= $low AND o.paid_day < $high
UNION ALL
SELECT 'lines_cost', count(*) FILTER (cost_step <> 'none'), count(*), map {
    'child_order': count(*) FILTER (cost_step = 'child_order'), 'order_sku': count(*) FILTER (cost_step = 'order_sku'),
    'only_line': count(*) FILTER (cost_step = 'only_line'), 'exact_sku': count(*) FILTER (cost_step = 'exact_sku'),
    'product_id': count(*) FILTER (cost_step = 'product_id'), 'none': count(*) FILTER (cost_step = 'none')}
FROM asked
UNION ALL
SELECT 'orders_settlement', count(*) FILTER (settled_at_all), count(*), NULL
FROM reconcile_orders WHERE paid_day IS NOT NULL AND outcome NOT IN ('brushing', 'orphan')
UNION ALL
SELECT 'refunds_order', count(k.order_id), count(*), NULL
FROM refunds r ANTI JOIN brushed b ON r.shop_id = b.shop_id AND r.order_id = b.order_id
LEFT JOIN known k ON r.shop_id = k.shop_id AND r.order_id = k.order_id
WHERE r.refunded_day >= $low AND r.refunded_day < $high
UNION ALL
SELECT 'payments_order', count(k.order_id), count(*), NULL
FROM payments r ANTI JOIN brushed b ON r.shop_id = b.shop_id AND r.order_id = b.order_id
LEFT JOIN known k ON r.shop_id = k.shop_id AND r.order_id = k.order_id
WHERE r.paid_day >= $low AND r.paid_day < $high
UNION ALL
SELECT 'spend_channel', count(c.channel_id), count(*), NULL
FROM ad_spend a LEFT JOIN channels c ON a.channel_id = c.channel_id
WHERE a.spent_day >= $low AND a.spent_day < $high
"""


def hit_rates(
    rows: Sequence[tuple[str, int, int, Mapping[str, int] | None]], held: Mapping[str, bool]
) -> tuple[Hit, ...]:
    """The rates in their fixed order. An empty source makes a rate unknown, with the name of what is missing."""
    found = {row[0]: row[1:] for row in rows}
    return tuple(_rate(name, *found[name], held) for name in NEEDS)


def _rate(name: str, hits: int, of: int, steps: Mapping[str, int] | None, held: Mapping[str, bool]) -> Hit:
    missing = tuple(table for table in NEEDS[name] if not held[table])
    if missing:
        return Hit(name, None, None, None, missing, dict.fromkeys(_STEPS.get(name, ())))
    return Hit(name, hits, of, hits / of if of else None, (), dict(steps or {}))
