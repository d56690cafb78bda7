"""Synthetic answers of TOP: invented trades of the tea shop 青岚茶铺, and its article report of the same trades."""

from __future__ import annotations

from shopkeeper.ingest.platforms.declaration import Json
from shopkeeper.ingest.platforms.fixture import PERSONAL, ApiFixture, export_of, local
from shopkeeper.ingest.sources.taobao.layout import LAYOUTS

_NAME, _PHONE, _ADDRESS, _, _CIPHER, _ = PERSONAL


def _trade(tid: int, status: str, made: str, paid: str, modified: str, freight: str, *articles: Json) -> Json:
    trade = {
        "tid": tid, "status": status, "type": "fixed", "created": local(made), "modified": local(modified), "post_fee": freight,
        "buyer_open_uid": f"AAH{tid % 2}xuid", "buyer_nick": _CIPHER, "receiver_name": _NAME, "receiver_mobile": _PHONE,
        "receiver_address": _ADDRESS, "receiver_state": "浙江省", "oaid": _CIPHER, "orders": {"order": list(articles)},
    }  # fmt: skip
    return trade | ({"pay_time": local(paid)} if paid else {})


def _article(oid: int, status: str, code: str, price: str, num: int, payment: str, divided: str = "") -> Json:
    article = {
        "oid": oid, "status": status, "title": f"龙井 {code}", "price": price, "num": num, "outer_sku_id": code,
        "payment": payment,
        "num_iid": 6100,
    }  # fmt: skip
    return article | ({"divide_order_fee": divided} if divided else {})


_PAID, _UNPAID = "WAIT_SELLER_SEND_GOODS", "WAIT_BUYER_PAY"
TRADES = (
    # 2 × 68 and 1 × 100, of which an order's coupon takes 16: owed 120.00 + 100.00, freight 8.00
    _trade(
        4100000000000000021, _PAID, "10:00:00", "10:01:00", "10:01:00", "8.00",
        _article(4100000000000000022, _PAID, "LJ01-100", "68.00", 2, "136.00", "120.00"),
        _article(4100000000000000023, _PAID, "LJ02-50", "100.00", 1, "100.00", "100.00"),
    ),
    _trade(
        4100000000000000031, _UNPAID, "11:00:00", "", "11:00:00", "0.00",
        _article(4100000000000000031, _UNPAID, "LJ01-100", "68.00", 1, "60.00"),
    ),
)  # fmt: skip
REFUNDS = (
    {
        "refund_id": 5100000000000000001, "tid": 4100000000000000021, "oid": 4100000000000000023, "status": "SUCCESS",
        "refund_fee": "30.50", "created": local("12:00:00"), "modified": local("13:00:00"), "end_time": local("13:00:00"),
        "num": 1, "outer_id": "LJ02-50", "has_good_return": False, "order_status": _PAID, "dispute_type": "REFUND",
        "buyer_nick": _CIPHER, "address": _ADDRESS,
    },
    {
        "refund_id": 5100000000000000002, "tid": 4100000000000000021, "oid": 4100000000000000022, "status": "WAIT_SELLER_AGREE",
        "refund_fee": "120.00", "created": local("12:30:00"), "modified": local("12:30:00"),
    },
)  # fmt: skip
_SHARED = {"订单状态": "买家已付款,等待卖家发货", "订单创建时间": local("10:00:00"), "订单付款时间": local("10:01:00")}
FIXTURE = ApiFixture(
    "taobao", {"orders": TRADES, "refunds": REFUNDS},
    loaded={"orders": 2, "order_lines": 3, "refunds": 1, "products": 2, "identities": 1, "shops": 1, "platforms": 1},
    totals={
        "orders.payable_amount": "288.00",  # 120 + 100 + 8, and 60
        "orders.freight_amount": "8.00", "order_lines.payable_amount": "280.00",
        "order_lines.list_amount": "304.00",  # 136 + 100 + 68
        "order_lines.quantity": "4", "refunds.amount": "30.50",
    },
    export=export_of(
        "taobao_item_report", "ExportItemList202607.csv", LAYOUTS[1].headers,
        _SHARED | {
            "子订单编号": "4100000000000000022", "主订单编号": "4100000000000000021", "标题": "龙井 LJ01-100", "价格": "68.00",
            "购买数量": "2", "商家编码": "LJ01-100", "买家应付货款": "120.00",
        },
        _SHARED | {
            "子订单编号": "4100000000000000023", "主订单编号": "4100000000000000021", "标题": "龙井 LJ02-50", "价格": "100.00",
            "购买数量": "1", "商家编码": "LJ02-50", "买家应付货款": "100.00",
        },
        {
            "子订单编号": "4100000000000000031", "主订单编号": "4100000000000000031", "标题": "龙井 LJ01-100", "价格": "68.00",
            "购买数量": "1", "商家编码": "LJ01-100", "买家应付货款": "60.00", "订单状态": "等待买家付款",
            "订单创建时间": local("11:00:00"),
        },
    ),
)  # fmt: skip
