"""What is called of JOS: orders by their moment of modification. Of refunds no API tells amount, day and outcome together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Call, Fault, Json, Page, Platform, Refused, Span, local_text
from shopkeeper.ingest.platforms.jd import mapping
from shopkeeper.ingest.platforms.jd.signing import signed

_FIELDS = ",".join(dict.fromkeys(field.split(".")[0] for field in mapping.ORDER_FIELDS))
_BY_MODIFIED, _ASCENDING = "0", "0"


def _orders(span: Span, page: Page) -> Mapping[str, Json]:
    return {
        "start_date": local_text(span.start), "end_date": local_text(span.end), "order_state": ",".join(mapping.WORDS),
        "optional_fields": _FIELDS, "source_id": "JOS", "page": str(page.number + 1), "page_size": str(page.size),
        "sortType": _ASCENDING, "dateType": _BY_MODIFIED,
    }  # fmt: skip


def _payload(answer: Json) -> Json:
    if error := answer.get("error_response"):
        raise Refused(str(error.get("code", "")), str(error.get("zh_desc") or error.get("en_desc") or ""))
    found = next(value for name, value in answer.items() if name.endswith("_responce"))["searchorderinfo_result"]
    told = found["apiResult"]
    if str(told.get("success")).lower() != "true":
        raise Refused(
            str(told.get("errorCode", "")), str(told.get("chineseErrCode") or told.get("englishErrCode") or "")
        )
    return found


ORDERS = Call(
    "orders", "jingdong.pop.order.search",
    longest=dt.timedelta(days=1), reach=dt.timedelta(days=90), lag=dt.timedelta(minutes=2), page_size=100,
    ask=_orders, records="orderInfoList", total="orderTotal", key="orderId", modified="modified", deepest=10_000,
    layout=mapping.ORDERS, keep=mapping.ORDER_FIELDS, each="itemInfoList",
)  # fmt: skip
PLATFORM = Platform(
    "jd", "jd", "https://api.jd.com/routerjson", signed, _payload,
    faults=(
        Fault("throttled", ("2",), "call limited|频率|超限|限流|限制时间内"),
        Fault("signature", ("11", "12"), "signature|签名"),
        Fault("token", ("18", "19", "72"), "access_?token|token已?过期|未授权"),
        Fault("clock", ("7", "8"), "timestamp|时间戳"),
        Fault("permission", ("21", "22", "24"), "permission|权限"),
        Fault("passing", ("65", "66", "67"), "timeout|超时|系统异常|service is not available|稍后"),
    ),
    calls=(ORDERS,), per_second=5.0, doubts=("request",),
)  # fmt: skip
