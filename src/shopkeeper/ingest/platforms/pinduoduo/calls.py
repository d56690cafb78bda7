"""What is called of Pinduoduo: orders and successful refunds by their moment of change, half an hour at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Call, Fault, Json, Page, Platform, Refused, Span
from shopkeeper.ingest.platforms.pinduoduo import mapping
from shopkeeper.ingest.platforms.pinduoduo.signing import signed

_ALL_ORDERS = {"is_lucky_flag": "0", "order_status": "5", "refund_status": "5", "use_has_next": "false"}
_REFUNDED = {"after_sales_status": "10", "after_sales_type": "1"}


def _updated(span: Span, page: Page) -> Mapping[str, Json]:
    return {
        "start_updated_at": str(int(span.start.timestamp())), "end_updated_at": str(int(span.end.timestamp())),
        "page": str(page.number + 1), "page_size": str(page.size),
    }  # fmt: skip


def _payload(answer: Json) -> Json:
    if error := answer.get("error_response"):
        said = " ".join(str(error[key]) for key in ("error_msg", "sub_code", "sub_msg") if error.get(key))
        raise Refused(str(error.get("error_code", "")), said)
    return next(value for name, value in answer.items() if name.endswith("_response"))


_HALF_HOUR, _LAG = (
    dt.timedelta(minutes=30),
    dt.timedelta(minutes=3),
)  # nearer to now, the platform may still leave rows out
ORDERS = Call(
    "orders", "pdd.order.number.list.increment.get",
    longest=_HALF_HOUR, reach=dt.timedelta(days=90), lag=_LAG, page_size=100,
    ask=lambda span, page: {**_ALL_ORDERS, **_updated(span, page)},
    records="order_sn_list", total="total_count", key="order_sn", modified="updated_at",
    layout=mapping.ORDERS, keep=mapping.ORDER_FIELDS, each="item_list",
)  # fmt: skip
REFUNDS = Call(
    "refunds", "pdd.refund.list.increment.get",
    longest=_HALF_HOUR, reach=dt.timedelta(days=90), lag=_LAG, page_size=100,
    ask=lambda span, page: {**_REFUNDED, **_updated(span, page)},
    records="refund_list", total="total_count", key="id", modified="updated_time",
    layout=mapping.REFUNDS, keep=mapping.REFUND_FIELDS, only=mapping.refunded,
)  # fmt: skip
PLATFORM = Platform(
    "pinduoduo", "pinduoduo", "https://gw-api.pinduoduo.com/api/router", signed, _payload,
    faults=(
        Fault("throttled", ("70031", "70032"), "频繁|限流|too (many|frequent)"),
        Fault("signature", ("20004",), "sign|签名"),
        Fault("token", ("10019", "10035"), "access_?token"),
        Fault("clock", ("20005",), "timestamp|时间戳"),
        Fault("permission", ("30000", "30001"), "权限|permission|白名单"),
        Fault("passing", ("50000", "52001", "52002"), "system|系统|超时|timeout|稍后"),
    ),
    calls=(ORDERS, REFUNDS), per_second=5.0, doubts=("request", "refund_day"),
)  # fmt: skip
