"""Orders of Xiaohongshu in the words of its order export, whose mapping reads them.

An order of either is `orderId`, each `skuList` an article of it; amounts are in fen. What an article cost before discounts is
what was paid plus both discounts; the merchant gets what was paid and what the platform bears. The document does not say
whether the span that is asked for counts seconds or milliseconds: its example has seconds, and so has this.

Buyers are not told: the export's 用户编号 is not in the documents of the API, so a buyer that a file told is left alone.
"""

from __future__ import annotations

from dataclasses import replace

from shopkeeper.ingest.plan import TableMapping
from shopkeeper.ingest.platforms.spoken import CHINA_ZONE, SpokenLayout, fen, moment, word_of, yuan
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
