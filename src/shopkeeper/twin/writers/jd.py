"""JD's order export: GB18030, one row an article, the order's amounts on each of them, thousands commas."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import Export

_BALANCE = "CASE WHEN order_no % 11 = 0 THEN least(2000, order_payable_fen) ELSE 0 END"
ORDERS = Export(
    "jd_orders",
    ("订单号", "商品ID", "商品名称", "订购数量", "支付方式", "下单时间", "京东价", "订单金额", "结算金额", "余额支付",
     "应付金额",
     "订单状态", "订单类型", "下单帐号", "客户姓名", "客户地址", "联系电话", "订单备注", "发票类型", "发票抬头", "发票内容",
     "商家备注", "商家备注等级（等级1-5为由高到低）", "运费金额", "付款确认时间", "增值税发票", "货号", "订单完成时间",
     "订单来源",
     "订单渠道"),
    {
        "订单号": "'=\"' || order_no || '\"'", "商品ID": "jd_number(sku)", "商品名称": "name", "订购数量": "quantity",
        "支付方式": "'在线支付'", "下单时间": "said(placed_at)", "京东价": "grouped(list_fen // quantity)",
        "订单金额": "grouped(order_list_fen)", "结算金额": "grouped(order_receivable_fen)", "余额支付": f"yuan({_BALANCE})",
        "应付金额": f"grouped(order_payable_fen - {_BALANCE})",
        "订单状态": "CASE status WHEN 'placed' THEN '等待付款' WHEN 'deposit_paid' THEN '等待付款' WHEN 'paid' THEN '等待出库' "
        "WHEN 'shipped' THEN '等待确认收货' WHEN 'completed' THEN '完成' WHEN 'cancelled' THEN '已取消' "
        "ELSE '(删除)等待出库' END",
        "订单类型": "CASE WHEN order_type = 'presale' THEN '预售订单' ELSE '销售订单' END",
        "下单帐号": "CASE WHEN is_masked THEN left(handle, 1) || '***' || right(handle, 1) ELSE handle END",
        "客户姓名": "'*' || '*'", "客户地址": "province || '****'", "联系电话": "'1******' || right(CAST(phone AS VARCHAR), 4)",
        "发票类型": "'不开发票'", "运费金额": "yuan(freight_fen)", "付款确认时间": "said(paid_at)", "货号": "code",
        "订单完成时间": "said(completed_at)",
        "订单来源": "CASE WHEN terminal = 'mobile' THEN '移动端订单' ELSE 'PC端订单' END",
        "订单渠道": "CASE channel WHEN 'search' THEN '京东搜索' WHEN 'recommend' THEN '京东推荐' WHEN 'ads' THEN '京东快车' "
        "ELSE '暂无来源' END",
    },
    "sheet_lines",
    "placed_at, order_no, line",
    "gb18030",
)  # fmt: skip


def write_jd(desk: Desk, folder: Path, month: str) -> None:
    """A month's orders, and what has changed of earlier months."""
    ORDERS.write(desk, folder / "jd" / f"{ORDERS.name}_{month}.csv", "shop = 'jd' AND is_new")
    ORDERS.write(desk, folder / "jd" / f"{ORDERS.name}_{month}_更新.csv", "shop = 'jd' AND NOT is_new")
