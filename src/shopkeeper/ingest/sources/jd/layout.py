"""What JD's exports look like."""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.jd import mapping

ORDER_EXPORT = Layout(
    "jd_order_export",
    "jd",
    headers=(
        "订单号", "商品ID", "商品名称", "订购数量", "支付方式", "下单时间", "京东价", "订单金额", "结算金额",
        "余额支付", "应付金额", "订单状态",
        "订单类型", "下单帐号", "客户姓名", "客户地址", "联系电话", "订单备注", "发票类型", "发票抬头",
        "发票内容", "商家备注",
        "商家备注等级（等级1-5为由高到低）", "运费金额", "付款确认时间", "增值税发票", "货号", "订单完成时间",
        "订单来源", "订单渠道",
    ),
    needed=(
        "订单号", "商品ID", "订购数量", "支付方式", "下单时间", "京东价", "订单金额", "结算金额", "余额支付",
        "应付金额", "订单状态",
        "运费金额", "付款确认时间",
    ),
    tables=(mapping.ORDER_PRODUCTS, mapping.ORDERS, mapping.ORDER_LINES),
    rows=mapping.ORDER_ROWS,
)  # fmt: skip
SHANGZHI_SKU = Layout(
    "jd_shangzhi_sku",
    "jd",
    headers=(
        "时间", "SKU", "SKU名称", "一级类目", "二级类目", "三级类目", "货号", "成交金额", "成交商品件数",
        "成交单量", "成交客户数",
        "成交转化率", "客单价", "件单价", "UV价值", "商品浏览量", "商品访客数", "商品人均浏览量",
        "加购商品件数", "加购客户数",
        "加购商品件数（正向）", "加购商品件数（负向）", "加购转化率", "加购金额", "搜索曝光次数",
        "搜索点击次数", "搜索点击率",
        "商详平均停留时长", "下单金额", "下单商品件数", "下单单量", "下单客户数", "下单转化率",
        "下单成交转化率", "取消及售后退款金额",
        "取消及售后退款商品件数", "取消及售后退款单量", "取消订单金额", "取消订单商品件数", "取消订单单量",
    ),
    needed=("时间", "SKU", "成交金额", "成交客户数", "商品浏览量", "商品访客数", "加购客户数"),
    tables=(mapping.SKU_PRODUCTS, mapping.SKU_DAYS),
    rows=mapping.SKU_ROWS,
    notes_where=" OR ".join(
        f"""trim(CAST("{header}" AS VARCHAR)) IN ('合计', '总计', '汇总')""" for header in ("SKU", "时间")
    ),
)  # fmt: skip
LAYOUTS = (ORDER_EXPORT, SHANGZHI_SKU)
