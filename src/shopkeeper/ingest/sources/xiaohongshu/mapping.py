"""Xiaohongshu's exports in terms of the commerce model.

Orders: one row is one article of an order, its amounts are its own. The order's total is not stated.

    list = 商品总价      payable = 用户应付金额      receivable = 商家应收金额

店铺优惠 is the merchant's, 平台优惠 and 支付渠道优惠 are the platform's. SKU商家改价, a price that the merchant changed by
hand, counts with the merchant's discount when list less every discount then is what the buyer owes, whatever its sign; else
that discount is unknown. Of refunds the file has the state only, neither amount nor day: it carries none.

Settlement of goods: a row is two components, the goods' money and the commission. It has no number, and in some exports no day
of its own: its order, kind and content name it, so that a row exported twice counts once, also in both forms. A sale's
commission is a cost and a refund's comes back, whichever sign the export writes.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import amount, any_of, cases, cell, money, number_of, own, rows_of, text
from shopkeeper.ingest.layouts import DAY
from shopkeeper.ingest.plan import TableMapping, Value

_UNPAID = ("待付款", "待支付", "已下单待付款", "未支付")
_ENDED = ("已关闭", "交易关闭", "已取消")
_STATUS, _BUYER, _DUE = cell("订单状态"), cell("用户编号"), cell("承诺发货时间")
_CLEAN = rows_of(
    (
        "订单号", "订单状态", "订单类型", "省", "小红书编码", "规格ID", "达人ID", "SKU名称", "支付时间", "快递公司",
        "订单创建时间", "承诺发货时间",
        "订单发货时间", "商品名称", "商品ID", "商家编码", "用户编号",
    ),
    (
        "SKU件数", "商品总价(元)", "用户应付金额(元)", "平台优惠(元)", "店铺优惠(元)", "支付渠道优惠(元)",
        "SKU商家改价(元)", "包裹总运费(元)",
        "商家应收金额(元)（支付金额）",  # noqa: RUF001
    ),
    f"CASE WHEN {_STATUS} IN {any_of(_UNPAID)} THEN NULL ELSE {cell('支付时间')} END AS paid",
    f"coalesce({cell('商家编码')}, {cell('规格ID')}, {cell('小红书编码')}) AS sku",
    rf"CASE WHEN NOT regexp_matches({_BUYER}, '\*|^(##|\$\$|~)') THEN {_BUYER} END AS buyer",
    f"CASE WHEN {cell('达人ID')} IS NOT NULL THEN '达人' END AS influenced",
)  # fmt: skip
ORDER_ROWS = (
    "SELECT *, row_number() OVER of_order AS row_of_order, "
    f"sum({number_of('SKU件数')}) OVER (PARTITION BY shop_of_row, {cell('订单号')}) AS units_of_order FROM ({_CLEAN}) "
    f"WINDOW of_order AS (PARTITION BY shop_of_row, {cell('订单号')} ORDER BY file_row_number)"
)
_SUBSIDY = f"({amount('平台优惠(元)')} + {amount('支付渠道优惠(元)')})"
_REST = f"({amount('商品总价(元)')} - {_SUBSIDY} - {amount('用户应付金额(元)')})"
_CHANGED, _OFF = f"coalesce({amount('SKU商家改价(元)')}, 0)", amount("店铺优惠(元)")

_MOMENTS = {
    "order_id": text("订单号"), "customer_id": text("buyer"), "channel_id": text("influenced"),
    "ordered_at": text("订单创建时间"),
    "paid_at": text("paid"),
}  # fmt: skip
CHANNELS = TableMapping(
    "channels",
    {"channel_id": text("influenced"), "name": text("influenced"), "kind": Value(constant="affiliate")},
    where="influenced IS NOT NULL",
)
PRODUCTS = TableMapping(
    "products",
    {
        "sku_id": text("sku"),
        "product_id": text("商品ID"),
        "name": own(f"coalesce({cell('SKU名称')}, {cell('商品名称')})"),
    },
    where="sku IS NOT NULL",
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
                    (
                        "paid",
                        (
                            "已支付",
                            "已支付处理中",
                            "处理中",
                            "清关中",
                            "待配货",
                            "配货中",
                            "待发货",
                            "部分发货",
                            "换货申请中",
                        ),
                    ),
                    ("shipped", ("已发货", "待收货")),
                    ("completed", ("已完成", "已签收", "交易成功")),
                    ("cancelled", ("已取消",)),
                    ("closed", _ENDED),
                ),
            )
        ),
        "order_type": own(f"CASE WHEN contains({cell('订单类型')}, '预售') THEN 'presale' ELSE 'normal' END"),
        "freight_amount": text("包裹总运费(元)"),
        "region": text("省"),
    },
)
ORDER_LINES = TableMapping(
    "order_lines",
    _MOMENTS
    | {
        "sku_id": text("sku"),
        "quantity": text("SKU件数"),
        "list_amount": text("商品总价(元)"),
        "discount_merchant": money(
            f"CASE WHEN {_CHANGED} = 0 THEN {_OFF} WHEN {_REST} IN ({_OFF} + {_CHANGED}, {_OFF} - {_CHANGED}) THEN {_REST} END"
        ),
        "discount_platform": money(_SUBSIDY),
        "payable_amount": text("用户应付金额(元)"),
        "receivable_amount": text("商家应收金额(元)（支付金额）"),  # noqa: RUF001
    },
)
# One parcel an order; one that ended before it was shipped is no longer due.
SHIPMENTS = TableMapping(
    "shipments",
    {
        "shipment_id": text("订单号"), "order_id": text("订单号"), "ordered_day": text("订单创建时间"),
        "due_at": text("承诺发货时间"),
        "shipped_at": text("订单发货时间"), "quantity": own("units_of_order"), "carrier": text("快递公司"),
    },
    where=f"row_of_order = 1 AND {_DUE} IS NOT NULL AND paid IS NOT NULL AND "
    f"({cell('订单发货时间')} IS NOT NULL OR {_STATUS} NOT IN {any_of(_ENDED)})",
)  # fmt: skip

SETTLEMENT_ROWS = rows_of(
    ("订单号", "交易类型", "商品数量", "商品名称"),
    ("商品实付/实退", "佣金总额"),
    f"contains({cell('交易类型')}, '退') AS goes_back",
    "left(md5(concat_ws('|', "
    + ", ".join(f"coalesce({cell(h)}, '')" for h in ("商品名称", "商品数量", "商品实付/实退", "佣金总额"))
    + ")), 8) AS content",
)
_KIND = cell("交易类型")


def _component(settled: dict[str, Value], part: str, kind: str, sql: str, where: str = "") -> TableMapping:
    return TableMapping(
        "settlements",
        {
            "statement_id": own(f"{cell('订单号')} || '#' || {_KIND} || '#' || content || '#{part}'"),
            "issuer": Value(constant="platform"),
            "order_id": text("订单号"),
            **settled,
            "kind": own(kind),
            "amount": money(sql),
            "note": own(f"{_KIND} || coalesce(' ' || {cell('商品名称')}, '')"),
        },
        where=where,
    )


_GOODS, _COMMISSION = amount("商品实付/实退"), amount("佣金总额")


def _components(settled: dict[str, Value]) -> tuple[TableMapping, ...]:
    return (
        _component(
            settled,
            "goods",
            f"CASE WHEN {_KIND} IN ('结算入账', '结算', '订单结算') THEN 'sale' WHEN goes_back THEN 'refund' ELSE 'other' END",
            f"CASE WHEN goes_back THEN -abs({_GOODS}) ELSE {_GOODS} END",
        ),
        _component(
            settled,
            "commission",
            "'commission'",
            f"CASE WHEN goes_back THEN abs({_COMMISSION}) ELSE -abs({_COMMISSION}) END",
            where=f"coalesce({number_of('佣金总额')}, 1) <> 0 AND {cell('佣金总额')} IS NOT NULL",
        ),
    )


SETTLED_ON_A_DAY = _components({"settled_day": Value(constant=DAY)})
SETTLED_AT_TIMES = _components({"settled_at": Value(header="结算时间")})
