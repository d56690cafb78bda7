"""Douyin's settlements and fund flow in terms of the commerce model.

One row of `settlements` a component, under the statement's number with a fixed `line_no` a component; they always
add up to the amount of the row. Settlements come from the platform, the fund flow from the wallet: the two tell the same money.
"""

from __future__ import annotations

from collections.abc import Mapping

from shopkeeper.ingest.cells import named_rows, unread
from shopkeeper.ingest.plan import TableMapping, Value


def _parts(issuer: str, day: str, parts: Mapping[int, tuple[str, str, str]]) -> tuple[TableMapping, ...]:
    """A table mapping a component: its line → (column of its amount, its kind or the column of it, the rows that have it)."""
    return tuple(
        TableMapping(
            "settlements",
            {
                "statement_id": Value(header="statement"), "line_no": Value(constant=str(line)),
                "issuer": Value(constant=issuer), "order_id": Value(header="order_text"), "settled_at": Value(header=day),
                "kind": Value(header=kind) if kind.endswith("_kind") else Value(constant=kind),
                "amount": Value(header=amount), "note": Value(header="note"),
            },
            where=where,
        )
        for line, (amount, kind, where) in parts.items()
    )  # fmt: skip


def _settlement_rows() -> str:
    """The components of a settlement. Costs are signed in some exports and plain in others: 结算金额 tells which."""
    amounts = {
        "whole": "结算金额",
        "income": "收入合计",
        "costs": "支出合计",
        "fee": "平台服务费",
        "commission": "达人佣金",
    }
    texts = {"at_text": "结算时间", "order_text": "订单号", "child_text": "子订单号", "note_text": "结算单类型"}
    rows = named_rows(texts, amounts)
    rows = (
        f"SELECT *, {unread(amounts)} AS unreadable, "
        "CASE WHEN income IS NULL AND costs IS NULL THEN whole ELSE coalesce(income, 0) END AS gross FROM ("
        + rows
        + ")"
    )
    rows = (
        "SELECT *, CASE WHEN gross + coalesce(costs, 0) = whole THEN 1 "
        "WHEN gross - coalesce(costs, 0) = whole THEN -1 END AS sign "
        f"FROM ({rows})"
    )
    rows = (
        "SELECT *, sign * coalesce(fee, 0) AS service_part, sign * coalesce(commission, 0) AS commission_part, "
        "coalesce(unreadable, CASE WHEN whole IS NOT NULL AND sign IS NULL THEN whole_text || ' is not 收入合计 ' || "
        "coalesce(income_text, '–') || ' less 支出合计 ' || coalesce(costs_text, '–') END) AS wrong "
        f"FROM ({rows})"
    )
    rows = f"SELECT *, whole - gross - service_part - commission_part AS rest_part FROM ({rows})"
    moment = "coalesce(CAST(TRY_CAST(replace(at_text, '/', '-') AS TIMESTAMP) AS VARCHAR), at_text)"
    return (
        "SELECT *, CASE WHEN note_text LIKE '%退款%' THEN 'refund' ELSE 'sale' END AS income_kind, note_text AS note, "
        "CASE WHEN note_text LIKE '%退款%' THEN 'refund' ELSE 'other' END AS rest_kind, "
        "coalesce(wrong, CAST(gross AS VARCHAR)) AS income_part, "
        "wrong IS NOT NULL OR whole IS NULL OR gross <> 0 "
        "OR (service_part = 0 AND commission_part = 0 AND rest_part = 0) AS has_income, "
        f"concat_ws('|', coalesce(child_text, order_text), {moment}, note_text, "
        f"coalesce(CAST(TRY_CAST(whole AS DECIMAL(18,2)) AS VARCHAR), whole_text)) AS statement FROM ({rows})"
    )


