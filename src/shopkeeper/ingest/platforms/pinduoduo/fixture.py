"""Synthetic answers of Pinduoduo: invented orders, and its order export of the same orders."""

from __future__ import annotations

from shopkeeper.ingest.platforms.declaration import Json
from shopkeeper.ingest.platforms.fixture import PERSONAL, ApiFixture, export_of, local
from shopkeeper.ingest.sources.pinduoduo.layout import ORDER_HEADERS

_NAME, _PHONE, _ADDRESS, _, _CIPHER, _ = PERSONAL


def _order(number: str, status: str, done: str, made: str, figures: str, sku: str, count: int) -> Json:
    """`status`: order_status and refund_status. `figures`: goods, postage, seller's and platform's discount, pay."""
    goods, postage, seller, platform, pay = (float(figure) for figure in figures.split())
    return {
        "order_sn": number, "order_status": int(status[0]), "refund_status": int(status[1]), "group_status": 1,
        "confirm_time": local(made), "created_time": local(made), "updated_at": local(done), "goods_amount": goods,
        "postage": postage, "seller_discount": seller, "platform_discount": platform, "duo_duo_pay_reduction": 0.0,
        "pay_amount": pay, "receiver_name": _CIPHER, "receiver_phone": _CIPHER, "receiver_name_mask": "王**", "address": _ADDRESS,
        "item_list": [
            {
                "goods_id": 863369485, "goods_name": "茶杯", "goods_spec": "蓝", "goods_price": goods / count,
                "goods_count": count,
                "sku_id": 13182332985, "outer_id": sku,
            }
        ],
    }  # fmt: skip


ORDERS = (
    _order("260706-416081954561509", "11", "10:10:00", "10:00:00", "100 5 10 8 87", "CUP-1", 2),
    _order("260706-416081954561510", "34", "12:20:00", "11:00:00", "59.9 0 0 0 59.9", "CUP-2", 1),
)  # fmt: skip
REFUNDS = (
    {
        "id": 301851299, "order_sn": "260706-416081954561510", "after_sales_status": 10, "after_sales_type": 3,
        "refund_amount": "59.90", "created_time": local("12:00:00"), "updated_time": local("12:20:00"), "outer_id": "CUP-2",
        "goods_number": "1", "goods_id": 863369485,
    },
)  # fmt: skip
_ITEM = {"商品": "茶杯", "商品id": "863369485", "商品规格": "蓝", "样式ID": "13182332985", "多多支付立减金额(元)": "0"}
FIXTURE = ApiFixture(
    "pinduoduo", {"orders": ORDERS, "refunds": REFUNDS},
    loaded={"orders": 2, "order_lines": 2, "refunds": 1, "products": 2, "shops": 1, "platforms": 1},
    totals={
        "orders.payable_amount": "146.90", "order_lines.payable_amount": "141.90",  # 82 + 59.90
        "order_lines.receivable_amount": "149.90", "order_lines.discount_merchant": "10.00", "order_lines.quantity": "3",
        "refunds.amount": "59.90",
    },
    export=export_of(
        "pinduoduo_order", "pdd_orders_202607.csv", ORDER_HEADERS,
        _ITEM | {
            "订单号": "260706-416081954561509", "订单状态": "待发货", "订单成交时间": local("10:00:00"), "商品总价(元)": "100",
            "邮费(元)": "5", "店铺优惠折扣(元)": "10", "平台优惠折扣(元)": "8", "用户实付金额(元)": "87", "商品数量(件)": "2",
            "商家编码-规格维度": "CUP-1",
        },
        _ITEM | {
            "订单号": "260706-416081954561510", "订单状态": "已签收，退款成功", "订单成交时间": local("11:00:00"),  # noqa: RUF001
            "商品总价(元)": "59.9", "邮费(元)": "0", "店铺优惠折扣(元)": "0", "平台优惠折扣(元)": "0", "用户实付金额(元)": "59.9",
            "商品数量(件)": "1", "商家编码-规格维度": "CUP-2",
        },
    ),
)  # fmt: skip
