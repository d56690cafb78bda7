"""The statement in terms of `settlements`: one row a booking, signed.

A 业务流水号 is shared by bookings of one business (a sale and what is deducted from it), so a statement's number here is
flow#moment#type; equal ones are numbered in file order. 交易对方 (a person's name) is not loaded.
"""

from __future__ import annotations

from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.sources.wallets import KIND, NOTE, order_in, rows, signed, statement

_INCOME, _EXPENSE = "收入（+元）", "支出（-元）"  # noqa: RUF001
ROWS = rows(("业务流水号", "商户订单号", "入账时间"), _INCOME, _EXPENSE, "业务类型", "备注")
SETTLEMENTS = TableMapping(
    "settlements",
    {
        "statement_id": statement("业务流水号", "入账时间", "业务类型"),
        "issuer": Value(constant="wallet"),
        "order_id": order_in("商户订单号", "备注"),
        "settled_at": Value(header="入账时间"),
        "kind": KIND,
        "amount": signed(_INCOME, _EXPENSE),
        "balance": Value(header="账户余额（元）"),  # noqa: RUF001
        "note": NOTE,
    },
)
