"""Pinduoduo's order export: one order an article, its number begins with its day, no buyer, 成交时间 sometimes left out."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import Export

# The moment is left out of some paid orders, all paid on the day that their number names.
_LEFT_OUT = "order_no % 97 = 3 AND CAST(paid_at AS DATE) = CAST(placed_at AS DATE)"
ORDERS = Export(
    "拼多多订单",
    ("订单成交时间", "商品", "订单号", "订单状态", "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)",
     "多多支付立减金额(元)", "用户实付金额(元)", "商家实收金额(元)", "商品数量(件)", "发货时间", "确认收货时间", "商品id",
     "商品规格",
     "样式ID", "商家编码-规格维度", "商家编码-商品维度", "商家备注", "售后状态", "快递单号", "快递公司"),
    {
        "订单成交时间": f"CASE WHEN NOT ({_LEFT_OUT}) THEN said(paid_at) END", "商品": "name",
        "订单号": "chr(9) || order_id",
        "订单状态": "CASE status WHEN 'placed' THEN '待付款' WHEN 'deposit_paid' THEN '待付款' WHEN 'paid' THEN '待发货' "
        "WHEN 'shipped' THEN '已发货，待签收' WHEN 'completed' THEN CASE WHEN back_quantity = quantity THEN '已签收，退款成功' "  # noqa: RUF001
        "ELSE '已签收' END WHEN 'cancelled' THEN '已取消' ELSE '未发货，退款成功' END",  # noqa: RUF001
        "商品总价(元)": "yuan(list_fen)", "邮费(元)": "yuan(line_freight_fen)", "店铺优惠折扣(元)": "yuan(merchant_fen)",
        "平台优惠折扣(元)": "yuan(platform_fen)", "多多支付立减金额(元)": "'0'",
        "用户实付金额(元)": "yuan(payable_fen + line_freight_fen)",
        "商家实收金额(元)": "yuan(payable_fen + line_freight_fen + platform_fen)", "商品数量(件)": "quantity",
        "发货时间": "said(shipped_at)", "确认收货时间": "said(completed_at)", "商品id": "'56' || lpad(CAST(product "
        "AS VARCHAR), 9, '0')",
        "商品规格": "variant", "样式ID": "'98' || lpad(CAST(sku AS VARCHAR), 9, '0')", "商家编码-规格维度": "code",
        "商家编码-商品维度": "product_code",
        "售后状态": "CASE WHEN back_fen > 0 THEN '退款成功' ELSE '无售后或售后取消' END", "快递单号": "chr(9) || parcel",
        "快递公司": "carrier",
    },
    "sheet_lines",
    "placed_at, order_no, line",
)  # fmt: skip


def write_pinduoduo(desk: Desk, folder: Path, month: str) -> None:
    """A month's orders, and what has changed of earlier months."""
    name = folder / "pinduoduo" / f"{ORDERS.name}_{month}.csv"
    ORDERS.write(desk, name, "shop = 'pinduoduo' AND is_new")
    ORDERS.write(desk, name.with_stem(f"{name.stem}_更新"), "shop = 'pinduoduo' AND NOT is_new")
