"""What Xiaohongshu's order export and its settlement of goods look like: all put together from parts of real ones.

A settlement that has 结算时间 tells its own days; one without is of the day that its name or its loader tells.
"""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.xiaohongshu import mapping

ORDER_HEADERS = (
    "订单号", "订单状态", "售后状态", "订单类型", "订单标记", "收件人姓名", "收件人电话", "收件人地址", "省", "市",
    "区", "区域编码", "小红书编码",
    "条形码", "规格ID", "达人ID", "达人名称", "SKU名称", "SKU规格", "SKU件数", "是否为赠品", "发票/Invoice",
    "商品总价(元)", "用户应付金额(元)",
    "平台优惠(元)", "店铺优惠(元)", "支付渠道优惠(元)", "SKU商家改价(元)", "商家应收金额(元)（支付金额）", "支付方式",  # noqa: RUF001
    "支付渠道订单号", "支付期数", "利息费用", "手续费承担方", "支付时间", "sku净重(kg)", "包裹总净重(kg)",
    "包裹总运费(元)", "快递公司", "快递单号",
    "订单创建时间", "承诺发货时间", "订单发货时间", "订单完成时间", "商品名称", "商品ID", "商家编码", "用户编号",
)  # fmt: skip
SETTLEMENT_HEADERS = ("订单号", "交易类型", "商品数量", "商品实付/实退", "佣金总额", "商品名称")
_SETTLED = ("订单号", "交易类型", "商品数量", "商品实付/实退", "佣金总额")
# A settlement that calls its days otherwise must not be given one day for all of them: it is refused, naming both forms.
_OTHER_TIMES = ("结算日期", "结算完成时间", "结算到账时间", "入账时间", "到账时间")
LAYOUTS = (
    Layout(
        "xiaohongshu_order",
        "xiaohongshu",
        ORDER_HEADERS,
        needed=(
            "订单号", "订单状态", "订单创建时间", "支付时间", "SKU件数", "规格ID", "商品总价(元)", "用户应付金额(元)",
            "平台优惠(元)", "店铺优惠(元)",
            "支付渠道优惠(元)", "商家应收金额(元)（支付金额）",  # noqa: RUF001
        ),
        tables=(mapping.CHANNELS, mapping.PRODUCTS, mapping.ORDERS, mapping.ORDER_LINES, mapping.SHIPMENTS),
        rows=mapping.ORDER_ROWS,
        partial=True,
    ),
    Layout(
        "xiaohongshu_settlement",
        "xiaohongshu",
        SETTLEMENT_HEADERS,
        needed=_SETTLED,
        tables=mapping.SETTLED_ON_A_DAY,
        rows=mapping.SETTLEMENT_ROWS,
        unless=("结算时间", *_OTHER_TIMES),
        partial=True,
        days=True,
    ),
    Layout(
        "xiaohongshu_settlement_timed",
        "xiaohongshu",
        (*SETTLEMENT_HEADERS, "结算时间"),
        needed=(*_SETTLED, "结算时间"),
        tables=mapping.SETTLED_AT_TIMES,
        rows=mapping.SETTLEMENT_ROWS,
        partial=True,
    ),
)  # fmt: skip
