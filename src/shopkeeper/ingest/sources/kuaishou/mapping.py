"""Kuaishou orders in terms of the commerce model. One row is one order of one article.

    list = 商品单价 × 成交数量      payable = 实付款 − 快递费      receivable = payable + what others bear

店铺优惠 is the merchant's, 平台补贴, 支付优惠 and 国补 are the platform's, 主播补贴 is the influencer's. Of 混资活动优惠,
which merchant and platform share, the export does not tell the parts: where there is any, neither's discount nor the
receivable is known.
The file has no buyer, and of refunds only the state (售后状态), neither amount nor day: it carries none.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import amount, any_of, cases, cell, money, own, rows_of, text
from shopkeeper.ingest.plan import TableMapping, Value

_UNPAID = ("待付款", "待支付", "待付定金", "待付尾款", "定金已付", "定金已付待付尾款")
_ENDED = ("交易关闭", "已关闭", "订单关闭", "交易失败", "订单失败", "已取消", "订单取消")
_STATUS, _DUE, _SHIPPED = cell("订单状态"), cell("预售/承诺发货时间"), cell("发货时间")
_SHARED = f"coalesce({amount('混资活动优惠')}, 0)"
_SUBSIDY = f"({amount('平台补贴')} + {amount('支付优惠')} + coalesce({amount('国补/类国补/消费券')}, 0))"
_PAYABLE = f"({amount('实付款')} - {amount('快递费')})"
ROWS = rows_of(
    (
        "订单号", "订单创建时间", "订单支付时间", "预售定金支付时间", "订单状态", "预售/承诺发货时间", "订单载体",
        "商品名称", "商品ID", "商品规格",
        "SKU编码", "收货地址-省", "发货时间", "快递公司", "仓库名称",
    ),
    (
        "实付款", "快递费", "店铺优惠", "平台补贴", "主播补贴", "混资活动优惠", "支付优惠", "成交数量", "商品单价",
        "国补/类国补/消费券",
    ),
    f"coalesce({cell('SKU编码')}, {cell('商品ID')} || coalesce(' ' || {cell('商品规格')}, '')) AS sku",
    f"CASE WHEN {_STATUS} IN {any_of(_UNPAID)} THEN NULL ELSE {cell('订单支付时间')} END AS paid",
)  # fmt: skip

_MOMENTS = {
    "order_id": text("订单号"), "channel_id": text("订单载体"), "ordered_at": text("订单创建时间"), "paid_at": text("paid"),
}  # fmt: skip
CHANNELS = TableMapping(
    "channels",
    {
        "channel_id": text("订单载体"), "name": text("订单载体"),
        "kind": own(f"CASE WHEN contains({cell('订单载体')}, '直播') THEN 'live' END"),
    },
    where=f"{cell('订单载体')} IS NOT NULL",
)  # fmt: skip
PRODUCTS = TableMapping(
    "products", {"sku_id": text("sku"), "product_id": text("商品ID"), "name": text("商品名称")}, where="sku IS NOT NULL"
)
ORDERS = TableMapping(
    "orders",
    _MOMENTS
    | {
        "status": own(
            cases(
                _STATUS,
                (
                    ("placed", _UNPAID),
                    ("paid", ("待成团", "待发货", "已付款", "部分发货")),
                    ("shipped", ("已发货", "待收货", "已发货待收货")),
                    ("completed", ("已收货", "已签收", "交易成功", "交易完成", "已完成")),
                    ("cancelled", ("已取消", "订单取消")),
                    ("closed", _ENDED),
                ),
            )
        ),
        "order_type": own(f"CASE WHEN {cell('预售定金支付时间')} IS NULL THEN 'normal' ELSE 'presale' END"),
        "freight_amount": text("快递费"),
        "payable_amount": text("实付款"),
        "region": text("收货地址-省"),
    },
)
ORDER_LINES = TableMapping(
    "order_lines",
    _MOMENTS
    | {
        "line_no": Value(constant="1"),
        "sku_id": text("sku"),
        "quantity": text("成交数量"),
        "list_amount": money(f"{amount('商品单价')} * {amount('成交数量')}"),
        "discount_merchant": money(f"CASE WHEN {_SHARED} = 0 THEN {amount('店铺优惠')} END"),
        "discount_platform": money(f"CASE WHEN {_SHARED} = 0 THEN {_SUBSIDY} END"),
        "discount_influencer": text("主播补贴"),
        "payable_amount": money(_PAYABLE),
        "receivable_amount": money(f"CASE WHEN {_SHARED} = 0 THEN {_PAYABLE} + {_SUBSIDY} + {amount('主播补贴')} END"),
    },
)
# An order that ended before it was shipped is no longer due.
SHIPMENTS = TableMapping(
    "shipments",
    {
        "shipment_id": text("订单号"), "order_id": text("订单号"), "ordered_day": text("订单创建时间"),
        "due_at": text("预售/承诺发货时间"),
        "shipped_at": text("发货时间"), "quantity": text("成交数量"), "carrier": text("快递公司"),
        "warehouse_id": text("仓库名称"),
    },
    where=f"{_DUE} IS NOT NULL AND paid IS NOT NULL AND ({_SHIPPED} IS NOT NULL OR {_STATUS} NOT IN {any_of(_ENDED)})",
)  # fmt: skip
