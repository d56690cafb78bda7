"""Synthetic exports of Douyin: invented shops, articles and amounts."""

from __future__ import annotations

from shopkeeper.ingest.sources.douyin.layout import FUND_FLOW, ORDER, QIANCHUAN, QIANCHUAN_OVERALL, SETTLEMENT
from shopkeeper.ingest.sources.fixture import Fixture


def _rows(headers: tuple[str, ...], *cells: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    return headers, *(tuple(row.get(header, "") for header in headers) for row in cells)


_COMMON = {
    "商品数量": "1", "运费": "0.00", "收件人": "##9fX2kQ==##", "收件人手机号": "$$1aZ8pL==$$",
    "详细地址": "##Qm7w==##", "商家备注": "-",
    "订单完成时间": "-", "售后状态": "-", "取消原因": "-", "发货时间": "-", "支付方式": "支付宝",
    "订单类型": "普通订单",
    "支付完成时间": "-", "流量体裁": "直播", "省": "浙江省", "平台实际承担优惠金额": "0.00",
    "商家实际承担优惠金额": "0.00",
    "达人实际承担优惠金额": "0.00",
}  # fmt: skip


def _child(number: int, state: str, due: str, price: str, code: str, main: int = 0, **more: str) -> dict[str, str]:
    return _COMMON | {
        "主订单编号": f"\t69179267688236430{main or number}", "子订单编号": f"\t69179267688236430{number}", "订单状态": state,
        "订单应付金额": due, "商品金额": price, "商家编码": f"\t{code}", "选购商品": f"\t桂花糕 {code}", "商品规格": "\t6枚装",
        "商品ID": "35528800001", "订单提交时间": "2026-07-02 10:00:00",
    } | more  # fmt: skip


_PAID = "2026-07-02 10:01:05"
ORDERS = Fixture(
    ORDER.id,
    "1791430000_douyin_orders.csv",
    _rows(
        ORDER.headers,
        # 74.90 = 28.90 + 21.00 by the platform + 25.00 by the merchant
        _child(
            11,
            "已完成",
            "28.90",
            "74.90",
            "GHG-6",
            平台实际承担优惠金额="21.00",
            商家实际承担优惠金额="25.00",
            支付完成时间=_PAID,
            订单完成时间="2026-07-09 08:00:00",
            发货时间="2026-07-03 09:00:00",
            售后状态="退款成功",
        ),
        # two child orders of one order, the first with the freight of 8.00: 3 × 40.00 = 105.00 + 5.00 by the platform
        # + 10.00 by the influencer
        _child(
            21,
            "已发货",
            "113.00",
            "40.00",
            "GHG-8",
            商品数量="3",
            运费="8.00",
            平台实际承担优惠金额="5.00",
            达人实际承担优惠金额="10.00",
            支付完成时间=_PAID,
        ),
        _child(22, "已关闭", "1,019.50", "1,019.50", "TEA-1", 21, 支付完成时间=_PAID),
        # several articles in one child order: 88.00 + 2.00 by the merchant is all that is known of the tag price
        _child(
            31,
            "待发货",
            "88.00元",
            "60.00;30.00",
            "GHG-6;TEA-2",
            商品数量="1;2",
            商品ID="35528800001;35528800002",
            商家实际承担优惠金额="2.00",
            支付完成时间=_PAID,
            流量体裁="商品卡",
        ),
        _child(41, "待支付", "15.90", "15.90", "GHG-3", 流量体裁="-"),
        _child(51, "已关闭", "15.90", "15.90", "GHG-3", 取消原因="超时未支付"),
        _child(61, "已发货", "30.00", "30.00", "GHG-9", 支付方式="货到付款", 发货时间="2026-07-06 09:00:00"),
        _child(71, "待发货", "199.00", "199.00", "BOX-1", 订单类型="预售订单", 支付完成时间="2026-07-20 00:03:00"),
        _child(81, "待发货", "免费", "9.90", "GHG-1", 支付完成时间=_PAID),
    ),
    loaded={"orders": 7, "order_lines": 8, "products": 8, "channels": 2, "shops": 1, "platforms": 1},
    totals={
        # 28.90 + (113.00 + 1019.50) + 88.00 + 15.90 + 15.90 + 30.00 + 199.00
        "orders.payable_amount": "1510.20",
        "orders.freight_amount": "8.00",
        # the same without the freight
        "order_lines.payable_amount": "1502.20",
        # 74.90 + 120.00 + 1019.50 + 90.00 + 15.90 + 15.90 + 30.00 + 199.00
        "order_lines.list_amount": "1565.20",
        "order_lines.discount_platform": "26.00",
        "order_lines.discount_merchant": "27.00",
        "order_lines.discount_influencer": "10.00",
        # 1502.20 + 26.00 + 10.00
        "order_lines.receivable_amount": "1538.20",
        "order_lines.quantity": "12",
    },
    encoding="utf-8-sig",
    held=2,  # the child order whose amount is 免费, and its order
    variants=(("商品金额", "商品单价"),),
)

_HEADING = {"结算时间": " ", "订单号": " ", "子订单号": " ", "结算金额": "收入+支出"}


def _settled(number: int, at: str, figures: str, kind: str = "已结算") -> dict[str, str]:
    """`figures`: 结算金额, 收入合计, 支出合计, 平台服务费, 达人佣金."""
    whole, income, costs, fee, commission = figures.split()
    return {
        "结算时间": at, "订单号": f"'69179267688236430{number}", "子订单号": f"'69179267688236430{number}", "结算金额": whole,
        "结算账户": "聚合账户", "结算单类型": kind, "有结算前退款": "否", "下单时间": "2026-07-01 10:00:00", "收入合计": income,
        "支出合计": costs, "平台服务费": fee, "达人佣金": commission,
    }  # fmt: skip


SETTLEMENTS = Fixture(
    SETTLEMENT.id,
    "douyin_settlement_202607.csv",
    _rows(
        SETTLEMENT.headers,
        _HEADING,
        _settled(11, "2026-07-10 05:59:20", "47.41 49.90 -2.49 -1.50 -0.99"),
        _settled(21, "2026-07-10 05:59:20", "1,100.02 1,120.00 19.98 11.20 6.53"),  # costs without sign; 2.25 besides
        _settled(31, "2026-07-11 05:59:20", "88.00 88.00 0.00 0.00 0.00"),
        _settled(11, "2026-07-20 18:34:00", "-8 0 8 0 0", "结算后退款-非原路退回"),
        _settled(31, "2026-07-21 18:34:00", "-87.12 -88.00 0.88 0.88 0", "结算后退款-原路退回"),
        _settled(41, "2026-07-22 05:59:20", "50.00 60.00 -2.00 -2.00 0"),  # does not add up
        {"结算金额": "1,140.31"},
    ),
    # 3 components + 4 + 1 + 1 + 2
    loaded={"settlements": 11, "shops": 1, "platforms": 1},
    totals={"settlements.amount": "1140.31"},  # 47.41 + 1100.02 + 88.00 - 8 - 87.12
    encoding="utf-8-sig",
    held=1,
    notes=2,  # the second heading and the total
    variants=(("达人佣金", "佣金"), ("结算账户", "结算帐户")),
)


def _moved(
    number: str,
    at: str,
    way: str,
    whole: str,
    scene: str,
    parts: str = "0,0,0,0,0,0,0,0",
    *,
    memo: str = "",
    order: str = "",
) -> dict[str, str]:
    names = ("订单实付应结", "运费实付", "实际平台补贴", "订单退款", "平台服务费", "佣金", "招商服务费", "站外推广费")
    return {
        "动账时间": at, "动帐流水号": f"'{number}", "动账方向": way, "动账金额": whole, "动账账户": "聚合账户", "动账场景": scene,
        "计费类型": "小店自卖", "子订单号": order, "订单号": order, "备注": memo,
    } | dict(zip(names, parts.split(","), strict=True))  # fmt: skip


_ONE, _TWO = "'6917926768823643011", "'6917926768823643021"
FUNDS = Fixture(
    FUND_FLOW.id,
    "douyin_funds_202607.csv",
    _rows(
        FUND_FLOW.headers,
        # 28.90 + 0.81 - 27.78 - 0.09
        _moved(
            "7001",
            "2026-07-10 07:54:38",
            "入账",
            "1.84",
            "货款结算入账",
            "28.9,0,0.81,-27.78,-0.09,0,0,0",
            memo="订单结算",
            order=_ONE,
        ),
        # 105.00 + 8.00 freight + 5.00 - 5.25 - 6.00 - 1.00 - 0.75
        _moved(
            "7002",
            "2026-07-10 07:54:38",
            "入账",
            "105.00",
            "货款结算入账",
            "105,8,5,0,-5.25,-6,-1,-0.75",
            memo="订单结算",
            order=_TWO,
        ),
        # the freight of 6.00 is not in it; 10.00 of the influencer's subsidy has no column: 50.00 - 0.50 + 10.00
        _moved(
            "7003",
            "2026-07-11 07:54:38",
            "入账",
            "59.50",
            "货款结算入账",
            "50,6,0,0,-0.5,0,0,0",
            memo="订单结算",
            order=_TWO,
        ),
        _moved("7004", "2026-07-20 09:00:00", "出账", "27.00", "退款-结算后退款-退用户", order=_TWO),
        _moved("7005", "2026-07-20 09:00:00", "出账", "5.00", "退款-订单退款触发-退补贴", order=_TWO),
        _moved(
            "7006",
            "2026-07-20 09:00:01",
            "出账",
            "1.20",
            "消费者赔付",
            memo="订单号 6917926768823643011，退款金额 1.20 元",
            order="0",
        ),  # noqa: RUF001
        _moved("7007", "2026-07-21 00:00:00", "出账", "1,000.00", "提现", order="-"),
        _moved("7008", "2026-07-21 00:00:00", "出账", "2.00", "", memo="保费扣除"),
        _moved("7009", "2026-07-22 00:00:00", "冻结", "3.00", "其他"),
        {"动账时间": "合计", "动账金额": "-868.86"},
    ),
    # 4 components + 7 + 3, then one each of 5
    loaded={"settlements": 19, "shops": 1, "platforms": 1},
    totals={"settlements.amount": "-868.86"},  # 1.84 + 105 + 59.50 - 27 - 5 - 1.20 - 1000 - 2
    held=1,  # 冻结 is neither in nor out
    notes=1,
    variants=(("动帐流水号", "动账流水号"),),
)
_AD = {
    "点击率(%)": "3.00",
    "转化数": "4",
    "转化率(%)": "1.33",
    "转化成本(元)": "30.00",
    "直接支付ROI": "2.50",
    "7日总支付ROI": "3.10",
}


def _spent(spend: str, shown: str, clicks: str, orders: str, amount: str) -> dict[str, str]:
    figures = ("消耗(元)", "展示次数", "点击次数", "直接成交订单数", "直接成交金额(元)")
    return _AD | dict(zip(figures, (spend, shown, clicks, orders, amount), strict=True))


STANDARD = Fixture(
    QIANCHUAN.id,
    "标准推广_2026-07-06.xlsx",
    _rows(
        QIANCHUAN.headers[:12],
        _spent("1,200.50", "40,000", "1,200", "40", "3,001.25"),
        _spent("120.00", "9,000", "270", "-", "-"),
        _spent("120.00", "9,000", "270", "-", "-"),
        _spent("0.00", "15", "0", "0", "0.00"),
        _spent("1,440.50", "58,015", "1,740", "40", "3,001.25"),  # all of them
    ),
    loaded={"ad_spend": 4, "channels": 1, "shops": 1, "platforms": 1},
    totals={
        "ad_spend.amount": "1440.50", "ad_spend.impressions": "58015", "ad_spend.clicks": "1740",
        "ad_spend.attributed_orders": "40", "ad_spend.attributed_amount": "3001.25",
    },
    notes=1,
    variants=(("消耗(元)", "消耗（元）"), ("转化率(%)", "转换率(%)")),  # noqa: RUF001
)  # fmt: skip
OVERALL = Fixture(
    QIANCHUAN_OVERALL.id,
    "全域推直播_20260706.csv",
    _rows(
        QIANCHUAN_OVERALL.headers[:6] + ("商品ID",),
        {"商品ID": "总计", "整体消耗": "880.00", "整体成交订单数": "33", "整体成交金额": "4,400.10"},
        {
            "商品ID": "\t35528800001",
            "整体消耗": "800.00",
            "整体成交订单数": "30",
            "整体成交金额": "4,100.10",
            "整体支付ROI": "5.13",
        },
        {
            "商品ID": "\t35528800002",
            "整体消耗": "80.00",
            "整体成交订单数": "3",
            "整体成交金额": "300.00",
            "整体支付ROI": "3.75",
        },
    ),
    loaded={"ad_spend": 2, "channels": 1, "shops": 1, "platforms": 1},
    totals={"ad_spend.amount": "880.00", "ad_spend.attributed_orders": "33", "ad_spend.attributed_amount": "4400.10"},
    encoding="utf-8-sig",
    notes=1,
    variants=(("整体消耗", "整体消耗(元)"),),
)
FIXTURES = (ORDERS, SETTLEMENTS, FUNDS, STANDARD, OVERALL)
