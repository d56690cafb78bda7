"""What Pinduoduo's order export looks like."""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.pinduoduo import mapping

ORDER_HEADERS = (
    "订单成交时间", "商品", "订单号", "订单状态", "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)",
    "多多支付立减金额(元)",
    "用户实付金额(元)", "商家实收金额(元)", "商品数量(件)", "发货时间", "确认收货时间", "商品id", "商品规格",
    "样式ID", "商家编码-规格维度",
    "商家编码-商品维度", "商家备注", "售后状态", "快递单号", "快递公司",
)  # fmt: skip
LAYOUTS = (
    Layout(
        "pinduoduo_order",
        "pinduoduo",
        ORDER_HEADERS,
        needed=(
            "订单号", "订单状态", "订单成交时间", "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)",
            "多多支付立减金额(元)",
            "用户实付金额(元)", "商品数量(件)", "商品id",
        ),
        tables=(mapping.PRODUCTS, mapping.ORDERS, mapping.ORDER_LINES),
        rows=mapping.ROWS,
    ),
)  # fmt: skip
