"""Douyin's back end: orders, settlements, fund flow, and 千川 reports of single days."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import Export

_DASH = "coalesce({}, '-')"
ORDERS = Export(
    "抖店订单",
    ("主订单编号", "子订单编号", "选购商品", "商品规格", "商品数量", "商家编码", "订单应付金额", "运费", "收件人",
     "收件人手机号",
     "详细地址", "订单提交时间", "商家备注", "订单完成时间", "订单状态", "售后状态", "取消原因", "发货时间",
     "平台实际承担优惠金额",
     "商家实际承担优惠金额", "达人实际承担优惠金额", "商品ID", "商品金额", "商家收入金额", "支付方式", "平台优惠", "流量体裁",
     "流量渠道", "流量来源", "流量类型", "达人ID", "达人昵称", "快递信息", "支付完成时间", "订单类型", "省"),
    {
        "主订单编号": "chr(9) || order_no", "子订单编号": "chr(9) || child_no(order_no, line, lines)",
     "选购商品": "chr(9) || name",
        "商品规格": "chr(9) || variant", "商品数量": "quantity", "商家编码": "chr(9) || code",
        "订单应付金额": "yuan(payable_fen + line_freight_fen)", "运费": "yuan(line_freight_fen)",
        "收件人": "'##' || left(md5(handle), 8) || '==##'", "收件人手机号": "'$$' || left(md5(handle || '1'), 8) || '==$$'",
        "详细地址": "'##' || left(md5(handle || '2'), 12) || '==##'", "订单提交时间": "said(placed_at)", "商家备注": "'-'",
        "订单完成时间": _DASH.format("said(completed_at)"),
        "订单状态": "CASE status WHEN 'placed' THEN '待支付' WHEN 'deposit_paid' THEN '待支付' WHEN 'paid' THEN '待发货' "
        "WHEN 'shipped' THEN '已发货' WHEN 'completed' THEN '已完成' WHEN 'cancelled' THEN '已取消' ELSE '已关闭' END",
        "售后状态": "CASE WHEN back_fen > 0 THEN '退款成功' ELSE '-' END",
        "取消原因": "CASE status WHEN 'cancelled' THEN '超时未支付' WHEN 'closed' THEN '买家申请退款' ELSE '-' END",
        "发货时间": _DASH.format("said(shipped_at)"), "平台实际承担优惠金额": "yuan(platform_fen)",
        "商家实际承担优惠金额": "yuan(merchant_fen)", "达人实际承担优惠金额": "yuan(influencer_fen)",
        "商品ID": "chr(9) || '35' || lpad(CAST(product AS VARCHAR), 12, '0')", "商品金额": "yuan(list_fen // quantity)",
        "商家收入金额": "yuan(payable_fen + platform_fen + influencer_fen + line_freight_fen)", "支付方式": "'抖音支付'",
        "平台优惠": "yuan(platform_fen)",
        "流量体裁": "CASE channel WHEN 'live' THEN '直播' WHEN 'short_video' THEN '短视频' WHEN 'feed' THEN '图文' "
        "ELSE '商品卡' END",
        "流量类型": "CASE WHEN channel = 'ads' THEN '付费' ELSE '自然' END",
        "快递信息": "chr(9) || parcel || '-' || carrier", "支付完成时间": _DASH.format("said(paid_at)"),
        "订单类型": "CASE WHEN order_type = 'presale' THEN '预售订单' ELSE '普通订单' END", "省": "full_province(province)",
    },
    "sheet_lines",
    "placed_at, order_no, line",
)  # fmt: skip
# A row an order, moment and direction; fees stand beside the sale that they are taken from, or come back with a refund.
_MOVED = """
(SELECT *, gross_fen + fee_fen + commission_fen AS whole_fen FROM (
    SELECT order_no, s.moment, is_back, min(settlement) AS flow,
        coalesce(sum(amount_fen) FILTER (kind IN ('sale', 'refund', 'forfeit')), 0) AS sale_fen,
        coalesce(sum(amount_fen) FILTER (kind = 'subsidy'), 0) AS subsidy_fen,
        coalesce(sum(amount_fen) FILTER (kind IN ('sale', 'refund', 'forfeit', 'subsidy')), 0) AS gross_fen,
        coalesce(sum(amount_fen) FILTER (kind IN ('commission', 'service_fee')), 0) AS fee_fen,
        coalesce(sum(amount_fen) FILTER (kind = 'influencer_fee'), 0) AS commission_fen, any_value(o.placed_at) AS placed_at
    FROM (SELECT *, CASE WHEN kind IN ('sale', 'refund', 'subsidy', 'forfeit') THEN amount_fen < 0 ELSE amount_fen
        > 0 END AS is_back
            FROM settlements WHERE shop = 'douyin' AND kind <> 'payout' AND moment >= getvariable('first')) s
    JOIN orders o USING (order_no) GROUP BY order_no, s.moment, is_back))"""
SETTLEMENT = Export(
    "抖音结算单",
    ("结算时间", "订单号", "子订单号", "结算金额", "结算账户", "结算单类型", "有结算前退款", "下单时间", "收入合计", "支出合计",
     "平台服务费", "达人佣金"),
    {
        "结算时间": "said(moment)", "订单号": "'''' || order_no", "结算金额": "yuan(whole_fen)", "结算账户": "'聚合账户'",
        "结算单类型": "CASE WHEN is_back THEN '结算后退款-原路退回' ELSE '已结算' END", "有结算前退款": "'否'",
        "下单时间": "said(placed_at)", "收入合计": "yuan(gross_fen)", "支出合计": "yuan(fee_fen + commission_fen)",
        "平台服务费": "yuan(fee_fen)", "达人佣金": "yuan(commission_fen)",
    },
    _MOVED,
    "flow, is_back",
    notes=({"结算时间": " ", "订单号": " ", "子订单号": " ", "结算金额": "收入+支出"},),
)  # fmt: skip
_FLOWS = f"""
(SELECT *, 0 AS payout_fen FROM {_MOVED} UNION ALL BY NAME
 SELECT moment, settlement AS flow, false AS is_back, amount_fen AS whole_fen, amount_fen AS payout_fen FROM settlements
 WHERE shop = 'douyin' AND kind = 'payout' AND moment >= getvariable('first'))"""
FUND_FLOW = Export(
    "抖音资金流水",
    ("动账时间", "动帐流水号", "动账方向", "动账金额", "动账账户", "动账场景", "计费类型", "子订单号", "订单号", "订单实付应结",
     "运费实付", "实际平台补贴", "订单退款", "平台服务费", "佣金", "招商服务费", "站外推广费", "备注"),
    {
        "动账时间": "said(moment)", "动帐流水号": "'''' || flow || CASE WHEN is_back THEN '2' ELSE '1' END",
        "动账方向": "CASE WHEN whole_fen >= 0 THEN '入账' ELSE '出账' END", "动账金额": "yuan(abs(whole_fen))",
        "动账账户": "'聚合账户'",
        "动账场景": "CASE WHEN payout_fen <> 0 THEN '提现' WHEN is_back THEN '退款-结算后退款-退用户' ELSE '货款结算入账' END",
        "计费类型": "'小店自卖'", "订单号": "coalesce('''' || order_no, '-')",
        "订单实付应结": "CASE WHEN is_back THEN '0' ELSE yuan(coalesce(sale_fen, 0)) END", "运费实付": "'0'",
        "实际平台补贴": "yuan(coalesce(subsidy_fen, 0))",
        "订单退款": "CASE WHEN is_back THEN yuan(coalesce(sale_fen, 0)) ELSE '0' END",
        "平台服务费": "yuan(coalesce(fee_fen, 0))", "佣金": "yuan(coalesce(commission_fen, 0))", "招商服务费": "'0'",
        "站外推广费": "'0'", "备注": "CASE WHEN payout_fen <> 0 THEN '提现至银行卡' ELSE '订单结算' END",
    },
    _FLOWS,
    "flow, is_back",
)  # fmt: skip
QIANCHUAN = Export(
    "标准推广",
    ("计划ID", "商品ID", "消耗(元)", "展示次数", "点击次数", "点击率(%)", "转化数", "转化率(%)", "转化成本(元)", "直接成交订单数",
     "直接成交金额(元)", "直接支付ROI", "成交订单成本", "7日总支付ROI"),
    {
        "计划ID": "plan", "商品ID": "ad", "消耗(元)": "grouped(spend_fen)", "展示次数": "format('{:,}', impressions)",
        "点击次数": "format('{:,}', clicks)",
        "点击率(%)": "CASE WHEN impressions > 0 THEN printf('%.2f', 100.0 * clicks / impressions) END",
        "转化数": "attributed_orders", "直接成交订单数": "attributed_orders", "直接成交金额(元)": "grouped(attributed_fen)",
        "直接支付ROI": "CASE WHEN spend_fen > 0 THEN printf('%.2f', attributed_fen / spend_fen) END",
    },
    """(SELECT CAST(campaign AS VARCHAR) AS plan, CAST(ad AS VARCHAR) AS ad, spend_fen, impressions, clicks, attributed_orders,
            attributed_fen, 0 AS place FROM ad_report WHERE shop = 'douyin' AND date = getvariable('date')
        UNION ALL SELECT '合计', NULL, sum(spend_fen), sum(impressions), sum(clicks), sum(attributed_orders),
            sum(attributed_fen), 1 FROM ad_report WHERE shop = 'douyin' AND date = getvariable('date'))""",
    "place, plan, ad",
)  # fmt: skip


def write_douyin(desk: Desk, folder: Path, month: str) -> None:
    """A month's orders, what has changed of earlier months, settlements and fund flow."""
    name = folder / "douyin" / f"{ORDERS.name}_{month}.csv"
    ORDERS.write(desk, name, "shop = 'douyin' AND is_new")
    ORDERS.write(desk, name.with_stem(f"{name.stem}_更新"), "shop = 'douyin' AND NOT is_new")
    SETTLEMENT.write(desk, folder / "douyin" / f"{SETTLEMENT.name}_{month}.csv")
    FUND_FLOW.write(desk, folder / "douyin" / f"{FUND_FLOW.name}_{month}.csv")


def write_qianchuan(desk: Desk, folder: Path, since: dt.date, until: dt.date) -> None:
    """The last days' 千川 reports, one file a day: neither row nor heading tells which, only the name."""
    for number in range((until - since).days):
        day = since + dt.timedelta(number)
        desk.run("SET VARIABLE date = CAST(? AS DATE)", [day])
        QIANCHUAN.write(
            desk, folder / "qianchuan" / f"{QIANCHUAN.name}_{day}.csv", "plan IS NOT NULL AND spend_fen IS NOT NULL"
        )
