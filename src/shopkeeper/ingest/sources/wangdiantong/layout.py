"""What Wangdiantong's export of trades looks like: put together from its API, not from a whole real export."""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.wangdiantong import mapping

TRADE_HEADERS = (
    "订单编号", "原始单号", "原始子订单号", "子单原始子订单号", "客户网名", "收件人", "收货地址", "处理状态",
    "退款状态", "仓库", "物流公司",
    "物流单号", "商家编码", "货品数量", "发货时间",
)  # fmt: skip
LAYOUTS = (
    Layout(
        "wangdiantong_trade",
        "erp",
        TRADE_HEADERS,
        needed=("订单编号", "原始单号", "处理状态", "退款状态", "仓库", "商家编码", "货品数量", "发货时间"),
        tables=(mapping.PRODUCTS, mapping.STOCK_MOVES),
        rows=mapping.TRADE_ROWS,
        partial=True,
    ),
)
