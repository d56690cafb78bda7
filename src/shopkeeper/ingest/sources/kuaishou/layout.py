"""What Kuaishou's order export looks like."""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.kuaishou import mapping

ORDER_HEADERS = (
    "订单号", "赠品订单号", "活动订单编号", "订单创建时间", "订单支付时间", "预售定金支付时间", "订单状态", "实付款",
    "快递费", "店铺优惠",
    "平台补贴", "主播补贴", "混资活动优惠", "支付优惠", "支付方式", "成交数量", "买家留言", "账号类型", "账号明细",
    "订单备注", "旗帜颜色",
    "售后状态", "活动订单", "预售/承诺发货时间", "订单载体", "商品名称", "商品ID", "商品规格", "SKU编码", "商品单价",
    "渠道", "CPS达人ID",
    "CPS达人昵称", "预估推广佣金", "预估推广者分佣比例", "团长ID", "团长昵称", "快赚客ID", "快赚客昵称",
    "授权推广者ID", "授权推广者昵称",
    "收货人姓名", "收货人电话", "收货地址-省", "收货地址-市", "收货地址-区", "收货地址-街道", "收货地址", "发货时间",
    "快递公司", "快递单号",
    "物流信息", "集运类型", "直邮类型", "仓库名称", "仓库地址", "实名姓名", "服务门店ID", "服务门店名称",
    "服务门店地址", "国补/类国补/消费券",
)  # fmt: skip
LAYOUTS = (
    Layout(
        "kuaishou_order",
        "kuaishou",
        ORDER_HEADERS,
        needed=(
            "订单号", "订单创建时间", "订单支付时间", "订单状态", "实付款", "快递费", "店铺优惠", "平台补贴",
            "主播补贴", "支付优惠", "成交数量",
            "商品ID", "SKU编码", "商品单价",
        ),
        tables=(mapping.CHANNELS, mapping.PRODUCTS, mapping.ORDERS, mapping.ORDER_LINES, mapping.SHIPMENTS),
        rows=mapping.ROWS,
    ),
)  # fmt: skip
