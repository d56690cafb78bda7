"""What is called of Xiaohongshu: orders and after-sales by their moment of update, then each one's detail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Call, Detail, Fault, Json, Page, Platform, Refused, Span
from shopkeeper.ingest.platforms.xiaohongshu import mapping
from shopkeeper.ingest.platforms.xiaohongshu.signing import signed

_UPDATED = 2


def _orders(span: Span, page: Page) -> Mapping[str, Json]:
    return {
        "startTime": int(span.start.timestamp()), "endTime": int(span.end.timestamp()), "timeType": _UPDATED,
        "pageNo": page.number + 1, "pageSize": page.size,
    }  # fmt: skip


def _after_sales(span: Span, page: Page) -> Mapping[str, Json]:
    return {
        "startTime": int(span.start.timestamp()) * 1000, "endTime": int(span.end.timestamp()) * 1000, "timeType": _UPDATED,
        "pageNo": page.number + 1, "pageSize": page.size,
    }  # fmt: skip


def _payload(answer: Json) -> Json:
    code = str(answer.get("error_code", answer.get("code", "")))
    if answer["success"] is not True or code not in ("0", ""):
        raise Refused(code, str(answer.get("error_msg") or answer.get("msg") or ""))
    return answer["data"]


ORDERS = Call(
    "orders", "order.getOrderList",
    longest=dt.timedelta(minutes=30), reach=dt.timedelta(days=90), lag=dt.timedelta(minutes=2), page_size=100, deepest=10_000,
    ask=_orders, records="orderList", total="total", key="orderId", modified="updateTime",
    layout=mapping.ORDERS, keep=mapping.ORDER_FIELDS, each="skuList",
    detail=Detail("order.getOrderDetail", lambda record: {"orderId": record["orderId"]}),
)  # fmt: skip
REFUNDS = Call(
    "refunds", "afterSale.listAfterSaleInfos",
    longest=dt.timedelta(minutes=30), reach=dt.timedelta(days=90), lag=dt.timedelta(minutes=2), page_size=100, deepest=50_000,
    ask=_after_sales, records="afterSaleBasicInfos", total="totalCount", key="returnsId", modified="updatedAt",
    layout=mapping.REFUNDS, keep=mapping.REFUND_FIELDS, only=mapping.refunded,
    detail=Detail("afterSale.getAfterSaleInfo", lambda record: {"returnsId": record["returnsId"]}),
)  # fmt: skip
PLATFORM = Platform(
    "xiaohongshu", "xiaohongshu", "https://ark.xiaohongshu.com/ark/open_api/v3/common_controller", signed, _payload,
    faults=(
        Fault("throttled", ("429",), "频率|频繁|限流|too many|rate limit"),
        Fault("signature", (), "sign|签名|验签"),
        Fault("token", (), "access_?token|token|授权"),
        Fault("clock", (), "timestamp|时间戳"),
        Fault("permission", (), "权限|permission"),
        Fault("passing", ("-2000500",), "系统调用异常|系统异常|超时|timeout|稍后"),
    ),
    calls=(ORDERS, REFUNDS), per_second=5.0, doubts=("signature", "times"),
)  # fmt: skip
