"""Synthetic answers of JOS: invented orders, and JD's order export of the same orders."""

from __future__ import annotations

from shopkeeper.ingest.platforms.declaration import Json
from shopkeeper.ingest.platforms.fixture import PERSONAL, ApiFixture, export_of, local
from shopkeeper.ingest.sources.jd.layout import LAYOUTS

_NAME, _PHONE, _ADDRESS, _, _CIPHER, _ = PERSONAL


def _order(number: int, state: str, made: str, paid: str, figures: str, *items: Json) -> Json:
    """`figures`: totalOriginalPrice, totalSellerReceivable, shouldPay, freightPrice."""
    original, receivable, due, freight = figures.split()
    return {
        "orderId": str(number), "venderId": "10001", "orderState": state, "orderType": "22", "payType": "4-在线支付",
        "orderStartTime": local(made), "orderEndTime": "", "paymentConfirmTime": local(paid) if paid else "0001-01-01 00:00:00",
        "modified": local(paid or made), "totalOriginalPrice": original, "totalSellerReceivable": receivable, "shouldPay": due,
        "freightPrice": freight, "openIdBuyer": f"oid-{number % 2}", "pin": _CIPHER,
        "consigneeInfo": {"province": "浙江", "fullname": _NAME, "mobile": _PHONE, "fullAddress": _ADDRESS},
        "itemInfoList": list(items),
    }  # fmt: skip


def _item(sku: str, price: str, number: int) -> Json:
    return {
        "skuId": sku, "wareId": f"7{sku}", "skuName": f"茶 {sku}", "jdPrice": price, "itemTotal": str(number),
        "productNo": f"P{sku}",
    }  # fmt: skip


ORDERS = (
    # 2 × 60 + 1 × 80 = 200; the merchant gives 20, the platform 10; freight 6 comes on top of 170
    _order(301000000011, "WAIT_SELLER_STOCK_OUT", "10:00:00", "10:02:00", "200.00 180.00 176.00 6.00",
           _item("1001", "60.00", 2), _item("1002", "80.00", 1)),
    _order(301000000012, "FINISHED_L", "11:00:00", "11:00:30", "39.90 39.90 39.90 0.00", _item("1001", "39.90", 1)),
)  # fmt: skip
_HEADERS = LAYOUTS[0].headers
_SHARED = {"支付方式": "在线支付", "余额支付": "0.00", "订单类型": "22", "客户地址": "浙江"}
_FIRST = _SHARED | {
    "订单号": "301000000011", "下单时间": local("10:00:00"), "付款确认时间": local("10:02:00"), "订单金额": "200.00",
    "结算金额": "180.00", "应付金额": "176.00", "运费金额": "6.00", "订单状态": "等待出库",
}  # fmt: skip
FIXTURE = ApiFixture(
    "jd", {"orders": ORDERS},
    loaded={"orders": 2, "order_lines": 3, "products": 2, "identities": 2, "shops": 1, "platforms": 1},
    totals={
        "orders.payable_amount": "215.90", "orders.freight_amount": "6.00", "order_lines.list_amount": "239.90",
        "order_lines.payable_amount": "209.90", "order_lines.receivable_amount": "219.90",
        "order_lines.discount_merchant": "20.00", "order_lines.discount_platform": "10.00", "order_lines.quantity": "4",
    },
    export=export_of(
        "jd_order_export", "jd_orders_202607.csv", _HEADERS,
        _FIRST | {"商品ID": "1001", "商品名称": "茶 1001", "货号": "P1001", "京东价": "60.00", "订购数量": "2"},
        _FIRST | {"商品ID": "1002", "商品名称": "茶 1002", "货号": "P1002", "京东价": "80.00", "订购数量": "1"},
        _SHARED | {
            "订单号": "301000000012", "商品ID": "1001", "商品名称": "茶 1001", "货号": "P1001", "京东价": "39.90",
            "订购数量": "1",
            "下单时间": local("11:00:00"), "付款确认时间": local("11:00:30"), "订单金额": "39.90", "结算金额": "39.90",
            "应付金额": "39.90", "运费金额": "0.00", "订单状态": "完成",
        },
    ),
)  # fmt: skip
