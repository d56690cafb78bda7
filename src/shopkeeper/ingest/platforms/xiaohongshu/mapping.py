"""Orders of Xiaohongshu in the words of its order export, whose mapping reads them, and its refunds.

An order of either is `orderId`, each `skuList` an article of it; amounts are in fen. What an article cost before discounts is
what was paid plus both discounts; the merchant gets what was paid and what the platform bears. The document does not say
whether the span that is asked for counts seconds or milliseconds: its example has seconds, and so has this.

An after-sale is one refund of one order, whatever articles it names: what was paid back is told of it as a whole, in yuan. The
document does not say what its moment counts; a Unix time of our days has ten digits in seconds and thirteen in milliseconds.

Buyers are not told: the export's 用户编号 is not in the documents of the API, so a buyer that a file told is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shopkeeper.ingest.plan import TableMapping
from shopkeeper.ingest.platforms.spoken import CHINA_ZONE, SpokenLayout, fen, moment, refunds, word_of, yuan
from shopkeeper.ingest.sources.xiaohongshu import mapping as files

WORDS = {
    "1": "待付款", "2": "已支付处理中", "3": "清关中", "4": "待发货", "5": "部分发货", "6": "待收货", "7": "已完成",
    "8": "已关闭",
    "9": "已取消", "10": "换货申请中",
}  # fmt: skip
ORDER_FIELDS = (
    "orderId", "orderType", "orderStatus", "createdTime", "paidTime", "updateTime", "deliveryTime", "finishTime",
    "promiseLastDeliveryTime", "receiverProvinceName", "totalShippingFree", "expressCompanyCode",
    *(
        f"skuList.{name}" for name in (
            "skuId", "skuName", "erpcode", "skuSpec", "skuQuantity", "totalPaidAmount", "totalMerchantDiscount",
            "totalRedDiscount", "itemId", "itemName", "kolId",
        )
    ),
)  # fmt: skip


def _sku(name: str) -> str:
    return f"skuList.{name}"


def _together(*names: str) -> str:
    added = " + ".join(fen(_sku(name)) for name in names)
    return f"CAST(CAST(({added}) * CAST(0.01 AS DECIMAL(3,2)) AS DECIMAL(18,2)) AS VARCHAR)"


_SAYS = {
    "订单号": '"orderId"', "订单状态": word_of("orderStatus", WORDS),
    "订单类型": "CASE WHEN \"orderType\" IN ('2', '3', '4') THEN '预售' ELSE '普通' END", "省": '"receiverProvinceName"',
    "小红书编码": "NULL", "规格ID": f'"{_sku("skuId")}"', "达人ID": f'"{_sku("kolId")}"', "SKU名称": f'"{_sku("skuName")}"',
    "SKU件数": f'"{_sku("skuQuantity")}"',
    "商品总价(元)": _together("totalPaidAmount", "totalMerchantDiscount", "totalRedDiscount"),
    "用户应付金额(元)": yuan(_sku("totalPaidAmount")), "平台优惠(元)": yuan(_sku("totalRedDiscount")),
    "店铺优惠(元)": yuan(_sku("totalMerchantDiscount")), "支付渠道优惠(元)": "'0'", "SKU商家改价(元)": "'0'",
    "商家应收金额(元)（支付金额）": _together("totalPaidAmount", "totalRedDiscount"),  # noqa: RUF001
    "支付时间": moment("paidTime", "millisecond"), "包裹总运费(元)": yuan("totalShippingFree"), "快递公司": "NULL",
    "订单创建时间": moment("createdTime", "millisecond"), "承诺发货时间": moment("promiseLastDeliveryTime", "millisecond"),
    "订单发货时间": moment("deliveryTime", "millisecond"), "商品名称": f'"{_sku("itemName")}"', "商品ID": f'"{_sku("itemId")}"',
    "商家编码": f'"{_sku("erpcode")}"', "用户编号": "NULL",
}  # fmt: skip
_UNKNOWN = ("customer_id", "carrier")


def _told(part: TableMapping) -> TableMapping:
    """What the API tells: other columns it does not overwrite."""
    return replace(part, columns={name: value for name, value in part.columns.items() if name not in _UNKNOWN})


ORDERS = SpokenLayout(
    "xiaohongshu_api_orders", "xiaohongshu", tuple(_SAYS), (),
    (files.CHANNELS, files.PRODUCTS, _told(files.ORDERS), _told(files.ORDER_LINES), _told(files.SHIPMENTS)),
    rows=files.ORDER_ROWS, timezone=CHINA_ZONE, says=_SAYS,
)  # fmt: skip

_INFO = "afterSaleInfo"
REFUND_FIELDS = (
    "returnsId", "updatedAt", "orderId",
    *(f"{_INFO}.{name}" for name in ("returnType", "refundStatus", "refundAmountYuan", "refundTime")),
)  # fmt: skip
_PAID_BACK = f"{_INFO}.refundTime"
_REFUND = {
    "refund_id": '"returnsId"', "order_id": '"orderId"',
    "refunded_at": f'CASE WHEN length("{_PAID_BACK}") >= 12 THEN {moment(_PAID_BACK, "millisecond")} '
    f"ELSE {moment(_PAID_BACK)} END",
    "amount": f'"{_INFO}.refundAmountYuan"',
    "kind": f"CASE \"{_INFO}.returnType\" WHEN '1' THEN 'return' WHEN '4' THEN 'refund_only' WHEN '5' THEN 'before_shipment' "
    "WHEN '6' THEN 'refund_only' END",
}  # fmt: skip
REFUNDS = refunds("xiaohongshu_api_refunds", "xiaohongshu", _REFUND)


def refunded(cells: Mapping[str, str | None]) -> bool:
    """Whether the money has gone back."""
    return cells[f"{_INFO}.refundStatus"] == "2"
