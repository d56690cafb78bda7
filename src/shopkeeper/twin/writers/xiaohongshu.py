"""Xiaohongshu's order export, and its settlement of goods: one file a bill, whose day only the name tells."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import Export

ORDERS = Export(
    "小红书订单",
    ("订单号", "订单状态", "售后状态", "订单类型", "订单标记", "收件人姓名", "收件人电话", "收件人地址", "省", "市", "区",
     "区域编码", "小红书编码", "条形码", "规格ID", "达人ID", "达人名称", "SKU名称", "SKU规格", "SKU件数", "是否为赠品",
     "发票/Invoice", "商品总价(元)", "用户应付金额(元)", "平台优惠(元)", "店铺优惠(元)", "支付渠道优惠(元)", "SKU商家改价(元)",
     "商家应收金额(元)（支付金额）", "支付方式", "支付渠道订单号", "支付期数", "利息费用", "手续费承担方", "支付时间",
     "sku净重(kg)", "包裹总净重(kg)", "包裹总运费(元)", "快递公司", "快递单号", "订单创建时间", "承诺发货时间", "订单发货时间",
     "订单完成时间", "商品名称", "商品ID", "商家编码", "用户编号"),
    {
        "订单号": "order_id",
        "订单状态": "CASE status WHEN 'placed' THEN '待付款' WHEN 'deposit_paid' THEN '待付款' WHEN 'paid' THEN '待发货' "
        "WHEN 'shipped' THEN '已发货' WHEN 'completed' THEN '已完成' WHEN 'cancelled' THEN '已取消' ELSE '已关闭' END",
        "售后状态": "CASE WHEN back_fen > 0 THEN '售后完成' ELSE '无售后' END",
        "订单类型": "CASE WHEN order_type = 'presale' THEN '预售' ELSE '现货' END", "收件人姓名": "'*' || '**'",
        "收件人电话": "'1**********'", "收件人地址": "'****'", "省": "full_province(province)",
        "条形码": "chr(9) || barcode", "规格ID": "'6' || lpad(CAST(sku AS VARCHAR), 11, '0')",
        "达人ID": "CASE WHEN channel IN ('affiliate', 'live') THEN '5' || lpad(CAST(order_no % 97 AS VARCHAR), 9, '0') END",
        "SKU名称": "name", "SKU规格": "variant", "SKU件数": "quantity", "是否为赠品": "'否'",
        "商品总价(元)": "yuan(list_fen)", "用户应付金额(元)": "yuan(payable_fen)",
        "平台优惠(元)": "yuan(platform_fen + influencer_fen)", "店铺优惠(元)": "yuan(merchant_fen)", "支付渠道优惠(元)": "'0.00'",
        "SKU商家改价(元)": "'0.00'", "商家应收金额(元)（支付金额）": "yuan(payable_fen + platform_fen + influencer_fen)",
        "支付方式": "'支付宝'", "支付时间": "said(paid_at)", "sku净重(kg)": "weight_g / 1000.0",
        "包裹总运费(元)": "yuan(freight_fen)", "快递公司": "carrier", "快递单号": "chr(9) || parcel",
        "订单创建时间": "said(placed_at)", "承诺发货时间": "said(due_at)", "订单发货时间": "said(shipped_at)",
        "订单完成时间": "said(completed_at)", "商品名称": "name", "商品ID": "'6a' || lpad(CAST(product AS VARCHAR), 10, '0')",
        "商家编码": "code", "用户编号": "CASE WHEN is_masked THEN '##' || md5(handle) || '##' ELSE handle END",
    },
    "sheet_lines",
    "placed_at, order_no, line",
)  # fmt: skip
# A row an order and direction of a bill: a sale with its commission, or what goes back with its commission.
_BILL = """
(SELECT order_no, is_back, sum(amount_fen) FILTER (is_goods) AS goods_fen,
    coalesce(sum(amount_fen) FILTER (NOT is_goods), 0) AS fee_fen
 FROM (SELECT *, kind IN ('sale', 'refund', 'subsidy', 'forfeit') AS is_goods,
            CASE WHEN kind IN ('sale', 'refund', 'subsidy', 'forfeit') THEN amount_fen < 0 ELSE amount_fen > 0 END AS is_back
        FROM bill) GROUP BY order_no, is_back)"""
SETTLEMENT = Export(
    "小红书货款结算",
    ("订单号", "交易类型", "商品数量", "商品实付/实退", "佣金总额", "商品名称"),
    {
        "订单号": "'P' || order_no", "交易类型": "CASE WHEN is_back THEN '退货退款' ELSE '结算入账' END", "商品数量": "quantity",
        "商品实付/实退": "yuan(goods_fen)", "佣金总额": "yuan(fee_fen)", "商品名称": "title",
    },
    f"(SELECT b.*, t.quantity, t.title FROM {_BILL} b JOIN (SELECT order_no, sum(quantity) AS quantity, "
    "any_value(name ORDER BY line) AS title FROM order_lines JOIN skus USING (sku) SEMI JOIN bill USING (order_no) "
    "GROUP BY order_no) t USING (order_no))",
    "order_no, is_back",
)  # fmt: skip


def write_xiaohongshu(desk: Desk, folder: Path, month: str) -> None:
    """The orders of some months, what has changed of earlier ones, and the bills of these months.

    A bill ends with a payout and on the last day of a month; where one export covers several months, a bill is a month.
    """
    name = folder / "xiaohongshu" / f"{ORDERS.name}_{month}.csv"
    ORDERS.write(desk, name, "shop = 'xiaohongshu' AND is_new")
    ORDERS.write(desk, name.with_stem(f"{name.stem}_更新"), "shop = 'xiaohongshu' AND NOT is_new")
    monthly = (desk.until - desk.first).days > 31
    bills = desk.run(f"""
        SELECT DISTINCT CAST(moment AS DATE) FROM settlements WHERE shop = 'xiaohongshu' AND kind = 'payout'
            AND moment >= getvariable('first') AND NOT {monthly}
        UNION SELECT CAST(unnest(generate_series(date_trunc('month', getvariable('first')) + INTERVAL 1 MONTH,
            getvariable('until'), INTERVAL 1 MONTH)) AS DATE) - 1
        UNION SELECT CAST(getvariable('until') AS DATE) - 1 ORDER BY 1""").fetchall()
    since = desk.first
    for (day,) in bills:
        desk.run(
            "CREATE OR REPLACE TEMP TABLE bill AS SELECT * FROM settlements WHERE shop = 'xiaohongshu' AND order_no IS NOT NULL "
            "AND CAST(moment AS DATE) BETWEEN ? AND ?", [since, day],
        )  # fmt: skip
        SETTLEMENT.write(desk, folder / "xiaohongshu" / f"{SETTLEMENT.name}_{day}.csv")
        since = day + dt.timedelta(1)
