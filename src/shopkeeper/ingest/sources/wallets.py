"""What the statements of wallets share: a signed amount, the kind of a booking, the order that its wording names."""

from __future__ import annotations

from collections.abc import Iterable

from shopkeeper.ingest.cells import cell, number_of, own, rows_of
from shopkeeper.ingest.plan import Value

_WORDS = (
    # (kind, words of the description or remark), the first that occurs
    ("influencer_commission", ("淘宝客", "达人佣金", "主播佣金")),
    ("commission", ("佣金",)),
    ("freight", ("运费", "退货宝")),
    ("promotion_fee", ("直通车", "万相台", "阿里妈妈", "推广", "聚划算")),
    ("service_fee", ("服务费", "技术费", "手续费")),
    ("subsidy", ("补贴",)),
)
_SALES = ("交易付款", "交易收款", "在线支付", "收款", "货款")
_NAMED = r"(?i)(?:tradeid\s*[:：]\s*|T\d+N?P|订单编?号\s*[:：]?\s*|\{)(\d{10,20})"  # noqa: RUF001
_TRANSFERS = ("提现", "转账", "充值", "余额宝", "划转")


def rows(texts: Iterable[str], income: str, expense: str, booking: str, *wording: str) -> str:
    """The rows of a layout, cleaned, with the type of each booking and all that is said about it for `KIND` and `NOTE`."""
    said = f"concat_ws(' · ', {', '.join(cell(header) for header in (booking, *wording))})"
    return rows_of(
        dict.fromkeys((*texts, booking, *wording)), (income, expense),
        f"coalesce({cell(booking)}, '') AS booking_of_row", f"{said} AS said_of_row",
    )  # fmt: skip


def signed(income: str, expense: str) -> Value:
    """Income less expense, whichever way the expense is signed: 支出（-元） holds -5.00 in one export, 5.00 in another.

    A cell that is no amount stays as it is, so that its row is set aside for it; two blank cells are no amount either.
    """
    plus, minus = (f"CASE WHEN {number_of(h)} IS NULL THEN {cell(h)} END" for h in (income, expense))
    total = f"coalesce({number_of(income)}, 0) - abs(coalesce({number_of(expense)}, 0))"
    filled = f"{cell(income)} IS NOT NULL OR {cell(expense)} IS NOT NULL"
    return own(f"coalesce({plus}, {minus}, CASE WHEN {filled} THEN CAST({total} AS VARCHAR) END)")


def statement(*headers: str) -> Value:
    """The flow number with what tells its bookings apart: several share one, and may lie in different files."""
    first, *others = (cell(header) for header in headers)
    return own(f"CASE WHEN {first} IS NOT NULL THEN concat_ws('#', {', '.join((first, *others))}) END")


def order_in(header: str, *wording: str) -> Value:
    """The order's number: the cell's own digits, those after T200P, or the one that a remark gives.

    Before → after: 淘宝客佣金[tradeid:4100…11] → 4100…11      {4100…11}扣款 → 4100…11      a remark of two orders → NULL
    """
    plain = rf"nullif(regexp_extract({cell(header)}, '^(?:T\d+N?P)?(\d{{10,20}})$', 1), '')"
    named = []
    for text in wording:
        found = f"list_distinct(regexp_extract_all({cell(text)}, '{_NAMED}', 1))"
        named.append(f"CASE WHEN len({found}) = 1 THEN ({found})[1] END")
    return own(f"coalesce({', '.join((plain, *named))})")


def _has(sql: str, words: tuple[str, ...]) -> str:
    return "(" + " OR ".join(f"contains({sql}, '{word}')" for word in words) + ")"


_CASES = " ".join(f"WHEN {_has('said_of_row', group)} THEN '{name}'" for name, group in _WORDS)
# A sale's remark may be an article's title: the type decides sales and refunds, then words do.
KIND = own(
    f"CASE WHEN contains(booking_of_row, '退款') THEN 'refund' WHEN {_has('booking_of_row', _SALES)} THEN 'sale' "
    f"{_CASES} WHEN {_has('booking_of_row', _TRANSFERS)} THEN 'transfer' ELSE 'other' END"
)
# A transfer's remark may name a person.
NOTE = own(f"nullif(CASE WHEN {_has('booking_of_row', _TRANSFERS)} THEN booking_of_row ELSE said_of_row END, '')")
