"""Trades and refunds of TOP in the words of Taobao's order and article reports, whose mappings read them.

A trade is an order, each `orders.order` an article of it (child order). What the buyer owes for an article is
`divide_order_fee` once the trade is paid, `payment` before; both are without freight. `trade.payment` is not read: refunds
change it. Refunds count once they have succeeded, on the day that they ended; an exchange is none.

Buyers come as `buyer_open_uid`, a name that TOP gives them for this application alone: it never equals the names of export
files. Names, telephones and addresses come masked or as ciphertext, and none of them is asked for but the province.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shopkeeper.ingest.cells import own, text
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.platforms.spoken import CHINA_ZONE, SpokenLayout, buyers, refunds, word_of
from shopkeeper.ingest.sources.taobao import mapping as files
from shopkeeper.warehouse.sql import literal

WORDS = {
    "TRADE_NO_CREATE_PAY": "没有创建支付宝交易", "WAIT_BUYER_PAY": "等待买家付款", "PAY_PENDING": "付款确认中",
    "PAID_FORBID_CONSIGN": "买家已付款,等待卖家发货", "WAIT_SELLER_SEND_GOODS": "买家已付款,等待卖家发货",
    "SELLER_CONSIGNED_PART": "卖家部分发货", "WAIT_BUYER_CONFIRM_GOODS": "卖家已发货,等待买家确认",
    "TRADE_BUYER_SIGNED": "买家已签收,货到付款专用", "TRADE_FINISHED": "交易成功",
    "TRADE_CLOSED": "付款以后用户退款成功,交易自动关闭", "TRADE_CLOSED_BY_TAOBAO": "付款以前,卖家或买家主动关闭交易",
}  # fmt: skip
TRADE_FIELDS = (
    "tid", "status", "type", "created", "pay_time", "modified", "post_fee", "buyer_open_uid", "receiver_state",
    "step_trade_status", "orders.order.oid", "orders.order.status", "orders.order.title", "orders.order.price",
    "orders.order.num", "orders.order.outer_iid", "orders.order.outer_sku_id", "orders.order.num_iid",
    "orders.order.divide_order_fee", "orders.order.payment",
)  # fmt: skip
_OWED = 'coalesce("orders.order.divide_order_fee", "orders.order.payment")'
_OF_ORDER = 'TRY_CAST("post_fee" AS DECIMAL(18,2)) + sum(TRY_CAST({} AS DECIMAL(18,2))) OVER (PARTITION BY "tid")'
_STATUS = " ".join(f"WHEN {literal(code)} THEN {literal(files.STATUSES[word])}" for code, word in WORDS.items())
_SAYS = {
    "主订单编号": '"tid"', "子订单编号": '"orders.order.oid"', "标题": '"orders.order.title"', "价格": '"orders.order.price"',
    "购买数量": '"orders.order.num"', "外部系统编号": '"orders.order.outer_iid"', "商家编码": '"orders.order.outer_sku_id"',
    "订单状态": word_of("orders.order.status", WORDS), "买家应付货款": _OWED, "订单创建时间": '"created"',
    "订单付款时间": '"pay_time"', "收货地址": '"receiver_state" || \' \'', "买家应付邮费": '"post_fee"',
    "分阶段订单信息": '"step_trade_status"', "总金额": f"CAST({_OF_ORDER.format(_OWED)} AS VARCHAR)",
    "买家会员名": '"buyer_open_uid"',
    "交易状态": f'CASE "status" {_STATUS} END', "货到付款": "CASE WHEN \"type\" = 'cod' THEN '1' END",
}  # fmt: skip
_TYPE = (
    "CASE WHEN \"货到付款\" = '1' THEN 'cash_on_delivery' "
    "WHEN \"分阶段订单信息\" IS NOT NULL THEN 'presale' ELSE 'normal' END"
)
_BUYER = {"customer_id": text("买家会员名")}
_ORDERS = TableMapping(
    "orders",
    {
        **files.ITEM_ORDERS.columns, **_BUYER, "status": text("交易状态"), "order_type": own(_TYPE),
        "region": files.REPORTED_ORDERS.columns["region"], "freight_amount": Value(header="买家应付邮费"),
        "payable_amount": Value(header="总金额"),
    },
)  # fmt: skip
_LINES = replace(files.ITEM_LINES, columns={**files.ITEM_LINES.columns, **_BUYER})
TRADES = SpokenLayout(
    "taobao_api_trades", "tmall", tuple(_SAYS), (),
    (_ORDERS, _LINES, files.ITEM_PRODUCTS, buyers("tmall", "买家会员名")),
    rows=files.ITEM_ROWS, timezone=CHINA_ZONE, says=_SAYS,
)  # fmt: skip

REFUND_FIELDS = (
    "refund_id", "tid", "oid", "status", "refund_fee", "created", "modified", "end_time", "num", "outer_id", "good_return_time",
    "has_good_return", "dispute_type", "order_status",
)  # fmt: skip
_REFUND = {
    "refund_id": '"refund_id"', "order_id": '"tid"', "line_no": '"oid"', "sku_id": '"outer_id"', "refunded_at": '"end_time"',
    "amount": '"refund_fee"', "quantity": "CASE WHEN \"has_good_return\" = 'true' THEN \"num\" ELSE '0' END",
    "kind": "CASE WHEN \"has_good_return\" = 'true' THEN 'return' "
    "WHEN \"order_status\" = 'WAIT_SELLER_SEND_GOODS' THEN 'before_shipment' ELSE 'refund_only' END",
}  # fmt: skip
REFUNDS = refunds("taobao_api_refunds", "tmall", _REFUND)


def refunded(cells: Mapping[str, str | None]) -> bool:
    """Whether the money has gone back, and for no exchange."""
    wanted = (cells["dispute_type"] or "REFUND") in ("REFUND", "REFUND_AND_RETURN")
    return wanted and cells["status"] == "SUCCESS" and bool(cells["end_time"])
