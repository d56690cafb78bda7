"""JD's exports in terms of the commerce model.

An order's amounts stand on each of its rows, one row an article. They are stated once in `orders`, and split over the lines:

    list = 京东价 × 订购数量     receivable = 结算金额     payable = 应付金额 + 余额支付 - 运费金额
    merchant's discount = list - receivable              platform's discount = receivable - payable

结算金额 is split by the lines' list amounts, and the payable by what that gives, each by cumulative rounding: every line is
exact to the cent, their sum is the order's amount, and no discount is below zero. Where the lines' list amounts are not
订单金额, or an amount exceeds the one above it, the discounts concerned are unknown.

An order marked (删除) is cancelled and unpaid even when it was paid once: JD marks the parent of a split order so, and its
children come with numbers and payments of their own. Cash on delivery is paid when the order is completed. The export tells
no refund. 商智's figures of cancelled and refunded amounts have no order, and are not loaded.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import any_of, clean, named_rows, unread
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.sources.provinces import PROVINCES

_STATES = {
    "placed": ("等待付款", "等待付款确认", "延迟付款确认", "未付款", "待付款"),
    "paid": ("等待出库", "等待发货", "等待打印", "等待厂商处理", "锁定", "锁定订单", "暂停", "暂停订单", "待出库", "待发货"),
    "shipped": ("等待确认收货", "已出库", "配送中", "待收货"), "completed": ("完成", "已完成"),
}  # fmt: skip
_TEXTS = {
    "order_no": "订单号", "state": "订单状态", "paying": "支付方式", "confirmed": "付款确认时间", "finished": "订单完成时间",
    "order_kind": "订单类型", "account": "下单帐号", "source": "订单渠道", "place": "客户地址",
}  # fmt: skip
_OF_LINE = {"price": "京东价", "units": "订购数量"}
_OF_ORDER = {
    "total": "订单金额",
    "settled": "结算金额",
    "due": "应付金额",
    "balance": "余额支付",
    "freight": "运费金额",
}
_ORDER = "(PARTITION BY shop_of_row, order_no)"
_SO_FAR = "(PARTITION BY shop_of_row, order_no ORDER BY file_row_number ROWS UNBOUNDED PRECEDING)"


def _cents(sql: str) -> str:
    return f"TRY_CAST(TRY_CAST({sql} AS DECIMAL(18,2)) * 100 AS BIGINT)"


def _money(cents: str) -> str:
    return f"TRY_CAST(TRY_CAST({cents} AS BIGINT) * CAST(0.01 AS DECIMAL(3,2)) AS DECIMAL(18,2))"


def _split(whole: str, weight: str) -> str:
    """A row's part of an order's cents by its weight, among `{weight}_cum` so far and `{weight}_all`: rounded cumulatively."""
    upto = f"(2 * {whole} * {{}} + {weight}_all) // (2 * {weight}_all)"
    return f"TRY({upto.format(f'{weight}_cum')} - {upto.format(f'({weight}_cum - {weight})')})"


def _weighed(weight: str, rows: str) -> str:
    return f"SELECT *, sum({weight}) OVER {_SO_FAR} AS {weight}_cum, sum({weight}) OVER {_ORDER} AS {weight}_all FROM ({rows})"


def _order_rows() -> str:
    """The rows with their texts, numbers and lines' amounts (in cents)."""
    rows = named_rows(_TEXTS, _OF_LINE | _OF_ORDER)
    unreadable = unread((*_OF_LINE, *_OF_ORDER))
    one = " OR ".join(f"min({name}) OVER {_ORDER} <> max({name}) OVER {_ORDER}" for name in _OF_ORDER)
    listed = _cents("price * TRY_CAST(units AS DECIMAL(12,3))")
    rows = (
        f"SELECT *, coalesce(max({unreadable}) OVER {_ORDER}, "
        f"CASE WHEN {one} THEN 'rows of one order state different amounts' END) AS unreadable, "
        f"{listed} AS list, {_cents('settled')} AS receivable, {_cents('total')} AS stated, "
        f"{_cents('due + balance - freight')} AS payable FROM ({rows})"
    )
    rows = f"SELECT *, sum(list) OVER {_ORDER} AS list_sum FROM ({rows})"
    rows = f"SELECT *, CASE WHEN list_sum > 0 THEN greatest(coalesce(list, 0), 0) ELSE 1 END AS listed FROM ({rows})"
    rows = f"SELECT *, {_split('receivable', 'listed')} AS line_receivable FROM ({_weighed('listed', rows)})"
    fits = "payable BETWEEN 0 AND receivable"
    rows = f"SELECT *, CASE WHEN {fits} AND receivable > 0 THEN line_receivable ELSE listed END AS due_weight FROM ({rows})"
    rows = (
        f"SELECT *, {fits} AS platform_known, {fits} AND list_sum = stated AND receivable <= stated AS merchant_known, "
        f"{_split('payable', 'due_weight')} AS line_payable FROM ({_weighed('due_weight', rows)})"
    )
    return f"SELECT *, {', '.join(f'{sql} AS {name}' for name, sql in _columns().items())} FROM ({rows})"


