"""Jushuitan's exports in terms of the commerce model.

Orders: one row is one article of an internal order. An online order may be split into several internal ones, and several
may be merged into one; the order here is the online one that the article belongs to (原始线上订单号, else 线上订单号).
What is sent again (补发) or exchanged (换货) is an order of its own, under its internal number.

    list = 原价 × 数量      payable = 买家实付, or else the internal order's 应付金额 less freight, split by 商品金额 to the cent

应付金额, 已付金额 and 收入运费 are the internal order's, repeated on its rows. An online order's total is known when no
internal order mixes it with another. Who bears the discounts, and so the receivable, is not told: list − payable is a
discount without a bearer. What was paid is told (已付金额), not when: the order's own moment stands for it, but never for
a presale. A status that is not listed sets the row aside. 成本价 is the article's cost from the day of the order on; 0
means that nobody entered one. Rows of internal orders that were merged or split (被合并, 被拆分) are notes: the orders
that replaced them state their articles again. The same cost is kept by order and child order (线上子订单编号), for lines whose
article the platform numbers in its own way.

After-sale cases: the export has neither amount nor quantity nor day, so that it makes no refunds. What it tells of a case is kept
as an event of the file's day.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import amount, cases, cell, money, number_of, own, rows_of, text
from shopkeeper.ingest.layouts import DAY
from shopkeeper.ingest.plan import TableMapping, Value

NOTES_WHERE = "trim(CAST(\"状态\" AS VARCHAR)) IN ('被合并', '被拆分')"
CASE_HEADERS = ("售后单号", "内部订单号", "线上订单号", "线上状态", "货物状态", "商品编码", "线上子订单编号")
_CODES = (
    ("placed", ("待付款",)),
    (
        "paid",
        (
            "已付款待审核",
            "已客审待财审",
            "异常",
            "等供销商|外仓发货",
            "等供销商/外仓发货",
            "待发货",
            "发货中",
            "部分发货",
        ),
    ),
    ("shipped", ("已发货",)),
    ("completed", ("已签收", "已完成", "交易成功")),
    ("cancelled", ("取消", "已取消")),
)


def _single(header: str) -> str:
    """The cell when it names one order; a merged order lists several."""
    return f"CASE WHEN NOT regexp_matches({cell(header)}, '[,，;；]') THEN {cell(header)} END"  # noqa: RUF001


_CLEAN = rows_of(
    (
        "内部订单号",
        "线上订单号",
        "原始线上订单号",
        "线上子订单编号",
        "下单时间",
        "状态",
        "订单类型",
        "商品编码",
        "商品名称",
    ),
    ("应付金额", "已付金额", "数量", "商品金额", "原价", "买家实付", "收入运费", "成本价"),
    f"coalesce({cell('状态')}, '') AS state",
    f"coalesce({cell('订单类型')}, '') AS type_of_order",
    f"CASE WHEN regexp_matches({cell('订单类型')}, '补发|换货') THEN {cell('内部订单号')} "
    f"ELSE coalesce({_single('原始线上订单号')}, {_single('线上订单号')}, {cell('内部订单号')}) END AS order_no",
    f"{cell('成本价')} IS NOT NULL AND coalesce({number_of('成本价')}, 1) <> 0 AS has_cost",
)
_INSIDE = f"PARTITION BY shop_of_row, {cell('内部订单号')}"
ORDER_ROWS = (
    f"SELECT *, row_number() OVER ({_INSIDE} ORDER BY file_row_number) AS row_of_internal, "
    f"count(DISTINCT order_no) OVER ({_INSIDE}) AS orders_inside, count({cell('买家实付')}) OVER ({_INSIDE}) AS lines_paid, "
    f"row_number() OVER (PARTITION BY shop_of_row, {cell('商品编码')}, left({cell('下单时间')}, 10), has_cost "
    f"ORDER BY file_row_number DESC) AS cost_from_end, "
    f"row_number() OVER (PARTITION BY shop_of_row, order_no, {cell('线上子订单编号')}, {cell('商品编码')}, has_cost "
    f"ORDER BY file_row_number DESC) AS booked_from_end FROM ({_CLEAN})"
)
_PAID = (
    "CASE WHEN state IN ('待付款', '取消', '已取消') THEN NULL "
    f"WHEN state = '' OR ({cases('state', _CODES)}) IS NOT NULL THEN "
    f"CASE WHEN {number_of('已付金额')} > 0 AND NOT contains(type_of_order, '预售') THEN {cell('下单时间')} END ELSE state END"
)


def _of_order(header: str) -> str:
    """An internal order's amount, of the whole online order: each internal order counts once."""
    once = f"sum(CASE WHEN row_of_internal = 1 THEN {number_of(header)} END) OVER (PARTITION BY shop_of_row, order_no)"
    return f"CASE WHEN max(orders_inside) OVER (PARTITION BY shop_of_row, order_no) = 1 THEN {once} END"


