"""Pinduoduo orders in terms of the commerce model. One row is one order of one article.

    list = 商品总价      payable = 用户实付 − 邮费      receivable = payable + 平台优惠折扣 + 多多支付立减

商家实收金额 is not read: after a refund some exports have it net of it and some have not; paid amounts are before refunds.
订单成交时间 may be empty, in paid orders too. An order's number begins with its day (260706-…): that day stands for the empty
moment. A status that is not listed sets the row aside, since whether the order was paid would be a guess.
The file has no buyer and no amount or day of refunds: buyers' indicators are unknown, and it carries no refunds.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import amount, any_of, cases, cell, money, own, rows_of, text
from shopkeeper.ingest.plan import TableMapping, Value

_WAITING = ("待付款", "待支付", "待成团", "待分享", "拼团中")
_CANCELLED = ("已取消", "交易已取消", "拼团失败", "未成团", "未成交")
_UNDONE = (
    "未成交退款成功",
    "已取消退款成功",
    "拼团失败退款成功",
    "未成团退款成功",
)  # money that came and went without a deal
_REFUNDED = ("未发货退款成功", "待发货退款成功", "已发货退款成功", "已收货退款成功", "已签收退款成功")
_CODES = (
    ("placed", _WAITING),
    ("paid", ("待发货", "部分发货")),
    ("shipped", ("已发货", "已发货待签收", "已发货待收货", "待收货")),
    ("completed", ("已签收", "已收货", "交易成功", "已完成")),
    ("cancelled", _CANCELLED),
    ("closed", (*_UNDONE, *_REFUNDED, "交易关闭")),
)
_CLEAN = rows_of(
    ("订单号", "订单状态", "订单成交时间", "商品", "商品id", "商品规格", "样式ID", "商家编码-规格维度"),
    (
        "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)", "多多支付立减金额(元)",
        "用户实付金额(元)", "商品数量(件)",
    ),
    f"regexp_replace({cell('订单状态')}, '[，,、；;\\s]', '', 'g') AS state",  # noqa: RUF001
    rf"CASE WHEN regexp_matches({cell('订单号')}, '^\d\d[01]\d[0-3]\d-\d{{5,}}$') "
    f"THEN '20' || {cell('订单号')}[:6] END AS day",
    f"coalesce({cell('商家编码-规格维度')}, {cell('样式ID')}, "
    f"{cell('商品id')} || coalesce(' ' || {cell('商品规格')}, '')) AS sku",
)  # fmt: skip
ROWS = (
    f"SELECT *, coalesce({cell('订单成交时间')}, day) AS ordered, "
    f"CASE WHEN state IN {any_of((*_WAITING, *_CANCELLED))} THEN NULL "
    f"WHEN state IN {any_of((*_UNDONE, '交易关闭'))} THEN {cell('订单成交时间')} "
    f"WHEN ({cases('state', _CODES)}) IS NOT NULL THEN coalesce({cell('订单成交时间')}, day) "
    f"ELSE coalesce(state, 'no status') END AS paid FROM ({_CLEAN})"
)
_SUBSIDY = f"({amount('平台优惠折扣(元)')} + {amount('多多支付立减金额(元)')})"
_PAYABLE = f"({amount('用户实付金额(元)')} - {amount('邮费(元)')})"
_MOMENTS = {"order_id": text("订单号"), "ordered_at": text("ordered"), "paid_at": text("paid")}
PRODUCTS = TableMapping(
    "products", {"sku_id": text("sku"), "product_id": text("商品id"), "name": text("商品")}, where="sku IS NOT NULL"
)
ORDERS = TableMapping(
    "orders",
    _MOMENTS
    | {
        "status": own(cases("state", _CODES)),
        "freight_amount": text("邮费(元)"),
        "payable_amount": text("用户实付金额(元)"),
    },
)
ORDER_LINES = TableMapping(
    "order_lines",
    _MOMENTS
    | {
        "line_no": Value(constant="1"),
        "sku_id": text("sku"),
        "quantity": text("商品数量(件)"),
        "list_amount": text("商品总价(元)"),
        "discount_merchant": text("店铺优惠折扣(元)"),
        "discount_platform": money(_SUBSIDY),
        "payable_amount": money(_PAYABLE),
        "receivable_amount": money(f"{_PAYABLE} + {_SUBSIDY}"),
    },
)
