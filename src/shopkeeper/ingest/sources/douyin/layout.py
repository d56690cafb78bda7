"""What the exports of Douyin's shop back end and of 巨量千川 look like."""

from __future__ import annotations

from shopkeeper.ingest.cells import no_figure_in
from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.sources.douyin import mapping, statements

ORDER = Layout(
    "douyin_order",
    "douyin",
    headers=(
        "主订单编号", "子订单编号", "选购商品", "商品规格", "商品数量", "商家编码", "订单应付金额", "运费",
        "收件人", "收件人手机号", "详细地址",
        "订单提交时间", "商家备注", "订单完成时间", "订单状态", "售后状态", "取消原因", "发货时间",
        "平台实际承担优惠金额",
        "商家实际承担优惠金额", "达人实际承担优惠金额",
        "商品ID", "商品金额", "商家收入金额", "支付方式", "平台优惠", "流量体裁", "流量渠道", "流量来源",
        "流量类型", "达人ID", "达人昵称",
        "快递信息", "支付完成时间", "订单类型", "省",
    ),
    needed=(
        "主订单编号", "子订单编号", "选购商品", "商品数量", "商家编码", "订单应付金额", "运费", "订单提交时间",
        "订单状态", "售后状态", "发货时间",
        "平台实际承担优惠金额", "商家实际承担优惠金额", "达人实际承担优惠金额",
    ),
    tables=(mapping.CHANNELS, mapping.PRODUCTS, mapping.ORDERS, mapping.ORDER_LINES),
    also={"商品金额": ("商品单价",)},
    rows=mapping.ORDER_ROWS,
)  # fmt: skip
SETTLEMENT = Layout(
    "douyin_settlement",
    "douyin",
    headers=(
        "结算时间", "订单号", "子订单号", "结算金额", "结算账户", "结算单类型", "有结算前退款", "下单时间",
        "收入合计", "支出合计", "平台服务费",
        "达人佣金",
    ),
    needed=("结算时间", "订单号", "子订单号", "结算金额", "结算单类型", "收入合计", "支出合计", "平台服务费"),
    tables=statements.SETTLEMENTS,
    also={"达人佣金": ("佣金",)},
    notes_where=no_figure_in("结算时间", "订单号", "子订单号"),
    rows=statements.SETTLEMENT_ROWS,
)  # fmt: skip
FUND_FLOW = Layout(
    "douyin_fund_flow",
    "douyin",
    headers=(
        "动账时间", "动帐流水号", "动账方向", "动账金额", "动账账户", "动账场景", "计费类型", "子订单号",
        "订单号", "订单实付应结", "运费实付",
        "实际平台补贴", "订单退款", "平台服务费", "佣金", "招商服务费", "站外推广费", "备注",
    ),
    needed=(
        "动账时间", "动帐流水号", "动账方向", "动账金额", "动账场景", "订单号", "订单实付应结", "订单退款",
        "平台服务费", "佣金",
    ),
    tables=statements.FUND_FLOW,
    notes_where=no_figure_in("动账时间", "动帐流水号", "订单号"),
    rows=statements.FUND_ROWS,
)  # fmt: skip
_IDS = ("计划ID", "商品ID", "抖音号ID")
_DATED = (
    "日期",
    "时间",
    "统计日期",
    "投放日期",
    "小时",
    "时间-小时",
)  # such a report is of several days: not ours to add up
_QIANCHUAN = {
    "spend": "消耗(元)", "shown": "展示次数", "clicks": "点击次数", "orders": "直接成交订单数",
    "amount": "直接成交金额(元)",
}  # fmt: skip
_OVERALL = {
    "spend": "整体消耗", "shown": "整体展示次数", "clicks": "整体点击次数", "orders": "整体成交订单数",
    "amount": "整体成交金额",
}  # fmt: skip
QIANCHUAN = Layout(
    "qianchuan",
    "douyin",
    headers=(
        "消耗(元)", "展示次数", "点击次数", "点击率(%)", "转化数", "转化率(%)", "转化成本(元)",
        "直接成交订单数", "直接成交金额(元)",
        "直接支付ROI", "成交订单成本", "7日总支付ROI", *_IDS,
    ),
    needed=tuple(_QIANCHUAN.values()),
    tables=(mapping.SPEND_CHANNEL, mapping.SPEND),
    also={"消耗(元)": ("消耗",), "直接成交金额(元)": ("直接成交金额",), "点击率(%)": ("点击率",), "转化率(%)": ("转化率",)},
    unless=("整体消耗", "整体消耗(元)", *_DATED),
    rows=mapping.spend_rows("标准推广", _QIANCHUAN),
    days=True,
)  # fmt: skip
QIANCHUAN_OVERALL = Layout(
    "qianchuan_overall",
    "douyin",
    headers=(
        "整体消耗", "整体成交订单数", "整体成交金额", "整体支付ROI", "整体成交订单成本",
        "整体成交智能优惠券金额", "整体展示次数",
        "整体点击次数", *_IDS,
    ),
    needed=("整体消耗", "整体成交订单数", "整体成交金额", "整体支付ROI"),
    tables=(mapping.SPEND_CHANNEL, mapping.SPEND),
    also={
        "整体消耗": ("整体消耗(元)",), "整体成交金额": ("整体成交金额(元)",), "整体成交订单成本": ("整体成交订单成本(元)",),
        "整体成交智能优惠券金额": ("整体成交智能优惠券金额(元)",),
    },
    unless=("消耗(元)", "消耗", *_DATED),
    rows=mapping.spend_rows("全域推广", _OVERALL),
    days=True,
)  # fmt: skip
LAYOUTS = (ORDER, SETTLEMENT, FUND_FLOW, QIANCHUAN, QIANCHUAN_OVERALL)
