"""The reports in terms of the commerce model.

The order report has one row an order, the item report one row an article (child order). Both are dropped together, so the
order report's line stands for the whole order: its line number is −1 and it has no article. It gives way, in whatever
sequence the files come, as soon as lines of articles of the same order are known: `order_lines` must never hold both.
Lines of articles have the child order's own number, which no other file can take.

Money: 买家应付货款 is what the buyer owes for goods once every promotion is off, and what the merchant gets before fees;
freight (买家应付邮费) is the order's, and 总金额 is both. 集分宝 and 天猫卡券 are means of paying it, no discount. The order
report has no tag price: its list amount is unknown. In the item report 价格 × 购买数量 is the list amount; who bears what
lies between it and 买家应付货款 is not told: that is a discount without a bearer. A tag price below it is left to the checks.

A moment of payment counts once the order is paid: the deposit of a presale (等待买家付款, or closed 付款以前) does not. Refunds
are told without their day (退款金额 in the item report), so these files carry none. Names, addresses and remarks are left
behind.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import any_of, clean, own
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.sources.provinces import PROVINCES
from shopkeeper.warehouse.sql import literal

WHOLE_ORDER = "-1"
_COMMA = "\uff0c"
STATUSES = {
    "等待买家付款": "placed",
    "付款确认中": "placed",
    "没有创建支付宝交易": "placed",
    "买家已付款,等待卖家发货": "paid",
    "等待卖家发货": "paid",
    "卖家部分发货": "paid",
    "卖家已发货,等待买家确认": "shipped",
    "等待买家确认": "shipped",
    "买家已签收,货到付款专用": "completed",
    "交易成功": "completed",
    "交易关闭": "closed",
    "付款以后用户退款成功,交易自动关闭": "closed",
    "付款以前,卖家或买家主动关闭交易": "cancelled",
}


def _status(sql: str) -> str:
    """A status that we do not know costs its order nothing but the status."""
    cases = " ".join(f"WHEN {literal(theirs)} THEN '{ours}'" for theirs, ours in STATUSES.items())
    return f"CASE replace({sql}, '{_COMMA}', ',') {cases} END"


def _day_of(header: str) -> str:
    """The day in digits, whatever the export writes between them: 2026年07月06日 and 2026-07-06 are one."""
    return rf"left(regexp_replace({clean(header)}, '\D', '', 'g'), 8)"


def _figure(header: str) -> Value:
    """A count of 生意参谋, which writes - for none known."""
    return own(f"nullif({clean(header)}, '-')")


# A presale's deposit has a moment too, while its status still is 等待买家付款, and when it was closed 付款以前.
_PAID_AT = own(
    f"CASE WHEN regexp_matches(CAST(\"订单状态\" AS VARCHAR), '等待买家付款|付款以前') THEN NULL ELSE {clean('订单付款时间')} END"
)
# A masked name (t**1) is many buyers' name.
_BUYER = own(f"CASE WHEN contains(CAST(\"买家会员名\" AS VARCHAR), '**') THEN NULL ELSE {clean('买家会员名')} END")
_TYPE = (
    f"CASE WHEN {clean('分阶段订单信息')} IS NOT NULL THEN 'presale' "
    "WHEN contains(CAST(\"订单状态\" AS VARCHAR), '货到付款') THEN 'cash_on_delivery' ELSE 'normal' END"
)
_PLACE = f"split_part({clean('收货地址')}, ' ', 1)"
_SHORT = rf"regexp_replace({_PLACE}, '(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$', '')"
_REGION = f"CASE WHEN length({_PLACE}) <= 8 AND {_SHORT} IN {any_of(PROVINCES)} THEN {_SHORT} END"

_ORDER = {
    "order_id": Value(header="订单编号"),
    "customer_id": _BUYER,
    "ordered_at": Value(header="订单创建时间"),
    "paid_at": _PAID_AT,
}
REPORTED_ORDERS = TableMapping(
    "orders",
    _ORDER
    | {
        "status": own(_status(clean("订单状态"))),
        "order_type": own(_TYPE),
        "freight_amount": Value(header="买家应付邮费"),
        "payable_amount": Value(header="总金额"),
        "region": own(_REGION),
    },
)
WHOLE_ORDERS = TableMapping(
    "order_lines",
    _ORDER
    | {
        "line_no": Value(constant=WHOLE_ORDER),
        "sku_id": Value(constant=""),
        "quantity": Value(header="宝贝总数量"),
        "payable_amount": Value(header="买家应付货款"),
        "receivable_amount": Value(header="买家应付货款"),
    },
)

# An order is as far as the child order that is least far, closed ones apart.
_FURTHEST = {"placed": 1, "paid": 2, "shipped": 3, "completed": 4, "closed": 5, "cancelled": 6}
_RANKS = " ".join(f"WHEN {literal(theirs)} THEN {_FURTHEST[ours]}" for theirs, ours in STATUSES.items())
_BY_RANK = " ".join(f"WHEN {rank} THEN '{name}'" for name, rank in _FURTHEST.items())
_CELLS = (
    f"{clean('主订单编号')} AS order_of_row, {clean('子订单编号')} AS child_of_row, {clean('商家编码')} AS code_of_row, "
    f"{clean('外部系统编号')} AS outer_of_row, "
    f"CASE replace({clean('订单状态')}, '{_COMMA}', ',') {_RANKS} END AS rank_of_row"
)
# Older files have no child orders: their lines are counted in file order.
ITEM_ROWS = (
    "SELECT *, coalesce(child_of_row, CAST(row_number() OVER same_order AS VARCHAR)) AS line_of_row, "
    f"CASE min(rank_of_row) OVER same_order_whole {_BY_RANK} END AS status_of_order "
    f"FROM (SELECT *, {_CELLS} FROM {{rows}}) WINDOW same_order AS (PARTITION BY shop_of_row, order_of_row "
    "ORDER BY file_row_number), same_order_whole AS (PARTITION BY shop_of_row, order_of_row)"
)
_SKU = "coalesce(code_of_row, outer_of_row)"
_TAG = 'number("价格") * number("购买数量")'
_LIST = (
    f"CASE WHEN {_TAG} IS NULL THEN {clean('价格')} ELSE CAST({_TAG} AS VARCHAR) END"  # what is no amount is set aside
)
_DISCOUNT = f'CASE WHEN {_TAG} >= number("买家应付货款") THEN CAST({_TAG} - number("买家应付货款") AS VARCHAR) END'
_CHILD = {
    "order_id": Value(header="主订单编号"),
    "ordered_at": Value(header="订单创建时间"),
    "paid_at": _PAID_AT,
}
ITEM_ORDERS = TableMapping("orders", _CHILD | {"status": own("status_of_order")})
ITEM_LINES = TableMapping(
    "order_lines",
    _CHILD
    | {
        "line_no": own("line_of_row"),
        "sku_id": own(f"coalesce({_SKU}, '')"),
        "quantity": Value(header="购买数量"),
        "list_amount": own(_LIST),
        "discount_unattributed": own(_DISCOUNT),
        "payable_amount": Value(header="买家应付货款"),
        "receivable_amount": Value(header="买家应付货款"),
    },
)
ITEM_PRODUCTS = TableMapping(
    "products", {"sku_id": own(_SKU), "name": Value(header="标题")}, where=f"{_SKU} IS NOT NULL"
)

# Daily figures of an article are `visits` with an article: they never make the shop's visitors.
RANKED_VISITS = TableMapping(
    "visits",
    {
        "grain": Value(constant="platform_day"),
        "visit_id": own(f"{_day_of('统计日期')} || '|' || {clean('商品ID')}"),
        "visited_day": Value(header="统计日期"),
        "visitors": _figure("商品访客数"),
        "carting_visitors": _figure("商品加购人数"),
        "sku_id": Value(header="商品ID"),
    },
)
RANKED_PRODUCTS = TableMapping(
    "products",
    {"sku_id": Value(header="商品ID"), "product_id": Value(header="商品ID"), "name": Value(header="商品名称")},
    where=f"{clean('商品ID')} IS NOT NULL",
)
# One file is one article, which it does not name: a 商品ID column, when somebody adds it, does; else the article is ?, and
# the day's own figures keep two articles apart.
_DIGEST = ", ".join(clean(name) for name in ("商品访客数", "商品浏览量", "商品收藏人数", "商品加购件数"))
_UNNAMED = f"replace(concat_ws('/', '?', {_DIGEST}), ',', '')"
ITEM360_VISITS = TableMapping(
    "visits",
    {
        "grain": Value(constant="platform_day"),
        "visit_id": own(f"{_day_of('时间')} || '|' || coalesce({clean('商品ID')}, {_UNNAMED})"),
        "visited_day": Value(header="时间"),
        "visitors": _figure("商品访客数"),
        "carting_visitors": _figure("商品加购人数"),
        "sku_id": own(f"coalesce({clean('商品ID')}, '?')"),
    },
)
