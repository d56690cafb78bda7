"""What Alipay's statement looks like: notes begin with #, 合计 closes some exports."""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.alipay.mapping import ROWS, SETTLEMENTS

_FLOW = "trim(CAST(\"业务流水号\" AS VARCHAR), ' ' || chr(9))"

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "alipay_statement",
        "tmall",
        (
            "业务流水号",
            "商户订单号",
            "入账时间",
            "收入（+元）",
            "支出（-元）",
            "账户余额（元）",
            "交易对方",
            "业务类型",
            "备注",
        ),  # noqa: RUF001
        ("业务流水号", "商户订单号", "入账时间", "收入（+元）", "支出（-元）", "账户余额（元）", "业务类型"),  # noqa: RUF001
        (SETTLEMENTS,),
        also={"账户余额（元）": ("余额（元）", "账户余额")},  # noqa: RUF001
        rows=ROWS,
        notes_where=f"starts_with({_FLOW}, '#') OR {_FLOW} IN ('合计', '总计')",
    ),
)
