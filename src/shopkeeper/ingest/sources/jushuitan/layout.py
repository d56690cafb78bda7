"""What Jushuitan's export of orders with costs and its after-sale cases look like; the second was put together from parts."""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.jushuitan import mapping

ORDER_HEADERS = (
    "内部订单号", "线上订单号", "店铺名称", "下单时间", "应付金额", "已付金额", "状态", "快递单号", "订单类型",
    "旗帜", "平台站点", "子订单编号",
    "线上子订单编号", "原始线上订单号", "商品编码", "商品名称", "数量", "商品单价", "商品金额", "原价", "买家实付",
    "收入运费", "支出运费", "成本价",
)  # fmt: skip
LAYOUTS = (
    Layout(
        "jushuitan_order",
        "erp",
        ORDER_HEADERS,
        needed=(
            "内部订单号", "线上订单号", "下单时间", "应付金额", "已付金额", "状态", "订单类型", "原始线上订单号",
            "商品编码", "数量", "商品金额", "买家实付",
            "收入运费", "成本价",
        ),
        tables=(mapping.PRODUCTS, mapping.ORDERS, mapping.ORDER_LINES, mapping.SKU_COSTS, mapping.ORDER_COSTS),
        notes_where=mapping.NOTES_WHERE,
        rows=mapping.ORDER_ROWS,
    ),
    Layout(
        "jushuitan_aftersale",
        "erp",
        mapping.CASE_HEADERS,
        needed=("售后单号", "内部订单号", "线上订单号", "货物状态", "商品编码"),
        tables=(mapping.CASES,),
        rows=mapping.CASE_ROWS,
        partial=True,
        days=True,
    ),
)  # fmt: skip
