"""What is called of TOP: trades and refunds by their moment of modification."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Call, Fault, Json, Page, Platform, Refused, Span, local_text
from shopkeeper.ingest.platforms.taobao import mapping
from shopkeeper.ingest.platforms.taobao.signing import signed

_BAN = re.compile(r"ban will last for (\d+) more second", re.IGNORECASE)


def _asked(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Fields as TOP names them: those of articles are `orders.…`, not `orders.order.…`."""
    return tuple(field.replace("orders.order.", "orders.") for field in fields)


def _by_modified(fields: tuple[str, ...], span: Span, page: Page) -> Mapping[str, Json]:
    return {
        "fields": ",".join(_asked(fields)), "start_modified": local_text(span.start), "end_modified": local_text(span.end),
        "page_no": str(page.number + 1), "page_size": str(page.size),
    }  # fmt: skip


def _payload(answer: Json) -> Json:
    if error := answer.get("error_response"):
        said = " ".join(str(error[key]) for key in ("msg", "sub_code", "sub_msg") if error.get(key))
        ban = _BAN.search(said)
        raise Refused(str(error.get("code", "")), said, float(ban.group(1)) if ban else None)
    return next(value for name, value in answer.items() if name.endswith("_response"))


TRADES = Call(
    "orders", "taobao.trades.sold.increment.get",
    longest=dt.timedelta(days=1), reach=dt.timedelta(days=90), lag=dt.timedelta(minutes=1), page_size=100,
    ask=lambda span, page: _by_modified(mapping.TRADE_FIELDS, span, page),
    records="trades.trade", total="total_results", key="tid", modified="modified",
    layout=mapping.TRADES, keep=mapping.TRADE_FIELDS, each="orders.order",
)  # fmt: skip
REFUNDS = Call(
    "refunds", "taobao.refunds.receive.get",
    longest=dt.timedelta(days=1), reach=dt.timedelta(days=90), lag=dt.timedelta(minutes=1), page_size=100,
    ask=lambda span, page: _by_modified(mapping.REFUND_FIELDS, span, page),
    records="refunds.refund", total="total_results", key="refund_id", modified="modified",
    layout=mapping.REFUNDS, keep=mapping.REFUND_FIELDS, only=mapping.refunded,
)  # fmt: skip
PLATFORM = Platform(
    "taobao", "tmall", "https://eco.taobao.com/router/rest", signed, _payload,
    faults=(
        Fault("throttled", ("7",), "limited-by|call limited|flow-?limit"),
        Fault("signature", ("24", "25"), "invalid signature|isv.invalid-signature"),
        Fault("token", ("26", "27"), "invalid session|session-expired|invalid-session"),
        Fault("clock", ("30", "31"), "invalid timestamp"),
        Fault("permission", ("11", "12", "13"), "insufficient|permission"),
        Fault("passing", ("10", "520"), r"isp\.|service-unavailable|remote-connection|unknown-error"),
    ),
    calls=(TRADES, REFUNDS), per_second=5.0,
)  # fmt: skip