def _status(gone: str) -> str:
    bare = "regexp_replace(state, '^[(（][^)）]*[)）]\\s*', '')"  # noqa: RUF001
    cases = " ".join(f"WHEN {bare} IN {any_of(texts)} THEN '{status}'" for status, texts in _STATES.items())
    return f"CASE WHEN {gone} THEN 'cancelled' {cases} END"


def _columns() -> dict[str, str]:
    """What the tables take beside the file's own columns."""
    gone = "state LIKE '%删除%' OR state LIKE '%取消%'"
    left = "CASE WHEN platform_known THEN line_receivable ELSE line_payable END"
    return {
        "buyer": "CASE WHEN NOT regexp_matches(account, '[*#$]') THEN account END",
        "channel": "'jd:' || nullif(source, '暂无来源')",
        "status": _status(gone),
        "paid": f"CASE WHEN {gone} THEN NULL WHEN paying LIKE '%货到付款%' "
        "THEN CASE WHEN state IN ('完成', '已完成') THEN finished END ELSE confirmed END",
        "kind": "CASE WHEN paying LIKE '%货到付款%' THEN 'cash_on_delivery' WHEN order_kind LIKE '%预售%' THEN 'presale' "
        "WHEN order_kind IS NOT NULL THEN 'normal' END",
        "region": f"nullif(regexp_extract(place, '^({'|'.join(PROVINCES)})', 1), '')",
        "order_payable": "coalesce(unreadable, CAST(due + balance AS VARCHAR))",
        "list_amount": _money("list"),
        "payable_amount": f"coalesce(unreadable, CAST({_money('line_payable')} AS VARCHAR))",
        "receivable_amount": f"CASE WHEN platform_known THEN {_money('line_receivable')} END",
        "by_merchant": f"CASE WHEN merchant_known THEN {_money('list - line_receivable')} END",
        "unattributed": f"CASE WHEN NOT merchant_known AND list >= {left} THEN {_money(f'list - {left}')} END",
        "by_platform": f"CASE WHEN platform_known THEN {_money('line_receivable - line_payable')} END",
    }


ORDER_ROWS = _order_rows()
_BUYER = {
    "order_id": Value(header="订单号"), "customer_id": Value(header="buyer"), "channel_id": Value(header="channel"),
    "ordered_at": Value(header="下单时间"), "paid_at": Value(header="paid"),
}  # fmt: skip
ORDERS = TableMapping(
    "orders",
    _BUYER
    | {
        "status": Value(header="status"), "order_type": Value(header="kind"), "freight_amount": Value(header="运费金额"),
        "payable_amount": Value(header="order_payable"), "region": Value(header="region"),
    },
)  # fmt: skip
ORDER_LINES = TableMapping(
    "order_lines",
    _BUYER
    | {
        "sku_id": Value(header="商品ID"), "quantity": Value(header="订购数量"), "list_amount": Value(header="list_amount"),
        "discount_merchant": Value(header="by_merchant"), "discount_platform": Value(header="by_platform"),
        "discount_unattributed": Value(header="unattributed"),
        "payable_amount": Value(header="payable_amount"), "receivable_amount": Value(header="receivable_amount"),
    },
)  # fmt: skip
ORDER_PRODUCTS = TableMapping(
    "products",
    {"sku_id": Value(header="商品ID"), "product_id": Value(header="货号"), "name": Value(header="商品名称")},
)
_DAY = f"regexp_extract({clean('时间')}, '^(\\d{{4}})\\D?(\\d{{1,2}})\\D?(\\d{{1,2}})', ['y', 'm', 'd'])"
SKU_ROWS = (
    f"SELECT *, day.y || '-' || lpad(day.m, 2, '0') || '-' || lpad(day.d, 2, '0') || '|' || {clean('SKU')} AS visit, "
    f"nullif({clean('加购客户数')}, '-') AS carting, nullif({clean('商品访客数')}, '-') AS visitors "
    f"FROM (SELECT *, {_DAY} AS day FROM {{rows}})"
)
SKU_DAYS = TableMapping(
    "visits",
    {
        "grain": Value(constant="platform_day"), "visit_id": Value(header="visit"), "visited_day": Value(header="时间"),
        "visitors": Value(header="visitors"), "carting_visitors": Value(header="carting"), "sku_id": Value(header="SKU"),
    },
)  # fmt: skip
SKU_PRODUCTS = TableMapping(
    "products",
    {
        "sku_id": Value(header="SKU"), "product_id": Value(header="货号"), "name": Value(header="SKU名称"),
        "category": Value(header="一级类目"), "subcategory": Value(header="二级类目"), "product_type": Value(header="三级类目"),
    },
)  # fmt: skip