SETTLEMENT_ROWS = _settlement_rows()
SETTLEMENTS = _parts(
    "platform",
    "结算时间",
    {
        1: ("income_part", "income_kind", "has_income"),
        2: ("service_part", "service_fee", "wrong IS NULL AND service_part <> 0"),
        3: ("commission_part", "influencer_commission", "wrong IS NULL AND commission_part <> 0"),
        4: ("rest_part", "rest_kind", "wrong IS NULL AND rest_part <> 0"),
    },
)
_FUND_PARTS = {
    "sale": "订单实付应结", "subsidy": "实际平台补贴", "refund": "订单退款", "service_fee": "平台服务费",
    "influencer_commission": "佣金",
    "commission": "招商服务费", "promotion_fee": "站外推广费",
}  # fmt: skip
_SCENES = {
    "赔付|打款": "other", "提现|充值|保证金": "transfer", "补贴": "subsidy", "分账": "other",
    "退款|退用户": "refund", "运费|保费": "freight",
    "佣金": "influencer_commission", "服务费": "service_fee", "推广|千川": "promotion_fee", "货款结算|订单结算": "sale",
}  # fmt: skip


def _fund_rows() -> str:
    """The components of a movement: split where they add up to it, and in every settlement; else whole, by its scene."""
    amounts = {"whole": "动账金额", **_FUND_PARTS, "freight": "运费实付"}
    texts = {
        "statement_text": "动帐流水号", "way_text": "动账方向", "scene_text": "动账场景", "order_text": "订单号",
        "memo_text": "备注",
    }  # fmt: skip
    total = " + ".join(f"coalesce({name}, 0)" for name in _FUND_PARTS)
    rows = (
        f"SELECT * REPLACE (CASE way_text WHEN '入账' THEN abs(whole) WHEN '出账' THEN -abs(whole) END AS whole, "
        "coalesce(nullif(order_text, '0'), nullif(regexp_extract(memo_text, '订单号\\D{0,3}(\\d{15,})', 1), '')) AS order_text), "
        f"{total} AS parts, coalesce({unread(amounts)}, CASE WHEN way_text IN ('入账', '出账') THEN NULL "
        f"ELSE '动账方向 ' || coalesce(way_text, '–') END) AS wrong FROM ({named_rows(texts, amounts)})"
    )
    rows = (
        "SELECT *, CASE WHEN parts <> whole AND (parts = -whole OR parts + freight = -whole) THEN -1 ELSE 1 END AS sign "
        f"FROM ({rows})"
    )
    rows = (
        "SELECT *, CASE WHEN sign * (parts + freight) = whole AND sign * parts <> whole "
        "THEN sign * freight ELSE 0 END AS freight_part, "
        "coalesce(way_text = '入账' AND scene_text = '货款结算入账' OR sign * parts = whole "
        "OR sign * (parts + freight) = whole, false) AS split "
        f"FROM ({rows})"
    )
    parts = ", ".join(
        f"CASE WHEN split AND wrong IS NULL THEN sign * coalesce({name}, 0) ELSE 0 END AS {name}_part"
        for name in _FUND_PARTS
    )
    rows = (
        f"SELECT *, {parts}, whole - CASE WHEN split THEN sign * parts + freight_part ELSE 0 END AS rest FROM ({rows})"
    )
    scenes = " ".join(
        f"WHEN regexp_matches(concat_ws(' ', scene_text, memo_text), '{words}') THEN '{kind}'"
        for words, kind in _SCENES.items()
    )
    return (
        "SELECT *, statement_text AS statement, scene_text AS note, coalesce(wrong, CAST(rest AS VARCHAR)) AS rest_part, "
        "wrong IS NOT NULL OR whole IS NULL OR rest <> 0 OR whole = 0 AND parts = 0 AS has_rest, "
        f"CASE WHEN split AND parts <> 0 THEN 'other' {scenes} ELSE 'other' END AS rest_kind FROM ({rows})"
    )


FUND_ROWS = _fund_rows()
FUND_FLOW = _parts(
    "wallet",
    "动账时间",
    {1: ("rest_part", "rest_kind", "has_rest")}
    | {
        line: (f"{kind}_part", kind, f"{kind}_part <> 0")
        for line, kind in enumerate((*_FUND_PARTS, "freight"), start=2)
    },
)
