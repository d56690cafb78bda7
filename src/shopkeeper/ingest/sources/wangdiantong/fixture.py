"""Synthetic export of trades: an article twice in one trade, trades that were not shipped, the zero moment.

Shipped: 2 + 1 + 1 + 1,000 = 1,004 pieces.
"""

from __future__ import annotations

from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.ingest.sources.wangdiantong.layout import TRADE_HEADERS

_FIRST = ("JY202607060001", "4010000000000000001", "4010000000000000001", "4010000000000000001", "t**8", "许**",
"浙江省 ****", "已发货",
          "无退款", "杭州仓", "顺丰速运", '="SF0000000001"')  # fmt: skip
_TRADES = (
    (*_FIRST, "TEA-01", "2.0000", "2026-07-06 18:30:00"),
    (*_FIRST, "TEA-01", "1.0000", "2026-07-06 18:30:00"),
    (*_FIRST, "CUP-03", "1.0000", "2026-07-06 18:30:00"),
    ("JY202607060002", "260706-111111111111111", "", "260706-111111111111111", "", "##", "##", "已完成", "无退款",
     "成都仓", "德邦",
     "'DPK000000002", "COF-02", "1,000.0000", "2026-07-07 00:10:00"),
    ("JY202607070003", "4010000000000000003", "", "4010000000000000003", "t**8", "许**", "", "待发货", "无退款",
     "杭州仓", "", "", "TEA-01",
     "1.0000", "0000-00-00 00:00:00"),
    ("JY202607070004", "4010000000000000004", "", "4010000000000000004", "q**1", "周**", "", "已取消", "退款成功",
     "杭州仓", "", "", "CUP-03",
     "1.0000", ""),
    ("JY202607070005", "4010000000000000005", "", "4010000000000000005", "q**1", "周**", "", "已发货", "无退款",
     "杭州仓", "中通", "ZT5",
     "COF-02", "两箱", "2026-07-07 19:00:00"),
)  # fmt: skip
FIXTURES = (
    Fixture(
        "wangdiantong_trade",
        "订单明细.csv",
        (TRADE_HEADERS, *_TRADES),
        encoding="gb18030",
        loaded={"stock_moves": 4, "products": 3},
        totals={"stock_moves.quantity": "-1004"},
        held=1,
    ),
)
