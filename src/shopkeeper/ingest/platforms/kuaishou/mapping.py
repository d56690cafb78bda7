"""Orders and refunds of Kuaishou. One order is one article, numbered `oid` as 订单号 of the export.

Amounts are read as fen, which no document of the platform says. `totalFee` is what the buyer pays, freight included;
the documents call it the price of the goods. The bearer of a discount is told of the payment channel's and the state's alone:
what else lies between price × number and `totalFee` has no bearer, and the receivable is then unknown.

A refund counts with `status` 60 on the day that it ended; `handlingWay` 3 is an exchange. Buyers come as `buyerOpenId`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shopkeeper.ingest.cells import text
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.platforms.spoken import CHINA_ZONE, SpokenLayout, buyers, fen, moment, refunds, word_of, yuan
from shopkeeper.ingest.sources.kuaishou import mapping as files

WORDS = {"10": "待付款", "30": "待发货", "40": "已发货", "50": "已签收", "70": "交易成功", "80": "交易关闭"}
_BASE, _ITEM = "orderBaseInfo", "orderItemInfo"
ORDER_FIELDS = (
    *(
        f"{_BASE}.{name}" for name in (
            "oid", "status", "createTime", "payTime", "sendTime", "updateTime", "totalFee", "discountFee", "expressFee",
            "payChannelDiscount", "governmentDiscount", "preSale", "buyerOpenId", "validPromiseShipmentTimeStamp",
        )
    ),
    *(f"{_ITEM}.{name}" for name in ("itemId", "itemTitle", "skuDesc", "skuNick", "num", "price", "originalPrice")),
    "orderAddress.province",
)  # fmt: skip


def _sum(*paths: str) -> str:
    return " + ".join(f"coalesce({fen(path)}, 0)" for path in paths)


def _cents(sql: str) -> str:
    return f"CAST(CAST(({sql}) * CAST(0.01 AS DECIMAL(3,2)) AS DECIMAL(18,2)) AS VARCHAR)"


_PAYABLE = f"{fen(f'{_BASE}.totalFee')} - coalesce({fen(f'{_BASE}.expressFee')}, 0)"
_LIST = f'{fen(f"{_ITEM}.price")} * TRY_CAST("{_ITEM}.num" AS DECIMAL(9,0))'
_PLATFORM = _sum(f"{_BASE}.payChannelDiscount", f"{_BASE}.governmentDiscount")
_OTHER = f"{_LIST} - ({_PAYABLE}) - ({_PLATFORM})"
_SAYS = {
    "订单号": f'"{_BASE}.oid"', "订单创建时间": moment(f"{_BASE}.createTime", "millisecond"),
    "订单支付时间": moment(f"{_BASE}.payTime", "millisecond"), "订单状态": word_of(f"{_BASE}.status", WORDS),
    "预售定金支付时间": f"CASE WHEN \"{_BASE}.preSale\" = '1' THEN '1' END",
    "预售/承诺发货时间": moment(f"{_BASE}.validPromiseShipmentTimeStamp", "millisecond"), "订单载体": "NULL",
    "商品名称": f'"{_ITEM}.itemTitle"', "商品ID": f'"{_ITEM}.itemId"', "商品规格": f'"{_ITEM}.skuDesc"',
    "SKU编码": f'"{_ITEM}.skuNick"', "收货地址-省": '"orderAddress.province"',
    "发货时间": moment(f"{_BASE}.sendTime", "millisecond"), "快递公司": "NULL", "仓库名称": "NULL",
    "实付款": yuan(f"{_BASE}.totalFee"), "快递费": yuan(f"{_BASE}.expressFee"), "店铺优惠": "'0'", "平台补贴": _cents(_PLATFORM),
    "主播补贴": "'0'", "混资活动优惠": "'0'", "支付优惠": "'0'", "成交数量": f'"{_ITEM}.num"', "商品单价": yuan(f"{_ITEM}.price"),
    "国补/类国补/消费券": "'0'", "买家": f'"{_BASE}.buyerOpenId"',
    "无承担方优惠": f"CASE WHEN {_OTHER} >= 0 THEN {_cents(_OTHER)} END",
    "商家应收": f"CASE WHEN {_OTHER} = 0 THEN {_cents(f'{_PAYABLE} + {_PLATFORM}')} END",
}  # fmt: skip
_BUYER = {"customer_id": text("买家")}
_UNKNOWN = ("channel_id", "discount_merchant", "discount_influencer", "warehouse_id", "carrier")


def _told(part: TableMapping, **more: Value) -> TableMapping:
    """What the API tells: other columns it does not overwrite."""
    return replace(part, columns={name: v for name, v in part.columns.items() if name not in _UNKNOWN} | more)


ORDERS = SpokenLayout(
    "kuaishou_api_orders", "kuaishou", tuple(_SAYS), (),
    (
        files.PRODUCTS, _told(files.ORDERS, **_BUYER),
        _told(
            files.ORDER_LINES, **_BUYER, discount_platform=text("平台补贴"), discount_unattributed=text("无承担方优惠"),
            receivable_amount=text("商家应收"),
        ),
        _told(files.SHIPMENTS), buyers("kuaishou", "买家"),
    ),
    rows=files.ROWS, timezone=CHINA_ZONE, says=_SAYS,
)  # fmt: skip

REFUND_FIELDS = (
    "refundId",
    "oid",
    "status",
    "handlingWay",
    "refundFee",
    "endTime",
    "updateTime",
    "num",
    "skuNick",
    "itemId",
)
_REFUND = {
    "refund_id": '"refundId"', "order_id": '"oid"', "refunded_at": moment("endTime", "millisecond"), "amount": yuan("refundFee"),
    "kind": "CASE \"handlingWay\" WHEN '1' THEN 'return' WHEN '10' THEN 'refund_only' END",
}  # fmt: skip
REFUNDS = refunds("kuaishou_api_refunds", "kuaishou", _REFUND)


def refunded(cells: Mapping[str, str | None]) -> bool:
    """Whether the money has gone back, and for no exchange."""
    return cells["status"] == "60" and cells["handlingWay"] in ("1", "10")
