"""Synthetic answers of 抖店: invented orders and after-sales, and Douyin's order export of the same orders."""

from __future__ import annotations

from shopkeeper.ingest.platforms.declaration import Json
from shopkeeper.ingest.platforms.fixture import PERSONAL, ApiFixture, export_of, local, seconds
from shopkeeper.ingest.sources.douyin.layout import ORDER

_NAME, _PHONE, _ADDRESS, _, _, _CIPHER = PERSONAL


def _order(number: int, status: int, made: str, paid: str, updated: str, pay: int, post: int, *children: Json) -> Json:
    return {
        "order_id": str(number), "order_status": status, "create_time": seconds(made), "pay_time": seconds(paid) if paid else 0,
        "update_time": seconds(updated), "pay_amount": pay, "post_amount": post, "pay_type": 1, "trade_type": 0,
        "presell_type": 0, "doudian_open_id": f"1@#open{number % 2}", "encrypt_post_receiver": _CIPHER, "mask_post_tel": "1****",
        "post_receiver": _NAME, "post_tel": _PHONE, "post_addr": {"province": {"name": "浙江省"}, "detail": _ADDRESS},
        "sku_order_list": [
            child | {"create_time": seconds(made), "pay_time": seconds(paid) if paid else 0, "ship_time": 0, "finish_time": 0}
            for child in children
        ],
    }  # fmt: skip


def _child(
    number: int, status: int, code: str, price: int, count: int, pay: int, shop: int, both: int, author: int
) -> Json:
    """`both` is what platform and influencer bear, `author` what the influencer bears of it."""
    return {
        "order_id": str(number), "order_status": status, "product_id": 35528800001, "product_name": f"桂花糕 {code}",
        "code": code,
        "sku_id": 17, "item_num": count, "origin_amount": price, "pay_amount": pay, "shop_cost_amount": shop,
        "platform_cost_amount": both, "author_cost_amount": author,
    }  # fmt: skip


ORDERS = (
    # 3 × 40.00 = 105.00 + 5.00 by the platform + 10.00 by the influencer; freight 8.00
    _order(
        6917926768823643021, 2, "10:00:00", "10:01:05", "10:01:05", 12390, 800,
        _child(6917926768823643021, 2, "GHG-8", 4000, 3, 10500, 0, 1500, 1000),
        _child(6917926768823643022, 2, "GHG-3", 1590, 1, 1090, 500, 0, 0),
    ),
    _order(
        6917926768823643031, 1, "11:00:00", "", "11:00:00", 1590, 0,
        _child(6917926768823643031, 1, "GHG-3", 1590, 1, 1590, 0, 0, 0),
    ),
)  # fmt: skip
AFTER_SALES = (
    {
        "aftersale_info": {"aftersale_id": "7001", "update_time": seconds("13:00:00"), "refund_amount": 1090},
        "order_info": {"shop_order_id": "6917926768823643021"},
    },
    {
        "aftersale_info": {"aftersale_id": "7002", "update_time": seconds("13:30:00"), "refund_amount": 500},
        "order_info": {"shop_order_id": "6917926768823643021"},
    },
)  # fmt: skip
DETAILS = {
    "7001": {
        "process_info": {
            "after_sale_info": {
                "after_sale_id": 7001, "refund_status": 3, "real_refund_amount": 1000, "refund_time": seconds("12:59:00"),
                "after_sale_type": 2,
            }
        },
        "order_info": {"shop_order_id": 6917926768823643021},
    },
    "7002": {
        "process_info": {"after_sale_info": {"after_sale_id": 7002, "refund_status": 1, "after_sale_type": 1}},
        "order_info": {"shop_order_id": 6917926768823643021},
    },
}  # fmt: skip
_SHARED = {
    "主订单编号": "6917926768823643021", "订单状态": "备货中", "订单提交时间": local("10:00:00"),
    "支付完成时间": local("10:01:05"),
    "商品ID": "35528800001", "省": "浙江省", "订单类型": "普通订单", "支付方式": "支付宝",
}  # fmt: skip
FIXTURE = ApiFixture(
    "douyin", {"orders": ORDERS, "refunds": AFTER_SALES},
    loaded={"orders": 2, "order_lines": 3, "refunds": 1, "products": 2, "identities": 1, "shops": 1, "platforms": 1},
    totals={
        "orders.payable_amount": "139.80",  # 123.90 + 15.90
        "orders.freight_amount": "8.00", "order_lines.payable_amount": "131.80", "order_lines.list_amount": "151.80",
        "order_lines.discount_platform": "5.00", "order_lines.discount_influencer": "10.00",
        "order_lines.discount_merchant": "5.00", "order_lines.receivable_amount": "146.80", "order_lines.quantity": "5",
        "refunds.amount": "10.00",
    },
    details=DETAILS,
    export=export_of(
        ORDER.id, "1791430000_douyin_orders.csv", ORDER.headers,
        _SHARED | {
            "子订单编号": "6917926768823643021", "选购商品": "桂花糕 GHG-8", "商品数量": "3", "商家编码": "GHG-8",
            "订单应付金额": "113.00", "运费": "8.00", "商品金额": "40.00", "平台实际承担优惠金额": "5.00",
            "商家实际承担优惠金额": "0.00", "达人实际承担优惠金额": "10.00",
        },
        _SHARED | {
            "子订单编号": "6917926768823643022", "选购商品": "桂花糕 GHG-3", "商品数量": "1", "商家编码": "GHG-3",
            "订单应付金额": "10.90", "运费": "0.00", "商品金额": "15.90", "平台实际承担优惠金额": "0.00",
            "商家实际承担优惠金额": "5.00", "达人实际承担优惠金额": "0.00",
        },
        _SHARED | {
            "主订单编号": "6917926768823643031", "子订单编号": "6917926768823643031", "选购商品": "桂花糕 GHG-3", "商品数量": "1",
            "商家编码": "GHG-3", "订单应付金额": "15.90", "运费": "0.00", "商品金额": "15.90", "订单状态": "待支付",
            "订单提交时间": local("11:00:00"), "支付完成时间": "", "平台实际承担优惠金额": "0.00", "商家实际承担优惠金额": "0.00",
            "达人实际承担优惠金额": "0.00",
        },
    ),
)  # fmt: skip
