"""What is called of Kuaishou: orders and refunds by their moment of update, page by page along a cursor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Call, Fault, Json, Page, Platform, Refused, Span
from shopkeeper.ingest.platforms.kuaishou import mapping
from shopkeeper.ingest.platforms.kuaishou.signing import signed

_UPDATED, _ASCENDING = 2, 2


def _milliseconds(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)


def _orders(span: Span, page: Page) -> Mapping[str, Json]:
    return {
        "orderViewStatus": 1, "pageSize": page.size, "sort": _ASCENDING, "queryType": _UPDATED,
        "beginTime": _milliseconds(span.start), "endTime": _milliseconds(span.end), "cpsType": 0, "cursor": page.cursor,
    }  # fmt: skip


def _refunds(span: Span, page: Page) -> Mapping[str, Json]:
    return {
        "beginTime": _milliseconds(span.start), "endTime": _milliseconds(span.end), "type": 9, "pageSize": page.size,
        "currentPage": page.number + 1, "sort": _ASCENDING, "queryType": _UPDATED, "pcursor": page.cursor,
    }  # fmt: skip


def _payload(answer: Json) -> Json:
    if str(answer["result"]) != "1":
        code = str(answer.get("sub_code") or answer.get("code") or answer["result"])
        said = [answer.get(key) for key in ("error_msg", "msg", "sub_msg")]
        raise Refused(code, " ".join(dict.fromkeys(str(word) for word in said if word)))
    return answer["data"]


ORDERS = Call(
    "orders", "open.order.cursor.list",
    longest=dt.timedelta(days=1), reach=dt.timedelta(days=90), lag=dt.timedelta(minutes=2), page_size=50,
    ask=_orders, records="orderList", cursor="cursor", over=("", "nomore"), key="orderBaseInfo.oid",
    modified="orderBaseInfo.updateTime", layout=mapping.ORDERS, keep=mapping.ORDER_FIELDS,
)  # fmt: skip
REFUNDS = Call(
    "refunds", "open.seller.order.refund.pcursor.list",
    longest=dt.timedelta(days=1), reach=dt.timedelta(days=90), lag=dt.timedelta(minutes=2), page_size=100,
    ask=_refunds, records="refundOrderInfoList", cursor="pcursor", over=("", "nomore"), key="refundId",
    modified="updateTime", layout=mapping.REFUNDS, keep=mapping.REFUND_FIELDS, only=mapping.refunded,
)  # fmt: skip
PLATFORM = Platform(
    "kuaishou", "kuaishou", "https://openapi.kwaixiaodian.com", signed, _payload,
    faults=(
        Fault("throttled", ("802006", "802007"), "额度|频率|限流|too many"),
        Fault("signature", (), "sign|签名"),
        Fault("token", (), "access_?token|授权"),
        Fault("clock", (), "timestamp|时间戳"),
        Fault("permission", (), "权限|permission|scope"),
        Fault("passing", (), "系统繁忙|系统异常|超时|timeout|稍后"),
    ),
    calls=(ORDERS, REFUNDS), per_second=5.0, doubts=("signature", "amounts"),
)  # fmt: skip
