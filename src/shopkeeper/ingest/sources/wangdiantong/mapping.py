"""Wangdiantong's trades in terms of the commerce model: what left a warehouse, when.

The export states neither amounts nor when an order was placed or paid, so that it makes no orders; those come from the
platform that sold them. A trade that was shipped is a movement of stock. Buyers and addresses are not read. Refunds have a state
only, neither amount nor day: it carries none.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import amount, cell, money, own, rows_of, text
from shopkeeper.ingest.plan import TableMapping, Value

# Several rows of a trade may have the same article: a gift beside what was bought.
_KEY = f"shop_of_row, {cell('订单编号')}, {cell('商家编码')}, sub_order"
_CLEAN = rows_of(
    ("订单编号", "原始子订单号", "子单原始子订单号", "处理状态", "仓库", "商家编码", "发货时间"),
    ("货品数量",),
    f"coalesce({cell('子单原始子订单号')}, {cell('原始子订单号')}, '') AS sub_order",
    f"CASE WHEN {cell('发货时间')} NOT LIKE '0000-%' AND {cell('发货时间')} NOT LIKE '1000-%' "
    f"THEN {cell('发货时间')} END AS shipped",
)
TRADE_ROWS = f"SELECT *, row_number() OVER (PARTITION BY {_KEY} ORDER BY file_row_number) AS nth FROM ({_CLEAN})"
PRODUCTS = TableMapping("products", {"sku_id": text("商家编码")})
STOCK_MOVES = TableMapping(
    "stock_moves",
    {
        "move_id": own(f"{cell('订单编号')} || '#' || {cell('商家编码')} || '#' || sub_order || '#' || nth"),
        "warehouse_id": text("仓库"),
        "sku_id": text("商家编码"),
        "moved_at": text("shipped"),
        "quantity": money(f"-{amount('货品数量')}"),
        "kind": Value(constant="sale"),
    },
    where=f"shipped IS NOT NULL AND coalesce({cell('处理状态')}, '') <> '已取消'",
)
