"""What the two statements look like; the newer one has one order column, and no child orders."""

from __future__ import annotations

from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.wechat.mapping import ROWS_V1, ROWS_V2, SETTLEMENTS_V1, SETTLEMENTS_V2

_FLOW = "trim(CAST(\"支付流水号\" AS VARCHAR), ' ' || chr(9))"
_NOTES = f"starts_with({_FLOW}, '#') OR {_FLOW} IN ('合计', '总计')"

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "wechat_statement_v2",
        "tmall",
        ("入账时间", "支付流水号", "淘宝订单编号", "入账类型", "收入金额（元）", "支出金额", "业务描述", "备注"),  # noqa: RUF001
        ("入账时间", "支付流水号", "淘宝订单编号", "入账类型", "收入金额（元）", "支出金额"),  # noqa: RUF001
        (SETTLEMENTS_V2,),
        also={"淘宝订单编号": ("主订单id",), "支出金额": ("支出金额（元）",)},  # noqa: RUF001
        unless=("子订单id",),
        rows=ROWS_V2,
        notes_where=_NOTES,
    ),
    Layout(
        "wechat_statement_v1",
        "tmall",
        ("商家昵称", "入帐日期", "入帐时间", "支付流水号", "主订单id", "子订单id", "入帐类型", "收入金额(元)",
            "支出金额(元)", "业务描述",
         "备注", "收/付渠道", "数据创建时间", "数据修改时间"),
        ("入帐日期", "入帐时间", "支付流水号", "主订单id", "子订单id", "入帐类型", "收入金额(元)", "支出金额(元)"),
        (SETTLEMENTS_V1,),
        rows=ROWS_V1,
        notes_where=_NOTES,
    ),
)  # fmt: skip
