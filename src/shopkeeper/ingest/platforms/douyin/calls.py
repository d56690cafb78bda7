"""What is called of 抖店: orders and after-sales by their moment of update. What was paid back is told by details."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import (
    Call,
    Detail,
    Fault,
    Json,
    Page,
    Platform,
    Refused,
    Span,
    as_text,
    found_at,
)
from shopkeeper.ingest.platforms.douyin import mapping
from shopkeeper.ingest.platforms.douyin.signing import signed

_DEEPEST = 50_000


def _orders(span: Span, page: Page) -> Mapping[str, Json]:
    return {
        "update_time_start": int(span.start.timestamp()), "update_time_end": int(span.end.timestamp()),
        "page": page.number, "size": page.size, "order_by": "update_time", "order_asc": True,
    }  # fmt: skip


def _after_sales(span: Span, page: Page) -> Mapping[str, Json]:
    return {
        "update_start_time": int(span.start.timestamp()), "update_end_time": int(span.end.timestamp()),
        "page": page.number, "size": page.size, "order_by": ["update_time asc"],
    }  # fmt: skip


def _payload(answer: Json) -> Json:
    code = str(answer["code"])
    if code != "10000":
        said = " ".join(str(answer[key]) for key in ("sub_code", "msg", "sub_msg") if answer.get(key))
        raise Refused(str(answer.get("sub_code") or code), f"{code} {said}")
    return answer["data"]


ORDERS = Call(
    "orders", "order.searchList",
    longest=dt.timedelta(days=1), reach=dt.timedelta(days=90), lag=dt.timedelta(minutes=2), page_size=100, deepest=_DEEPEST,
    ask=_orders, records="shop_order_list", total="total", key="order_id", modified="update_time",
    layout=mapping.ORDERS, keep=mapping.ORDER_FIELDS, each="sku_order_list",
)  # fmt: skip
REFUNDS = Call(
    "refunds", "afterSale.List",
    longest=dt.timedelta(days=1), reach=dt.timedelta(days=180), lag=dt.timedelta(minutes=2), page_size=100, deepest=_DEEPEST,
    ask=_after_sales, records="items", total="total", key="aftersale_info.aftersale_id",
    modified="aftersale_info.update_time", layout=mapping.REFUNDS, keep=mapping.REFUND_FIELDS, only=mapping.refunded,
    detail=Detail(
        "afterSale.Detail", lambda record: {"after_sale_id": as_text(found_at(record, "aftersale_info.aftersale_id"))}
    ),
)  # fmt: skip
PLATFORM = Platform(
    "douyin", "douyin", "https://openapi-fxg.jinritemai.com", signed, _payload,
    faults=(
        Fault("throttled", ("60000",), "^60000|限流|频率"),
        Fault("signature", ("isv.signature-invalid", "isv.signature-missing"), "signature|签名"),
        Fault("token", (
            "isv.access-token-expired", "isv.access-token-no-existed", "isv.access-token-invalid", "isv.access-token-missing",
            "dop.authorization-no-existed", "dop.authorization-closed",
        ), "access-token|授权已"),
        Fault("clock", ("isv.timestamp-invalid", "isv.timestamp-format-error"), "timestamp|时间戳"),
        Fault("permission", ("isv.app-permissions-insufficient", "30002"), "30001|30002|权限|白名单"),
        Fault("passing", ("20000", "20001"), r"^2000\d|service-error|内部服务超时"),
    ),
    calls=(ORDERS, REFUNDS), per_second=10.0, doubts=("signature",),
)  # fmt: skip
