"""Orders of JOS in the words of JD's order export, whose mapping reads them.

    订单金额 = totalOriginalPrice    结算金额 = totalSellerReceivable, else orderSellerPrice    应付金额 = shouldPay

An article's number is `skuId`, as 商品ID of the export. Its lines are numbered in the sequence that either gives; no order loses
one when the two differ. `paymentConfirmTime` is the year 1 while an order is unpaid. The list has no orders that wait for their
payment, and none of 京喜. Buyers come as `openIdBuyer`, which never equals the account of the export.
"""

from __future__ import annotations

from dataclasses import replace

from shopkeeper.ingest.plan import TableMapping
from shopkeeper.ingest.platforms.spoken import CHINA_ZONE, SpokenLayout, buyers, word_of
from shopkeeper.ingest.sources.jd import mapping as files

WORDS = {
    "WAIT_SELLER_STOCK_OUT": "等待出库", "WAIT_SELLER_DELIVERY": "等待发货", "WAIT_GOODS_RECEIVE_CONFIRM": "等待确认收货",
    "FINISHED_L": "完成", "TRADE_CANCELED": "已取消", "LOCKED": "锁定", "PAUSE": "暂停", "POP_ORDER_PAUSE": "暂停",
}  # fmt: skip
ORDER_FIELDS = (
    "orderId", "orderState", "orderType", "payType", "orderStartTime", "orderEndTime", "paymentConfirmTime", "modified",
    "totalOriginalPrice", "totalSellerReceivable", "orderTotalPrice", "orderSellerPrice", "shouldPay", "orderPayment",
    "freightPrice", "openIdBuyer", "consigneeInfo.province", "itemInfoList.skuId", "itemInfoList.wareId",
    "itemInfoList.skuName", "itemInfoList.jdPrice", "itemInfoList.itemTotal", "itemInfoList.productNo",
)  # fmt: skip
_SAYS = {
    "订单号": '"orderId"', "商品ID": '"itemInfoList.skuId"', "商品名称": '"itemInfoList.skuName"',
    "货号": 'coalesce("itemInfoList.productNo", "itemInfoList.wareId")', "京东价": '"itemInfoList.jdPrice"',
    "订购数量": '"itemInfoList.itemTotal"',
    "支付方式": "CASE WHEN starts_with(\"payType\", '1') THEN '货到付款' ELSE \"payType\" END",
    "下单时间": '"orderStartTime"', "订单金额": 'coalesce("totalOriginalPrice", "orderTotalPrice")',
    "结算金额": 'coalesce("totalSellerReceivable", "orderSellerPrice")', "应付金额": 'coalesce("shouldPay", "orderPayment")',
    "余额支付": "'0'", "运费金额": '"freightPrice"', "订单状态": word_of("orderState", WORDS), "订单类型": '"orderType"',
    "付款确认时间": "CASE WHEN \"paymentConfirmTime\" NOT LIKE '0001-%' THEN \"paymentConfirmTime\" END",
    "订单完成时间": '"orderEndTime"', "客户地址": '"consigneeInfo.province"', "下单帐号": '"openIdBuyer"', "订单渠道": "NULL",
}  # fmt: skip


def _without_channel(part: TableMapping) -> TableMapping:
    """What the API does not tell, it does not overwrite."""
    return replace(part, columns={name: value for name, value in part.columns.items() if name != "channel_id"})


ORDERS = SpokenLayout(
    "jd_api_orders", "jd", tuple(_SAYS), (),
    (files.ORDER_PRODUCTS, _without_channel(files.ORDERS), _without_channel(files.ORDER_LINES), buyers("jd", "buyer")),
    rows=files.ORDER_ROWS, timezone=CHINA_ZONE, says=_SAYS,
)  # fmt: skip
