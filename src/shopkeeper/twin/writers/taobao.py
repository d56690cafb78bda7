"""Tmall's back end: order report and item report, GB18030, numbers as ="…" or behind a TAB.

What the platform bears is a means of payment here (天猫卡券抵扣): 买家应付货款 holds it, 买家实际支付金额 does not.
"""

from __future__ import annotations

from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import Export

_STATUS = """CASE status WHEN 'placed' THEN '等待买家付款' WHEN 'deposit_paid' THEN '等待买家付款'
    WHEN 'paid' THEN '买家已付款，等待卖家发货' WHEN 'shipped' THEN '卖家已发货，等待买家确认' WHEN 'completed' THEN '交易成功'
    WHEN 'cancelled' THEN '付款以前，卖家或买家主动关闭交易' ELSE '交易关闭' END"""  # noqa: RUF001
_PAID = "said(coalesce(paid_at, deposit_at))"
_ACTUAL = "CASE WHEN paid_at IS NOT NULL THEN payable_fen WHEN deposit_at IS NOT NULL THEN deposit_fen ELSE 0 END"
_STAGES = """CASE WHEN order_type = 'presale' THEN '阶段1：定金' || yuan(deposit_fen) || CASE WHEN deposit_at IS NULL THEN '未付'
    ELSE '已付' END || '；阶段2：尾款' || CASE WHEN paid_at IS NULL THEN '未付' ELSE '已付' END END"""  # noqa: RUF001
ORDERS = Export(
    "ExportOrderList",
    ("订单编号", "买家会员名", "买家支付宝账号", "买家应付货款", "买家应付邮费", "买家支付积分", "总金额", "返点积分",
     "买家实际支付金额", "买家实际支付积分", "订单状态", "买家留言", "收货人姓名", "收货地址", "运送方式", "联系电话", "联系手机",
     "订单创建时间", "订单付款时间", "宝贝标题", "宝贝种类", "物流单号", "物流公司", "订单备注", "宝贝总数量", "店铺Id",
     "店铺名称",
     "订单关闭原因", "卖家服务费", "买家服务费", "发票抬头", "是否手机订单", "分阶段订单信息", "特权订金订单id", "定金排名",
     "修改后的sku", "修改后的收货地址", "异常信息", "天猫卡券抵扣", "集分宝抵扣", "是否是O2O交易"),
    {
        "订单编号": "'=\"' || order_no || '\"'",
        "买家会员名": "CASE WHEN is_masked THEN left(handle, 1) || '**' ELSE handle END",
        "买家应付货款": "yuan(goods_fen + platform_fen)", "买家应付邮费": "yuan(freight_fen)", "买家支付积分": "'0'",
        "总金额": "yuan(payable_fen + platform_fen)", "返点积分": "'0'", "买家实际支付金额": f"yuan({_ACTUAL})",
        "买家实际支付积分": "'0'", "订单状态": _STATUS, "收货人姓名": "'*' || '**'",
        "收货地址": "full_province(province) || ' ****'", "运送方式": "'快递'", "联系手机": "'''1**********'",
        "订单创建时间": "said(placed_at)", "订单付款时间": _PAID, "宝贝标题": "title", "宝贝种类": "lines",
        "物流单号": "'No:' || parcel", "物流公司": "carrier", "宝贝总数量": "quantity", "店铺Id": "'0'",
        "店铺名称": "'兰亭旗舰店'",
        "订单关闭原因": "CASE status WHEN 'cancelled' THEN '买家未付款' WHEN 'closed' THEN '退款' ELSE '订单未关闭' END",
        "卖家服务费": "'0元'", "是否手机订单": "CASE WHEN terminal = 'mobile' THEN '手机订单' END", "分阶段订单信息": _STAGES,
        "天猫卡券抵扣": "yuan(platform_fen)", "集分宝抵扣": "'0.00'",
    },
    "(SELECT s.*, t.title FROM sheet s JOIN (SELECT order_no, string_agg(name, '，' ORDER BY line) AS title "  # noqa: RUF001
    "FROM sheet_lines WHERE shop = 'tmall' GROUP BY order_no) t USING (order_no))",
    "placed_at, order_no",
    "gb18030",
    spelled={h: f"{h} " for h in ("收货地址", "联系电话", "订单付款时间", "宝贝标题")},
)  # fmt: skip
ITEMS = Export(
    "ExportItemList",
    ("子订单编号", "主订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "套餐信息", "备注", "订单状态",
     "商家编码",
     "支付单号", "买家应付货款", "买家实际支付金额", "退款状态", "退款金额", "订单创建时间", "订单付款时间"),
    {
        "子订单编号": "chr(9) || child_no(order_no, line, lines)", "主订单编号": "chr(9) || order_no", "标题": "name",
        "价格": "yuan(list_fen // quantity)", "购买数量": "quantity", "外部系统编号": "product_code",
        "商品属性": "'规格:' || variant", "订单状态": _STATUS, "商家编码": "code",
        "支付单号": "CASE WHEN paid_at IS NOT NULL THEN chr(9) || '2021' || order_no END",
        "买家应付货款": "yuan(payable_fen + platform_fen)",
        "买家实际支付金额": "yuan(CASE WHEN paid_at IS NULL THEN 0 ELSE payable_fen END)",
        "退款状态": "CASE WHEN back_fen > 0 THEN '退款成功' ELSE '没有申请退款' END",
        "退款金额": "CASE WHEN back_fen > 0 THEN yuan(back_fen) || '元' ELSE '无退款申请' END",
        "订单创建时间": "said(placed_at)", "订单付款时间": _PAID,
    },
    "sheet_lines",
    "placed_at, order_no, line",
    "gb18030",
)  # fmt: skip


def write_taobao(desk: Desk, folder: Path, month: str) -> None:
    """A month's reports, and what has changed of earlier months."""
    for export in (ORDERS, ITEMS):
        export.write(desk, folder / "tmall" / f"{export.name}{month}.csv", "shop = 'tmall' AND is_new")
        export.write(desk, folder / "tmall" / f"{export.name}{month}_更新.csv", "shop = 'tmall' AND NOT is_new")
