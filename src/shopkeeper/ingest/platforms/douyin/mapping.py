"""Orders and after-sales of 抖店 in the words of Douyin's order export, whose mapping reads them.

An order is `order_id`, each `sku_order_list` a child order of it, as 主订单编号 and 子订单编号 of the export. Amounts are in fen.
The order's freight and whatever else is not in its children's `pay_amount` stand on its first child, so that an order's
children add up to its `pay_amount`. `platform_cost_amount` holds what the influencer bears: it is taken out.

A refund counts once the money has gone back (`refund_status` 3), with `real_refund_amount` on the day of `refund_time`; both
are told by the detail alone. Buyers come as `doudian_open_id`; the export has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shopkeeper.ingest.cells import text
from shopkeeper.ingest.plan import TableMapping
from shopkeeper.ingest.platforms.spoken import CHINA_ZONE, SpokenLayout, buyers, fen, moment, refunds, word_of, yuan
from shopkeeper.ingest.sources.douyin import mapping as files

WORDS = {
    "1": "待支付",
    "103": "待支付",
    "105": "已支付",
    "2": "备货中",
    "101": "部分发货",
    "3": "已发货",
    "5": "已完成",
}
ORDER_FIELDS = (
    "order_id", "order_status", "create_time", "pay_time", "update_time", "pay_amount", "post_amount", "pay_type", "trade_type",
    "presell_type", "doudian_open_id", "post_addr.province.name",
    *(
        f"sku_order_list.{name}" for name in (
            "order_id", "order_status", "product_id", "product_name", "code", "out_sku_id", "sku_id", "item_num",
            "origin_amount", "pay_amount", "shop_cost_amount", "platform_cost_amount", "only_platform_cost_amount",
            "author_cost_amount", "create_time", "pay_time", "ship_time", "finish_time",
        )
    ),
)  # fmt: skip


def _child(name: str) -> str:
    return f"sku_order_list.{name}"


_OF_ORDER = 'PARTITION BY "order_id"'
_FIRST = f"row_number() OVER ({_OF_ORDER} ORDER BY file_row_number) = 1"
_REST = f"coalesce({fen('pay_amount')} - sum({fen(_child('pay_amount'))}) OVER ({_OF_ORDER}), 0)"
_DUE = (
    f'CASE WHEN {fen(_child("pay_amount"))} IS NULL THEN "{_child("pay_amount")}" ELSE CAST(CAST(({fen(_child("pay_amount"))} '
    f"+ CASE WHEN {_FIRST} THEN {_REST} ELSE 0 END) * CAST(0.01 AS DECIMAL(3,2)) AS DECIMAL(18,2)) AS VARCHAR) END"
)
_PLATFORM = (
    f"CAST(CAST(coalesce({fen(_child('only_platform_cost_amount'))}, {fen(_child('platform_cost_amount'))} "
    f"- coalesce({fen(_child('author_cost_amount'))}, 0), 0) * CAST(0.01 AS DECIMAL(3,2)) AS DECIMAL(18,2)) AS VARCHAR)"
)
_STATE = (
    f"CASE WHEN \"{_child('order_status')}\" = '4' THEN CASE WHEN coalesce({fen(_child('pay_time'))}, 0) > 0 THEN '已关闭' "
    f"ELSE '已取消' END ELSE {word_of(_child('order_status'), WORDS)} END"
)
_SAYS = {
    "主订单编号": '"order_id"', "子订单编号": f'"{_child("order_id")}"', "选购商品": f'"{_child("product_name")}"',
    "商品规格": "NULL",
    "商品数量": f'"{_child("item_num")}"', "商家编码": f'coalesce("{_child("code")}", "{_child("out_sku_id")}")',
    "商品ID": f'"{_child("product_id")}"', "订单提交时间": moment("create_time"), "支付完成时间": moment(_child("pay_time")),
    "订单完成时间": moment(_child("finish_time")), "发货时间": moment(_child("ship_time")), "订单状态": _STATE,
    "售后状态": "NULL",
    "支付方式": "CASE WHEN \"pay_type\" = '0' THEN '货到付款' END",
    "订单类型": "CASE WHEN \"trade_type\" IN ('2', '3') OR \"presell_type\" = '1' THEN '预售订单' ELSE '普通订单' END",
    "流量体裁": "NULL", "省": '"post_addr.province.name"', "订单应付金额": _DUE,
    "运费": f"CASE WHEN {_FIRST} THEN {yuan('post_amount')} ELSE '0.00' END", "平台实际承担优惠金额": _PLATFORM,
    "商家实际承担优惠金额": yuan(_child("shop_cost_amount")), "达人实际承担优惠金额": yuan(_child("author_cost_amount")),
    "商品金额": yuan(_child("origin_amount")), "买家": '"doudian_open_id"',
}  # fmt: skip


def _of_buyer(part: TableMapping) -> TableMapping:
    """With the buyer, and without the channel, which the API does not tell and so does not overwrite."""
    columns = {name: value for name, value in part.columns.items() if name != "channel_id"}
    return replace(part, columns=columns | {"customer_id": text("买家")})


ORDERS = SpokenLayout(
    "douyin_api_orders", "douyin", tuple(_SAYS), (),
    (files.PRODUCTS, _of_buyer(files.ORDERS), _of_buyer(files.ORDER_LINES), buyers("douyin", "买家")),
    rows=files.ORDER_ROWS, timezone=CHINA_ZONE, says=_SAYS,
)  # fmt: skip

_INFO = "process_info.after_sale_info"
REFUND_FIELDS = (
    "aftersale_info.aftersale_id", "aftersale_info.update_time", "order_info.shop_order_id", f"{_INFO}.refund_status",
    f"{_INFO}.real_refund_amount", f"{_INFO}.refund_time", f"{_INFO}.after_sale_type",
)  # fmt: skip
_REFUND = {
    "refund_id": '"aftersale_info.aftersale_id"', "order_id": '"order_info.shop_order_id"',
    "refunded_at": moment(f"{_INFO}.refund_time"), "amount": yuan(f"{_INFO}.real_refund_amount"),
    "kind": f"CASE \"{_INFO}.after_sale_type\" WHEN '0' THEN 'return' WHEN '1' THEN 'refund_only' "
    "WHEN '2' THEN 'before_shipment' END",
}  # fmt: skip
REFUNDS = refunds("douyin_api_refunds", "douyin", _REFUND)


def refunded(cells: Mapping[str, str | None]) -> bool:
    """Whether the money has gone back: 5 is money that was taken back again."""
    return cells[f"{_INFO}.refund_status"] == "3"
