"""The two statements in terms of `settlements`: one row a booking, signed.

A 支付流水号 is shared by the sale, its refunds and its fees, and in the older form by every child order, so a statement's
number here is flow#moment#type(#child order); equal ones are numbered in file order. 商家昵称 can name the shop by a rule.
"""

from __future__ import annotations

from shopkeeper.ingest.cells import cell, own
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.sources.wallets import KIND, NOTE, order_in, rows, signed, statement

# 入帐时间 holds the moment, or in some files the time of day alone; 入帐日期 then is the day.
_TIME = cell("入帐时间")
_AT = f"CASE WHEN length({_TIME}) <= 8 THEN concat_ws(' ', {cell('入帐日期')}, {_TIME}) ELSE {_TIME} END"

_V2 = ("收入金额（元）", "支出金额")  # noqa: RUF001
_V1 = ("收入金额(元)", "支出金额(元)")
ROWS_V2 = rows(("支付流水号", "淘宝订单编号", "入账时间"), *_V2, "入账类型", "业务描述", "备注")
ROWS_V1 = rows(("支付流水号", "主订单id", "子订单id", "入帐日期", "入帐时间"), *_V1, "入帐类型", "业务描述", "备注")
SETTLEMENTS_V2 = TableMapping(
    "settlements",
    {
        "statement_id": statement("支付流水号", "入账时间", "入账类型"),
        "issuer": Value(constant="wallet"),
        "order_id": order_in("淘宝订单编号", "备注"),
        "settled_at": Value(header="入账时间"),
        "kind": KIND,
        "amount": signed(*_V2),
        "note": NOTE,
    },
)
SETTLEMENTS_V1 = TableMapping(
    "settlements",
    {
        "statement_id": statement("支付流水号", "入帐日期", "入帐时间", "入帐类型", "子订单id"),
        "issuer": Value(constant="wallet"),
        "order_id": order_in("主订单id", "备注"),
        "settled_at": own(_AT),
        "kind": KIND,
        "amount": signed(*_V1),
        "note": NOTE,
    },
)
