"""What is called of Shopify: orders, and the refunds of orders, by the moment that the order was updated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from shopkeeper.ingest.platforms.declaration import Call, Detail, Fault, Json, Page, Platform, Refused, Span, found_at
from shopkeeper.ingest.platforms.shopify import mapping
from shopkeeper.ingest.platforms.shopify.signing import granted, signed

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def _updated(span: Span, page: Page) -> Mapping[str, Json]:
    query = f"updated_at:>='{span.start.strftime(_FORM)}' updated_at:<='{span.end.strftime(_FORM)}'"
    return {"first": page.size, "after": page.cursor or None, "query": query}


def _payload(answer: Json) -> Json:
    if errors := answer.get("errors"):
        raise _refused(errors, answer)
    data = answer["data"]
    if "order" in data:
        if found_at(data["order"], "lineItems.pageInfo.hasNextPage"):
            raise Refused("lines", f"order {data['order']['name']} has more than 250 lines")
        return data["order"]
    page = data["orders"]["pageInfo"]
    return {"orders": data["orders"]["nodes"], "next": page["endCursor"] if page["hasNextPage"] else ""}


def _refused(errors: Json, answer: Json) -> Refused:
    if not isinstance(errors, list):
        return Refused("", str(errors))
    code = str(found_at(errors[0], "extensions.code") or "")
    cost = found_at(answer, "extensions.cost")
    wait = None
    if code == "THROTTLED" and cost:
        lacking = float(cost["requestedQueryCost"]) - float(cost["throttleStatus"]["currentlyAvailable"])
        wait = max(lacking, 0.0) / float(cost["throttleStatus"]["restoreRate"])
    return Refused(code, str(errors[0].get("message", "")), wait)


ORDERS = Call(
    "orders", "orders",
    longest=dt.timedelta(days=1), reach=dt.timedelta(days=60), lag=dt.timedelta(minutes=1), page_size=10,
    ask=_updated, records="orders", cursor="next", key="id", modified="updatedAt",
    layout=mapping.ORDERS, keep=mapping.ORDER_FIELDS, each="lineItems.nodes", hashed=("email", "phone"),
    detail=Detail(
        "order", lambda record: {"id": record["id"]}, when=lambda record: bool(found_at(record, "lineItems.pageInfo.hasNextPage"))
    ),
)  # fmt: skip
REFUNDS = Call(
    "refunds", "refunds",
    longest=dt.timedelta(days=1), reach=dt.timedelta(days=60), lag=dt.timedelta(minutes=1), page_size=10,
    ask=_updated, records="orders", cursor="next", key="id", modified="updatedAt",
    layout=mapping.REFUNDS, keep=mapping.REFUND_FIELDS, only=mapping.refunded, each="refunds",
)  # fmt: skip
PLATFORM = Platform(
    "shopify", "site", "", signed, _payload,
    faults=(
        Fault("throttled", ("THROTTLED", "429"), "throttled|exceeded .* calls"),
        Fault("token", ("401", "HTTP 401", "UNAUTHORIZED"), "invalid api key|access token|invalid_client|unrecognized login"),
        Fault("permission", ("ACCESS_DENIED", "403", "HTTP 403"), "access denied|scope"),
        Fault("passing", ("INTERNAL_SERVER_ERROR",), "internal error|timeout|unavailable"),
    ),
    calls=(ORDERS, REFUNDS), per_second=2.0, needs=(("access_token",), ("app_key", "app_secret")), grant=granted,
)  # fmt: skip
