asked AS (
    SELECT 'line' AS what, shop_id, order_id, sku_id AS article, line_no::VARCHAR AS line, paid_day AS cost_day, paid_day AS day,
        customer_id, quantity AS units, receivable_amount AS amount
    FROM order_lines WHERE paid_day IS NOT NULL AND NOT coalesce(is_brushing, false)
    UNION ALL
    SELECT 'refund', shop_id, order_id, article, line_no::VARCHAR, coalesce(ordered_day, refunded_day), refunded_day, customer_id,
        CASE WHEN kind = 'return' OR kind = 'before_shipment' AND quantity <> 0 THEN quantity
            WHEN kind = 'before_shipment' AND amount >= owed THEN ordered END, amount
    FROM (
        SELECT *, coalesce(sku_id, (SELECT max(l.sku_id) FROM order_lines l WHERE l.shop_id = r.shop_id
            AND l.order_id = r.order_id HAVING count(DISTINCT l.sku_id) = 1)) AS article
        FROM refunds r WHERE status = 'refunded' AND NOT EXISTS (
            FROM order_lines b WHERE b.shop_id = r.shop_id AND b.order_id = r.order_id AND b.is_brushing)
    ) LEFT JOIN (
        SELECT shop_id, order_id, sku_id AS article, sum(quantity) AS ordered, sum(payable_amount) AS owed
        FROM order_lines GROUP BY ALL
    ) USING (shop_id, order_id, article)
), costed AS (
    SELECT a.*, CASE WHEN own.sku_id IS NOT NULL THEN own.vat_share ELSE f.vat_share END::DECIMAL(9, 6) AS vat,
        coalesce(
            (SELECT unit_cost FROM order_costs c WHERE c.shop_id = a.shop_id AND c.child_order_id = a.line),
            (SELECT unit_cost FROM order_costs c WHERE c.shop_id = a.shop_id AND c.order_id = a.order_id AND c.sku_id = a.article),
            (SELECT max(unit_cost) FROM order_costs c WHERE c.shop_id = a.shop_id AND c.order_id = a.order_id
                AND (SELECT count(*) FROM order_lines l WHERE l.shop_id = a.shop_id AND l.order_id = a.order_id) = 1
                HAVING count(*) = 1),
            CASE WHEN own.sku_id IS NOT NULL THEN own.unit_cost ELSE f.unit_cost END) AS unit_cost
    FROM asked a
    LEFT JOIN products p ON p.sku_id = a.article
    ASOF LEFT JOIN sku_costs own ON own.shop_id = a.shop_id AND own.sku_id = a.article AND a.cost_day >= own.valid_from
    ASOF LEFT JOIN sku_costs f ON f.shop_id = a.shop_id AND f.sku_id = p.product_id AND a.cost_day >= f.valid_from
), valued AS (
    SELECT *, (amount * (1 - vat))::DECIMAL(18, 4) AS net, coalesce((units * unit_cost)::DECIMAL(18, 4), 0) AS goods
    FROM costed WHERE vat IS NOT NULL AND unit_cost IS NOT NULL
)
