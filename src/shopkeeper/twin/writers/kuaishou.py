"""Kuaishou's order export: one order an article, ¥ signs, dashes for nothing, no buyer."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import Export

ORDERS = Export(
    "快手小店订单",
    ("订单号", "赠品订单号", "活动订单编号", "订单创建时间", "订单支付时间", "预售定金支付时间", "订单状态", "实付款", "快递费",
     "店铺优惠", "平台补贴", "主播补贴", "混资活动优惠", "支付优惠", "支付方式", "成交数量", "买家留言", "账号类型", "账号明细",
     "订单备注", "旗帜颜色", "售后状态", "活动订单", "预售/承诺发货时间", "订单载体", "商品名称", "商品ID", "商品规格", "SKU编码",
     "商品单价", "渠道", "CPS达人ID", "CPS达人昵称", "预估推广佣金", "预估推广者分佣比例", "团长ID", "团长昵称", "快赚客ID",
     "快赚客昵称", "授权推广者ID", "授权推广者昵称", "收货人姓名", "收货人电话", "收货地址-省", "收货地址-市", "收货地址-区",
     "收货地址-街道", "收货地址", "发货时间", "快递公司", "快递单号", "物流信息", "集运类型", "直邮类型", "仓库名称", "仓库地址",
     "实名姓名", "服务门店ID", "服务门店名称", "服务门店地址", "国补/类国补/消费券"),
    {
        "订单号": "chr(9) || order_id", "订单创建时间": "said(placed_at)", "订单支付时间": "coalesce(said(paid_at), '-')",
        "预售定金支付时间": "coalesce(said(deposit_at), '-')",
        "订单状态": "CASE status WHEN 'placed' THEN '待付款' WHEN 'deposit_paid' THEN '待付尾款' WHEN 'paid' THEN '待发货' "
        "WHEN 'shipped' THEN '已发货' WHEN 'completed' THEN '交易成功' WHEN 'cancelled' THEN '已取消' ELSE '交易关闭' END",
        "实付款": "'¥' || yuan(payable_fen + line_freight_fen)", "快递费": "'¥' || yuan(line_freight_fen)",
        "店铺优惠": "'¥' || yuan(merchant_fen)", "平台补贴": "'¥' || yuan(platform_fen)", "主播补贴": "'¥' || "
        "yuan(influencer_fen)",
        "混资活动优惠": "'¥0'", "支付优惠": "'¥0'", "支付方式": "'微信'", "成交数量": "quantity",
        "售后状态": "CASE WHEN back_fen > 0 THEN '退款成功' ELSE '-' END", "活动订单": "'否'",
        "预售/承诺发货时间": "coalesce(said(due_at), '-')",
        "订单载体": "CASE channel WHEN 'live' THEN '直播间' WHEN 'short_video' THEN '短视频' ELSE '商品卡' END",
        "商品名称": "name", "商品ID": "'21' || lpad(CAST(product AS VARCHAR), 10, '0')", "商品规格": "variant", "SKU编码": "code",
        "商品单价": "'¥' || yuan(list_fen // quantity)",
        "渠道": "CASE WHEN channel = 'affiliate' THEN '分销' ELSE '自营' END", "预估推广者分佣比例": "'0.0%'",
        "收货人姓名": "'*' || '**'", "收货人电话": "'1**********'", "收货地址-省": "full_province(province)",
        "收货地址": "'****'", "发货时间": "coalesce(said(shipped_at), '-')", "快递公司": "coalesce(carrier, '-')",
        "快递单号": "chr(9) || coalesce(CAST(parcel AS VARCHAR), '-')", "国补/类国补/消费券": "'-'",
    },
    "sheet_lines",
    "placed_at, order_no, line",
)  # fmt: skip


def write_kuaishou(desk: Desk, folder: Path, month: str) -> None:
    """A month's orders, and what has changed of earlier months."""
    name = folder / "kuaishou" / f"{ORDERS.name}_{month}.csv"
    ORDERS.write(desk, name, "shop = 'kuaishou' AND is_new")
    ORDERS.write(desk, name.with_stem(f"{name.stem}_更新"), "shop = 'kuaishou' AND NOT is_new")