_WEIGHT = f"CAST({number_of('商品金额')} AS DOUBLE)"
_TOTAL = f"CAST({number_of('应付金额')} - coalesce({number_of('收入运费')}, 0) AS DOUBLE)"
_UP_TO = f"sum({_WEIGHT}) OVER ({_INSIDE} ORDER BY file_row_number)"


def _cents(weight: str) -> str:
    return f"TRY_CAST(round({_TOTAL} * ({weight}) / nullif(sum({_WEIGHT}) OVER ({_INSIDE}), 0), 2) AS DECIMAL(18,2))"


_SPLIT = f"CASE WHEN {_WEIGHT} IS NOT NULL THEN {_cents(_UP_TO)} - {_cents(f'{_UP_TO} - {_WEIGHT}')} END"
_LIST = f"{number_of('原价')} * {number_of('数量')}"
_PAYABLE = f"CASE WHEN lines_paid > 0 THEN {number_of('买家实付')} ELSE {_SPLIT} END"
_DISCOUNT = f"CASE WHEN {_LIST} >= {_PAYABLE} THEN CAST({_LIST} - {_PAYABLE} AS VARCHAR) END"
_MOMENTS = {"order_id": text("order_no"), "ordered_at": text("下单时间"), "paid_at": own(_PAID)}
PRODUCTS = TableMapping(
    "products", {"sku_id": text("商品编码"), "name": text("商品名称")}, where=f"{cell('商品编码')} IS NOT NULL"
)
ORDERS = TableMapping(
    "orders",
    _MOMENTS
    | {
        "status": own(cases("state", _CODES)),
        "order_type": own(
            "CASE WHEN contains(type_of_order, '预售') THEN 'presale' "
            "WHEN contains(type_of_order, '货到付款') THEN 'cash_on_delivery' ELSE 'normal' END"
        ),
        "freight_amount": own(_of_order("收入运费")),
        "payable_amount": own(_of_order("应付金额")),
    },
)
ORDER_LINES = TableMapping(
    "order_lines",
    _MOMENTS
    | {
        "sku_id": text("商品编码"),
        "quantity": text("数量"),
        "list_amount": money(f"{amount('原价')} * {amount('数量')}"),
        "discount_unattributed": own(_DISCOUNT),
        "payable_amount": own(f"CASE WHEN lines_paid > 0 THEN {cell('买家实付')} ELSE CAST({_SPLIT} AS VARCHAR) END"),
    },
)
SKU_COSTS = TableMapping(
    "sku_costs",
    {"sku_id": text("商品编码"), "valid_from": text("下单时间"), "unit_cost": text("成本价")},
    where="has_cost AND cost_from_end = 1",
)
ORDER_COSTS = TableMapping(
    "order_costs",
    {
        "order_id": text("order_no"),
        "child_order_id": own(f"coalesce({cell('线上子订单编号')}, '')"),
        "sku_id": own(f"coalesce({cell('商品编码')}, '')"),
        "booked_day": text("下单时间"),
        "unit_cost": text("成本价"),
    },
    where="has_cost AND booked_from_end = 1",
)

_CASES = rows_of(
    CASE_HEADERS,
    (),
    f"{cell('售后单号')} || '#' || concat_ws('#', {cell('商品编码')}, {cell('线上子订单编号')}) AS case_no",
)
CASE_ROWS = (
    f"SELECT *, row_number() OVER (PARTITION BY shop_of_row, case_no ORDER BY file_row_number) AS nth FROM ({_CASES})"
)
_TOLD = ", ".join(
    f"{key}: {cell(header)}"
    for key, header in (
        ("case_id", "售后单号"), ("order_id", "线上订单号"), ("sub_order_id", "线上子订单编号"),
         ("internal_order_id", "内部订单号"),
        ("online_status", "线上状态"), ("goods_status", "货物状态"),
    )
)  # fmt: skip
CASES = TableMapping(
    "events",
    {
        "event_id": own("case_no || CASE WHEN nth > 1 THEN '#' || nth ELSE '' END"),
        "happened_day": Value(constant=DAY),
        "name": Value(constant="aftersale"),
        "sku_id": text("商品编码"),
        "attributes": own(f"CAST(to_json({{{_TOLD}}}) AS VARCHAR)"),
    },
)
