"""The doors of the seven platforms: how each reads and signs, pages, words its errors and wraps its answers.

Written after the platforms' documents; nothing of `signing.py` is used, so that a mistake there is met here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qsl

from shopkeeper.ingest.platforms.declaration import found_at
from tests.platform_server import KEY, DeniedError, Door, Incoming, Outgoing, answer

Json = Any
_CHINA = dt.timezone(dt.timedelta(hours=8))


def _form(request: Incoming) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _wrapped(sent: dict[str, str], secret: str) -> str:
    text = secret
    for name, value in sorted(sent.items()):
        if name != "sign":
            text += name + value
    return _md5(text + secret).upper()


def _china(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA)


def _need(condition: bool, kind: str) -> None:
    if not condition:
        raise DeniedError(kind)


def _near(door: Door, moment: dt.datetime, minutes: float = 10) -> None:
    _need(abs((door.now - moment).total_seconds()) <= minutes * 60, "clock")


class TaobaoDoor(Door):
    """TOP."""

    def read(self, request: Incoming) -> tuple[str, Json]:
        sent = _form(request)
        _need(request.verb == "POST" and sent["sign"] == _wrapped(sent, self.secret), "signature")
        _need(sent["session"] == self.token and sent["app_key"] == KEY, "token")
        _near(self, _china(sent["timestamp"]))
        _need(sent["v"] == "2.0" and sent["format"] == "json" and sent["sign_method"] == "md5", "parameter")
        return sent["method"], sent

    def reply(self, method: str, params: Json) -> Outgoing:
        call, outer, inner = {
            "taobao.trades.sold.increment.get": ("orders", "trades", "trade"),
            "taobao.refunds.receive.get": ("refunds", "refunds", "refund"),
        }[method]
        start, end = _china(params["start_modified"]), _china(params["end_modified"])
        _need(dt.timedelta() < end - start <= dt.timedelta(days=1) and int(params["page_size"]) <= 100, "parameter")
        _need(
            all("." not in field or field.startswith("orders.") for field in params["fields"].split(",")), "parameter"
        )
        shown, total = self.page(
            method, call, lambda record: start <= _china(record["modified"]) <= end, int(params["page_no"]) - 1,
            int(params["page_size"]),
        )  # fmt: skip
        said = {outer: {inner: shown}} if shown else {}
        return answer({method.removeprefix("taobao.").replace(".", "_") + "_response": said | {"total_results": total}})

    def refusal(self, kind: str) -> Outgoing:
        code, said, sub = {
            "throttle": (7, "App Call Limited", "accesscontrol.limited-by-api-access-count"),
            "signature": (25, "Invalid signature", ""), "token": (27, "Invalid session", "session-expired"),
            "clock": (31, "Invalid timestamp", ""), "permission": (11, "Insufficient isv permissions", "isv.permission-api"),
            "passing": (15, "Remote service error", "isp.top-remote-connection-timeout"),
            "parameter": (41, "Invalid arguments", "isv.invalid-parameter"),
        }[kind]  # fmt: skip
        error = {"code": code, "msg": said, "sub_code": sub, "request_id": "r1"}
        if kind == "throttle":
            error["sub_msg"] = "This ban will last for 2 more seconds"
        return answer({"error_response": error})


class JdDoor(Door):
    """JOS."""

    def read(self, request: Incoming) -> tuple[str, Json]:
        sent = _form(request)
        _need(
            set(sent) == {"360buy_param_json", "access_token", "app_key", "method", "timestamp", "v", "sign"},
            "parameter",
        )
        _need(sent["sign"] == _wrapped(sent, self.secret), "signature")
        _need(sent["access_token"] == self.token, "token")
        _near(self, dt.datetime.strptime(sent["timestamp"], "%Y-%m-%d %H:%M:%S.%f%z"), 6)
        return sent["method"], json.loads(sent["360buy_param_json"])

    def reply(self, method: str, params: Json) -> Outgoing:
        start, end = _china(params["start_date"]), _china(params["end_date"])
        _need(
            end - start <= dt.timedelta(days=31) and params["dateType"] == "0" and params["source_id"] == "JOS",
            "parameter",
        )
        shown, total = self.page(
            method, "orders", lambda record: start <= _china(record["modified"]) <= end, int(params["page"]) - 1,
            int(params["page_size"]),
        )  # fmt: skip
        result = {"apiResult": {"success": True, "errorCode": "0"}, "orderTotal": total, "orderInfoList": shown}
        return answer({"jingdong_pop_order_search_responce": {"code": "0", "searchorderinfo_result": result}})

    def refusal(self, kind: str) -> Outgoing:
        code, said = {
            "throttle": ("2", "限制时间内调用失败次数"), "signature": ("12", "无效签名"), "token": ("19", "无效access_token"),
            "clock": ("8", "非法的时间戳参数"), "permission": ("21", "无权限调用该方法"),
            "passing": ("67", "平台连接后端服务超时"),
            "parameter": ("50", "无效的参数"),
        }[kind]  # fmt: skip
        return answer({"error_response": {"code": code, "zh_desc": said, "en_desc": "no"}})


class PinduoduoDoor(Door):
    """Pinduoduo."""

    def read(self, request: Incoming) -> tuple[str, Json]:
        sent = _form(request)
        _need(sent["sign"] == _wrapped(sent, self.secret), "signature")
        _need(sent["access_token"] == self.token and sent["client_id"] == KEY, "token")
        _near(self, dt.datetime.fromtimestamp(int(sent["timestamp"]), dt.UTC))
        return sent["type"], sent

    def reply(self, method: str, params: Json) -> Outgoing:
        call, list_name, at, outer = {
            "pdd.order.number.list.increment.get": (
                "orders",
                "order_sn_list",
                "updated_at",
                "order_sn_increment_get_response",
            ),
            "pdd.refund.list.increment.get": (
                "refunds",
                "refund_list",
                "updated_time",
                "refund_increment_get_response",
            ),
        }[method]
        start, end = int(params["start_updated_at"]), int(params["end_updated_at"])
        _need(0 < end - start <= 1800 and end <= self.now.timestamp() - 180, "parameter")
        shown, total = self.page(
            method, call, lambda record: start <= _china(record[at]).timestamp() <= end, int(params["page"]) - 1,
            int(params["page_size"]),
        )  # fmt: skip
        return answer({outer: {list_name: shown, "total_count": total}})

    def refusal(self, kind: str) -> Outgoing:
        code, said = {
            "throttle": (70031, "调用过于频繁，请调整调用频率"), "signature": (20004, "签名sign校验失败"),  # noqa: RUF001
            "token": (10019, "access_token已过期"), "clock": (20005, "timestamp不合法"), "permission": (30001, "没有接口权限"),
            "passing": (50000, "系统内部错误"), "parameter": (50001, "参数非法"),
        }[kind]  # fmt: skip
        return answer({"error_response": {"error_code": code, "error_msg": said, "request_id": "r1"}})


class DouyinDoor(Door):
    """抖店."""

    def read(self, request: Incoming) -> tuple[str, Json]:
        sent, body = request.query, request.body.decode()
        text = f"app_key{sent['app_key']}method{sent['method']}param_json{body}timestamp{sent['timestamp']}v{sent['v']}"
        mac = hmac.new(self.secret.encode(), f"{self.secret}{text}{self.secret}".encode(), "sha256").hexdigest()
        _need(hmac.compare_digest(mac, sent["sign"]) and sent["sign_method"] == "hmac-sha256", "signature")
        _need(sent["access_token"] == self.token, "token")
        _near(self, dt.datetime.fromtimestamp(int(sent["timestamp"]), dt.UTC))
        _need(request.path == "/" + sent["method"].replace(".", "/"), "parameter")
        params = json.loads(body)
        _need(body == json.dumps(params, sort_keys=True, separators=(",", ":"), ensure_ascii=False), "signature")
        return sent["method"], params

    def reply(self, method: str, params: Json) -> Outgoing:
        if method == "afterSale.Detail":
            return answer({"code": 10000, "msg": "success", "data": self.fixture.details[params["after_sale_id"]]})
        call, start, end, at, name = {
            "order.searchList": ("orders", "update_time_start", "update_time_end", "update_time", "shop_order_list"),
            "afterSale.List": (
                "refunds",
                "update_start_time",
                "update_end_time",
                "aftersale_info.update_time",
                "items",
            ),
        }[method]
        shown, total = self.page(
            method,
            call,
            lambda record: params[start] <= found_at(record, at) <= params[end],
            params["page"],
            params["size"],
        )
        return answer({"code": 10000, "msg": "success", "data": {name: shown, "total": total, "page": params["page"]}})

    def refusal(self, kind: str) -> Outgoing:
        code, sub = {
            "throttle": (60000, ""), "signature": (40003, "isv.signature-invalid"), "token": (40003, "isv.access-token-expired"),
            "clock": (40003, "isv.timestamp-invalid"), "permission": (30001, "isv.app-permissions-insufficient"),
            "passing": (20000, "isp.service-error:1"), "parameter": (40004, "isv.parameter-invalid"),
        }[kind]  # fmt: skip
        return answer({"code": code, "msg": "失败", "sub_code": sub, "sub_msg": "见文档", "data": None})


class KuaishouDoor(Door):
    """Kuaishou. Its cursor is the number of records before."""

    def read(self, request: Incoming) -> tuple[str, Json]:
        sent = request.query
        pairs = "&".join(f"{name}={sent[name]}" for name in sorted(set(sent) - {"sign"}))
        _need(sent["sign"] == _md5(f"{pairs}&signSecret={self.secret}"), "signature")
        _need(request.verb == "GET" and request.path == "/" + sent["method"].replace(".", "/"), "parameter")
        _need(sent["access_token"] == self.token and sent["appkey"] == KEY, "token")
        _near(self, dt.datetime.fromtimestamp(int(sent["timestamp"]) / 1000, dt.UTC))
        return sent["method"], json.loads(sent["param"])

    def reply(self, method: str, params: Json) -> Outgoing:
        call, at, name, cursor = {
            "open.order.cursor.list": ("orders", "orderBaseInfo.updateTime", "orderList", "cursor"),
            "open.seller.order.refund.pcursor.list": ("refunds", "updateTime", "refundOrderInfoList", "pcursor"),
        }[method]
        _need(params["endTime"] - params["beginTime"] <= 7 * 86_400_000 and params["pageSize"] <= 100, "parameter")
        number = int(params[cursor] or 0)
        shown, total = self.page(
            method, call, lambda record: params["beginTime"] <= found_at(record, at) <= params["endTime"], number,
            params["pageSize"],
        )  # fmt: skip
        more = (number + 1) * params["pageSize"] < total
        return answer({"result": 1, "data": {name: shown, cursor: str(number + 1) if more else "nomore"}})

    def refusal(self, kind: str) -> Outgoing:
        code, said = {
            "throttle": ("802006", "APP已达到当天调用额度限制"), "signature": ("802003", "签名错误"),
            "token": ("802001", "access_token已过期"), "clock": ("802004", "timestamp无效"), "permission": ("802005", "权限不足"),
            "passing": ("803000", "系统繁忙"), "parameter": ("807000", "endTime无效"),
        }[kind]  # fmt: skip
        return answer({"result": 24, "code": code, "error_msg": said, "data": None})


class XiaohongshuDoor(Door):
    """Xiaohongshu."""

    def read(self, request: Incoming) -> tuple[str, Json]:
        sent = json.loads(request.body)
        text = f"{sent['method']}?appId={sent['appId']}&timestamp={sent['timestamp']}&version={sent['version']}{self.secret}"
        _need(sent["sign"] == _md5(text), "signature")
        _need(sent["accessToken"] == self.token and sent["appId"] == KEY, "token")
        _near(self, dt.datetime.fromtimestamp(int(sent["timestamp"]), dt.UTC))
        return sent["method"], sent

    def reply(self, method: str, params: Json) -> Outgoing:
        if method == "order.getOrderDetail":
            return answer({"success": True, "error_code": 0, "data": self.fixture.details[params["orderId"]]})
        if method == "afterSale.getAfterSaleInfo":
            return answer({"success": True, "error_code": 0, "data": self.fixture.details[params["returnsId"]]})
        call, at, factor, counted, name = {
            "order.getOrderList": ("orders", "updateTime", 1000, "total", "orderList"),
            "afterSale.listAfterSaleInfos": ("refunds", "updatedAt", 1, "totalCount", "afterSaleBasicInfos"),
        }[method]
        start, end = params["startTime"] * factor, params["endTime"] * factor
        _need(0 <= end - start <= 1_800_000 and params["timeType"] == 2 and start > 10**12, "parameter")
        shown, total = self.page(
            method,
            call,
            lambda record: start <= record[at] <= end,
            params["pageNo"] - 1,
            params["pageSize"],
        )
        data = {counted: total, "pageNo": params["pageNo"], "pageSize": params["pageSize"], name: shown}
        return answer({"success": True, "error_code": 0, "data": data})

    def refusal(self, kind: str) -> Outgoing:
        code, said = {
            "throttle": (-1, "请求过于频繁"), "signature": (-2, "签名校验失败"), "token": (-3, "accessToken过期"),
            "clock": (-4, "timestamp非法"), "permission": (-5, "应用无权限"), "passing": (-2000500, "系统调用异常"),
            "parameter": (-2000400, "请求参数错误"),
        }[kind]  # fmt: skip
        return answer({"success": False, "error_code": code, "error_msg": said})


class ShopifyDoor(Door):
    """Shopify. Nothing is signed: a wrong token is what a wrong signature is elsewhere."""

    granted: bool = False

    def read(self, request: Incoming) -> tuple[str, Json]:
        if request.path == "/admin/oauth/access_token":
            sent = _form(request)
            right = {"grant_type": "client_credentials", "client_id": KEY, "client_secret": self.secret}
            _need(sent == right, "signature")
            return "grant", {}
        _need(request.path == "/admin/api/2026-07/graphql.json", "parameter")
        _need(request.headers.get("x-shopify-access-token") == self.token, "token")
        sent = json.loads(request.body)
        for word in ("firstName", "lastName", "address1", "displayName", "note "):
            _need(word not in sent["query"], "parameter")
        return ("refunds" if "refunds(" in sent["query"] else "orders"), sent["variables"]

    def reply(self, method: str, params: Json) -> Outgoing:
        if method == "grant":
            return answer({"access_token": self.token, "scope": "read_orders", "expires_in": 86399})
        start, end = re.findall(r"updated_at:[<>]='([^']+)'", params["query"])
        number = int(params["after"] or 0)
        shown, total = self.page(
            method, method, lambda record: start <= record["updatedAt"] <= end, number, params["first"]
        )
        more = (number + 1) * params["first"] < total
        orders = {"pageInfo": {"hasNextPage": more, "endCursor": str(number + 1)}, "nodes": shown}
        return answer({"data": {"orders": orders}, "extensions": {"cost": {"requestedQueryCost": 12}}})

    def refusal(self, kind: str) -> Outgoing:
        if kind in ("signature", "token"):
            return answer(
                {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}, 401
            )
        code, said = {
            "throttle": ("THROTTLED", "Throttled"), "permission": ("ACCESS_DENIED", "Access denied for orders field."),
            "passing": ("INTERNAL_SERVER_ERROR", "Internal error."), "parameter": ("GRAPHQL_VALIDATION", "no such field"),
        }[kind]  # fmt: skip
        cost = {"requestedQueryCost": 60, "throttleStatus": {"currentlyAvailable": 10, "restoreRate": 50}}
        return answer({"errors": [{"message": said, "extensions": {"code": code}}], "extensions": {"cost": cost}})


DOORS = {
    "taobao": TaobaoDoor, "jd": JdDoor, "pinduoduo": PinduoduoDoor, "douyin": DouyinDoor, "kuaishou": KuaishouDoor,
    "xiaohongshu": XiaohongshuDoor, "shopify": ShopifyDoor,
}  # fmt: skip
