"""Orders and refunds of Pinduoduo in the words of its order export, whose mapping reads them.

An order of either is `order_sn`, with one article. Amounts are in yuan. The API tells no buyer. A refund that has succeeded
tells no moment of success: the last change of it stands for that.
"""

from __future__ import annotations

from collections.abc import Mapping

from shopkeeper.ingest.platforms.spoken import CHINA_ZONE, SpokenLayout, moment, refunds
from shopkeeper.ingest.sources.pinduoduo import mapping as files

ORDER_FIELDS = (
    "order_sn", "order_status", "refund_status", "group_status", "confirm_time", "created_time", "updated_at", "shipping_time",
    "goods_amount", "postage", "seller_discount", "platform_discount", "duo_duo_pay_reduction", "pay_amount",
    "item_list.goods_id", "item_list.goods_name", "item_list.goods_spec", "item_list.goods_count", "item_list.sku_id",
    "item_list.outer_id",
)  # fmt: skip
_DONE = {"1": "未发货，退款成功", "2": "已发货，退款成功", "3": "已签收，退款成功"}  # noqa: RUF001
_GOING = {"1": "待发货", "2": "已发货，待签收", "3": "已签收"}  # noqa: RUF001
_STATUS = (
    "CASE WHEN \"group_status\" = '0' THEN '待成团' WHEN \"group_status\" = '2' THEN '拼团失败' "
    'WHEN "refund_status" = \'4\' THEN CASE "order_status" '
    + " ".join(f"WHEN '{code}' THEN '{word}'" for code, word in _DONE.items())
    + ' END ELSE CASE "order_status" '
    + " ".join(f"WHEN '{code}' THEN '{word}'" for code, word in _GOING.items())
    + " END END"
)
_SAYS = {
    "订单号": '"order_sn"', "订单状态": _STATUS, "订单成交时间": moment("confirm_time"), "商品": '"item_list.goods_name"',
    "商品id": '"item_list.goods_id"', "商品规格": '"item_list.goods_spec"', "样式ID": '"item_list.sku_id"',
    "商家编码-规格维度": '"item_list.outer_id"', "商品总价(元)": '"goods_amount"', "邮费(元)": '"postage"',
    "店铺优惠折扣(元)": '"seller_discount"', "平台优惠折扣(元)": '"platform_discount"',
    "多多支付立减金额(元)": "coalesce(\"duo_duo_pay_reduction\", '0')", "用户实付金额(元)": '"pay_amount"',
    "商品数量(件)": '"item_list.goods_count"',
}  # fmt: skip
ORDERS = SpokenLayout(
    "pinduoduo_api_orders", "pinduoduo", tuple(_SAYS), (), (files.PRODUCTS, files.ORDERS, files.ORDER_LINES),
    rows=files.ROWS, timezone=CHINA_ZONE, says=_SAYS,
)  # fmt: skip

REFUND_FIELDS = (
    "id", "order_sn", "after_sales_status", "after_sales_type", "refund_amount", "created_time", "updated_time", "outer_id",
    "sku_id", "goods_id", "goods_number",
)  # fmt: skip
_REFUND = {
    "refund_id": '"id"', "order_id": '"order_sn"', "refunded_at": moment("updated_time"), "amount": '"refund_amount"',
    "sku_id": 'coalesce("outer_id", "sku_id", "goods_id")',
    "quantity": "CASE WHEN \"after_sales_type\" = '3' THEN \"goods_number\" ELSE '0' END",
    "kind": "CASE \"after_sales_type\" WHEN '2' THEN 'refund_only' WHEN '3' THEN 'return' WHEN '4' THEN 'exchange' END",
}  # fmt: skip
REFUNDS = refunds("pinduoduo_api_refunds", "pinduoduo", _REFUND)


def refunded(cells: Mapping[str, str | None]) -> bool:
    """Whether the money has gone back."""
    return cells["after_sales_status"] == "10"
