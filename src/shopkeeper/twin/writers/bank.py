"""The bank's statement: GB18030, income and expense apart, thousands commas, the balance after each line."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import Export

STATEMENT = Export(
    "银行流水",
    ("交易流水号", "交易时间", "摘要", "收入金额", "支出金额", "账户余额", "对方户名"),
    {
        "交易流水号": "chr(9) || bank_line", "交易时间": "said(moment)", "摘要": "note",
        "收入金额": "CASE WHEN amount_fen > 0 THEN grouped(amount_fen) END",
        "支出金额": "CASE WHEN amount_fen < 0 THEN grouped(-amount_fen) END", "账户余额": "grouped(balance_fen)",
        "对方户名": "party",
    },
    "(SELECT * FROM bank_lines WHERE moment >= getvariable('first'))",
    "bank_line",
    "gb18030",
)  # fmt: skip


def write_bank(desk: Desk, folder: Path, month: str) -> None:
    """A month of the statement."""
    STATEMENT.write(desk, folder / "bank" / f"{STATEMENT.name}_{month}.csv")
